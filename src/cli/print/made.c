/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/made.h"

#include <string.h>

#include "cli/print/output.h"

static const struct {
    const char *name;
    const char *sentence;
} origins[] = {
    [PC_NEW_KEY_MADE] = { "made", "created on" },
    [PC_NEW_KEY_RESUMED] = { "resumed", "reused from an earlier run (it has no certificate), on" },
    [PC_NEW_KEY_NAMED] = { "named", "is on" },
};

/* Printed before a key exists, on standard error. */
void pc_made_print_plan(const pc_new_plan *plan)
{
    if (plan->inf) {
        pc_print_findings(stderr, plan->inf->file, &plan->inf->findings);
    }
    if (plan->conflict) {
        (void)fputs("conflict:\n", stderr);
        pc_print_wrapped(stderr, 4, plan->conflict);
        (void)fputs("  options:\n", stderr);
        pc_print_wrapped(stderr, 4, plan->options);
    }
}

void pc_made_print(FILE *out, const pc_new_plan *plan, const pc_new_result *result)
{
    (void)fputs("key \"", out);
    pc_print_safe(out, result->key.label);
    (void)fprintf(out, "\" (%s, %s) %s token \"", result->key_kind,
                  pc_exportable_words(result->key.flags[PC_KEY_EXTRACTABLE]),
                  result->changed ? origins[result->origin].sentence : "is on");
    pc_print_safe(out, result->token);
    (void)fputs("\"\n", out);
    if (!result->changed) {
        (void)fputs("nothing was changed: the request for it is in ", out);
        pc_print_safe(out, result->out);
        (void)fprintf(out, "\n    public key SHA-256: %s\n", result->spki_sha256);
        return;
    }
    if (result->origin != PC_NEW_KEY_NAMED) {
        (void)fputs("    because: ", out);
        pc_print_safe(out, plan->because);
        (void)fputc('\n', out);
    }
    if (result->proof) {
        (void)fprintf(out, "    proof:   %s\n", result->proof);
    }
    if (*result->unsupported_flags) {
        (void)fprintf(out, "    the token does not accept: %s\n", result->unsupported_flags);
    }
    if (*result->key_tolerated) {
        (void)fprintf(out, "    the token reports: %s; tolerated as requested\n", result->key_tolerated);
    }
    if (result->conflict) {
        (void)fprintf(stderr, "conflict: %s\n", result->conflict);
    }
    (void)fputs("request signed by the token, verified, and written to ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fprintf(out, "\n    public key SHA-256: %s\n", result->spki_sha256);
}

json_t *pc_made_findings(const pc_new_plan *plan)
{
    static const pc_findings none = { .count = 0 };

    return pc_json_findings(plan->inf ? &plan->inf->findings : &none);
}

json_t *pc_made_to_json(const pc_new_plan *plan, const pc_new_result *result)
{
    json_t *key = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "label", pc_json_text(result->key.label), "kind",
                            result->key_kind, "origin", origins[result->origin].name, "flags",
                            pc_json_key_flags(&result->key), "proof", pc_json_text(result->proof), "unsupported_flags",
                            pc_json_text(result->unsupported_flags), "tolerated", pc_json_text(result->key_tolerated));

    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "token", pc_json_text(result->token), "changed",
                     result->changed, "key", key, "request", pc_json_text(result->out), "spki_sha256",
                     pc_json_text(result->spki_sha256), "because",
                     result->origin == PC_NEW_KEY_NAMED ? json_null() : pc_json_text(plan->because), "options",
                     pc_json_text(plan->options), "conflict",
                     pc_json_text(plan->conflict ? plan->conflict : result->conflict), "findings",
                     pc_made_findings(plan));
}
