/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_RUN_H
#define TEST_SUPPORT_RUN_H

#include <p11cert/new.h>

#include "token_store.h"

/**
 * `p11cert new` from beginning to end, without its program.
 * @param ret_origin  where the key came from; may be NULL
 */
pc_status run_new(const pc_new_order *order, const pc_token_access *access, pc_new_key_origin *ret_origin,
                  pc_error *err);

/** All sentences of the error, one per line, in a buffer of the caller. Returns out. */
const char *error_text(const pc_error *err, char *out, size_t out_size);

/** Does the error say this, in any of its sentences or its hint? */
bool error_says(const pc_error *err, const char *words);

/** Run a program with its output in a buffer of the caller. Returns its exit code; -1 if a signal ended it. */
int run_program(const char *const argv[], char *out, size_t out_size);

#endif
