/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_KEY_ID_H
#define PC_PAIR_KEY_ID_H

#include "token/key_template.h"

/**
 * The CKA_ID of a key to be made: the one given, else 16 random bytes.
 * @param hex  "01ab…", at most PC_KEY_ID_MOST bytes; NULL: random
 * @return PC_OK; PC_E_USAGE (not hex digits in pairs, or too many); PC_E_CRYPTO.
 */
PC_MUST_CHECK pc_status pc_key_id_choose(const char *hex, pc_key_plan *plan, pc_error *err);

#endif
