/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SUBMIT_H
#define P11CERT_SUBMIT_H

#include <p11cert/accept.h>
#include <p11cert/ca.h>
#include <p11cert/pending.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert submit` and `p11cert retrieve`: a request to the CA's enrolment pages, and its certificate back to the key.
 * certreq -submit, certreq -retrieve.
 */

typedef struct {
    const char *request; /**< path: PKCS#10, or PKCS#7 of a renewal; its very bytes are sent */
    const pc_ca_access *ca;
    const char *template_name;             /**< NULL: none, or what the request itself says */
    const char *const *request_attributes; /**< "Name:Value" */
    size_t request_attribute_count;
    const char *out; /**< path of the certificate if one is issued; NULL: the request's with ".cer" at its end */
    bool accept;     /**< bind it to its key, and its chain, in the same run */
    bool again;      /**< submit although a request of this key lies with a CA already */
    bool force;      /**< replace the output file */
} pc_submit_order;

/** What became of one request. Texts safe to print. */
typedef struct {
    pc_status status;    /**< of this one */
    const char *problem; /**< why, the whole error in one line; NULL for PC_OK */
    const char *hint;    /**< what to do about it; NULL if nothing is known */
    pc_ca_disposition disposition;
    pc_pending record;     /**< as it was kept; request_id is "" if the CA gave none */
    bool kept;             /**< the record is open: there is something to retrieve */
    unsigned long code;    /**< HRESULT; 0 if none */
    const char *code_name; /**< NULL if not known */
    const char *message;   /**< the CA's words; NULL if none */
    const char *advice;    /**< NULL if none */
    const char *page;      /**< path to which a page that is not known was written; NULL if none */
    /* of an issued one */
    const char *out; /**< path of the certificate, PEM with its chain behind it */
    const char *subject;
    const char *issuer;
    const char *serial; /**< hex, as Windows shows it */
    const char *not_after;
    const char *chain;       /**< the chain in words; NULL if none was given or it does not hold */
    const char *warning;     /**< why there is no chain; NULL if there is */
    const char **departures; /**< in what it departs from the request, a sentence each */
    size_t departure_count;
    pc_accept_result *accepted; /**< NULL if it was not to be bound */
} pc_submitted;

typedef struct pc_submit_result {
    pc_submitted *items; /**< one for `submit`; one a pending request for `retrieve` */
    size_t count;
    struct pc_arena *arena;
} pc_submit_result;

/**
 * Submit a request for a key of the token, and take what is issued at once. Before anything is sent a record says on the
 * token that it is about to be, so that a run that is cut off is noticed by the next.
 *
 * A certificate is taken only if its public key is the request's; in what it departs from the request is told.
 *
 * @param ret_result  the caller's, pc_submit_result_free; set also on failure, except out of memory: as far as it came
 * @return PC_OK for issued and pending; PC_E_CA for denied, error and unknown (its page is kept aside), and for
 *         network and TLS; PC_E_REFUSED (a request of this key lies with a CA already, and not `again`; output exists; http); PC_E_NOT_FOUND
 *         (no key of the token belongs to the request); PC_E_VERIFY (a certificate for another key came back); PC_E_AUTH (PIN or CA);
 *         what opening the token, accepting and writing can give; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_submit_run(const pc_submit_order *order, const pc_token_access *access,
                                      pc_submit_result **ret_result, pc_error *err);

typedef struct {
    const char *key;        /**< label or URI: the request of this key; NULL: see below */
    const char *request_id; /**< the CA's number; NULL: the only pending one, or with `all` every one */
    bool all;
    const pc_ca_access
        *ca; /**< how to log in; its url, if set, outranks the record's, and is needed for an id without a record */
    const char *out;   /**< path of the certificate; a folder with `all`; NULL: the key's label with ".cer" */
    unsigned wait_sec; /**< go on asking so long, politely spaced; 0: once */
    bool accept;
    bool force;
    void (*waiting)(void *context, const pc_pending *record,
                    unsigned next_sec); /**< told before each pause; NULL: nobody */
    void *waiting_context;
} pc_retrieve_order;

/**
 * Ask what became of pending requests, and take what is issued. One that fails does not stop the others of `all`: what
 * it said stands in its item, and the worst status is returned in the end. Only a login that is refused ends all.
 *
 * With wait_sec SIGINT and SIGTERM are held back but for the pauses. A handler that returns from a pause ends the waiting.
 *
 * @param ret_result  as of pc_submit_run
 * @return as pc_submit_run; PC_OK also if some are pending still; PC_E_NOT_FOUND (nothing pending, or not that one);
 *         PC_E_AMBIGUOUS (several pending and none named).
 */
PC_MUST_CHECK pc_status pc_retrieve_run(const pc_retrieve_order *order, const pc_token_access *access,
                                        pc_submit_result **ret_result, pc_error *err);
void pc_submit_result_free(pc_submit_result *result);

#ifdef __cplusplus
}
#endif

#endif
