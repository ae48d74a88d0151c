/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_STEP_KIND_H
#define PC_CEREMONY_STEP_KIND_H

#include <stdbool.h>

typedef enum {
    PC_STEP_SAY,
    PC_STEP_CONFIRM,
    PC_STEP_WITNESS,
    PC_STEP_CHECK_TOKEN,
    PC_STEP_INIT,
    PC_STEP_KEYGEN,
    PC_STEP_SELF_SIGN,
    PC_STEP_REQUEST,
    PC_STEP_ISSUE,
    PC_STEP_CROSS,
    PC_STEP_CRL,
    PC_STEP_ACCEPT,
    PC_STEP_EXPORT_PUBLIC,
    PC_STEP_PROVE,
    PC_STEP_COPY_CHECK,
    PC_STEP_RETIRE,
    PC_STEP_POLICY,
    PC_STEP_BREAK,
    PC_STEP_CLOSE,
    PC_STEP_KIND_COUNT,
} pc_step_kind;

/** The keys of a kind of step, in addition to kind, title, text, by and unattended. */
typedef struct {
    const char *name;
    const char *does;            /**< for paper and prompt: "Generate a key pair" */
    const char *const *required; /**< NULL-terminated */
    const char *const *allowed;  /**< NULL-terminated; in addition to the required ones */
    const char *calls;           /**< the calls that change a token: "C_GenerateKeyPair"; NULL: none */
    bool proves;                 /**< a key signs a challenge, which is kept (app/ceremony/proof.h) */
    bool is_for_people;          /**< somebody must be present: it cannot be unattended */
} pc_step_kind_row;

/** By pc_step_kind. */
extern const pc_step_kind_row pc_step_kinds[PC_STEP_KIND_COUNT];

/** The names in that order, NULL-terminated. */
extern const char *const pc_step_kind_names[PC_STEP_KIND_COUNT + 1];

#endif
