/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/wire_error.h"

#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "enroll/http/curl_calls.h"

static const struct {
    CURLcode code;
    pc_status status;
    const char *sentence;
    const char *hint;
} rows[] = {
    { CURLE_COULDNT_RESOLVE_HOST, PC_E_CA, "the name of the CA's host cannot be resolved",
      "check the address of the CA and the name resolution of this machine" },
    { CURLE_COULDNT_RESOLVE_PROXY, PC_E_CA, "the name of the proxy cannot be resolved",
      "check `proxy`, or https_proxy in the environment" },
    { CURLE_COULDNT_CONNECT, PC_E_CA, "the CA's host does not accept the connection",
      "check host and port of the address, firewalls, and whether a proxy is needed" },
    { CURLE_OPERATION_TIMEDOUT, PC_E_CA, "the CA did not answer in time", "try again later, or allow more time" },
    { CURLE_PEER_FAILED_VERIFICATION, PC_E_CA,
      "the server's TLS certificate is not valid for it; nothing was sent to it",
      "if the certificate of the CA's web server comes from its own CA, give that CA's root with `cacert`; use the "
      "host name that the certificate names" },
    { CURLE_SSL_PINNEDPUBKEYNOTMATCH, PC_E_CA, "the server's TLS key is not the pinned one; nothing was sent to it",
      "find out whether the server has a new certificate or somebody intercepts the connection; only then change "
      "`pin_sha256`" },
    { CURLE_SSL_CONNECT_ERROR, PC_E_CA, "a TLS connection to the server cannot be set up",
      "TLS 1.2 is the minimum; the server may require a client certificate" },
    { CURLE_SSL_CACERT_BADFILE, PC_E_INPUT, "the file of trusted roots contains no PEM certificate", "check `cacert`" },
    { CURLE_SSL_CERTPROBLEM, PC_E_CRYPTO, "the client certificate and its key cannot be used together",
      "the certificate must be the one that belongs to the key" },
    { CURLE_GOT_NOTHING, PC_E_CA, "the server closed the connection without an answer",
      "try again; if that fails, check the server" },
    { CURLE_PARTIAL_FILE, PC_E_CA, "the answer was cut short",
      "try again; if that fails, check the server and any proxy on the way to it" },
    { CURLE_RECV_ERROR, PC_E_CA, "the connection was lost",
      "the server may require a client certificate; otherwise try again" },
    { CURLE_SEND_ERROR, PC_E_CA, "the connection was lost",
      "the server may require a client certificate; otherwise try again" },
    { CURLE_WEIRD_SERVER_REPLY, PC_E_CA, "the server does not speak HTTP", "check the port of the address" },
    { CURLE_UNSUPPORTED_PROTOCOL, PC_E_CA, "the server does not speak HTTP", "check the port of the address" },
#if LIBCURL_VERSION_NUM >= 0x080600
    { CURLE_TOO_LARGE, PC_E_CA, "the server sends more than a CA's pages and certificates need", NULL },
#endif
    { CURLE_OUT_OF_MEMORY, PC_E_MEMORY, "out of memory", NULL },
};

/* A wrong clock here is as likely as an old certificate there. */
static pc_status hint_clock(pc_error *err)
{
    char now[PC_TIME_TEXT] = "";

    (void)pc_text_time((int64_t)time(NULL), now);
    return pc_hint(
        err, PC_E_CA,
        "the clock of this machine says %s: if that is wrong, correct it (timedatectl); otherwise the server "
        "needs another certificate",
        now);
}

/* RFC 8446 section 6.2, alert 116. The handshake fails, so that the server has not read the request. */
static pc_status fail_without_certificate(const pc_wire_failure *failure, pc_error *err)
{
    (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_CURL, (unsigned long)failure->code,
                       "\"%s\": the server requires a client certificate, and got none; it has not read the request",
                       failure->url);
    return pc_hint(err, PC_E_CA, "log in with a key whose certificate the server accepts: `client_key`");
}

pc_status pc_wire_fail(pc_error *err, const pc_wire_failure *failure)
{
    const CURLcode code = failure->code;
    pc_status status = PC_E_CA;
    const char *sentence = "the page cannot be fetched";
    const char *hint = NULL;

    if (failure->wants_a_certificate) {
        return fail_without_certificate(failure, err);
    }
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (rows[i].code == code) {
            status = rows[i].status;
            sentence = rows[i].sentence;
            hint = rows[i].hint;
        }
    }
    (void)pc_fail_code(err, status, PC_ORIGIN_CURL, (unsigned long)code, "\"%s\": %s (libcurl %d: \"%s\")",
                       failure->url, sentence, (int)code,
                       *failure->detail ? failure->detail : pc_curl()->easy_strerror(code));
    if (failure->is_out_of_time) {
        return hint_clock(err);
    }
    return hint ? pc_hint(err, status, "%s", hint) : status;
}

/* RFC 4120 section 8.2 recommends five minutes, which all implementations have as their default. */
#define SKEW_MAX_SEC 300

static bool is_skewed(const pc_wire_refusal *refusal)
{
    return refusal->ahead_sec > SKEW_MAX_SEC || refusal->ahead_sec < -SKEW_MAX_SEC;
}

static pc_status hint_skew(const pc_wire_refusal *refusal, pc_error *err)
{
    const long long minutes = (refusal->ahead_sec < 0 ? -refusal->ahead_sec : refusal->ahead_sec) / 60;

    return pc_hint(err, PC_E_AUTH,
                   "the clock of this machine is %lld minutes %s that of the server, and Kerberos allows five: correct "
                   "the one that is wrong (timedatectl)",
                   minutes, refusal->ahead_sec < 0 ? "ahead of" : "behind");
}

/* Why a server refuses a ticket that was sent to it, as far as this machine can know. */
static pc_status hint_ticket(const pc_wire_refusal *refusal, pc_error *err)
{
    const pc_login_trouble *login = refusal->login;

    if (is_skewed(refusal)) {
        return hint_skew(refusal, err);
    }
    if (*login->hint) {
        return pc_hint(err, PC_E_AUTH, "%s", login->hint);
    }
    return pc_hint(err, PC_E_AUTH,
                   "the account may not use these pages, or the server requires extended protection and something on "
                   "the way to it, such as a proxy that inspects TLS, presents another certificate than its own%s%s",
                   *login->certificate ? ": compare the server's with the one received, whose SHA-256 is " : "",
                   login->certificate);
}

static pc_status fail_ticket(const pc_wire_refusal *refusal, pc_error *err)
{
    const pc_login_trouble *login = refusal->login;
    const char *says = *login->failed    ? ": no ticket could be presented: "
                       : *login->refused ? "; a Kerberos ticket was not accepted: "
                                         : "; a Kerberos ticket was not accepted";

    (void)pc_fail_code(err, PC_E_AUTH, PC_ORIGIN_HTTP, 401, "\"%s\" refuses the login (HTTP 401)%s%s%s", refusal->url,
                       says, login->failed, login->refused);
    return *login->failed && !*login->hint
               ? pc_hint(err, PC_E_AUTH,
                         "get a ticket with kinit and check with klist that it is for the CA's realm, or choose "
                         "another login")
               : hint_ticket(refusal, err);
}

static bool is_by_password(const pc_ca_access *access)
{
    return access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM || access->login == PC_CA_LOGIN_WSSE;
}

/* The server may not have asked for it: then it was not presented. */
static pc_status fail_certificate(const pc_wire_refusal *refusal, pc_error *err)
{
    const pc_login_trouble *login = refusal->login;
    const bool has_ticket = refusal->access->login == PC_CA_LOGIN_TICKET && !*login->failed;

    (void)pc_fail_code(err, PC_E_AUTH, PC_ORIGIN_HTTP, 401,
                       "\"%s\" refuses the login (HTTP 401), or has not asked for the client certificate%s",
                       refusal->url, has_ticket ? "; a Kerberos ticket was not accepted either" : "");
    return is_skewed(refusal) && has_ticket
               ? hint_skew(refusal, err)
               : pc_hint(err, PC_E_AUTH,
                         "ask the CA's administrator at which address a certificate can log in, and whether this one "
                         "may; `auth` basic logs in with a password");
}

static pc_status fail_login(const pc_wire_refusal *refusal, pc_error *err)
{
    const char *url = refusal->url;

    if (refusal->access->client_key && !is_by_password(refusal->access)) {
        return fail_certificate(refusal, err);
    }
    switch (refusal->access->login) {
    case PC_CA_LOGIN_TICKET:
        return fail_ticket(refusal, err);
    case PC_CA_LOGIN_NONE:
    case PC_CA_LOGIN_SECRET:
        (void)pc_fail_code(err, PC_E_AUTH, PC_ORIGIN_HTTP, 401,
                           "\"%s\" requires a login (HTTP 401), and none was chosen", url);
        return pc_hint(err, PC_E_AUTH, "log in with a Kerberos ticket, a client certificate or a password");
    case PC_CA_LOGIN_BASIC:
    case PC_CA_LOGIN_NTLM:
    default:
        (void)pc_fail_code(err, PC_E_AUTH, PC_ORIGIN_HTTP, 401, "\"%s\" refuses the password of \"%s\" (HTTP 401)", url,
                           refusal->access->user);
        return pc_hint(err, PC_E_AUTH,
                       "one attempt was made, and the directory may count it; check user (DOMAIN\\user "
                       "or user@domain) and password, and that the server offers this kind of login");
    }
}

/* Known from users of these services (KB5005413 has the two settings). Part of the sentence, because a lost submission
 * has another hint. */
static pc_status fail_empty(const char *url, pc_error *err)
{
    (void)
        pc_fail_code(err, PC_E_CA, PC_ORIGIN_HTTP, 500,
                     "\"%s\" reports an internal error without a reason (HTTP 500), as IIS does if Extended Protection "
                     "is set differently in it and in web.config",
                     url);
    return pc_hint(err, PC_E_CA, "ask the CA's administrator to compare the two; the server's log has the details");
}

pc_status pc_wire_fail_status(pc_error *err, const pc_wire_refusal *refusal)
{
    static const struct {
        long low;
        long high;
        const char *says;
        const char *hint;
    } statuses[] = {
        { 403, 403, "denies access to this page",
          "the account lacks the permission, or the server requires a client certificate" },
        { 404, 404, "has no such page",
          "check the address: its path depends on the protocol and on the CA; web enrolment of AD CS is usually at "
          "https://HOST/certsrv, and must be installed" },
        { 407, 407, "is behind a proxy that requires a login",
          "put user and password of the proxy into the environment variable https_proxy" },
        { 500, 599, "reports an internal error", "try again later; the server's log has the details" },
    };

    const char *url = refusal->url;
    long http_status = refusal->status;

    if (http_status == 401) {
        return fail_login(refusal, err);
    }
    if (http_status == 500 && refusal->is_empty_of_iis) {
        return fail_empty(url, err);
    }
    for (size_t i = 0; i < PC_COUNT(statuses); i++) {
        if (http_status >= statuses[i].low && http_status <= statuses[i].high) {
            (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_HTTP, (unsigned long)http_status, "\"%s\" %s (HTTP %ld)", url,
                               statuses[i].says, http_status);
            return pc_hint(err, PC_E_CA, "%s", statuses[i].hint);
        }
    }
    return pc_fail_code(err, PC_E_CA, PC_ORIGIN_HTTP, (unsigned long)http_status,
                        "\"%s\" answers with HTTP status %ld instead of 200", url, http_status);
}
