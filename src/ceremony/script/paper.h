/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_PAPER_H
#define PC_CEREMONY_PAPER_H

#include "ceremony/script/script.h"

/** The contents of the paper script, independent of its layout. All memory is the arena's. */

/** "Key: root", or a blank to be filled in by hand. Texts are safe to print. */
typedef struct {
    const char *name;
    const char *value; /**< NULL: a blank */
} pc_paper_row;

/** A step, a deviation, a signature: kept together on a page. */
typedef struct {
    const char *number; /**< "Step 7"; NULL: not a step, without boxes for initials and time */
    const char *heading;
    const char *text; /**< NULL: nothing more to say */
    pc_paper_row *rows;
    size_t row_count;
} pc_paper_block;

typedef struct {
    const char *title;
    pc_paper_block *blocks;
    size_t block_count;
} pc_paper_section;

typedef struct {
    const char *title;
    const char *id;
    const char *sha256;
    pc_paper_section *sections; /**< each begins on a new page */
    size_t section_count;
    pc_arena *arena;
} pc_paper;

/** @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_paper_make(const pc_script *script, pc_paper *ret_paper, pc_error *err);

/** Pages of 60 lines and 78 columns, divided by form feeds. NULL when out of memory. */
const char *pc_paper_to_text(const pc_paper *paper);

/** A self-contained page that prints on A4 and on Letter. NULL when out of memory. */
const char *pc_paper_to_html(const pc_paper *paper);

#endif
