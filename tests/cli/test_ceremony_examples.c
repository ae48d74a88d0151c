/* SPDX-License-Identifier: Apache-2.0 */
/* The ceremonies of docs/ceremonies are rehearsed one after the other, as each follows from the first. */
#include "harness.h"

#define REHEARSE(name) \
    P11CERT("ceremony", "rehearse", "--quiet", name "/ceremony.yaml", "--out", "r-" name, "--tokens", "store")
#define SHELL(line) expect_exit(RUN("sh", "-c", line), 0)

static int make_world(void **state)
{
    (void)world_new(state);
    assert_int_equal(0, unsetenv("P11CERT_PIN_SOURCE"));
    (void)out_of(WORDS("cp", "-r", EXAMPLES "/.", "."));
    return 0;
}

static void each_example_has_no_findings(void **state)
{
    (void)state;
    SHELL("for c in */ceremony.yaml; do \"" P11CERT_PROGRAM
          "\" ceremony lint $c || exit 1; done; [ $(ls */ceremony.yaml | "
          "wc -l) = 4 ]");
}

static void a_root_certifies_two_issuing_cas(void **state)
{
    (void)state;
    expect_exit(REHEARSE("root"), 0);
    SHELL("openssl verify -CAfile r-root/root.cer r-root/issuing-1.cer r-root/issuing-2.cer");
    SHELL("cat r-root/root.cer r-root/root.crl > with-crl; openssl verify -crl_check -CAfile with-crl "
          "r-root/issuing-1.cer");
    SHELL("openssl x509 -in r-root/issuing-1.cer -noout -text | grep -q 'CA:TRUE, pathlen:0'");
}

/* The view of a verifier who has only the folder. */
static void every_rehearsal_verifies_as_one(void **state)
{
    static const char *const folders[] = { "r-root", "r-cross-sign", "r-rollover", "r-scom-fleet" };

    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const run_result *result = P11CERT("ceremony", "verify", folders[i], "--mode", "rehearsal");

        expect_exit(result, 0);
        result = P11CERT("ceremony", "verify", folders[i]);
        expect_exit(result, 1);
        expect_contains(result, result->out, "the transcript records a rehearsal");
    }
}

static void every_rehearsal_can_be_made_again(void **state)
{
    static const char *const folders[] = { "r-root", "r-cross-sign", "r-rollover", "r-scom-fleet" };

    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const run_result *result = P11CERT("ceremony", "replay", folders[i]);

        expect_exit(result, 0);
        expect_contains(result, result->out, ".cer: the same ");
        expect_contains(result, result->out, "replayed as REHEARSAL\n");
    }
}

static void a_root_certifies_the_root_of_others(void **state)
{
    (void)state;
    SHELL("cp r-root/root.cer cross-sign/contoso-root.cer");
    expect_exit(REHEARSE("cross-sign"), 0);
    SHELL("openssl verify -CAfile r-root/root.cer r-cross-sign/fabrikam-by-contoso.cer");
    SHELL("for f in cross-sign/fabrikam-root.cer r-cross-sign/fabrikam-by-contoso.cer; do openssl x509 -in $f -noout "
          "-subject -pubkey > s; sha256sum < s; done | sort -u | wc -l | grep -qx 1");
}

static void an_input_that_was_changed_is_refused(void **state)
{
    (void)state;
    SHELL("cp -r cross-sign forged && cp r-root/issuing-1.cer forged/fabrikam-root.cer");
    const run_result *result =
        P11CERT("ceremony", "rehearse", "--quiet", "forged/ceremony.yaml", "--out", "r-forged", "--tokens", "store");

    expect_exit(result, 6);
    expect_contains(result, result->err, "is not the file that the script names");
}

static void a_new_root_continues_the_record_of_the_old(void **state)
{
    (void)state;
    SHELL("cp r-root/transcript.jsonl rollover/root-g1.jsonl && cp r-root/root.cer rollover/root-g1.cer");
    expect_exit(REHEARSE("rollover"), 0);
    SHELL("openssl verify -CAfile r-root/root.cer r-rollover/g2-by-g1.cer");
    SHELL("openssl verify -CAfile r-rollover/root-g2.cer r-rollover/g1-by-g2.cer");
    SHELL("head=$(tail -n 1 r-root/transcript.jsonl | tr -d '\\n' | sha256sum | cut -c1-64); "
          "[ \"$(head -n 1 r-rollover/transcript.jsonl | jq -r .prev)\" = $head ]");
}

static void the_keys_of_a_fleet_get_their_certificates(void **state)
{
    (void)state;
    SHELL("cp r-root/root.cer r-root/issuing-1.cer scom-fleet");
    expect_exit(REHEARSE("scom-fleet"), 0);
    SHELL("for h in ms1 ms2 gw1; do openssl verify -CAfile r-root/root.cer -untrusted r-root/issuing-1.cer "
          "-verify_hostname $h.contoso.com -purpose sslserver r-scom-fleet/$h.cer || exit 1; done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_has_no_findings),
        cmocka_unit_test(a_root_certifies_two_issuing_cas),
        cmocka_unit_test(a_root_certifies_the_root_of_others),
        cmocka_unit_test(an_input_that_was_changed_is_refused),
        cmocka_unit_test(a_new_root_continues_the_record_of_the_old),
        cmocka_unit_test(the_keys_of_a_fleet_get_their_certificates),
        cmocka_unit_test(every_rehearsal_verifies_as_one),
        cmocka_unit_test(every_rehearsal_can_be_made_again),
    };

    return cmocka_run_group_tests_name("cli ceremony examples", tests, make_world, world_remove);
}
