/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_ML_DSA_H
#define PC_TOKEN_ML_DSA_H

#include <p11-kit/pkcs11.h>
#include <p11cert/key.h>

#include "base/arena.h"
#include "token/attributes.h"

/**
 * ML-DSA keys (FIPS 204) as in PKCS#11 v3.2, section 6.67. p11-kit's header has the numbers since 0.26.
 */
#ifndef CKK_ML_DSA
#define CKK_ML_DSA 0x4aUL
#endif
#ifndef CKM_ML_DSA_KEY_PAIR_GEN
#define CKM_ML_DSA_KEY_PAIR_GEN 0x1cUL
#endif
#ifndef CKM_ML_DSA
#define CKM_ML_DSA 0x1dUL
#endif
#ifndef CKA_PARAMETER_SET
#define CKA_PARAMETER_SET 0x61dUL
#endif

/** A parameter set. */
typedef struct {
    CK_ULONG number;  /**< CKP_ML_DSA_* */
    const char *name; /**< OpenSSL's, too: "ML-DSA-44" */
    size_t value_len; /**< bytes of a public key, FIPS 204 table 2 */
} pc_ml_dsa_set;

/** The parameter set of a public key; NULL if its length matches none. */
const pc_ml_dsa_set *pc_ml_dsa_set_of(pc_bytes value);

/** @return NULL if there is no parameter set of that name. */
const pc_ml_dsa_set *pc_ml_dsa_set_named(const char *name);

/**
 * Read the value of an ML-DSA public key object into its half. CKA_VALUE of any other object may be secret, and is
 * never read: for a key of another type, or an object of another class, the half is unchanged.
 * @return PC_OK, also if the object does not show it; PC_E_TOKEN; PC_E_MEMORY. In the arena.
 */
PC_MUST_CHECK pc_status pc_ml_dsa_read_value(pc_object object, CK_OBJECT_CLASS object_class, pc_arena *arena,
                                             pc_public_half *half, pc_error *err);

#endif
