/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `p11cert batch --json`: the lines of the manifest as they come, one JSON object a line:
 *
 *   host, label, id, spki_sha256, file, certificate, proof, half_id, not_held, conflict   texts or
 *             null
 *   outcome   "made", "resumed", "kept", "issued", "bound", "failed"
 *   error     of a host that failed: status, because, hint, as in the JSON of every error; else null
 */
#include <p11cert/batch.h>

#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/print/output.h"
#include "cli/terminal/progress.h"

#define EXIT_BY_SIGNAL 128 /* plus its number, as shells have it */

/* What the watch is told of, and needs. */
typedef struct {
    pc_progress progress;
    bool json;
    bool told_conflict;
} telling;

static void tell_conflict(telling *to, const pc_batch_line *line)
{
    if (!line->conflict || to->told_conflict || to->json || to->progress.is_quiet) {
        return;
    }
    to->told_conflict = true;
    pc_progress_end(&to->progress);
    (void)fputs("conflict, of this host and perhaps of others (the manifest says of which):\n", stderr);
    pc_print_wrapped(stderr, 4, line->conflict);
}

static void on_line(void *context, const pc_batch_line *line, const pc_batch_tally *tally)
{
    telling *to = context;

    tell_conflict(to, line);
    if (to->json) {
        (void)puts(line->json);
        (void)fflush(stdout);
    }
    pc_progress_line(&to->progress, line, tally);
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
        (void)printf("stopped before the end; the same command goes on with what is left\n");
    } else if (result->worst != PC_OK) {
        (void)printf("the same command tries again what failed, and keeps what is there\n");
    }
}

static void conclude(const telling *to, const pc_batch_result *result, const char *folder, const char *what,
                     int *ret_exit)
{
    if (!to->json && !to->progress.is_quiet) {
        print_summary(result, folder, what);
    }
    if (result->was_stopped && pc_progress_signal()) {
        *ret_exit = EXIT_BY_SIGNAL + pc_progress_signal();
    } else if (result->worst != PC_OK) {
        *ret_exit = pc_status_exit_code(result->worst);
    }
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
        return pc_fail(&cli->err, PC_E_USAGE, "--shard wants I/N, such as 1/4, with I from 1 to N");
    }
    return PC_OK;
}

static pc_status check_numbers(pc_cli *cli, int jobs, int days)
{
    if (jobs < 0 || jobs > (int)PC_BATCH_MAX_JOBS) {
        return pc_fail(&cli->err, PC_E_USAGE, "--jobs is at most %u", PC_BATCH_MAX_JOBS);
    }
    if (days < 0 || days > 36500) {
        return pc_fail(&cli->err, PC_E_USAGE, "--days is at most 36500");
    }
    return PC_OK;
}

static pc_status check_words(pc_cli *cli, const pc_words *words, const pc_batch_order *order)
{
    if (words->count > 1) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "there is one word too many");
        return pc_hint(&cli->err, PC_E_USAGE,
                       "p11cert batch [TEMPLATE.inf] --hosts FILE --out DIR, or p11cert batch INFDIR "
                       "--out DIR, or p11cert batch accept DIR");
    }
    if (!order->issue_with && (order->ca_certificate || order->days)) {
        return pc_fail(&cli->err, PC_E_USAGE, "--ca-cert and --days are for --issue-with");
    }
    if (!order->out) {
        return pc_fail(&cli->err, PC_E_USAGE, "say where the requests go: --out DIR");
    }
    if (!order->hosts && !order->source) {
        return pc_fail(&cli->err, PC_E_USAGE, "name a folder of INF files, or a list of hosts with --hosts");
    }
    return PC_OK;
}

static void start_telling(telling *to, const pc_cli *cli, bool is_quiet)
{
    *to = (telling){ .json = cli->json };
    pc_progress_start(&to->progress, is_quiet || (cli->json && !isatty(STDERR_FILENO)));
    pc_progress_catch_signals();
}

static pc_status run_batch(pc_cli *cli, const pc_batch_order *order, bool is_quiet, int *ret_exit)
{
    pc_batch_result result;
    telling to;

    start_telling(&to, cli, is_quiet);
    const pc_batch_watch watch = { .on_line = on_line, .is_stopped = is_stopped, .context = &to };
    pc_status status = pc_batch_run(order, &cli->access, &watch, &result, &cli->err);

    pc_progress_end(&to.progress);
    if (status == PC_OK) {
        conclude(&to, &result, order->out, "host", ret_exit);
    }
    return status;
}

static pc_status run_accept(pc_cli *cli, const pc_batch_accept_order *order, bool is_quiet, int *ret_exit)
{
    pc_batch_result result;
    telling to;

    start_telling(&to, cli, is_quiet);
    const pc_batch_watch watch = { .on_line = on_line, .is_stopped = is_stopped, .context = &to };
    pc_status status = pc_batch_accept(order, &cli->access, &watch, &result, &cli->err);

    pc_progress_end(&to.progress);
    if (status == PC_OK) {
        conclude(&to, &result, order->folder, "certificate", ret_exit);
    }
    return status;
}

static size_t count_texts(char **texts)
{
    size_t count = 0;

    while (texts && texts[count]) {
        count++;
    }
    return count;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *hosts = NULL, *out = NULL, *key_type = NULL, *issue_with = NULL, *ca_certificate = NULL, *shard = NULL;
    char **chains = NULL;
    int exportable = 0, non_exportable = 0, jobs = 0, days = 0, quiet = 0, keep_going = 0, stop = 0;
    struct poptOption options[] = {
        { "hosts", '\0', POPT_ARG_STRING, &hosts, 0, "list of hosts, CSV or JSON Lines; - is standard input", "FILE" },
        { "out", 'o', POPT_ARG_STRING, &out, 0, "folder for requests and manifest; made if it is not there", "DIR" },
        { "jobs", 'j', POPT_ARG_INT, &jobs, 0, "keys made at the same time (else what cores and token bear)", "N" },
        { "shard", '\0', POPT_ARG_STRING, &shard, 0, "only this share of the hosts, such as 2/5", "I/N" },
        { "key-type", '\0', POPT_ARG_STRING, &key_type, 0,
          "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384 or ec-p521; replaces the template's", "TYPE" },
        { "exportable", '\0', POPT_ARG_NONE, &exportable, 0, "the keys may leave the token, wrapped", NULL },
        { "non-exportable", '\0', POPT_ARG_NONE, &non_exportable, 0, "the keys never leave the token", NULL },
        { "issue-with", '\0', POPT_ARG_STRING, &issue_with, 0, "issue and bind too, by this CA key on the same token",
          "LABEL|URI" },
        { "ca-cert", '\0', POPT_ARG_STRING, &ca_certificate, 0, "the CA's certificate (else the one bound to its key)",
          "FILE" },
        { "days", '\0', POPT_ARG_INT, &days, 0, "validity of what is issued (default 397)", "N" },
        { "chain", '\0', POPT_ARG_ARGV, &chains, 0, "accept: file with issuers' certificates (may be repeated)",
          "FILE" },
        { "keep-going", '\0', POPT_ARG_NONE, &keep_going, 0, "go on after a host that fails; this is the default",
          NULL },
        { "stop-at-failure", '\0', POPT_ARG_NONE, &stop, 0, "end at the first host that fails", NULL },
        { "quiet", 'q', POPT_ARG_NONE, &quiet, 0, "say nothing but why the whole run fails", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };

    PC_TRY(pc_cli_parse(cli, &pc_cmd_batch, argc, argv, options, 2, &words));
    if (cli->help) {
        return PC_OK;
    }
    if ((exportable && non_exportable) || (keep_going && stop)) {
        return pc_fail(&cli->err, PC_E_USAGE, "%s exclude each other",
                       exportable ? "--exportable and --non-exportable" : "--keep-going and --stop-at-failure");
    }
    PC_TRY(check_numbers(cli, jobs, days));
    if (words.count == 2 && strcmp(words.words[0], "accept") == 0) {
        const pc_batch_accept_order accept = { .folder = words.words[1],
                                               .chains = (const char *const *)chains,
                                               .chain_count = count_texts(chains),
                                               .stop_at_failure = stop != 0 };

        return run_accept(cli, &accept, quiet != 0, ret_exit);
    }
    pc_batch_order order = {
        .source = words.words[0],
        .hosts = hosts,
        .out = out,
        .key_type = key_type,
        .issue_with = issue_with,
        .ca_certificate = ca_certificate,
        .days = (unsigned)days,
        .jobs = (unsigned)jobs,
        .stop_at_failure = stop != 0,
        .exportable = exportable       ? PC_WISH_YES
                      : non_exportable ? PC_WISH_NO
                                       : PC_WISH_SILENT,
    };

    PC_TRY(parse_shard(cli, shard, &order));
    PC_TRY(check_words(cli, &words, &order));
    return run_batch(cli, &order, quiet != 0, ret_exit);
}

const pc_command pc_cmd_batch = {
    .verb = "batch",
    .summary = "keys and requests of a whole fleet in one login; `batch accept` binds what comes back",
    .arguments = "[TEMPLATE.inf|INFDIR] | accept DIR",
    .details =
        "With --hosts the file is a template for each host of the list: the subject's CN and the DNS names become those\n"
        "of the host, whose key has the fqdn as label. Without it, each .inf of a folder is a host. A list has the\n"
        "columns fqdn, dns, ip, label, template, of which only fqdn is needed.\n\n"
        "A host that fails stops no other; the exit code is that of the first one. Run again after whatever stopped it, it\n"
        "keeps what is there and right and makes nothing twice. Ctrl-C stops at a whole host.\n\n"
        "    p11cert batch server.inf --hosts fleet.csv --out fleet\n"
        "    p11cert batch --hosts fleet.csv --key-type ec-p256 --issue-with \"Issuing CA\" --out fleet\n"
        "    p11cert batch accept returned --chain ca.cer\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
