/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PENDING_H
#define PC_APP_PENDING_H

#include <p11cert/pending.h>

#include "base/arena.h"
#include "token/session.h"

/**
 * The records of requests that lie with a CA. One key can have several only after a run was cut off between
 * writing a new record and removing the old one; the one that says most is given then.
 *
 * @param spki_sha256  only that of this key; NULL: all
 * @return PC_OK; PC_E_TOKEN; PC_E_IO (the folder of state files cannot be read); PC_E_MEMORY. In the arena. Objects and files that
 *         are no such record are passed over.
 */
PC_MUST_CHECK pc_status pc_pending_find(const pc_token *token, const char *spki_sha256, pc_arena *arena,
                                        pc_pending **ret_found, size_t *ret_count, pc_error *err);

/**
 * Write a record, then remove what stood there of the same key. Sets where (and handle) of the record. A crash in
 * between leaves both, never none.
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pending_save(const pc_token *token, pc_pending *record, pc_arena *arena, pc_error *err);

/** Remove every record of the key of this one. @return as pc_pending_save. */
PC_MUST_CHECK pc_status pc_pending_remove(const pc_token *token, const pc_pending *record, pc_arena *arena,
                                          pc_error *err);

/* --- the form they are kept in (pending_record.c), and the place for tokens that keep none (pending_file.c) --- */

/** As JSON, at most PC_DATA_OBJECT_MAX_LEN bytes. NULL when out of memory. */
const char *pc_pending_to_text(const pc_pending *record, pc_arena *arena);

/** @return PC_OK; PC_E_INPUT if it is no such record, whatever its bytes are; PC_E_MEMORY. where and handle are left unset. */
PC_MUST_CHECK pc_status pc_pending_from_text(const char *text, size_t len, pc_arena *arena, pc_pending *ret_record,
                                             pc_error *err);

/** $P11CERT_STATE_DIR, else $XDG_STATE_HOME/p11cert, else ~/.local/state/p11cert; NULL when out of memory. */
const char *pc_pending_folder(pc_arena *arena);

PC_MUST_CHECK pc_status pc_pending_files_find(pc_arena *arena, pc_pending **ret_found, size_t *ret_count,
                                              pc_error *err);
PC_MUST_CHECK pc_status pc_pending_file_save(pc_pending *record, pc_arena *arena, pc_error *err);
PC_MUST_CHECK pc_status pc_pending_file_remove(const pc_pending *record, pc_error *err);

#endif
