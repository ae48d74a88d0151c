/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_SOURCE_H
#define PC_CEREMONY_TRANSCRIPT_SOURCE_H

#include "ceremony/transcript/tar.h"

#define PC_TRANSCRIPT_FILE "transcript.jsonl"
#define PC_SIGNATURES      "signatures/"
#define PC_HEAD_FILE       "head.txt"
#define PC_MANIFEST_FILE   "MANIFEST"
#define PC_VERIFIER_FILE   "verify.sh"
#define PC_README_FILE     "README.txt"
#define PC_SCRIPT_FILE     "ceremony.yaml"

#define PC_SOURCE_FILES_MOST 10000u

typedef enum {
    PC_SOURCE_TRANSCRIPT, /**< the one file */
    PC_SOURCE_FOLDER,
    PC_SOURCE_BUNDLE,
} pc_source_kind;

/** The record of a ceremony: a folder, its bundle, or only the transcript. */
typedef struct {
    pc_source_kind kind;
    const char *path; /**< borrowed */
    pc_part whole;    /**< the bundle or the transcript; not set for a folder */
    pc_part *files;   /**< with names in it, in ascending order of their bytes; for a folder, without descriptors */
    size_t file_count;
    pc_arena *arena; /**< owned */
} pc_ceremony_source;

/** Closes and frees what it owns. */
void pc_ceremony_source_clear(pc_ceremony_source *source);

PC_AUTO_DEFINE_VALUE(pc_ceremony_source, pc_ceremony_source, pc_ceremony_source_clear);

/**
 * List the files. A file that starts as JSON is a transcript, every other one a bundle.
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_VERIFY (a link, a device, a name that is not allowed, or anything else that does
 *         not belong in a ceremony's folder or bundle; the error names it); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_source_open(const char *path, pc_ceremony_source *ret_source, pc_error *err);

/**
 * Open one of its files.
 * @param ret_fd  to be closed by the caller unless it is -1, also after a failure
 * @return PC_OK; PC_E_NOT_FOUND (there is no file of this name); PC_E_INPUT; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_source_part(const pc_ceremony_source *source, const char *name, int *ret_fd,
                                                pc_part *ret_part, pc_error *err);

/** Is there a file of this name? */
bool pc_ceremony_source_has(const pc_ceremony_source *source, const char *name);

#endif
