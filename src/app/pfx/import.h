/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_IMPORT_H
#define PC_APP_IMPORT_H

#include <p11cert/import.h>

#include "base/arena.h"
#include "token/key_template.h"
#include "x509/pfx/read.h"

/** What stands while an import goes on. */
typedef struct {
    const pc_import_order *order;
    pc_import_result *result;
    pc_arena *arena;
    pc_token *token;
    pc_pfx pfx;
    STACK_OF(X509) *issuers; /* of the leaf, verified */
    pc_public_half like;     /* the public half as a token has it */
    pc_key_plan plan;
    pc_key key; /* on the token */
} pc_import_job;

/**
 * The key on the token: found there by its public half, or brought in, with its public object. Sets job->key and
 * what the result says of the key. @return as pc_import_run.
 */
PC_MUST_CHECK pc_status pc_import_key(pc_import_job *job, pc_error *err);

PC_MUST_CHECK pc_status pc_import_note(pc_import_result *result, const char *note, pc_error *err);

#endif
