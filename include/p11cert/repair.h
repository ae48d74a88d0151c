/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_REPAIR_H
#define P11CERT_REPAIR_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert repair`: find private keys, public keys and certificates on a token that have the same public key but whose
 * attributes do not link them, and correct the attributes. certutil -repairstore.
 *
 * The private key is the reference: where the CKA_IDs differ, public key and certificates get the private key's. A
 * private key signs a challenge before anything that depends on it is written. Nothing is removed, except empty
 * objects, which remain if a program is killed while the token creates an object.
 */

typedef struct {
    const char *key;         /**< only this private key: label or URI; NULL: all */
    const char *certificate; /**< only objects with the public key of the certificate in this file; NULL: all */
    bool apply;              /**< write; else only report */
} pc_repair_order;

typedef enum {
    PC_REPAIR_KEY,         /**< CKO_PRIVATE_KEY */
    PC_REPAIR_PUBLIC,      /**< CKO_PUBLIC_KEY */
    PC_REPAIR_CERTIFICATE, /**< CKO_CERTIFICATE */
    PC_REPAIR_OBJECT,      /**< an empty object (p11cert-repair(1), repair.leftover) */
} pc_repair_class;

/** "private key", "public key", "certificate", "object". */
const char *pc_repair_class_name(pc_repair_class object_class);

typedef enum {
    PC_REPAIR_NOTE,    /**< for information; nothing needs to be written */
    PC_REPAIR_PLANNED, /**< would be written with `apply` */
    PC_REPAIR_DONE,    /**< written and read back */
    PC_REPAIR_REFUSED, /**< not repaired; the message says why */
} pc_repair_state;

/** "note", "planned", "done", "refused": the spelling in --json. */
const char *pc_repair_state_name(pc_repair_state state);

/** One finding. Texts are safe to print and not NULL unless stated. */
typedef struct {
    const char *id; /**< "repair.wrong-id", … (p11cert-repair(1) lists them) */
    pc_repair_state state;
    pc_repair_class object_class; /**< of the object concerned, or of the object to be written */
    const char *label;            /**< of that object */
    const char *object_id;        /**< its CKA_ID as found, hex; "" if none */
    const char *spki_sha256;      /**< of its public key, hex; NULL if unknown */
    const char *serial;           /**< of a certificate, hex; else NULL */
    const char *message;          /**< what is wrong */
    const char *attribute; /**< "CKA_ID", "CKA_LABEL", "CKA_SUBJECT"; "object" for one to be created or removed; NULL
                              for none */
    const char *old_value; /**< of the attribute, as text; "(none)"; NULL without an attribute */
    const char *new_value; /**< NULL without an attribute */
    const char *remedy;    /**< what to do manually; NULL if nothing is needed */
} pc_repair_finding;

typedef struct pc_repair_result {
    const char *token;
    pc_repair_finding *findings; /**< sorted by the label of the private key they depend on, else of the object */
    size_t finding_count;
    size_t counts[PC_REPAIR_REFUSED + 1]; /**< by pc_repair_state */
    size_t key_count;                     /**< private keys examined */
    size_t proof_count;                   /**< of these, keys whose public key was confirmed by a signature */
    struct pc_arena *arena;
} pc_repair_result;

/**
 * Examine, and with `apply` repair. Each object is changed one call at a time and read back, so that a failure leaves
 * every object consistent; a second run continues with the rest. On failure, the error reports how much was done.
 *
 * @return PC_OK, even if something needs repair or is refused: see counts; PC_E_NOT_FOUND, PC_E_AMBIGUOUS (the named
 *         key; no private key on this token belongs to the certificate); PC_E_INPUT (the file is not a certificate);
 *         PC_E_VERIFY (an object does not read back as written, or another program is changing the token); PC_E_TOKEN
 *         and any error of opening the token; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_repair_run(const pc_repair_order *order, const pc_token_access *access,
                                      pc_repair_result **ret_result, pc_error *err);
void pc_repair_result_free(pc_repair_result *result);

#ifdef __cplusplus
}
#endif

#endif
