/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert ceremony run: SIGKILL at each call that writes its journal, cuts off what is behind a line, or brings it to
 * the disk. */
#include "harness.h"

#include <signal.h>

#define RUN_WORDS "ceremony", "run", "--quiet", "c.yaml", "--site", "site.yaml", "--out", "out", "--allow-softhsm"
#define PIN       "918273645546372819"

static int make_world(void **state)
{
    (void)world_new(state);
    file_write("c.yaml",
               "ceremony: {id: demo, title: Demo}\ntokens: [{role: root, label: demo-root}]\nsteps:\n"
               "  - {kind: init, token: root}\n"
               "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
               "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
               "  - {kind: close}\n",
               0644);
    file_write("user.pin", PIN, 0600);
    file_write("site.yaml",
               "site: test\nproduction:\n  - {token: root, module: " SOFTHSM
               ", pin-source: 'file:user.pin', so-pin-source: 'file:so.pin'}\n",
               0644);
    return 0;
}

static const run_result *run_and_kill(const char *plan)
{
    char line[1024];

    (void)snprintf(line, sizeof line,
                   "export ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS P11CERT_JOURNAL=/transcript.jsonl "
                   "P11CERT_JOURNAL_LOG=calls P11CERT_KILL='%s'; LD_PRELOAD=" JOURNAL_KILL
                   " exec \"$0\" ceremony run -q c.yaml --site site.yaml --out out --allow-softhsm --unattended",
                   plan);
    return RUN("sh", "-c", line, P11CERT_PROGRAM);
}

static size_t objects(const char *kind)
{
    return count_of(out_of(WORDS("sh", "-c",
                                 "pkcs11-tool --module " SOFTHSM " --token-label demo-root --login --pin " PIN
                                 " -O 2>/dev/null")),
                    kind);
}

/* One half is killed before its call, and the other after it. */
static void expect_resumed(unsigned long call)
{
    char plan[64];

    (void)out_of(WORDS("sh", "-c", "rm -rf out tokens; mkdir tokens"));
    (void)snprintf(plan, sizeof plan, "%s %lu", call % 2 ? "before" : "after", call);
    assert_int_equal(SIGKILL, run_and_kill(plan)->signal);
    expect_exit(P11CERT(RUN_WORDS, "--unattended"), 0);
    assert_int_equal(1, objects("Private Key Object"));
    assert_int_equal(1, objects("Certificate Object"));
    const run_result *verdict = P11CERT("ceremony", "verify", "out"); /* nobody has signed, and that is all */

    expect_contains(verdict, verdict->out, "NOT VERIFIED: 1 failure\n");
    expect_exit(P11CERT("ceremony", "replay", "out"), 0);
}

static void a_run_that_is_killed_at_each_write_of_its_journal_resumes(void **state)
{
    (void)state;
    expect_exit(run_and_kill("count 0"), 0);
    const unsigned long count = count_of(file_read("calls", NULL), "call\n");

    assert_true(count >= 50);
    for (unsigned long i = 1; i <= count; i++) {
        expect_resumed(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_is_killed_at_each_write_of_its_journal_resumes),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
