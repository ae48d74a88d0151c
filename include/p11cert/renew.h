/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_RENEW_H
#define P11CERT_RENEW_H

#include <p11cert/kit.h>
#include <p11cert/submit.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert renew`: a new certificate for what a key's certificate says, by the same key or a new one of the same kind
 * and policy. certreq -enroll -cert SERIAL renew [reusekeys].
 */

typedef enum {
    PC_RENEW_PKCS10, /**< a request like the first one */
    PC_RENEW_PKCS7,  /**< the same, naming the old certificate and signed by its key ([MS-WCCE] 3.1.1.4.3.2.1) */
} pc_renew_form;

typedef struct {
    const char *key; /**< label or URI; NULL with due */
    bool due;        /**< every key whose current certificate ends within due_sec */
    int64_t due_sec;
    bool new_key; /**< make a new key; else the same goes on */
    pc_renew_form form;
    const char *out; /**< path of the request; a folder with `due`; NULL: here, named after key and serial number */
    const pc_ca_access *ca;    /**< NULL: write the request and stop */
    const char *template_name; /**< NULL: the certificate's own */
    const char *const *request_attributes;
    size_t request_attribute_count;
    unsigned wait_sec;
    const char *kit; /**< folder to be made for the SCOM administrator after binding (kit.h); with `due` one that
                                         exists, in which each gets its own; NULL: none */
    const char *kit_password_source; /**< of the PFX of an exportable key, as pc_kit_order has it */
    const char *on_renewed; /**< command for /bin/sh after each certificate bound and with the token closed, told by
                                         P11CERT_RENEWED_LABEL, _OLD_LABEL, _OLD_SERIAL, _NEW_SERIAL, _CERTIFICATE (path) and
                                         _TOKEN in its environment, from which all that leads to a PIN is taken; NULL: none */
    void (*waiting)(void *context, const pc_pending *record, unsigned next_sec);
    void *waiting_context;
} pc_renew_order;

/** One key. Texts safe to print. */
typedef struct {
    pc_status status;    /**< with `due` one failure does not stop the rest */
    const char *problem; /**< the error in one line; NULL if none */
    const char *hint;
    const char *key_label;    /**< of the old key */
    const char *new_label;    /**< of the new one; NULL for the same key */
    const char *new_key_kind; /**< of the new one; NULL for the same key */
    const char *proof;        /**< that the new key does not come out; NULL if none was made */
    const char *old_serial;
    const char *old_not_after;
    const char *subject;
    const char *request;         /**< path of the request */
    const char *certificate;     /**< path at which the certificate is written, with a CA */
    const char *left_out;        /**< extensions of the old certificate that were not asked for again; "" if none */
    bool resumed;                /**< an earlier run's new key, request or pending request was gone on with */
    bool already;                /**< an earlier run has bound the new key's certificate */
    pc_submit_result *submitted; /**< NULL without a CA */
    const char *new_serial;      /**< NULL while pending */
    pc_kit_result *kit;          /**< NULL if none was made */
    int hook_exit;               /**< of on_renewed; -1 if it was not run */
} pc_renewed;

typedef struct pc_renew_result {
    const char *token;
    pc_renewed *items;
    size_t count; /**< 0 with `due`: nothing is due */
    struct pc_arena *arena;
} pc_renew_result;

/**
 * The old certificate stays on the token; `list` tells which is current. A renewed certificate has another serial and
 * thumbprint in every case, so SCOM's registry value has to be written anew (`p11cert kit`).
 *
 * What is made is named after the certificate that is renewed, so a run that was cut off is gone on with: its new key,
 * its request, its request that lies with the CA. A refused login ends the run: no PIN or password is tried twice.
 *
 * @param ret_result  set also when a key could not be renewed: what became of each
 * @return PC_OK, also if requests are pending or a hook failed (hook_exit); PC_E_USAGE; PC_E_NOT_FOUND (no such key, or no
 *         certificate of it); PC_E_REFUSED (the certificate has expired: a CA renews none of those, `p11cert new --key` asks
 *         for a new one; a request file is there that is none of this renewal); what making keys, signing, submitting and
 *         accepting can give; with `due` the status of the first that failed.
 */
PC_MUST_CHECK pc_status pc_renew_run(const pc_renew_order *order, const pc_token_access *access,
                                     pc_renew_result **ret_result, pc_error *err);
void pc_renew_result_free(pc_renew_result *result);

#ifdef __cplusplus
}
#endif

#endif
