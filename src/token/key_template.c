/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_template.h"

#include <string.h>

#include "token/key.h"
#include "token/ml_dsa.h"
#include "token/public_half.h"

/* One row per kind: everything a token needs to generate it. */
static const struct {
    CK_KEY_TYPE key_type;
    CK_MECHANISM_TYPE mechanism;
    CK_ULONG modulus_bits;
    const char *description; /* as returned by pc_key_describe */
    const char *curve;       /* DER of the named curve (RFC 5480 section 2.1.1.1) */
    size_t curve_len;
} kinds[] = {
    [PC_KEY_RSA_2048] = { CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, 2048, "RSA-2048", NULL, 0 },
    [PC_KEY_RSA_3072] = { CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, 3072, "RSA-3072", NULL, 0 },
    [PC_KEY_RSA_4096] = { CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, 4096, "RSA-4096", NULL, 0 },
    [PC_KEY_EC_P256] = { CKK_EC, CKM_EC_KEY_PAIR_GEN, 0, "EC P-256", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 },
    [PC_KEY_EC_P384] = { CKK_EC, CKM_EC_KEY_PAIR_GEN, 0, "EC P-384", "\x06\x05\x2b\x81\x04\x00\x22", 7 },
    [PC_KEY_EC_P521] = { CKK_EC, CKM_EC_KEY_PAIR_GEN, 0, "EC P-521", "\x06\x05\x2b\x81\x04\x00\x23", 7 },
    /* As an OID; PKCS#11 v3.0 section 2.3.10 also allows the name "edwards25519". */
    [PC_KEY_ED25519] = { CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 0, "Ed25519", "\x06\x03\x2b\x65\x70", 5 },
    [PC_KEY_ML_DSA_44] = { CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, 0, "ML-DSA-44", NULL, 0 },
    [PC_KEY_ML_DSA_65] = { CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, 0, "ML-DSA-65", NULL, 0 },
    [PC_KEY_ML_DSA_87] = { CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, 0, "ML-DSA-87", NULL, 0 },
};

unsigned long pc_key_kind_type(pc_key_kind kind)
{
    return kinds[kind].key_type;
}

/* The first rung that omits the flag; 0 for flags that only the token sets. */
static const pc_template_rung left_out_from[PC_KEY_FLAG_COUNT] = {
    [PC_KEY_TOKEN] = PC_RUNG_COUNT,
    [PC_KEY_PRIVATE] = PC_RUNG_COUNT,
    [PC_KEY_SENSITIVE] = PC_RUNG_COUNT,
    [PC_KEY_EXTRACTABLE] = PC_RUNG_COUNT,
    [PC_KEY_MODIFIABLE] = PC_RUNG_BARE,
    [PC_KEY_COPYABLE] = PC_RUNG_NO_CONTROL,
    [PC_KEY_DESTROYABLE] = PC_RUNG_NO_CONTROL,
    [PC_KEY_WRAP_WITH_TRUSTED] = PC_RUNG_NO_CONTROL,
    [PC_KEY_ALWAYS_AUTHENTICATE] = PC_RUNG_NO_CONTROL,
    [PC_KEY_SIGN] = PC_RUNG_COUNT,
    [PC_KEY_SIGN_RECOVER] = PC_RUNG_BARE,
    [PC_KEY_DECRYPT] = PC_RUNG_COUNT,
    [PC_KEY_UNWRAP] = PC_RUNG_BARE,
    [PC_KEY_DERIVE] = PC_RUNG_BARE,
};

static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

bool pc_key_flag_is_stated(pc_key_flag flag, pc_template_rung rung)
{
    return rung < left_out_from[flag];
}

static pc_fact fact_of(bool value)
{
    return value ? PC_FACT_TRUE : PC_FACT_FALSE;
}

/* Except CKA_TOKEN, since the copy of a session object must be a token object too, and flags that only a token sets. */
static void expect_flags_of_original(const pc_fact *flags, pc_fact *expected)
{
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        if (i != PC_KEY_TOKEN && flags[i] != PC_FACT_UNKNOWN && pc_key_flag_is_stated((pc_key_flag)i, PC_RUNG_WHOLE)) {
            expected[i] = flags[i];
        }
    }
}

void pc_key_plan_expect(const pc_key_plan *plan, pc_fact ret_expected[static PC_KEY_FLAG_COUNT])
{
    bool rsa = pc_key_kind_is_rsa(plan->kind);
    /* TLS servers unwrap nothing: RSA key transport and data encipherment are both C_Decrypt. */
    bool enciphers = plan->use == PC_PLANNED_FOR_CERTIFICATE
                         ? (plan->key_usage & (PC_KU_KEY_ENCIPHERMENT | PC_KU_DATA_ENCIPHERMENT)) != 0
                         : plan->use == PC_PLANNED_TO_DECRYPT;
    bool agrees = plan->use == PC_PLANNED_FOR_CERTIFICATE ? (plan->key_usage & PC_KU_KEY_AGREEMENT) != 0
                                                          : plan->use == PC_PLANNED_TO_DECRYPT;
    bool signs = plan->use == PC_PLANNED_FOR_CERTIFICATE || plan->use == PC_PLANNED_TO_SIGN;
    bool decrypt = rsa && enciphers;
    bool derive = kinds[plan->kind].key_type == CKK_EC && agrees;
    const pc_fact expected[PC_KEY_FLAG_COUNT] = {
        [PC_KEY_TOKEN] = fact_of(!plan->throw_away),
        [PC_KEY_PRIVATE] = PC_FACT_TRUE,
        [PC_KEY_SENSITIVE] = PC_FACT_TRUE,
        [PC_KEY_EXTRACTABLE] = fact_of(plan->exportable),
        [PC_KEY_ALWAYS_SENSITIVE] = fact_of(!plan->imported),
        [PC_KEY_NEVER_EXTRACTABLE] = fact_of(!plan->exportable && !plan->imported),
        [PC_KEY_LOCAL] = fact_of(!plan->imported),
        /* A modifiable key could be given more rights later. An exportable key stays modifiable so that it can be
         * locked (EXTRACTABLE set to false) once it has been moved. */
        [PC_KEY_MODIFIABLE] = fact_of(plan->exportable),
        [PC_KEY_COPYABLE] = PC_FACT_FALSE,
        [PC_KEY_DESTROYABLE] = PC_FACT_TRUE,
        [PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_FALSE,
        [PC_KEY_ALWAYS_AUTHENTICATE] = PC_FACT_FALSE,
        [PC_KEY_SIGN] = fact_of(signs),
        [PC_KEY_SIGN_RECOVER] = PC_FACT_FALSE,
        [PC_KEY_DECRYPT] = fact_of(decrypt),
        [PC_KEY_UNWRAP] = fact_of(plan->use == PC_PLANNED_TO_UNWRAP),
        [PC_KEY_DERIVE] = fact_of(derive),
    };

    memcpy(ret_expected, expected, sizeof expected);
    if (plan->flags) {
        expect_flags_of_original(plan->flags, ret_expected);
    }
}

/* CK_ATTRIBUTE is not const-clean; C_GenerateKeyPair does not write to the templates. */
static void *unqualified(const void *value)
{
    union {
        const void *given;
        void *pointer;
    } bytes = { .given = value };

    return bytes.pointer;
}

static void add(CK_ATTRIBUTE *items, CK_ULONG *count, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    items[(*count)++] = (CK_ATTRIBUTE){ .type = type, .pValue = unqualified(value), .ulValueLen = len };
}

static void build_private(const pc_key_plan *plan, pc_template_rung rung, pc_key_template *built)
{
    CK_ATTRIBUTE *items = built->private_items;
    CK_ULONG *count = &built->private_count;
    pc_fact expected[PC_KEY_FLAG_COUNT];

    pc_key_plan_expect(plan, expected);
    add(items, count, CKA_CLASS, &built->private_class, sizeof built->private_class);
    add(items, count, CKA_KEY_TYPE, &built->key_type, sizeof built->key_type);
    add(items, count, CKA_LABEL, plan->label, strlen(plan->label));
    add(items, count, CKA_ID, plan->id, pc_key_plan_id(plan).len);
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        if (pc_key_flag_is_stated((pc_key_flag)i, rung)) {
            add(items, count, pc_key_flag_attribute((pc_key_flag)i), expected[i] == PC_FACT_TRUE ? &yes : &no,
                sizeof yes);
        }
    }
    if (plan->subject.data && rung < PC_RUNG_BARE) {
        add(items, count, CKA_SUBJECT, plan->subject.data, plan->subject.len);
    }
}

static void build_public(const pc_key_plan *plan, pc_template_rung rung, pc_key_template *built)
{
    static const CK_BYTE exponent[] = { 0x01, 0x00, 0x01 }; /* 65537 */
    CK_ATTRIBUTE *items = built->public_items;
    CK_ULONG *count = &built->public_count;
    pc_fact expected[PC_KEY_FLAG_COUNT];

    pc_key_plan_expect(plan, expected);
    add(items, count, CKA_CLASS, &built->public_class, sizeof built->public_class);
    add(items, count, CKA_KEY_TYPE, &built->key_type, sizeof built->key_type);
    add(items, count, CKA_TOKEN, plan->throw_away ? &no : &yes, sizeof yes);
    add(items, count, CKA_PRIVATE, plan->public_is_private ? &yes : &no, sizeof no);
    add(items, count, CKA_LABEL, plan->label, strlen(plan->label));
    add(items, count, CKA_ID, plan->id, pc_key_plan_id(plan).len);
    add(items, count, CKA_VERIFY, expected[PC_KEY_SIGN] == PC_FACT_TRUE ? &yes : &no, sizeof yes);
    if (rung < PC_RUNG_BARE) {
        add(items, count, CKA_VERIFY_RECOVER, &no, sizeof no);
        /* NSS refuses a pair whose private key decrypts but whose public key does not encrypt. */
        add(items, count, CKA_ENCRYPT, expected[PC_KEY_DECRYPT] == PC_FACT_TRUE ? &yes : &no, sizeof yes);
        add(items, count, CKA_WRAP, expected[PC_KEY_UNWRAP] == PC_FACT_TRUE ? &yes : &no, sizeof yes);
    }
    if (built->key_type == CKK_RSA) {
        add(items, count, CKA_MODULUS_BITS, &built->modulus_bits, sizeof built->modulus_bits);
        add(items, count, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    } else if (built->key_type == CKK_ML_DSA) {
        add(items, count, CKA_PARAMETER_SET, &pc_ml_dsa_set_named(kinds[plan->kind].description)->number,
            sizeof(CK_ULONG));
    } else {
        add(items, count, CKA_EC_PARAMS, kinds[plan->kind].curve, kinds[plan->kind].curve_len);
    }
}

void pc_key_template_build(const pc_key_plan *plan, pc_template_rung rung, pc_key_template *ret_template)
{
    *ret_template = (pc_key_template){
        .mechanism = { .mechanism = kinds[plan->kind].mechanism },
        .modulus_bits = kinds[plan->kind].modulus_bits,
        .private_class = CKO_PRIVATE_KEY,
        .public_class = CKO_PUBLIC_KEY,
        .key_type = kinds[plan->kind].key_type,
    };
    build_private(plan, rung, ret_template);
    build_public(plan, rung, ret_template);
}

bool pc_key_kind_of(const pc_public_half *half, pc_key_kind *ret_kind)
{
    char description[32];

    (void)pc_public_half_describe(half, description);
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        if (half->key_type == kinds[i].key_type && strcmp(description, kinds[i].description) == 0) {
            *ret_kind = (pc_key_kind)i;
            return true;
        }
    }
    return false;
}
