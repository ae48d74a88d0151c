/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that talk to a CA: submit, retrieve, enroll, renew. */
#include <openssl/x509v3.h>
#include <p11cert/enroll.h>
#include <p11cert/renew.h>
#include <string.h>
#include <unistd.h>

#include "flows.h"
#include "judge.h"
#include "mini_ca.h"
#include "must.h"
#include "scene.h"

#define CERTIFICATE "out/result.cer"

/* If a folder for the state files of a token without data objects is needed, it is in the store. */
static pc_ca_access access_to(const char *url)
{
    return (pc_ca_access){ .url = url, .login = PC_CA_LOGIN_NONE, .insecure_http = true };
}

/* The initial state of the runs: a key "server" and its request, out/result.pem. */
static void prepare_request(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    MUST(flow_new_make.run(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

/* --- submit --- */

static pc_status submit(const token_store *reference, const token_store *store, const char *module, bool again,
                        const char *url, pc_error *err)
{
    char request[128];
    char path[128];
    pc_submit_result *result = NULL;
    const pc_ca_access ca = access_to(url);
    const pc_token_access access = token_store_access(store, module, "t");

    (void)scene_out(store, path);
    const pc_submit_order order = { .request = token_store_path(reference, SCENE_OUT, request),
                                    .ca = &ca,
                                    .out = token_store_path(store, CERTIFICATE, path),
                                    .accept = true,
                                    .again = again,
                                    .force = again };
    pc_status status = pc_submit_run(&order, &access, &result, err);

    pc_submit_result_free(result);
    return status;
}

static pc_status run_submit(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    return submit(reference, store, module, again, mini_ca_issuing(), err);
}

/* --- retrieve --- */

static void prepare_pending(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    prepare_request(store);
    MUST(submit(store, store, SOFTHSM_MODULE, false, mini_ca_pending(), &err) == PC_OK);
}

/* If the faulty run had retrieved the certificate, nothing is pending: the judge checks whether that is so. */
static pc_status run_retrieve(const token_store *reference, const token_store *store, const char *module, bool again,
                              pc_error *err)
{
    char path[128];
    pc_submit_result *result = NULL;
    const pc_ca_access ca = access_to(NULL);
    const pc_token_access access = token_store_access(store, module, "t");

    (void)reference;
    (void)scene_out(store, path);
    const pc_retrieve_order order = {
        .ca = &ca, .out = token_store_path(store, CERTIFICATE, path), .accept = true, .force = again
    };
    pc_status status = pc_retrieve_run(&order, &access, &result, err);

    pc_submit_result_free(result);
    return again && status == PC_E_NOT_FOUND ? PC_OK : status;
}

/* --- enroll --- */

static pc_status run_enroll(const token_store *reference, const token_store *store, const char *module, bool again,
                            pc_error *err)
{
    char path[128];
    char certificate[128];
    pc_enroll_result *result = NULL;
    const pc_alt_name_flag name = { .kind = PC_ALT_DNS, .text = "server" };
    const pc_ca_access ca = access_to(mini_ca_issuing());
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_new_order request = { .subject = "CN=server",
                                   .alt_names = &name,
                                   .alt_name_count = 1,
                                   .key_type = "ec-p256",
                                   .out = scene_out(store, path),
                                   .force = again };
    const pc_enroll_order order = { .request = &request,
                                    .ca = &ca,
                                    .out = token_store_path(store, CERTIFICATE, certificate) };
    pc_status status = pc_enroll_run(&order, &access, &result, err);

    (void)reference;
    pc_enroll_result_free(result);
    return status;
}

/* --- renew --- */

static void prepare_renewal(const token_store *store)
{
    pc_error err = { .status = PC_OK };

    MUST(run_enroll(store, store, SOFTHSM_MODULE, false, &err) == PC_OK);
}

static pc_status renew(const token_store *store, const char *module, bool new_key, pc_error *err)
{
    char path[128];
    pc_renew_result *result = NULL;
    const pc_ca_access ca = access_to(mini_ca_issuing());
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_renew_order order = { .key = "server", .new_key = new_key, .ca = &ca, .out = scene_out(store, path) };
    pc_status status = pc_renew_run(&order, &access, &result, err);

    pc_renew_result_free(result);
    return status;
}

/* As the hint says if it is not known whether the CA has the request. */
static pc_status submit_again(const token_store *store, pc_error *err)
{
    char path[128];
    pc_submit_result *result = NULL;
    const pc_ca_access ca = access_to(mini_ca_issuing());
    const pc_token_access access = token_store_access(store, SOFTHSM_MODULE, "t");
    const pc_submit_order order = {
        .request = scene_out(store, path), .ca = &ca, .accept = true, .again = true, .force = true
    };

    *err = (pc_error){ .status = PC_OK };
    pc_status status = pc_submit_run(&order, &access, &result, err);

    pc_submit_result_free(result);
    return status;
}

/* A certificate that a failed run wrote and did not bind would be in the way. */
static pc_status renew_either(const token_store *store, const char *module, bool new_key, bool again, pc_error *err)
{
    char path[128];

    if (again) {
        (void)unlink(token_store_path(store, SCENE_OUT ".cer", path));
    }
    pc_status status = renew(store, module, new_key, err);

    return again && status == PC_E_REFUSED && strstr(err->hint, "`again`") ? submit_again(store, err) : status;
}

static pc_status run_renew(const token_store *reference, const token_store *store, const char *module, bool again,
                           pc_error *err)
{
    (void)reference;
    return renew_either(store, module, false, again, err);
}

static pc_status run_renew_key(const token_store *reference, const token_store *store, const char *module, bool again,
                               pc_error *err)
{
    (void)reference;
    return renew_either(store, module, true, again, err);
}

/* --- judging --- */

typedef struct {
    unsigned own;     /* certificates of the key "server" */
    unsigned issuers; /* of the CA */
    unsigned all;
    unsigned records;
} counted;

static X509 *certificate_at(const raw_token *raw, CK_OBJECT_HANDLE object)
{
    unsigned char der[4096];
    const unsigned char *place = der;
    size_t len = raw_read(raw, object, CKA_VALUE, der, sizeof der);

    return len <= sizeof der ? d2i_X509(NULL, &place, (long)len) : NULL;
}

static void count_certificate(const raw_token *raw, CK_OBJECT_HANDLE object, counted *total)
{
    X509 *certificate = certificate_at(raw, object);

    MUST(certificate);
    total->all++;
    total->own += judge_key_is_labelled(X509_get0_pubkey(certificate), raw, "server");
    total->issuers += X509_check_ca(certificate) == 1;
    X509_free(certificate);
}

/* Records of requests to a CA. That of the CA which issued a certificate stays with the key. */
static unsigned count_records(const raw_token *raw)
{
    static const char application[] = "p11cert pending request";
    CK_OBJECT_HANDLE found[64];

    return (unsigned)raw_find(raw, CKO_DATA, CKA_APPLICATION, application, sizeof application - 1, found, 64);
}

static counted count_all(const raw_token *raw)
{
    static const CK_BBOOL on_token = CK_TRUE;
    CK_OBJECT_HANDLE found[64];
    counted total = { .records = count_records(raw) };
    size_t count = raw_find(raw, CKO_CERTIFICATE, CKA_TOKEN, &on_token, sizeof on_token, found, 64);

    for (size_t i = 0; i < count && raw_count_labelled(raw, CKO_PUBLIC_KEY, "server") == 1; i++) {
        count_certificate(raw, found[i], &total);
    }
    return total;
}

/* @param wanted  certificates of the key that a whole run leaves; @param most  with what a second run may add */
static const char *judge_certificates(const run_outcome *outcome, unsigned wanted, unsigned most)
{
    raw_token raw;

    raw_open("t", &raw);
    counted total = count_all(&raw);

    raw_close(&raw);
    if (total.issuers > 1) {
        return "the CA's certificate is there twice";
    }
    if (total.own > most) {
        return "more certificates than were issued";
    }
    if (outcome->killed || outcome->status != PC_OK) {
        return NULL;
    }
    return total.own < wanted   ? "said to be done, and the certificate is not bound"
           : total.records != 0 ? "said to be done, and the record of the request is still there"
                                : NULL;
}

static const char *judge_submit(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    (void)reference;
    (void)store;
    return judge_certificates(outcome, 1, 2);
}

static const char *judge_retrieve(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    (void)reference;
    (void)store;
    return judge_certificates(outcome, 1, 1);
}

/* In the text of a failure the key need not be named once its request has been written. */
static const char *judge_enroll(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    (void)store;
    raw_open("t", &raw);
    size_t keys = raw_count_labelled(&raw, CKO_PRIVATE_KEY, "server");
    size_t halves = raw_count_labelled(&raw, CKO_PUBLIC_KEY, "server");

    raw_close(&raw);
    if (keys > 1 || halves != keys) {
        return "two keys of one label, or half a pair";
    }
    return judge_certificates(outcome, 1, 1);
}

static const char *judge_renew(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    (void)reference;
    (void)store;
    return judge_certificates(outcome, 2, 3);
}

/* The new certificate is of another key. */
static const char *judge_renew_key(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    (void)store;
    raw_open("t", &raw);
    counted total = count_all(&raw);

    raw_close(&raw);
    if (outcome->killed || outcome->status != PC_OK) {
        return total.own == 1 ? NULL : "the old certificate is not there, or is there twice";
    }
    /* The old one, the new one, the CA's, and that of others. */
    return total.all == 4 && total.records == 0 ? NULL : "said to be done, and there are other certificates than these";
}

const flow flow_submit = {
    .name = "submit",
    .runs = 500,
    .prepare = prepare_request,
    .run = run_submit,
    .judge = judge_submit,
    .without_lies = true,
};
const flow flow_retrieve = {
    .name = "retrieve",
    .runs = 500,
    .changes = FLOW_MAY_CHANGE(CKO_DATA),
    .prepare = prepare_pending,
    .run = run_retrieve,
    .judge = judge_retrieve,
    .without_lies = true,
};
const flow flow_enroll = {
    .name = "enroll",
    .runs = 600,
    .keys = 1,
    .run = run_enroll,
    .judge = judge_enroll,
    .without_lies = true,
};
const flow flow_renew = {
    .name = "renew",
    .runs = 500,
    .prepare = prepare_renewal,
    .run = run_renew,
    .judge = judge_renew,
    .without_lies = true,
};
const flow flow_renew_key = {
    .name = "renew, with a new key",
    .runs = 600,
    .keys = 1,
    .prepare = prepare_renewal,
    .run = run_renew_key,
    .judge = judge_renew_key,
    .without_lies = true,
};
