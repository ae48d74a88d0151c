/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/wire.h"

#include <openssl/x509_vfy.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "enroll/http/address.h"
#include "enroll/http/curl_calls.h"
#include "enroll/http/ticket_login.h"
#include "enroll/http/tls_library.h"
#include "enroll/http/wire_error.h"
#include "enroll/http/wire_setup.h"

#define REASON_MAX    256u /* bytes of Kerberos's message */
#define RETRY_MAX_SEC (365 * 86400)

/* What one transfer has received so far. */
typedef struct {
    uint8_t *bytes;
    size_t len;
    size_t room;
    time_t date; /* of the answer, by the server's clock; 0: unknown */
    size_t header_len;
    unsigned header_count;
    bool too_large;
    bool no_memory;
} transferred;

/* The body that a request posts. */
typedef struct {
    const char *type; /* NULL: a form */
    pc_bytes bytes;
} posted;

struct pc_wire {
    CURL *curl;
    struct curl_slist *headers; /* of the current request */
    pc_arena *arena;
    const char *address;
    const pc_ca_access *access;
    pc_ca_credentials credentials;
    pc_ticket_login *ticket; /* NULL: libcurl logs in, if anybody */
    transferred received;
    bool of_iis;     /* the current request's */
    bool was_unread; /* the server did not read it */
    char detail[CURL_ERROR_SIZE];
    char login_failed[REASON_MAX];
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void forget(transferred *received)
{
    free(received->bytes);
    *received = (transferred){ .bytes = NULL };
}

/* --- what libcurl calls ---------------------------------------------------------------------- */

static bool make_room(transferred *received, size_t len)
{
    size_t room = received->room ? received->room : 16384;

    while (room < received->len + len + 1) {
        room *= 2;
    }
    if (room == received->room) {
        return true;
    }
    uint8_t *grown = realloc(received->bytes, room);

    if (!grown) {
        received->no_memory = true;
        return false;
    }
    received->bytes = grown;
    received->room = room;
    return true;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    transferred *received = user;
    size_t len = size * count;

    if (len > PC_WIRE_BODY_MAX - received->len) {
        received->too_large = true;
        return 0;
    }
    if (!make_room(received, len)) {
        return 0;
    }
    memcpy(received->bytes + received->len, bytes, len);
    received->len += len;
    received->bytes[received->len] = '\0';
    return len;
}

/* RFC 9110 section 6.6.1. */
static void note_date(transferred *received, const char *bytes, size_t len)
{
    static const char name[] = "date:";
    char text[64];

    if (len > strlen(name) && strncasecmp(bytes, name, strlen(name)) == 0) {
        (void)snprintf(text, sizeof text, "%.*s", (int)(len - strlen(name)), bytes + strlen(name));
        const time_t date = pc_curl()->getdate(text, NULL);

        received->date = date > 0 ? date : 0;
    }
}

static size_t take_header(char *bytes, size_t size, size_t count, void *user)
{
    pc_wire *wire = user;
    transferred *received = &wire->received;
    size_t len = size * count;

    received->header_len += len;
    received->header_count++;
    if (received->header_len > PC_WIRE_HEADER_MAX || received->header_count > PC_WIRE_HEADERS) {
        received->too_large = true;
        return 0;
    }
    note_date(received, bytes, len);
    if (wire->ticket) {
        pc_ticket_login_note_header(wire->ticket, bytes, len);
    }
    return len;
}

/* Only here does libcurl say why it has no ticket. Nothing else is kept: the rest may contain credentials. */
static int note_reason(CURL *curl, curl_infotype type, char *text, size_t len, void *user)
{
    static const char mark[] = "gss_init_sec_context() failed: ";
    pc_wire *wire = user;
    const char *found = type == CURLINFO_TEXT ? memmem(text, len, mark, strlen(mark)) : NULL;

    (void)curl;
    if (found) {
        const char *reason = found + strlen(mark);
        pc_span span = { .start = reason, .len = (size_t)(text + len - reason) };

        while (span.len > 0 && memchr("\n .", span.start[span.len - 1], 3)) {
            span.len--;
        }
        pc_text_escape_into(span.start, span.len, wire->login_failed, sizeof wire->login_failed);
    }
    return 0;
}

/* --- one transfer ---------------------------------------------------------------------------- */

static void attach(pc_wire *wire)
{
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_WRITEDATA, &wire->received);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_HEADERDATA, wire);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_DEBUGFUNCTION, note_reason);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_DEBUGDATA, wire);
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_VERBOSE, 1L); /* passed only to note_reason */
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_ERRORBUFFER, wire->detail);
}

/* libcurl's default type is that of a form; NULL resets the headers that an earlier request set. */
static CURLcode set_headers(pc_wire *wire, const posted *post)
{
    pc_curl()->slist_free_all(PC_TAKE(wire->headers));
    if (post && post->type) {
        char line[128];

        (void)snprintf(line, sizeof line, "Content-Type: %s", post->type);
        wire->headers = pc_curl()->slist_append(NULL, line);
        if (!wire->headers) {
            return CURLE_OUT_OF_MEMORY;
        }
    }
    if (wire->ticket) {
        wire->headers = pc_ticket_login_begin(wire->ticket, wire->headers);
        if (!wire->headers) {
            return CURLE_OUT_OF_MEMORY;
        }
    }
    return pc_curl()->easy_setopt(wire->curl, CURLOPT_HTTPHEADER, wire->headers);
}

static CURLcode prepare(pc_wire *wire, const char *url, const posted *post, int64_t left_ms)
{
    CURLcode code = pc_curl()->easy_setopt(wire->curl, CURLOPT_URL, url);

    code = code == CURLE_OK ? set_headers(wire, post) : code;
    if (code == CURLE_OK && post) {
        (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_POST, 1L);
        (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->bytes.len);
        code = pc_curl()->easy_setopt(wire->curl, CURLOPT_POSTFIELDS, post->bytes.data);
    } else if (code == CURLE_OK) {
        code = pc_curl()->easy_setopt(wire->curl, CURLOPT_HTTPGET, 1L);
    }
    (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
    return code;
}

/* Only the address and numbers: headers and pages may contain credentials. */
static void report(const pc_wire *wire, const char *url, bool posts, CURLcode code)
{
    char raw[1024];
    char words[1024];
    curl_off_t taken_us = 0;
    long status = 0;

    if (!wire->access->log) {
        return;
    }
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status);
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_TOTAL_TIME_T, &taken_us);
    if (code == CURLE_OK) {
        (void)snprintf(raw, sizeof raw, "%s %s: HTTP %ld, %zu bytes, %.2f s", posts ? "POST" : "GET", url, status,
                       wire->received.len, (double)taken_us / 1e6);
    } else {
        (void)snprintf(raw, sizeof raw, "%s %s: libcurl %d: \"%s\", %.2f s", posts ? "POST" : "GET", url, (int)code,
                       pc_curl()->easy_strerror(code), (double)taken_us / 1e6);
    }
    pc_text_escape_into(raw, strlen(raw), words, sizeof words);
    wire->access->log(wire->access->log_context, words);
}

/* libcurl's code, made to say whether there was a connection: a time-out does not tell, and a login may have needed a
 * second one. */
static CURLcode perform(pc_wire *wire)
{
    CURLcode code = pc_curl()->easy_perform(wire->curl);
    curl_off_t connected_us = 0;
    long sent = 0;

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_OPERATION_TIMEDOUT && sent == 0 && connected_us == 0) {
        return CURLE_COULDNT_CONNECT;
    }
    return code == CURLE_COULDNT_CONNECT && sent > 0 ? CURLE_SEND_ERROR : code;
}

static pc_status end_login(pc_wire *wire, pc_error *err)
{
    long status = 0;

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status);
    return wire->ticket ? pc_ticket_login_end(wire->ticket, status, err) : PC_OK;
}

/* The alert of a server that requires a certificate: TLS 1.3 lets the client send its request before it arrives, and
 * the server never reads that. */
static bool wants_a_certificate(const pc_wire *wire, CURLcode code)
{
    return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_SSL_CONNECT_ERROR) &&
           strstr(wire->detail, "alert certificate required");
}

static pc_status fail_transfer(pc_wire *wire, CURLcode code, pc_error *err)
{
    long verified = X509_V_OK; /* OpenSSL's numbers; other libraries have others, and no such advice */
    pc_wire_failure failure = { .code = code, .detail = wire->detail, .url = wire->address };

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_SSL_VERIFYRESULT, &verified);
    failure.is_out_of_time = code == CURLE_PEER_FAILED_VERIFICATION &&
                             (verified == X509_V_ERR_CERT_NOT_YET_VALID || verified == X509_V_ERR_CERT_HAS_EXPIRED);
    failure.wants_a_certificate = wire->was_unread = wants_a_certificate(wire, code);
    return pc_wire_fail(err, &failure);
}

static pc_status transfer(pc_wire *wire, const char *url, const posted *post, int64_t until_ms, pc_error *err)
{
    int64_t left_ms = until_ms - now_ms();

    forget(&wire->received);
    wire->detail[0] = '\0';
    wire->login_failed[0] = '\0';
    wire->was_unread = false;
    if (!make_room(&wire->received, 0)) {
        return pc_fail_memory(err);
    }
    wire->received.bytes[0] = '\0';
    CURLcode code = prepare(wire, url, post, left_ms);

    if (code == CURLE_OK) {
        code = left_ms > 0 ? perform(wire) : CURLE_OPERATION_TIMEDOUT;
    }
    if (wire->received.no_memory) {
        return pc_fail_memory(err);
    }
    if (wire->received.too_large) {
        return pc_fail_code(err, PC_E_CA, PC_ORIGIN_CURL, (unsigned long)code,
                            "\"%s\" sends more than a CA's pages and certificates need", url);
    }
    report(wire, url, post != NULL, code);
    return code == CURLE_OK ? end_login(wire, err) : fail_transfer(wire, code, err);
}

/* The target of a redirect; NULL if the answer is not one. */
static const char *redirect_of(const pc_wire *wire, long *ret_status)
{
    char *url = NULL;

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, ret_status);
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_REDIRECT_URL, &url);
    return *ret_status >= 300 && *ret_status < 400 ? url : NULL;
}

static pc_status check_redirect(const char *source, const char *target, long status, bool posts, pc_error *err)
{
    if (posts && status != 307 && status != 308) {
        (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_HTTP, (unsigned long)status,
                           "\"%s\" redirects a submitted request to \"%s\" (HTTP %ld)", source, target, status);
        return pc_hint(err, PC_E_CA, "if that is the CA, use that address");
    }
    return pc_address_check_redirect(source, target, err);
}

/* @param url  in: where to begin; out: where the answer comes from */
static pc_status follow(pc_wire *wire, pc_arena *arena, const char **url, const posted *post, pc_error *err)
{
    unsigned total_sec = wire->access->total_sec ? wire->access->total_sec : PC_CA_TOTAL_SEC;
    int64_t until_ms = now_ms() + (int64_t)total_sec * 1000;
    long status = 0;

    for (unsigned hop = 0; hop <= PC_WIRE_REDIRECTS; hop++) {
        PC_TRY(transfer(wire, *url, post, until_ms, err));
        const char *next = redirect_of(wire, &status);

        if (!next) {
            return PC_OK;
        }
        PC_TRY(check_redirect(*url, next, status, post != NULL, err));
        *url = pc_arena_string(arena, next);
        if (!*url) {
            return pc_fail_memory(err);
        }
    }
    return pc_fail_code(err, PC_E_CA, PC_ORIGIN_HTTP, (unsigned long)status,
                        "\"%s\" redirects repeatedly: %u redirects and no page", *url, PC_WIRE_REDIRECTS);
}

static pc_status copy_answer(const pc_wire *wire, pc_arena *arena, pc_wire_answer *ret_answer, pc_error *err)
{
    char *type = NULL;
    curl_off_t retry_sec = 0;

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_CONTENT_TYPE, &type);
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RETRY_AFTER, &retry_sec);
    pc_wire_answer answer = {
        .retry_sec = retry_sec > 0 && retry_sec < RETRY_MAX_SEC ? (unsigned)retry_sec : 0,
        .bytes = pc_arena_copy(arena, wire->received.bytes, wire->received.len + 1),
        .len = wire->received.len,
        .content_type = pc_arena_string(arena, type ? type : ""),
    };

    if (!answer.bytes || !answer.content_type) {
        return pc_fail_memory(err);
    }
    *ret_answer = answer;
    return PC_OK;
}

static int64_t ahead_of_here(const pc_wire *wire)
{
    return wire->received.date ? (int64_t)wire->received.date - (int64_t)time(NULL) : 0;
}

static pc_status refuse(const pc_wire *wire, long status, const char *url, pc_error *err)
{
    const pc_login_trouble trouble =
        wire->ticket ? pc_ticket_login_trouble(wire->ticket)
                     : (pc_login_trouble){ .failed = wire->login_failed, .refused = "", .hint = "", .certificate = "" };

    return pc_wire_fail_status(err, &(pc_wire_refusal){ .status = status,
                                                        .url = url,
                                                        .access = wire->access,
                                                        .login = &trouble,
                                                        .is_empty_of_iis = wire->of_iis && wire->received.len == 0,
                                                        .ahead_sec = ahead_of_here(wire) });
}

pc_status pc_wire_fetch(pc_wire *wire, pc_arena *arena, const pc_wire_request *request, pc_wire_answer *ret_answer,
                        pc_error *err)
{
    const char *url = pc_arena_format(arena, "%s%s%s", wire->address, *request->page ? "/" : "", request->page);
    const posted post = {
        .type = request->form ? NULL : request->body_type,
        .bytes = request->form ? (pc_bytes){ (const uint8_t *)request->form, strlen(request->form) } : request->body,
    };
    long status = 0;

    if (!url) {
        return pc_fail_memory(err);
    }
    wire->of_iis = request->of_iis;
    PC_TRY(follow(wire, arena, &url, request->form || request->body_type ? &post : NULL, err));
    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 401 || (status != 200 && !request->any_status)) {
        return refuse(wire, status, url, err);
    }
    PC_TRY(copy_answer(wire, arena, ret_answer, err));
    ret_answer->status = status;
    return PC_OK;
}

pc_status pc_wire_refuse_status(const pc_wire *wire, const pc_wire_answer *answer, pc_error *err)
{
    return refuse(wire, answer->status, wire->address, err);
}

const char *pc_wire_address(const pc_wire *wire)
{
    return wire->address;
}

bool pc_wire_may_have_arrived(const pc_wire *wire)
{
    long sent = 0;
    long status = 0;

    (void)pc_curl()->easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status);
    if (wire->was_unread) {
        return false;
    }
    if (status >= 300 && status < 500) {
        return false; /* the server says that it did not execute the request (RFC 9110 sections 15.4, 15.5) */
    }
    return pc_curl()->easy_getinfo(wire->curl, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK && sent > 0;
}

bool pc_wire_never_connected(const pc_error *failure)
{
    return failure->origin == PC_ORIGIN_CURL &&
           (failure->code == CURLE_COULDNT_RESOLVE_HOST || failure->code == CURLE_COULDNT_CONNECT);
}

/* --- opening and closing ------------------------------------------------------------------------------------ */

static pc_status wire_new(const pc_ca_access *access, const pc_ca_credentials *credentials, pc_wire **ret_wire,
                          pc_error *err)
{
    PC_TRY(pc_wire_library(err));
    PC_AUTO(pc_wire) pc_wire *wire = calloc(1, sizeof *wire);

    if (!wire) {
        pc_curl()->global_cleanup();
        return pc_fail_memory(err);
    }
    wire->access = access;
    wire->credentials = credentials ? *credentials : (pc_ca_credentials){ .password = NULL };
    wire->arena = pc_arena_new();
    wire->curl = pc_curl()->easy_init();
    if (!wire->arena || !wire->curl) {
        return pc_fail_memory(err);
    }
    *ret_wire = PC_TAKE(wire);
    return PC_OK;
}

/* Over plain HTTP there is nothing to which a ticket could be bound. */
static bool needs_own_login(const pc_ca_access *access, const char *address)
{
    return access->login == PC_CA_LOGIN_TICKET && pc_text_starts(address, "https://");
}

pc_status pc_wire_open(const pc_ca_access *access, const char *address, const pc_ca_credentials *credentials,
                       pc_wire **ret_wire, pc_error *err)
{
    PC_AUTO(pc_wire) pc_wire *wire = NULL;

    if (credentials && credentials->certificate) {
        PC_TRY(pc_tls_library_check(address, err));
    }
    PC_TRY(wire_new(access, credentials, &wire, err));
    wire->address = pc_arena_string(wire->arena, address);
    if (!wire->address) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_wire_set_up(wire->curl, access, &wire->credentials, err));
    /* pc_address_of_ca has decided whether it may be plain HTTP. */
    if (pc_text_starts(address, "http://")) {
        (void)pc_curl()->easy_setopt(wire->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    }
    attach(wire);
    if (needs_own_login(access, address)) {
        PC_TRY(pc_ticket_login_new(wire->curl, address, &wire->ticket, err));
    }
    *ret_wire = PC_TAKE(wire);
    return PC_OK;
}

/* With the options that a transfer would have. The login is left out: its password is not known yet. */
pc_status pc_wire_check(const pc_ca_access *access, pc_error *err)
{
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    pc_ca_access trial = *access;

    trial.login = PC_CA_LOGIN_NONE;
    PC_TRY(wire_new(&trial, NULL, &wire, err));
    return pc_wire_set_up(wire->curl, &trial, &wire->credentials, err);
}

void pc_wire_close(pc_wire *wire)
{
    if (!wire) {
        return;
    }
    pc_curl()->easy_cleanup(wire->curl);
    pc_curl()->slist_free_all(wire->headers);
    pc_ticket_login_free(wire->ticket);
    forget(&wire->received);
    pc_arena_free(wire->arena);
    free(wire);
    pc_curl()->global_cleanup();
}
