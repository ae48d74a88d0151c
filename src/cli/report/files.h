/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_FILES_H
#define PC_CLI_REPORT_FILES_H

#include <stdbool.h>

#include <p11cert/bytes.h>
#include <p11cert/check.h>

struct pc_output;
struct pc_arena;

enum { PC_REPORT_JUNIT, PC_REPORT_HTML, PC_REPORT_FILE_COUNT };

/** The files that a report is to be written to as well. */
typedef struct {
    const char *paths[PC_REPORT_FILE_COUNT]; /**< NULL: not wanted; "-": standard output */
    struct pc_output *outputs[PC_REPORT_FILE_COUNT];
    pc_bytes there[PC_REPORT_FILE_COUNT]; /**< of a file that exists: its content; else empty */
    struct pc_arena *arena;               /**< the caller's */
    bool changed;                         /**< a file was written */
} pc_report_files;

void pc_report_files_clear(pc_report_files *files);
#define PC_AUTO_REPORT_FILES __attribute__((cleanup(pc_report_files_clear)))

/** Does one of them go to standard output? */
bool pc_report_files_take_stdout(const pc_report_files *files);

/**
 * Open what `paths` names, before a token is touched. A file that exists and could be such a report is read.
 * @return PC_OK; PC_E_USAGE (both in one file); what pc_output_open and pc_file_read give.
 */
PC_MUST_CHECK pc_status pc_report_files_open(pc_report_files *files, bool force, pc_error *err);

/**
 * Write all of them; each appears whole or not at all. One that exists and says the same, except for when it was
 * judged and the days that were left then, is left alone.
 * @return PC_OK; PC_E_REFUSED if one that exists says something else: then none is written; PC_E_MEMORY; what
 *         pc_output_commit gives.
 */
PC_MUST_CHECK pc_status pc_report_files_write(pc_report_files *files, const pc_check_result *result, pc_error *err);

#endif
