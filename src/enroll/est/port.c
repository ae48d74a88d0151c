/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <string.h>

#include "base/text.h"
#include "enroll/base64.h"
#include "enroll/est/est.h"
#include "enroll/protocol.h"

#define FOLDER         "/.well-known/est"
#define ENROLL         "simpleenroll"
#define REENROLL       "simplereenroll"
#define REFERENCE_HEX  16u /* digits: enough to distinguish the requests of one token */
#define REFERENCE_HEAD "csr-"

PC_AUTO_DEFINE(X509_REQ, X509_REQ, X509_REQ_free);

/* "/.well-known/est" and "/.well-known/est/LABEL" (RFC 7030 section 3.2.2). */
static bool recognises(const char *path)
{
    return pc_address_has_folder(path, FOLDER);
}

/* EST gives a request no name: the CA recognises it by its bytes, and the user by their digest. */
static const char *reference_of(pc_arena *arena, pc_bytes csr)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(csr.data, csr.len, digest, &len, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        return NULL;
    }
    const char *hex = pc_text_hex(arena, (pc_bytes){ digest, REFERENCE_HEX / 2 }, '\0');

    return hex ? pc_arena_format(arena, REFERENCE_HEAD "%s", hex) : NULL;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

/* Text for people, if the server sends any (RFC 7030 section 4.2.3). */
static const char *message_of(pc_arena *arena, const pc_wire_answer *answer)
{
    char words[PC_CA_MESSAGE];
    size_t len = answer->len;

    if (!pc_text_starts(answer->content_type, "text/plain") || len == 0) {
        return NULL;
    }
    while (len > 0 && memchr(" \t\r\n", answer->bytes[len - 1], 4)) {
        len--;
    }
    pc_text_escape_into((const char *)answer->bytes, len, words, sizeof words);
    return pc_arena_string(arena, words);
}

static pc_status read_certificate(pc_arena *arena, const pc_wire_answer *answer, pc_ca_reply *reply, pc_error *err)
{
    if (pc_text_starts(answer->content_type, "application/pkcs7-mime")) {
        reply->outcome.disposition = PC_CA_ISSUED;
        return pc_est_decode(arena, (pc_bytes){ answer->bytes, answer->len }, &reply->certificate, err);
    }
    reply->outcome.page = answer->bytes;
    reply->outcome.page_len = answer->len;
    return PC_OK;
}

/* Refusals of the web server, or of something in front of it, are not the CA's: filters refuse with 403 and a page. */
static bool is_word_of_ca(const pc_wire_answer *answer)
{
    static const long of_web_servers[] = { 404, 407, 408, 413, 429 };

    for (size_t i = 0; i < PC_COUNT(of_web_servers); i++) {
        if (answer->status == of_web_servers[i]) {
            return false;
        }
    }
    return answer->status >= 400 && answer->status < 500 &&
           (answer->status != 403 || !pc_text_starts(answer->content_type, "text/html"));
}

static pc_status read_answer(const pc_ca_connection *connection, pc_arena *arena, const pc_wire_answer *answer,
                             pc_ca_reply *reply, pc_error *err)
{
    switch (answer->status) {
    case 200:
        return read_certificate(arena, answer, reply, err);
    case 202:
        reply->outcome.disposition = PC_CA_PENDING;
        reply->retry_sec = answer->retry_sec;
        return PC_OK;
    default:
        break;
    }
    if (!is_word_of_ca(answer)) {
        return pc_wire_refuse_status(connection->wire, answer, err);
    }
    reply->outcome.disposition = answer->status == 403 ? PC_CA_DENIED : PC_CA_ERROR;
    reply->outcome.message = message_of(arena, answer);
    return PC_OK;
}

static pc_status send_csr(const pc_ca_connection *connection, pc_arena *arena, pc_bytes csr, pc_ca_reply *ret_reply,
                          pc_error *err)
{
    pc_ca_reply reply = { .reference = reference_of(arena, csr), .state = ret_reply->state };
    const char *body = pc_base64_encode(arena, csr);
    pc_wire_answer answer;

    if (!body || !reply.reference) {
        return pc_fail_memory(err);
    }
    const pc_wire_request request = {
        .page = reply.state,
        .body = { (const uint8_t *)body, strlen(body) },
        .body_type = "application/pkcs10",
        .any_status = true,
    };

    PC_TRY(pc_wire_fetch(connection->wire, arena, &request, &answer, err));
    PC_TRY(read_answer(connection, arena, &answer, &reply, err));
    *ret_reply = reply;
    return PC_OK;
}

static pc_status submit(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                        pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_reply reply = { .state = submission->renews ? REENROLL : ENROLL };
    pc_status status = send_csr(connection, arena, submission->csr, &reply, err);

    if (status == PC_OK) {
        *ret_reply = reply;
    }
    return pc_ca_note_lost(connection->wire, status, err);
}

/* Sends the same bytes again (RFC 7030 section 4.2.3). */
static pc_status check(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_inquiry *inquiry,
                       pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_reply reply = { .state = strcmp(inquiry->state, REENROLL) == 0 ? REENROLL : ENROLL };

    if (inquiry->csr.len == 0) {
        (void)pc_fail(err, PC_E_INPUT,
                      "an EST server is polled with the request itself, but the record does not contain it");
        return pc_hint(err, PC_E_INPUT, "submit the file of the request again, with `p11cert submit --again`");
    }
    PC_TRY(send_csr(connection, arena, inquiry->csr, &reply, err));
    *ret_reply = reply;
    return PC_OK;
}

/* --- what the CA sends without a login
 * --------------------------------------------------------------------------------- */

static pc_status get_ca_chain(const pc_ca_connection *connection, pc_arena *arena, unsigned long renewal,
                              pc_bytes *ret_file, pc_error *err)
{
    pc_wire_answer answer;

    (void)renewal;
    PC_TRY(pc_wire_fetch(connection->wire, arena, &(pc_wire_request){ .page = "cacerts" }, &answer, err));
    return pc_est_decode(arena, (pc_bytes){ answer.bytes, answer.len }, ret_file, err);
}

static pc_status get_chain(const pc_ca_connection *connection, pc_arena *arena, const char *reference,
                           pc_ca_issued *ret_issued, pc_error *err)
{
    pc_ca_issued issued = { .outcome = { .disposition = PC_CA_ISSUED } };

    (void)reference;
    PC_TRY(get_ca_chain(connection, arena, 0, &issued.file, err));
    *ret_issued = issued;
    return PC_OK;
}

/* --- what the CA requires ---------------------------------------------------------------------------------------- */

/* 204 and 404: it requires nothing. Servers that do not know the page answer 405 or 501 as well. */
static pc_status fetch_requirements(const pc_ca_connection *connection, pc_arena *arena,
                                    pc_est_requirements *ret_requirements, pc_error *err)
{
    const pc_wire_request request = { .page = "csrattrs", .any_status = true };
    pc_wire_answer answer;
    pc_bytes der;

    PC_TRY(pc_wire_fetch(connection->wire, arena, &request, &answer, err));
    if (answer.status == 204 || answer.status == 404 || answer.status == 405 || answer.status == 501) {
        *ret_requirements = (pc_est_requirements){ .key_count = 0 };
        return PC_OK;
    }
    if (answer.status != 200) {
        return pc_wire_refuse_status(connection->wire, &answer, err);
    }
    PC_TRY(pc_est_decode(arena, (pc_bytes){ answer.bytes, answer.len }, &der, err));
    return pc_est_requirements_read(der, ret_requirements, err);
}

static bool is_such_a_key(const EVP_PKEY *key, const pc_est_key *wanted)
{
    char curve[80] = "";

    if (wanted->type == NID_rsaEncryption) {
        return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
               (wanted->bits == 0 || EVP_PKEY_get_bits(key) == (int)wanted->bits);
    }
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
           (wanted->curve == NID_undef || OBJ_txt2nid(curve) == wanted->curve);
}

static const char *words_of(pc_arena *arena, const pc_est_requirements *requirements)
{
    const char *words = "";

    for (size_t i = 0; words && i < requirements->key_count; i++) {
        const pc_est_key *key = &requirements->keys[i];
        const char *before = i ? ", " : "";

        words = key->bits ? pc_arena_format(arena, "%s%sRSA with %u bits", words, before, key->bits)
                : key->curve
                    ? pc_arena_format(arena, "%s%sEC on %s", words, before, OBJ_nid2ln(key->curve))
                    : pc_arena_format(arena, "%s%s%s", words, before, key->type == NID_rsaEncryption ? "RSA" : "EC");
    }
    return words;
}

static pc_status compare_key(pc_arena *arena, const pc_est_requirements *requirements, pc_bytes csr, pc_error *err)
{
    const unsigned char *bytes = csr.data;
    PC_AUTO(X509_REQ) X509_REQ *request = d2i_X509_REQ(NULL, &bytes, (long)csr.len);
    const EVP_PKEY *key = request ? X509_REQ_get0_pubkey(request) : NULL;
    const char *words = words_of(arena, requirements);
    bool matches = requirements->key_count == 0;

    if (!key || !words) {
        ERR_clear_error();
        return pc_fail_memory(err); /* the request was parsed before */
    }
    for (size_t i = 0; i < requirements->key_count; i++) {
        matches = matches || is_such_a_key(key, &requirements->keys[i]);
    }
    ERR_clear_error();
    if (matches) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the CA requires another kind of key than that of the request: %s; nothing was sent", words);
    return pc_hint(err, PC_E_REFUSED, "create a key of that kind, with `key_type`, and a request for it");
}

static pc_status check_request(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                               pc_error *err)
{
    pc_est_requirements requirements;

    PC_TRY(fetch_requirements(connection, arena, &requirements, err));
    if (requirements.wants_challenge) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the CA requires requests that are linked to their TLS connection (RFC 7030 section 3.5), which "
                      "p11cert does not support; nothing was sent");
        return pc_hint(err, PC_E_REFUSED, "ask the CA's administrator for an address without this requirement");
    }
    return compare_key(arena, &requirements, submission->csr, err);
}

static const char *describe_revocation(pc_arena *arena, const char *serial, int reason)
{
    (void)reason;
    return pc_arena_format(arena,
                           "EST has no revocation (RFC 7030): have the CA's administrator revoke serial number %s",
                           serial);
}

const pc_ca_protocol pc_ca_est = {
    .name = "est",
    .server = "an EST server",
    .capabilities = PC_CA_CAN_RENEW_BY_LOGIN | PC_CA_LOGS_IN_BY_TLS,
    .form = { .empty_path = FOLDER, .example = "https://ca.contoso.com/.well-known/est" },
    .recognises = recognises,
    .check_request = check_request,
    .submit = submit,
    .check = check,
    .get_chain = get_chain,
    .get_ca_chain = get_ca_chain,
    .describe_revocation = describe_revocation,
};
