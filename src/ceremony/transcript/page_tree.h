/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_PAGE_TREE_H
#define PC_CEREMONY_TRANSCRIPT_PAGE_TREE_H

#include <stdio.h>

#include "ceremony/transcript/source.h"

/**
 * Draw the certificates of a ceremony as a tree, in SVG: each below its issuer. A file that is not a certificate is
 * left out, and nothing is drawn without any.
 * @return PC_OK; as pc_transcript_summarise.
 */
PC_MUST_CHECK pc_status pc_page_tree(FILE *out, const pc_ceremony_source *source, pc_error *err);

#endif
