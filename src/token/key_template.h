/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_TEMPLATE_H
#define PC_TOKEN_KEY_TEMPLATE_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/session.h"

#define PC_KEY_ID_LEN 16u

#define PC_KEY_FLAG_BIT(flag) (1u << (flag))

/** A key pair to be made. Texts and bytes are borrowed. */
typedef struct {
    pc_key_kind kind;
    bool exportable;
    bool imported;      /**< it comes from outside: the token then says false of its history */
    const pc_public_half *half; /**< of an imported key; NULL else */
    unsigned key_usage; /**< PC_KU_* that the certificate will have; 0: signing only */
    bool throw_away;    /**< a session object, gone with its session: to try things on */
    unsigned tolerated; /**< PC_KEY_FLAG_BIT of flags that the token is known to report wrongly */
    const char *label;
    uint8_t id[PC_KEY_ID_LEN]; /**< random, the same for key, public key and certificate */
    pc_bytes subject;          /**< DER Name for CKA_SUBJECT, or NULL */
} pc_key_plan;

/**
 * What every flag of the private key must read once the key is made: all usage and protection
 * attributes have a stated value, so that no module's default decides.
 */
void pc_key_plan_expect(const pc_key_plan *plan, pc_fact ret_expected[static PC_KEY_FLAG_COUNT]);

/**
 * How much is stated. Some modules refuse attributes they do not know; each rung leaves some out.
 * What makes the key what it is (token, private, sensitive, extractable, sign, decrypt) is stated on every rung.
 */
typedef enum {
    PC_RUNG_WHOLE,      /**< everything */
    PC_RUNG_NO_CONTROL, /**< without copyable, destroyable, wrap-with-trusted, always-authenticate */
    PC_RUNG_BARE,       /**< further without sign-recover, unwrap, derive, modifiable and the subject */
    PC_RUNG_COUNT,
} pc_template_rung;

/** Is the flag stated in the template on this rung? Flags that only the token sets never are. */
bool pc_key_flag_is_stated(pc_key_flag flag, pc_template_rung rung);

/** A pair of templates for C_GenerateKeyPair, pointing into itself and the plan. */
typedef struct {
    CK_MECHANISM mechanism;
    CK_ATTRIBUTE private_items[32];
    CK_ULONG private_count;
    CK_ATTRIBUTE public_items[16];
    CK_ULONG public_count;
    CK_ULONG modulus_bits;
    CK_OBJECT_CLASS private_class;
    CK_OBJECT_CLASS public_class;
    CK_KEY_TYPE key_type;
} pc_key_template;

void pc_key_template_build(const pc_key_plan *plan, pc_template_rung rung, pc_key_template *ret_template);

/** A template in words, its attributes in their order; the CKA_ID is told as what it is, random. In the arena. */
PC_MUST_CHECK pc_status pc_key_template_rows(const CK_ATTRIBUTE *items, CK_ULONG count, pc_arena *arena,
                                             pc_template_row **ret_rows, pc_error *err);

/** "CKM_RSA_PKCS_KEY_PAIR_GEN", … */
const char *pc_key_mechanism_name(CK_MECHANISM_TYPE mechanism);

/** The kind of a key by its public half. @return false if it is not one that p11cert makes. */
bool pc_key_kind_of(const pc_public_half *half, pc_key_kind *ret_kind);

#endif
