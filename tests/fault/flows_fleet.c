/* SPDX-License-Identifier: Apache-2.0 */
/* Many hosts in one run, and what precedes and follows it: batch, init, kit. */
#include <dirent.h>
#include <openssl/pem.h>
#include <p11cert/batch.h>
#include <p11cert/init.h>
#include <p11cert/kit.h>
#include <p11cert/pin.h>
#include <p11cert/retire.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows.h"
#include "judge.h"
#include "must.h"
#include "scene.h"

/* --- batch --- */

static const char *const hosts[] = { "server", "second" };

static void prepare_hosts(const token_store *store)
{
    token_store_write(store, "hosts.csv", "fqdn\nserver\nsecond\n", strlen("fqdn\nserver\nsecond\n"));
}

static void prepare_issuing_hosts(const token_store *store)
{
    flow_issue.prepare(store);
    prepare_hosts(store);
}

/* As in the program: between two hosts, a signal is a request to stop. */
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    interrupted = signal;
}

static bool is_stopped(void *context)
{
    (void)context;
    return interrupted != 0;
}

/* The run succeeds if every host does. */
static void on_line(void *context, const pc_batch_line *line, const pc_batch_tally *tally)
{
    pc_error *first = context;

    (void)tally;
    if (line->outcome == PC_BATCH_FAILED && first->status == PC_OK) {
        *first = *line->err;
    }
}

static const pc_batch_watch *watch_hosts(pc_batch_watch *watch, pc_error *first)
{
    const struct sigaction action = { .sa_handler = interrupt };

    MUST(sigaction(SIGINT, &action, NULL) == 0);
    *watch = (pc_batch_watch){ .on_line = on_line, .is_stopped = is_stopped, .context = first };
    return watch;
}

static pc_status one_status(pc_status status, const pc_batch_result *result, const pc_error *first, pc_error *err)
{
    if (status == PC_OK && result->was_stopped) {
        return pc_fail(err, PC_E_REFUSED, "stopped by a signal");
    }
    if (status == PC_OK && result->worst != PC_OK) {
        *err = *first;
        return result->worst;
    }
    return status;
}

static pc_status run_hosts(const token_store *reference, const token_store *store, const char *module,
                           const char *issue_with, pc_error *err)
{
    char path[128];
    char list[128];
    pc_batch_watch watch;
    pc_batch_result result = { .worst = PC_OK };
    pc_error first = { .status = PC_OK };
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_batch_order order = { .hosts = token_store_path(reference, "hosts.csv", list),
                                   .key_type = "ec-p256",
                                   .issue_with = issue_with,
                                   .days = issue_with ? 5 : 0,
                                   .jobs = 1,
                                   .out = token_store_path(store, "out", path) };
    pc_status status = pc_batch_run(&order, &access, watch_hosts(&watch, &first), &result, err);

    return one_status(status, &result, &first, err);
}

static pc_status run_batch(const token_store *reference, const token_store *store, const char *module, bool again,
                           pc_error *err)
{
    (void)again;
    return run_hosts(reference, store, module, NULL, err);
}

static pc_status run_batch_issue(const token_store *reference, const token_store *store, const char *module, bool again,
                                 pc_error *err)
{
    (void)again;
    return run_hosts(reference, store, module, "ca", err);
}

/* Its request, if there is one, is right; if all is done, there is one. */
static const char *judge_host(const token_store *store, const raw_token *raw, const char *host, bool is_done)
{
    char name[64];
    char path[128];

    (void)snprintf(name, sizeof name, "out/%s.req", host);
    bool present = access(token_store_path(store, name, path), F_OK) == 0;

    if (raw_count_labelled(raw, CKO_PRIVATE_KEY, host) > 1 || raw_count_labelled(raw, CKO_PUBLIC_KEY, host) > 1) {
        return "two keys of one label";
    }
    if (!present) {
        return is_done ? "said to be done, and there is no request" : NULL;
    }
    X509_REQ *request = judge_request(path);
    bool right = request && raw_count_labelled(raw, CKO_PUBLIC_KEY, host) == 1 &&
                 judge_key_is_labelled(X509_REQ_get0_pubkey(request), raw, host);

    X509_REQ_free(request);
    return right ? NULL : "the request does not verify, or is for another key";
}

static const char *judge_hosts(const token_store *store, const run_outcome *outcome, size_t certificates_each)
{
    raw_token raw;
    bool is_done = !outcome->killed && outcome->status == PC_OK;
    const char *wrong = NULL;

    raw_open("t", &raw);
    for (size_t i = 0; !wrong && i < sizeof hosts / sizeof *hosts; i++) {
        size_t count = raw_count_labelled(&raw, CKO_CERTIFICATE, hosts[i]);

        wrong = judge_host(store, &raw, hosts[i], is_done);
        if (!wrong && (count > certificates_each || (is_done && count < certificates_each))) {
            wrong = "not the certificates that were to be";
        }
    }
    raw_close(&raw);
    return wrong;
}

static const char *judge_batch(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    (void)reference;
    return judge_hosts(store, outcome, 0);
}

static const char *judge_batch_issue(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    (void)reference;
    return judge_hosts(store, outcome, 1);
}

static void prepare_accept(const token_store *store)
{
    flow_accept.prepare(store);
}

/* The folder of the certificates gets a manifest: each run has its own. */
static const char *own_certificates(const token_store *reference, const token_store *store, char folder[static 128])
{
    char from[128];
    char to[128];

    if (mkdir(token_store_path(store, "certificates", folder), 0700) == 0) {
        MUST(link(token_store_path(reference, "leaf.pem", from),
                  token_store_path(store, "certificates/leaf.pem", to)) == 0);
    }
    return folder;
}

static pc_status run_batch_accept(const token_store *reference, const token_store *store, const char *module,
                                  bool again, pc_error *err)
{
    char folder[128];
    char root[128];
    pc_batch_watch watch;
    pc_batch_result result = { .worst = PC_OK };
    pc_error first = { .status = PC_OK };
    const char *const chains[] = { token_store_path(reference, "root.pem", root) };
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_batch_accept_order order = { .folder = own_certificates(reference, store, folder),
                                          .chains = chains,
                                          .chain_count = 1 };
    pc_status status = pc_batch_accept(&order, &access, watch_hosts(&watch, &first), &result, err);

    (void)again;
    return one_status(status, &result, &first, err);
}

const flow flow_batch = {
    .name = "batch",
    .runs = 900,
    .keys = 2,
    .prepare = prepare_hosts,
    .run = run_batch,
    .judge = judge_batch,
};
const flow flow_batch_issue = {
    .name = "batch, issuing",
    .runs = 700,
    .keys = 2,
    .prepare = prepare_issuing_hosts,
    .run = run_batch_issue,
    .judge = judge_batch_issue,
};

/* A reference to another file's constants is no constant: these two follow flow_accept by function. */
static const char *judge_batch_accept(const token_store *reference, const token_store *store,
                                      const run_outcome *outcome)
{
    return flow_accept.judge(reference, store, outcome);
}

const flow flow_batch_accept = {
    .name = "batch accept",
    .runs = 500,
    .prepare = prepare_accept,
    .run = run_batch_accept,
    .judge = judge_batch_accept,
};

/* --- init --- */

static void prepare_so_pin(const token_store *store)
{
    token_store_write(store, "so.pin", TOKEN_STORE_SO_PIN "\n", strlen(TOKEN_STORE_SO_PIN "\n"));
}

static pc_status run_init(const token_store *reference, const token_store *store, const char *module, bool again,
                          pc_error *err)
{
    char path[128];
    char source[160];
    pc_init_outcome outcome = PC_INIT_MADE;
    pc_token_info token;
    const pc_token_access access = token_store_access(store, module, NULL);

    (void)again;
    (void)snprintf(source, sizeof source, "file:%s", token_store_path(reference, "so.pin", path));
    return pc_init_run(&(pc_init_order){ .label = "t", .so_pin_source = source }, &access, &outcome, &token, err);
}

static const char *judge_init(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    size_t count = raw_count_tokens("t");

    (void)reference;
    (void)store;
    if (count > 1) {
        return "two tokens of one label";
    }
    if (raw_count_tokens("other") != 1) {
        return "another token is gone";
    }
    if (outcome->killed || outcome->status != PC_OK) {
        return NULL;
    }
    return count == 1 && raw_accepts_pin("t", TOKEN_STORE_PIN) ? NULL : "said to be done, and its PIN is not accepted";
}

const flow flow_init = {
    .name = "init",
    .runs = 400,
    .prepare = prepare_so_pin,
    .run = run_init,
    .judge = judge_init,
    .makes_token = true,
};

/* --- pin --- */

#define NEW_PIN "canary-next-5518"

static void prepare_new_pin(const token_store *store)
{
    token_store_write(store, "new.pin", NEW_PIN "\n", strlen(NEW_PIN "\n"));
}

/* If the faulty run has changed it, the same command has nothing to do. */
static pc_status run_pin(const token_store *reference, const token_store *store, const char *module, bool again,
                         pc_error *err)
{
    char path[128];
    char source[160];
    pc_pin_changed changed;
    const pc_token_access access = token_store_access(store, module, "t");

    if (again && raw_accepts_pin("t", NEW_PIN)) {
        return PC_OK;
    }
    (void)snprintf(source, sizeof source, "file:%s", token_store_path(reference, "new.pin", path));
    return pc_pin_run(&(pc_pin_order){ .task = PC_PIN_USER, .new_pin_source = source }, &access, &changed, err);
}

static const char *judge_pin(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    bool is_new = raw_accepts_pin("t", NEW_PIN);

    (void)reference;
    (void)store;
    if (is_new == raw_accepts_pin("t", TOKEN_STORE_PIN)) {
        return "neither PIN is accepted, or both";
    }
    if (!outcome->killed && outcome->status == PC_OK && !is_new) {
        return "said to be done, and the new PIN is not accepted";
    }
    return strstr(outcome->text, NEW_PIN) ? "the error text holds the new PIN" : NULL;
}

const flow flow_pin = {
    .name = "pin",
    .runs = 300,
    .prepare = prepare_new_pin,
    .run = run_pin,
    .judge = judge_pin,
};

/* --- retire --- */

static void prepare_retire(const token_store *store)
{
    flow_export.prepare(store);
}

static unsigned count_own_objects(const raw_token *raw)
{
    return (unsigned)(raw_count_labelled(raw, CKO_PRIVATE_KEY, "server") +
                      raw_count_labelled(raw, CKO_PUBLIC_KEY, "server") +
                      raw_count_labelled(raw, CKO_CERTIFICATE, "server"));
}

static bool is_gone(void)
{
    raw_token raw;

    raw_open("t", &raw);
    unsigned count = count_own_objects(&raw);

    raw_close(&raw);
    return count == 0;
}

/* If the faulty run has destroyed everything, the same command finds no key. */
static pc_status run_retire(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    pc_retire_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_retire_order order = { .key = "server", .allow_valid = true };

    (void)reference;
    if (again && is_gone()) {
        return PC_OK;
    }
    pc_status status = pc_retire_run(&order, &access, &result, err);

    pc_retire_result_free(result);
    return status;
}

static const char *judge_retire(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    (void)store;
    raw_open("t", &raw);
    size_t roots = raw_count_labelled(&raw, CKO_CERTIFICATE, "root");
    bool is_whole = raw_count_labelled(&raw, CKO_PRIVATE_KEY, "server") == 0 ||
                    raw_count_labelled(&raw, CKO_PUBLIC_KEY, "server") == 1;

    raw_close(&raw);
    if (roots != 1) {
        return "the issuer's certificate is gone";
    }
    if (!is_whole) {
        return "the public key is gone before the private one";
    }
    return !outcome->killed && outcome->status == PC_OK && !is_gone() ? "said to be destroyed, and is not" : NULL;
}

const flow flow_retire = {
    .name = "retire",
    .runs = 500,
    .prepare = prepare_retire,
    .run = run_retire,
    .judge = judge_retire,
    .destroys = true,
    .without_lies = true,
};

/* --- kit --- */

#define KIT "out/kit"

static void remove_kit(const token_store *store)
{
    char path[512];
    char folder[128];
    DIR *entries = opendir(token_store_path(store, KIT, folder));

    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        MUST(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        (void)unlink(path);
    }
    if (entries) {
        (void)closedir(entries);
        MUST(rmdir(folder) == 0);
    }
}

static pc_status run_kit(const token_store *reference, const token_store *store, const char *module, bool again,
                         pc_error *err)
{
    char path[128];
    char source[160];
    pc_kit_result *result = NULL;
    const pc_token_access access = token_store_access(store, module, "t");

    (void)scene_out(store, path);
    if (again) {
        remove_kit(store);
    }
    const pc_kit_order order = { .key = "server",
                                 .out = token_store_path(store, KIT, path),
                                 .password_source = scene_password_source(reference, source) };
    pc_status status = pc_kit_run(&order, &access, &result, err);

    pc_kit_result_free(result);
    return status;
}

static unsigned count_in_out(const token_store *store)
{
    char path[128];
    unsigned count = 0;
    DIR *folder = opendir(token_store_path(store, "out", path));

    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

static bool is_whole_kit(const token_store *store, const raw_token *raw)
{
    char path[128];
    char said[4096];
    const char *const check[] = { "sh", "-c", "cd \"$0\" && sha256sum --strict --quiet -c SHA256SUMS",
                                  token_store_path(store, KIT, path), NULL };

    return run_program(check, said, sizeof said) == 0 &&
           scene_is_whole_pfx(token_store_path(store, KIT "/server.pfx", path), raw);
}

static const char *judge_kit(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    char path[128];
    raw_token raw;
    bool present = access(token_store_path(store, KIT, path), F_OK) == 0;
    const char *wrong = NULL;

    (void)reference;
    if (!outcome->killed && count_in_out(store) != (unsigned)present) {
        return "files are left over";
    }
    if (!outcome->killed && present != (outcome->status == PC_OK)) {
        return present ? "failed, and there is a kit" : "said to be done, and there is no kit";
    }
    raw_open("t", &raw);
    if (present && !is_whole_kit(store, &raw)) {
        wrong = "the kit is not whole, or of another key";
    }
    raw_close(&raw);
    return wrong ? wrong : strstr(outcome->text, SCENE_PASSWORD) ? "the error text holds the password" : NULL;
}

static void prepare_kit(const token_store *store)
{
    flow_export.prepare(store);
}

const flow flow_kit = {
    .name = "kit",
    .runs = 40,
    .prepare = prepare_kit,
    .run = run_kit,
    .judge = judge_kit,
};
