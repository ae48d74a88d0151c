/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_TEMPLATE_KEY_H
#define PC_APP_TEMPLATE_KEY_H

#include <p11cert/fact.h>
#include <p11cert/templates.h>

#include "base/arena.h"

/** Does a key of this kind have the algorithm and the least length that a template requires? */
bool pc_template_takes_key(const pc_template *item, pc_key_kind kind);

/**
 * The same for a key of which only this is known.
 * @param algorithm  "RSA", "EC", "ML-DSA-44", …; NULL: unknown
 * @param bits       of RSA the modulus, of EC the field; 0: unknown
 */
pc_fact pc_template_takes_described(const pc_template *item, const char *algorithm, unsigned bits);

/** As many as pc_template_key_kinds can return. */
#define PC_TEMPLATE_KEY_KINDS_MOST 9u

/** The kinds that do and can be created, beginning with the smallest. @return how many. */
size_t pc_template_key_kinds(const pc_template *item, pc_key_kind ret_kinds[static PC_TEMPLATE_KEY_KINDS_MOST]);

/** The smallest that does, as for --key-type; NULL: none that can be created. */
const char *pc_template_key_type(const pc_template *item);

/**
 * Compare a request with a template that is described in full, and add what differs to its lines and its verdict.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_template_compare(pc_arena *arena, pc_template *item, const pc_request *request,
                                            pc_error *err);

#endif
