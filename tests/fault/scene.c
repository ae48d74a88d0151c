/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common_name.h"
#include "judge.h"
#include "must.h"

/* --- initial states of the flows, made by OpenSSL and bare PKCS#11 calls --- */

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    MUST(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

X509 *scene_certificate(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key, bool is_ca)
{
    X509 *certificate = X509_new();

    MUST(certificate && X509_set_version(certificate, 2) == 1 && X509_set_pubkey(certificate, key) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)strlen(subject) + 1000) == 1);
    set_subject(certificate, subject);
    set_issuer(certificate, issuer);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -600));
    MUST(X509_gmtime_adj(X509_getm_notAfter(certificate), 864000));
    if (is_ca) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    MUST(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return certificate;
}

void scene_write_certificate(const token_store *store, const char *name, X509 *certificate)
{
    char path[128];
    FILE *file = fopen(token_store_path(store, name, path), "we");

    MUST(file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
}

void scene_write_request(const token_store *store, const char *name)
{
    char path[128];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *request = X509_REQ_new();
    FILE *file = fopen(token_store_path(store, name, path), "we");

    MUST(key && request && file && X509_REQ_set_pubkey(request, key) == 1);
    set_request_subject(request, "client.contoso.com");
    MUST(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    MUST(PEM_write_X509_REQ(file, request) == 1 && fclose(file) == 0);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

size_t scene_der(const X509 *certificate, unsigned char out[static 2048])
{
    int len = i2d_X509(certificate, NULL);

    MUST(len > 0 && len <= 2048);
    return (size_t)i2d_X509(certificate, &out);
}

/* Complete, so that `repair` has nothing to do there. */
static void add_certificate(const raw_token *raw, CK_OBJECT_HANDLE private_key, const X509 *certificate)
{
    unsigned char der[2048];
    unsigned char *name = NULL;
    int name_len = i2d_X509_NAME(X509_get_subject_name(certificate), &name);

    MUST(name_len > 0);
    const pc_bytes subject = { name, (size_t)name_len };

    raw_write(raw, private_key, CKA_SUBJECT, subject.data, subject.len);
    raw_write_named_certificate(raw, SCENE_BYSTANDER, SCENE_BYSTANDER, subject,
                                (pc_bytes){ der, scene_der(certificate, der) });
    OPENSSL_free(name);
}

void scene_add_bystanders(const char *token)
{
    raw_token raw;
    EVP_PKEY *issuer = EVP_EC_gen("P-256");

    raw_open(token, &raw);
    CK_OBJECT_HANDLE private_key =
        raw_generate(&raw, &(raw_key_plan){ .label = SCENE_BYSTANDER, .id = SCENE_BYSTANDER }, NULL);
    EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, SCENE_BYSTANDER));
    X509 *certificate = scene_certificate("bystander.contoso.com", key, "Elsewhere", issuer, false);

    add_certificate(&raw, private_key, certificate);
    raw_write_data(&raw, SCENE_BYSTANDER, "of others");
    raw_close(&raw);
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer);
}

/* Objects of a class, without that of others. */
size_t scene_count(const raw_token *raw, CK_OBJECT_CLASS class)
{
    size_t count = raw_count(raw, class);

    return class == CKO_SECRET_KEY ? count : count - raw_count_labelled(raw, class, SCENE_BYSTANDER);
}

const char *scene_out(const token_store *store, char path[static 128])
{
    char folder[128];

    (void)mkdir(token_store_path(store, "out", folder), 0700);
    return token_store_path(store, SCENE_OUT, path);
}

const char *scene_password_source(const token_store *reference, char source[static 160])
{
    char path[128];

    (void)snprintf(source, 160, "file:%s", token_store_path(reference, "password", path));
    return source;
}

/* --- judging --- */

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

/* Requirements for every flow that writes a file, before the file is examined. */
const char *scene_judge_presence(const token_store *store, const run_outcome *outcome, bool *ret_present)
{
    char path[128];
    bool present = access(token_store_path(store, SCENE_OUT, path), F_OK) == 0;

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

const char *scene_judge_request(const token_store *store, const raw_token *raw, const run_outcome *outcome)
{
    char path[128];
    bool present = false;
    const char *wrong = scene_judge_presence(store, outcome, &present);

    if (wrong || !present) {
        return wrong;
    }
    X509_REQ *request = judge_request(token_store_path(store, SCENE_OUT, path));
    bool right = request && judge_key_is_labelled(X509_REQ_get0_pubkey(request), raw, "server");

    X509_REQ_free(request);
    return right ? NULL : "the request does not verify, or is for another key";
}

/* For a key pair that the run makes: at most one, complete, and mentioned in the error. */
const char *scene_judge_made_key(const raw_token *raw, const run_outcome *outcome)
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
        return "a key was left behind, and no message mentions it";
    }
    return NULL;
}

size_t scene_count_same(const raw_token *raw, const token_store *reference, const char *name, const char *id)
{
    char path[128];
    unsigned char der[2048];
    unsigned char held[64];
    CK_OBJECT_HANDLE found[8];
    X509 *certificate = judge_certificate(token_store_path(reference, name, path));

    MUST(certificate);
    size_t count = raw_find(raw, CKO_CERTIFICATE, CKA_VALUE, der, scene_der(certificate, der), found, 8);

    X509_free(certificate);
    for (size_t i = 0; id && i < count; i++) {
        MUST(raw_read(raw, found[i], CKA_ID, held, sizeof held) == strlen(id) && memcmp(held, id, strlen(id)) == 0);
    }
    return count;
}

const char *scene_judge_certificate(const token_store *store, const raw_token *raw, const char *ca_label,
                                    const run_outcome *outcome)
{
    char path[128];
    bool present = false;
    const char *wrong = scene_judge_presence(store, outcome, &present);

    if (wrong || !present) {
        return wrong;
    }
    X509 *certificate = judge_certificate(token_store_path(store, SCENE_OUT, path));
    EVP_PKEY *key = judge_public_key(raw, raw_labelled(raw, CKO_PUBLIC_KEY, ca_label));
    bool right = certificate && X509_verify(certificate, key) == 1;

    EVP_PKEY_free(key);
    X509_free(certificate);
    return right ? NULL : "the certificate does not verify with the CA's key";
}

bool scene_is_whole_pfx(const char *path, const raw_token *raw)
{
    EVP_PKEY *key = NULL;
    X509 *leaf = NULL;
    STACK_OF(X509) *issuers = NULL;
    FILE *file = fopen(path, "re");
    PKCS12 *pfx = file ? d2i_PKCS12_fp(file, NULL) : NULL;
    bool whole = pfx && PKCS12_parse(pfx, SCENE_PASSWORD, &key, &leaf, &issuers) == 1 && key && leaf &&
                 X509_check_private_key(leaf, key) == 1 && judge_key_is_labelled(key, raw, "server") &&
                 sk_X509_num(issuers) <= 1;

    MUST(!file || fclose(file) == 0);
    PKCS12_free(pfx);
    EVP_PKEY_free(key);
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
    return whole;
}
