/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/ticket_login.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/text.h"
#include "enroll/http/channel_binding.h"
#include "enroll/http/curl_calls.h"
#include "enroll/http/negotiate.h"

#define PLACE_MAX 160u

struct pc_ticket_login {
    CURL *curl;
    char host[256];
    char place[PLACE_MAX]; /* both ends of the connection of which the binding is */
    size_t binding_len;
    unsigned char binding[PC_CHANNEL_BINDING_MAX];
    char certificate[2 * SHA256_DIGEST_LENGTH + 1];
    struct curl_slist *last; /* header of this transfer; the token follows it */
    pc_negotiate *exchange;  /* of the token that was sent */
    pc_arena *arena;         /* of this transfer */
    pc_bytes answer;         /* the server's token */
    bool was_refused;        /* trouble is about the server's answer */
    pc_error trouble;
};

/* --- the certificate of the connection ------------------------------------------------------------------------- */

/* The server's certificate, if a handshake was made in this transfer: libcurl collects it only then. NULL: none. */
static X509 *presented_certificate(CURL *curl)
{
    static const char mark[] = "Cert:";
    struct curl_certinfo *chain = NULL;
    X509 *certificate = NULL;

    if (pc_curl()->easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1) {
        return NULL;
    }
    for (const struct curl_slist *line = chain->certinfo[0]; line && !certificate; line = line->next) {
        BIO *pem = pc_text_starts(line->data, mark) ? BIO_new_mem_buf(line->data + strlen(mark), -1) : NULL;

        certificate = pem ? PEM_read_bio_X509(pem, NULL, NULL, NULL) : NULL;
        BIO_free(pem);
    }
    ERR_clear_error();
    return certificate;
}

static void forget_certificate(pc_ticket_login *login)
{
    login->place[0] = '\0';
    login->binding_len = 0;
    login->certificate[0] = '\0';
}

static void note_certificate(pc_ticket_login *login, X509 *certificate)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    login->binding_len = pc_channel_binding_of(certificate, login->binding);
    if (login->binding_len > 0 && X509_digest(certificate, EVP_sha256(), digest, NULL) == 1) {
        for (size_t i = 0; i < sizeof digest; i++) {
            (void)snprintf(login->certificate + 2 * i, 3, "%02x", digest[i]);
        }
    }
    X509_free(certificate);
}

/* A connection that is used again has the certificate that was noted for it. One that is not known leaves the token
 * without a binding, which a server that requires one refuses. */
static void find_binding(pc_ticket_login *login, const char *place)
{
    X509 *certificate = presented_certificate(login->curl);

    if (certificate || strcmp(place, login->place) != 0) {
        forget_certificate(login);
    }
    if (certificate) {
        (void)snprintf(login->place, sizeof login->place, "%s", place);
        note_certificate(login, certificate);
    }
}

/* --- the token --------------------------------------------------------------------------------------------------- */

/* From an earlier attempt of the same transfer, on a connection that turned out to be closed. */
static void drop_token(pc_ticket_login *login)
{
    pc_curl()->slist_free_all(login->last->next);
    login->last->next = NULL;
    pc_negotiate_free(PC_TAKE(login->exchange));
}

static pc_status add_token(pc_ticket_login *login, pc_bytes token, pc_error *err)
{
    static const char start[] = "Authorization: Negotiate ";
    size_t room = sizeof start + 4 * ((token.len + 2) / 3) + 1;
    char *line = malloc(room);

    if (line) {
        memcpy(line, start, sizeof start);
        (void)EVP_EncodeBlock((unsigned char *)line + sizeof start - 1, token.data, (int)token.len);
        login->last->next = pc_curl()->slist_append(NULL, line);
        explicit_bzero(line, room);
        free(line);
    }
    return login->last->next ? PC_OK : pc_fail_memory(err);
}

static pc_status make_token(pc_ticket_login *login)
{
    const pc_bytes binding = { login->binding, login->binding_len };
    pc_bytes token = { .len = 0 };

    PC_TRY(pc_negotiate_new(login->host, binding, &login->exchange, &token, &login->trouble));
    return add_token(login, token, &login->trouble);
}

/* libcurl calls this when it has a connection, and reads the headers afterwards. Without a ticket the request is sent
 * as it is: the server may not need one. */
static int before_request(void *user, char *remote, char *local, int remote_port, int local_port)
{
    pc_ticket_login *login = user;
    char place[PLACE_MAX];

    (void)snprintf(place, sizeof place, "%s %d %s %d", local, local_port, remote, remote_port);
    drop_token(login);
    find_binding(login, place);
    login->trouble = (pc_error){ .status = PC_OK };
    if (make_token(login) != PC_OK) {
        drop_token(login);
    }
    return CURL_PREREQFUNC_OK;
}

struct curl_slist *pc_ticket_login_begin(pc_ticket_login *login, struct curl_slist *headers)
{
    /* A header without a value is not sent. */
    struct curl_slist *extended = pc_curl()->slist_append(headers, "Authorization:");

    pc_negotiate_free(PC_TAKE(login->exchange));
    pc_arena_free(login->arena);
    login->arena = pc_arena_new();
    login->answer = (pc_bytes){ .len = 0 };
    login->was_refused = false;
    login->trouble = (pc_error){ .status = PC_OK };
    if (!extended || !login->arena) {
        pc_curl()->slist_free_all(extended ? extended : headers);
        return NULL;
    }
    for (login->last = extended; login->last->next; login->last = login->last->next) {
    }
    return extended;
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* Base64 in one line. What is not base64 leaves no token, so that the answer is not checked. */
static void keep_answer(pc_ticket_login *login, pc_span text)
{
    uint8_t *bytes = pc_arena_alloc(login->arena, text.len / 4 * 3 + 3);
    int len = bytes ? EVP_DecodeBlock(bytes, (const unsigned char *)text.start, (int)text.len) : -1;

    for (size_t i = text.len; len > 0 && i > 0 && text.start[i - 1] == '='; i--) {
        len--;
    }
    login->answer = (pc_bytes){ bytes, len > 0 ? (size_t)len : 0 };
}

void pc_ticket_login_note_header(pc_ticket_login *login, const char *line, size_t len)
{
    static const char field[] = "WWW-Authenticate:";
    static const char scheme[] = "Negotiate ";

    if (len > 5 && pc_text_equal_n(line, 5, "HTTP/")) {
        login->answer = (pc_bytes){ .len = 0 }; /* another answer begins */
    }
    while (len > 0 && memchr("\r\n", line[len - 1], 2)) {
        len--;
    }
    if (len <= strlen(field) || !pc_text_equal_n(line, strlen(field), field)) {
        return;
    }
    pc_span value = pc_span_trim((pc_span){ .start = line + strlen(field), .len = len - strlen(field) });

    if (value.len > strlen(scheme) && pc_text_equal_n(value.start, strlen(scheme), scheme)) {
        keep_answer(login, (pc_span){ value.start + strlen(scheme), value.len - strlen(scheme) });
    }
}

pc_status pc_ticket_login_end(pc_ticket_login *login, long status, pc_error *err)
{
    pc_error why = { .status = PC_OK };

    if (!login->exchange || login->answer.len == 0 ||
        pc_negotiate_finish(login->exchange, login->answer, &why) == PC_OK) {
        return PC_OK;
    }
    if (status == 401) {
        login->was_refused = true;
        login->trouble = why;
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_CA, "the server does not show that it has the key of the service HTTP/%s: %s", login->host,
                  why.frames[0]);
    return pc_hint(err, PC_E_CA,
                   "its answer is not used; find out whether another server answers in place of the CA's");
}

pc_login_trouble pc_ticket_login_trouble(const pc_ticket_login *login)
{
    const char *words = login->trouble.status == PC_OK ? "" : login->trouble.frames[0];

    return (pc_login_trouble){ .failed = login->was_refused ? "" : words,
                               .refused = login->was_refused ? words : "",
                               .hint = login->trouble.hint,
                               .certificate = login->certificate };
}

/* --- opening and closing ----------------------------------------------------------------------------------------- */

static pc_status find_host(pc_ticket_login *login, const char *address, pc_error *err)
{
    PC_AUTO(curl_url) CURLU *url = pc_curl()->url();
    PC_AUTO(curl_text) char *host = NULL;

    if (!url || pc_curl()->url_set(url, CURLUPART_URL, address, 0) != CURLUE_OK ||
        pc_curl()->url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" is not the address of a server", address);
    }
    (void)snprintf(login->host, sizeof login->host, "%s", host);
    return PC_OK;
}

static pc_status take_over(pc_ticket_login *login, pc_error *err)
{
    static const struct {
        CURLoption option;
        long value;
    } rows[] = {
        { CURLOPT_HTTPAUTH, (long)CURLAUTH_NONE },
        { CURLOPT_CERTINFO, 1L },
        { CURLOPT_SSL_SESSIONID_CACHE, 0L },              /* a session that is resumed need not show the certificate */
        { CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE }, /* a proxy does not get the token */
    };
    CURLcode code = pc_curl()->easy_setopt(login->curl, CURLOPT_PREREQFUNCTION, before_request);

    code = code == CURLE_OK ? pc_curl()->easy_setopt(login->curl, CURLOPT_PREREQDATA, login) : code;
    for (size_t i = 0; i < PC_COUNT(rows) && code == CURLE_OK; i++) {
        code = pc_curl()->easy_setopt(login->curl, rows[i].option, rows[i].value);
    }
    return code == CURLE_OK ? PC_OK
                            : pc_fail_code(err, PC_E_CRYPTO, PC_ORIGIN_CURL, (unsigned long)code,
                                           "libcurl cannot bind a login to its connection (libcurl %d: \"%s\")",
                                           (int)code, pc_curl()->easy_strerror(code));
}

pc_status pc_ticket_login_new(CURL *curl, const char *address, pc_ticket_login **ret_login, pc_error *err)
{
    PC_AUTO(pc_ticket_login) pc_ticket_login *login = calloc(1, sizeof *login);

    if (!login) {
        return pc_fail_memory(err);
    }
    login->curl = curl;
    PC_TRY(find_host(login, address, err));
    PC_TRY(take_over(login, err));
    *ret_login = PC_TAKE(login);
    return PC_OK;
}

void pc_ticket_login_free(pc_ticket_login *login)
{
    if (!login) {
        return;
    }
    pc_negotiate_free(login->exchange);
    pc_arena_free(login->arena);
    free(login);
}
