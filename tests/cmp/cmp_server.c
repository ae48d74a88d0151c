/* SPDX-License-Identifier: Apache-2.0 */
#include "cmp_server.h"

#include <arpa/inet.h>
#include <openssl/cmp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "must.h"

#define BODY_MAX    65536
#define MOODS_MAX   16
#define REVOKED_MAX 16
#define PUBLIC_KEY  6 /* its tag in CertTemplate, RFC 4211 section 5: OpenSSL 3.0 has no getter */
#define SERVER_DAYS 365

static struct {
    pid_t server;
    char address[64];
    char approved[512]; /* a waiting request is issued once this file exists */
} place;

/* A CA with one mood: OpenSSL keeps one transaction in each. */
typedef struct {
    char mood[32];
    OSSL_CMP_SRV_CTX *server;
    OSSL_CMP_MSG *waiting; /* the request that waits */
} mood_ca;

static struct {
    EVP_PKEY *key;
    X509 *certificate;
    X509 *root;
    EVP_PKEY *signing_key; /* for signing messages: the CA's own key must not sign these */
    X509 *signing;
    mood_ca moods[MOODS_MAX];
    size_t mood_count;
    long serial;
    uint64_t revoked[REVOKED_MAX];
    size_t revoked_count;
} ca;

/* --- certificates --- */

static EVP_PKEY *key_in(const OSSL_CRMF_CERTTEMPLATE *asked)
{
    unsigned char *der = NULL;
    int len = i2d_OSSL_CRMF_CERTTEMPLATE(asked, &der);
    const unsigned char *cursor = der;
    EVP_PKEY *key = NULL;
    long left = 0;
    int tag = 0;
    int class = 0;

    MUST(len > 0 && (ASN1_get_object(&cursor, &left, &tag, &class, len) & 0x80) == 0);
    for (const unsigned char *end = cursor + left; cursor < end && !key;) {
        const unsigned char *start = cursor;

        MUST((ASN1_get_object(&cursor, &left, &tag, &class, end - cursor) & 0x80) == 0);
        if (class == V_ASN1_CONTEXT_SPECIFIC && tag == PUBLIC_KEY) {
            /* Implicitly tagged: the tag of a SEQUENCE makes it a SubjectPublicKeyInfo. */
            size_t whole = (size_t)(cursor + left - start);
            unsigned char *copy = OPENSSL_memdup(start, whole);
            const unsigned char *read = copy;

            MUST(copy);
            copy[0] = 0x30;
            key = d2i_PUBKEY(NULL, &read, (long)whole);
            OPENSSL_free(copy);
        }
        cursor += left;
    }
    OPENSSL_free(der);
    return key;
}

static void add_extensions(X509 *certificate, const STACK_OF(X509_EXTENSION) *extensions)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        MUST(X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions, i), -1) == 1);
    }
}

static X509 *issue(const X509_NAME *subject, EVP_PKEY *key, const STACK_OF(X509_EXTENSION) *extensions)
{
    X509 *certificate = X509_new();

    MUST(certificate && key && X509_set_version(certificate, 2) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++ca.serial) == 1);
    MUST(X509_set_subject_name(certificate, subject) == 1);
    MUST(X509_set_issuer_name(certificate, X509_get_subject_name(ca.certificate)) == 1);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    MUST(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * SERVER_DAYS));
    MUST(X509_set_pubkey(certificate, key) == 1);
    add_extensions(certificate, extensions);
    MUST(X509_sign(certificate, ca.key, EVP_sha256()) > 0);
    return certificate;
}

static X509 *issue_for(const OSSL_CRMF_MSG *crm, const X509_REQ *p10cr)
{
    if (p10cr) {
        X509_REQ *csr = X509_REQ_dup(p10cr);
        STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(csr);
        X509 *certificate = issue(X509_REQ_get_subject_name(csr), X509_REQ_get0_pubkey(csr), extensions);

        sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
        X509_REQ_free(csr);
        return certificate;
    }
    const OSSL_CRMF_CERTTEMPLATE *asked = OSSL_CRMF_MSG_get0_tmpl(crm);
    EVP_PKEY *key = key_in(asked);
    X509 *certificate =
        issue(OSSL_CRMF_CERTTEMPLATE_get0_subject(asked), key, OSSL_CRMF_CERTTEMPLATE_get0_extensions(asked));

    EVP_PKEY_free(key);
    return certificate;
}

/* --- what OpenSSL asks the CA --- */

static OSSL_CMP_PKISI *rejection(const char *words)
{
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << OSSL_CMP_PKIFAILUREINFO_badCertTemplate, words);
}

static OSSL_CMP_PKISI *take_request(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *request, int id,
                                    const OSSL_CRMF_MSG *crm, const X509_REQ *p10cr, X509 **ret_certificate,
                                    STACK_OF(X509) **ret_chain, STACK_OF(X509) **ret_authorities)
{
    mood_ca *own = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);

    (void)id;
    (void)ret_authorities;
    if (strstr(own->mood, "signed") && p10cr) {
        return rejection("a renewal is a key update");
    }
    if (strcmp(own->mood, "clock") == 0) {
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << OSSL_CMP_PKIFAILUREINFO_badTime, "too late");
    }
    if (strcmp(own->mood, "denied") == 0) {
        return rejection("no certificates for this subject");
    }
    if (strncmp(own->mood, "pending", 7) == 0 && access(place.approved, F_OK) != 0) {
        OSSL_CMP_MSG_free(own->waiting);
        own->waiting = OSSL_CMP_MSG_dup(request);
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_waiting, 0, NULL);
    }
    if (strcmp(own->mood, "stranger") == 0) {
        EVP_PKEY *other = EVP_EC_gen("P-256");

        *ret_certificate = issue(X509_get_subject_name(ca.root), other, NULL);
        EVP_PKEY_free(other);
    } else {
        *ret_certificate = issue_for(crm, p10cr);
    }
    *ret_chain = sk_X509_new_null();
    MUST(*ret_chain && X509_up_ref(ca.certificate) == 1 && sk_X509_push(*ret_chain, ca.certificate) > 0);
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

/* Each certificate once (RFC 4210 section 5.3.9). */
static OSSL_CMP_PKISI *take_revocation(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *request, const X509_NAME *issuer,
                                       const ASN1_INTEGER *serial)
{
    const mood_ca *own = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);
    uint64_t number = 0;

    (void)request;
    if (strcmp(own->mood, "denied") == 0) {
        return rejection("not by this login");
    }
    if (strcmp(own->mood, "pending") == 0) {
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_waiting, 0, NULL);
    }
    if (X509_NAME_cmp(issuer, X509_get_subject_name(ca.certificate)) != 0 ||
        ASN1_INTEGER_get_uint64(&number, serial) != 1 || number > (uint64_t)ca.serial) {
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << OSSL_CMP_PKIFAILUREINFO_badCertId, NULL);
    }
    for (size_t i = 0; i < ca.revoked_count; i++) {
        if (ca.revoked[i] == number) {
            return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << OSSL_CMP_PKIFAILUREINFO_certRevoked,
                                           NULL);
        }
    }
    MUST(ca.revoked_count < REVOKED_MAX);
    ca.revoked[ca.revoked_count++] = number;
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int take_confirmation(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *request, int id,
                             const ASN1_OCTET_STRING *hash, const OSSL_CMP_PKISI *status)
{
    (void)server;
    (void)request;
    (void)id;
    (void)hash;
    (void)status;
    return 1;
}

static int take_poll(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *request, int id, OSSL_CMP_MSG **ret_request,
                     int64_t *ret_after_sec)
{
    mood_ca *own = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);

    (void)request;
    (void)id;
    bool is_approved = access(place.approved, F_OK) == 0;

    *ret_request = is_approved ? own->waiting : NULL;
    own->waiting = is_approved ? NULL : own->waiting;
    *ret_after_sec = is_approved ? 0 : 3600;
    return 1;
}

static int no_log(const char *function, const char *file, int line, OSSL_CMP_severity level, const char *message)
{
    (void)function;
    (void)file;
    (void)line;
    (void)level;
    (void)message;
    return 1;
}

static mood_ca *mood_of(const char *name)
{
    for (size_t i = 0; i < ca.mood_count; i++) {
        if (strcmp(ca.moods[i].mood, name) == 0) {
            return &ca.moods[i];
        }
    }
    MUST(ca.mood_count < MOODS_MAX);
    mood_ca *own = &ca.moods[ca.mood_count++];
    X509_STORE *trusted = X509_STORE_new();

    (void)snprintf(own->mood, sizeof own->mood, "%s", name);
    own->server = OSSL_CMP_SRV_CTX_new(NULL, NULL);
    MUST(own->server && trusted && X509_STORE_add_cert(trusted, ca.root) == 1);
    MUST(X509_STORE_add_cert(trusted, ca.certificate) == 1);
    MUST(OSSL_CMP_SRV_CTX_init(own->server, own, take_request, take_revocation, NULL, NULL, take_confirmation,
                               take_poll) == 1);
    MUST(OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(own->server, strcmp(name, "confirming") != 0) == 1);
    OSSL_CMP_CTX *context = OSSL_CMP_SRV_CTX_get0_cmp_ctx(own->server);

    MUST(OSSL_CMP_CTX_set0_trustedStore(context, trusted) == 1);
    STACK_OF(X509) *chain = sk_X509_new_null();

    MUST(chain && sk_X509_push(chain, ca.certificate) > 0 && OSSL_CMP_CTX_set1_untrusted(context, chain) == 1);
    sk_X509_free(chain);
    MUST(OSSL_CMP_CTX_set1_cert(context, ca.signing) == 1 && OSSL_CMP_CTX_set1_pkey(context, ca.signing_key) == 1);
    MUST(OSSL_CMP_CTX_set_log_cb(context, no_log) == 1);
    if (strstr(name, "signed")) {
        return own; /* with a reference, that would be the senderKID of signed answers too */
    }
    MUST(OSSL_CMP_CTX_set1_referenceValue(context, (const unsigned char *)CMP_REFERENCE, strlen(CMP_REFERENCE)) == 1);
    MUST(OSSL_CMP_CTX_set1_secretValue(context, (const unsigned char *)CMP_SECRET, strlen(CMP_SECRET)) == 1);
    return own;
}

/* --- HTTP --- */

static void say(int client, const char *status, const char *type, const unsigned char *bytes, size_t len)
{
    char head[256];
    int head_len = snprintf(head, sizeof head,
                            "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                            status, type, len);

    if (send(client, head, (size_t)head_len, MSG_NOSIGNAL) == head_len) {
        (void)send(client, bytes, len, MSG_NOSIGNAL);
    }
}

static void answer(int client, const char *mood, const unsigned char *body, size_t len)
{
    OSSL_CMP_MSG *request = d2i_OSSL_CMP_MSG(NULL, &body, (long)len);

    if (!request || strcmp(mood, "broken") == 0) {
        say(client, "200 OK", "text/html", (const unsigned char *)"<html>", 6);
    } else if (strcmp(mood, "busy") == 0) {
        say(client, "503 Service Unavailable", "text/plain", (const unsigned char *)"busy", 4);
    } else {
        OSSL_CMP_MSG *reply = OSSL_CMP_SRV_process_request(mood_of(mood)->server, request);
        unsigned char *der = NULL;
        int der_len = reply ? i2d_OSSL_CMP_MSG(reply, &der) : 0;

        say(client, der_len > 0 ? "200 OK" : "500 Error", "application/pkixcmp", der,
            (size_t)(der_len > 0 ? der_len : 0));
        OPENSSL_free(der);
        OSSL_CMP_MSG_free(reply);
    }
    OSSL_CMP_MSG_free(request);
}

static void serve_client(int client)
{
    static char text[BODY_MAX];
    size_t len = 0;
    size_t wanted = 0;
    char *body = NULL;
    char mood[32] = "";

    while (!wanted || len < wanted) {
        ssize_t got = recv(client, text + len, sizeof text - 1 - len, 0);

        if (got <= 0) {
            return;
        }
        len += (size_t)got;
        text[len] = '\0';
        char *blank = wanted ? NULL : strstr(text, "\r\n\r\n");
        const char *length = strcasestr(text, "content-length:");

        if (blank) {
            body = blank + 4;
            wanted = (size_t)(body - text) + (length ? strtoul(length + strlen("content-length:"), NULL, 10) : 0);
            MUST(wanted < sizeof text);
        }
    }
    if (sscanf(text, "POST /%31[^/]/.well-known/cmp ", mood) == 1 &&
        strcasestr(text, "content-type: application/pkixcmp")) {
        answer(client, mood, (const unsigned char *)body, len - (size_t)(body - text));
    } else {
        say(client, "404 Not Found", "text/plain", NULL, 0);
    }
}

static X509 *certificate_in(const char *folder, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "r");

    MUST(in);
    X509 *certificate = PEM_read_X509(in, NULL, NULL, NULL);

    (void)fclose(in);
    MUST(certificate);
    return certificate;
}

static void prepare(const char *folder)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/issuing.key", folder);
    FILE *in = fopen(path, "r");

    MUST(in);
    ca.key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    (void)fclose(in);
    ca.certificate = certificate_in(folder, "issuing.pem");
    ca.root = certificate_in(folder, "root.pem");
    ca.serial = 0x710000;
    MUST(ca.key);
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    X509V3_CTX empty;

    X509V3_set_ctx(&empty, ca.certificate, ca.certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&empty);
    X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, &empty, NID_key_usage, "critical,digitalSignature");

    MUST(extensions && usage && sk_X509_EXTENSION_push(extensions, usage) > 0);
    ca.signing_key = EVP_EC_gen("P-256");
    X509_NAME *name = X509_NAME_new();

    MUST(name && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"CMP", -1, -1, 0) == 1);
    ca.signing = issue(name, ca.signing_key, extensions);
    X509_NAME_free(name);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

void cmp_server_start(const char *folder)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    MUST(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    MUST(listen(listener, 64) == 0 && getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    (void)snprintf(place.address, sizeof place.address, "http://127.0.0.1:%u", ntohs(address.sin_port));
    (void)snprintf(place.approved, sizeof place.approved, "%s/cmp-approved", folder);
    (void)fflush(NULL);
    place.server = fork();
    MUST(place.server >= 0);
    if (place.server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        prepare(folder);
        for (;;) {
            int client = accept(listener, NULL, NULL);

            if (client >= 0) {
                serve_client(client);
                (void)close(client);
            }
        }
    }
    (void)close(listener);
}

void cmp_server_stop(void)
{
    MUST(place.server > 0 && kill(place.server, SIGKILL) == 0);
    MUST(waitpid(place.server, NULL, 0) == place.server);
    place.server = 0;
}

const char *cmp_server_address(void)
{
    return place.address;
}
