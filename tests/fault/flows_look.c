/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that only read: list, tokens, doctor, check. Their output under a fault is compared with that without a
 * fault. */
#include <p11cert/check.h>
#include <p11cert/doctor.h>
#include <p11cert/list.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "flows.h"
#include "must.h"
#include "scene.h"

#define SAID "said" /* a file, of which each run has its own: a line for each reported fact */

PC_PRINTF(2, 3)
static void say(FILE *file, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    MUST(vfprintf(file, format, args) > 0 && fputc('\n', file) == '\n');
    va_end(args);
}

static FILE *begin_saying(const token_store *store)
{
    char path[128];
    FILE *file = fopen(token_store_path(store, SAID, path), "we");

    MUST(file);
    return file;
}

static void read_said(const token_store *store, char out[static 8192])
{
    char path[128];
    FILE *file = fopen(token_store_path(store, SAID, path), "re");
    size_t len = file ? fread(out, 1, 8191, file) : 0;

    out[len] = '\0';
    if (file) {
        (void)fclose(file);
    }
}

/* The output of the run without faults is in the reference. */
static const char *judge_same(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    static char wanted[8192];
    static char got[8192];

    read_said(reference, wanted);
    read_said(store, got);
    if (outcome->killed || outcome->status != PC_OK || strcmp(wanted, got) == 0) {
        return NULL;
    }
    (void)fprintf(stderr, "it says:\n%sinstead of:\n%s", got, wanted);
    return "it reports what is not so";
}

/* Fewer things may be reported as ok, but nothing that is not ok without a fault. */
static const char *judge_subset(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    static char wanted[8192];
    static char got[8192];
    char *rest = NULL;

    read_said(reference, wanted);
    read_said(store, got);
    for (const char *line = strtok_r(got, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (!outcome->killed && outcome->status == PC_OK && !strstr(wanted, line)) {
            (void)fprintf(stderr, "it says: %s\n", line);
            return "it says that something is well which is not";
        }
    }
    return NULL;
}

/* --- list --- */

static pc_status run_list(const token_store *reference, const token_store *store, const char *module, bool again,
                          pc_error *err)
{
    pc_list_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, "t");
    pc_status status = pc_list_run(NULL, &access, &result, err);

    (void)reference;
    (void)again;
    if (status == PC_OK) {
        FILE *file = begin_saying(store);

        for (size_t i = 0; i < result->key_count; i++) {
            say(file, "key %s %s %s, %zu certificates", result->keys[i].kind, result->keys[i].id,
                result->keys[i].spki_sha256, result->keys[i].certificate_count);
        }
        say(file, "%zu others, %zu pending", result->other_count, result->pending_count);
        MUST(fclose(file) == 0);
    }
    pc_list_result_free(result);
    return status;
}

static void prepare_list(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    flow_issue.prepare(store);
    MUST(run_list(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

const flow flow_list = {
    .name = "list",
    .runs = 400,
    .prepare = prepare_list,
    .run = run_list,
    .judge = judge_same,
    .without_lies = true,
};

/* --- tokens --- */

static pc_status run_tokens(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    pc_tokens_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, NULL);
    pc_status status = pc_tokens_run(&access, &result, err);

    (void)reference;
    (void)again;
    if (status == PC_OK) {
        FILE *file = begin_saying(store);

        for (size_t i = 0; i < result->modules[0].token_count; i++) {
            say(file, "token %s %s", result->modules[0].tokens[i].label, result->modules[0].tokens[i].serial);
        }
        if (!result->modules[0].problem) {
            say(file, "no problem");
        }
        MUST(fclose(file) == 0);
    }
    pc_tokens_result_free(result);
    return status;
}

static void prepare_tokens(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    MUST(run_tokens(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

/* A slot that cannot be read is left out, and named as a problem. */
static const char *judge_tokens(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    static char got[8192];

    read_said(store, got);
    return strstr(got, "no problem") ? judge_same(reference, store, outcome) : judge_subset(reference, store, outcome);
}

const flow flow_tokens = {
    .name = "tokens",
    .runs = 100,
    .prepare = prepare_tokens,
    .run = run_tokens,
    .judge = judge_tokens,
    .without_lies = true,
};

/* --- doctor --- */

static pc_status run_doctor(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    pc_doctor_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, "t");
    pc_status status = pc_doctor_run(&(pc_doctor_order){ .with_login = true }, &access, &result, err);

    (void)reference;
    (void)again;
    if (status == PC_OK) {
        FILE *file = begin_saying(store);

        for (size_t i = 0; i < result->count; i++) {
            if (result->items[i].is_ok) {
                say(file, "%s is well", result->items[i].id);
            }
        }
        MUST(fclose(file) == 0);
    }
    pc_doctor_result_free(result);
    return status;
}

static void prepare_doctor(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    flow_repair.prepare(store);
    MUST(run_doctor(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

const flow flow_doctor = {
    .name = "doctor",
    .runs = 300,
    .prepare = prepare_doctor,
    .run = run_doctor,
    .judge = judge_subset,
    .without_lies = true,
};

/* --- check --probe --- */

static pc_status run_check(const token_store *reference, const token_store *store, const char *module, bool again,
                           pc_error *err)
{
    pc_check_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_check_order order = { .key = "ca", .policy = { .policy = "hsm" }, .probe = true };
    pc_status status = pc_check_run(&order, &access, &result, err);

    (void)reference;
    (void)again;
    if (status == PC_OK) {
        FILE *file = begin_saying(store);
        const pc_report *report = result->reports[0];

        for (size_t i = 0; i < report->rule_count; i++) {
            if (report->rules[i].verdict == PC_VERDICT_PASS) {
                say(file, "%s passes", report->rules[i].id);
            }
        }
        MUST(fclose(file) == 0);
    }
    pc_check_result_free(result);
    return status;
}

static void prepare_check(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    flow_issue.prepare(store);
    MUST(run_check(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

const flow flow_check = {
    .name = "check, with a probe",
    .runs = 500,
    .prepare = prepare_check,
    .run = run_check,
    .judge = judge_subset,
};
