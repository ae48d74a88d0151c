/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/cmperr.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/text.h"
#include "enroll/bundle.h"
#include "enroll/cmp/exchange.h"

#define WELL_KNOWN     "/.well-known/cmp"
#define EJBCA          "/publicweb/cmp/"
#define REFERENCE_HEAD "cmp-"
#define RENEWAL        "kur:" /* at the start of the state of a renewal */
#define UNDECIDED_SEC  60     /* seconds that a CA may take to decide on a revocation */

PC_AUTO_DEFINE(X509_REQ, X509_REQ, X509_REQ_free);
PC_AUTO_DEFINE(OSSL_CRMF_MSG, OSSL_CRMF_MSG, OSSL_CRMF_MSG_free);

/* RFC 9480 section 3.3, and EJBCA's own path. */
static bool recognises(const char *path)
{
    return pc_address_has_folder(path, WELL_KNOWN) || strstr(path, EJBCA);
}

/* --- what OpenSSL reports ---------------------------------------------------------------------------------------- */

/* What was tried, and what was wrong: the last error and the first. */
static void take_reasons(char *words, size_t size)
{
    const char *last = ERR_reason_error_string(ERR_peek_last_error());
    const char *first = ERR_reason_error_string(ERR_peek_error());
    bool are_two = last && first && strcmp(last, first) != 0;
    char raw[256];

    (void)snprintf(raw, sizeof raw, "%s%s%s", last ? last : "no reason given", are_two ? ": " : "",
                   are_two ? first : "");
    pc_text_escape_into(raw, strlen(raw), words, size);
    ERR_clear_error();
}

/* Ed25519 and ML-DSA keys sign the whole message: OpenSSL then knows of no digest. */
static bool signs_digest(EVP_PKEY *key)
{
    char name[80] = "";

    return EVP_PKEY_get_default_digest_name(key, name, sizeof name) <= 0 || strcmp(name, "UNDEF") != 0;
}

/* Before OpenSSL 3.5, CMP knows only keys that sign a digest: it then ends with CMP_R_UNSUPPORTED_KEY_TYPE. */
static pc_status check_login_key(EVP_PKEY *key, pc_error *err)
{
    const unsigned long openssl_3_5 = 0x30500000UL;

    if (OpenSSL_version_num() >= openssl_3_5 || signs_digest(key)) {
        return PC_OK;
    }

    const char *name = EVP_PKEY_get0_type_name(key);

    (void)pc_fail(err, PC_E_CRYPTO, "OpenSSL %s cannot protect a CMP message with a key of type %s; nothing was sent",
                  OpenSSL_version(OPENSSL_VERSION_STRING), name ? name : "unknown");
    return pc_hint(
        err, PC_E_CRYPTO,
        "OpenSSL 3.5 or later can, which Debian 13 has; here, log in with an RSA or EC key (`client_key`), or "
        "with a secret");
}

static pc_status fail_exchange(const pc_cmp_exchange *job, pc_error *err)
{
    char words[256];

    take_reasons(words, sizeof words);
    if (job->status != PC_OK) {
        return job->status; /* err has the sentence of the transfer */
    }
    (void)pc_fail(err, PC_E_CA, "the CMP transaction failed: %s", words);
    return pc_hint(err, PC_E_CA,
                   "if it is about protection, compare the secret and its reference with the CA's administrator, and "
                   "name the roots of the CA with `cacert`");
}

/* OpenSSL rejects a certificate for another key, and informs the CA if that waits for a confirmation. */
static bool is_not_accepted(void)
{
    return ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_CMP &&
           ERR_GET_REASON(ERR_peek_last_error()) == CMP_R_CERTIFICATE_NOT_ACCEPTED;
}

static pc_status fail_other_key(pc_error *err)
{
    ERR_clear_error();
    (void)
        pc_fail(err, PC_E_VERIFY,
                "the certificate that the CA sent is for a public key other than that of the request; it was rejected, "
                "and nothing was written");
    return pc_hint(err, PC_E_VERIFY, "check at the CA what it issued, and for which request");
}

/* An answer to the request is the CA's decision; an error message is about the transaction. */
static bool is_decision(const pc_cmp_exchange *job)
{
    return job->last_body == PC_CMP_IP || job->last_body == PC_CMP_CP || job->last_body == PC_CMP_KUP;
}

/* The CA's words, with the names of RFC 4210's PKIStatus and PKIFailureInfo. */
static const char *words_of(const pc_cmp_exchange *job)
{
    char raw[PC_CA_MESSAGE];
    char words[PC_CA_MESSAGE];

    if (!OSSL_CMP_CTX_snprint_PKIStatus(job->context, raw, sizeof raw)) {
        return NULL;
    }
    pc_text_escape_into(raw, strlen(raw), words, sizeof words);
    return pc_arena_string(job->arena, words);
}

/* --- the certificate --------------------------------------------------------------------------------------------- */

/* With the certificates sent along with it, which may include its issuers. */
static pc_status read_certificate(const pc_cmp_exchange *job, pc_ca_reply *reply, pc_error *err)
{
    PC_AUTO(certificates) STACK_OF(X509) *others = OSSL_CMP_CTX_get1_extraCertsIn(job->context);
    PC_AUTO(certificates) STACK_OF(X509) *authorities = OSSL_CMP_CTX_get1_caPubs(job->context);

    if (others && authorities &&
        X509_add_certs(others, authorities, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) != 1) {
        ERR_clear_error();
        return pc_fail_memory(err);
    }
    reply->outcome.disposition = PC_CA_ISSUED;
    return pc_bundle_write(job->arena, OSSL_CMP_CTX_get0_newCert(job->context), others ? others : authorities,
                           &reply->certificate, err);
}

static pc_status read_pending(const pc_cmp_exchange *job, bool renews, pc_ca_reply *reply, pc_error *err)
{
    const char *answers = pc_cmp_answers_to_text(job->arena, &job->received);

    if (job->received.waiting.len == 0 || job->received.poll.len == 0) {
        return pc_fail(err, PC_E_CA,
                       "the CA says that the request is waiting, but does not allow p11cert to ask again");
    }
    reply->outcome.disposition = PC_CA_PENDING;
    reply->state = answers ? pc_arena_format(job->arena, "%s%s", renews ? RENEWAL : "", answers) : NULL;
    return reply->state ? PC_OK : pc_fail_memory(err);
}

static pc_status name_transaction(const pc_cmp_exchange *job, pc_ca_reply *reply, pc_error *err)
{
    const pc_bytes answer = job->received.waiting; /* without one, OpenSSL's report stays for the error */
    const char *id = answer.len > 0 ? pc_cmp_transaction_of(job->arena, answer) : NULL;

    reply->reference = id ? pc_arena_format(job->arena, REFERENCE_HEAD "%s", id) : "";
    return reply->reference ? PC_OK : pc_fail_memory(err);
}

/* RFC 4210 section 5.2.3: messageTime was too far from the CA's clock. NULL: another reason, or out of memory. */
static const char *advise_clock(const pc_cmp_exchange *job)
{
    const int failure = OSSL_CMP_CTX_get_failInfoCode(job->context);
    char now[PC_TIME_TEXT] = "";

    if (failure == -1 || (failure & (1 << OSSL_CMP_PKIFAILUREINFO_badTime)) == 0) {
        return NULL;
    }
    (void)pc_text_time((int64_t)time(NULL), now);
    return pc_arena_format(
        job->arena,
        "the clock of this machine says %s, which the CA does not accept: if it is wrong, correct it "
        "(timedatectl), and submit the request again",
        now);
}

static pc_status read_outcome(const pc_cmp_exchange *job, int answer, bool renews, pc_ca_reply *ret_reply,
                              pc_error *err)
{
    pc_ca_reply reply = { .outcome = { .disposition = PC_CA_UNKNOWN }, .reference = "", .state = "" };
    int status = OSSL_CMP_CTX_get_status(job->context);

    PC_TRY(name_transaction(job, &reply, err));
    if (answer == 1 && OSSL_CMP_CTX_get0_newCert(job->context)) {
        PC_TRY(read_certificate(job, &reply, err));
    } else if (answer == -1) {
        PC_TRY(read_pending(job, renews, &reply, err));
    } else if (is_not_accepted()) {
        return fail_other_key(err);
    } else if (job->status == PC_OK && status == OSSL_CMP_PKISTATUS_rejection) {
        reply.outcome.disposition = is_decision(job) ? PC_CA_DENIED : PC_CA_ERROR;
        reply.outcome.message = words_of(job);
        reply.outcome.advice = advise_clock(job);
    } else {
        return fail_exchange(job, err);
    }
    ERR_clear_error();
    *ret_reply = reply;
    return PC_OK;
}

/* --- the request ------------------------------------------------------------------------------------------------- */

/* kur (RFC 4210 section 5.3.5), with the names and extensions of the PKCS#10. */
static bool set_renewal(OSSL_CMP_CTX *context, X509 *old, X509_REQ *csr)
{
    X509_EXTENSIONS *extensions = X509_REQ_get_extensions(csr);

    return OSSL_CMP_CTX_set1_oldCert(context, old) == 1 &&
           OSSL_CMP_CTX_set1_subjectName(context, X509_REQ_get_subject_name(csr)) == 1 &&
           OSSL_CMP_CTX_set_option(context, OSSL_CMP_OPT_SUBJECTALTNAME_NODEFAULT, 1) == 1 &&
           (!extensions || OSSL_CMP_CTX_set0_reqExtensions(context, extensions) == 1);
}

/* The key that protects the messages proves its own possession; a new one has proved it earlier (prove). OpenSSL has no
 * method for this: with RAVERIFIED it requires no private key, and OSSL_CRMF_POPO_NONE would ask the CA to generate the
 * key, since OpenSSL 3.5. */
static bool set_new_key(OSSL_CMP_CTX *context, const X509 *old, X509_REQ *csr)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(csr);

    if (key && EVP_PKEY_eq(X509_get0_pubkey(old), key) == 1) {
        return true;
    }
    return key && EVP_PKEY_up_ref(key) == 1 && OSSL_CMP_CTX_set0_newPkey(context, 0, key) == 1 &&
           OSSL_CMP_CTX_set_option(context, OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_RAVERIFIED) == 1;
}

/* @param renews in: whether a renewal is wanted; out: whether the message is a kur */
static pc_status set_request(pc_cmp_exchange *job, pc_bytes der, bool *renews, pc_error *err)
{
    const unsigned char *bytes = der.data;
    PC_AUTO(X509_REQ) X509_REQ *csr = d2i_X509_REQ(NULL, &bytes, (long)der.len);
    X509 *old = job->connection->credentials->certificate;

    *renews = *renews && old;
    bool is_set = csr && (*renews ? set_renewal(job->context, old, csr) && set_new_key(job->context, old, csr)
                                  : OSSL_CMP_CTX_set1_p10CSR(job->context, csr) == 1);

    if (!is_set) {
        ERR_clear_error();
        return pc_fail(err, PC_E_CRYPTO, "OpenSSL cannot make a CMP message of the request");
    }
    return PC_OK;
}

/* The entry of a kur that the new key signs: its CertRequest, and the proof of possession over it. */
static OSSL_CRMF_MSG *make_proof(OSSL_CMP_CTX *context, const pc_ca_submission *submission, X509 *old, EVP_PKEY *key)
{
    const unsigned char *bytes = submission->csr.data;
    PC_AUTO(X509_REQ) X509_REQ *csr = d2i_X509_REQ(NULL, &bytes, (long)submission->csr.len);
    bool is_set = csr && set_renewal(context, old, csr) && set_new_key(context, old, csr);
    PC_AUTO(OSSL_CRMF_MSG) OSSL_CRMF_MSG *entry = is_set ? OSSL_CMP_CTX_setup_CRM(context, 1, 0) : NULL;
    const EVP_MD *digest = signs_digest(key) ? EVP_sha256() : NULL;

    if (!entry || OSSL_CRMF_MSG_create_popo(OSSL_CRMF_POPO_SIGNATURE, entry, key, digest, NULL, NULL) != 1) {
        return NULL;
    }
    return PC_TAKE(entry);
}

static pc_status prove(const pc_ca_submission *submission, X509 *old, EVP_PKEY *key, pc_arena *arena,
                       pc_bytes *ret_proof, pc_error *err)
{
    OSSL_CMP_CTX *context = OSSL_CMP_CTX_new(NULL, NULL);
    PC_AUTO(OSSL_CRMF_MSG) OSSL_CRMF_MSG *entry = context ? make_proof(context, submission, old, key) : NULL;
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = entry ? i2d_OSSL_CRMF_MSG(entry, &der) : 0;

    OSSL_CMP_CTX_free(context);
    ERR_clear_error();
    return len > 0 ? pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, ret_proof, err)
                   : pc_fail(err, PC_E_CRYPTO, "the new key cannot sign the proof of possession of a CMP key update");
}

/* @param proof from `prove`; empty: OpenSSL itself makes the entry of a kur */
static int ask(pc_cmp_exchange *job, bool renews, pc_bytes proof, unsigned *ret_retry_sec)
{
    const unsigned char *bytes = proof.data;
    PC_AUTO(OSSL_CRMF_MSG) OSSL_CRMF_MSG *entry = bytes ? d2i_OSSL_CRMF_MSG(NULL, &bytes, (long)proof.len) : NULL;
    int after_sec = 0;
    int answer = OSSL_CMP_try_certreq(job->context, renews ? OSSL_CMP_KUR : OSSL_CMP_P10CR, entry, &after_sec);

    *ret_retry_sec = answer == -1 && after_sec > 0 ? (unsigned)after_sec : 0;
    return answer;
}

static pc_status submit(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                        pc_ca_reply *ret_reply, pc_error *err)
{
    PC_AUTO(pc_cmp_exchange) pc_cmp_exchange job = { .connection = connection, .arena = arena, .err = err };
    bool renews = submission->renews;
    unsigned retry_sec = 0;

    PC_TRY(pc_cmp_exchange_open(&job, err));
    PC_TRY(set_request(&job, submission->csr, &renews, err));
    int answer = ask(&job, renews, submission->proof, &retry_sec);

    PC_TRY(read_outcome(&job, answer, renews, ret_reply, err));
    ret_reply->retry_sec = retry_sec;
    return PC_OK;
}

/* --- polling ------------------------------------------------------------------------------------------------ */

static pc_status restore(pc_cmp_exchange *job, const char *answers, pc_error *err)
{
    const char *id = NULL;

    if (pc_cmp_answers_from_text(job->arena, answers, &job->stored)) {
        id = pc_cmp_transaction_of(job->arena, job->stored.waiting);
    }
    size_t len = 0;
    const uint8_t *bytes = id ? pc_text_from_hex(job->arena, id, &len) : NULL;
    ASN1_OCTET_STRING *transaction = bytes ? ASN1_OCTET_STRING_new() : NULL;
    bool is_set = transaction && ASN1_OCTET_STRING_set(transaction, bytes, (int)len) == 1 &&
                  OSSL_CMP_CTX_set1_transactionID(job->context, transaction) == 1;

    ASN1_OCTET_STRING_free(transaction);
    job->received = job->stored;
    return is_set ? PC_OK : pc_fail(err, PC_E_INPUT, "what the record keeps of the CMP transaction cannot be read");
}

/* It was issued at once, and the run ended before the certificate was bound. */
static pc_status fail_delivered(pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT,
                  "the CA has delivered the certificate of this request already, and CMP cannot ask for it again");
    return pc_hint(err, PC_E_INPUT,
                   "if its file was written, `p11cert accept FILE` binds it; else `p11cert submit --again` requests "
                   "another certificate, and the CA's administrator can revoke the first");
}

/* For the server, the transaction is over once it has sent the certificate, whether or not it arrived. */
static const char lost_certificate[] =
    "if an earlier run was interrupted, the CA may have sent the certificate to it, and CMP cannot ask for it again: "
    "`p11cert submit --again` requests another certificate, and the CA's administrator can revoke the first";

/* The answers to the earlier process bring OpenSSL to the point where that process stopped; only the next message is
 * sent. */
static pc_status check(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_inquiry *inquiry,
                       pc_ca_reply *ret_reply, pc_error *err)
{
    PC_AUTO(pc_cmp_exchange) pc_cmp_exchange job = { .connection = connection, .arena = arena, .err = err };
    bool renews = pc_text_starts(inquiry->state, RENEWAL);
    bool renewed = renews;
    unsigned retry_sec = 0;

    if (inquiry->csr.len == 0) {
        return pc_fail(err, PC_E_INPUT, "the record does not contain the request, which CMP has to send again");
    }
    if (!*inquiry->state) {
        return fail_delivered(err);
    }
    PC_TRY(pc_cmp_exchange_open(&job, err));
    PC_TRY(restore(&job, inquiry->state + (renews ? strlen(RENEWAL) : 0), err));
    PC_TRY(set_request(&job, inquiry->csr, &renewed, err));
    if (renews != renewed) {
        (void)pc_fail(err, PC_E_USAGE, "this renewal must be requested with the key that it renews");
        return pc_hint(err, PC_E_USAGE, "name that key with `client_key`");
    }
    const pc_bytes none = { .len = 0 }; /* the messages that would contain it are not sent */
    int answer = ask(&job, renews, none, &retry_sec);

    answer = answer == -1 ? ask(&job, renews, none, &retry_sec) : answer;
    PC_TRY(read_outcome(&job, answer, renews, ret_reply, err));
    ret_reply->retry_sec = retry_sec;
    if (ret_reply->outcome.disposition == PC_CA_ERROR) {
        ret_reply->outcome.advice = lost_certificate;
    }
    return PC_OK;
}

/* --- requirements ---------------------------------------------------------------------------------------------- */

static pc_status check_protection(const pc_ca_connection *connection, pc_error *err)
{
    if (connection->access->login == PC_CA_LOGIN_SECRET || connection->credentials->certificate) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE,
                  "a CMP message is protected by a shared secret or by a certificate, and neither was named; nothing "
                  "was sent");
    return pc_hint(err, PC_E_USAGE,
                   "`auth` secret `user` REFERENCE, with the values that the CA's administrator gives; or `client_key` "
                   "with a key on the token that has a certificate");
}

static pc_status check_request(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                               pc_error *err)
{
    (void)arena;
    (void)submission;
    return check_protection(connection, err);
}

/* --- revoking ---------------------------------------------------------------------------------------------------- */

/* Without a reason rather than with 0 (RFC 5280 section 5.3.1). */
static bool set_revocation(OSSL_CMP_CTX *context, const pc_ca_revocation *revocation)
{
    return OSSL_CMP_CTX_set1_oldCert(context, revocation->certificate) == 1 &&
           OSSL_CMP_CTX_set_option(context, OSSL_CMP_OPT_TOTAL_TIMEOUT, UNDECIDED_SEC) == 1 &&
           (revocation->reason == 0 ||
            OSSL_CMP_CTX_set_option(context, OSSL_CMP_OPT_REVOCATION_REASON, revocation->reason) == 1);
}

/* If the request was to end a hold, this is a refusal. */
static bool is_revoked_already(const pc_cmp_exchange *job, const pc_ca_revocation *revocation)
{
    int failure = OSSL_CMP_CTX_get_failInfoCode(job->context);

    return revocation->reason != CRL_REASON_REMOVE_FROM_CRL && failure != -1 &&
           (failure & (1 << OSSL_CMP_PKIFAILUREINFO_certRevoked)) != 0;
}

static pc_status fail_refused(const pc_cmp_exchange *job, const pc_ca_revocation *revocation, pc_error *err)
{
    const char *words = words_of(job);

    ERR_clear_error();
    (void)pc_fail(err, PC_E_CA, "the CA refused to %s the certificate: %s",
                  revocation->reason == CRL_REASON_REMOVE_FROM_CRL ? "end the hold of" : "revoke",
                  words ? words : "no reason given");
    return pc_hint(err, PC_E_CA,
                   "ask the CA's administrator whether this login may revoke it; most CAs let the key of a "
                   "certificate revoke that certificate: name the key with `client_key`");
}

static pc_status fail_undecided(pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_CA, "the CA has received the revocation request, but has not decided on it yet");
    return pc_hint(err, PC_E_CA,
                   "ask the CA's administrator to approve it; then run the command again, which shows whether the "
                   "certificate is revoked");
}

/* Without an answer that can be trusted. */
static pc_status fail_revocation(const pc_cmp_exchange *job, pc_error *err)
{
    pc_status status = fail_exchange(job, err);

    if (status == PC_E_AUTH || !pc_wire_may_have_arrived(job->connection->wire)) {
        return status;
    }
    return pc_note(err, status,
                   "the CA may have received the revocation request, and it is not known whether the certificate is "
                   "revoked: run the command again");
}

static pc_status read_revocation(const pc_cmp_exchange *job, const pc_ca_revocation *revocation, bool is_done,
                                 bool *ret_changed, pc_error *err)
{
    int status = job->status == PC_OK ? OSSL_CMP_CTX_get_status(job->context) : -1;
    bool is_refused = status == OSSL_CMP_PKISTATUS_rejection;

    if (is_done || (is_refused && is_revoked_already(job, revocation))) {
        ERR_clear_error();
        *ret_changed = is_done;
        return PC_OK;
    }
    if (status == OSSL_CMP_PKISTATUS_waiting) {
        return fail_undecided(err);
    }
    return is_refused ? fail_refused(job, revocation, err) : fail_revocation(job, err);
}

/* rr (RFC 4210 section 5.3.9). While the CA is undecided, versions of OpenSSL after 3.0 ask again, for a limited
 * time. */
static pc_status revoke(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_revocation *revocation,
                        bool *ret_changed, pc_error *err)
{
    PC_AUTO(pc_cmp_exchange) pc_cmp_exchange job = { .connection = connection, .arena = arena, .err = err };

    PC_TRY(check_protection(connection, err));
    PC_TRY(pc_cmp_exchange_open(&job, err));
    if (!set_revocation(job.context, revocation)) {
        ERR_clear_error();
        return pc_fail(err, PC_E_CRYPTO, "OpenSSL cannot make a CMP message that revokes the certificate");
    }
    return read_revocation(&job, revocation, OSSL_CMP_exec_RR_ses(job.context) == 1, ret_changed, err);
}

const pc_ca_protocol pc_ca_cmp = {
    .name = "cmp",
    .server = "a CMP server",
    .capabilities = PC_CA_CAN_RENEW_BY_LOGIN | PC_CA_CAN_TAKE_SECRET,
    .form = { .empty_path = WELL_KNOWN,
              .example = "https://ca.contoso.com/.well-known/cmp",
              .allows_http = true,
              .keeps_slash = true },
    .recognises = recognises,
    .check_request = check_request,
    .check_login_key = check_login_key,
    .prove = prove,
    .submit = submit,
    .check = check,
    .revoke = revoke,
};
