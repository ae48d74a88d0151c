/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PLACE_H
#define PC_APP_PLACE_H

#include "base/file.h"

/**
 * Where a certificate is to be written. An existing file with a certificate of the same key may come from an earlier,
 * interrupted run: that is decided when the bytes are known, and nothing is ever replaced.
 */
typedef struct {
    const char *path;
    pc_output *output; /**< NULL if is_there */
    bool is_there;     /**< a file with a certificate that may be of this key exists */
} pc_place;

/** The same name with another extension: "server.req" and ".cer" give "server.cer". NULL when out of memory. */
const char *pc_place_beside(const char *path, const char *suffix, pc_arena *arena);

/**
 * @param path         borrowed as long as the place
 * @param spki_sha256  hex, of the key; NULL: not known yet, then a file with any certificate may be there
 * @return as pc_output_open.
 */
PC_MUST_CHECK pc_status pc_place_open(const char *path, bool force, const char *spki_sha256, pc_place *ret_place,
                                      pc_error *err);

/**
 * Write it. If one of existing file and text is the beginning of the other, they differ only in how much of the chain
 * they contain: the longer one remains. @return as pc_output_commit; PC_E_REFUSED if the file has other content.
 */
PC_MUST_CHECK pc_status pc_place_commit(pc_place *place, const char *text, pc_error *err);

/** Refuse an existing file, in the words of pc_output_open. For callers that expect none. */
PC_MUST_CHECK pc_status pc_place_refuse_existing(const pc_place *place, pc_error *err);

void pc_place_clear(pc_place *place);

PC_AUTO_DEFINE_VALUE(pc_place, pc_place, pc_place_clear);

/**
 * Writes bytes to another file, NAME SUFFIX or NAME-2 SUFFIX and so on, whichever is free.
 * @param ret_path  in the arena
 * @return as pc_output_open and pc_output_commit.
 */
PC_MUST_CHECK pc_status pc_place_aside(const pc_file_bytes *content, const char *suffix, pc_arena *arena,
                                       const char **ret_path, pc_error *err);

#endif
