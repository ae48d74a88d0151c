/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_RETIRE_H
#define P11CERT_RETIRE_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert retire`: destroy a key and what belongs to it, and prove that it is gone. */

typedef enum {
    PC_RETIRE_PRIVATE_KEY,
    PC_RETIRE_SECRET_KEY,
    PC_RETIRE_PUBLIC_KEY,
    PC_RETIRE_CERTIFICATE,
    PC_RETIRE_RECORD,    /**< of a request pending at a CA */
    PC_RETIRE_CA_RECORD, /**< of the CA that issued the key's last certificate; `note` has its address */
} pc_retire_class;

/** "private key", … */
const char *pc_retire_class_name(pc_retire_class retired);

typedef enum {
    PC_RETIRE_PLANNED, /**< is to be destroyed */
    PC_RETIRE_GONE,    /**< was destroyed, and is not found in a new session */
    PC_RETIRE_KEPT,    /**< stays: `note` says why */
    PC_RETIRE_REMAINS, /**< should have been destroyed, but was not */
} pc_retire_state;

/** "planned", "gone", "kept", "remains". */
const char *pc_retire_state_name(pc_retire_state state);

/** An object that belongs to the key. Texts are safe to print. */
typedef struct {
    pc_retire_class object_class;
    pc_retire_state state;
    const char *label;
    const char *id;        /**< CKA_ID, hex; "" if none */
    const char *subject;   /**< of a certificate that can be read; else NULL, like the next two */
    const char *serial;    /**< hex */
    const char *not_after; /**< 2027-11-22T21:00:00Z */
    bool is_current;       /**< the certificate that every verb uses for this key */
    bool is_valid;         /**< now; false also if it is not known, without a subject */
    const char *note;      /**< NULL if there is nothing to say */
} pc_retire_object;

/** What depends on the key, and stays. */
typedef struct {
    const char *kind; /**< "issued-certificate", "pending-request", "shared-id", "unreadable-record",
                           "valid-certificate" */
    const char *text; /**< safe to print */
} pc_retire_dependent;

typedef struct pc_retire_result {
    pc_token_info token;
    const char *label;       /**< safe to print, like all texts */
    const char *id;          /**< hex */
    char kind[32];           /**< "RSA-2048", "AES-256", …; "" if only the rest of an interrupted run is there */
    const char *spki_sha256; /**< hex; NULL if the public half is not shown */
    pc_retire_object *objects;
    size_t object_count;
    pc_retire_dependent *dependents;
    size_t dependent_count;
    bool is_done; /**< the planned objects are gone */
    const char
        *retired_at; /**< when an earlier run retired the key, by its record; there are no objects then. Else NULL */
    struct pc_arena *arena;
} pc_retire_result;

/**
 * Asks the person who runs the command, and shows the plan.
 * @return PC_OK to continue; any other status ends the run with nothing destroyed.
 */
typedef pc_status (*pc_retire_confirm)(void *context, const pc_retire_result *plan, pc_error *err);

typedef struct {
    const char *key;           /**< label or URI of a private or secret key */
    bool keep_certificate;     /**< leave the certificates on the token */
    bool allow_valid;          /**< retire a key that has a certificate that is valid now */
    bool dry_run;              /**< only make the plan */
    const char *record;        /**< append what is about to be done, and the outcome, as JSON Lines; NULL: nowhere */
    pc_retire_confirm confirm; /**< NULL: no confirmation is requested */
    void *confirm_context;
} pc_retire_order;

/**
 * Find the key, its public key object, its own certificates (those with its public key; pair by CKA_ID is not enough),
 * its pending request and the record of its CA, ask, and destroy them: that record first, then the private key, the
 * public key last, so that an interrupted run leaves what the same command finds and finishes. Each object is read
 * again right before it is destroyed. A new session then must not find any of them. (C_DestroyObject, PKCS#11 v2.40
 * section 5.7.) If there is no such key, and the order's record shows that an earlier run retired it on this token,
 * nothing is left to do.
 *
 * @return PC_OK; PC_E_REFUSED (a certificate is valid, or one with the key's CKA_ID cannot be read, and allow_valid is
 * not set; the token does not allow the key to be destroyed; not confirmed; the record shows that it was retired, but
 * it is there under another name);
 * PC_E_NOT_FOUND, PC_E_AMBIGUOUS (the key); PC_E_VERIFY (an object is still found, or a handle now belongs to another
 * object); PC_E_IO (the record; before anything is destroyed); PC_E_TOKEN; PC_E_MEMORY; any error of pc_token_open. The
 * error says how much was destroyed.
 */
PC_MUST_CHECK pc_status pc_retire_run(const pc_retire_order *order, const pc_token_access *access,
                                      pc_retire_result **ret_result, pc_error *err);
void pc_retire_result_free(pc_retire_result *result);

#ifdef __cplusplus
}
#endif

#endif
