/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"
#include "raw_token.h"
#include "run.h"

/* RSASSA-PSS from the token through the engine, judged by OpenSSL's command line. */

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* `new` as for an INF file with AlternateSignatureAlgorithm = TRUE. */
static pc_status run_with_pss(const pc_new_order *order, pc_digest digest, pc_error *err)
{
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    pc_new_plan *plan = NULL;
    pc_new_result *result = NULL;
    pc_status status = pc_new_prepare(order, &plan, err);

    if (status == PC_OK) {
        plan->request->pss = true;
        plan->request->digest = digest;
        status = pc_new_run(plan, &access, &result, err);
    }
    pc_new_result_free(result);
    pc_new_plan_free(plan);
    return status;
}

static const struct {
    const char *label;
    pc_digest digest;
    const char *says[3];
} forms[] = {
    { "pss-256", PC_DIGEST_SHA256, { "Hash Algorithm: sha256", "mgf1 with sha256", "Salt Length: 0x20" } },
    { "pss-384", PC_DIGEST_SHA384, { "Hash Algorithm: sha384", "mgf1 with sha384", "Salt Length: 0x30" } },
    { "pss-512", PC_DIGEST_SHA512, { "Hash Algorithm: sha512", "mgf1 with sha512", "Salt Length: 0x40" } },
};

static void pss_signature_verifies_with_the_parameters_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char path[128];
        char out[16384];
        pc_error err = { .status = PC_OK };
        const pc_new_order order = { .subject = "CN=pss.example.org",
                                     .label = forms[i].label,
                                     .out = token_store_path(&store, forms[i].label, path) };

        if (run_with_pss(&order, forms[i].digest, &err) != PC_OK) {
            fail_msg("%s: %s", forms[i].label, error_text(&err, out, sizeof out));
        }
        assert_int_equal(run_program((const char *const[]){ TEST_SUPPORT_DIR "/verify-request", "-in", path, NULL },
                                     out, sizeof out),
                         0);
        assert_int_equal(run_program((const char *const[]){ "openssl", "req", "-noout", "-text", "-in", path, NULL },
                                     out, sizeof out),
                         0);
        assert_non_null(strstr(out, "rsassaPss"));
        for (size_t j = 0; j < 3; j++) {
            if (!strstr(out, forms[i].says[j])) {
                fail_msg("%s: no \"%s\" in\n%s", forms[i].label, forms[i].says[j], out);
            }
        }
    }
}

static void pss_of_an_ec_key_on_the_token_is_refused(void **state)
{
    raw_token raw;
    char path[128];
    pc_error err = { .status = PC_OK };
    const pc_new_order order = { .subject = "CN=ec", .key = "ec", .out = token_store_path(&store, "ec.req", path) };

    (void)state;
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = "ec", .id = "ec" }, NULL);
    raw_close(&raw);
    assert_int_equal(run_with_pss(&order, PC_DIGEST_SHA256, &err), PC_E_INPUT);
    assert_true(error_says(&err, "\"ec\" is not an RSA key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pss_signature_verifies_with_the_parameters_meant),
        cmocka_unit_test(pss_of_an_ec_key_on_the_token_is_refused),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
