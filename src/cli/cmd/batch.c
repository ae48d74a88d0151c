/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `p11cert batch --json`: the lines of the manifest as they come, one JSON object a line:
 *
 *   host, label, id, spki_sha256, file, certificate, proof, half_id, unsupported_flags, conflict, left_out   texts or
 *             null
 *   warnings  of the policy "ca" about the certificate, an array of texts
 *   outcome   "made", "resumed", "kept", "issued", "bound", "failed"
 *   error     of a host that failed: status, because, hint, as in the JSON of every error; else null
 *
 * The last line is about the whole run: status, changed, stopped, counts by outcome. If the run itself failed, it is
 * that error instead.
 */
#include <p11cert/batch.h>

#include <string.h>
#include <unistd.h>

#include "base/standard_output.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/new_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"
#include "cli/print/unfinished.h"
#include "cli/terminal/progress.h"

#define EXIT_BY_SIGNAL 128 /* plus its number, as in shells */

/* The argument of the watch's callback. */
typedef struct {
    pc_progress progress;
    bool json;
    bool conflict_is_printed;
    int write_error; /* an errno; 0 if all lines were written */
} line_reporter;

static void print_conflict(line_reporter *reporter, const pc_batch_line *line)
{
    if (!line->conflict || reporter->conflict_is_printed || reporter->json || reporter->progress.is_quiet) {
        return;
    }
    reporter->conflict_is_printed = true;
    pc_progress_end(&reporter->progress);
    (void)fputs("conflict, for this host and possibly others (see the manifest):\n", stderr);
    pc_print_wrapped(stderr, 4, line->conflict);
}

static void on_line(void *context, const pc_batch_line *line, const pc_batch_tally *tally)
{
    line_reporter *reporter = context;

    print_conflict(reporter, line);
    if (reporter->json) {
        PC_AUTO(free) char *named = line->err ? pc_with_options_named(line->json) : NULL;
        int failed = pc_standard_output_line(named ? named : line->json);

        reporter->write_error = reporter->write_error ? reporter->write_error : failed;
    }
    pc_progress_line(&reporter->progress, line, tally);
}

static void on_unfinished(void *context, const pc_unfinished_signatures *unfinished)
{
    line_reporter *reporter = context;

    if (!reporter->progress.is_quiet) {
        pc_print_unfinished(stderr, *unfinished);
    }
}

static bool is_stopped(void *context)
{
    (void)context;
    return pc_progress_signal() != 0;
}

static void print_counts(const pc_batch_tally *tally, const char *what)
{
    const char *apart = ": ";

    (void)printf("%zu %s%s", tally->done, what, tally->done == 1 ? "" : "s");
    for (unsigned i = 0; i < PC_BATCH_OUTCOME_COUNT; i++) {
        if (tally->counts[i]) {
            (void)printf("%s%zu %s", apart, tally->counts[i], pc_batch_outcome_name((pc_batch_outcome)i));
            apart = ", ";
        }
    }
    (void)fputc('\n', stdout);
}

static void print_summary(const pc_batch_result *result, const char *folder, const char *what)
{
    print_counts(&result->tally, what);
    (void)fputs("recorded in ", stdout);
    pc_print_safe(stdout, folder);
    (void)printf("/" PC_BATCH_MANIFEST "\n");
    if (result->was_stopped) {
        (void)printf("stopped before the end; run the same command again to do the rest\n");
    } else if (result->worst != PC_OK) {
        (void)printf("run the same command again to retry what failed; what is done is kept\n");
    }
}

static bool has_changed(const pc_batch_tally *tally)
{
    return tally->done > tally->counts[PC_BATCH_KEPT] + tally->counts[PC_BATCH_FAILED];
}

/* Compact, like the lines before it. */
static pc_status print_last_line(pc_cli *cli, const pc_batch_result *result)
{
    json_t *counts = json_object();

    for (unsigned i = 0; i < PC_BATCH_OUTCOME_COUNT; i++) {
        (void)json_object_set_new(counts, pc_batch_outcome_name((pc_batch_outcome)i),
                                  json_integer((json_int_t)result->tally.counts[i]));
    }
    return pc_print_json_line(cli, json_pack("{s:b, s:b, s:o}", "changed", has_changed(&result->tally), "stopped",
                                             result->was_stopped, "counts", counts));
}

static pc_status conclude(pc_cli *cli, const line_reporter *reporter, const pc_batch_result *result, const char *folder,
                          const char *what)
{
    if (!reporter->json && !reporter->progress.is_quiet) {
        print_summary(result, folder, what);
    }
    if (result->was_stopped && pc_progress_signal()) {
        cli->exit_code = EXIT_BY_SIGNAL + pc_progress_signal();
    } else if (result->worst != PC_OK) {
        cli->exit_code = pc_status_exit_code(result->worst);
    }
    if (reporter->write_error) {
        cli->json = false;
        (void)pc_fail_errno(&cli->err, PC_E_IO, reporter->write_error, "cannot write standard output");
        return pc_hint(&cli->err, PC_E_IO, "only the report was lost; what the command made or changed is kept");
    }
    return reporter->json ? print_last_line(cli, result) : PC_OK;
}

/* "2/5": a share of the hosts. */
static pc_status parse_shard(pc_cli *cli, const char *text, pc_batch_order *order)
{
    static const char digits[] = "0123456789";
    size_t first = text ? strspn(text, digits) : 0;
    size_t second = first && text[first] == '/' ? strspn(text + first + 1, digits) : 0;

    if (!text) {
        return PC_OK;
    }
    bool fits = first > 0 && first < 6 && second > 0 && second < 6 && text[first + 1 + second] == '\0';

    if (!fits || sscanf(text, "%u/%u", &order->shard, &order->shard_count) != 2 || order->shard == 0 ||
        order->shard > order->shard_count) {
        return pc_fail(&cli->err, PC_E_USAGE, "--shard takes I/N, such as 1/4, with I from 1 to N");
    }
    return PC_OK;
}

static void start_reporter(line_reporter *reporter, const pc_cli *cli)
{
    *reporter = (line_reporter){ .json = cli->json };
    pc_progress_start(&reporter->progress, cli->quiet || (cli->json && !isatty(STDERR_FILENO)));
    reporter->progress.errors = cli->quiet && !cli->json ? cli->errors : NULL;
    pc_progress_catch_signals();
}

static pc_status make_all(pc_cli *cli, const pc_batch_order *order)
{
    pc_batch_result result;
    line_reporter reporter;

    start_reporter(&reporter, cli);
    const pc_batch_watch watch = {
        .on_unfinished = on_unfinished, .on_line = on_line, .is_stopped = is_stopped, .context = &reporter
    };
    pc_status status = pc_batch_run(order, &cli->access, &watch, &result, &cli->err);

    pc_progress_end(&reporter.progress);
    return status == PC_OK ? conclude(cli, &reporter, &result, order->out, "host") : status;
}

static pc_status accept_all(pc_cli *cli, const pc_batch_accept_order *order)
{
    pc_batch_result result;
    line_reporter reporter;

    start_reporter(&reporter, cli);
    const pc_batch_watch watch = { .on_line = on_line, .is_stopped = is_stopped, .context = &reporter };
    pc_status status = pc_batch_accept(order, &cli->access, &watch, &result, &cli->err);

    pc_progress_end(&reporter.progress);
    return status == PC_OK ? conclude(cli, &reporter, &result, order->folder, "certificate") : status;
}

/* --- batch accept ---------------------------------------------------------------------------- */

typedef struct {
    const char *folder;
    pc_texts chains;
    pc_many_given many;
} accept_options;

#define FIELD(field) offsetof(accept_options, field)

static const pc_option options_of_accept[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = FIELD(chains) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_many, .offset = FIELD(many) },
    PC_OPTIONS_END,
};

static pc_status run_accept(pc_cli *cli, const void *options)
{
    const accept_options *given = options;
    const pc_batch_accept_order order = { .folder = given->folder,
                                          .chains = given->chains.items,
                                          .chain_count = given->chains.count,
                                          .stop_at_failure = given->many.stop_at_failure };

    return accept_all(cli, &order);
}

static const pc_command batch_accept = {
    .verb = "batch accept",
    .summary = "bind the certificates of a folder to their keys, in one login",
    .details = "Binds every .cer, .crt, .pem, .der, .p7b and .p7c file in the folder to its key. The key is found\n"
               "by the certificate's public key; the name of the file does not matter.\n",
    .examples = "p11cert batch accept returned --chain ca.cer\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "DIR",
                    .kind = PC_OPTION_FILE,
                    .what = "the folder",
                    .offset = FIELD(folder),
                    .min = 1,
                    .max = 1 },
    .options = options_of_accept,
    .options_size = sizeof(accept_options),
    .reports = true,
    .run = run_accept,
};

static const pc_command *const subcommands_of_batch[] = { &batch_accept, NULL };

#undef FIELD

/* --- batch ----------------------------------------------------------------------------------- */

typedef struct {
    pc_batch_order order; /* the part of it in which each option fills one field */
    const char *shard;
    pc_exportable_given exportable;
    pc_local_ca_given local_ca;
    pc_many_given many;
} batch_options;

#define FIELD(field) offsetof(batch_options, field)

static const pc_option options_of_batch[] = {
    { .name = "hosts",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.hosts),
      .arg = "FILE",
      .help = "list of hosts, CSV or JSON Lines; - is standard input",
      .details = "The list of hosts; *-* is standard input." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(order.out),
      .arg = "DIR",
      .required = true,
      .help = "folder for the requests and the manifest; created if necessary",
      .details = "The folder for the requests and the manifest; created if necessary." },
    { .name = "jobs",
      .letter = 'j',
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(order.jobs),
      .min = 1,
      .max = PC_BATCH_MAX_JOBS,
      .arg = "N",
      .help = "number of keys to generate at the same time (default: as many as make it faster)",
      .details =
          "How many keys are generated at the same time, each in its own two sessions; at most 64.\n"
          "Default: the number of cores, at least 2, and then more as long as that generates more keys per\n"
          "second and the token allows the sessions: a token across a network can serve many at the same time. A\n"
          "module that cannot lock, a token that allows only one session, and an NSS database, in which\n"
          "threads would wait for each other, are used by one thread." },
    { .name = "shard",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(shard),
      .arg = "I/N",
      .help = "process only this share of the hosts, such as 2/5",
      .details = "Process only the hosts in this share. The share of a host is the first eight bytes of the\n"
                 "SHA-256 digest of its name in lower case, as a big-endian number, modulo N, plus 1. This lets\n"
                 "several machines divide one list on a token that they share, each with its own *--out*." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_key_type, .offset = FIELD(order.key_type) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_exportable, .offset = FIELD(exportable) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_local_ca, .offset = FIELD(local_ca) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_many, .offset = FIELD(many) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const batch_options *given = options;
    pc_batch_order order = given->order;
    pc_issue_order issue;
    pc_token_access issuers;

    pc_local_ca_take(cli, &given->local_ca, &issue, &issuers);
    order.issue_with = issue.ca;
    order.issue_token = issuers.token ? &issuers : NULL;
    order.ca_certificate = issue.ca_certificate;
    order.days = issue.days;
    order.profile = issue.profile;
    order.issuance_log = issue.issuance_log;
    order.known_key = issue.known_key;
    order.linters = issue.linters;
    order.exportable = pc_exportable_take(&given->exportable);
    order.stop_at_failure = given->many.stop_at_failure;
    PC_TRY(parse_shard(cli, given->shard, &order));
    return make_all(cli, &order);
}

static const char *const forms[] = { "[TEMPLATE.inf] --hosts FILE --out DIR [OPTION...]",
                                     "INFDIR --out DIR [OPTION...]", NULL };

const pc_command pc_cmd_batch = {
    .verb = "batch",
    .summary = "create keys and requests for many hosts in one login; `batch accept` binds the certificates",
    .details = "With --hosts, the file is a template for each host in the list: the subject's CN and the DNS names\n"
               "become those of the host, whose key has the FQDN as its label. Without it, each .inf file of a\n"
               "folder is a host. A list has the columns fqdn, dns, ip, label and template, of which only fqdn is\n"
               "required.\n"
               "\n"
               "A host that fails does not stop the others; the exit code is that of the first failure. If it is\n"
               "interrupted, run the command again: it keeps what is correct and creates nothing twice. Ctrl-C\n"
               "stops after the current hosts.\n",
    .examples = "p11cert batch server.inf --hosts fleet.csv --out fleet\n"
                "p11cert batch --hosts fleet.csv --issue-with \"Issuing CA\" --profile tls-server --issuance-log "
                "ca.log --out fleet\n"
                "p11cert batch accept returned --chain ca.cer\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "TEMPLATE.inf|INFDIR",
                    .kind = PC_OPTION_FILE,
                    .what = "a folder of INF files",
                    .offset = FIELD(order.source),
                    .min = 1,
                    .unless = "hosts",
                    .max = 1 },
    .options = options_of_batch,
    .options_size = sizeof(batch_options),
    .subcommands = subcommands_of_batch,
    .reports = true,
    .run = run,
};
