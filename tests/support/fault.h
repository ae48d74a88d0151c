/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_FAULT_H
#define TEST_SUPPORT_FAULT_H

#include "token_store.h"

/** From now on FAULT_MODULE follows this plan (see fault_module.c) and logs its calls, anew, in the store's folder. */
void fault_plan(const token_store *store, const char *plan);

/** How many calls have been logged since; of one function, or of all if it is NULL. */
unsigned fault_calls(const token_store *store, const char *function);

/** The logged function names, one a line, in a buffer of the caller's. Returns out. */
const char *fault_log(const token_store *store, char *out, size_t out_size);

/** A line of the log: a function's name, or "writes=N" (see fault_module.c), and the number of the call. */
typedef void fault_line_visitor(const char *function, unsigned long number, void *context);
void fault_each_line(const token_store *store, fault_line_visitor *visit, void *context);

#endif
