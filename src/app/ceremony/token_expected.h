/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_TOKEN_EXPECTED_H
#define PC_APP_CEREMONY_TOKEN_EXPECTED_H

#include "ceremony/script/script.h"

/** What identifies a token. */
typedef struct {
    const char *label; /**< of each: NULL if it is not to be compared */
    const char *manufacturer;
    const char *model;
    const char *firmware; /**< "2.0" */
    const char *serial;
} pc_token_shown;

/** Which of them a ceremony file states, and what the token shows instead. */
typedef struct {
    const char *what; /**< "serial number" */
    const char *expected;
    const char *found;
} pc_token_difference;

/** Is a token not the one that the ceremony file expects? @param ret_first  set if so: the first difference. */
bool pc_token_differs(const pc_script_token *expected, const pc_token_shown *shown, pc_token_difference *ret_first);

#endif
