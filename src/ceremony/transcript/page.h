/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_PAGE_H
#define PC_CEREMONY_TRANSCRIPT_PAGE_H

#include "ceremony/transcript/source.h"
#include "ceremony/transcript/verdict.h"

/**
 * A transcript as one self-contained HTML page without scripts: the verdict, the head, the certificates as a drawing,
 * the files, and each record.
 * @param verdict   of this source
 * @param ret_html  freed by the caller with free()
 * @return PC_OK; PC_E_VERIFY (the chain is broken: nothing in it can be trusted); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_page(const pc_ceremony_source *source, const pc_ceremony_verify_result *verdict,
                                         char **ret_html, size_t *ret_len, pc_error *err);

#endif
