/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_MANIFEST_H
#define PC_APP_BATCH_MANIFEST_H

#include <p11cert/batch.h>

#include "base/arena.h"
#include "base/cleanup.h"

/**
 * The record of each host's outcome: JSON Lines, appended to. It is locked while open, so that two runs cannot work in
 * the same folder.
 */
typedef struct pc_batch_manifest pc_batch_manifest;

/**
 * Open it in a folder, which is created if it does not exist. An incomplete last line gets a line end.
 * @return PC_OK; PC_E_REFUSED (another run holds it); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_batch_manifest_open(const char *folder, pc_batch_manifest **ret_manifest, pc_error *err);

/** Append a line, and set line->json to it, in the arena. @return PC_OK; PC_E_IO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_batch_manifest_add(pc_batch_manifest *manifest, pc_arena *arena, pc_batch_line *line,
                                              pc_error *err);

/** Accepts NULL. */
void pc_batch_manifest_close(pc_batch_manifest *manifest);
PC_AUTO_DEFINE(pc_batch_manifest, pc_batch_manifest, pc_batch_manifest_close);

#endif
