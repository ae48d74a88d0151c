/* SPDX-License-Identifier: Apache-2.0 */
/* A module that returns another object's handle for a new one: whatever p11cert then removes, it is not that object. */
#include "harness.h"

#define CA_WORDS "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    token_make_key("servers", "precious", "0c");
    expect_exit(P11CERT("new", "--subject", "CN=a", "--key-type", "ec-p256", "--out", "a.req", "--token", "servers"),
                0);
    (void)out_of(WORDS(CA_WORDS, "-keyout", "ca.key", "-subj", "/CN=Root", "-days", "30", "-out", "ca.pem"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "a.req", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial",
                       "77", "-days", "20", "-out", "a.pem"));
    (void)out_of(WORDS("openssl", "pkcs12", "-export", "-in", "ca.pem", "-inkey", "ca.key", "-passout",
                       "pass:twelve-bytes", "-out", "ca.pfx"));
    file_write("pfx.password", "twelve-bytes\n", 0600);
    return 0;
}

static const struct {
    const char *plan;
    const char *words[12];
} rows[] = {
    { "C_GenerateKey=1+ swap=3",
      { "new", "--subject", "CN=b", "--key-type", "ec-p256", "--out", "b.req", "--token", "servers" } },
    { "C_GenerateKey=1+ swap=2",
      { "new", "--subject", "CN=b", "--key-type", "ec-p256", "--out", "b.req", "--force", "--token", "servers" } },
    /* The token reports that the key is extractable, so that it is taken away. */
    { "C_GenerateKeyPair=1 swap=3; C_GetAttributeValue=1+ put=1@0x162",
      { "new", "--subject", "CN=c", "--key-type", "ec-p256", "--out", "c.req", "--token", "servers" } },
    { "C_CreateObject=1 swap=3", { "accept", "a.pem", "--token", "servers" } },
    { "C_CreateObject=1 swap=2", { "accept", "a.pem", "--token", "servers" } },
    { "C_GenerateKeyPair=1+ swap=3", { "check", "--probe", "--token", "servers", "--key", "a" } },
    { "C_GenerateKey=1+ swap=3", { "check", "--probe", "--token", "servers", "--key", "a" } },
    { "C_CopyObject=1+ swap=3", { "check", "--probe", "--token", "servers", "--key", "a" } },
    { "C_CreateObject=1+ swap=3",
      { "import", "ca.pfx", "--label", "in", "--password-source", "file:pfx.password", "--token", "servers" } },
    { "C_GenerateKey=1+ swap=3",
      { "import", "ca.pfx", "--label", "in", "--password-source", "file:pfx.password", "--token", "servers" } },
    { "C_UnwrapKey=1+ swap=3; C_GetAttributeValue=1+ put=1@0x162",
      { "import", "ca.pfx", "--label", "in", "--password-source", "file:pfx.password", "--token", "servers" } },
    /* Tokens that fill up labels show such a blank too. */
    { "C_UnwrapKey=1+ swap=3; C_GetAttributeValue=1+ put=1@0x162",
      { "import", "ca.pfx", "--label", "precious ", "--password-source", "file:pfx.password", "--token", "servers" } },
    /* The token shows another CKA_ID than the planned one, so that the key counts as new by its label. */
    { "C_GenerateKeyPair=1 swap=3; C_GetAttributeValue=1+ put=1@0x102",
      { "keygen", "--label", "precious ", "--key-type", "ec-p256", "--token", "servers" } },
    { "C_GenerateKeyPair=1 swap=3; C_GetAttributeValue=1+ put=1@0x102",
      { "keygen", "--label", "precious ", "--key-type", "rsa-2048", "--token", "servers" } },
};

static void another_objects_handle_does_not_destroy_that_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = run_with_fault(rows[i].words, rows[i].plan);
        size_t keys = count_of(token_objects("servers", "privkey"), "label:      precious\n");
        size_t publics = count_of(token_objects("servers", "pubkey"), "label:      precious\n");

        if (keys != 1 || publics != 1 || result->exit_code < 0) {
            print_error("%s: %s: %s", rows[i].words[0], rows[i].plan, result->err);
        }
        assert_true(result->exit_code >= 0);
        assert_int_equal(1, keys);
        assert_int_equal(1, publics);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_objects_handle_does_not_destroy_that_object),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
