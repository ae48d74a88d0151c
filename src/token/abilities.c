/* SPDX-License-Identifier: Apache-2.0 */
#include "token/abilities.h"

#include <limits.h>
#include <string.h>

#include "base/bytes.h"
#include "base/nearest.h"
#include "base/text.h"
#include "token/mechanisms.h"
#include "token/ml_dsa.h"

typedef struct {
    unsigned long code;
    const char *name;
} named;

#define NAMED(constant) \
    { \
        constant, #constant \
    }

/* From the versions whose constants p11-kit has; others are shown as numbers. */
static const named mechanisms[] = {
    NAMED(CKM_RSA_PKCS_KEY_PAIR_GEN),
    NAMED(CKM_RSA_PKCS),
    NAMED(CKM_RSA_X_509),
    NAMED(CKM_RSA_PKCS_OAEP),
    NAMED(CKM_RSA_PKCS_PSS),
    NAMED(CKM_SHA1_RSA_PKCS),
    NAMED(CKM_SHA224_RSA_PKCS),
    NAMED(CKM_SHA256_RSA_PKCS),
    NAMED(CKM_SHA384_RSA_PKCS),
    NAMED(CKM_SHA512_RSA_PKCS),
    NAMED(CKM_SHA1_RSA_PKCS_PSS),
    NAMED(CKM_SHA256_RSA_PKCS_PSS),
    NAMED(CKM_SHA384_RSA_PKCS_PSS),
    NAMED(CKM_SHA512_RSA_PKCS_PSS),
    NAMED(CKM_EC_KEY_PAIR_GEN),
    NAMED(CKM_ECDSA),
    NAMED(CKM_ECDSA_SHA1),
    NAMED(CKM_ECDSA_SHA256),
    NAMED(CKM_ECDSA_SHA384),
    NAMED(CKM_ECDSA_SHA512),
    NAMED(CKM_ECDH1_DERIVE),
    NAMED(CKM_EC_EDWARDS_KEY_PAIR_GEN),
    NAMED(CKM_EDDSA),
    NAMED(CKM_ML_DSA_KEY_PAIR_GEN),
    NAMED(CKM_ML_DSA),
    NAMED(CKM_MD5),
    NAMED(CKM_SHA_1),
    NAMED(CKM_SHA224),
    NAMED(CKM_SHA256),
    NAMED(CKM_SHA384),
    NAMED(CKM_SHA512),
    NAMED(CKM_SHA256_HMAC),
    NAMED(CKM_SHA384_HMAC),
    NAMED(CKM_SHA512_HMAC),
    NAMED(CKM_GENERIC_SECRET_KEY_GEN),
    NAMED(CKM_AES_KEY_GEN),
    NAMED(CKM_AES_ECB),
    NAMED(CKM_AES_CBC),
    NAMED(CKM_AES_CBC_PAD),
    NAMED(CKM_AES_CTR),
    NAMED(CKM_AES_GCM),
    NAMED(CKM_AES_KEY_WRAP),
    NAMED(CKM_AES_KEY_WRAP_PAD),
    { 0x0000210bUL, "CKM_AES_KEY_WRAP_KWP" }, /* PKCS#11 v3.0 */
    NAMED(CKM_DES3_KEY_GEN),
    NAMED(CKM_DES3_ECB),
    NAMED(CKM_DES3_CBC),
    NAMED(CKM_DES3_CBC_PAD),
    NAMED(CKM_DES3_CMAC),
    NAMED(CKM_AES_CMAC),
    NAMED(CKM_DES_KEY_GEN),
    NAMED(CKM_DES_ECB),
    NAMED(CKM_DES_CBC),
    NAMED(CKM_DES_CBC_PAD),
    NAMED(CKM_DES2_KEY_GEN),
    NAMED(CKM_DES_ECB_ENCRYPT_DATA),
    NAMED(CKM_DES_CBC_ENCRYPT_DATA),
    NAMED(CKM_DES3_ECB_ENCRYPT_DATA),
    NAMED(CKM_DES3_CBC_ENCRYPT_DATA),
    NAMED(CKM_AES_ECB_ENCRYPT_DATA),
    NAMED(CKM_AES_CBC_ENCRYPT_DATA),
    NAMED(CKM_DSA_KEY_PAIR_GEN),
    NAMED(CKM_DSA_PARAMETER_GEN),
    NAMED(CKM_DSA),
    NAMED(CKM_DSA_SHA1),
    NAMED(CKM_DSA_SHA224),
    NAMED(CKM_DSA_SHA256),
    NAMED(CKM_DSA_SHA384),
    NAMED(CKM_DSA_SHA512),
    NAMED(CKM_DH_PKCS_KEY_PAIR_GEN),
    NAMED(CKM_DH_PKCS_PARAMETER_GEN),
    NAMED(CKM_DH_PKCS_DERIVE),
    NAMED(CKM_MD5_HMAC),
    NAMED(CKM_SHA_1_HMAC),
    NAMED(CKM_SHA224_HMAC),
    NAMED(CKM_MD5_RSA_PKCS),
    NAMED(CKM_SHA224_RSA_PKCS_PSS),
    NAMED(CKM_ECDSA_SHA224),
};

static const named mechanism_flags[] = {
    { CKF_HW, "hardware" },       { CKF_ENCRYPT, "encrypt" },
    { CKF_DECRYPT, "decrypt" },   { CKF_DIGEST, "digest" },
    { CKF_SIGN, "sign" },         { CKF_VERIFY, "verify" },
    { CKF_GENERATE, "generate" }, { CKF_GENERATE_KEY_PAIR, "generate pair" },
    { CKF_WRAP, "wrap" },         { CKF_UNWRAP, "unwrap" },
    { CKF_DERIVE, "derive" },
};

static const named token_flags[] = {
    { CKF_RNG, "random numbers" },
    { CKF_WRITE_PROTECTED, "write-protected" },
    { CKF_LOGIN_REQUIRED, "login required" },
    { CKF_USER_PIN_INITIALIZED, "user PIN set" },
    { CKF_PROTECTED_AUTHENTICATION_PATH, "PIN pad" },
    { CKF_TOKEN_INITIALIZED, "initialised" },
    { CKF_USER_PIN_COUNT_LOW, "user PIN: a wrong attempt was made" },
    { CKF_USER_PIN_FINAL_TRY, "user PIN: one attempt left" },
    { CKF_USER_PIN_LOCKED, "user PIN locked" },
    { CKF_USER_PIN_TO_BE_CHANGED, "user PIN must be changed" },
    { CKF_SO_PIN_COUNT_LOW, "SO PIN: a wrong attempt was made" },
    { CKF_SO_PIN_FINAL_TRY, "SO PIN: one attempt left" },
    { CKF_SO_PIN_LOCKED, "SO PIN locked" },
    { CKF_SO_PIN_TO_BE_CHANGED, "SO PIN must be changed" },
};

static const char *flags_in_words(unsigned long flags, const named *names, size_t count, pc_arena *arena)
{
    const char *words = "";

    for (size_t i = 0; i < count && words; i++) {
        if (flags & names[i].code) {
            words = pc_arena_format(arena, "%s%s%s", words, *words ? ", " : "", names[i].name);
        }
    }
    return words;
}

static const char *mechanism_name(unsigned long type, pc_arena *arena)
{
    for (size_t i = 0; i < PC_COUNT(mechanisms); i++) {
        if (mechanisms[i].code == type) {
            return mechanisms[i].name;
        }
    }
    return pc_arena_format(arena, "0x%08lx", type);
}

bool pc_mechanism_from_name(const char *name, unsigned long *ret_type, const char **ret_nearest)
{
    pc_nearest nearest = pc_nearest_to(name);

    *ret_nearest = NULL;
    if (pc_text_to_number(name, ULONG_MAX, ret_type)) {
        return true;
    }
    for (size_t i = 0; i < PC_COUNT(mechanisms); i++) {
        if (strcmp(mechanisms[i].name, name) == 0) {
            *ret_type = mechanisms[i].code;
            return true;
        }
        pc_nearest_offer(&nearest, mechanisms[i].name);
    }
    *ret_nearest = nearest.best;
    return false;
}

/* CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION all ones (section 3.2). */
static int64_t limit_of(unsigned long number)
{
    return number == CK_UNAVAILABLE_INFORMATION ? -1 : (int64_t)number;
}

static pc_status note(pc_token_abilities *abilities, pc_arena *arena, const char *text, pc_error *err)
{
    const char **slot = text ? PC_PUSH(arena, abilities->notes, abilities->note_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = text;
    return PC_OK;
}

static pc_status read_mechanism(pc_mechanism_source source, unsigned long type, pc_arena *arena,
                                pc_listed_mechanism *ret_listed, pc_error *err)
{
    CK_MECHANISM_INFO info = { .flags = 0 };
    pc_error why = { .status = PC_OK };
    pc_listed_mechanism listed = { .type = type, .name = mechanism_name(type, arena), .uses = "" };
    const bool is_known = pc_mechanism_describe(source, type, &info, &why) == PC_OK;

    if (is_known) {
        listed.min_size = info.ulMinKeySize;
        listed.max_size = info.ulMaxKeySize;
        listed.uses = flags_in_words(info.flags, mechanism_flags, PC_COUNT(mechanism_flags), arena);
    } else {
        listed.unknown = pc_arena_string(arena, why.frames[0]);
    }
    *ret_listed = listed;
    return listed.name && listed.uses && (is_known || listed.unknown) ? PC_OK : pc_fail_memory(err);
}

static pc_status read_mechanisms(pc_mechanism_source source, pc_arena *arena, pc_token_abilities *abilities,
                                 pc_error *err)
{
    pc_mechanisms listed;

    PC_TRY(pc_mechanisms_read(source, arena, &listed, err));
    if (!listed.read) {
        return note(abilities, arena, "the list of its mechanisms cannot be read, so what it supports is unknown", err);
    }
    abilities->mechanisms = pc_arena_alloc(arena, (listed.count + 1) * sizeof *abilities->mechanisms);
    if (!abilities->mechanisms) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < listed.count; i++) {
        PC_TRY(read_mechanism(source, listed.items[i], arena, &abilities->mechanisms[i], err));
        abilities->mechanism_count++;
    }
    return PC_OK;
}

/* --- problems to expect --- */

static const pc_listed_mechanism *find(const pc_token_abilities *abilities, unsigned long type)
{
    for (size_t i = 0; i < abilities->mechanism_count; i++) {
        if (abilities->mechanisms[i].type == type) {
            return &abilities->mechanisms[i];
        }
    }
    return NULL;
}

static const struct {
    unsigned long any[4]; /* one of them is enough; 0 ends the list */
    const char *without;
} needs[] = {
    { { CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_ML_DSA_KEY_PAIR_GEN },
      "it generates no key pairs: `new` and `keygen` will fail" },
    { { CKM_RSA_PKCS_KEY_PAIR_GEN }, "it generates no RSA keys, and Operations Manager supports no others" },
    { { CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS }, "it makes no PKCS#1 v1.5 signatures with RSA" },
    { { CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS },
      "it makes no RSASSA-PSS signatures: `p11cert sign --pss` will fail" },
    { { CKM_ECDSA, CKM_ECDSA_SHA256 }, "it makes no ECDSA signatures: EC keys cannot be used" },
    { { CKM_EDDSA }, "it makes no Ed25519 signatures" },
    { { 0x0000210bUL, CKM_AES_KEY_WRAP_PAD, CKM_AES_CBC_PAD },
      "it wraps no private keys with AES: `export`, `kit` with a PFX, and the proof by wrapping need that" },
    { { CKM_AES_KEY_GEN },
      "it generates no AES keys: keys are transferred under a one-time key that p11cert writes to it" },
};

static bool has_any(const pc_token_abilities *abilities, const unsigned long any[4])
{
    for (size_t i = 0; i < PC_COUNT(needs[0].any) && any[i]; i++) {
        if (find(abilities, any[i])) {
            return true;
        }
    }
    return false;
}

static pc_status note_mechanisms(pc_token_abilities *abilities, pc_arena *arena, pc_error *err)
{
    const pc_listed_mechanism *rsa = find(abilities, CKM_RSA_PKCS_KEY_PAIR_GEN);

    for (size_t i = 0; i < PC_COUNT(needs) && abilities->mechanism_count; i++) {
        PC_TRY(has_any(abilities, needs[i].any) ? PC_OK : note(abilities, arena, needs[i].without, err));
    }
    return rsa && rsa->max_size && rsa->max_size < 4096
               ? note(abilities, arena, pc_arena_format(arena, "its RSA keys have at most %lu bits", rsa->max_size),
                      err)
               : PC_OK;
}

static pc_status note_flags(pc_token_abilities *abilities, unsigned long flags, pc_arena *arena, pc_error *err)
{
    static const named bites[] = {
        { CKF_WRITE_PROTECTED, "it is write-protected: no key can be generated and no certificate bound" },
        { CKF_USER_PIN_LOCKED, "the user PIN is locked: `p11cert pin` sets a new one as Security Officer" },
        { CKF_USER_PIN_FINAL_TRY, "one more wrong user PIN locks it: unattended runs do not log in" },
        { CKF_USER_PIN_TO_BE_CHANGED, "the user PIN must be changed before the token can be used: `p11cert pin`" },
        { CKF_PROTECTED_AUTHENTICATION_PATH, "its PIN is typed at the device: unattended runs are not possible" },
    };

    for (size_t i = 0; i < PC_COUNT(bites); i++) {
        PC_TRY(flags & bites[i].code ? note(abilities, arena, bites[i].name, err) : PC_OK);
    }
    if (!(flags & CKF_USER_PIN_INITIALIZED)) {
        PC_TRY(note(abilities, arena, "no user PIN is set: `p11cert init` or `p11cert pin` sets one", err));
    }
    return flags & CKF_LOGIN_REQUIRED
               ? PC_OK
               : note(abilities, arena, "it requires no login: anyone who can reach it can use its keys", err);
}

static pc_status note_sessions(pc_token_abilities *abilities, pc_arena *arena, pc_error *err)
{
    const int64_t most = abilities->max_rw_sessions;

    return most > 0 && most < 3
               ? note(abilities, arena,
                      "it allows few sessions at the same time: `batch` generates its keys one after the other", err)
               : PC_OK;
}

pc_status pc_token_abilities_read(const pc_module *module, const pc_slot *slot, pc_arena *arena,
                                  pc_token_abilities *ret_abilities, pc_error *err)
{
    const CK_TOKEN_INFO *raw = &slot->raw;
    pc_token_abilities abilities = {
        .flags = flags_in_words(raw->flags, token_flags, PC_COUNT(token_flags), arena),
        .max_sessions = limit_of(raw->ulMaxSessionCount),
        .max_rw_sessions = limit_of(raw->ulMaxRwSessionCount),
        .public_memory = limit_of(raw->ulTotalPublicMemory),
        .free_public_memory = limit_of(raw->ulFreePublicMemory),
        .private_memory = limit_of(raw->ulTotalPrivateMemory),
        .free_private_memory = limit_of(raw->ulFreePrivateMemory),
    };

    if (!abilities.flags) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_mechanisms((pc_mechanism_source){ module->functions, slot->id }, arena, &abilities, err));
    PC_TRY(note_flags(&abilities, raw->flags, arena, err));
    PC_TRY(note_sessions(&abilities, arena, err));
    PC_TRY(note_mechanisms(&abilities, arena, err));
    *ret_abilities = abilities;
    return PC_OK;
}
