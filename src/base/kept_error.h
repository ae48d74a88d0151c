/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_KEPT_ERROR_H
#define PC_BASE_KEPT_ERROR_H

#include <p11cert/error.h>

#include "base/arena.h"

/** An error that is kept for later: that of one of several attempts, or of one item of a list. */

/** Pass it to the caller; without an error, the caller's chain is emptied. err may be NULL, as everywhere. */
void pc_error_pass(pc_error *err, const pc_error *kept);

/** Its sentences joined into one, the last first: "the key was not renewed: C_Sign: CKR_…". NULL when out of memory, or
 * if it is empty. */
const char *pc_error_words(const pc_error *kept, pc_arena *arena);

#endif
