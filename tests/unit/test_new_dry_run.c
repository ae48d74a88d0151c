/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <p11cert/new.h>

/* What `new` says that it would do, without any token. */

typedef struct {
    pc_new_plan *plan;
    pc_dry_run *dry_run;
} outcome;

static outcome dry(const pc_new_order *order)
{
    outcome result = { NULL, NULL };
    pc_error err = { .status = PC_OK };

    if (pc_new_prepare(order, &result.plan, &err) != PC_OK ||
        pc_new_dry_run(result.plan, &result.dry_run, &err) != PC_OK) {
        fail_msg("%s", err.frames[0]);
    }
    return result;
}

static void done(outcome *result)
{
    pc_dry_run_free(result->dry_run);
    pc_new_plan_free(result->plan);
}

static const char *row(const pc_template_row *rows, size_t count, const char *attribute)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].attribute, attribute) == 0) {
            return rows[i].value;
        }
    }
    return "(not there)";
}

#define PRIVATE(result, attribute) row((result).dry_run->private_rows, (result).dry_run->private_count, attribute)
#define PUBLIC(result, attribute)  row((result).dry_run->public_rows, (result).dry_run->public_count, attribute)

static void rsa_key_is_described_attribute_by_attribute(void **state)
{
    outcome result = dry(&(pc_new_order){ .subject = "CN=a", .key_type = "rsa-3072", .label = "l\x1b" });

    (void)state;
    assert_string_equal(result.dry_run->mechanism, "CKM_RSA_PKCS_KEY_PAIR_GEN");
    assert_string_equal(PRIVATE(result, "CKA_CLASS"), "CKO_PRIVATE_KEY");
    assert_string_equal(PRIVATE(result, "CKA_KEY_TYPE"), "CKK_RSA");
    assert_string_equal(PRIVATE(result, "CKA_LABEL"), "l\\x1b");
    assert_string_equal(PRIVATE(result, "CKA_SENSITIVE"), "true");
    assert_string_equal(PRIVATE(result, "CKA_EXTRACTABLE"), "false");
    assert_string_equal(PRIVATE(result, "CKA_SUBJECT"), "300c310a30080603550403130161");
    assert_non_null(strstr(PRIVATE(result, "CKA_ID"), "random"));
    assert_string_equal(PUBLIC(result, "CKA_MODULUS_BITS"), "3072");
    assert_string_equal(PUBLIC(result, "CKA_PUBLIC_EXPONENT"), "010001");
    assert_string_equal(PUBLIC(result, "CKA_VERIFY"), "true");
    assert_string_equal(result.dry_run->signature, "sha256, PKCS#1 v1.5");
    assert_string_equal(result.dry_run->request.subject.subject, "CN=a");
    done(&result);
}

static void ec_key_is_described_with_its_curve(void **state)
{
    outcome result = dry(&(pc_new_order){ .subject = "CN=a", .key_type = "ec-p384", .exportable = PC_WISH_YES });

    (void)state;
    assert_string_equal(result.dry_run->mechanism, "CKM_EC_KEY_PAIR_GEN");
    assert_string_equal(PRIVATE(result, "CKA_EXTRACTABLE"), "true");
    assert_string_equal(PUBLIC(result, "CKA_EC_PARAMS"), "06052b81040022");
    assert_string_equal(result.dry_run->signature, "sha256, ECDSA");
    done(&result);
}

static void named_key_has_no_template(void **state)
{
    outcome result = dry(&(pc_new_order){ .subject = "CN=a", .key = "there" });

    (void)state;
    assert_null(result.dry_run->mechanism);
    assert_int_equal(result.dry_run->private_count, 0);
    assert_non_null(strstr(result.dry_run->request.text, "of the key \"there\""));
    done(&result);
}

static void placeholder_shows_nowhere(void **state)
{
    static const char *const types[] = { "rsa-2048", "rsa-4096", "ec-p256", "ec-p521" };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        outcome result = dry(&(pc_new_order){ .subject = "CN=a", .key_type = types[i] });
        const pc_shown *request = &result.dry_run->request;

        assert_null(request->spki_sha256);
        for (size_t j = 0; j < request->extension_count; j++) {
            assert_true(strcmp(request->extensions[j].oid, "2.5.29.14") != 0 || *request->extensions[j].hex == '\0');
        }
        assert_null(strstr(request->text, "ff:ff"));
        assert_non_null(strstr(request->text, "once the key exists"));
        assert_non_null(strstr(request->text, types[i]));
        done(&result);
    }
}

/* The oids of all attributes, in order, one after the other. */
static void attribute_oids(const pc_shown *request, char *out, size_t out_size)
{
    out[0] = '\0';
    for (size_t i = 0; i < request->request_attribute_count; i++) {
        (void)strncat(out, request->request_attributes[i].oid, out_size - strlen(out) - 1);
        (void)strncat(out, " ", out_size - strlen(out) - 1);
    }
}

static void windows_is_claimed_on_demand_only(void **state)
{
    char oids[512];
    outcome silent = dry(&(pc_new_order){ .subject = "CN=a" });
    outcome asked = dry(&(pc_new_order){ .subject = "CN=a", .windows_attributes = true });

    (void)state;
    attribute_oids(&silent.dry_run->request, oids, sizeof oids);
    assert_string_equal(oids, "");
    attribute_oids(&asked.dry_run->request, oids, sizeof oids);
    assert_string_equal(oids, "1.3.6.1.4.1.311.13.2.3 1.3.6.1.4.1.311.21.20 ");
    assert_string_equal(asked.dry_run->request.request_attributes[1].fields[1].value, "a");
    assert_string_equal(asked.dry_run->request.request_attributes[1].fields[3].value, "p11cert");
    done(&silent);
    done(&asked);
}

static void what_cannot_be_encoded_is_refused_before_a_key_is_made(void **state)
{
    const pc_new_order order = { .subject = "CN=a,1.2.3=#0a0b" };
    pc_new_plan *plan = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_new_prepare(&order, &plan, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "OCTET STRING"));
    pc_new_plan_free(plan);
}

/* An INF file of these lines, in a folder of its own. */
typedef struct {
    char folder[64];
    char path[80];
} inf_file;

static inf_file write_inf(const char *lines)
{
    inf_file made = { .folder = "/tmp/p11cert-dry-XXXXXX" };

    assert_non_null(mkdtemp(made.folder));
    (void)snprintf(made.path, sizeof made.path, "%s/a.inf", made.folder);
    FILE *out = fopen(made.path, "w");

    assert_non_null(out);
    (void)fprintf(out, "[NewRequest]\nSubject = \"CN=a\"\n%s", lines);
    assert_int_equal(fclose(out), 0);
    return made;
}

static void remove_inf(const inf_file *file)
{
    (void)unlink(file->path);
    (void)rmdir(file->folder);
}

static void pss_is_reported_for_rsa_and_refused_for_ec(void **state)
{
    const inf_file file = write_inf("AlternateSignatureAlgorithm = TRUE\n");
    const pc_new_order for_ec = { .inf = file.path, .key_type = "ec-p256" };
    outcome result = dry(&(pc_new_order){ .inf = file.path });
    pc_new_plan *plan = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_string_equal(result.dry_run->signature, "sha256, RSASSA-PSS");
    assert_int_equal(pc_new_prepare(&for_ec, &plan, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "RSASSA-PSS"));
    pc_new_plan_free(plan);
    done(&result);
    remove_inf(&file);
}

#define SCHANNEL "\"Microsoft RSA SChannel Cryptographic Provider\"\n"

static const struct {
    const char *lines;
    const char *provider; /* field of the attribute; NULL: there is none */
} providers[] = {
    { "ProviderName = " SCHANNEL "ProviderType = 12\nKeySpec = 1\n", "Microsoft RSA SChannel Cryptographic Provider" },
    { "ProviderName = " SCHANNEL "ProviderType = 12\n", NULL },
    { "ProviderName = \"Microsoft Software Key Storage Provider\"\nProviderType = 0\n",
      "Microsoft Software Key Storage Provider" },
    { "ProviderName = \"A provider of nobody\"\nKeySpec = 1\n", NULL },
    { "KeySpec = 1\n", NULL },
};

static void provider_is_claimed_where_the_file_names_a_known_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        const inf_file file = write_inf(providers[i].lines);
        outcome result = dry(&(pc_new_order){ .inf = file.path, .windows_attributes = true });
        const pc_shown *request = &result.dry_run->request;
        const char *found = NULL;

        for (size_t j = 0; j < request->request_attribute_count; j++) {
            if (strcmp(request->request_attributes[j].oid, "1.3.6.1.4.1.311.13.2.2") == 0) {
                found = request->request_attributes[j].fields[1].value;
            }
        }
        if ((found == NULL) != (providers[i].provider == NULL) ||
            (found && strcmp(found, providers[i].provider) != 0)) {
            fail_msg("%s: %s", providers[i].lines, found ? found : "none");
        }
        done(&result);
        remove_inf(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_key_is_described_attribute_by_attribute),
        cmocka_unit_test(ec_key_is_described_with_its_curve),
        cmocka_unit_test(named_key_has_no_template),
        cmocka_unit_test(placeholder_shows_nowhere),
        cmocka_unit_test(windows_is_claimed_on_demand_only),
        cmocka_unit_test(pss_is_reported_for_rsa_and_refused_for_ec),
        cmocka_unit_test(provider_is_claimed_where_the_file_names_a_known_one),
        cmocka_unit_test(what_cannot_be_encoded_is_refused_before_a_key_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
