/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "x509_request.h"

/* Whole requests, judged by the command lines of OpenSSL and GnuTLS as well as by their bytes. */

typedef struct {
    EVP_PKEY *key;
    char folder[64];
    char path[80];
} place;

static int make_place(void **state)
{
    static place made;

    (void)snprintf(made.folder, sizeof made.folder, "/tmp/p11cert-csr-XXXXXX");
    assert_non_null(mkdtemp(made.folder));
    (void)snprintf(made.path, sizeof made.path, "%s/one.req", made.folder);
    made.key = made_key();
    *state = &made;
    return 0;
}

static int remove_place(void **state)
{
    const place *made = *state;

    (void)unlink(made->path);
    (void)rmdir(made->folder);
    EVP_PKEY_free(made->key);
    return 0;
}

static const char *ekus[] = { PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH };
static const char *urls[] = { "http://contoso.com/cps" };
static const char *notices[] = { "Only for tests" };
static pc_policy_statement policies[] = { { "1.2.3.4.5", urls, 1, notices, 1 } };
static pc_policy_statement application_policies[] = { { .oid = PC_OID_SERVER_AUTH } };
static const uint8_t guid[16] = { 1, 2, 3 };
static pc_alt_name names[] = {
    { .kind = PC_ALT_DNS, .text = "server.contoso.com" },
    { .kind = PC_ALT_IP, .text = "192.0.2.1" },
    { .kind = PC_ALT_EMAIL, .text = "a@contoso.com" },
    { .kind = PC_ALT_UPN, .text = "a@contoso.com" },
    { .kind = PC_ALT_URI, .text = "https://contoso.com/" },
    { .kind = PC_ALT_RID, .text = "1.2.3.4" },
    { .kind = PC_ALT_DIRECTORY, .text = "CN=server.contoso.com", .directory = { made_rdns, 1 } },
    { .kind = PC_ALT_GUID, .bytes = { guid, 16 } },
    { .kind = PC_ALT_OTHER, .oid = "1.2.3.4", .form = PC_OTHER_UTF8, .text = "other" },
};
static pc_alt_name permitted[] = { { .kind = PC_ALT_DNS, .text = ".contoso.com" } };
static pc_alt_name excluded[] = { { .kind = PC_ALT_IP, .text = "10.0.0.0/8" } };
static const uint8_t null_der[] = { 0x05, 0x00 };
static pc_raw_extension raw[] = { { "1.2.3.4.6", false, { null_der, 2 } } };
static pc_request_attribute attributes[] = { { "CertificateTemplate", "WebServer" },
                                             { "ValidityPeriod", "Weeks" },
                                             { "cdc", "dc1.contoso.com" } };

/* All at once. */
static pc_request everything(void)
{
    return (pc_request){
        .subject = made_subject(),
        .has_key_usage = true,
        .key_usage = 0xa0,
        .ekus = ekus,
        .eku_count = 2,
        .alt_names = names,
        .alt_name_count = sizeof names / sizeof *names,
        .basic_constraints = { .present = true,
                               .critical = true,
                               .is_ca = true,
                               .has_path_length = true,
                               .path_length = 3 },
        .name_constraints = { .present = true,
                              .critical = true,
                              .permitted = permitted,
                              .permitted_count = 1,
                              .excluded = excluded,
                              .excluded_count = 1 },
        .policies = { policies, 1, false },
        .application_policies = { application_policies, 1, false },
        .smime = true,
        .template_name = "WebServer",
        .template_version = { "1.3.6.1.4.1.311.21.8.1", 100, true, 4 },
        .raw_extensions = raw,
        .raw_extension_count = 1,
        .request_attributes = attributes,
        .request_attribute_count = 3,
    };
}

static const pc_windows_claims claims = { "10.0.20348.2",
                                          9,
                                          "server.contoso.com",
                                          "CONTOSO\\\xc3\xbc",
                                          "p11cert",
                                          "Microsoft RSA SChannel Cryptographic Provider",
                                          1 };

static void write_pem(const place *where, const X509_REQ *csr)
{
    FILE *out = fopen(where->path, "w");

    assert_non_null(out);
    assert_int_equal(PEM_write_X509_REQ(out, csr), 1);
    assert_int_equal(fclose(out), 0);
}

/* Run a command on the request; it must succeed. */
static const char *output_of(const place *where, const char *command, char out[static 65536])
{
    char line[256];

    (void)snprintf(line, sizeof line, "%s %s 2>&1", command, where->path);
    FILE *pipe = popen(line, "r");

    assert_non_null(pipe);
    out[fread(out, 1, 65535, pipe)] = '\0';
    if (pclose(pipe) != 0) {
        fail_msg("%s: %s", line, out);
    }
    return out;
}

static const struct {
    const char *command;
    const char *says[12];
} judges[] = {
    { TEST_SUPPORT_DIR "/verify-request -in", { NULL } },
    { "openssl req -noout -text -nameopt RFC2253 -in",
      { "Subject: CN=server.contoso.com", "Digital Signature, Key Encipherment", "CA:TRUE, pathlen:3",
        "TLS Web Server Authentication, TLS Web Client Authentication", "DNS:server.contoso.com, IP Address:192.0.2.1",
        "othername: UPN:", "a@contoso.com, URI:https://contoso.com/", "DirName:/CN=server.contoso.com",
        "CPS: http://contoso.com/cps", "Explicit Text: Only for tests", "DNS:.contoso.com", "IP:10.0.0.0/255.0.0.0" } },
    { "openssl asn1parse -in",
      { ":1.3.6.1.4.1.311.13.2.3", "IA5STRING         :10.0.20348.2", ":1.3.6.1.4.1.311.21.20",
        "UTF8STRING        :p11cert", ":1.3.6.1.4.1.311.13.2.2", ":1.3.6.1.4.1.311.13.2.1", ":1.2.3.4.6" } },
    { TEST_SUPPORT_DIR "/strict-der",
      { "2.5.29.19 BasicConstraints", "2.5.29.30 NameConstraints", "2.5.29.32 CertificatePolicies",
        "1.3.6.1.4.1.311.20.2 ", "1.3.6.1.4.1.311.21.7 ", "1.3.6.1.4.1.311.21.10 ", "1.2.840.113549.1.9.15 " } },
    { "certtool --crq-info --infile",
      { "Subject: CN=server.contoso.com", "DNSname: server.contoso.com", "IPAddress: 192.0.2.1",
        "RFC822Name: a@contoso.com", "URI: https://contoso.com/", "Key Usage (critical)", "TLS WWW Server",
        "Self signature: verified" } },
};

static void other_tools_read_what_was_meant(void **state)
{
    const place *where = *state;
    const pc_request request = everything();
    X509_REQ *csr = made_csr(&request, &claims, where->key);
    char out[65536];

    write_pem(where, csr);
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
        (void)output_of(where, judges[i].command, out);
        for (size_t j = 0; j < 12 && judges[i].says[j]; j++) {
            if (!strstr(out, judges[i].says[j])) {
                fail_msg("%s: no \"%s\" in\n%s", judges[i].command, judges[i].says[j], out);
            }
        }
    }
    X509_REQ_free(csr);
}

/* certreq's order, as shown by real requests. */
static void extensions_come_in_their_order_each_once(void **state)
{
    static const char *const order[] = { "2.5.29.15",
                                         "2.5.29.14",
                                         "2.5.29.37",
                                         "1.3.6.1.4.1.311.20.2",
                                         "1.3.6.1.4.1.311.21.7",
                                         "1.3.6.1.4.1.311.21.10",
                                         "1.2.840.113549.1.9.15",
                                         "2.5.29.17",
                                         "2.5.29.19",
                                         "2.5.29.30",
                                         "2.5.29.32",
                                         "1.2.3.4.6" };
    const place *where = *state;
    const pc_request request = everything();
    X509_REQ *csr = made_csr(&request, NULL, where->key);
    STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(csr);

    assert_int_equal(sk_X509_EXTENSION_num(list), sizeof order / sizeof *order);
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        char oid[80];

        (void)OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, i)), 1);
        assert_string_equal(oid, order[i]);
    }
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_REQ_free(csr);
}

/* The DER of every attribute except those that request extensions, as read back from the encoding. */
static void attributes_have_the_bytes_of_windows(void **state)
{
    static const struct {
        const char *oid;
        const char *hex;
    } rows[] = {
        { "1.3.6.1.4.1.311.13.2.3", "160c31302e302e32303334382e32" },
        { "1.3.6.1.4.1.311.21.20", "300f0201090c01610c0375735c0c026578" },
        { "1.3.6.1.4.1.311.13.2.2", "300c0201011e0400500072030100" },
        { "1.3.6.1.4.1.311.13.2.1", "30081e0200411e020042" },
    };
    static pc_request_attribute pair[] = { { "A", "B" } };
    const pc_windows_claims few = { "10.0.20348.2", 9, "a", "us\\", "ex", "Pr", 1 };
    const pc_request request = { .subject = made_subject(), .request_attributes = pair, .request_attribute_count = 1 };
    const place *where = *state;
    X509_REQ *csr = made_csr(&request, &few, where->key);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ASN1_OBJECT *oid = OBJ_txt2obj(rows[i].oid, 1);
        X509_ATTRIBUTE *found = X509_REQ_get_attr(csr, X509_REQ_get_attr_by_OBJ(csr, oid, -1));
        unsigned char *der = NULL;
        char hex[4096];

        assert_non_null(found);
        assert_int_equal(X509_ATTRIBUTE_count(found), 1);
        int len = i2d_ASN1_TYPE(X509_ATTRIBUTE_get0_type(found, 0), &der);

        to_hex((pc_bytes){ der, (size_t)len }, hex, sizeof hex);
        assert_string_equal(hex, rows[i].hex);
        OPENSSL_free(der);
        ASN1_OBJECT_free(oid);
    }
    X509_REQ_free(csr);
}

static void each_pair_is_an_attribute_of_its_own_sorted_as_der(void **state)
{
    const place *where = *state;
    const pc_request request = { .subject = made_subject(),
                                 .request_attributes = attributes,
                                 .request_attribute_count = 3 };
    X509_REQ *csr = made_csr(&request, NULL, where->key);
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(csr, &der);
    const unsigned char *at = der;
    X509_REQ *again = d2i_X509_REQ(NULL, &at, len);
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.311.13.2.1", 1);
    unsigned char *before = NULL;
    int before_len = 0;

    assert_int_equal(X509_REQ_get_attr_count(again), 4);
    for (int i = 0, pairs = 0; i < 4; i++) {
        X509_ATTRIBUTE *each = X509_REQ_get_attr(again, i);
        unsigned char *bytes = NULL;
        int bytes_len = i2d_X509_ATTRIBUTE(each, &bytes);

        pairs += OBJ_cmp(X509_ATTRIBUTE_get0_object(each), oid) == 0;
        assert_true(i < 3 || pairs == 3);
        assert_true(!before || memcmp(before, bytes, (size_t)(before_len < bytes_len ? before_len : bytes_len)) <= 0);
        OPENSSL_free(before);
        before = bytes;
        before_len = bytes_len;
    }
    OPENSSL_free(before);
    assert_int_equal(X509_REQ_verify(again, where->key), 1);
    ASN1_OBJECT_free(oid);
    OPENSSL_free(der);
    X509_REQ_free(again);
    X509_REQ_free(csr);
}

static void claims_without_machine_or_provider_leave_them_out(void **state)
{
    const place *where = *state;
    const pc_request request = { .subject = made_subject() };
    X509_REQ *csr = made_csr(&request, &(pc_windows_claims){ .os_version = "10.0.20348.2" }, where->key);

    assert_int_equal(X509_REQ_get_attr_count(csr), 2);
    X509_REQ_free(csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_tools_read_what_was_meant),
        cmocka_unit_test(extensions_come_in_their_order_each_once),
        cmocka_unit_test(attributes_have_the_bytes_of_windows),
        cmocka_unit_test(each_pair_is_an_attribute_of_its_own_sorted_as_der),
        cmocka_unit_test(claims_without_machine_or_provider_leave_them_out),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
