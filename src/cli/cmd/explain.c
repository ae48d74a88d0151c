/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/explain_json.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_explanation, pc_explanation, pc_explanation_free);

#define PLAIN "\033[0m"

static const char *const effect_colours[] = {
    [PC_EFFECT_HONOURED] = "\033[32m",
    [PC_EFFECT_MAPPED] = "\033[36m",
    [PC_EFFECT_IGNORED] = "\033[2m",
    [PC_EFFECT_REFUSED] = "\033[1;31m",
};

static const char *const severity_colours[] = {
    [PC_SEVERITY_INFO] = "\033[36m",
    [PC_SEVERITY_WARNING] = "\033[33m",
    [PC_SEVERITY_ERROR] = "\033[1;31m",
};

enum { INDENT = 8, DEEPER = 10 };

static void print_word(const pc_cli *cli, const char *colour, const char *word)
{
    (void)printf("%*s%s%s%s", INDENT, "", cli->colour ? colour : "", word, cli->colour ? PLAIN : "");
}

static void print_finding(const pc_cli *cli, const pc_finding *finding)
{
    print_word(cli, severity_colours[finding->severity], pc_severity_name(finding->severity));
    (void)printf(" [%s]\n", finding->id);
    pc_print_wrapped(stdout, DEEPER, finding->message);
    if (finding->fix) {
        (void)printf("%*sfix: ", DEEPER, "");
        pc_print_safe(stdout, finding->fix);
        (void)fputc('\n', stdout);
    }
}

/* What is refused says why in the finding below it. */
static void print_directive(const pc_cli *cli, const pc_directive *directive)
{
    print_word(cli, effect_colours[directive->effect], pc_effect_name(directive->effect));
    if (directive->effect == PC_EFFECT_REFUSED) {
        (void)printf("\n");
        return;
    }
    (void)printf(": ");
    pc_print_safe(stdout, directive->note);
    (void)fputc('\n', stdout);
}

/* How far each list has been printed; both are in the order of the file's lines. */
typedef struct {
    size_t directive;
    size_t finding;
} progress;

static void print_line(const pc_cli *cli, const pc_explanation *explanation, size_t at, progress *done)
{
    const pc_findings *findings = &explanation->inf->findings;
    const char *text = explanation->source_lines[at];

    (void)printf("%5zu  ", at + 1);
    pc_print_safe(stdout, text);
    (void)fputc('\n', stdout);
    for (; done->directive < explanation->directive_count && explanation->directives[done->directive].line == at + 1;
         done->directive++) {
        print_directive(cli, &explanation->directives[done->directive]);
    }
    for (; done->finding < findings->count && findings->items[done->finding].line == at + 1; done->finding++) {
        print_finding(cli, &findings->items[done->finding]);
    }
}

/* Findings without a line are about the file as a whole: they come first, but for the count of what is left out. */
static void print_unplaced(const pc_cli *cli, const pc_findings *findings, progress *done)
{
    for (; done->finding < findings->count && findings->items[done->finding].line == 0; done->finding++) {
        print_finding(cli, &findings->items[done->finding]);
    }
}

static const char *kind_words(const pc_explanation *explanation)
{
    static const char *const words[] = {
        [PC_INF_REQUEST] = "a certificate request",
        [PC_INF_CA_POLICY] = "a CAPolicy.inf or policy file, for a CA",
        [PC_INF_NONE] = "not a certificate request",
    };

    return words[explanation->kind];
}

/* Neither subject nor alternative name: `new` takes the file, but not by itself. */
static bool names_nobody(const pc_explanation *explanation)
{
    return explanation->request && explanation->request->subject.count == 0 &&
           explanation->request->alt_name_count == 0;
}

static void print_counts(const pc_explanation *explanation)
{
    static const struct {
        pc_severity severity;
        const char *word;
        const char *behind;
    } rows[] = {
        { PC_SEVERITY_ERROR, "error", ", " },
        { PC_SEVERITY_WARNING, "warning", ", " },
        { PC_SEVERITY_INFO, "note", ": " },
    };
    const pc_findings *findings = &explanation->inf->findings;

    (void)fputc('\n', stdout);
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        size_t count = 0;

        for (size_t j = 0; j < findings->count; j++) {
            count += findings->items[j].severity == rows[i].severity;
        }
        (void)printf("%zu %s%s%s", count, rows[i].word, count == 1 ? "" : "s", rows[i].behind);
    }
    (void)printf("`p11cert new` %s this file\n", pc_inf_first_error(explanation->inf) ? "refuses"
                                                 : names_nobody(explanation)
                                                     ? "requires --subject or a name option with"
                                                     : "accepts");
}

static void print_explanation(const pc_cli *cli, const pc_explanation *explanation)
{
    progress done = { .directive = 0 };

    pc_print_safe(stdout, explanation->inf->file);
    (void)printf(": %s, %s\n\n", kind_words(explanation), explanation->inf->encoding);
    print_unplaced(cli, &explanation->inf->findings, &done);
    for (size_t i = 0; i < explanation->source_line_count; i++) {
        print_line(cli, explanation, i, &done);
    }
    print_unplaced(cli, &explanation->inf->findings, &done);
    print_counts(explanation);
}

typedef struct {
    const char *file;
} explain_options;

static pc_status run(pc_cli *cli, const void *options)
{
    const explain_options *given = options;
    PC_AUTO(pc_explanation) pc_explanation *explanation = NULL;

    PC_TRY(pc_explain_file(given->file, &explanation, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_json_explanation(explanation));
    }
    print_explanation(cli, explanation);
    return PC_OK;
}

const pc_command pc_cmd_explain = {
    .verb = "explain",
    .summary = "explain line by line what an INF file does here, and what is wrong with it",
    .details = "No token is needed or used. Each line is honoured (handled as certreq does), mapped (done by other\n"
               "means), ignored (with the reason) or refused (`new` would not accept the file). Findings are\n"
               "printed below the line they concern, with the fix.\n",
    .examples = "p11cert explain server.inf\n"
                "p11cert explain server.inf --json | jq .findings\n",
    .needs = PC_COMMAND_NEEDS_NOTHING,
    .positional = { .name = "FILE.inf",
                    .kind = PC_OPTION_FILE,
                    .what = "the INF file",
                    .offset = offsetof(explain_options, file),
                    .min = 1,
                    .max = 1 },
    .options_size = sizeof(explain_options),
    .run = run,
};
