/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/files.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/report/html.h"
#include "cli/report/junit.h"

static const struct {
    const char *option;
    const char *name;
    pc_status (*make)(const pc_check_result *result, const char *host, char **ret_text, size_t *ret_len, pc_error *err);
} kinds[PC_REPORT_FILE_COUNT] = {
    [PC_REPORT_JUNIT] = { "--junit", "JUnit", pc_check_to_junit },
    [PC_REPORT_HTML] = { "--html", "HTML", pc_check_to_html },
};

void pc_report_files_clear(pc_report_files *files)
{
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        pc_output_free(files->outputs[i]);
        files->outputs[i] = NULL;
    }
}

bool pc_report_files_take_stdout(const pc_report_files *files)
{
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        if (files->paths[i] && strcmp(files->paths[i], "-") == 0) {
            return true;
        }
    }
    return false;
}

/* The hint of a refusal names the option that chose the file. */
static pc_status explain(pc_error *err, pc_status status, size_t kind)
{
    if (status != PC_E_REFUSED) {
        return status;
    }
    return pc_hint(err, status, "name another file with %s, or use --force to replace this one", kinds[kind].option);
}

pc_status pc_report_files_open(pc_report_files *files, bool force, pc_error *err)
{
    const char *const *paths = files->paths;
    pc_file_mode mode = force ? PC_FILE_REPLACE : PC_FILE_NEW;

    if (paths[PC_REPORT_JUNIT] && paths[PC_REPORT_HTML] && strcmp(paths[PC_REPORT_JUNIT], paths[PC_REPORT_HTML]) == 0) {
        return pc_fail(err, PC_E_USAGE, "--junit and --html name the same file");
    }
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        pc_status status = paths[i] ? pc_output_open(paths[i], mode, 0666, &files->outputs[i], err) : PC_OK;

        if (status != PC_OK) {
            return explain(err, status, i);
        }
    }
    return PC_OK;
}

/* What is on the disk already, when a later file fails. */
static pc_status tell_written(const pc_report_files *files, size_t failed, pc_error *err, pc_status status)
{
    for (size_t i = 0; i < failed; i++) {
        if (files->paths[i]) {
            return pc_note(err, status, "the %s report is written, the %s report is not", kinds[i].name,
                           kinds[failed].name);
        }
    }
    return status;
}

static void free_texts(char *(*texts)[PC_REPORT_FILE_COUNT])
{
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        free((*texts)[i]);
    }
}

pc_status pc_report_files_write(pc_report_files *files, const pc_check_result *result, pc_error *err)
{
    __attribute__((cleanup(free_texts))) char *texts[PC_REPORT_FILE_COUNT] = { NULL };
    size_t lens[PC_REPORT_FILE_COUNT] = { 0 };
    char name[256] = "";
    const char *host = gethostname(name, sizeof name - 1) == 0 && *name ? name : NULL;

    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        if (files->outputs[i]) {
            PC_TRY(kinds[i].make(result, host, &texts[i], &lens[i], err));
        }
    }
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        pc_status status = files->outputs[i] ? pc_output_commit(files->outputs[i], texts[i], lens[i], err) : PC_OK;

        if (status != PC_OK) {
            return tell_written(files, i, err, explain(err, status, i));
        }
    }
    return PC_OK;
}
