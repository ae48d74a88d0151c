/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_TAR_H
#define PC_CEREMONY_TRANSCRIPT_TAR_H

#include "ceremony/transcript/part.h"

/*
 * The only form of tar allowed for a bundle: POSIX ustar (IEEE Std 1003.1, pax) with only regular files, mode 0644,
 * owner 0 without a name, time 0, names in ascending order of their bytes, two zero blocks and nothing after them. Two
 * bundles of the same files are equal byte for byte, and there is nowhere to hide anything: a reader writes the header
 * that a name and a length give, and refuses any other. A general library (libarchive) accepts far more than this,
 * which a verifier must not do.
 */

#define PC_TAR_BLOCK    512u
#define PC_TAR_NAME_MAX 99u

/** Is it a name that a file of a ceremony may have? [A-Za-z0-9._-], parts divided by "/", none of which starts with "."
 * or "-"; at most PC_TAR_NAME_MAX. */
bool pc_ceremony_name_is_valid(const char *name);

/** The header of a file. The name must be valid. @return false if the length does not fit in it (8 GiB). */
bool pc_tar_header(const char *name, off_t len, uint8_t out[static PC_TAR_BLOCK]);

/** The bytes of zeros after a file of this length. */
size_t pc_tar_padding(off_t len);

/**
 * Read the header at `offset`, and check it and the zeros after the file.
 * @param previous    name of the file before it, or NULL; the new name must come after it
 * @param ret_file    its part of the bundle, with a name in the arena; the name is NULL at the end, which must also be
 *                    the end of the file
 * @return PC_OK; PC_E_VERIFY (anything in another form; the error says what); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_tar_next(const pc_part *bundle, const pc_part *previous, pc_arena *arena, pc_part *ret_file,
                                    pc_error *err);

#endif
