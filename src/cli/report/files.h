/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_FILES_H
#define PC_CLI_REPORT_FILES_H

#include <stdbool.h>

#include <p11cert/bytes.h>
#include <p11cert/check.h>

struct pc_output;
struct pc_arena;

enum { PC_REPORT_JUNIT, PC_REPORT_HTML, PC_REPORT_FILE_COUNT };

/** The additional files that a report is to be written to. */
typedef struct {
    const char *paths[PC_REPORT_FILE_COUNT]; /**< NULL: not wanted; "-": standard output */
    struct pc_output *outputs[PC_REPORT_FILE_COUNT];
    pc_bytes there[PC_REPORT_FILE_COUNT]; /**< the content of an existing file; else empty */
    struct pc_arena *arena;               /**< owned by the caller */
    bool changed;                         /**< a file was written */
} pc_report_files;

void pc_report_files_clear(pc_report_files *files);
#define PC_AUTO_REPORT_FILES __attribute__((cleanup(pc_report_files_clear)))

/** Does one of them go to standard output? */
bool pc_report_files_take_stdout(const pc_report_files *files);

/**
 * Open the files that `paths` names, before a token is used. An existing file that could be such a report is read.
 * @return PC_OK; PC_E_USAGE (both in one file); as pc_output_open and pc_file_read.
 */
PC_MUST_CHECK pc_status pc_report_files_open(pc_report_files *files, bool force, pc_error *err);

/**
 * Write all of them; each appears completely or not at all. An existing one that says the same, except for the time of
 * the check and the days left at that time, is not changed.
 * @return PC_OK; PC_E_REFUSED if an existing one says something else: none is written then; PC_E_MEMORY; as
 *         pc_output_commit.
 */
PC_MUST_CHECK pc_status pc_report_files_write(pc_report_files *files, const pc_check_result *result, pc_error *err);

#endif
