/* SPDX-License-Identifier: Apache-2.0 */
/* A login that requires Extended Protection, as a CGI program in front of another: bound-NAME runs NAME in the same
 * folder for a Kerberos ticket that is bound to the server's certificate, and answers 401 to everything else. What
 * each request brought is a line of $ADCS_DIR/requests/bindings (README.md). */
#include <gssapi/gssapi_ext.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "tls-server-end-point:"

static void note(const char *words)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/requests/bindings", getenv("ADCS_DIR"));
    FILE *file = fopen(path, "ae");

    if (file) {
        (void)fprintf(file, "%s\n", words);
        (void)fclose(file);
    }
}

static int refuse(const char *words)
{
    note(words);
    (void)printf("Status: 401\r\nWWW-Authenticate: Negotiate\r\nContent-Type: text/plain\r\n\r\nno\n");
    return 0;
}

/* The certificates here are signed with SHA-256. */
static size_t read_binding(unsigned char binding[static sizeof PREFIX - 1 + EVP_MAX_MD_SIZE])
{
    const char *pem = getenv("SSL_SERVER_CERT");
    BIO *bio = BIO_new_mem_buf(pem ? pem : "", -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    unsigned len = 0;

    memcpy(binding, PREFIX, sizeof PREFIX - 1);
    if (!certificate || X509_digest(certificate, EVP_sha256(), binding + sizeof PREFIX - 1, &len) != 1) {
        exit(1);
    }
    X509_free(certificate);
    BIO_free(bio);
    return sizeof PREFIX - 1 + len;
}

/* The token that HTTP_AUTHORIZATION has; its length is 0 if it has none. */
static gss_buffer_desc read_token(void)
{
    static const char scheme[] = "Negotiate ";
    const char *header = getenv("HTTP_AUTHORIZATION");
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;

    if (header && strncmp(header, scheme, strlen(scheme)) == 0) {
        const char *text = header + strlen(scheme);
        size_t len = strlen(text);
        size_t padding = len - strcspn(text, "=");

        token.value = malloc(len);
        int decoded = token.value ? EVP_DecodeBlock(token.value, (const unsigned char *)text, (int)len) : 0;

        token.length = decoded > (int)padding ? (size_t)decoded - padding : 0;
    }
    return token;
}

static void print_answer(const gss_buffer_desc *token)
{
    unsigned char *text = malloc(4 * ((token->length + 2) / 3) + 1);

    if (text && token->length > 0) {
        (void)EVP_EncodeBlock(text, token->value, (int)token->length);
        (void)printf("WWW-Authenticate: Negotiate %s\r\n", text);
    }
    free(text);
}

static int run(const char *self, const gss_buffer_desc *user)
{
    char program[4096];
    char name[256];
    const char *slash = strrchr(self, '/');
    const char *dash = strstr(slash ? slash : self, "bound-");

    (void)snprintf(program, sizeof program, "%.*s%s", dash ? (int)(dash - self) : 0, self, dash ? dash + 6 : "");
    (void)snprintf(name, sizeof name, "%.*s", (int)user->length, (const char *)user->value);
    (void)setenv("REMOTE_USER", name, 1);
    (void)setenv("AUTH_TYPE", "Negotiate", 1);
    (void)unsetenv("HTTP_AUTHORIZATION");
    (void)fflush(stdout);
    (void)execl(program, program, (char *)NULL);
    return 1;
}

/** What a login has brought; released by release_login. */
typedef struct {
    gss_buffer_desc token;
    gss_buffer_desc answer;
    gss_buffer_desc user;
    gss_ctx_id_t context;
    gss_name_t name;
} login;

/* Why the login is refused; NULL if it is not. */
static const char *judge(login *ret_login)
{
    unsigned char binding[sizeof PREFIX - 1 + EVP_MAX_MD_SIZE];
    struct gss_channel_bindings_struct expected = {
        .application_data = { .length = read_binding(binding), .value = binding },
    };
    OM_uint32 minor = 0;
    OM_uint32 flags = 0;

    ret_login->token = read_token();
    if (ret_login->token.length == 0) {
        return "no token";
    }
    OM_uint32 major = gss_accept_sec_context(&minor, &ret_login->context, GSS_C_NO_CREDENTIAL, &ret_login->token,
                                             &expected, &ret_login->name, NULL, &ret_login->answer, &flags, NULL, NULL);

    if (major != GSS_S_COMPLETE) {
        return GSS_ROUTINE_ERROR(major) == GSS_S_BAD_BINDINGS ? "bound to another certificate" : "not accepted";
    }
    return flags & GSS_C_CHANNEL_BOUND_FLAG ? NULL : "not bound";
}

static void release_login(login *done)
{
    OM_uint32 minor = 0;

    free(done->token.value);
    (void)gss_release_buffer(&minor, &done->answer);
    (void)gss_release_buffer(&minor, &done->user);
    (void)gss_delete_sec_context(&minor, &done->context, GSS_C_NO_BUFFER);
    (void)gss_release_name(&minor, &done->name);
}

int main(int argc, char **argv)
{
    login given = { .token = GSS_C_EMPTY_BUFFER, .answer = GSS_C_EMPTY_BUFFER, .user = GSS_C_EMPTY_BUFFER };
    const char *reason = argc < 1 ? "no program" : judge(&given);
    OM_uint32 minor = 0;
    int code = 1;

    if (reason) {
        code = refuse(reason);
    } else {
        note("bound");
        print_answer(&given.answer);
        if (gss_display_name(&minor, given.name, &given.user, NULL) == GSS_S_COMPLETE) {
            code = run(argv[0], &given.user);
        }
    }
    release_login(&given);
    return code;
}
