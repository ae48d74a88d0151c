/* SPDX-License-Identifier: Apache-2.0 */
#include "flows.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <p11cert/accept.h>
#include <p11cert/export.h>
#include <p11cert/import.h>
#include <p11cert/issue.h>
#include <p11cert/repair.h>

#include "judge.h"
#include "must.h"

#define OUT "out/result.pem"

/* --- what the flows start from, made by OpenSSL and bare PKCS#11 calls --- */

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    MUST(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void name_it(X509_NAME *name, const char *common_name)
{
    union {
        const char *text;
        const unsigned char *bytes;
    } value = { .text = common_name };

    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, value.bytes, -1, -1, 0) == 1);
}

static X509 *make_certificate(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key, bool is_ca)
{
    X509 *certificate = X509_new();

    MUST(certificate && X509_set_version(certificate, 2) == 1 && X509_set_pubkey(certificate, key) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)strlen(subject) + 1000) == 1);
    name_it(X509_get_subject_name(certificate), subject);
    name_it(X509_get_issuer_name(certificate), issuer);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -600));
    MUST(X509_gmtime_adj(X509_getm_notAfter(certificate), 864000));
    if (is_ca) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    MUST(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return certificate;
}

static void write_certificate(const token_store *store, const char *name, X509 *certificate)
{
    char path[128];
    FILE *file = fopen(token_store_path(store, name, path), "we");

    MUST(file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
}

static void write_request(const token_store *store, const char *name)
{
    char path[128];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *request = X509_REQ_new();
    FILE *file = fopen(token_store_path(store, name, path), "we");

    MUST(key && request && file && X509_REQ_set_pubkey(request, key) == 1);
    name_it(X509_REQ_get_subject_name(request), "client.contoso.com");
    MUST(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    MUST(PEM_write_X509_REQ(file, request) == 1 && fclose(file) == 0);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

static size_t to_der(const X509 *certificate, unsigned char out[static 2048])
{
    int len = i2d_X509(certificate, NULL);

    MUST(len > 0 && len <= 2048);
    return (size_t)i2d_X509(certificate, &out);
}

static void prepare_empty(const token_store *store)
{
    token_store_add_token(store, "t");
}

static void prepare_key(const token_store *store)
{
    raw_token raw;

    token_store_add_token(store, "t");
    raw_open("t", &raw);
    raw_generate_many(&raw, "other", NULL, 2);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "server", .id = "server-id" }, NULL);
    raw_close(&raw);
}

/* A certificate for the key "server" by a root that is a file, as from any CA. */
static void prepare_accept(const token_store *store)
{
    raw_token raw;
    EVP_PKEY *root_key = EVP_EC_gen("P-256");

    prepare_key(store);
    raw_open("t", &raw);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"));
    X509 *root = make_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = make_certificate("server.contoso.com", key, "Root", root_key, false);

    write_certificate(store, "root.pem", root);
    write_certificate(store, "leaf.pem", leaf);
    raw_close(&raw);
    X509_free(leaf);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
}

/* A CA whose key "ca" and certificate are on the token, and a request. */
static void prepare_issue(const token_store *store)
{
    raw_token raw;
    unsigned char der[2048];
    EVP_PKEY *root_key = EVP_EC_gen("P-256");

    token_store_add_token(store, "t");
    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "ca", .id = "ca-id" }, NULL);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "ca"));
    X509 *certificate = make_certificate("Issuing CA", key, "Root", root_key, true);

    raw_write_certificate(&raw, "ca", "ca-id", (pc_bytes){ der, to_der(certificate, der) });
    raw_close(&raw);
    write_request(store, "request.pem");
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
}

#define PFX_PASSWORD "correct horse Battery 9 staple"

/* An exportable key with its certificate and root, all on the token. */
static void prepare_export(const token_store *store)
{
    raw_token raw;
    unsigned char der[2048];
    EVP_PKEY *root_key = EVP_EC_gen("P-256");

    token_store_add_token(store, "t");
    token_store_write(store, "password", PFX_PASSWORD "\n", sizeof PFX_PASSWORD);
    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "server", .id = "server-id", .extractable = true }, NULL);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"));
    X509 *root = make_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = make_certificate("server.contoso.com", key, "Root", root_key, false);

    raw_write_certificate(&raw, "root", "root-id", (pc_bytes){ der, to_der(root, der) });
    raw_write_certificate(&raw, "server", "server-id", (pc_bytes){ der, to_der(leaf, der) });
    raw_close(&raw);
    X509_free(leaf);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
}

/* A PFX by OpenSSL, of a key that was never on a token. */
static void prepare_import(const token_store *store)
{
    char path[128];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *root_key = EVP_EC_gen("P-256");
    X509 *root = make_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = make_certificate("server.contoso.com", key, "Root", root_key, false);
    STACK_OF(X509) *issuers = sk_X509_new_null();

    token_store_add_token(store, "t");
    token_store_write(store, "password", PFX_PASSWORD "\n", sizeof PFX_PASSWORD);
    write_certificate(store, "leaf.pem", leaf);
    write_certificate(store, "root.pem", root);
    MUST(sk_X509_push(issuers, root) > 0);
    PKCS12 *pfx = PKCS12_create(PFX_PASSWORD, "server", key, leaf, issuers, NID_aes_256_cbc, NID_aes_256_cbc, 9, 9, 0);
    FILE *file = fopen(token_store_path(store, "in.pfx", path), "we");

    MUST(pfx && file && i2d_PKCS12_fp(file, pfx) == 1 && fclose(file) == 0);
    PKCS12_free(pfx);
    sk_X509_free(issuers);
    X509_free(leaf);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
}

/* Key "server": its public key has another id, its certificate none; key "half" has no public key, but a certificate.
 */
static void prepare_repair(const token_store *store)
{
    raw_token raw;
    unsigned char der[2048];
    CK_OBJECT_HANDLE half = 0;
    EVP_PKEY *issuer = EVP_EC_gen("P-256");

    token_store_add_token(store, "t");
    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "server", .id = "server-id" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "half", .id = "half-id" }, &half);
    EVP_PKEY *server_key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"));
    EVP_PKEY *half_key = judge_public_key(&raw, half);
    X509 *first = make_certificate("server.contoso.com", server_key, "Root", issuer, false);
    X509 *second = make_certificate("half.contoso.com", half_key, "Root", issuer, false);

    raw_write_certificate(&raw, "server", "", (pc_bytes){ der, to_der(first, der) });
    raw_write_certificate(&raw, "half", "server-id", (pc_bytes){ der, to_der(second, der) });
    write_certificate(store, "first.pem", first);
    write_certificate(store, "second.pem", second);
    raw_write(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"), CKA_ID, "lost", 4);
    raw_destroy(&raw, half);
    raw_close(&raw);
    X509_free(first);
    X509_free(second);
    EVP_PKEY_free(server_key);
    EVP_PKEY_free(half_key);
    EVP_PKEY_free(issuer);
}

/* --- the runs --- */

static const char *out_path(const token_store *store, char path[static 128])
{
    char folder[128];

    (void)mkdir(token_store_path(store, "out", folder), 0700);
    return token_store_path(store, OUT, path);
}

static pc_status run_new_make(const token_store *reference, const token_store *store, const char *module, bool again,
                              pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_new_order order = {
        .subject = "CN=server", .key_type = "ec-p256", .out = out_path(store, path), .force = again
    };

    (void)reference;
    return run_new(&order, &access, NULL, err);
}

static void prepare_go_on(const token_store *store)
{
    char path[128];
    pc_error err = { 0 };

    token_store_add_token(store, "t");
    MUST(run_new_make(NULL, store, SOFTHSM_MODULE, false, &err) == PC_OK);
    MUST(unlink(out_path(store, path)) == 0);
}

static pc_status run_new_key(const token_store *reference, const token_store *store, const char *module, bool again,
                             pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_new_order order = {
        .subject = "CN=server", .key = "server", .out = out_path(store, path), .force = again
    };

    (void)reference;
    return run_new(&order, &access, NULL, err);
}

static pc_status run_accept(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    char leaf[128];
    char root[128];
    const char *const chains[] = { token_store_path(reference, "root.pem", root) };
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_accept_order order = { .certificate = token_store_path(reference, "leaf.pem", leaf),
                                    .chains = chains,
                                    .chain_count = 1 };
    pc_accept_result *result = NULL;
    pc_status status = pc_accept_run(&order, &access, &result, err);

    (void)again;
    pc_accept_result_free(result);
    return status;
}

static pc_status run_issue(const token_store *reference, const token_store *store, const char *module, bool again,
                           pc_error *err)
{
    char path[128];
    char request[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_issue_order order = { .csr = token_store_path(reference, "request.pem", request),
                                   .ca = "ca",
                                   .days = 5,
                                   .out = out_path(store, path),
                                   .force = again };
    pc_issue_result *result = NULL;
    pc_status status = pc_issue_run(&order, &access, &result, err);

    pc_issue_result_free(result);
    return status;
}

/* The CA's own key is labelled as the others are here, so that the same judges do. */
static pc_status run_self_signed(const token_store *reference, const token_store *store, const char *module, bool again,
                                 pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_issue_order order = { .self_signed = true,
                                   .subject = "CN=server",
                                   .key_type = "ec-p256",
                                   .days = 5,
                                   .out = out_path(store, path),
                                   .force = again };
    pc_issue_result *result = NULL;
    pc_status status = pc_issue_run(&order, &access, &result, err);

    (void)reference;
    pc_issue_result_free(result);
    return status;
}

static const char *password_source(const token_store *reference, char source[static 160])
{
    char path[128];

    (void)snprintf(source, 160, "file:%s", token_store_path(reference, "password", path));
    return source;
}

static pc_status run_export(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    char path[128];
    char source[160];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_export_order order = { .key = "server",
                                    .out = out_path(store, path),
                                    .rounds = 10000,
                                    .force = again,
                                    .password_source = password_source(reference, source) };
    pc_export_result *result = NULL;
    pc_status status = pc_export_run(&order, &access, &result, err);

    pc_export_result_free(result);
    return status;
}

static pc_status run_import(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    char path[128];
    char source[160];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_import_order order = { .file = token_store_path(reference, "in.pfx", path),
                                    .password_source = password_source(reference, source) };
    pc_import_result *result = NULL;
    pc_status status = pc_import_run(&order, &access, &result, err);

    (void)again;
    pc_import_result_free(result);
    return status;
}

static pc_status run_repair(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_repair_order order = { .apply = true };
    pc_repair_result *result = NULL;
    pc_status status = pc_repair_run(&order, &access, &result, err);

    (void)reference;
    (void)again;
    if (status == PC_OK && result->counts[PC_REPAIR_REFUSED]) {
        status = pc_fail(err, PC_E_REFUSED, "something was refused");
    }
    pc_repair_result_free(result);
    return status;
}

/* --- the states that may be left behind --- */

static unsigned count_files(const token_store *store)
{
    char path[128];
    unsigned count = 0;
    DIR *folder = opendir(token_store_path(store, "out", path));

    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        count += entry->d_type == DT_REG;
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

/* What every flow that writes a file keeps to, before the file is looked at. */
static const char *judge_presence(const token_store *store, const run_outcome *outcome, bool *ret_present)
{
    char path[128];
    bool present = access(token_store_path(store, OUT, path), F_OK) == 0;

    *ret_present = present;
    if (outcome->killed) {
        return NULL;
    }
    if (outcome->status == PC_OK && !present) {
        return "said to be done, and there is no file";
    }
    if (outcome->status != PC_OK && present) {
        return "failed, and there is a file";
    }
    return count_files(store) == (unsigned)present ? NULL : "files are left over";
}

static const char *judge_request_file(const token_store *store, const raw_token *raw, const run_outcome *outcome)
{
    char path[128];
    bool present = false;
    const char *wrong = judge_presence(store, outcome, &present);

    if (wrong || !present) {
        return wrong;
    }
    X509_REQ *request = judge_request(token_store_path(store, OUT, path));
    bool right = request && judge_key_is_labelled(X509_REQ_get0_pubkey(request), raw, "server");

    X509_REQ_free(request);
    return right ? NULL : "the request does not verify, or is for another key";
}

/* Of a key pair that the run makes: at most one, whole, and told of. */
static const char *judge_made_key(const raw_token *raw, const run_outcome *outcome)
{
    size_t private_count = raw_count_labelled(raw, CKO_PRIVATE_KEY, "server");
    size_t public_count = raw_count_labelled(raw, CKO_PUBLIC_KEY, "server");

    if (private_count > 1 || public_count > 1) {
        return "two keys of one label";
    }
    if (private_count != public_count) {
        return "half a key pair";
    }
    if (outcome->killed) {
        return NULL;
    }
    if (outcome->status == PC_OK) {
        return private_count == 1 ? NULL : "said to be done, and there is no key";
    }
    if (private_count == 1 && !strstr(outcome->text, "the key \"server\"")) {
        return "a key was left behind and not a word said of it";
    }
    return NULL;
}

static const char *judge_new_make(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = judge_made_key(&raw, outcome);

    wrong = wrong ? wrong : judge_request_file(store, &raw, outcome);
    raw_close(&raw);
    return wrong;
}

/* Here the key was there before; a failure before it was found need not speak of it. */
static const char *judge_existing_key(const token_store *reference, const token_store *store,
                                      const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    bool one = raw_count_labelled(&raw, CKO_PRIVATE_KEY, "server") == 1 &&
               raw_count_labelled(&raw, CKO_PUBLIC_KEY, "server") == 1;
    const char *wrong = one ? judge_request_file(store, &raw, outcome) : "not one key pair";

    raw_close(&raw);
    return wrong;
}

static size_t count_same(const raw_token *raw, const token_store *reference, const char *name, const char *id)
{
    char path[128];
    unsigned char der[2048];
    unsigned char held[64];
    CK_OBJECT_HANDLE found[8];
    X509 *certificate = judge_certificate(token_store_path(reference, name, path));

    MUST(certificate);
    size_t count = raw_find(raw, CKO_CERTIFICATE, CKA_VALUE, der, to_der(certificate, der), found, 8);

    X509_free(certificate);
    for (size_t i = 0; id && i < count; i++) {
        MUST(raw_read(raw, found[i], CKA_ID, held, sizeof held) == strlen(id) && memcmp(held, id, strlen(id)) == 0);
    }
    return count;
}

static const char *judge_accept(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)store;
    raw_open("t", &raw);
    size_t leaves = count_same(&raw, reference, "leaf.pem", "server-id");
    size_t roots = count_same(&raw, reference, "root.pem", NULL);
    size_t all = raw_count(&raw, CKO_CERTIFICATE);

    raw_close(&raw);
    if (leaves > 1 || roots > 1) {
        return "a certificate is there twice";
    }
    if (all != leaves + roots) {
        return "there is a certificate that nobody gave";
    }
    if (!outcome->killed && outcome->status == PC_OK && (leaves != 1 || roots != 1)) {
        return "said to be done, and a certificate is missing";
    }
    return NULL;
}

static const char *judge_certificate_file(const token_store *store, const raw_token *raw, const char *ca_label,
                                          const run_outcome *outcome)
{
    char path[128];
    bool present = false;
    const char *wrong = judge_presence(store, outcome, &present);

    if (wrong || !present) {
        return wrong;
    }
    X509 *certificate = judge_certificate(token_store_path(store, OUT, path));
    EVP_PKEY *key = judge_public_key(raw, raw_labelled(raw, CKO_PUBLIC_KEY, ca_label));
    bool right = certificate && X509_verify(certificate, key) == 1;

    EVP_PKEY_free(key);
    X509_free(certificate);
    return right ? NULL : "the certificate does not verify with the CA's key";
}

static const char *judge_issue(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = judge_certificate_file(store, &raw, "ca", outcome);

    raw_close(&raw);
    return wrong;
}

static const char *judge_self_signed(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    size_t certificates = raw_count(&raw, CKO_CERTIFICATE);
    const char *wrong = judge_made_key(&raw, outcome);

    wrong = wrong ? wrong : certificates > 1 ? "two certificates for one key" : NULL;
    if (!wrong && !outcome->killed && outcome->status == PC_OK && certificates != 1) {
        wrong = "said to be done, and the certificate is not bound";
    }
    wrong = wrong ? wrong : judge_certificate_file(store, &raw, "server", outcome);
    raw_close(&raw);
    return wrong;
}

/* By OpenSSL's own reader: the key of the certificate, and its root. */
static bool is_whole_pfx(const token_store *store, const raw_token *raw)
{
    char path[128];
    EVP_PKEY *key = NULL;
    X509 *leaf = NULL;
    STACK_OF(X509) *issuers = NULL;
    FILE *file = fopen(token_store_path(store, OUT, path), "re");
    PKCS12 *pfx = file ? d2i_PKCS12_fp(file, NULL) : NULL;
    bool whole = pfx && PKCS12_parse(pfx, PFX_PASSWORD, &key, &leaf, &issuers) == 1 && key && leaf &&
                 X509_check_private_key(leaf, key) == 1 && judge_key_is_labelled(key, raw, "server") &&
                 sk_X509_num(issuers) <= 1;

    MUST(!file || fclose(file) == 0);
    PKCS12_free(pfx);
    EVP_PKEY_free(key);
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
    return whole;
}

static const char *judge_export(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;
    bool present = false;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = judge_presence(store, outcome, &present);

    if (!wrong && present && !is_whole_pfx(store, &raw)) {
        wrong = "the PFX is not whole, or of another key";
    }
    if (!wrong && (raw_count(&raw, CKO_PRIVATE_KEY) != 1 || raw_count(&raw, CKO_PUBLIC_KEY) != 1 ||
                   raw_count(&raw, CKO_SECRET_KEY) != 0 || raw_count(&raw, CKO_CERTIFICATE) != 2)) {
        wrong = "the token is not as it was";
    }
    raw_close(&raw);
    return wrong ? wrong : strstr(outcome->text, PFX_PASSWORD) ? "the error text holds the password" : NULL;
}

/* A public object alone may stay, if the token failed when it was to go, or the run was killed: it is told of. */
static const char *judge_imported_key(const raw_token *raw, const run_outcome *outcome)
{
    size_t private_count = raw_count(raw, CKO_PRIVATE_KEY);
    size_t public_count = raw_count(raw, CKO_PUBLIC_KEY);
    bool told = outcome->killed || strstr(outcome->text, "may be on token \"t\" in part") ||
                strstr(outcome->text, "the key \"server\" is on token \"t\" and stays there");

    if (private_count > 1 || public_count > 1) {
        return "two keys for one";
    }
    if (outcome->status == PC_OK && !outcome->killed) {
        return private_count == 1 && public_count == 1 ? NULL : "said to be done, and the pair is not whole";
    }
    return (private_count || public_count) && !told ? "a key was left behind and not a word said of it" : NULL;
}

static const char *judge_import(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    raw_open("t", &raw);
    size_t leaves = count_same(&raw, reference, "leaf.pem", NULL);
    size_t roots = count_same(&raw, reference, "root.pem", NULL);
    size_t all = raw_count(&raw, CKO_CERTIFICATE);
    const char *wrong = judge_imported_key(&raw, outcome);

    if (!wrong && raw_count(&raw, CKO_SECRET_KEY) != 0) {
        wrong = "the one-time key is still there";
    }
    raw_close(&raw);
    (void)store;
    if (wrong) {
        return wrong;
    }
    if (leaves > 1 || roots > 1 || all != leaves + roots) {
        return "a certificate is there twice, or one that nobody gave";
    }
    if (!outcome->killed && outcome->status == PC_OK && (leaves != 1 || roots != 1)) {
        return "said to be done, and a certificate is missing";
    }
    return strstr(outcome->text, PFX_PASSWORD) ? "the error text holds the password" : NULL;
}

static bool is_paired(const raw_token *raw, const token_store *reference, const char *name, const char *id)
{
    char path[128];
    unsigned char der[2048];
    unsigned char held[64];
    CK_OBJECT_HANDLE found[8];
    X509 *certificate = judge_certificate(token_store_path(reference, name, path));
    size_t count = raw_find(raw, CKO_CERTIFICATE, CKA_VALUE, der, to_der(certificate, der), found, 8);
    bool paired = false;

    X509_free(certificate);
    for (size_t i = 0; i < count; i++) {
        paired = paired || (raw_read(raw, found[i], CKA_ID, held, sizeof held) == strlen(id) &&
                            memcmp(held, id, strlen(id)) == 0);
    }
    return paired && raw_find(raw, CKO_PUBLIC_KEY, CKA_ID, id, strlen(id), found, 8) == 1;
}

/* Both private keys as they were, no certificate gone, no public key other than of the two. */
static const char *judge_repair(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;
    CK_OBJECT_HANDLE found[8];

    (void)store;
    raw_open("t", &raw);
    bool keys = raw_count(&raw, CKO_PRIVATE_KEY) == 2 &&
                raw_find(&raw, CKO_PRIVATE_KEY, CKA_ID, "server-id", 9, found, 8) == 1 &&
                raw_find(&raw, CKO_PRIVATE_KEY, CKA_ID, "half-id", 7, found, 8) == 1;
    size_t certificates = raw_count(&raw, CKO_CERTIFICATE);
    size_t publics = raw_count(&raw, CKO_PUBLIC_KEY);
    bool paired =
        is_paired(&raw, reference, "first.pem", "server-id") && is_paired(&raw, reference, "second.pem", "half-id");

    raw_close(&raw);
    if (!keys) {
        return "a private key is gone, or is another";
    }
    if (certificates < 2 || certificates > 4 || publics < 1 || publics > 2) {
        return "objects are gone, or there are more than there should be";
    }
    return !outcome->killed && outcome->status == PC_OK && !paired ? "said to be repaired, and is not" : NULL;
}

size_t flow_server_point(unsigned char out[static 128])
{
    raw_token raw;
    CK_OBJECT_HANDLE found[2];
    size_t len = 0;

    raw_open("t", &raw);
    if (raw_find(&raw, CKO_PUBLIC_KEY, CKA_LABEL, "server", strlen("server"), found, 2) == 1) {
        len = raw_read(&raw, found[0], CKA_EC_POINT, out, 128);
    }
    raw_close(&raw);
    return len;
}

const flow flow_new_make = { "new, making a key", prepare_empty, run_new_make, judge_new_make, false, false };
const flow flow_new_go_on = {
    "new, going on with a key", prepare_go_on, run_new_make, judge_existing_key, true, false
};
const flow flow_new_key = { "new, with a named key", prepare_key, run_new_key, judge_existing_key, false, false };
const flow flow_accept = { "accept", prepare_accept, run_accept, judge_accept, false, false };
const flow flow_issue = { "issue", prepare_issue, run_issue, judge_issue, false, false };
const flow flow_self_signed = { "issue, a CA's own", prepare_empty, run_self_signed, judge_self_signed, false, false };
const flow flow_export = { "export", prepare_export, run_export, judge_export, false, true };
const flow flow_import = { "import", prepare_import, run_import, judge_import, false, true };
const flow flow_repair = { "repair", prepare_repair, run_repair, judge_repair, true, false };
