/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_TRANSCRIPT_H
#define PC_CEREMONY_TRANSCRIPT_TRANSCRIPT_H

#include "ceremony/transcript/kinds.h"
#include "ceremony/transcript/order.h"

/**
 * The transcript of a ceremony: JSON Lines, each with the digest of the previous line (record.h); it only grows. It is
 * the journal as well: an `intent` is on the disk before the token's state changes, and its `outcome` after. It must
 * never contain a PIN, a share or a private value.
 *
 * Each line is written with one call and is on the disk when the function returns. Only one process writes at a time.
 */
typedef struct pc_transcript pc_transcript;

typedef enum {
    PC_CEREMONY_REHEARSAL,
    PC_CEREMONY_PRODUCTION,
} pc_ceremony_mode;

/** "REHEARSAL" or "PRODUCTION", as in a header. */
const char *pc_ceremony_mode_name(pc_ceremony_mode mode);

/** The contents of the header. Borrowed. */
typedef struct {
    pc_ceremony_mode mode;
    const char *title;
    pc_sha256 script;         /**< of the ceremony's file */
    pc_sha256 site;           /**< of the site's file */
    const char *tool_version; /**< the program's own digest is added */
    const json_t *modules;    /**< array of {role, path, sha256, info: CK_INFO}; NULL: empty */
    const json_t *more;       /**< object with further members; NULL: none */
    const pc_sha256 *earlier; /**< head of the previous ceremony; NULL if there is none: prev is then all zeros */
} pc_transcript_header;

/**
 * Create the file with its header. It appears with the header complete, or not at all.
 * @return PC_OK; PC_E_REFUSED (the file exists); PC_E_INPUT (see pc_transcript_add); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transcript_create(const char *path, const pc_transcript_header *header,
                                             pc_transcript **ret_transcript, pc_error *err);

/**
 * Open to resume. All of it is checked. An incomplete last line, which a crash leaves, is replaced by a `torn` record
 * that holds its bytes; anything else that is wrong is refused.
 * @return PC_OK, also if it is closed; PC_E_NOT_FOUND; PC_E_VERIFY (the error names the first bad line); PC_E_REFUSED
 *         (another process has it open, or there is no complete line); PC_E_INPUT; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transcript_open(const char *path, pc_transcript **ret_transcript, pc_error *err);

/**
 * Add a record.
 * @param body  an object of values that canonical.h accepts; its reference is taken, also if the call fails, so that
 *              the object can be created in the call. NULL means out of memory
 * @return PC_OK; PC_E_INPUT (not a kind, a member is missing, or it may not follow), with nothing written; PC_E_IO (it
 *         is not certain that the record was written: the transcript accepts nothing more until it is opened again);
 *         PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transcript_add(pc_transcript *transcript, const char *kind, json_t *body, pc_error *err);

/** Add an intent, before the call that it announces. @param ret_intent identifies it to pc_transcript_outcome */
PC_MUST_CHECK pc_status pc_transcript_intent(pc_transcript *transcript, json_t *body, int64_t *ret_intent,
                                             pc_error *err);

/** Add the outcome of the open intent; the member `intent` is added to the body. */
PC_MUST_CHECK pc_status pc_transcript_outcome(pc_transcript *transcript, int64_t intent, json_t *body, pc_error *err);

/** Its state: if an intent is open after pc_transcript_open, the token must be asked about its outcome. */
pc_transcript_order pc_transcript_get_order(const pc_transcript *transcript);

/** SHA-256 of the last line. */
pc_sha256 pc_transcript_head(const pc_transcript *transcript);

/** Did pc_transcript_open find an incomplete line? */
bool pc_transcript_was_torn(const pc_transcript *transcript);

/** Accepts NULL. */
void pc_transcript_close(pc_transcript *transcript);

PC_AUTO_DEFINE(pc_transcript, pc_transcript, pc_transcript_close);

#endif
