/* SPDX-License-Identifier: Apache-2.0 */
#include "token/ml_dsa.h"

#include <string.h>

#include "base/bytes.h"

static const pc_ml_dsa_set sets[] = {
    { 1, "ML-DSA-44", 1312 },
    { 2, "ML-DSA-65", 1952 },
    { 3, "ML-DSA-87", 2592 },
};

const pc_ml_dsa_set *pc_ml_dsa_set_of(pc_bytes value)
{
    for (size_t i = 0; i < PC_COUNT(sets); i++) {
        if (sets[i].value_len == value.len) {
            return &sets[i];
        }
    }
    return NULL;
}

const pc_ml_dsa_set *pc_ml_dsa_set_named(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(sets); i++) {
        if (strcmp(sets[i].name, name) == 0) {
            return &sets[i];
        }
    }
    return NULL;
}

pc_status pc_ml_dsa_read_value(pc_object object, CK_OBJECT_CLASS object_class, pc_arena *arena, pc_public_half *half,
                               pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_VALUE };
    pc_attributes attributes;

    if (half->key_type != CKK_ML_DSA || object_class != CKO_PUBLIC_KEY) {
        return PC_OK;
    }
    PC_TRY(pc_attributes_read(object, PC_TYPES(wanted), arena, &attributes, err));
    half->value = pc_attributes_bytes(&attributes, CKA_VALUE);
    return PC_OK;
}
