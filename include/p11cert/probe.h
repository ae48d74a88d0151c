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
 * `p11cert check --probe`: flags are a module's claim; this is the proof. On throw-away session keys, made with the
 * template p11cert uses, what the flags forbid is tried, and what the token did is set beside what it claims.
 */

typedef enum {
    PC_DEED_REFUSED,   /**< tried, and refused */
    PC_DEED_DONE,      /**< tried, and done: the flag forbade it, or permitted it (see claim) */
    PC_DEED_NOT_TRIED, /**< the token has no means for it, or failed without a reason; proves nothing */
} pc_deed;

/** "refused", "done", "not-tried". */
const char *pc_deed_name(pc_deed deed);

/** One attempt. */
typedef struct {
    const char *id;    /**< stable: "read", "wrap", "copy-extractable", "set-unwrap", "set-decrypt",
                          "set-extractable", "unset-sensitive"; those that make no sense of this key are not there */
    const char *title; /**< "Read the private value" */
    const char *claim; /**< "CKA_SENSITIVE true, CKA_EXTRACTABLE false": what the token said of this throw-away key */
    bool forbidden;    /**< by the claim, this must be refused */
    pc_deed deed;
    const char *answer; /**< "C_GetAttributeValue: CKR_ATTRIBUTE_SENSITIVE", and what was read back after a deed done */
    bool lie;           /**< forbidden and yet done, and the read-back or the bytes show it was truly done */
} pc_probe_attempt;

typedef struct {
    bool made;            /**< a throw-away key could be made as stated */
    const char *not_made; /**< why not: "C_GenerateKeyPair: CKR_SESSION_READ_ONLY (0xb5)"; NULL if made */
    const char *kind;     /**< "RSA-2048" */
    bool exportable;      /**< the template that was probed */
    pc_probe_attempt *attempts;
    size_t attempt_count;
    pc_fact
        user_sets_trusted; /**< a throw-away AES key could be made with CKA_TRUSTED true, which is the Security Officer's */
    bool cleaned;          /**< every throw-away object is gone again */
} pc_probe;

#ifdef __cplusplus
}
#endif

#endif
