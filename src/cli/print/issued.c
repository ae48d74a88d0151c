/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/issued.h"

#include <string.h>

#include "cli/print/output.h"
#include "cli/print/unfinished.h"

static void print_ca(FILE *out, const pc_issue_result *result)
{
    (void)fputs(result->key_was_there ? "CA key \"" : "CA key created: \"", out);
    pc_print_safe(out, result->ca_label);
    (void)fputs("\" on token \"", out);
    pc_print_safe(out, result->token);
    (void)fprintf(out, "\", not exportable\n");
    if (result->proof) {
        (void)fprintf(out, "    proof:   %s\n", result->proof);
    }
    (void)fprintf(out, "    its certificate is %s the key, CKA_ID %s\n",
                  result->was_there ? "already bound to" : "bound to", result->certificate.id);
}

void pc_issued_print(const pc_issue_result *result, bool self_signed)
{
    FILE *out = strcmp(result->out, "-") == 0 ? stderr : stdout;
    const pc_bound_certificate *certificate = &result->certificate;

    if (self_signed) {
        print_ca(out, result);
    }
    (void)fprintf(out, "certificate %s ", result->was_there || !result->changed ? "of" : "issued to");
    (void)fprintf(out, "%s\n    by %s\n    serial %s, valid until %.10s\n", certificate->subject, certificate->issuer,
                  certificate->serial, certificate->not_after);
    if (result->profile) {
        (void)fputs("    with the profile ", out);
        pc_print_safe(out, result->profile);
        (void)fputc('\n', out);
    }
    if (result->added_usage) {
        (void)fprintf(out, "    the request specified no usage: TLS server and client were added\n");
    }
    if (*result->left_out) {
        (void)fprintf(out, "    requested but not included: %s\n", result->left_out);
    }
    if (result->clamped) {
        (void)fprintf(out, "    validity shorter than requested: %s\n", result->clamped);
    }
    for (size_t i = 0; i < result->linter_run_count; i++) {
        (void)fputs("    checked by ", out);
        pc_print_safe(out, result->linter_runs[i].command);
        (void)fputs(": exit code 0\n", out);
    }
    for (size_t i = 0; i < result->warnings.count; i++) {
        (void)fputs("    warning: ", out);
        pc_print_after(out, 13, 8, result->warnings.items[i]);
    }
    (void)fputs(result->changed ? "written to " : "nothing was changed: the certificate is in ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fputc('\n', out);
}

static json_t *linters_to_json(const pc_issue_result *result)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < result->linter_run_count; i++) {
        (void)json_array_append_new(runs, json_pack("{s:o, s:i, s:o}", "command",
                                                    pc_json_text(result->linter_runs[i].command), "exit_code",
                                                    result->linter_runs[i].exit_code, "output",
                                                    pc_json_text(result->linter_runs[i].output)));
    }
    return runs;
}

json_t *pc_issued_to_json(const pc_issue_result *result, bool self_signed)
{
    const pc_bound_certificate *certificate = &result->certificate;
    json_t *issued = json_pack("{s:o, s:o, s:o, s:o}", "subject", pc_json_text(certificate->subject), "issuer",
                               pc_json_text(certificate->issuer), "serial", pc_json_text(certificate->serial),
                               "not_after", pc_json_text(certificate->not_after));

    return json_pack("{s:o, s:b, s:o, s:o, s:b, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "certificate", issued,
                     "changed", result->changed, "ca_key", pc_json_text(result->ca_label), "token",
                     pc_json_text(result->token), "self_signed", self_signed, "was_there", result->was_there, "profile",
                     pc_json_text(result->profile), "added_usage", result->added_usage, "left_out",
                     pc_json_text(result->left_out), "clamped", pc_json_text(result->clamped), "warnings",
                     pc_json_texts(result->warnings.items, result->warnings.count), "linters", linters_to_json(result),
                     "unfinished", pc_unfinished_to_json(result->unfinished), "out", pc_json_text(result->out));
}
