/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_FORM_H
#define PC_ENROLL_FORM_H

#include "base/arena.h"

typedef struct {
    const char *name;
    const char *value;
} pc_form_field;

/**
 * Fields as application/x-www-form-urlencoded (WHATWG URL, section 5.2): everything but letters, digits and "*-._" as
 * %XX, blanks as well. A "+" left as it stands in base64 would reach the CA as a blank.
 * @return the text in the arena; NULL when out of memory.
 */
const char *pc_form_encode(pc_arena *arena, const pc_form_field *fields, size_t count);

#endif
