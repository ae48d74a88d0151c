/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_support.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/kept_error.h"
#include "base/text.h"
#include "token/mechanisms.h"
#include "token/ml_dsa.h"

/** What the token said about the keys that one mechanism generates. */
typedef struct {
    bool is_known;
    unsigned long min; /* bits */
    unsigned long max;
} key_sizes;

enum { SIZES_RSA, SIZES_EC, SIZES_COUNT };

struct pc_key_support {
    pthread_mutex_t mutex; /* around everything below */
    pc_arena *arena;
    pc_mechanisms listed;
    bool list_is_asked;
    bool is_warned;
    bool sizes_are_asked[SIZES_COUNT];
    key_sizes sizes[SIZES_COUNT];
};

struct pc_key_support *pc_key_support_new(void)
{
    struct pc_key_support *support = calloc(1, sizeof *support);

    if (support && pthread_mutex_init(&support->mutex, NULL) != 0) {
        free(support);
        return NULL;
    }
    return support;
}

void pc_key_support_free(struct pc_key_support *support)
{
    if (support) {
        pc_arena_free(support->arena);
        (void)pthread_mutex_destroy(&support->mutex);
        free(support);
    }
}

/* --- what a key needs --- */

typedef struct {
    CK_MECHANISM_TYPE type;
    const char *name;
} mechanism;

#define NAMED(constant) \
    { \
        constant, #constant \
    }

/* The mechanism that signs what the signer has hashed or need not hash, and those that hash the message themselves. */
typedef struct {
    mechanism raw;
    mechanism hashing[PC_DIGEST_SHA512 + 1]; /* by pc_digest */
} signing_row;

static const signing_row rsa_pkcs = { NAMED(CKM_RSA_PKCS),
                                      { [PC_DIGEST_SHA256] = NAMED(CKM_SHA256_RSA_PKCS),
                                        [PC_DIGEST_SHA384] = NAMED(CKM_SHA384_RSA_PKCS),
                                        [PC_DIGEST_SHA512] = NAMED(CKM_SHA512_RSA_PKCS) } };
static const signing_row rsa_pss = { NAMED(CKM_RSA_PKCS_PSS),
                                     { [PC_DIGEST_SHA256] = NAMED(CKM_SHA256_RSA_PKCS_PSS),
                                       [PC_DIGEST_SHA384] = NAMED(CKM_SHA384_RSA_PKCS_PSS),
                                       [PC_DIGEST_SHA512] = NAMED(CKM_SHA512_RSA_PKCS_PSS) } };
static const signing_row ecdsa = { NAMED(CKM_ECDSA),
                                   { [PC_DIGEST_SHA256] = NAMED(CKM_ECDSA_SHA256),
                                     [PC_DIGEST_SHA384] = NAMED(CKM_ECDSA_SHA384),
                                     [PC_DIGEST_SHA512] = NAMED(CKM_ECDSA_SHA512) } };
static const signing_row eddsa = { NAMED(CKM_EDDSA), { { 0, NULL } } };
static const signing_row ml_dsa = { NAMED(CKM_ML_DSA), { { 0, NULL } } };

static const signing_row *signing_of(const pc_key_plan *plan)
{
    switch (pc_key_kind_type(plan->kind)) {
    case CKK_RSA:
        return plan->signing.pss ? &rsa_pss : &rsa_pkcs;
    case CKK_EC:
        return &ecdsa;
    case CKK_EC_EDWARDS:
        return &eddsa;
    default:
        return &ml_dsa;
    }
}

static mechanism generation_of(pc_key_kind kind)
{
    static const mechanism rsa = NAMED(CKM_RSA_PKCS_KEY_PAIR_GEN);
    static const mechanism ec = NAMED(CKM_EC_KEY_PAIR_GEN);
    static const mechanism edwards = NAMED(CKM_EC_EDWARDS_KEY_PAIR_GEN);
    static const mechanism lattice = NAMED(CKM_ML_DSA_KEY_PAIR_GEN);

    switch (pc_key_kind_type(kind)) {
    case CKK_RSA:
        return rsa;
    case CKK_EC:
        return ec;
    case CKK_EC_EDWARDS:
        return edwards;
    default:
        return lattice;
    }
}

/* --- what the token says --- */

static bool lists(const pc_mechanisms *listed, CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < listed->count; i++) {
        if (listed->items[i] == type) {
            return true;
        }
    }
    return false;
}

/* The mechanisms that would do, of which the token lists none; "" if it lists one. In the arena; NULL: no memory. */
static const char *missing_for_signing(const pc_mechanisms *listed, const pc_key_plan *plan, pc_arena *arena)
{
    const signing_row *row = signing_of(plan);
    const char *missing = row->raw.name;

    if (lists(listed, row->raw.type)) {
        return "";
    }
    for (unsigned i = 0; i < PC_COUNT(row->hashing) && missing && !plan->signing.raw_only; i++) {
        const mechanism *each = &row->hashing[i];

        if (!each->name || (plan->signing.digest_is_known && i != (unsigned)plan->signing.digest)) {
            continue;
        }
        if (lists(listed, each->type)) {
            return "";
        }
        missing = pc_arena_format(arena, "%s, %s", missing, each->name);
    }
    return missing;
}

static pc_status hint_at_list(pc_error *err)
{
    return pc_hint(err, PC_E_TOKEN, "`p11cert tokens --verbose` lists the mechanisms of each token");
}

static pc_status refuse_signing(const pc_token *token, const pc_key_plan *plan, const char *missing, pc_error *err)
{
    (void)pc_fail(err, PC_E_TOKEN,
                  "token \"%s\" cannot sign with a key of type %s%s: it does not list %s%s; no key was created",
                  token->info.label, pc_key_kind_name(plan->kind), plan->signing.pss ? " by RSASSA-PSS" : "",
                  strchr(missing, ',') ? "any of " : "", missing);
    return hint_at_list(err);
}

static pc_status check_signing(const pc_token *token, const pc_key_plan *plan, struct pc_key_support *support,
                               pc_error *err)
{
    pc_fact expected[PC_KEY_FLAG_COUNT];

    pc_key_plan_expect(plan, expected);
    const char *missing =
        expected[PC_KEY_SIGN] == PC_FACT_TRUE ? missing_for_signing(&support->listed, plan, support->arena) : "";

    return !missing ? pc_fail_memory(err) : *missing ? refuse_signing(token, plan, missing, err) : PC_OK;
}

static pc_status check_generation(const pc_token *token, const pc_key_plan *plan, struct pc_key_support *support,
                                  pc_error *err)
{
    const mechanism generation = generation_of(plan->kind);

    if (!lists(&support->listed, generation.type)) {
        (void)pc_fail(err, PC_E_TOKEN,
                      "token \"%s\" cannot generate keys of type %s: it does not list %s; no key was created",
                      token->info.label, pc_key_kind_name(plan->kind), generation.name);
        return hint_at_list(err);
    }
    return PC_OK;
}

/* --- sizes --- */

/* The limits in bits that a token can mean. Modules that count bytes have smaller ones, or at least a smaller minimum;
 * CK_EFFECTIVELY_INFINITE is 0, and CK_UNAVAILABLE_INFORMATION larger than any. */
static bool are_bits(const CK_MECHANISM_INFO *info, unsigned slot)
{
    static const struct {
        unsigned long max_least;
        unsigned long min_least; /* if the maximum is not more than max_doubtful */
        unsigned long max_doubtful;
    } plausible[] = { [SIZES_RSA] = { 1024, 256, 2048 }, [SIZES_EC] = { 192, 0, 0 } };

    return info->ulMinKeySize <= info->ulMaxKeySize && info->ulMinKeySize != CK_UNAVAILABLE_INFORMATION &&
           info->ulMaxKeySize >= plausible[slot].max_least &&
           (info->ulMaxKeySize > plausible[slot].max_doubtful || info->ulMinKeySize >= plausible[slot].min_least);
}

static key_sizes read_sizes(const pc_token *token, CK_MECHANISM_TYPE generation, unsigned slot)
{
    CK_MECHANISM_INFO info = { .flags = 0 };
    pc_error ignored = { .status = PC_OK };

    if (pc_mechanism_describe(pc_mechanisms_of(token), generation, &info, &ignored) != PC_OK ||
        !are_bits(&info, slot)) {
        return (key_sizes){ .is_known = false };
    }
    return (key_sizes){ .is_known = true, .min = info.ulMinKeySize, .max = info.ulMaxKeySize };
}

/* Of Ed25519 and ML-DSA, modules count different things (bits of the field, bytes of the public key). */
static pc_status check_size(const pc_token *token, const pc_key_plan *plan, struct pc_key_support *support,
                            pc_error *err)
{
    const unsigned slot = pc_key_kind_is_rsa(plan->kind) ? SIZES_RSA : SIZES_EC;
    const mechanism generation = generation_of(plan->kind);
    const unsigned bits = pc_key_kind_bits(plan->kind);

    if (slot == SIZES_EC && pc_key_kind_type(plan->kind) != CKK_EC) {
        return PC_OK;
    }
    if (!support->sizes_are_asked[slot]) {
        support->sizes[slot] = read_sizes(token, generation.type, slot);
        support->sizes_are_asked[slot] = true;
    }
    const key_sizes *sizes = &support->sizes[slot];

    if (!sizes->is_known || (bits >= sizes->min && bits <= sizes->max)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_TOKEN,
                  "token \"%s\" cannot generate keys of type %s: for %s it reports %lu to %lu bits; no key was created",
                  token->info.label, pc_key_kind_name(plan->kind), generation.name, sizes->min, sizes->max);
    return hint_at_list(err);
}

/* --- the check --- */

static pc_status read_list(const pc_token *token, struct pc_key_support *support, pc_error *err)
{
    if (support->list_is_asked) {
        return PC_OK;
    }
    support->arena = support->arena ? support->arena : pc_arena_new();
    if (!support->arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_mechanisms_read(pc_mechanisms_of(token), support->arena, &support->listed, err));
    support->list_is_asked = true;
    return PC_OK;
}

static void warn_unchecked(const pc_token *token, struct pc_key_support *support)
{
    if (token->warn && !support->is_warned) {
        token->warn(
            "the module does not report the token's mechanisms, so whether it can generate the key and sign with "
            "it is known only when it does");
    }
    support->is_warned = true;
}

static pc_status check(const pc_token *token, const pc_key_plan *plan, struct pc_key_support *support, pc_error *err)
{
    PC_TRY(read_list(token, support, err));
    if (support->listed.count == 0) {
        warn_unchecked(token, support);
        return plan->imported ? PC_OK : check_size(token, plan, support, err);
    }
    if (plan->imported) {
        return check_signing(token, plan, support, err);
    }
    PC_TRY(check_generation(token, plan, support, err));
    PC_TRY(check_signing(token, plan, support, err));
    return check_size(token, plan, support, err);
}

pc_status pc_key_support_check(const pc_token *token, const pc_key_plan *plan, pc_error *err)
{
    struct pc_key_support *support = token->support;

    assert(support); /* of every token that pc_token_open returned */
    (void)pthread_mutex_lock(&support->mutex);
    pc_status status = check(token, plan, support, err);

    (void)pthread_mutex_unlock(&support->mutex);
    return status;
}
