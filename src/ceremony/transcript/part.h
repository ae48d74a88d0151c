/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_PART_H
#define PC_CEREMONY_TRANSCRIPT_PART_H

#include <sys/types.h>

#include "ceremony/transcript/digest.h"

/** A file, or a file inside a bundle: a range of bytes of an open file. Borrowed. */
typedef struct {
    const char *name; /**< for errors */
    int fd;
    off_t offset;
    off_t len;
} pc_part;

/** Closes it unless it is -1. */
void pc_descriptor_close(int *fd);

PC_AUTO_DEFINE_VALUE(pc_descriptor, int, pc_descriptor_close);

/**
 * Open a regular file; a symbolic link is not followed, and opening a pipe does not block.
 * @param path     borrowed as the name of the part
 * @param ret_fd   to be closed by the caller, also after a failure, unless it is -1
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT (not a regular file); PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_part_open(const char *path, int *ret_fd, pc_part *ret_part, pc_error *err);

/**
 * Read some of its bytes.
 * @param ret_len how many; less than `size` only at the end, and 0 if there are no more
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_part_read(const pc_part *part, off_t offset, uint8_t *buffer, size_t size, size_t *ret_len,
                                     pc_error *err);

/** Read all of it, followed by a NUL that is not counted. @return PC_OK; PC_E_INPUT (over `max`); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_part_read_all(const pc_part *part, size_t max, pc_arena *arena, pc_bytes *ret_bytes,
                                         pc_error *err);

/** @return PC_OK; PC_E_IO; PC_E_CRYPTO. */
PC_MUST_CHECK pc_status pc_part_digest(const pc_part *part, pc_sha256 *ret_digest, pc_error *err);

/** The digest of a regular file of any size. @return as pc_part_open and pc_part_digest. */
PC_MUST_CHECK pc_status pc_sha256_of_file(const char *path, pc_sha256 *ret_digest, pc_error *err);

/** SHA-256 of the last line without its line feed, as of a transcript whose head it is (docs/ceremony-transcript.md).
 */
PC_MUST_CHECK pc_status pc_part_last_line_digest(const pc_part *part, pc_sha256 *ret_digest, pc_error *err);

#endif
