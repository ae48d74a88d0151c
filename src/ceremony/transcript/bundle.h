/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_BUNDLE_H
#define PC_CEREMONY_TRANSCRIPT_BUNDLE_H

#include "ceremony/transcript/source.h"

/** verify.sh, as it is put into a bundle. */
extern const char pc_ceremony_verify_sh[];

/** README.txt, the same in every bundle: what a bundle is, and how to verify it without p11cert. */
extern const char pc_ceremony_readme[];

/**
 * Write a folder as a bundle: its files, a manifest of them, the head's text, the second verifier and README.txt. If
 * the folder has any of the last four, they are replaced, so that an unpacked bundle gives the same bundle again.
 *
 * @param head_text  contents of head.txt
 * @param ret_tar    freed by the caller with free()
 * @return PC_OK; PC_E_INPUT (a file over 8 GiB); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_bundle_write(const pc_ceremony_source *folder, const char *head_text,
                                                 char **ret_tar, size_t *ret_len, pc_error *err);

#endif
