/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answers of a CMP server, instead of the network. Each answer is two bytes of length and a message.
 * What can be read as a message gets the transaction and the nonce of our request, and the protection of the secret if
 * it had any: otherwise OpenSSL would refuse it, and our code behind it would see nothing. */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret_auto.h"
#include "base/text.h"
#include "enroll/base64.h"
#include "enroll/cmp/exchange.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define REFERENCE "servers-17"
#define SECRET    "canary"

/* A key that was thrown away; CN=server. */
static const char request[] =
    "MIHMMHMCAQAwETEPMA0GA1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0CUKKnXgeVi5iXfv9u2I1EtG"
    "7Jmlaglq8BY79tLmdv18uYMlvTHyatM1for9CfTxz6Rl1YrsoEgPaSURQQHAQqAAMAoGCCqGSM49BAMCA0kAMEYCIQC8fL5/"
    "e6hH1hYhRovjmRclr7v1xUoAfQTXsb4OQrRelwIhANLEd8N6Tb02WwKzb3dtB4N38Bfl0MLtYSgLVHIiyi74";

static pc_bytes answers; /* those that were not given yet */

/* --- a replacement for the wire --- */

#define SENDER_NONCE 5 /* its tag in PKIHeader (RFC 4210 section 5.1.1): OpenSSL 3.0 has no getter */

/* Of a message of ours. */
static pc_bytes nonce_of(pc_bytes message)
{
    const unsigned char *cursor = message.data;
    const unsigned char *end = message.data + message.len;
    long len = 0;
    int tag = 0;
    int class = 0;

    assert((ASN1_get_object(&cursor, &len, &tag, &class, end - cursor) & 0x80) == 0); /* PKIMessage */
    assert((ASN1_get_object(&cursor, &len, &tag, &class, end - cursor) & 0x80) == 0); /* PKIHeader */
    for (end = cursor + len; cursor < end; cursor += len) {
        assert((ASN1_get_object(&cursor, &len, &tag, &class, end - cursor) & 0x80) == 0);
        if (class == V_ASN1_CONTEXT_SPECIFIC && tag == SENDER_NONCE) {
            break;
        }
    }
    assert(cursor < end && (ASN1_get_object(&cursor, &len, &tag, &class, end - cursor) & 0x80) == 0);
    return (pc_bytes){ cursor, (size_t)len };
}

static bool adapt(OSSL_CMP_CTX *context, const OSSL_CMP_MSG *asked, pc_bytes nonce, OSSL_CMP_MSG *said)
{
    union {
        const ASN1_OCTET_STRING *given;
        ASN1_OCTET_STRING *changed;
    } copy = { .given = OSSL_CMP_HDR_get0_recipNonce(OSSL_CMP_MSG_get0_header(said)) }; /* which has no setter */

    return (!copy.given || ASN1_OCTET_STRING_set(copy.changed, nonce.data, (int)nonce.len) == 1) &&
           OSSL_CMP_CTX_set1_transactionID(context, OSSL_CMP_HDR_get0_transactionID(OSSL_CMP_MSG_get0_header(asked))) ==
               1 &&
           OSSL_CMP_CTX_set1_referenceValue(context, (const unsigned char *)REFERENCE, strlen(REFERENCE)) == 1 &&
           OSSL_CMP_CTX_set1_secretValue(context, (const unsigned char *)SECRET, strlen(SECRET)) == 1 &&
           OSSL_CMP_MSG_update_transactionID(context, said) == 1;
}

/* The bytes as they are, if they are not a message. */
static pc_bytes answer_to(pc_arena *arena, pc_bytes body, pc_bytes given)
{
    const unsigned char *asked_bytes = body.data;
    const unsigned char *said_bytes = given.data;
    OSSL_CMP_MSG *asked = d2i_OSSL_CMP_MSG(NULL, &asked_bytes, (long)body.len);
    OSSL_CMP_MSG *said = d2i_OSSL_CMP_MSG(NULL, &said_bytes, (long)given.len);
    OSSL_CMP_CTX *context = OSSL_CMP_CTX_new(NULL, NULL);
    unsigned char *der = NULL;

    assert(asked); /* what we send is a message */
    int len = said && context && adapt(context, asked, nonce_of(body), said) ? i2d_OSSL_CMP_MSG(said, &der) : 0;
    const pc_bytes adapted =
        len > 0 ? (pc_bytes){ pc_arena_copy(arena, (const char *)der, (size_t)len), (size_t)len } : given;

    OPENSSL_free(der);
    OSSL_CMP_CTX_free(context);
    OSSL_CMP_MSG_free(asked);
    OSSL_CMP_MSG_free(said);
    ERR_clear_error();
    return adapted;
}

pc_status pc_wire_fetch(pc_wire *wire, pc_arena *arena, const pc_wire_request *posted, pc_wire_answer *ret_answer,
                        pc_error *err)
{
    (void)wire;
    size_t len = answers.len >= 2 ? (size_t)answers.data[0] << 8 | answers.data[1] : 0;

    if (answers.len < 2 || len > answers.len - 2) {
        return pc_fail(err, PC_E_CA, "no answer");
    }
    const pc_bytes given = answer_to(arena, posted->body, (pc_bytes){ answers.data + 2, len });

    answers = (pc_bytes){ answers.data + 2 + len, answers.len - 2 - len };
    *ret_answer =
        (pc_wire_answer){ .bytes = given.data, .len = given.len, .content_type = "application/pkixcmp", .status = 200 };
    return PC_OK;
}

bool pc_wire_may_have_arrived(const pc_wire *wire)
{
    (void)wire;
    return true;
}

pc_status pc_wire_refuse_status(const pc_wire *wire, const pc_wire_answer *answer, pc_error *err)
{
    (void)wire;
    return pc_fail(err, PC_E_CA, "status %ld", answer->status);
}

/* --- requirements --- */

static void check_text(const char *text)
{
    assert(text);
    for (const char *each = text; *each; each++) {
        assert((unsigned char)*each >= 0x20 && *each != 0x7f);
    }
}

static void check_reply(const pc_ca_reply *reply)
{
    assert((reply->outcome.disposition == PC_CA_ISSUED) == (reply->certificate.len > 0));
    assert((reply->outcome.disposition == PC_CA_PENDING) == (*reply->state != '\0'));
    check_text(reply->reference);
    check_text(reply->state);
    check_text(reply->outcome.message ? reply->outcome.message : "");
}

/* Submitted, and asked for as long as it is pending. */
static void enroll(const pc_ca_connection *connection, pc_arena *arena, pc_bytes csr)
{
    const pc_ca_submission submission = { .csr = csr };
    pc_ca_reply reply = { .reference = "" };
    pc_error err = { .status = PC_OK };
    pc_status status = connection->protocol->submit(connection, arena, &submission, &reply, &err);

    for (unsigned i = 0; i < 4 && status == PC_OK; i++) {
        check_reply(&reply);
        if (reply.outcome.disposition != PC_CA_PENDING) {
            return;
        }
        const pc_ca_inquiry inquiry = { .reference = reply.reference, .state = reply.state, .csr = csr };

        status = connection->protocol->check(connection, arena, &inquiry, &reply, &err);
    }
    assert(status == PC_OK || err.status == status); /* each failure says why */
}

static void revoke(const pc_ca_connection *connection, pc_arena *arena)
{
    X509 *certificate = X509_new();
    pc_error err = { .status = PC_OK };
    bool is_changed = false;

    assert(certificate && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 17) == 1);
    const pc_ca_revocation revocation = { .certificate = certificate, .reason = 4 };
    pc_status status = connection->protocol->revoke(connection, arena, &revocation, &is_changed, &err);

    assert(status == PC_OK || err.status == status);
    X509_free(certificate);
}

static void read_stored(pc_arena *arena, const uint8_t *bytes, size_t len)
{
    pc_cmp_answers stored;
    const char *text = pc_arena_text(arena, (const char *)bytes, len);

    assert(text);
    if (pc_cmp_answers_from_text(arena, text, &stored)) {
        assert(stored.waiting.len > 0 && stored.poll.len > 0);
    }
    const char *id = pc_cmp_transaction_of(arena, (pc_bytes){ bytes, len });

    check_text(id ? id : "");
}

/* Each exchange would read the system's roots, which takes a second here; a secret needs none. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return setenv("SSL_CERT_FILE", "/dev/null", 1) == 0 && setenv("SSL_CERT_DIR", "/dev/null", 1) == 0 ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    pc_secret *secret = NULL;
    pc_bytes csr;

    assert(arena && pc_secret_new(strlen(SECRET), &secret, NULL) == PC_OK);
    pc_secret_set_len(secret, strlen(SECRET));
    memcpy(pc_secret_bytes(secret), SECRET, strlen(SECRET));
    assert(pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)request, strlen(request) }, &csr));
    const pc_ca_access access = { .login = PC_CA_LOGIN_SECRET, .user = REFERENCE };
    const pc_ca_credentials credentials = { .password = secret };
    const pc_ca_connection connection = { .protocol = &pc_ca_cmp, .access = &access, .credentials = &credentials };

    read_stored(arena, bytes, len);
    answers = (pc_bytes){ bytes, len };
    enroll(&connection, arena, csr);
    answers = (pc_bytes){ bytes, len };
    revoke(&connection, arena);
    pc_secret_free(secret);
    pc_arena_free(arena);
    return 0;
}
