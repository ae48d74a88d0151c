/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_CANONICAL_H
#define PC_CEREMONY_TRANSCRIPT_CANONICAL_H

#include <jansson.h>

#include "base/bytes.h"

static inline void pc_json_free(json_t *value)
{
    json_decref(value);
}

PC_AUTO_DEFINE(pc_json, json_t, pc_json_free);

#define PC_CANONICAL_DEPTH 16                       /**< objects and arrays inside one another */
#define PC_CANONICAL_MOST  (((int64_t)1 << 53) - 1) /**< a double holds every whole number up to this one */

/**
 * JSON in the canonical form of RFC 8785, so that equal values have equal bytes. It accepts only the part of JSON for
 * which that form needs no arithmetic: objects whose member names consist of 1 to 64 characters [A-Za-z0-9_.-], arrays,
 * text without NUL, true, false, null, and whole numbers from -PC_CANONICAL_MOST to PC_CANONICAL_MOST. Other numbers
 * are stored as text.
 *
 * @param ret_text  freed by the caller with free(); no line ends
 * @return PC_OK; PC_E_INPUT (a value outside that part; the error names it); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_canonical_write(const json_t *value, char **ret_text, pc_error *err);

/**
 * Read a value in that form: any other spelling of the same value is refused.
 * @param ret_value  freed by the caller with json_decref
 * @return PC_OK; PC_E_INPUT; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_canonical_read(pc_bytes text, json_t **ret_value, pc_error *err);

#endif
