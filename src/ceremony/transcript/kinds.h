/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_KINDS_H
#define PC_CEREMONY_TRANSCRIPT_KINDS_H

#include <jansson.h>

#include <p11cert/error.h>

/**
 * The kinds of records and the members that each body must have (docs/ceremony-transcript.md); it may have more.
 * @return PC_OK; PC_E_INPUT (an unknown kind, or a member is missing or of another type; the error names it).
 */
PC_MUST_CHECK pc_status pc_record_kind_check(const char *kind, const json_t *body, pc_error *err);

#define PC_TRANSCRIPT_FORMAT "p11cert-transcript-1"

#endif
