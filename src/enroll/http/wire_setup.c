/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/wire_setup.h"

#include <errno.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret_auto.h"
#include "base/text.h"
#include "enroll/http/curl_calls.h"
#include "enroll/http/tls_library.h"

#define AGENT   "Mozilla/5.0 p11cert" /* IIS sends certificates as text/html to a client that is not a browser */
#define PIN_LEN 32u

/* --- memory ---------------------------------------------------------------------------------- */

static void wipe_and_free(void *memory)
{
    if (memory) {
        explicit_bzero(memory, malloc_usable_size(memory));
        free(memory);
    }
}

/* realloc would leave the old bytes behind when it moves them. */
static void *wipe_and_grow(void *memory, size_t size)
{
    size_t before = memory ? malloc_usable_size(memory) : 0;
    void *grown = malloc(size);

    if (grown && memory) {
        memcpy(grown, memory, before < size ? before : size);
        wipe_and_free(memory);
    }
    return grown;
}

pc_status pc_wire_library(pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    CURLcode code =
        pc_curl()->global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_and_free, wipe_and_grow, strdup, calloc);

    return code == CURLE_OK ? PC_OK : pc_fail_memory(err);
}

/* --- pins ------------------------------------------------------------------------------------ */

static bool read_hex_pin(pc_arena *arena, const char *text, unsigned char pin[static PIN_LEN])
{
    size_t len = 0;
    const uint8_t *bytes = pc_text_from_hex(arena, text, &len);

    if (!bytes || len != PIN_LEN) {
        return false;
    }
    memcpy(pin, bytes, PIN_LEN);
    return true;
}

/* 32 bytes are 43 characters and one "=". */
static bool read_base64_pin(const char *text, unsigned char pin[static PIN_LEN])
{
    unsigned char bytes[36];

    if (strlen(text) != 44 || text[42] == '=' || text[43] != '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, 44) != 33) {
        return false;
    }
    memcpy(pin, bytes, PIN_LEN);
    return true;
}

static pc_status add_pin(pc_arena *arena, pc_span word, const char **pins, pc_error *err)
{
    static const char curls_form[] = "sha256//";
    const char *text = pc_arena_text(arena, word.start, word.len);
    unsigned char pin[PIN_LEN];
    unsigned char base64[4 * PIN_LEN / 3 + 4];

    if (!text) {
        return pc_fail_memory(err);
    }
    text += pc_text_starts(text, curls_form) ? strlen(curls_form) : 0;
    if (!read_base64_pin(text, pin) && !read_hex_pin(arena, text, pin)) {
        (void)pc_fail(err, PC_E_USAGE, "\"%s\" is not a SHA-256: 64 hex digits or 44 characters of base64", text);
        return pc_hint(err, PC_E_USAGE,
                       "to get the server's pin: openssl x509 -in CERTIFICATE -noout -pubkey | "
                       "openssl pkey -pubin -outform DER | openssl dgst -sha256");
    }
    (void)EVP_EncodeBlock(base64, pin, (int)PIN_LEN);
    *pins = pc_arena_format(arena, "%s%s%s%s", *pins, **pins ? ";" : "", curls_form, (const char *)base64);
    return *pins ? PC_OK : pc_fail_memory(err);
}

pc_status pc_wire_pins(pc_arena *arena, const char *text, const char **ret_pins, pc_error *err)
{
    const char *pins = "";

    for (const char *rest = text;; rest++) {
        size_t len = strcspn(rest, ",;");

        PC_TRY(add_pin(arena, pc_span_trim((pc_span){ .start = rest, .len = len }), &pins, err));
        rest += len;
        if (!*rest) {
            *ret_pins = pins;
            return PC_OK;
        }
    }
}

/* --- options --------------------------------------------------------------------------------- */

static pc_status check_option(CURLcode code, CURLoption option, pc_error *err)
{
    if (code == CURLE_OK) {
        return PC_OK;
    }
    return code == CURLE_OUT_OF_MEMORY ? pc_fail_memory(err)
                                       : pc_fail_code(err, PC_E_CRYPTO, PC_ORIGIN_CURL, (unsigned long)code,
                                                      "libcurl does not accept its option %d (libcurl %d: \"%s\")",
                                                      (int)option, (int)code, pc_curl()->easy_strerror(code));
}

static pc_status set_number(CURL *curl, CURLoption option, long value, pc_error *err)
{
    return check_option(pc_curl()->easy_setopt(curl, option, value), option, err);
}

/* libcurl copies the text. */
static pc_status set_text(CURL *curl, CURLoption option, const char *value, pc_error *err)
{
    return check_option(pc_curl()->easy_setopt(curl, option, value), option, err);
}

/* The key never leaves its token: OpenSSL gets the EVP_PKEY that signs there. A plain HTTP address that pc_wire_open
 * allowed can be redirected to TLS, so the context is checked here too. */
static CURLcode present_certificate(CURL *curl, void *ssl_context, void *user)
{
    const pc_ca_credentials *credentials = user;

    (void)curl;
    return pc_tls_library_check("", NULL) == PC_OK &&
                   SSL_CTX_use_certificate(ssl_context, credentials->certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(ssl_context, credentials->private_key) == 1 &&
                   (!credentials->issuers || SSL_CTX_set1_chain(ssl_context, credentials->issuers) == 1)
               ? CURLE_OK
               : CURLE_SSL_CERTPROBLEM;
}

static pc_status set_roots(CURL *curl, const pc_ca_access *access, pc_error *err)
{
    if (!access->cacert) {
        return PC_OK;
    }
    if (eaccess(access->cacert, R_OK) != 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot read \"%s\"",
                             access->cacert);
    }
    PC_TRY(set_text(curl, CURLOPT_CAINFO, access->cacert, err));
    PC_TRY(set_text(curl, CURLOPT_CAPATH, NULL, err)); /* otherwise the system's folder would be trusted as well */
    return PC_OK;
}

static pc_status set_tls(CURL *curl, const pc_ca_access *access, const pc_ca_credentials *credentials, pc_error *err)
{
    PC_TRY(set_number(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2, err));
    PC_TRY(set_number(curl, CURLOPT_SSL_VERIFYPEER, 1L, err));
    PC_TRY(set_number(curl, CURLOPT_SSL_VERIFYHOST, 2L, err));
    PC_TRY(set_roots(curl, access, err));
    if (access->pin_sha256) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *pins = NULL;

        if (!arena) {
            return pc_fail_memory(err);
        }
        PC_TRY(pc_wire_pins(arena, access->pin_sha256, &pins, err));
        PC_TRY(set_text(curl, CURLOPT_PINNEDPUBLICKEY, pins, err));
    }
    if (credentials->certificate) {
        PC_TRY(check_option(pc_curl()->easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, present_certificate),
                            CURLOPT_SSL_CTX_FUNCTION, err));
        PC_TRY(
            check_option(pc_curl()->easy_setopt(curl, CURLOPT_SSL_CTX_DATA, credentials), CURLOPT_SSL_CTX_DATA, err));
    }
    return PC_OK;
}

static pc_status set_password(CURL *curl, const pc_ca_access *access, pc_secret *password, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *text = NULL;
    size_t len = password ? pc_secret_len(password) : 0;

    if (!access->user || !*access->user || !password) {
        return pc_fail(err, PC_E_USAGE, "this login requires a user and a password");
    }
    if (access->login == PC_CA_LOGIN_BASIC && strchr(access->user, ':')) {
        return pc_fail(err, PC_E_USAGE, "with Basic authentication a user name cannot contain a colon (RFC 7617)");
    }
    if (memchr(pc_secret_bytes(password), '\0', len)) {
        return pc_fail(err, PC_E_INPUT, "the password of \"%s\" contains a NUL byte", access->user);
    }
    PC_TRY(pc_secret_new(len + 1, &text, err));
    memcpy(pc_secret_bytes(text), pc_secret_bytes(password), len); /* the byte after it is zero */
    PC_TRY(set_text(curl, CURLOPT_USERNAME, access->user, err));
    PC_TRY(set_text(curl, CURLOPT_PASSWORD, (const char *)pc_secret_bytes(text), err));
    return PC_OK;
}

static pc_status set_login(CURL *curl, const pc_ca_access *access, const pc_ca_credentials *credentials, pc_error *err)
{
    static const unsigned long logins[] = {
        [PC_CA_LOGIN_TICKET] = CURLAUTH_NEGOTIATE, [PC_CA_LOGIN_BASIC] = CURLAUTH_BASIC,
        [PC_CA_LOGIN_NTLM] = CURLAUTH_NTLM,        [PC_CA_LOGIN_NONE] = CURLAUTH_NONE,
        [PC_CA_LOGIN_SECRET] = CURLAUTH_NONE,      [PC_CA_LOGIN_WSSE] = CURLAUTH_NONE,
    };

    PC_TRY(set_number(curl, CURLOPT_HTTPAUTH, (long)logins[access->login], err));
    if (access->login == PC_CA_LOGIN_TICKET) {
        PC_TRY(set_text(curl, CURLOPT_USERNAME, "", err)); /* the ticket names the user */
        PC_TRY(set_text(curl, CURLOPT_PASSWORD, "", err));
        return PC_OK;
    }
    return access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM
               ? set_password(curl, access, credentials->password, err)
               : PC_OK;
}

static pc_status set_proxy(CURL *curl, const pc_ca_access *access, pc_error *err)
{
    if (!access->proxy) {
        return PC_OK;
    }
    const char *scheme_end = strstr(access->proxy, "://");
    const char *user = scheme_end ? scheme_end + 3 : access->proxy;
    const char *host = strrchr(user, '@');

    if (host && memchr(user, ':', (size_t)(host - user))) {
        (void)pc_fail(err, PC_E_USAGE, "the address of the proxy contains a password, which does not belong there");
        return pc_hint(err, PC_E_USAGE, "put the complete address into the environment variable https_proxy instead");
    }
    PC_TRY(set_text(curl, CURLOPT_PROXY, access->proxy, err));
    return PC_OK;
}

static long seconds(unsigned given, unsigned usual)
{
    return (long)(given ? given : usual);
}

static pc_status set_transfer(CURL *curl, const pc_ca_access *access, pc_error *err)
{
    PC_TRY(set_text(curl, CURLOPT_PROTOCOLS_STR, access->insecure_http ? "http,https" : "https", err));
    PC_TRY(set_number(curl, CURLOPT_FOLLOWLOCATION, 0L, err)); /* wire.c follows it after checking the target */
    PC_TRY(set_number(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1, err)); /* NTLM authenticates a connection */
    PC_TRY(set_text(curl, CURLOPT_USERAGENT, AGENT, err));
    PC_TRY(set_number(curl, CURLOPT_CONNECTTIMEOUT, seconds(access->connect_sec, PC_CA_CONNECT_SEC), err));
    PC_TRY(set_number(curl, CURLOPT_LOW_SPEED_LIMIT, 1L, err));
    PC_TRY(set_number(curl, CURLOPT_LOW_SPEED_TIME, seconds(access->stall_sec, PC_CA_STALL_SEC), err));
    return PC_OK;
}

pc_status pc_wire_set_up(CURL *curl, const pc_ca_access *access, const pc_ca_credentials *credentials, pc_error *err)
{
    PC_TRY(set_transfer(curl, access, err));
    PC_TRY(set_tls(curl, access, credentials, err));
    PC_TRY(set_login(curl, access, credentials, err));
    return set_proxy(curl, access, err);
}
