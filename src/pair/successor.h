/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RENEWAL_NAME_H
#define PC_APP_RENEWAL_NAME_H

#include "base/arena.h"

/**
 * The label of the key that succeeds a key whose certificate has this serial number: "server renews 1a2b3c4d". It
 * depends only on label and serial, so that another run or `list` can find the successor. On the next renewal, "server
 * renews 1a2b3c4d" becomes "server renews 5e6f7a8b".
 *
 * @param label   of the old key, as on the token
 * @param serial  hex, of its certificate; its last eight digits are used
 * @return in the arena; NULL when out of memory.
 */
const char *pc_renewal_label(const char *label, const char *serial, pc_arena *arena);

/**
 * A file name for a label, without folder and extension: letters, digits, '.', '_' and '-' are kept, all others become
 * '-'; it starts with neither '.' nor '-'.
 * @return in the arena; NULL when out of memory.
 */
const char *pc_label_file_name(const char *label, pc_arena *arena);

/**
 * A file name for the successor's label.
 * @return in the arena; NULL when out of memory.
 */
const char *pc_renewal_file_name(const char *label, const char *serial, pc_arena *arena);

#endif
