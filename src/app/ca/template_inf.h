/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CA_TEMPLATE_INF_H
#define PC_APP_CA_TEMPLATE_INF_H

#include <p11cert/templates.h>

#include "base/arena.h"

/**
 * The INF file for certreq or p11cert that fits a template: values that the template determines are filled in, those
 * that it leaves to the request are marked. Pure.
 * @param url  of the policy service, for the comment
 * @return the text in the arena, CRLF; NULL when out of memory.
 */
const char *pc_template_to_inf(pc_arena *arena, const pc_template *item, const char *url);

#endif
