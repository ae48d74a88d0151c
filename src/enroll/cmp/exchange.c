/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/cmp/exchange.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/secret_auto.h"
#include "base/text.h"
#include "enroll/base64.h"

#define MEDIA_TYPE "application/pkixcmp" /* RFC 6712 section 3.4 */

PC_AUTO_DEFINE(OSSL_CMP_MSG, OSSL_CMP_MSG, OSSL_CMP_MSG_free);
PC_AUTO_DEFINE(X509_STORE, X509_STORE, X509_STORE_free);

static OSSL_CMP_MSG *message_of(pc_bytes der)
{
    const unsigned char *bytes = der.data;

    return bytes ? d2i_OSSL_CMP_MSG(NULL, &bytes, (long)der.len) : NULL;
}

void pc_cmp_bytes_free(unsigned char *bytes)
{
    OPENSSL_free(bytes);
}

/* --- answers of an earlier process ------------------------------------------------------------------------------- */

const char *pc_cmp_answers_to_text(pc_arena *arena, const pc_cmp_answers *answers)
{
    const char *waiting = pc_base64_encode(arena, answers->waiting);
    const char *poll = pc_base64_encode(arena, answers->poll);

    return waiting && poll ? pc_arena_format(arena, "%s.%s", waiting, poll) : NULL;
}

bool pc_cmp_answers_from_text(pc_arena *arena, const char *text, pc_cmp_answers *ret_answers)
{
    const char *dot = strchr(text, '.');
    pc_cmp_answers answers;

    if (!dot || !pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)text, (size_t)(dot - text) }, &answers.waiting) ||
        !pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)dot + 1, strlen(dot + 1) }, &answers.poll)) {
        return false;
    }
    *ret_answers = answers;
    return true;
}

const char *pc_cmp_transaction_of(pc_arena *arena, pc_bytes der)
{
    PC_AUTO(OSSL_CMP_MSG) OSSL_CMP_MSG *message = message_of(der);
    const ASN1_OCTET_STRING *id = message ? OSSL_CMP_HDR_get0_transactionID(OSSL_CMP_MSG_get0_header(message)) : NULL;

    if (!id || ASN1_STRING_length(id) == 0) {
        ERR_clear_error();
        return NULL;
    }
    return pc_text_hex(arena, (pc_bytes){ ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id) }, '\0');
}

/* OpenSSL compares the nonce of an answer with that of its own message, but here another process sent the message. */
static OSSL_CMP_MSG *replay(pc_cmp_exchange *job)
{
    PC_AUTO(OSSL_CMP_MSG)
    OSSL_CMP_MSG *message = message_of(job->replayed++ == 0 ? job->stored.waiting : job->stored.poll);
    const ASN1_OCTET_STRING *nonce = message ? OSSL_CMP_HDR_get0_recipNonce(OSSL_CMP_MSG_get0_header(message)) : NULL;

    if (!nonce || OSSL_CMP_CTX_set1_senderNonce(job->context, nonce) != 1) {
        return NULL;
    }
    return PC_TAKE(message);
}

/* --- transfer ---------------------------------------------------------------------------------------------------- */

static void keep(pc_cmp_exchange *job, const OSSL_CMP_MSG *message, pc_bytes der)
{
    job->last_body = OSSL_CMP_MSG_get_bodytype(message);
    switch (job->last_body) {
    case PC_CMP_IP:
    case PC_CMP_CP:
    case PC_CMP_KUP:
        job->received.waiting = der;
        break;
    case PC_CMP_POLL_REP:
        job->received.poll = der;
        break;
    default:
        break;
    }
}

static pc_status receive(pc_cmp_exchange *job, const pc_wire_answer *answer, OSSL_CMP_MSG **ret_message, pc_error *err)
{
    const pc_bytes der = { answer->bytes, answer->len };
    PC_AUTO(OSSL_CMP_MSG)
    OSSL_CMP_MSG *message = pc_text_starts(answer->content_type, MEDIA_TYPE) ? message_of(der) : NULL;

    if (message) { /* an answer with any status: RFC 6712 section 3.4 */
        keep(job, message, der);
        *ret_message = PC_TAKE(message);
        return PC_OK;
    }
    ERR_clear_error();
    return answer->status == 200 ? pc_fail(err, PC_E_CA, "the server's answer is not a CMP message")
                                 : pc_wire_refuse_status(job->connection->wire, answer, err);
}

static pc_status post(pc_cmp_exchange *job, const OSSL_CMP_MSG *request, OSSL_CMP_MSG **ret_message, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_OSSL_CMP_MSG(request, &der);
    pc_wire_answer answer;

    if (len <= 0) {
        return pc_fail(err, PC_E_CRYPTO, "a CMP message cannot be encoded");
    }
    const pc_wire_request posted = {
        .page = "", .body = { der, (size_t)len }, .body_type = MEDIA_TYPE, .any_status = true
    };

    PC_TRY(pc_wire_fetch(job->connection->wire, job->arena, &posted, &answer, err));
    return receive(job, &answer, ret_message, err);
}

static OSSL_CMP_MSG *transfer(OSSL_CMP_CTX *context, const OSSL_CMP_MSG *request)
{
    pc_cmp_exchange *job = OSSL_CMP_CTX_get_transfer_cb_arg(context);
    OSSL_CMP_MSG *message = NULL;

    if (job->stored.waiting.len > 0 && job->replayed < 2) {
        return replay(job);
    }
    job->status = post(job, request, &message, job->err);
    return message;
}

/* OpenSSL would write to standard error. The problem that it finds is quoted in our error instead. */
static int no_log(const char *function, const char *file, int line, OSSL_CMP_severity level, const char *message)
{
    (void)function;
    (void)file;
    (void)line;
    (void)level;
    (void)message;
    return 1;
}

/* --- the context ------------------------------------------------------------------------------------------------- */

static pc_status fail_context(pc_error *err)
{
    ERR_clear_error();
    return pc_fail(err, PC_E_CRYPTO, "OpenSSL cannot prepare a CMP transaction");
}

static pc_status set_trust(pc_cmp_exchange *job, pc_error *err)
{
    const char *cacert = job->connection->access->cacert;
    PC_AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();

    if (!store) {
        return pc_fail_memory(err);
    }
    if ((cacert ? X509_STORE_load_file(store, cacert) : X509_STORE_set_default_paths(store)) != 1) {
        ERR_clear_error();
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains no readable root certificates",
                       cacert ? cacert : "(the system's folder)");
    }
    return OSSL_CMP_CTX_set0_trustedStore(job->context, PC_TAKE(store)) == 1 ? PC_OK : fail_context(err);
}

static bool set_secret(OSSL_CMP_CTX *context, const char *reference, pc_secret *secret)
{
    return OSSL_CMP_CTX_set1_referenceValue(context, (const unsigned char *)reference, (int)strlen(reference)) == 1 &&
           OSSL_CMP_CTX_set1_secretValue(context, pc_secret_bytes(secret), (int)pc_secret_len(secret)) == 1 &&
           OSSL_CMP_CTX_set_option(context, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256) == 1;
}

static bool set_certificate(OSSL_CMP_CTX *context, const pc_ca_credentials *credentials)
{
    return OSSL_CMP_CTX_set1_cert(context, credentials->certificate) == 1 &&
           OSSL_CMP_CTX_set1_pkey(context, credentials->private_key) == 1 &&
           (!credentials->issuers || OSSL_CMP_CTX_set1_untrusted(context, credentials->issuers) == 1);
}

static pc_status set_login(pc_cmp_exchange *job, pc_error *err)
{
    const pc_ca_access *access = job->connection->access;
    const pc_ca_credentials *credentials = job->connection->credentials;
    bool is_set = access->login == PC_CA_LOGIN_SECRET ? set_secret(job->context, access->user, credentials->password)
                                                      : set_certificate(job->context, credentials);

    return is_set ? PC_OK : fail_context(err);
}

pc_status pc_cmp_exchange_open(pc_cmp_exchange *job, pc_error *err)
{
    job->last_body = -1;
    job->context = OSSL_CMP_CTX_new(NULL, NULL);
    if (!job->context) {
        ERR_clear_error();
        return pc_fail_memory(err);
    }
    if (OSSL_CMP_CTX_set_log_cb(job->context, no_log) != 1 ||
        OSSL_CMP_CTX_set_transfer_cb(job->context, transfer) != 1 ||
        OSSL_CMP_CTX_set_transfer_cb_arg(job->context, job) != 1 ||
        OSSL_CMP_CTX_set_option(job->context, OSSL_CMP_OPT_IMPLICIT_CONFIRM, 1) != 1) {
        return fail_context(err);
    }
    PC_TRY(set_trust(job, err));
    return set_login(job, err);
}

void pc_cmp_exchange_clear(pc_cmp_exchange *job)
{
    OSSL_CMP_CTX_free(job->context);
    job->context = NULL;
}
