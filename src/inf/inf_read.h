/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_READ_H
#define PC_INF_INF_READ_H

#include <p11cert/inf.h>

#include "inf/inf_line.h"
#include "inf/name_map.h"

PC_AUTO_DEFINE(pc_inf, pc_inf, pc_inf_free);

/** An entry before its %strings% are replaced. Spans are borrowed from the file's text. */
typedef struct {
    unsigned line;
    unsigned last_line;
    size_t section; /**< index in inf->sections */
    pc_inf_line parts;
} pc_raw_entry;

/** The contents of a file, section by section in the order of its lines. */
typedef struct {
    pc_inf *inf;
    pc_name_map sections;
    pc_raw_entry *entries;
    size_t count;
} pc_raw_file;

/**
 * Divide the text into sections and raw entries; sections go into inf. Anything unusual becomes a finding.
 * @return PC_OK; PC_E_INPUT if there is no section, or there are over PC_INF_MAX_LINES lines; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_raw_file_read(pc_raw_file *raw, pc_span text, pc_error *err);

#endif
