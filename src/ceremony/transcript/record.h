/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_RECORD_H
#define PC_CEREMONY_TRANSCRIPT_RECORD_H

#include "ceremony/transcript/canonical.h"
#include "ceremony/transcript/digest.h"

#define PC_RECORD_MOST ((size_t)1024 * 1024) /**< bytes of one line, without its line end */

/**
 * One line of a transcript: an object in canonical form (canonical.h) with exactly these members, in this order, since
 * that form sorts them:
 *
 *   at      wall clock, UTC: "2026-11-29T01:18:16.123456Z"
 *   body    object: what the record says; its members depend on the kind
 *   kind    1 to 32 characters [a-z-]
 *   mono_us monotonic clock (CLOCK_BOOTTIME), microseconds; starts again when the machine does
 *   prev    SHA-256 of the previous line, without its line end, in hex
 *   seq     number of the line, from 1
 *   sha256  SHA-256 of this line without this member, so that a changed line is detected without the next one
 */
typedef struct {
    int64_t seq;
    int64_t mono_us;
    const char *kind; /**< borrowed from `whole`, as the next two */
    const char *at;
    const json_t *body;
    pc_sha256 prev;
    pc_sha256 digest; /**< of this whole line: the `prev` of the next one, and the head if it is the last */
    json_t *whole;    /**< owned */
} pc_record;

/** Frees what the record owns, and empties it. */
void pc_record_clear(pc_record *record);

PC_AUTO_DEFINE_VALUE(pc_record, pc_record, pc_record_clear);

/** The contents of a new record. Borrowed. */
typedef struct {
    int64_t seq;
    const pc_sha256 *prev;
    const char *kind;
    const json_t *body;
} pc_record_content;

/**
 * Write a record with the current time. The value of a pin-value attribute (RFC 7512) in a text is replaced by
 * asterisks.
 * @param ret_line  freed by the caller with free(); without a line end
 * @return PC_OK; PC_E_INPUT (a value that canonical.h does not accept, or a line over PC_RECORD_MOST); PC_E_CRYPTO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_record_write(const pc_record_content *content, char **ret_line, pc_error *err);

/**
 * Read a line. Its form and its own digest are checked; `seq` and `prev` must be compared by the caller.
 * @return PC_OK; PC_E_VERIFY (the line is not as it was written: its form or digest is wrong; the error says which);
 *         PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_record_read(pc_bytes line, pc_record *ret_record, pc_error *err);

/** A text of the body; NULL if it is missing or of another type. Borrowed. */
const char *pc_record_text(const pc_record *record, const char *name);

/** A number of the body. @return false, with nothing written, if it is missing or of another type. */
bool pc_record_number(const pc_record *record, const char *name, int64_t *ret_number);

#endif
