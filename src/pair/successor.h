/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RENEWAL_NAME_H
#define PC_APP_RENEWAL_NAME_H

#include "base/arena.h"

/**
 * The label of the key that takes over from one whose certificate has this serial number: "server renews 1a2b3c4d". It
 * follows from label and serial alone, so that whoever looks for the successor, another run or `list`, finds it. Renewed
 * again, "server renews 1a2b3c4d" becomes "server renews 5e6f7a8b".
 *
 * @param label   of the old key, as the token has it
 * @param serial  hex, of its certificate; its last eight digits are taken
 * @return in the arena; NULL when out of memory.
 */
const char *pc_renewal_label(const char *label, const char *serial, pc_arena *arena);

/**
 * A file name for that, without folder and ending: letters, digits, '.', '_' and '-' are kept, the rest becomes '-'; it
 * starts with neither '.' nor '-'.
 * @return in the arena; NULL when out of memory.
 */
const char *pc_renewal_file_name(const char *label, const char *serial, pc_arena *arena);

#endif
