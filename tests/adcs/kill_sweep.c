/* SPDX-License-Identifier: Apache-2.0 */
#include "kill_sweep.h"

#include <signal.h>
#include <string.h>

#include "sweep_share.h"

/* The words that lead to the token and the CA follow the verb. */
static const char *const *words_of(const kill_sweep *sweep, const char *verb, const char *const *more)
{
    static const char *all[48];
    size_t count = 0;
    const char *const start[] = { verb, "--token", "servers", "--cacert", ca.cacert, NULL };
    const bool is_submission = strcmp(verb, "submit") == 0;
    const char *const *const parts[] = { start, sweep->login, more, is_submission ? sweep->words : NULL };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (const char *const *each = parts[i]; each && *each; each++) {
            assert_true(count < 47);
            all[count++] = *each;
        }
    }
    all[count] = NULL;
    return all;
}

static const char *const *submission(const kill_sweep *sweep)
{
    return words_of(sweep, "submit", WORDS("server.req", "--ca", sweep->url, "--accept"));
}

static const char *const *retrieval(const kill_sweep *sweep)
{
    return words_of(sweep, "retrieve", WORDS("--accept", "--out", "server.cer"));
}

static const run_result *run_verb(const char *const *words)
{
    const char *all[50] = { P11CERT_PROGRAM };

    for (size_t i = 0; words[i]; i++) {
        all[i + 1] = words[i];
    }
    return run_words(all);
}

/* Does what its messages say, until nothing is left to do. Returns whether --again was needed to send the request
 * again. */
static bool go_on(const kill_sweep *sweep)
{
    const run_result *result = run_verb(submission(sweep));
    bool is_again = result->exit_code == 8 && strstr(result->err, "submit it with --again");

    if (result->exit_code == 8 && strstr(result->err, "`p11cert retrieve` asks")) {
        result = run_verb(retrieval(sweep));
        is_again =
            sweep->delivers_once && result->exit_code == 7 && strstr(result->err, "`p11cert submit --again` requests");
    }
    if (is_again) {
        result = run_verb(words_of(sweep, "submit", WORDS("server.req", "--ca", sweep->url, "--accept", "--again")));
    } else if (result->exit_code == 8) {
        expect_contains(result, result->err, "\"server.cer\" exists");
        return false; /* it was complete before it was killed */
    }
    expect_exit(result, 0);
    return is_again;
}

/* Expects one key with one certificate, no record, and that the certificate is the one in the file. */
static void expect_end_state(void)
{
    const char *objects = out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login",
                                       "--pin", USER_PIN, "--list-objects"));

    assert_int_equal(0, count_of(objects, "'p11cert pending request'"));
    assert_int_equal(1, count_of(objects, "Private Key Object"));
    assert_int_equal(3, count_of(objects, "  label:      server\n")); /* private and public key, certificate */
    shell("pkcs11-tool --module %s --token-label servers --login --pin %s --read-object --type cert --label server "
          "--output-file bound.der >/dev/null 2>&1; openssl x509 -in server.cer -outform DER | cmp - bound.der; rm "
          "bound.der",
          SOFTHSM, USER_PIN);
}

static void expect_requests(const kill_sweep *sweep, bool is_again)
{
    const size_t seen = sweep->requests ? sweep->requests() : 1;

    assert_true(seen == 1 || (is_again && seen == 2));
}

static void begin_round(const kill_sweep *sweep)
{
    shell("rm -rf tokens server.cer*; cp -a before tokens");
    if (sweep->begin) {
        sweep->begin();
    }
}

typedef const char *const *words_of_run(const kill_sweep *);
typedef const run_result *run_until(const char *const *words, unsigned number);

static const run_result *run_until_call(const char *const *words, unsigned number)
{
    return run_with_fault(words, text_of("call=%u kill=0", number));
}

/* @return the first number at which it was not killed */
static unsigned kill_at_each(const kill_sweep *sweep, words_of_run *words, run_until *run)
{
    for (unsigned number = 1;; number++) {
        if (!sweep_takes(number)) {
            continue;
        }
        begin_round(sweep);
        const run_result *killed = run(words(sweep), number);

        if (killed->signal == 0) {
            expect_exit(killed, 0);
            expect_requests(sweep, false);
            return number;
        }
        assert_int_equal(SIGKILL, killed->signal);
        const bool is_again = go_on(sweep);

        expect_end_state();
        expect_requests(sweep, is_again);
    }
}

static void sweep_of_kills(const kill_sweep *sweep, words_of_run *words)
{
    shell("cp -a tokens before");
    const unsigned calls = kill_at_each(sweep, words, run_until_call);
    const unsigned moments = kill_at_each(sweep, words, run_with_broken_network);

    (void)fprintf(stderr, "    killed at %u%% of %u calls and %u moments of the network\n", sweep_share(100), calls - 1,
                  moments - 1);
    assert_true(calls > 20);
    assert_true(moments > 3); /* an exchange has at least three */
}

void killed_while_submitting(const kill_sweep *sweep)
{
    sweep_of_kills(sweep, submission);
}

void killed_while_retrieving(const kill_sweep *sweep)
{
    sweep_of_kills(sweep, retrieval);
}
