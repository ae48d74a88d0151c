/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_KEY_H
#define P11CERT_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/bytes.h>
#include <p11cert/fact.h>
#include <p11cert/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A private key as the token reports it. Every flag is the module's claim; PC_FACT_UNKNOWN where the module does not
 * report it.
 */

/** Boolean attributes of a private key (PKCS#11 v2.40 sections 4.4, 4.7 and 4.9). */
typedef enum {
    PC_KEY_TOKEN,
    PC_KEY_PRIVATE,
    PC_KEY_SENSITIVE,
    PC_KEY_EXTRACTABLE,
    PC_KEY_ALWAYS_SENSITIVE,
    PC_KEY_NEVER_EXTRACTABLE,
    PC_KEY_LOCAL,
    PC_KEY_MODIFIABLE,
    PC_KEY_COPYABLE,
    PC_KEY_DESTROYABLE,
    PC_KEY_WRAP_WITH_TRUSTED,
    PC_KEY_ALWAYS_AUTHENTICATE,
    PC_KEY_SIGN,
    PC_KEY_SIGN_RECOVER,
    PC_KEY_DECRYPT,
    PC_KEY_UNWRAP,
    PC_KEY_DERIVE,
    PC_KEY_FLAG_COUNT,
} pc_key_flag;

/** "sensitive", "never-extractable", …: the spelling in reports and --json. */
const char *pc_key_flag_name(pc_key_flag flag);

/**
 * The public half of a key, as in its attributes: for RSA (PKCS#11 v2.40 mechanisms, section 2.1.2) modulus and
 * exponent, big-endian; for EC (section 2.3.3) parameters and point, both DER; for ML-DSA (PKCS#11 v3.2 section 6.67)
 * the value of FIPS 204. What an object does not show is empty.
 */
typedef struct {
    unsigned long key_type; /**< CKK_* */
    pc_bytes modulus;
    pc_bytes exponent;
    pc_bytes parameters;
    pc_bytes point;
    pc_bytes value; /**< of a public key object only */
} pc_public_half;

/** All memory belongs to the function that supplied the key (an arena of the result that contains it). */
typedef struct {
    unsigned long handle; /**< CK_OBJECT_HANDLE of the private key; valid in this session only */
    const char *label;    /**< not escaped; "" if none */
    pc_bytes id;          /**< CKA_ID */
    pc_bytes subject;     /**< CKA_SUBJECT, a DER Name; empty if none */
    pc_fact flags[PC_KEY_FLAG_COUNT];
    pc_public_half half; /**< the type is always set; the rest as far as the private or the public object shows it */
} pc_key;

/** An attribute of a planned key, as text: "CKA_SENSITIVE", "true". Safe to print. */
typedef struct {
    const char *attribute;
    const char *value;
} pc_template_row;

/** "RSA-2048", "EC P-256", "Ed25519", "ML-DSA-65", …, or "key type 0x…" in the caller's buffer. Returns out. */
const char *pc_key_describe(const pc_key *key, char out[32]);

#ifdef __cplusplus
}
#endif

#endif
