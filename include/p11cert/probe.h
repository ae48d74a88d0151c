/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_PROBE_H
#define P11CERT_PROBE_H

#include <stddef.h>

#include <p11cert/key.h>
#include <p11cert/request.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert check --probe`: flags are claims of the module; a probe verifies them. It tries what the flags forbid on
 * temporary session keys, made with p11cert's own template, and compares what the token did with what it claims.
 */

typedef enum {
    PC_DEED_REFUSED,   /**< tried, and refused */
    PC_DEED_DONE,      /**< tried, and done: the flags forbade or permitted it (see claim) */
    PC_DEED_NOT_TRIED, /**< the token does not support it, or failed for an unknown reason; proves nothing */
} pc_deed;

/** "refused", "done", "not-tried". */
const char *pc_deed_name(pc_deed deed);

/** One attempt. */
typedef struct {
    const char *id;    /**< stable: "read", "wrap", "copy-extractable", "set-unwrap", "set-decrypt",
                          "set-extractable", "unset-sensitive"; only those that apply to this key */
    const char *title; /**< "Read the private value" */
    const char *claim; /**< "CKA_SENSITIVE true, CKA_EXTRACTABLE false": the flags that the token reports for this
                          temporary key */
    bool forbidden;    /**< according to the claim, this must be refused */
    pc_deed deed;
    const char *answer; /**< "C_GetAttributeValue: CKR_ATTRIBUTE_SENSITIVE", and what was read back if it was done */
    bool lie;           /**< forbidden but done; confirmed by the read-back or by the bytes returned */
} pc_probe_attempt;

typedef struct {
    bool made;            /**< a temporary key could be made as requested */
    const char *not_made; /**< why not: "C_GenerateKeyPair: CKR_SESSION_READ_ONLY (0xb5)"; NULL if made */
    const char *kind;     /**< "RSA-2048" */
    bool exportable;      /**< in the probed template */
    pc_probe_attempt *attempts;
    size_t attempt_count;
    pc_fact user_sets_trusted; /**< a temporary AES key could be made with CKA_TRUSTED true, which is reserved for the
                                  Security Officer */
    bool cleaned;              /**< no temporary object is left */
    bool lost;                 /**< the token or the session was lost, so the attempts after that were not made */
} pc_probe;

#ifdef __cplusplus
}
#endif

#endif
