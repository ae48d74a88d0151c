/* SPDX-License-Identifier: Apache-2.0 */
/* A key template as text, for a dry run. */
#include <string.h>

#include "base/text.h"
#include "token/key_template.h"
#include "token/ml_dsa.h"

typedef const char *(*value_words)(const CK_ATTRIBUTE *attribute, pc_arena *arena);

static const char *flag_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    const CK_BBOOL *flag = attribute->pValue;

    (void)arena;
    return *flag ? "true" : "false";
}

static CK_ULONG number_of(const CK_ATTRIBUTE *attribute)
{
    CK_ULONG number = 0;

    memcpy(&number, attribute->pValue, sizeof number);
    return number;
}

static const char *number_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    return pc_arena_format(arena, "%lu", number_of(attribute));
}

static const char *class_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    (void)arena;
    return number_of(attribute) == CKO_PRIVATE_KEY ? "CKO_PRIVATE_KEY" : "CKO_PUBLIC_KEY";
}

static const char *key_type_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    (void)arena;
    switch (number_of(attribute)) {
    case CKK_RSA:
        return "CKK_RSA";
    case CKK_EC_EDWARDS:
        return "CKK_EC_EDWARDS";
    case CKK_ML_DSA:
        return "CKK_ML_DSA";
    default:
        return "CKK_EC";
    }
}

static const char *text_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    return pc_text_escape(arena, attribute->pValue, attribute->ulValueLen);
}

static const char *random_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    return pc_arena_format(arena, "%lu random bytes, the same for both keys and the certificate",
                           attribute->ulValueLen);
}

static const char *hex_words(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    return pc_text_hex(arena, (pc_bytes){ attribute->pValue, attribute->ulValueLen }, '\0');
}

static const struct {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    value_words words;
} attributes[] = {
    { CKA_CLASS, "CKA_CLASS", class_words },
    { CKA_KEY_TYPE, "CKA_KEY_TYPE", key_type_words },
    { CKA_LABEL, "CKA_LABEL", text_words },
    { CKA_ID, "CKA_ID", random_words },
    { CKA_SUBJECT, "CKA_SUBJECT", hex_words },
    { CKA_MODULUS_BITS, "CKA_MODULUS_BITS", number_words },
    { CKA_PUBLIC_EXPONENT, "CKA_PUBLIC_EXPONENT", hex_words },
    { CKA_EC_PARAMS, "CKA_EC_PARAMS", hex_words },
    { CKA_PARAMETER_SET, "CKA_PARAMETER_SET", number_words },
    { CKA_TOKEN, "CKA_TOKEN", flag_words },
    { CKA_PRIVATE, "CKA_PRIVATE", flag_words },
    { CKA_SENSITIVE, "CKA_SENSITIVE", flag_words },
    { CKA_EXTRACTABLE, "CKA_EXTRACTABLE", flag_words },
    { CKA_MODIFIABLE, "CKA_MODIFIABLE", flag_words },
    { CKA_COPYABLE, "CKA_COPYABLE", flag_words },
    { CKA_DESTROYABLE, "CKA_DESTROYABLE", flag_words },
    { CKA_WRAP_WITH_TRUSTED, "CKA_WRAP_WITH_TRUSTED", flag_words },
    { CKA_ALWAYS_AUTHENTICATE, "CKA_ALWAYS_AUTHENTICATE", flag_words },
    { CKA_SIGN, "CKA_SIGN", flag_words },
    { CKA_SIGN_RECOVER, "CKA_SIGN_RECOVER", flag_words },
    { CKA_DECRYPT, "CKA_DECRYPT", flag_words },
    { CKA_UNWRAP, "CKA_UNWRAP", flag_words },
    { CKA_DERIVE, "CKA_DERIVE", flag_words },
    { CKA_VERIFY, "CKA_VERIFY", flag_words },
    { CKA_VERIFY_RECOVER, "CKA_VERIFY_RECOVER", flag_words },
    { CKA_ENCRYPT, "CKA_ENCRYPT", flag_words },
    { CKA_WRAP, "CKA_WRAP", flag_words },
};

static pc_template_row row_of(const CK_ATTRIBUTE *attribute, pc_arena *arena)
{
    for (size_t i = 0; i < PC_COUNT(attributes); i++) {
        if (attributes[i].type == attribute->type) {
            return (pc_template_row){ .attribute = attributes[i].name, .value = attributes[i].words(attribute, arena) };
        }
    }
    return (pc_template_row){ .attribute = pc_arena_format(arena, "0x%lx", attribute->type),
                              .value = hex_words(attribute, arena) };
}

pc_status pc_key_template_rows(const CK_ATTRIBUTE *items, CK_ULONG count, pc_arena *arena, pc_template_row **ret_rows,
                               pc_error *err)
{
    pc_template_row *rows = pc_arena_alloc(arena, (count + 1) * sizeof *rows);

    if (!rows) {
        return pc_fail_memory(err);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        rows[i] = row_of(&items[i], arena);
        if (!rows[i].attribute || !rows[i].value) {
            return pc_fail_memory(err);
        }
    }
    *ret_rows = rows;
    return PC_OK;
}

const char *pc_key_mechanism_name(CK_MECHANISM_TYPE mechanism)
{
    switch (mechanism) {
    case CKM_RSA_PKCS_KEY_PAIR_GEN:
        return "CKM_RSA_PKCS_KEY_PAIR_GEN";
    case CKM_EC_EDWARDS_KEY_PAIR_GEN:
        return "CKM_EC_EDWARDS_KEY_PAIR_GEN";
    case CKM_ML_DSA_KEY_PAIR_GEN:
        return "CKM_ML_DSA_KEY_PAIR_GEN";
    default:
        return "CKM_EC_KEY_PAIR_GEN";
    }
}
