/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_TEMPLATE_H
#define PC_TOKEN_KEY_TEMPLATE_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/session.h"

#define PC_KEY_ID_LEN  16u /**< of a random one */
#define PC_KEY_ID_MOST 64u

#define PC_KEY_FLAG_BIT(flag) (1u << (flag))

/** What a key may be used for. */
typedef enum {
    PC_PLANNED_FOR_CERTIFICATE, /**< signing, and what key_usage adds */
    PC_PLANNED_TO_SIGN,
    PC_PLANNED_TO_DECRYPT, /**< RSA: decryption; EC: key agreement */
    PC_PLANNED_TO_UNWRAP,  /**< RSA only */
} pc_planned_use;

/** How a key that is to be generated will sign. Zero: nothing is planned yet. */
typedef struct {
    bool pss;      /**< RSASSA-PSS */
    bool raw_only; /**< the signer hashes, and has the token sign digests only */
    bool digest_is_known;
    pc_digest digest;
} pc_planned_signature;

/** A key pair to be generated or imported. Texts and bytes are borrowed. */
typedef struct {
    pc_key_kind kind;
    bool exportable;
    bool imported;              /**< it comes from outside: the token then reports the history flags as false */
    const pc_public_half *half; /**< of an imported key; else NULL */
    const pc_fact *flags; /**< PC_KEY_FLAG_COUNT flags of the key that is copied: those that are known and may be stated
                             in a template are planned; NULL: the rest of the plan decides */
    pc_planned_use use;   /**< every other use is switched off */
    pc_planned_signature signing; /**< of a key that signs */
    unsigned key_usage;           /**< PC_KU_* that the certificate will have; 0: signing only */
    bool throw_away;              /**< a session object for experiments, destroyed with its session */
    unsigned tolerated;           /**< PC_KEY_FLAG_BIT of flags that the token is known to report wrongly */
    const char *label;
    uint8_t id[PC_KEY_ID_MOST]; /**< random or given; the same for key, public key and certificate */
    size_t id_len;              /**< 0: PC_KEY_ID_LEN */
    bool id_is_given;           /**< not random: another object may already have it */
    bool public_is_private;     /**< CKA_PRIVATE of the public key: some tokens accept no other (AWS CloudHSM) */
    pc_bytes subject;           /**< DER Name for CKA_SUBJECT, or NULL */
} pc_key_plan;

/** The planned CKA_ID, borrowed. */
static inline pc_bytes pc_key_plan_id(const pc_key_plan *plan)
{
    return (pc_bytes){ plan->id, plan->id_len ? plan->id_len : PC_KEY_ID_LEN };
}

/**
 * The required value of every flag of the private key after generation: all usage and protection attributes have an
 * explicit value, so that nothing depends on a module's defaults.
 */
void pc_key_plan_expect(const pc_key_plan *plan, pc_fact ret_expected[static PC_KEY_FLAG_COUNT]);

/**
 * How many attributes the template contains. Some modules refuse attributes they do not know; each rung omits some. The
 * essential ones (token, private, sensitive, extractable, sign, decrypt) are set on every rung.
 */
typedef enum {
    PC_RUNG_WHOLE,      /**< everything */
    PC_RUNG_NO_CONTROL, /**< without copyable, destroyable, wrap-with-trusted, always-authenticate */
    PC_RUNG_BARE,       /**< also without sign-recover, unwrap, derive, modifiable and the subject */
    PC_RUNG_COUNT,
} pc_template_rung;

/** Is the flag set in the template on this rung? Flags that only the token sets never are. */
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

/** A template as text, its attributes in order; the CKA_ID is described as random. In the arena. */
PC_MUST_CHECK pc_status pc_key_template_rows(const CK_ATTRIBUTE *items, CK_ULONG count, pc_arena *arena,
                                             pc_template_row **ret_rows, pc_error *err);

/** "CKM_RSA_PKCS_KEY_PAIR_GEN", … */
const char *pc_key_mechanism_name(CK_MECHANISM_TYPE mechanism);

/** CKK_* of a kind. */
unsigned long pc_key_kind_type(pc_key_kind kind);

/** The kind of a key, from its public half. @return false if p11cert does not support it. */
bool pc_key_kind_of(const pc_public_half *half, pc_key_kind *ret_kind);

#endif
