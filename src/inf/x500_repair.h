/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_X500_REPAIR_H
#define PC_INF_X500_REPAIR_H

#include "inf/x500.h"

/**
 * Find out what an X.500 string that cannot be read is meant to be: values that contain a separator or '+' get quotes,
 * backslashes that are escapes in RFC 4514 are removed, a missing comma before a blank and a known key is added, a key
 * that stands twice is written once, and a host name becomes a CN. A known key within a value, as in "CN=aO=b", has two
 * readings: no repair.
 *
 * @param ret_repaired  in the arena: a string that pc_x500_parse reads; "" if none could be found
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x500_repair(pc_arena *arena, const char *text, const pc_x500_options *options,
                                       const char **ret_repaired);

#endif
