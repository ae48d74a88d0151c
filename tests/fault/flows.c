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
#include "scene.h"

/* --- initial states --- */

static void prepare_key(const token_store *store)
{
    raw_token raw;

    (void)store;
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
    X509 *root = scene_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = scene_certificate("server.contoso.com", key, "Root", root_key, false);

    scene_write_certificate(store, "root.pem", root);
    scene_write_certificate(store, "leaf.pem", leaf);
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

    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "ca", .id = "ca-id" }, NULL);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "ca"));
    X509 *certificate = scene_certificate("Issuing CA", key, "Root", root_key, true);

    raw_write_certificate(&raw, "ca", "ca-id", (pc_bytes){ der, scene_der(certificate, der) });
    raw_close(&raw);
    scene_write_request(store, "request.pem");
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
}

/* An exportable key with its certificate and root, all on the token. */
static void prepare_export(const token_store *store)
{
    raw_token raw;
    unsigned char der[2048];
    EVP_PKEY *root_key = EVP_EC_gen("P-256");

    token_store_write(store, "password", SCENE_PASSWORD "\n", sizeof SCENE_PASSWORD);
    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "server", .id = "server-id", .extractable = true }, NULL);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"));
    X509 *root = scene_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = scene_certificate("server.contoso.com", key, "Root", root_key, false);

    raw_write_certificate(&raw, "root", "root-id", (pc_bytes){ der, scene_der(root, der) });
    raw_write_certificate(&raw, "server", "server-id", (pc_bytes){ der, scene_der(leaf, der) });
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
    X509 *root = scene_certificate("Root", root_key, "Root", root_key, true);
    X509 *leaf = scene_certificate("server.contoso.com", key, "Root", root_key, false);
    STACK_OF(X509) *issuers = sk_X509_new_null();

    token_store_write(store, "password", SCENE_PASSWORD "\n", sizeof SCENE_PASSWORD);
    scene_write_certificate(store, "leaf.pem", leaf);
    scene_write_certificate(store, "root.pem", root);
    MUST(sk_X509_push(issuers, root) > 0);
    PKCS12 *pfx =
        PKCS12_create(SCENE_PASSWORD, "server", key, leaf, issuers, NID_aes_256_cbc, NID_aes_256_cbc, 9, 9, 0);
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

    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "server", .id = "server-id" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "half", .id = "half-id" }, &half);
    EVP_PKEY *server_key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"));
    EVP_PKEY *half_key = judge_public_key(&raw, half);
    X509 *first = scene_certificate("server.contoso.com", server_key, "Root", issuer, false);
    X509 *second = scene_certificate("half.contoso.com", half_key, "Root", issuer, false);

    raw_write_certificate(&raw, "server", "", (pc_bytes){ der, scene_der(first, der) });
    raw_write_certificate(&raw, "half", "server-id", (pc_bytes){ der, scene_der(second, der) });
    scene_write_certificate(store, "first.pem", first);
    scene_write_certificate(store, "second.pem", second);
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

static pc_status run_new_make(const token_store *reference, const token_store *store, const char *module, bool again,
                              pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_new_order order = {
        .subject = "CN=server", .key_type = "ec-p256", .out = scene_out(store, path), .force = again
    };

    (void)reference;
    return run_new(&order, &access, NULL, err);
}

static void prepare_go_on(const token_store *store)
{
    char path[128];
    pc_error err = { 0 };

    MUST(run_new_make(NULL, store, SOFTHSM_MODULE, false, &err) == PC_OK);
    MUST(unlink(scene_out(store, path)) == 0);
}

static pc_status run_new_key(const token_store *reference, const token_store *store, const char *module, bool again,
                             pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_new_order order = {
        .subject = "CN=server", .key = "server", .out = scene_out(store, path), .force = again
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
                                   .out = scene_out(store, path),
                                   .force = again };
    pc_issue_result *result = NULL;
    pc_status status = pc_issue_run(&order, &access, &result, err);

    pc_issue_result_free(result);
    return status;
}

/* The CA's own key is labelled as the others are here, so that the same judges can be used. */
static pc_status run_self_signed(const token_store *reference, const token_store *store, const char *module, bool again,
                                 pc_error *err)
{
    char path[128];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_issue_order order = { .self_signed = true,
                                   .subject = "CN=server",
                                   .key_type = "ec-p256",
                                   .days = 5,
                                   .out = scene_out(store, path),
                                   .force = again };
    pc_issue_result *result = NULL;
    pc_status status = pc_issue_run(&order, &access, &result, err);

    (void)reference;
    pc_issue_result_free(result);
    return status;
}

static pc_status run_export(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    char path[128];
    char source[160];
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_export_order order = { .key = "server",
                                    .out = scene_out(store, path),
                                    .rounds = 10000,
                                    .force = again,
                                    .password_source = scene_password_source(reference, source) };
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
                                    .password_source = scene_password_source(reference, source) };
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

static const char *judge_new_make(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = scene_judge_made_key(&raw, outcome);

    wrong = wrong ? wrong : scene_judge_request(store, &raw, outcome);
    raw_close(&raw);
    return wrong;
}

/* Here the key already existed; a failure before it was found need not mention it. */
static const char *judge_existing_key(const token_store *reference, const token_store *store,
                                      const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    bool one = raw_count_labelled(&raw, CKO_PRIVATE_KEY, "server") == 1 &&
               raw_count_labelled(&raw, CKO_PUBLIC_KEY, "server") == 1;
    const char *wrong = one ? scene_judge_request(store, &raw, outcome) : "not one key pair";

    raw_close(&raw);
    return wrong;
}

static const char *judge_accept(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)store;
    raw_open("t", &raw);
    size_t leaves = scene_count_same(&raw, reference, "leaf.pem", "server-id");
    size_t roots = scene_count_same(&raw, reference, "root.pem", NULL);
    size_t all = scene_count(&raw, CKO_CERTIFICATE);

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

static const char *judge_issue(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = scene_judge_certificate(store, &raw, "ca", outcome);

    raw_close(&raw);
    return wrong;
}

static const char *judge_self_signed(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    raw_open("t", &raw);
    size_t certificates = scene_count(&raw, CKO_CERTIFICATE);
    const char *wrong = scene_judge_made_key(&raw, outcome);

    wrong = wrong ? wrong : certificates > 1 ? "two certificates for one key" : NULL;
    if (!wrong && !outcome->killed && outcome->status == PC_OK && certificates != 1) {
        wrong = "said to be done, and the certificate is not bound";
    }
    wrong = wrong ? wrong : scene_judge_certificate(store, &raw, "server", outcome);
    raw_close(&raw);
    return wrong;
}

static const char *judge_export(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    char path[128];
    raw_token raw;
    bool present = false;

    (void)reference;
    raw_open("t", &raw);
    const char *wrong = scene_judge_presence(store, outcome, &present);

    if (!wrong && present && !scene_is_whole_pfx(token_store_path(store, SCENE_OUT, path), &raw)) {
        wrong = "the PFX is not whole, or of another key";
    }
    if (!wrong && (scene_count(&raw, CKO_PRIVATE_KEY) != 1 || scene_count(&raw, CKO_PUBLIC_KEY) != 1 ||
                   scene_count(&raw, CKO_SECRET_KEY) != 0 || scene_count(&raw, CKO_CERTIFICATE) != 2)) {
        wrong = "the token is not as it was";
    }
    raw_close(&raw);
    return wrong ? wrong : strstr(outcome->text, SCENE_PASSWORD) ? "the error text holds the password" : NULL;
}

/* A public object may stay alone if the token failed to remove it, or the run was killed: the error mentions it. */
static const char *judge_imported_key(const raw_token *raw, const run_outcome *outcome)
{
    size_t private_count = scene_count(raw, CKO_PRIVATE_KEY);
    size_t public_count = scene_count(raw, CKO_PUBLIC_KEY);
    bool told = outcome->killed || strstr(outcome->text, "may be on token \"t\" in part") ||
                strstr(outcome->text, "the key \"server\" is on token \"t\" and stays there");

    if (private_count > 1 || public_count > 1) {
        return "two keys for one";
    }
    if (outcome->status == PC_OK && !outcome->killed) {
        return private_count == 1 && public_count == 1 ? NULL : "said to be done, and the pair is not whole";
    }
    return (private_count || public_count) && !told ? "a key was left behind, and no message mentions it" : NULL;
}

static const char *judge_import(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    raw_open("t", &raw);
    size_t leaves = scene_count_same(&raw, reference, "leaf.pem", NULL);
    size_t roots = scene_count_same(&raw, reference, "root.pem", NULL);
    size_t all = scene_count(&raw, CKO_CERTIFICATE);
    const char *wrong = judge_imported_key(&raw, outcome);

    if (!wrong && scene_count(&raw, CKO_SECRET_KEY) != 0) {
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
    return strstr(outcome->text, SCENE_PASSWORD) ? "the error text holds the password" : NULL;
}

static bool is_paired(const raw_token *raw, const token_store *reference, const char *name, const char *id)
{
    char path[128];
    unsigned char der[2048];
    unsigned char held[64];
    CK_OBJECT_HANDLE found[8];
    X509 *certificate = judge_certificate(token_store_path(reference, name, path));
    size_t count = raw_find(raw, CKO_CERTIFICATE, CKA_VALUE, der, scene_der(certificate, der), found, 8);
    bool paired = false;

    X509_free(certificate);
    for (size_t i = 0; i < count; i++) {
        paired = paired || (raw_read(raw, found[i], CKA_ID, held, sizeof held) == strlen(id) &&
                            memcmp(held, id, strlen(id)) == 0);
    }
    return paired && raw_find(raw, CKO_PUBLIC_KEY, CKA_ID, id, strlen(id), found, 8) == 1;
}

/* Both private keys unchanged, no certificate removed, no public key other than those of the two. */
static const char *judge_repair(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;
    CK_OBJECT_HANDLE found[8];

    (void)store;
    raw_open("t", &raw);
    bool keys = scene_count(&raw, CKO_PRIVATE_KEY) == 2 &&
                raw_find(&raw, CKO_PRIVATE_KEY, CKA_ID, "server-id", 9, found, 8) == 1 &&
                raw_find(&raw, CKO_PRIVATE_KEY, CKA_ID, "half-id", 7, found, 8) == 1;
    size_t certificates = scene_count(&raw, CKO_CERTIFICATE);
    size_t publics = scene_count(&raw, CKO_PUBLIC_KEY);
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

const flow flow_new_make = {
    .name = "new, making a key",
    .runs = 600,
    .keys = 1,
    .run = run_new_make,
    .judge = judge_new_make,
};
const flow flow_new_go_on = {
    .name = "new, resuming with a key",
    .runs = 500,
    .prepare = prepare_go_on,
    .run = run_new_make,
    .judge = judge_existing_key,
    .without_lies = true,
};
const flow flow_new_key = {
    .name = "new, with a named key",
    .runs = 500,
    .prepare = prepare_key,
    .run = run_new_key,
    .judge = judge_existing_key,
};
const flow flow_accept = {
    .name = "accept",
    .runs = 600,
    .prepare = prepare_accept,
    .run = run_accept,
    .judge = judge_accept,
};
const flow flow_issue = {
    .name = "issue",
    .runs = 500,
    .prepare = prepare_issue,
    .run = run_issue,
    .judge = judge_issue,
};
const flow flow_self_signed = {
    .name = "issue, a CA's own",
    .runs = 700,
    .keys = 1,
    .run = run_self_signed,
    .judge = judge_self_signed,
};
const flow flow_export = {
    .name = "export",
    .runs = 60,
    .prepare = prepare_export,
    .run = run_export,
    .judge = judge_export,
};
const flow flow_import = {
    .name = "import",
    .runs = 80,
    .keys = 1,
    .prepare = prepare_import,
    .run = run_import,
    .judge = judge_import,
};
const flow flow_repair = {
    .name = "repair",
    .runs = 900,
    .changes = FLOW_MAY_CHANGE(CKO_PRIVATE_KEY) | FLOW_MAY_CHANGE(CKO_PUBLIC_KEY) | FLOW_MAY_CHANGE(CKO_CERTIFICATE),
    .prepare = prepare_repair,
    .run = run_repair,
    .judge = judge_repair,
    .without_lies = true,
};
