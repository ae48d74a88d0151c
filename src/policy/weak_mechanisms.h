/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_WEAK_MECHANISMS_H
#define PC_POLICY_WEAK_MECHANISMS_H

#include <stdbool.h>
#include <stddef.h>

/** A mechanism that weakens what a token keeps, in the uses named. Numbers as in PKCS#11 v2.40 (pkcs11t.h). */
typedef struct {
    unsigned long mechanism; /**< CKM_* */
    const char *name;
    unsigned long flags; /**< CKF_* of CK_MECHANISM_INFO: the uses in which it is weak; 0: in any */
    const char *why;
} pc_weak_mechanism;

extern const pc_weak_mechanism pc_weak_mechanisms[];
extern const size_t pc_weak_mechanism_count;

/** The row of a mechanism, or NULL if it is not known as weak. */
const pc_weak_mechanism *pc_weak_mechanism_find(unsigned long mechanism);

/** Is it weak in one of the uses that the token has it for? Flags of 0, which tell nothing, count as every use. */
bool pc_weak_mechanism_is_offered(const pc_weak_mechanism *weak, unsigned long flags);

#endif
