/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"
#include "run.h"
#include "signer/sign.h"
#include "token/key.h"
#include "x509/csr.h"
#include "x509/renewal.h"

/* Requests that renew a certificate whose key is on a token, judged by OpenSSL's command line. */

#define EXTENSIONS \
    "[e]\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n" \
    "subjectAltName=DNS:server.contoso.com,DNS:alias.contoso.com\ncertificatePolicies=1.2.3.4\n" \
    "1.3.6.1.4.1.311.20.2=ASN1:BMPSTRING:WebServer\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n" \
    "crlDistributionPoints=URI:http://contoso.com/ca.crl\nauthorityInfoAccess=OCSP;URI:http://contoso.com/ocsp\n" \
    "1.2.3.4.5=ASN1:UTF8String:vendor\n"

static token_store store;
static pc_arena *arena;
static char output[32768];

static const char *in_store(const char *name)
{
    static char paths[8][128];
    static size_t next;

    return token_store_path(&store, name, paths[next++ % 8]);
}

static const char *openssl(const char *const *words)
{
    const char *argv[32] = { "openssl" };

    for (size_t i = 0; words[i]; i++) {
        argv[i + 1] = words[i];
    }
    if (run_program(argv, output, sizeof output) != 0) {
        fail_msg("openssl %s: %s", words[0], output);
    }
    return output;
}
#define OPENSSL(...) openssl((const char *const[]){ __VA_ARGS__, NULL })

static void make_certificate(const char *label, const char *key_type)
{
    const char *out = in_store(label);
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    const pc_new_order order = {
        .subject = "CN=server.contoso.com,O=Contoso", .key_type = key_type, .label = label, .out = out
    };
    char certificate[32];

    assert_int_equal(run_new(&order, &access, NULL, NULL), PC_OK);
    (void)snprintf(certificate, sizeof certificate, "%s.pem", label);
    (void)OPENSSL("x509", "-req", "-in", out, "-CA", in_store("ca.pem"), "-CAkey", in_store("ca.key"),
                  "-CAcreateserial", "-days", "30", "-extfile", in_store("extensions"), "-extensions", "e", "-out",
                  in_store(certificate));
}

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    token_store_write(&store, "extensions", EXTENSIONS, strlen(EXTENSIONS));
    (void)OPENSSL("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", in_store("ca.key"), "-out",
                  in_store("ca.pem"), "-subj", "/CN=CA", "-days", "30");
    make_certificate("rsa", "rsa-2048");
    make_certificate("ec", "ec-p256");
    arena = pc_arena_new();
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    pc_arena_free(arena);
    token_store_remove(&store);
    return 0;
}

typedef struct {
    pc_token *token;
    pc_signer *signer;
} opened;

static opened open_signer(const char *label)
{
    opened it = { .token = NULL };
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    const pc_key_selector selector = { .words = label, .label = label };
    pc_key *key = pc_arena_alloc(arena, sizeof *key);

    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &it.token, NULL), PC_OK);
    assert_int_equal(pc_key_find(it.token, &selector, arena, key, NULL), PC_OK);
    assert_int_equal(pc_signer_open(it.token, key, &it.signer, NULL), PC_OK);
    return it;
}

static void close_signer(opened *it)
{
    pc_signer_close(it->signer);
    pc_token_close(it->token);
}

static void write_renewal(const char *label, const opened *it, X509 *old)
{
    X509_REQ *csr = NULL;
    const char *left_out = NULL;
    pc_bytes der = { .len = 0 };

    assert_int_equal(pc_renewal_csr_build(&(pc_renewal_order){ old, pc_signer_public(it->signer), true }, arena, &csr,
                                          &left_out, NULL),
                     PC_OK);
    assert_string_equal(left_out, "1.2.3.4.5");
    assert_int_equal(pc_sign_csr(it->signer, (pc_signature_form){ .digest = PC_DIGEST_SHA256 }, csr, NULL), PC_OK);
    assert_int_equal(pc_sign_renewal(it->signer, &(pc_renewal_request){ old, csr }, arena, &der, NULL), PC_OK);
    const char *pem = pc_renewal_pem(der, arena);

    assert_non_null(pem);
    token_store_write(&store, label, pem, strlen(pem));
    X509_REQ_free(csr);
}

static void judge_renewal(const char *file, const char *certificate)
{
    static const char *const wanted[] = {
        "Subject: O=Contoso,CN=server.contoso.com",
        "X509v3 Key Usage: critical",
        "Digital Signature, Key Encipherment",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:server.contoso.com, DNS:alias.contoso.com",
        "Policy: 1.2.3.4",
        "1.3.6.1.4.1.311.20.2",
        "1.3.6.1.4.1.311.13.1",
        "X509v3 Subject Key Identifier",
    };
    static const char *const unwanted[] = { "Authority", "CRL Distribution", "OCSP", "vendor" };

    (void)OPENSSL("cms", "-verify", "-inform", "PEM", "-in", file, "-CAfile", in_store("ca.pem"), "-purpose", "any",
                  "-binary", "-out", in_store("inner.der"));
    assert_int_equal(run_program((const char *const[]){ TEST_SUPPORT_DIR "/verify-request", "-inform", "DER", "-in",
                                                        in_store("inner.der"), NULL },
                                 output, sizeof output),
                     0);
    (void)OPENSSL("req", "-inform", "DER", "-in", in_store("inner.der"), "-noout", "-text", "-nameopt", "RFC2253");
    for (size_t i = 0; i < PC_COUNT(wanted); i++) {
        if (!strstr(output, wanted[i])) {
            fail_msg("the request lacks \"%s\":\n%s", wanted[i], output);
        }
    }
    for (size_t i = 0; i < PC_COUNT(unwanted); i++) {
        if (strstr(output, unwanted[i])) {
            fail_msg("the request holds \"%s\":\n%s", unwanted[i], output);
        }
    }
    /* The old certificate is in it byte for byte. */
    char der[4096] = "";
    (void)OPENSSL("x509", "-in", certificate, "-outform", "DER", "-out", in_store("old.der"));
    const char *argv[] = { "sh",
                           "-c",
                           "xxd=$(od -An -v -tx1 \"$1\" | tr -d ' \\n'); od -An -v -tx1 \"$2\" | tr -d ' \\n' | "
                           "grep -q \"$xxd\" && echo found",
                           "sh",
                           in_store("old.der"),
                           in_store("inner.der"),
                           NULL };

    assert_int_equal(run_program(argv, der, sizeof der), 0);
    assert_string_equal(der, "found\n");
}

static void renewals_are_signed_by_the_old_key(void **state)
{
    static const char *const labels[] = { "rsa", "ec" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(labels); i++) {
        char certificate[32];

        (void)snprintf(certificate, sizeof certificate, "%s.pem", labels[i]);
        opened it = open_signer(labels[i]);
        X509 *old = judge_certificate(in_store(certificate));

        assert_non_null(old);
        write_renewal("renewal.p7", &it, old);
        judge_renewal(in_store("renewal.p7"), in_store(certificate));
        X509_free(old);
        close_signer(&it);
    }
}

static void another_key_cannot_sign_the_renewal(void **state)
{
    opened it = open_signer("ec");
    X509 *old = judge_certificate(in_store("rsa.pem"));
    X509_REQ *csr = NULL;
    const char *left_out = NULL;
    pc_bytes der = { .len = 0 };
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_renewal_csr_build(&(pc_renewal_order){ old, pc_signer_public(it.signer), true }, arena, &csr,
                                          &left_out, NULL),
                     PC_OK);
    assert_int_equal(pc_sign_renewal(it.signer, &(pc_renewal_request){ old, csr }, arena, &der, &err), PC_E_VERIFY);
    assert_null(der.data);
    X509_REQ_free(csr);
    X509_free(old);
    close_signer(&it);
}

static void the_template_is_read_from_the_certificate(void **state)
{
    X509 *old = judge_certificate(in_store("rsa.pem"));
    X509 *ca = judge_certificate(in_store("ca.pem"));

    (void)state;
    assert_string_equal(pc_renewal_template(old, arena), "WebServer");
    assert_null(pc_renewal_template(ca, arena));
    X509_free(old);
    X509_free(ca);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(renewals_are_signed_by_the_old_key),
        cmocka_unit_test(another_key_cannot_sign_the_renewal),
        cmocka_unit_test(the_template_is_read_from_the_certificate),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
