/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>
#include <p11cert/templates.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/colour.h"
#include "cli/print/explain_json.h"
#include "cli/options/ca_options.h"
#include "cli/print/output.h"
#include "cli/print/templates.h"

PC_AUTO_DEFINE(pc_explanation, pc_explanation, pc_explanation_free);
PC_AUTO_DEFINE(pc_inf_fixed, pc_inf_fixed, pc_inf_fixed_free);
PC_AUTO_DEFINE(pc_term, pc_term, pc_term_free);
PC_AUTO_DEFINE(pc_templates_result, pc_templates_result, pc_templates_result_free);

static const pc_colour effect_colours[] = {
    [PC_EFFECT_HONOURED] = PC_COLOUR_GOOD,
    [PC_EFFECT_MAPPED] = PC_COLOUR_OTHER,
    [PC_EFFECT_IGNORED] = PC_COLOUR_FAINT,
    [PC_EFFECT_REFUSED] = PC_COLOUR_BAD,
};

static const pc_colour severity_colours[] = {
    [PC_SEVERITY_INFO] = PC_COLOUR_OTHER,
    [PC_SEVERITY_WARNING] = PC_COLOUR_WARNING,
    [PC_SEVERITY_ERROR] = PC_COLOUR_BAD,
};

enum { INDENT = 8, DEEPER = 10 };

static void print_word(const pc_cli *cli, pc_colour colour, const char *word)
{
    (void)printf("%*s", INDENT, "");
    pc_print_state(cli, stdout, colour, 0, word);
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

/* For a refused line, the finding below it says why. */
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

static void print_line(const pc_cli *cli, const pc_explanation *explanation, size_t index, progress *done)
{
    const pc_findings *findings = &explanation->inf->findings;
    const char *text = explanation->source_lines[index];

    (void)printf("%5zu  ", index + 1);
    pc_print_safe(stdout, text);
    (void)fputc('\n', stdout);
    for (; done->directive < explanation->directive_count && explanation->directives[done->directive].line == index + 1;
         done->directive++) {
        print_directive(cli, &explanation->directives[done->directive]);
    }
    for (; done->finding < findings->count && findings->items[done->finding].line == index + 1; done->finding++) {
        print_finding(cli, &findings->items[done->finding]);
    }
}

/* Findings without a line are about the file as a whole: they come first, except for the number of findings that were
 * left out. */
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

/* Neither subject nor alternative name: `new` accepts the file only with options that add a name. */
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

/* --- a word --- */

static void print_part(const char *title, const char *text)
{
    if (text) {
        (void)printf("%s:\n", title);
        pc_print_wrapped(stdout, 4, text);
    }
}

static void print_term(const pc_term *term)
{
    static const char *const words[] = {
        [PC_TERM_EVENT] = "event",
        [PC_TERM_CA_CODE] = "code of AD CS",
        [PC_TERM_RULE] = "rule",
        [PC_TERM_FINDING] = "finding",
    };
    static const char *const pages[] = {
        [PC_TERM_RULE] = "p11cert-policy(7)",
        [PC_TERM_FINDING] = "p11cert-inf(7)",
    };

    (void)printf("%s %s: %s\n", words[term->kind], term->name, term->title);
    print_part(term->kind == PC_TERM_RULE ? "requirement" : "meaning", term->meaning);
    print_part("what to do", term->remedy);
    print_part("severity", term->severities);
    print_part("evidence", term->evidence);
    print_part("rules that detect this in advance", term->rules);
    print_part("more", pages[term->kind]);
}

static json_t *term_to_json(const pc_term *term)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", pc_term_kind_name(term->kind), "name",
                     pc_json_text(term->name), "title", pc_json_text(term->title), "meaning",
                     pc_json_text(term->meaning), "remedy", pc_json_text(term->remedy), "severities",
                     pc_json_text(term->severities), "evidence", pc_json_text(term->evidence), "rules",
                     pc_json_text(term->rules));
}

static pc_status explain_word(pc_cli *cli, const char *word)
{
    PC_AUTO(pc_term) pc_term *term = NULL;

    PC_TRY(pc_explain_term(word, &term, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, term_to_json(term));
    }
    print_term(term);
    return PC_OK;
}

/* --- a file that is written --- */

#define EXIT_STILL_REFUSED 1 /* the file is written, but is not fit for use */

typedef struct {
    const char *file;
    const char *fix;
    const char *write;
    const char *fqdn;
    const char *out;
    bool force;
    const char *template_name;
    pc_ca_given ca;
} explain_options;

static json_t *fixed_to_json(const pc_inf_fixed *fixed, const char *out, bool changed)
{
    return json_pack("{s:o, s:b, s:o, s:o, s:b}", "out", pc_json_text(out), "changed", changed, "fixed",
                     pc_json_texts(fixed->fixed, fixed->fixed_count), "left",
                     pc_json_texts(fixed->left, fixed->left_count), "accepted", fixed->is_accepted);
}

static void print_sentences(FILE *out, const char *title, const char *const *sentences, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s ", title);
        pc_print_safe(out, sentences[i]);
        (void)fputc('\n', out);
    }
}

static void print_fixed(FILE *out, const pc_inf_fixed *fixed, const char *path, bool changed)
{
    print_sentences(out, "fixed:", fixed->fixed, fixed->fixed_count);
    print_sentences(out, "left: ", fixed->left, fixed->left_count);
    (void)fprintf(out, "%s ", changed ? "written:" : "already exists with this content:");
    pc_print_safe(out, path);
    (void)fprintf(out, "\n`p11cert new` %s\n",
                  fixed->is_accepted ? "accepts it" : "still refuses it: what is left needs your decision");
}

static pc_status write_file(pc_cli *cli, const pc_inf_fixed *fixed, const char *path, bool force)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    FILE *out = strcmp(path, "-") == 0 ? stderr : stdout;

    PC_TRY(pc_output_open(path, force ? PC_FILE_REPLACE : PC_FILE_SAME, 0644, &output, &cli->err));
    PC_TRY(pc_output_commit(output, fixed->bytes.data, fixed->bytes.len, &cli->err));
    const bool changed = !pc_output_is_unchanged(output);

    cli->exit_code = fixed->is_accepted ? 0 : EXIT_STILL_REFUSED;
    if (cli->json) {
        return pc_print_json(cli, fixed_to_json(fixed, path, changed));
    }
    print_fixed(out, fixed, path, changed);
    return PC_OK;
}

static pc_status fix(pc_cli *cli, const explain_options *given)
{
    PC_AUTO(pc_inf_fixed) pc_inf_fixed *fixed = NULL;

    PC_TRY(pc_explain_fix(given->file, &fixed, &cli->err));
    return write_file(cli, fixed, given->fix, given->force);
}

static pc_status write_inf(pc_cli *cli, const explain_options *given)
{
    PC_AUTO(pc_inf_fixed) pc_inf_fixed *written = NULL;

    PC_TRY(pc_explain_write(given->write, given->fqdn, &written, &cli->err));
    return write_file(cli, written, given->out, given->force);
}

/* Whether the CA's template can be satisfied by the request of the file. */
static pc_status ask_for_template(pc_cli *cli, const explain_options *given, const pc_explanation *explanation,
                                  pc_templates_result **ret_result)
{
    pc_ca_access ca;
    const pc_templates_order order = { .ca = &ca,
                                       .template_name = given->template_name,
                                       .request = explanation->request };

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    if (ca.client_key) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "a client certificate requires a token, and this verb uses none");
        return pc_hint(&cli->err, PC_E_USAGE, "`p11cert templates` takes `client_key`");
    }
    if (!order.request) {
        return pc_fail(&cli->err, PC_E_INPUT, "\"%s\" describes no request that a template could fit", given->file);
    }
    PC_TRY(pc_templates_run(&order, &cli->access, ret_result, &cli->err));
    for (size_t i = 0; i < (*ret_result)->count; i++) {
        cli->exit_code = (*ret_result)->items[i].verdict == PC_TEMPLATE_REFUSED ? 1 : cli->exit_code;
    }
    return PC_OK;
}

static pc_status explain_file(pc_cli *cli, const explain_options *given)
{
    PC_AUTO(pc_explanation) pc_explanation *explanation = NULL;
    PC_AUTO(pc_templates_result) pc_templates_result *templates = NULL;

    PC_TRY(pc_explain_file(given->file, &explanation, &cli->err));
    if (given->template_name) {
        PC_TRY(ask_for_template(cli, given, explanation, &templates));
    }
    if (cli->json) {
        json_t *root = pc_json_explanation(explanation);

        (void)(templates && json_object_set_new(root, "templates", pc_templates_to_json(templates)));
        return pc_print_json(cli, root);
    }
    print_explanation(cli, explanation);
    if (templates) {
        pc_templates_print(cli, templates);
    }
    return PC_OK;
}

/* A file with that name takes precedence; if it cannot be examined, the code that reads it reports that. */
static bool is_word(const char *text)
{
    struct stat info;

    return pc_term_recognise(text) && stat(text, &info) != 0 &&
           (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG);
}

#define FIELD(field) offsetof(explain_options, field)

static const char *const profiles[] = { "scom", NULL };

static const pc_option options_of_explain[] = {
    { .name = "fix",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(fix),
      .arg = "OUT.inf",
      .excludes = { "write" },
      .help = "write a corrected copy of the file; - is standard output",
      .details =
          "Write a copy of the file in which every warning and error that a program can fix is fixed, and say which\n"
          "were. Comments, order and all other lines stay as they are. If *p11cert new* still refuses the file,\n"
          "because something is left that only its author can decide, the exit code is 1." },
    { .name = "write",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(write),
      .arg = "KIND",
      .choices = profiles,
      .needs = { "fqdn" },
      .help = "write an INF file for a computer: scom; needs --fqdn and --out",
      .details = "Write an INF file for a computer (*--fqdn*) to *--out*. The only kind is _scom_: a file without\n"
                 "findings for Operations Manager." },
    { .name = "fqdn",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(fqdn),
      .arg = "NAME",
      .needs = { "write" },
      .help = "the computer's name in DNS, for --write",
      .details = "The computer's name in DNS, for *--write*." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE.inf",
      .by_default = "-",
      .needs = { "write" },
      .help = "the file for --write; - is standard output",
      .details = "The file for *--write*; *-* is standard output." },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(force),
      .needs = { "fix", "write" },
      .help = "replace the output file if it exists",
      .details = "Replace the output file if it exists. Without this option, a file with the same content is left\n"
                 "unchanged, and any other is refused." },
    { .name = "template",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(template_name),
      .arg = "NAME",
      .needs = { "ca" },
      .excludes = { "fix", "write" },
      .help = "also say whether this template of --ca fits the file: its name or display name",
      .details =
          "Ask the enrolment policy service (_.../service.svc/CEP_) at *--ca* for this template, and say whether\n"
          "the request of the file satisfies it, as *p11cert-templates*(1) does. Exit code 1 if it does not." },
    { .name = "Reaching the CA:",
      .kind = PC_OPTION_GROUP,
      .group = pc_options_ca,
      .offset = FIELD(ca),
      .needs = { "template" },
      .excludes = { "fix", "write" } },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    explain_options given = *(const explain_options *)options;

    if (given.write) {
        given.out = given.out ? given.out : "-";
        return write_inf(cli, &given);
    }
    if (given.fix) {
        return fix(cli, &given);
    }
    return is_word(given.file) ? explain_word(cli, given.file) : explain_file(cli, &given);
}

static const char *const forms[] = { "FILE.inf [--fix OUT.inf] [OPTION...]",
                                     "FILE.inf --template NAME --ca URL [OPTION...]",
                                     "EVENT|CODE|RULE|FINDING [OPTION...]",
                                     "--write scom --fqdn NAME [--out FILE.inf] [OPTION...]", NULL };

const pc_command pc_cmd_explain = {
    .verb = "explain",
    .summary = "explain line by line what an INF file does here, and what is wrong with it",
    .details = "No token is needed or used. Each line is honoured (handled as certreq does), mapped (done by other\n"
               "means), ignored (with the reason) or refused (`new` would not accept the file). Findings are printed\n"
               "below the line they concern, with the fix.\n\n"
               "The number of an Operations Manager event, a code of AD CS, and the id of a rule or of a finding are\n"
               "explained too.\n",
    .examples = "p11cert explain server.inf\n"
                "p11cert explain server.inf --fix fixed.inf\n"
                "p11cert explain --write scom --fqdn server.contoso.com --out server.inf\n"
                "p11cert explain server.inf --template WebServer --ca "
                "https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n"
                "p11cert explain 20071\n"
                "p11cert explain 0x80094800\n"
                "p11cert explain EXP-3\n"
                "p11cert explain inf.unknown-key\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_NOTHING,
    .positional = { .name = "FILE.inf",
                    .kind = PC_OPTION_FILE,
                    .what = "the INF file",
                    .offset = FIELD(file),
                    .min = 1,
                    .unless = "write",
                    .excludes = "write",
                    .max = 1 },
    .options = options_of_explain,
    .options_size = sizeof(explain_options),
    .run = run,
};
