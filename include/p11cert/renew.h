/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_RENEW_H
#define P11CERT_RENEW_H

#include <p11cert/kit.h>
#include <p11cert/submit.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert renew`: a new certificate with the contents of a key's current one, for the same key or a new one of the
 * same kind and policy. certreq -enroll -cert SERIAL renew [reusekeys].
 */

typedef enum {
    PC_RENEW_PKCS10, /**< a request like the first one */
    PC_RENEW_PKCS7,  /**< the same, with the old certificate attached and signed by its key ([MS-WCCE] 3.1.1.4.3.2.1) */
} pc_renew_form;

typedef struct {
    const char *key; /**< label or URI; NULL with due */
    bool due;        /**< every key whose current certificate expires within due_sec */
    int64_t due_sec;
    bool new_key;          /**< create a new key; else keep the same key */
    bool allow_superseded; /**< keep the same key even if a new one was created for it and has a certificate */
    const char *id;        /**< CKA_ID of the new key in hexadecimal; with `key` only; NULL: 16 random bytes */
    pc_renew_form form;
    const char *out; /**< path of the request; a folder with `due`; NULL: in the current folder, named after key and
                        serial number */
    const pc_ca_access *ca;    /**< NULL: write the request and stop. With `due`, a key is renewed at the CA that is
                                  recorded for it on the token, and at this one if none is; its url NULL: only at
                                  recorded ones. A password goes only to the host and port of the
                                  url */
    const char *template_name; /**< NULL: the certificate's own */
    const char *const *request_attributes;
    size_t request_attribute_count;
    unsigned wait_sec;
    const char *kit; /**< folder to create for the SCOM administrator after binding (kit.h); with `due` an existing
                        folder, in which each key gets its own; NULL: none */
    const char *kit_password_source; /**< of the PFX of an exportable key, as in pc_kit_order */
    const char *on_renewed; /**< command for /bin/sh after each bound certificate, run with the token closed. Its
                               environment contains P11CERT_RENEWED_LABEL, _OLD_LABEL, _OLD_SERIAL, _NEW_SERIAL,
                               _CERTIFICATE (path) and _TOKEN, but nothing that gives access to a PIN; NULL: none */
    void (*waiting)(void *context, const pc_pending *record, unsigned next_sec);
    void *waiting_context;
} pc_renew_order;

/** One key. Texts are safe to print. */
typedef struct {
    pc_status status;    /**< with `due`, one failure does not stop the rest */
    const char *problem; /**< the error in one line; NULL if none */
    const char *hint;
    const char *key_label;    /**< of the old key */
    const char *new_label;    /**< of the new key; NULL for the same key */
    const char *new_key_kind; /**< of the new one; NULL for the same key */
    const char *proof;        /**< that the new key cannot be extracted; NULL if none was made */
    const char *old_serial;
    const char *old_not_after;
    const char *subject;
    const char *request;         /**< path of the request */
    const char *certificate;     /**< path of the certificate file, with a CA */
    const char *ca;              /**< address of the CA that renews it; NULL without a CA, or if none was found */
    const char *left_out;        /**< extensions of the old certificate that were not requested again; "" if none */
    bool resumed;                /**< resumed with an earlier run's new key, request or pending request */
    bool already;                /**< an earlier run had already bound the new key's certificate */
    bool changed;                /**< this run made a key, wrote or sent the request, bound the certificate or made the
                                    kit. If `status` is an error, false means only that nothing of that is known */
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
 * The old certificate stays on the token; `list` shows which is current. A renewed certificate always has another
 * serial number and thumbprint, so SCOM's registry value must be written again (`p11cert kit`).
 *
 * New objects are named after the certificate being renewed, so an interrupted run can be resumed with its new key, its
 * request file or its request pending at the CA. A refused login ends the run: no PIN or password is tried twice.
 *
 * @param ret_result  also set when a key could not be renewed: the outcome for each
 * @return PC_OK, also if requests are pending or a hook failed (hook_exit); PC_E_USAGE; PC_E_NOT_FOUND (no such key, or
 *         it has no certificate; no CA is named or recorded); PC_E_REFUSED (the key is superseded; a password is not
 *         for the recorded CA; the certificate has expired: a CA does not renew
 * it, `p11cert new
 *         --key` requests a new one; an existing request file does not belong to this renewal); any error of making
 *         keys, signing, submitting and accepting; with `due`, the status of the first failure.
 */
PC_MUST_CHECK pc_status pc_renew_run(const pc_renew_order *order, const pc_token_access *access,
                                     pc_renew_result **ret_result, pc_error *err);
void pc_renew_result_free(pc_renew_result *result);

#ifdef __cplusplus
}
#endif

#endif
