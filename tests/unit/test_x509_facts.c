/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/rsa.h>

#include "common_name.h"
#include "x509/facts.h"
#include "x509_request.h"

/* What requests and certificates say about themselves: usual ones, old ones, damaged ones. */

typedef struct {
    EVP_PKEY *key;
    pc_arena *arena;
} place;

static int make_place(void **state)
{
    static place made;

    made.key = made_key();
    made.arena = pc_arena_new();
    *state = &made;
    return 0;
}

static int remove_place(void **state)
{
    const place *made = *state;

    EVP_PKEY_free(made->key);
    pc_arena_free(made->arena);
    return 0;
}

static const char *ekus[] = { PC_OID_SERVER_AUTH };
static pc_alt_name names[] = { { .kind = PC_ALT_DNS, .text = "b.contoso.com" },
                               { .kind = PC_ALT_IP, .text = "192.0.2.1" },
                               { .kind = PC_ALT_DNS, .text = "a.contoso.com" } };

static pc_request usual(void)
{
    return (pc_request){ .subject = made_subject(),
                         .has_key_usage = true,
                         .key_usage = 0x80a0,
                         .ekus = ekus,
                         .eku_count = 1,
                         .alt_names = names,
                         .alt_name_count = 3 };
}

static void assert_usual(const pc_evidence_subject *subject)
{
    assert_true(subject->present);
    assert_string_equal(subject->subject, "CN=server.contoso.com");
    assert_int_equal(subject->common_name_count, 1);
    assert_int_equal(subject->dns_name_count, 2);
    assert_string_equal(subject->dns_names[0], "b.contoso.com");
    assert_string_equal(subject->dns_names[1], "a.contoso.com");
    assert_true(subject->has_key_usage && subject->key_usage_critical);
    assert_int_equal(subject->key_usage, 0x80a0);
    assert_int_equal(subject->eku_count, 1);
    assert_string_equal(subject->ekus[0], PC_OID_SERVER_AUTH);
    assert_string_equal(subject->signature_digest, "sha256");
    assert_string_equal(subject->key_algorithm, "EC");
    assert_int_equal(subject->key_bits, 256);
}

static void request_says_what_was_put_in(void **state)
{
    const place *where = *state;
    const pc_request request = usual();
    X509_REQ *csr = made_csr(&request, NULL, where->key);
    pc_evidence_subject subject;

    assert_int_equal(pc_x509_facts_of_csr(csr, where->arena, &subject, NULL), PC_OK);
    assert_usual(&subject);
    X509_REQ_free(csr);
}

/* The same request with its extensions in an attribute with that identifier. */
static void ask_by(X509_REQ *csr, STACK_OF(X509_EXTENSION) *list, int nid)
{
    assert_int_equal(X509_REQ_add_extensions_nid(csr, list, nid), 1);
}

static X509_REQ *bare_csr(EVP_PKEY *key)
{
    X509_REQ *csr = X509_REQ_new();

    set_request_subject(csr, "server.contoso.com");
    assert_int_equal(X509_REQ_set_pubkey(csr, key), 1);
    return csr;
}

static STACK_OF(X509_EXTENSION) *usual_extensions(EVP_PKEY *key)
{
    const pc_request request = usual();
    pc_extension_list list = NULL;

    assert_int_equal(pc_extensions_of_request(&request, key, &list, NULL), PC_OK);
    return list;
}

static void extensions_are_found_in_microsofts_old_attribute(void **state)
{
    static const int attributes[][2] = { { NID_ms_ext_req, 0 }, { NID_ms_ext_req, NID_ext_req }, { NID_ext_req, 0 } };
    const place *where = *state;
    STACK_OF(X509_EXTENSION) *list = usual_extensions(where->key);

    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        X509_REQ *csr = bare_csr(where->key);
        pc_evidence_subject subject;

        for (size_t j = 0; j < 2 && attributes[i][j]; j++) {
            ask_by(csr, list, attributes[i][j]);
        }
        assert_true(X509_REQ_sign(csr, where->key, EVP_sha256()) > 0);
        assert_int_equal(pc_x509_facts_of_csr(csr, where->arena, &subject, NULL), PC_OK);
        assert_usual(&subject);
        X509_REQ_free(csr);
    }
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

/* A name that is only in the second attribute is not overlooked. */
static void both_attributes_count_where_they_differ(void **state)
{
    const place *where = *state;
    X509_REQ *csr = bare_csr(where->key);
    pc_extension_list usage = NULL;
    pc_extension_list san = NULL;
    pc_evidence_subject subject;

    assert_int_equal(pc_extension_add_key_usage(&usage, 0x80, true, NULL), PC_OK);
    assert_int_equal(pc_extension_add_alt_names(&san, names, 1, false, NULL), PC_OK);
    ask_by(csr, usage, NID_ext_req);
    ask_by(csr, san, NID_ms_ext_req);
    assert_int_equal(pc_x509_facts_of_csr(csr, where->arena, &subject, NULL), PC_OK);
    assert_true(subject.has_key_usage);
    assert_int_equal(subject.dns_name_count, 1);
    sk_X509_EXTENSION_pop_free(usage, X509_EXTENSION_free);
    sk_X509_EXTENSION_pop_free(san, X509_EXTENSION_free);
    X509_REQ_free(csr);
}

static const struct {
    const char *name;
    const char *oid;
    const char *content;
    size_t len;
    const char *oid_too; /* a second extension with other content, or NULL */
    const char *says;
} unreadable[] = {
    { "a SAN that is none", "2.5.29.17", "\x05\x00", 2, NULL, "Subject Alternative Name\" cannot be read" },
    { "a key usage that is none", "2.5.29.15", "\x30\x00", 2, NULL, "Key Usage\" cannot be read" },
    { "an EKU that is cut short", "2.5.29.37", "\x30\x04\x06\x03", 4, NULL, "Extended Key Usage\" cannot be read" },
    { "two SANs", "2.5.29.17", "\x30\x00", 2, "2.5.29.17", "Subject Alternative Name\" is present twice" },
};

static void unreadable_extension_is_not_mistaken_for_an_absent_one(void **state)
{
    const place *where = *state;

    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
        X509_REQ *csr = bare_csr(where->key);
        pc_extension_list one = NULL;
        pc_extension_list two = NULL;
        pc_evidence_subject subject;
        pc_error err = { .status = PC_OK };
        const unsigned char *content = (const unsigned char *)unreadable[i].content;

        assert_int_equal(
            pc_extension_add_der(&one, &(pc_extension_der){ unreadable[i].oid, false, content, (int)unreadable[i].len },
                                 NULL),
            PC_OK);
        ask_by(csr, one, NID_ext_req);
        if (unreadable[i].oid_too) {
            assert_int_equal(pc_extension_add_alt_names(&two, names, 1, false, NULL), PC_OK);
            ask_by(csr, two, NID_ms_ext_req);
        }
        if (pc_x509_facts_of_csr(csr, where->arena, &subject, &err) != PC_E_INPUT ||
            !strstr(err.frames[0], unreadable[i].says)) {
            fail_msg("%s: %s", unreadable[i].name, err.frames[0]);
        }
        sk_X509_EXTENSION_pop_free(one, X509_EXTENSION_free);
        sk_X509_EXTENSION_pop_free(two, X509_EXTENSION_free);
        X509_REQ_free(csr);
    }
}

static void extensions_that_are_not_a_list_are_refused(void **state)
{
    const place *where = *state;
    X509_REQ *csr = bare_csr(where->key);
    pc_evidence_subject subject;

    assert_int_equal(X509_REQ_add1_attr_by_NID(csr, NID_ext_req, V_ASN1_UTF8STRING, (const unsigned char *)"x", 1), 1);
    assert_int_equal(pc_x509_facts_of_csr(csr, where->arena, &subject, NULL), PC_E_INPUT);
    X509_REQ_free(csr);
}

static void digest_of_a_pss_signature_is_shown(void **state)
{
    const place *where = *state;
    const pc_request request = { .subject = made_subject() };
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    X509_REQ *csr = made_csr(&request, NULL, rsa);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    pc_evidence_subject subject;

    assert_int_equal(EVP_DigestSignInit(context, &how, EVP_sha384(), NULL, rsa), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING), 1);
    assert_true(X509_REQ_sign_ctx(csr, context) > 0);
    assert_int_equal(pc_x509_facts_of_csr(csr, where->arena, &subject, NULL), PC_OK);
    assert_string_equal(subject.signature_digest, "sha384");
    EVP_MD_CTX_free(context);
    X509_REQ_free(csr);
    EVP_PKEY_free(rsa);
}

static void certificate_says_what_was_put_in(void **state)
{
    const place *where = *state;
    X509 *certificate = made_certificate(&(made_plan){ "one", where->key, NULL, NULL, false, -1, 10 });
    pc_evidence_subject subject;
    pc_evidence_certificate facts;

    made_extension(certificate, certificate, NID_subject_alt_name, "DNS:a.contoso.com");
    assert_int_equal(pc_x509_facts_of_certificate(certificate, where->arena, &subject, &facts, NULL), PC_OK);
    assert_string_equal(subject.subject, "CN=one");
    assert_int_equal(subject.dns_name_count, 1);
    assert_false(subject.has_key_usage);
    assert_true(facts.self_signed);
    assert_int_equal(facts.not_after_sec - facts.not_before_sec, 11 * 86400);
    assert_int_equal(facts.serial.len, 2);
    assert_memory_equal(facts.serial.data, "\x12\x67", 2);
    assert_false(facts.has_template);
    X509_free(certificate);
}

static pc_evidence_certificate facts_with(const place *where, int nid, const char *value)
{
    X509 *certificate = made_certificate(&(made_plan){ "one", where->key, NULL, NULL, false, -1, 10 });
    pc_evidence_subject subject;
    pc_evidence_certificate facts;

    if (value) {
        made_extension(certificate, certificate, nid, value);
    }
    assert_int_equal(pc_x509_facts_of_certificate(certificate, where->arena, &subject, &facts, NULL), PC_OK);
    X509_free(certificate);
    return facts;
}

static void reach_of_revocation_is_derived_from_its_urls(void **state)
{
    static const struct {
        const char *name;
        int nid;
        const char *value;
        pc_revocation_reach expected;
    } rows[] = {
        { "nothing", NID_undef, NULL, PC_REVOCATION_NOWHERE },
        { "http", NID_crl_distribution_points, "URI:http://pki/a.crl", PC_REVOCATION_WEB },
        { "capitals", NID_crl_distribution_points, "URI:HTTP://pki/a.crl", PC_REVOCATION_WEB },
        { "LDAP", NID_crl_distribution_points, "URI:ldap:///CN=a", PC_REVOCATION_DIRECTORY },
        { "LDAP, then http", NID_crl_distribution_points, "URI:ldap:///CN=a,URI:http://pki/a.crl", PC_REVOCATION_WEB },
        { "a file share", NID_crl_distribution_points, "URI:file://pki/a.crl", PC_REVOCATION_DIRECTORY },
        { "OCSP", NID_info_access, "OCSP;URI:http://pki/ocsp", PC_REVOCATION_WEB },
        { "issuers alone", NID_info_access, "caIssuers;URI:http://pki/ca.cer", PC_REVOCATION_NOWHERE },
    };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        assert_int_equal(facts_with(*state, rows[i].nid, rows[i].value).revocation, rows[i].expected);
    }
}

/* SEQUENCE { SEQUENCE { clientAuth } } */
static const uint8_t client_policy[] = { 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b,
                                         0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02 };

static void add_application_policies(X509 *certificate, pc_bytes value)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.311.21.10", 1);

    assert_int_equal(ASN1_OCTET_STRING_set(octets, value.data, (int)value.len), 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);

    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(octets);
}

static void application_policies_are_read_or_refused(void **state)
{
    const place *where = *state;
    X509 *certificate = made_certificate(&(made_plan){ "one", where->key, NULL, NULL, false, -1, 10 });
    X509 *damaged = X509_dup(certificate);
    pc_evidence_subject subject;
    pc_evidence_certificate facts;

    add_application_policies(certificate, PC_BYTES_OF(client_policy));
    assert_int_equal(pc_x509_facts_of_certificate(certificate, where->arena, &subject, &facts, NULL), PC_OK);
    assert_true(subject.application_policies.stated);
    assert_int_equal(subject.application_policies.count, 1);
    assert_string_equal(subject.application_policies.oids[0], PC_OID_CLIENT_AUTH);
    add_application_policies(damaged, (pc_bytes){ client_policy, 5 });
    assert_int_equal(pc_x509_facts_of_certificate(damaged, where->arena, &subject, &facts, NULL), PC_E_INPUT);
    add_application_policies(certificate, PC_BYTES_OF(client_policy));
    assert_int_equal(pc_x509_facts_of_certificate(certificate, where->arena, &subject, &facts, NULL), PC_E_INPUT);
    X509_free(damaged);
    X509_free(certificate);
}

static void issuers_are_described_from_below(void **state)
{
    const place *where = *state;
    X509 *root = made_certificate(&(made_plan){ "root", where->key, NULL, NULL, true, -1, 10 });
    X509 *middle = made_certificate(&(made_plan){ "middle", where->key, root, where->key, true, -1, 10 });
    STACK_OF(X509) *issuers = sk_X509_new_null();
    pc_evidence_certificate facts = { .issuer_count = 7 };

    made_extension(middle, root, NID_ext_key_usage, "serverAuth");
    assert_int_equal(pc_x509_facts_of_issuers(NULL, where->arena, &facts, NULL), PC_OK);
    assert_int_equal(facts.issuer_count, 0);
    assert_true(sk_X509_push(issuers, middle) == 1 && sk_X509_push(issuers, root) == 2);
    assert_int_equal(pc_x509_facts_of_issuers(issuers, where->arena, &facts, NULL), PC_OK);
    assert_int_equal(facts.issuer_count, 2);
    assert_string_equal(facts.issuers[0].subject, "CN=middle");
    assert_true(facts.issuers[0].eku.stated && !facts.issuers[0].self_signed);
    assert_string_equal(facts.issuers[0].eku.oids[0], PC_OID_SERVER_AUTH);
    assert_true(!facts.issuers[1].eku.stated && facts.issuers[1].self_signed);
    sk_X509_pop_free(issuers, X509_free);
}

/* Each bit of a request is changed: if it is still a request, it is read or refused, and nothing else happens. */
static void damaged_requests_are_read_or_refused(void **state)
{
    const place *where = *state;
    const pc_request request = usual();
    X509_REQ *csr = made_csr(&request, NULL, where->key);
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(csr, &der);
    unsigned parsed = 0;

    for (int bit = 0; bit < len * 8; bit++) {
        pc_arena *arena = pc_arena_new();
        const unsigned char *at = der;
        pc_evidence_subject subject;
        pc_error err = { .status = PC_OK };

        der[bit / 8] ^= (unsigned char)(1u << bit % 8);
        X509_REQ *damaged = d2i_X509_REQ(NULL, &at, len);

        if (damaged) {
            pc_status status = pc_x509_facts_of_csr(damaged, arena, &subject, &err);

            assert_true(status == PC_OK || status == PC_E_INPUT);
            parsed++;
        }
        der[bit / 8] ^= (unsigned char)(1u << bit % 8);
        X509_REQ_free(damaged);
        pc_arena_free(arena);
    }
    assert_true(parsed > 100);
    OPENSSL_free(der);
    X509_REQ_free(csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_says_what_was_put_in),
        cmocka_unit_test(extensions_are_found_in_microsofts_old_attribute),
        cmocka_unit_test(both_attributes_count_where_they_differ),
        cmocka_unit_test(unreadable_extension_is_not_mistaken_for_an_absent_one),
        cmocka_unit_test(extensions_that_are_not_a_list_are_refused),
        cmocka_unit_test(digest_of_a_pss_signature_is_shown),
        cmocka_unit_test(certificate_says_what_was_put_in),
        cmocka_unit_test(reach_of_revocation_is_derived_from_its_urls),
        cmocka_unit_test(application_policies_are_read_or_refused),
        cmocka_unit_test(issuers_are_described_from_below),
        cmocka_unit_test(damaged_requests_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
