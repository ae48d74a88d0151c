/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/files.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/report/html.h"
#include "cli/report/junit.h"

#define REPORT_MOST ((size_t)64 * 1024 * 1024) /* bytes of an existing report */

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

/* A file that is not even markup cannot be a report, and is refused before the token is used. */
static pc_status open_one(pc_report_files *files, size_t kind, pc_file_mode mode, pc_error *err)
{
    const char *path = files->paths[kind];
    pc_status status = pc_output_open(path, mode, 0666, &files->outputs[kind], err);
    pc_error ignored = { .status = PC_OK };
    pc_bytes there = { .len = 0 };

    if (status != PC_E_REFUSED || pc_file_read(files->arena, path, REPORT_MOST, &there, &ignored) != PC_OK ||
        there.len == 0 || there.data[0] != '<') {
        return status;
    }
    files->there[kind] = there;
    return PC_OK;
}

pc_status pc_report_files_open(pc_report_files *files, bool force, pc_error *err)
{
    const char *const *paths = files->paths;
    pc_file_mode mode = force ? PC_FILE_REPLACE : PC_FILE_NEW;

    if (paths[PC_REPORT_JUNIT] && paths[PC_REPORT_HTML] && strcmp(paths[PC_REPORT_JUNIT], paths[PC_REPORT_HTML]) == 0) {
        return pc_fail(err, PC_E_USAGE, "--junit and --html name the same file");
    }
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        pc_status status = paths[i] ? open_one(files, i, mode, err) : PC_OK;

        if (status != PC_OK) {
            return explain(err, status, i);
        }
    }
    return PC_OK;
}

/* The files that are already on the disk when a later one fails. */
static pc_status report_written(const pc_report_files *files, size_t failed, pc_error *err, pc_status status)
{
    for (size_t i = 0; i < failed; i++) {
        if (files->paths[i]) {
            return pc_note(err, status, "the %s report is written, the %s report is not", kinds[i].name,
                           kinds[failed].name);
        }
    }
    return status;
}

/* "2026-11-29T01:33:09" */
#define MOMENT_LEN 19u

static bool is_moment(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";

    for (size_t i = 0; i < MOMENT_LEN; i++) {
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) {
            return false;
        }
    }
    return true;
}

static bool is_judged_at(const pc_check_result *result, const char *text)
{
    for (size_t i = 0; i < result->report_count; i++) {
        const char *moment = result->reports[i]->judged_at;

        if (moment && strncmp(moment, text, MOMENT_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* The length of the number in "396 days left"; 0 if there is none. */
static size_t days_left(const char *text)
{
    static const char words[] = " days left";
    const size_t len = strspn(text, "0123456789");

    return len > 0 && strncmp(text + len, words, strlen(words)) == 0 ? len : 0;
}

/* Is it the same report, except for the time of the check and the days left at that time? Both end in a NUL. */
static bool says_the_same(const pc_check_result *result, const char *made, const char *old)
{
    while (*made || *old) {
        const size_t made_days = days_left(made);
        const size_t old_days = days_left(old);

        if (made_days && old_days) {
            made += made_days;
            old += old_days;
        } else if (is_judged_at(result, made) && is_moment(old)) {
            made += MOMENT_LEN;
            old += MOMENT_LEN;
        } else if (*made++ != *old++) {
            return false;
        }
    }
    return true;
}

static pc_status refuse_other_report(const char *path, size_t kind, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED,
                  "\"%s\" exists and is not replaced: it is not the %s report of this check; no report was written",
                  path, kinds[kind].name);
    return explain(err, PC_E_REFUSED, kind);
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
        if (!files->paths[i]) {
            continue;
        }
        PC_TRY(kinds[i].make(result, host, &texts[i], &lens[i], err));
        if (!files->outputs[i] && !says_the_same(result, texts[i], (const char *)files->there[i].data)) {
            return refuse_other_report(files->paths[i], i, err);
        }
    }
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        pc_status status = files->outputs[i] ? pc_output_commit(files->outputs[i], texts[i], lens[i], err) : PC_OK;

        if (status != PC_OK) {
            return report_written(files, i, err, explain(err, status, i));
        }
        files->changed = files->changed || files->outputs[i];
    }
    return PC_OK;
}
