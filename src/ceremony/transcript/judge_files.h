/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_FILES_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_FILES_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/**
 * Check the files of a ceremony against its transcript: the ceremony file and each artefact have the digest that was
 * recorded, nothing is missing, there are no other files, and the manifest, which a bundle must have, lists each
 * file.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_files(const pc_ceremony_source *source, const pc_gathered *gathered,
                                       pc_ceremony_verify_result *verdict, pc_error *err);

/**
 * The manifest of these files, as `sha256sum` writes it: one line each, except for the manifest itself.
 * @return PC_OK, with the text in the arena; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY; as pc_ceremony_source_part.
 */
PC_MUST_CHECK pc_status pc_manifest_text(const pc_ceremony_source *source, pc_arena *arena, const char **ret_text,
                                         pc_error *err);

#endif
