/* SPDX-License-Identifier: Apache-2.0 */
#include "mini_ca.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "must.h"
#include "rendered.h"
#include "scene.h"

#define NUMBER "REQUESTNUMBER" /* replaces it in a page */

static struct {
    pid_t server;
    char issuing[64];
    char pending[64];
} place;

/* The state of the server process. */
static struct {
    char *issued_page;
    char *pending_page;
    EVP_PKEY *key;
    X509 *root;
    X509 *issued[65536];
    unsigned long count;
} ca;

typedef struct {
    char head[65536];
    const char *body;
    const char *target;
} request;

typedef struct {
    const char *type;
    unsigned char *bytes;
    size_t len;
} answer;

/* --- certificates --- */

static X509 *issue(X509_REQ *from)
{
    X509 *certificate = X509_new();
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(from);

    MUST(certificate && X509_set_version(certificate, 2) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)(ca.count + 0x10000)) == 1);
    MUST(X509_set_subject_name(certificate, X509_REQ_get_subject_name(from)) == 1);
    MUST(X509_set_issuer_name(certificate, X509_get_subject_name(ca.root)) == 1);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -600));
    MUST(X509_gmtime_adj(X509_getm_notAfter(certificate), 864000));
    MUST(X509_set_pubkey(certificate, X509_REQ_get0_pubkey(from)) == 1);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        MUST(X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions, i), -1) == 1);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    MUST(X509_sign(certificate, ca.key, EVP_sha256()) > 0);
    return certificate;
}

static answer file_of(X509 *certificate)
{
    answer file = { .type = "application/pkix-cert" };
    int len = i2d_X509(certificate, &file.bytes);

    MUST(len > 0);
    file.len = (size_t)len;
    return file;
}

static answer chain_of(X509 *certificate)
{
    PKCS7 *bag = PKCS7_new();
    answer file = { .type = "application/x-pkcs7-certificates" };

    MUST(bag && PKCS7_set_type(bag, NID_pkcs7_signed) == 1 && PKCS7_content_new(bag, NID_pkcs7_data) == 1);
    MUST(PKCS7_add_certificate(bag, certificate) == 1 && PKCS7_add_certificate(bag, ca.root) == 1);
    int len = i2d_PKCS7(bag, &file.bytes);

    MUST(len > 0);
    file.len = (size_t)len;
    PKCS7_free(bag);
    return file;
}

/* --- forms and pages --- */

static int digit(char hex)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = strchr(digits, hex >= 'a' ? hex - 32 : hex);

    MUST(hex && found);
    return (int)(found - digits);
}

/* A field of the form, decoded; owned by the caller. */
static char *field(const char *form, const char *name)
{
    char *value = calloc(1, strlen(form) + 1);
    const char *from = form;
    size_t len = 0;

    MUST(value);
    while (from && (strncmp(from, name, strlen(name)) != 0 || from[strlen(name)] != '=')) {
        from = strchr(from, '&');
        from = from ? from + 1 : NULL;
    }
    for (from = from ? from + strlen(name) + 1 : ""; *from && *from != '&'; from++) {
        bool encoded = *from == '%';

        value[len++] = encoded ? (char)(digit(from[1]) * 16 + digit(from[2])) : *from;
        from += encoded ? 2 : 0;
    }
    return value;
}

/* PEM or bare base64. */
static X509_REQ *read_request(char *text)
{
    static unsigned char der[16384];
    const unsigned char *place_in = der;
    EVP_ENCODE_CTX *decoder = EVP_ENCODE_CTX_new();
    char *begin = strstr(text, "-----BEGIN");
    int len = 0;
    int rest = 0;

    begin = begin ? strchr(begin, '\n') + 1 : text;
    char *end = strstr(begin, "-----END");

    MUST(decoder && strlen(begin) < sizeof der);
    EVP_DecodeInit(decoder);
    MUST(EVP_DecodeUpdate(decoder, der, &len, (unsigned char *)begin,
                          (int)(end ? (size_t)(end - begin) : strlen(begin))) >= 0);
    MUST(EVP_DecodeFinal(decoder, der + len, &rest) == 1);
    EVP_ENCODE_CTX_free(decoder);
    return d2i_X509_REQ(NULL, &place_in, len + rest);
}

static answer page_with(const char *page, unsigned long number)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    MUST(out);
    for (const char *found; (found = strstr(page, NUMBER)); page = found + strlen(NUMBER)) {
        (void)fprintf(out, "%.*s%lu", (int)(found - page), page, number);
    }
    MUST(fputs(page, out) >= 0 && fclose(out) == 0);
    return (answer){ .type = "text/html; charset=utf-8", .bytes = (unsigned char *)text, .len = len };
}

static answer take_request(const request *from)
{
    char *text = field(from->body, "CertRequest");
    X509_REQ *asked = read_request(text);

    free(text);
    MUST(asked && ca.count + 1 < sizeof ca.issued / sizeof *ca.issued);
    ca.issued[++ca.count] = issue(asked);
    X509_REQ_free(asked);
    return page_with(strncmp(from->target, "/pending/", 9) == 0 ? ca.pending_page : ca.issued_page, ca.count);
}

static answer take_form(const request *from)
{
    char *mode = field(from->body, "Mode");
    bool is_new = strcmp(mode, "newreq") == 0;

    free(mode);
    if (is_new) {
        return take_request(from);
    }
    char *number = field(from->body, "ReqID");
    answer page = page_with(ca.issued_page, strtoul(number, NULL, 10));

    free(number);
    return page;
}

static answer give_file(const request *from)
{
    const char *number = strstr(from->target, "ReqID=");
    unsigned long id = number ? strtoul(number + strlen("ReqID="), NULL, 10) : 0;
    X509 *certificate = id > 0 && id <= ca.count ? ca.issued[id] : ca.root;

    return strstr(from->target, "certnew.p7b") ? chain_of(certificate) : file_of(certificate);
}

static answer answer_to(const request *from)
{
    if (strstr(from->target, "certfnsh.asp")) {
        return take_form(from);
    }
    if (strstr(from->target, "certcarc.asp")) {
        return page_with("<Html><Script>\n\tvar nRenewals=0;\n</Script></Html>", 0);
    }
    return give_file(from);
}

/* --- HTTP --- */

/* One complete request; false if the client disconnected. */
static bool receive(int client, request *ret_request)
{
    size_t len = 0;
    size_t wanted = 0;

    while (!wanted || len < wanted) {
        ssize_t got = recv(client, ret_request->head + len, sizeof ret_request->head - 1 - len, 0);

        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        ret_request->head[len] = '\0';
        const char *blank = strstr(ret_request->head, "\r\n\r\n");
        const char *length = strcasestr(ret_request->head, "content-length:");

        if (blank) {
            ret_request->body = blank + 4;
            wanted = (size_t)(ret_request->body - ret_request->head) +
                     (length ? strtoul(length + strlen("content-length:"), NULL, 10) : 0);
        }
    }
    ret_request->target = strchr(ret_request->head, ' ') + 1;
    return true;
}

static void reply(int client, const answer *with)
{
    char head[256];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                       with->type, with->len);

    if (send(client, head, (size_t)len, MSG_NOSIGNAL) == len) {
        (void)send(client, with->bytes, with->len, MSG_NOSIGNAL);
    }
}

/* "Expect: 100-continue" is not sent for forms of this size. */
static void serve(int listener)
{
    static request from;

    for (;;) {
        int client = accept(listener, NULL, NULL);

        if (client >= 0 && receive(client, &from)) {
            answer with = answer_to(&from);

            reply(client, &with);
            OPENSSL_free(with.bytes);
        }
        (void)close(client);
    }
}

static int listen_anywhere(unsigned *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    MUST(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    MUST(listen(listener, 64) == 0 && getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static void prepare_ca(void)
{
    pc_arena *arena = pc_arena_new();

    MUST(arena);
    ca.issued_page = strdup(page_rendered(arena, "en", "", "issued", "id=" NUMBER " mode=newreq"));
    ca.pending_page = strdup(page_rendered(arena, "en", "", "pending", "id=" NUMBER " mode=newreq kind=standalone"));
    pc_arena_free(arena);
    ca.key = EVP_EC_gen("P-256");
    ca.root = scene_certificate("Mini CA", ca.key, "Mini CA", ca.key, true);
    MUST(ca.issued_page && ca.pending_page && ca.key && strstr(ca.issued_page, NUMBER));
}

void mini_ca_start(void)
{
    unsigned port = 0;
    int listener = listen_anywhere(&port);

    (void)snprintf(place.issuing, sizeof place.issuing, "http://127.0.0.1:%u/issue/certsrv", port);
    (void)snprintf(place.pending, sizeof place.pending, "http://127.0.0.1:%u/pending/certsrv", port);
    (void)fflush(NULL);
    place.server = fork();
    MUST(place.server >= 0);
    if (place.server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        prepare_ca();
        serve(listener);
    }
    (void)close(listener);
}

void mini_ca_stop(void)
{
    MUST(place.server > 0 && kill(place.server, SIGKILL) == 0);
    MUST(waitpid(place.server, NULL, 0) == place.server);
    place.server = 0;
}

const char *mini_ca_issuing(void)
{
    return place.issuing;
}

const char *mini_ca_pending(void)
{
    return place.pending;
}
