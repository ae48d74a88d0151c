/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/profile/profile.h"
#include "base/duration.h"
#include "base/text.h"

/* Certificate profiles: built-in and custom, valid and damaged. */

static pc_status read_text(const char *text, pc_certificate_profile **ret_profile, pc_error *err)
{
    return pc_certificate_profile_read((pc_bytes){ (const uint8_t *)text, strlen(text) }, "own.yaml", ret_profile, err);
}

static void every_built_in_profile_is_complete(void **state)
{
    size_t count = 0;
    const pc_certificate_profile *all = pc_certificate_profiles(&count);

    (void)state;
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(pc_certificate_role_name(all[i].role), all[i].name);
        assert_true(all[i].title[0] && all[i].source[0] && all[i].key_usage && all[i].validity.span_sec > 0);
        assert_true(all[i].taken & PC_TAKE_SUBJECT);
        /* A CA signs certificates and CRLs; nobody else does (RFC 5280 section 4.2.1.3). */
        unsigned ca_usage = all[i].key_usage & (PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN);

        assert_int_equal(all[i].basic_constraints.is_ca ? ca_usage : 0, ca_usage);
        assert_true(all[i].basic_constraints.is_ca ? ca_usage != 0 : all[i].ekus.count > 0);
        PC_AUTO(pc_certificate_profile) pc_certificate_profile *opened = NULL;

        assert_int_equal(pc_certificate_profile_open(all[i].name, &opened, NULL), PC_OK);
        assert_string_equal(opened->name, all[i].name);
    }
}

static void a_file_changes_what_it_names_and_keeps_the_rest(void **state)
{
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(
        read_text("name: own\nbase: tls-server\nvalidity: 2w\nkey-usage: [digitalSignature, keyAgreement]\n"
                  "extended-key-usage: [serverAuth, 1.2.3]\nalt-names: [dns]\nfrom-request: [alt-names]\n"
                  "subject: CN=fixed\n",
                  &profile, &err),
        PC_OK);
    assert_string_equal(profile->name, "own");
    assert_string_equal(profile->file, "own.yaml");
    assert_int_equal(profile->role, PC_ROLE_TLS_SERVER);
    assert_int_equal(profile->validity.span_sec, 14 * PC_SECONDS_PER_DAY);
    assert_int_equal(profile->key_usage, PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_AGREEMENT);
    assert_int_equal(profile->key_usage_rsa, 0);
    assert_int_equal(profile->ekus.count, 2);
    assert_string_equal(profile->ekus.items[0], PC_OID_SERVER_AUTH);
    assert_string_equal(profile->ekus.items[1], "1.2.3");
    assert_int_equal(profile->alt_name_kinds, 1u << PC_ALT_DNS);
    assert_int_equal(profile->taken, PC_TAKE_ALT_NAMES);
    assert_int_equal(profile->subject.count, 1);
    assert_int_equal(profile->excess, PC_EXCESS_REDUCE);
    assert_true(strstr(profile->source, "RFC 5280") != NULL);
}

static void path_lengths_are_read(void **state)
{
    static const struct {
        const char *text;
        bool has;
        unsigned length;
    } rows[] = {
        { "name: a\nbase: issuing-ca\n", true, 0 },
        { "name: a\nbase: issuing-ca\npath-length: none\n", false, 0 },
        { "name: a\nbase: cross\npath-length: 2\n", true, 2 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;

        assert_int_equal(read_text(rows[i].text, &profile, NULL), PC_OK);
        assert_int_equal(profile->basic_constraints.has_path_length, rows[i].has);
        assert_int_equal(profile->basic_constraints.path_length, rows[i].length);
    }
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        { "", "is empty" },
        { "name: x\n", "key is missing" },
        { "name: x\nbase: none\n", "no certificate profile \"none\"" },
        { "name: root\nbase: root\n", "name of a built-in profile" },
        { "name: x\nbase: root\nbase: cross\n", "own.yaml" },
        { "name: x\nbase: tls-server\npath-length: 0\n", "only a CA certificate has a path length" },
        { "name: x\nbase: root\npath-length: 256\n", "from 0 to 255" },
        { "name: x\nbase: root\npath-length: -1\n", "from 0 to 255" },
        { "name: x\nbase: tls-server\nname-constraints:\n  excluded: [\"dns:a\"]\n", "only a CA" },
        { "name: x\nbase: root\nname-constraints:\n  excluded: [\"dns:\"]\n", "kind without a name" },
        { "name: x\nbase: root\nvalidity: 0d\n", "not a duration" },
        { "name: x\nbase: root\nvalidity: 1y\nnot-after: 2030-01-01\n", "exclude each other" },
        { "name: x\nbase: root\nnot-after: 2030-01-01\n", "must be given together" },
        { "name: x\nbase: root\nnot-before: 2030-02-30\nnot-after: 2031-01-01\n", "\"2030-02-30\" is not a time" },
        { "name: x\nbase: root\nnot-before: 2030-01-01\nnot-after: 2030-01-01\n", "not later" },
        { "name: x\nbase: root\nfrom-request: [nothing]\n", "neither given nor taken" },
        { "name: x\nbase: root\nsubject: CN\n", "CN" },
        { "name: x\nbase: root\npolicies:\n  - oid: 1.2.x\n", "not an object identifier" },
        { "name: x\nbase: root\npolicies:\n  - cps: [http://a]\n", "key is missing" },
        { "name: x\nbase: root\ndigest: sha1\n", "not valid here" },
        { "name: x\nbase: root\ncrl-urls: [nowhere]\n", "nowhere" },
        { "name: x\nbase: root\ncrl-urls: &a [http://b]\nocsp-urls: *a\n", "aliases" },
        { "name: x\nbase: root\n---\nname: y\n", "second document" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;
        pc_error err = { .status = PC_OK };
        bool is_said = false;

        if (read_text(rows[i].text, &profile, &err) != PC_E_INPUT) {
            fail_msg("accepted: %s", rows[i].text);
        }
        for (unsigned frame = 0; frame < err.frame_count; frame++) {
            is_said = is_said || strstr(err.frames[frame], rows[i].said);
        }
        if (!is_said) {
            fail_msg("%s: said \"%s\", not \"%s\"", rows[i].text, err.frames[0], rows[i].said);
        }
    }
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    static char text[PC_CERTIFICATE_PROFILE_MAX_SIZE + 2];
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    memset(text, '#', sizeof text - 1);
    assert_int_equal(read_text(text, &profile, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "too large"));
}

static void times_are_read_only_as_they_are_written(void **state)
{
    static const struct {
        const char *text;
        int64_t sec;
    } rows[] = {
        { "1970-01-02", 86400 },
        { "2027-11-22T21:00:00Z", 1826917200 },
        { "2050-12-31T23:59:59Z", 2556143999 },
        { "2027-11-22T21:00:00", -1 },
        { "2027-11-22 21:00:00Z", -1 },
        { "2027-1-22", -1 },
        { "2027-02-29", -1 },
        { "2027-11-22T24:00:00Z", -1 },
        { "2027-11-22T21:00:60Z", -1 },
        { "", -1 },
        { "2027-11-22Z", -1 },
        { " 027-11-22", -1 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        int64_t sec = -1;

        assert_int_equal(pc_text_to_time(rows[i].text, &sec), rows[i].sec != -1);
        assert_int_equal(sec, rows[i].sec);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_profile_is_complete),
        cmocka_unit_test(a_file_changes_what_it_names_and_keeps_the_rest),
        cmocka_unit_test(path_lengths_are_read),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
        cmocka_unit_test(times_are_read_only_as_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
