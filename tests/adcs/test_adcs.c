/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/certsrv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/secret_auto.h"
#include "must.h"
#include "run.h"
#include "stand_in.h"

/* The steps of an enrolment, once with each mood of the CA. OpenSSL judges the result. */

typedef struct {
    pc_arena *arena;
    pc_wire *wire;
    char url[256];
    pc_ca_access access;
    const char *request;
    pc_error err;
} session;

static session open_mood(const char *mood)
{
    session with = { .arena = pc_arena_new() };

    MUST(with.arena);
    with.request = stand_in_request(with.arena, "web.contoso.example");
    (void)snprintf(with.url, sizeof with.url, "%s", stand_in_url("ADCS_HTTPS", "anonymous", mood));
    return with;
}

static pc_wire *wire_of(session *with)
{
    if (!with->wire) {
        with->access = stand_in_access(with->url);
        MUST(stand_in_open(&with->access, NULL, &with->wire, &with->err) == PC_OK);
    }
    return with->wire;
}

static void close_session(session *with)
{
    pc_wire_close(with->wire);
    pc_arena_free(with->arena);
}

static pc_ca_outcome submit(session *with, const char *template_name)
{
    const pc_ca_submission submission = { .request = with->request, .template_name = template_name };
    pc_ca_outcome outcome;
    char out[4096];

    if (pc_ca_submit(wire_of(with), with->arena, &submission, &outcome, &with->err) != PC_OK) {
        fail_msg("%s: %s", with->url, error_text(&with->err, out, sizeof out));
    }
    return outcome;
}

static pc_ca_outcome check(session *with, unsigned long id)
{
    pc_ca_outcome outcome;

    assert_int_equal(pc_ca_check(wire_of(with), with->arena, id, &outcome, &with->err), PC_OK);
    return outcome;
}

static pc_ca_outcome retrieve(session *with, unsigned long id, pc_bytes *file)
{
    pc_ca_issued issued;

    assert_int_equal(pc_ca_get_certificate(wire_of(with), with->arena, id, &issued, &with->err), PC_OK);
    *file = issued.file;
    return issued.outcome;
}

static X509 *certificate_of(pc_bytes file)
{
    const unsigned char *at = file.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)file.len);

    assert_non_null(certificate);
    assert_ptr_equal(at, file.data + file.len);
    return certificate;
}

/* The number of certificates in a PKCS#7. */
static int count_in(pc_bytes file)
{
    const unsigned char *at = file.data;
    PKCS7 *bag = d2i_PKCS7(NULL, &at, (long)file.len);

    assert_non_null(bag);
    int count = sk_X509_num(bag->d.sign->cert);

    PKCS7_free(bag);
    return count;
}

static void enterprise_ca_issues_at_once(void **state)
{
    session with = open_mood("enterprise");
    pc_bytes file;
    pc_ca_outcome outcome = submit(&with, "WebServer");

    (void)state;
    assert_int_equal(outcome.disposition, PC_CA_ISSUED);
    assert_true(outcome.request_id > 0);
    assert_string_equal(stand_in_last(with.arena, "CertRequest"), with.request);
    assert_string_equal(stand_in_last(with.arena, "CertAttrib"), "CertificateTemplate:WebServer\r\n");
    unsigned long id = outcome.request_id;

    assert_int_equal(check(&with, id).disposition, PC_CA_ISSUED);
    assert_int_equal(retrieve(&with, id, &file).disposition, PC_CA_ISSUED);
    X509 *certificate = certificate_of(file);

    assert_int_equal(X509_check_host(certificate, "web.contoso.example", 0, 0, NULL), 1);
    X509_free(certificate);
    pc_ca_issued chain;

    assert_int_equal(pc_ca_get_chain(with.wire, with.arena, id, &chain, &with.err), PC_OK);
    assert_int_equal(chain.outcome.disposition, PC_CA_ISSUED);
    assert_int_equal(count_in(chain.file), 3);
    close_session(&with);
}

static void attributes_arrive_as_given(void **state)
{
    session with = open_mood("enterprise");
    const char *const attributes[] = { "SAN:dns=a.example&dns=b.example", "Note:50% + \xc3\xa4" };
    const pc_ca_submission submission = {
        .request = with.request,
        .template_name = "ContosoR&D",
        .request_attributes = attributes,
        .request_attribute_count = 2,
    };
    const char *const broken[] = { "Note:x\r\nCertificateTemplate:DomainController" };
    const pc_ca_submission two_lines = { .request = with.request,
                                         .request_attributes = broken,
                                         .request_attribute_count = 1 };
    const pc_ca_submission template_of_two_lines = { .request = with.request, .template_name = "User\nX:y" };
    pc_ca_outcome outcome;

    (void)state;
    assert_int_equal(pc_ca_submit(wire_of(&with), with.arena, &submission, &outcome, &with.err), PC_OK);
    assert_int_equal(outcome.disposition, PC_CA_ISSUED);
    assert_string_equal(stand_in_last(with.arena, "CertAttrib"),
                        "CertificateTemplate:ContosoR&D\r\nSAN:dns=a.example&dns=b.example\r\nNote:50% + \xc3\xa4\r\n");
    size_t seen = stand_in_seen();

    assert_int_equal(pc_ca_submit(with.wire, with.arena, &two_lines, &outcome, &with.err), PC_E_USAGE);
    assert_int_equal(pc_ca_submit(with.wire, with.arena, &template_of_two_lines, &outcome, &with.err), PC_E_USAGE);
    assert_int_equal(stand_in_seen(), seen);
    close_session(&with);
}

static const struct {
    const char *mood;
    const char *template_name;
    pc_ca_disposition disposition;
    unsigned long code;
} decisions[] = {
    { "enterprise", "OperationsManager", PC_CA_ISSUED, 0 },
    { "enterprise", NULL, PC_CA_DENIED, 0x80094801 },
    { "enterprise", "NoSuchTemplate", PC_CA_DENIED, 0x80094800 },
    { "enterprise", "DomainController", PC_CA_DENIED, 0x80094012 },
    { "de-enterprise", "WebServer", PC_CA_ISSUED, 0 },
    { "de-enterprise", "NoSuchTemplate", PC_CA_DENIED, 0x80094800 },
    { "ja-enterprise", "WebServer", PC_CA_ISSUED, 0 },
    { "ja-enterprise", "NoSuchTemplate", PC_CA_DENIED, 0x80094800 },
    { "standalone", NULL, PC_CA_PENDING, 0 },
    { "standalone", "WebServer", PC_CA_PENDING, 0 },
    { "de-standalone", NULL, PC_CA_PENDING, 0 },
    { "fr2025-standalone", NULL, PC_CA_PENDING, 0 },
    { "es-standalone", NULL, PC_CA_PENDING, 0 },
    { "ru2025-standalone", NULL, PC_CA_PENDING, 0 },
    { "zh-standalone", NULL, PC_CA_PENDING, 0 },
    { "en2003-enterprise", "WebServer", PC_CA_ISSUED, 0 },
    { "zh2025-enterprise", "WebServer", PC_CA_ISSUED, 0 },
    { "es2025-enterprise", "NoSuchTemplate", PC_CA_DENIED, 0x80094800 },
    { "en2003-enterprise", "NoSuchTemplate", PC_CA_DENIED, 0 },
    { "ja-standalone", NULL, PC_CA_PENDING, 0 },
    { "denied-80094011", NULL, PC_CA_DENIED, 0x80094011 },
    { "denied-8009480f", NULL, PC_CA_DENIED, 0x8009480f },
    { "ja-denied-80070005", NULL, PC_CA_DENIED, 0x80070005 },
    { "error-800b0109", NULL, PC_CA_ERROR, 0x800b0109 },
    { "de-error-80092013", NULL, PC_CA_ERROR, 0x80092013 },
    { "unknown-page", NULL, PC_CA_UNKNOWN, 0 },
    { "blocked", NULL, PC_CA_UNKNOWN, 0 },
    { "login", NULL, PC_CA_UNKNOWN, 0 },
    { "portal", NULL, PC_CA_UNKNOWN, 0 },
};

static void decision_is_read_in_every_mood_and_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(decisions); i++) {
        session with = open_mood(decisions[i].mood);
        const pc_ca_outcome outcome = submit(&with, decisions[i].template_name);

        if (outcome.disposition != decisions[i].disposition || outcome.code != decisions[i].code) {
            fail_msg("%s, %s: %s 0x%lx", decisions[i].mood, decisions[i].template_name,
                     pc_ca_disposition_name(outcome.disposition), outcome.code);
        }
        assert_true(!outcome.code || (outcome.advice && outcome.message));
        assert_true(outcome.disposition != PC_CA_PENDING || outcome.request_id > 0);
        close_session(&with);
    }
}

static void damaged_request_is_an_error_of_the_ca(void **state)
{
    session with = open_mood("enterprise");

    (void)state;
    with.request = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
    const pc_ca_outcome outcome = submit(&with, "WebServer");

    assert_int_equal(outcome.disposition, PC_CA_ERROR);
    assert_int_equal(outcome.code, 0x8009310b);
    close_session(&with);
}

static void pending_request_waits_for_approval(const char *mood)
{
    session with = open_mood(mood);
    pc_bytes file;
    unsigned long id = submit(&with, NULL).request_id;

    assert_int_equal(check(&with, id).disposition, PC_CA_PENDING);
    assert_int_equal(check(&with, id).request_id, id);
    assert_int_equal(retrieve(&with, id, &file).disposition, PC_CA_PENDING);
    stand_in_decide(id, NULL);
    assert_int_equal(check(&with, id).disposition, PC_CA_ISSUED);
    assert_int_equal(retrieve(&with, id, &file).disposition, PC_CA_ISSUED);
    X509_free(certificate_of(file));
    close_session(&with);
}

static void pending_request_is_issued_once_approved(void **state)
{
    (void)state;
    pending_request_waits_for_approval("standalone");
    pending_request_waits_for_approval("de-standalone");
    pending_request_waits_for_approval("ja-renewed");
    pending_request_waits_for_approval("fr2025-standalone");
}

static void request_can_be_denied_by_a_person(void **state)
{
    session with = open_mood("standalone");
    pc_bytes file;
    unsigned long id = submit(&with, NULL).request_id;

    (void)state;
    stand_in_decide(id, "deny");
    pc_ca_outcome outcome = check(&with, id);

    assert_int_equal(outcome.disposition, PC_CA_DENIED);
    assert_string_equal(outcome.message, "Denied by CONTOSO\\admin");
    assert_int_equal(retrieve(&with, id, &file).disposition, PC_CA_DENIED);
    close_session(&with);
}

static void certificate_can_be_revoked_before_it_is_fetched(void **state)
{
    session with = open_mood("fr-standalone");
    pc_bytes file;
    unsigned long id = submit(&with, NULL).request_id;

    (void)state;
    stand_in_decide(id, "revoke");
    assert_int_equal(check(&with, id).disposition, PC_CA_REVOKED);
    assert_int_equal(retrieve(&with, id, &file).disposition, PC_CA_REVOKED);
    close_session(&with);
}

static void unknown_request_is_an_error_with_its_code(void **state)
{
    session with = open_mood("de-standalone");
    pc_bytes file;
    pc_ca_outcome outcome = check(&with, 999999);

    (void)state;
    assert_int_equal(outcome.disposition, PC_CA_ERROR);
    assert_int_equal(outcome.code, 0x80094004);
    outcome = retrieve(&with, 999999, &file);
    assert_int_equal(outcome.disposition, PC_CA_ERROR);
    assert_int_equal(outcome.code, 0x80094004);
    close_session(&with);
}

static unsigned long issued_in(session *with)
{
    const pc_ca_outcome outcome = submit(with, "WebServer");

    assert_int_equal(outcome.disposition, PC_CA_ISSUED);
    return outcome.request_id;
}

static void page_in_place_of_a_certificate_is_kept_and_not_issued(void **state)
{
    session with = open_mood("html200");
    pc_bytes file;
    const pc_ca_outcome outcome = retrieve(&with, issued_in(&with), &file);

    (void)state;
    assert_int_equal(outcome.disposition, PC_CA_UNKNOWN);
    assert_int_equal(file.len, 0);
    assert_non_null(strstr((const char *)outcome.page, "is being serviced"));
    close_session(&with);
}

static void nothing_in_place_of_a_certificate_is_unknown(void **state)
{
    session with = open_mood("empty");
    pc_bytes file;

    (void)state;
    assert_int_equal(retrieve(&with, issued_in(&with), &file).disposition, PC_CA_UNKNOWN);
    close_session(&with);
}

static void cut_certificate_is_refused(void **state)
{
    session with = open_mood("cut-certificate");
    unsigned long id = issued_in(&with);
    pc_ca_issued issued;

    (void)state;
    assert_int_equal(pc_ca_get_certificate(with.wire, with.arena, id, &issued, &with.err), PC_E_CA);
    assert_true(error_says(&with.err, "cut short"));
    close_session(&with);
}

static void somebody_elses_certificate_comes_as_it_is(void **state)
{
    session with = open_mood("other-certificate");
    pc_bytes file;

    (void)state;
    assert_int_equal(retrieve(&with, issued_in(&with), &file).disposition, PC_CA_ISSUED);
    X509 *certificate = certificate_of(file);

    assert_int_equal(X509_check_host(certificate, "web.contoso.example", 0, 0, NULL), 0); /* the caller checks that */
    X509_free(certificate);
    close_session(&with);
}

static bool has_usage(X509 *certificate, int purpose)
{
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool found = false;

    assert_non_null(usage);
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        found = found || OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == purpose;
    }
    EXTENDED_KEY_USAGE_free(usage);
    return found;
}

/* Other tests check that changes are noticed; this one checks that the stand-in makes them. */
static void ca_that_changes_the_request_is_simulated(void **state)
{
    static const struct {
        const char *mood;
        bool has_name;
        bool is_client;
        bool is_long;
    } rows[] = {
        { "enterprise", true, true, true },
        { "san-dropped", false, true, true },
        { "eku-changed", true, false, true },
        { "short-validity", true, true, false },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        session with = open_mood(rows[i].mood);
        time_t in_two_days = time(NULL) + (time_t)2 * 86400;
        pc_bytes file;

        assert_int_equal(retrieve(&with, issued_in(&with), &file).disposition, PC_CA_ISSUED);
        X509 *certificate = certificate_of(file);

        assert_int_equal(X509_check_host(certificate, "web.contoso.example", 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                                         NULL),
                         rows[i].has_name);
        assert_int_equal(has_usage(certificate, NID_client_auth), rows[i].is_client);
        assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), in_two_days) > 0, rows[i].is_long);
        X509_free(certificate);
        close_session(&with);
    }
}

static void request_arrives_unchanged_with_every_login(void **state)
{
    static const struct {
        const char *path;
        pc_ca_login login;
        const char *user;
        const char *seen;
    } rows[] = {
        { "kerberos", PC_CA_LOGIN_TICKET, NULL, "alice@CONTOSO.EXAMPLE" },
        { "basic", PC_CA_LOGIN_BASIC, "alice", "alice" },
        { "ntlm", PC_CA_LOGIN_NTLM, "CONTOSO\\alice", "" },
    };
    PC_AUTO(pc_secret) pc_secret *password = NULL;

    (void)state;
    MUST(pc_secret_new(32, &password, NULL) == PC_OK);
    memcpy(pc_secret_bytes(password), "canary-basic-2290", 17);
    pc_secret_set_len(password, 17);
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        session with = open_mood("enterprise");
        const pc_ca_credentials credentials = { .password = password };

        with.access = stand_in_access(stand_in_url("ADCS_HTTPS", rows[i].path, "enterprise"));
        with.access.login = rows[i].login;
        with.access.user = rows[i].user;
        MUST(stand_in_open(&with.access, &credentials, &with.wire, NULL) == PC_OK);
        assert_int_equal(submit(&with, "WebServer").disposition, PC_CA_ISSUED);
        assert_string_equal(stand_in_last(with.arena, "CertRequest"), with.request);
        assert_string_equal(stand_in_last(with.arena, "user"), rows[i].seen);
        close_session(&with);
    }
}

static void failed_submission_says_whether_the_ca_may_have_it(void **state)
{
    static const struct {
        const char *mood;
        pc_status status;
        bool may_have_it;
    } rows[] = {
        { "raw-closed", PC_E_CA, true }, { "raw-cut", PC_E_CA, true },     { "raw-short-length", PC_OK, false },
        { "http-500", PC_E_CA, true },   { "http-401", PC_E_AUTH, false },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        session with = open_mood(rows[i].mood);
        const pc_ca_submission submission = { .request = with.request };
        pc_ca_outcome outcome = { .disposition = PC_CA_ISSUED };

        assert_int_equal(pc_ca_submit(wire_of(&with), with.arena, &submission, &outcome, &with.err), rows[i].status);
        assert_int_equal(error_says(&with.err, "may have received it"), rows[i].may_have_it);
        assert_true(rows[i].status != PC_OK || outcome.disposition == PC_CA_UNKNOWN);
        close_session(&with);
    }
    session nobody = open_mood("enterprise");
    const pc_ca_submission submission = { .request = nobody.request };
    pc_ca_outcome outcome;

    (void)snprintf(nobody.url, sizeof nobody.url, "https://localhost:1/certsrv");
    assert_int_equal(pc_ca_submit(wire_of(&nobody), nobody.arena, &submission, &outcome, &nobody.err), PC_E_CA);
    assert_false(error_says(&nobody.err, "may have received it"));
    close_session(&nobody);
}

static void ca_gives_every_certificate_of_its_own(void **state)
{
    static const struct {
        const char *mood;
        size_t count;
        int newest_chain;
    } rows[] = { { "enterprise", 1, 2 }, { "ja-standalone", 1, 1 }, { "renewed", 2, 4 } };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        session with = open_mood(rows[i].mood);
        pc_ca_certificates certificates;
        pc_bytes file;

        assert_int_equal(pc_ca_get_ca_certificates(wire_of(&with), with.arena, &certificates, &with.err), PC_OK);
        assert_int_equal(certificates.count, rows[i].count);
        assert_int_equal(certificates.newest, rows[i].count - 1);
        for (size_t j = 0; j < certificates.count; j++) {
            X509 *certificate = certificate_of(certificates.items[j].file);

            assert_int_equal(certificates.items[j].renewal, j);
            assert_int_equal(X509_check_ca(certificate), 1);
            X509_free(certificate);
        }
        assert_int_equal(pc_ca_get_ca_chain(with.wire, with.arena, certificates.newest, &file, &with.err), PC_OK);
        assert_int_equal(count_in(file), rows[i].newest_chain);
        close_session(&with);
    }
}

static void revocation_lists_come_by_renewal_and_kind(void **state)
{
    session with = open_mood("enterprise");
    pc_bytes file;

    (void)state;
    for (int delta = 0; delta < 2; delta++) {
        assert_int_equal(pc_ca_get_crl(wire_of(&with), with.arena, (pc_ca_crl){ .is_delta = delta }, &file, &with.err),
                         PC_OK);
        const unsigned char *at = file.data;
        X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)file.len);

        assert_non_null(crl);
        assert_int_equal(X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0, delta);
        X509_CRL_free(crl);
    }
    assert_int_equal(pc_ca_get_crl(with.wire, with.arena, (pc_ca_crl){ .renewal = 7 }, &file, &with.err), PC_E_CA);
    assert_int_equal(with.err.origin, PC_ORIGIN_WINDOWS);
    assert_int_equal(with.err.code, 0x80070057);
    close_session(&with);
}

static void templates_are_those_of_the_form(void **state)
{
    session enterprise = open_mood("ja-enterprise");
    session standalone = open_mood("standalone");
    pc_ca_templates templates;

    (void)state;
    assert_int_equal(pc_ca_get_templates(wire_of(&enterprise), enterprise.arena, &templates, NULL), PC_OK);
    assert_int_equal(templates.count, 3);
    assert_string_equal(templates.items[1].name, "OperationsManager");
    assert_int_equal(pc_ca_get_templates(wire_of(&standalone), standalone.arena, &templates, NULL), PC_OK);
    assert_int_equal(templates.count, 0);
    close_session(&enterprise);
    close_session(&standalone);
}

static void server_that_is_not_a_ca_is_recognised(void **state)
{
    session with = open_mood("raw-short-length");
    pc_ca_certificates certificates;
    pc_ca_templates templates;

    (void)state;
    assert_int_equal(pc_ca_get_ca_certificates(wire_of(&with), with.arena, &certificates, &with.err), PC_E_CA);
    assert_true(error_says(&with.err, "that is not from AD CS"));
    assert_int_equal(pc_ca_get_templates(with.wire, with.arena, &templates, &with.err), PC_E_CA);
    close_session(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enterprise_ca_issues_at_once),
        cmocka_unit_test(attributes_arrive_as_given),
        cmocka_unit_test(decision_is_read_in_every_mood_and_language),
        cmocka_unit_test(damaged_request_is_an_error_of_the_ca),
        cmocka_unit_test(pending_request_is_issued_once_approved),
        cmocka_unit_test(request_can_be_denied_by_a_person),
        cmocka_unit_test(certificate_can_be_revoked_before_it_is_fetched),
        cmocka_unit_test(unknown_request_is_an_error_with_its_code),
        cmocka_unit_test(page_in_place_of_a_certificate_is_kept_and_not_issued),
        cmocka_unit_test(nothing_in_place_of_a_certificate_is_unknown),
        cmocka_unit_test(cut_certificate_is_refused),
        cmocka_unit_test(somebody_elses_certificate_comes_as_it_is),
        cmocka_unit_test(ca_that_changes_the_request_is_simulated),
        cmocka_unit_test(request_arrives_unchanged_with_every_login),
        cmocka_unit_test(failed_submission_says_whether_the_ca_may_have_it),
        cmocka_unit_test(ca_gives_every_certificate_of_its_own),
        cmocka_unit_test(revocation_lists_come_by_renewal_and_kind),
        cmocka_unit_test(templates_are_those_of_the_form),
        cmocka_unit_test(server_that_is_not_a_ca_is_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
