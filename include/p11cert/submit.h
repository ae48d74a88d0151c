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
 * `p11cert submit` and `p11cert retrieve`: submit a request to the CA's enrolment pages, and fetch and bind its
 * certificate. certreq -submit, certreq -retrieve.
 */

typedef struct {
    const char *request; /**< path: PKCS#10, or PKCS#7 of a renewal; its bytes are sent unchanged */
    const pc_ca_access *ca;
    const char *template_name;             /**< NULL: none, or the one in the request itself */
    const char *const *request_attributes; /**< "Name:Value" */
    size_t request_attribute_count;
    const char *out; /**< path of the certificate if one is issued; NULL: the request's path with ".cer" */
    bool accept;     /**< bind it to its key, and its chain, in the same run */
    bool renews; /**< log in with the certificate that is being renewed (ca->client_key), for a CA that requires this */
    bool again;  /**< submit even if a request for this key is already pending at a CA */
    const char *again_since; /**< submit even if the key's record says that a request was about to be sent at this
                                time; NULL: do not */
    bool force;              /**< replace the output file */
} pc_submit_order;

/** The outcome of one request. Texts are safe to print. */
typedef struct {
    pc_status status;    /**< of this one */
    const char *problem; /**< why, the whole error in one line; NULL for PC_OK */
    const char *hint;    /**< what to do about it; NULL if unknown */
    pc_ca_disposition disposition;
    pc_pending record;     /**< as stored; request_id is "" if the CA gave none */
    bool kept;             /**< the record is open: the request can still be retrieved */
    unsigned long code;    /**< HRESULT; 0 if none */
    const char *code_name; /**< NULL if unknown */
    const char *message;   /**< the CA's words; NULL if none */
    const char *advice;    /**< NULL if none */
    const char *page;      /**< path to which an unknown page was saved; NULL if none */
    /* of an issued certificate */
    const char *out; /**< path of the certificate, PEM followed by its chain */
    const char *subject;
    const char *issuer;
    const char *serial; /**< hex, as Windows shows it */
    const char *not_after;
    const char *chain;       /**< description of the chain; NULL if there is none or it is invalid */
    const char *warning;     /**< why there is no chain; NULL if there is one */
    const char **departures; /**< differences from the request, one sentence each */
    size_t departure_count;
    pc_accept_result *accepted; /**< NULL if binding was not requested */
} pc_submitted;

typedef struct pc_submit_result {
    pc_submitted *items; /**< one for `submit`; one per pending request for `retrieve` */
    size_t count;
    struct pc_arena *arena;
} pc_submit_result;

/**
 * Submit a request for a key on the token, and fetch the certificate if it is issued at once. Before anything is sent,
 * a record of the submission is written to the token, so that the next run notices an interrupted one.
 *
 * A certificate is accepted only if its public key is the request's; other differences from the request are reported.
 *
 * @param ret_result  owned by the caller, pc_submit_result_free; also set on failure, except out of memory, with the
 *     progress made
 * @return PC_OK for issued and pending; PC_E_CA for denied, error and unknown (the page is saved), and for network and
 *         TLS errors; PC_E_REFUSED (a request for this key is already pending at a CA, without `again`; output exists;
 *         http); PC_E_NOT_FOUND (no key on the token belongs to the request); PC_E_VERIFY (the CA returned a
 *         certificate for another key); PC_E_AUTH (PIN or CA login); any error of opening the token, accepting and
 *         writing; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_submit_run(const pc_submit_order *order, const pc_token_access *access,
                                      pc_submit_result **ret_result, pc_error *err);

typedef struct {
    const char *key;        /**< label or URI: the request of this key; NULL: see request_id */
    const char *request_id; /**< the CA's request ID; NULL: the only pending one, or every one with `all` */
    bool all;
    const pc_ca_access
        *ca; /**< how to log in; its url, if set, overrides the record's, and is required for an ID without a record */
    const char *out;   /**< path of the certificate; a folder with `all`; NULL: the key's label with ".cer" */
    unsigned wait_sec; /**< keep polling this long, at growing intervals; 0: ask once */
    bool accept;
    bool force;
    void (*waiting)(void *context, const pc_pending *record,
                    unsigned next_sec); /**< called before each pause; may be NULL */
    void *waiting_context;
} pc_retrieve_order;

/**
 * Ask for the status of pending requests, and fetch issued certificates. With `all`, a failed request does not stop the
 * others: its error is in its item, and the worst status is returned at the end. Only a refused login stops everything.
 *
 * With wait_sec, SIGINT and SIGTERM are blocked except during the pauses. A signal handler that returns during a pause
 * ends the waiting.
 *
 * @param ret_result  as in pc_submit_run
 * @return as pc_submit_run; PC_OK also if some are still pending; PC_E_NOT_FOUND (nothing is pending, or not that
 *         request); PC_E_AMBIGUOUS (several are pending and none was named).
 */
PC_MUST_CHECK pc_status pc_retrieve_run(const pc_retrieve_order *order, const pc_token_access *access,
                                        pc_submit_result **ret_result, pc_error *err);
void pc_submit_result_free(pc_submit_result *result);

#ifdef __cplusplus
}
#endif

#endif
