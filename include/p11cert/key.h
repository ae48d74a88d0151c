/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_KEY_H
#define P11CERT_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/bytes.h>
#include <p11cert/fact.h>
#include <p11cert/request.h>

/**
 * A private key as the token reports it. Every flag is the module's claim; PC_FACT_UNKNOWN where it
 * does not answer.
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

/** All memory belongs to whoever gave the key out (an arena of the result it stands in). */
typedef struct {
    unsigned long handle;   /**< CK_OBJECT_HANDLE of the private key; of this session only */
    unsigned long key_type; /**< CKK_* */
    const char *label;      /**< not escaped; "" if none */
    pc_bytes id;            /**< CKA_ID */
    pc_bytes subject;       /**< CKA_SUBJECT, a DER Name; NULL if none */
    pc_fact flags[PC_KEY_FLAG_COUNT];

    /* The public half. Of RSA: modulus and exponent, big-endian. Of EC: DER parameters and point. */
    pc_bytes modulus;
    pc_bytes exponent;
    pc_bytes ec_params;
    pc_bytes ec_point; /**< NULL if neither private nor public object has it */
} pc_key;

/** An attribute of a key that is to be made, in words: "CKA_SENSITIVE", "true". Safe to print. */
typedef struct {
    const char *attribute;
    const char *value;
} pc_template_row;

/** "RSA-2048", "EC P-256", "Ed25519", …, or "key type 0x…" in a buffer of the caller's. Returns out. */
const char *pc_key_describe(const pc_key *key, char out[static 32]);

#endif
