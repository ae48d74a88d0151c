/* SPDX-License-Identifier: Apache-2.0 */
/* Keys without key material, as SoftHSM leaves them under the CKA_ID of a key if programs are killed. */
#include "harness.h"

#include <signal.h>

#define MAKE(label) \
    "new", "--token", "servers", "--subject", "CN=" label, "--key-type", "ec-p256", "--out", label ".req"
#define TOOL(...) \
    out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN, \
                 __VA_ARGS__))

#define KEY_ID "0d01"

/* In a row: the writes of SoftHSM that are missing when it is killed. */
#define NO_PRIVATE_VALUE 1u  /* the public key is whole */
#define NO_PUBLIC_POINT  35u /* nothing of the private key exists */

/* Moves what a killed run leaves out of the token, so that the key can be made under the same CKA_ID. */
static void save_wreck(unsigned writes, unsigned missing, const char *folder)
{
    char plan[64];

    (void)out_of(WORDS("sh", "-c", "ls tokens/*/*.object >before"));
    (void)snprintf(plan, sizeof plan, "C_GenerateKeyPair=1 halfkill=%u", writes - missing);
    assert_int_equal(SIGKILL, run_with_fault(WORDS(MAKE("wreck"), "--id", KEY_ID), plan)->signal);
    if (missing == NO_PRIVATE_VALUE) {
        (void)TOOL("--delete-object", "--type", "pubkey", "--label", "wreck");
    }
    (void)setenv("FOLDER", folder, 1);
    (void)out_of(WORDS("sh", "-c",
                       "mkdir $FOLDER && for file in tokens/*/*.object; do grep -qx $file before || "
                       "mv $file $FOLDER/wreck; done && test -s $FOLDER/wreck && rm -f tokens/*/*.lock"));
}

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    unsigned writes = writes_in_call(WORDS(MAKE("counted")), "C_GenerateKeyPair=1");

    save_wreck(writes, NO_PRIVATE_VALUE, "private");
    save_wreck(writes, NO_PUBLIC_POINT, "public");
    expect_exit(P11CERT(MAKE("whole"), "--id", KEY_ID), 0);
    return 0;
}

static void remove_wrecks(void)
{
    (void)out_of(WORDS("sh", "-c", "rm -f tokens/*/left*"));
}

static void put_wrecks(const char *folder, const char *count)
{
    (void)setenv("FOLDER", folder, 1);
    (void)setenv("COUNT", count, 1);
    (void)out_of(WORDS("sh", "-c",
                       "cd tokens/*/ && for i in $(seq $COUNT); do cp ../../$FOLDER/wreck left-$FOLDER-$i.object && "
                       ": >left-$FOLDER-$i.lock; done"));
}

/* pkcs11-tool shows them as keys. */
static void expect_shown(const char *type, const char *label, size_t count)
{
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    assert_int_equal(count, count_of(token_objects("servers", type), line));
}

#define CHECK(...) P11CERT("check", "whole.req", "--policy", "hsm", "--token", "servers", "--key", "whole", __VA_ARGS__)

static void they_do_not_count_as_keys_with_the_same_cka_id(void **state)
{
    (void)state;
    put_wrecks("private", "2");
    put_wrecks("public", "2");
    expect_shown("privkey", "wreck", 2);
    const run_result *result = CHECK("--json");

    expect_contains(result, result->out, "no other private key has its CKA_ID");
    expect_contains(result, result->out, "its public key object has the same CKA_ID and the same value");
    remove_wrecks();
}

/* Its own may be behind those that a search finds: that is not a key without a public half. */
static void too_many_public_ones_are_an_error_until_repair_removes_them(void **state)
{
    (void)state;
    put_wrecks("public", "6");
    expect_exit(P11CERT("new", "--token", "servers", "--key", "whole", "--subject", "CN=a", "--out", "six.req"), 0);
    expect_request_verifies("six.req");
    put_wrecks("public", "8");
    const run_result *result =
        P11CERT("new", "--token", "servers", "--key", "whole", "--subject", "CN=a", "--out", "eight.req");

    expect_exit(result, 6);
    expect_contains(result, result->err, "more than 7 objects match \"the CKA_ID\", and some of them are keys without");
    expect_contains(result, result->err, "`p11cert repair --apply` removes what a killed program left");
    assert_false(file_exists("eight.req"));
    expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
    expect_exit(P11CERT("new", "--token", "servers", "--key", "whole", "--subject", "CN=a", "--out", "eight.req"), 0);
    expect_request_verifies("eight.req");
}

static void one_alone_is_not_the_public_key(void **state)
{
    (void)state;
    (void)TOOL("--delete-object", "--type", "pubkey", "--label", "whole");
    put_wrecks("public", "1");
    const run_result *result = CHECK("--json");

    expect_contains(result, result->out, "no public key object has its CKA_ID");
    remove_wrecks();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_do_not_count_as_keys_with_the_same_cka_id),
        cmocka_unit_test(too_many_public_ones_are_an_error_until_repair_removes_them),
        cmocka_unit_test(one_alone_is_not_the_public_key),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
