/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PENDING_H
#define PC_APP_PENDING_H

#include <p11cert/pending.h>

#include "base/arena.h"
#include "token/session.h"

#define PC_PENDING_REFERENCE_MAX 128u /**< characters of a request_id */

/** Records, in an arena. */
typedef struct {
    pc_pending *items;
    size_t count;
    const char *unreadable; /**< from a search on the token: what could not be read; NULL if nothing */
    const char *problem;    /**< from pc_pending_files_find: what was skipped, and why; NULL if nothing */
} pc_pending_list;

/**
 * The records of requests that were sent to a CA, including closed ones. A key has several only if a run was
 * interrupted between writing a new record and removing the old one; the most informative one is then returned. A file
 * or folder of records that cannot be read is skipped with a warning.
 *
 * @param spki_sha256 only that of this key; NULL: all, but of those in files only those that name this token or no
 *                    token
 * @param ret_list     in the arena. Other objects and files are skipped. A record on the token that cannot be read may
 * be that of any key: with `spki_sha256` it is an error, without it a warning.
 * @return PC_OK; PC_E_INPUT (a record cannot be read); PC_E_TOKEN; PC_E_IO (the folder of state files fails when it is
 * read); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pending_find(const pc_token *token, const char *spki_sha256, pc_arena *arena,
                                        pc_pending_list *ret_list, pc_error *err);

/** As pc_pending_find without `spki_sha256`, for a token that is known to hold no data object: no search. */
PC_MUST_CHECK pc_status pc_pending_find_in_files(const pc_token *token, pc_arena *arena, pc_pending_list *ret_list,
                                                 pc_error *err);

/** What to do about an unreadable record, for an error that says nothing else was found. @return PC_E_INPUT. */
pc_status pc_pending_hint_unreadable(pc_error *err);

/**
 * Write a record, then remove the earlier ones of the same key. Sets where (and handle) of the record. A crash in
 * between leaves both, never none.
 * @return PC_OK; PC_E_INPUT (longer than PC_DATA_OBJECT_MAX_LEN: nothing was written, and the earlier one is kept; or
 *         an earlier one cannot be read); PC_E_TOKEN; PC_E_VERIFY; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pending_save(const pc_token *token, pc_pending *record, pc_arena *arena, pc_error *err);

/**
 * As pc_pending_save, for what the CA has answered, which need not be asked for again and cannot always be: if the
 * token does not store it, it is also written to a file, and the error says so. The next run on this machine finds it
 * there.
 */
PC_MUST_CHECK pc_status pc_pending_save_answer(const pc_token *token, pc_pending *record, pc_arena *arena,
                                               pc_error *err);

/** Remove every record of the same key. @return as pc_pending_save; PC_E_INPUT (a record cannot be read). */
PC_MUST_CHECK pc_status pc_pending_remove(const pc_token *token, const pc_pending *record, pc_arena *arena,
                                          pc_error *err);

/* --- the format (record.c), and the folder for tokens that store no data objects (in_file.c) ------------------ */

/** Can this be a request_id: letters, digits and "-._{}", at most PC_PENDING_REFERENCE_MAX of them? "" is allowed. */
bool pc_pending_is_reference(const char *text);

/** Can this be the name of a protocol, the address of a CA (without a user), the hex of a SHA-256? */
bool pc_pending_is_protocol(const char *text);
bool pc_pending_is_address(const char *text);
bool pc_pending_is_digest(const char *text);

/** As JSON. NULL when out of memory. */
const char *pc_pending_to_text(const pc_pending *record, pc_arena *arena);

/** @return PC_OK; PC_E_INPUT if it is not such a record, whatever its bytes; PC_E_MEMORY. where and handle are left
 * unset. */
PC_MUST_CHECK pc_status pc_pending_from_text(const char *text, size_t len, pc_arena *arena, pc_pending *ret_record,
                                             pc_error *err);

/** $P11CERT_STATE_DIR, else $XDG_STATE_HOME/p11cert, else ~/.local/state/p11cert; NULL when out of memory. */
const char *pc_pending_folder(pc_arena *arena);

PC_MUST_CHECK pc_status pc_pending_files_find(pc_arena *arena, pc_pending_list *ret_list, pc_error *err);
PC_MUST_CHECK pc_status pc_pending_file_save(pc_pending *record, pc_arena *arena, pc_error *err);
PC_MUST_CHECK pc_status pc_pending_file_remove(const pc_pending *record, pc_error *err);

#endif
