/* SPDX-License-Identifier: Apache-2.0 */
/* A key on its way from the token "t" to a second one, "u": the key stays where it is, and the copy is whole or absent.
 */
#include "flows.h"

#include <string.h>

#include <p11cert/copy.h>

#include "must.h"
#include "raw_token.h"
#include "scene.h"

#define SECOND "u"

static void prepare_copy(const token_store *store)
{
    flow_export.prepare(store);
    token_store_add_token(store, SECOND);
    scene_add_bystanders(SECOND);
}

static pc_status run_copy(const token_store *reference, const token_store *store, const char *module, bool again,
                          pc_error *err)
{
    const pc_token_access access = token_store_access(store, module, "t");
    const pc_copy_order order = { .key = "server", .to = token_store_access(store, module, SECOND) };
    pc_copy_result *result = NULL;
    pc_status status = pc_copy_run(&order, &access, &result, err);

    (void)reference;
    (void)again;
    pc_copy_result_free(result);
    return status;
}

static const char *judge_source(void)
{
    raw_token raw;

    raw_open("t", &raw);
    bool is_whole = scene_count(&raw, CKO_PRIVATE_KEY) == 1 && scene_count(&raw, CKO_PUBLIC_KEY) == 1 &&
                    scene_count(&raw, CKO_SECRET_KEY) == 0 && scene_count(&raw, CKO_CERTIFICATE) == 2;

    raw_close(&raw);
    return is_whole ? NULL : "the first token is not as it was";
}

/* The public value of an EC key; returns its length. */
static size_t read_point(const char *token, unsigned char point[static 256])
{
    raw_token raw;
    size_t len = 0;

    raw_open(token, &raw);
    if (raw_count_labelled(&raw, CKO_PUBLIC_KEY, "server") == 1) {
        len = raw_read(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, "server"), CKA_EC_POINT, point, 256);
    }
    raw_close(&raw);
    return len;
}

static bool is_same_key(void)
{
    unsigned char original[256];
    unsigned char copy[256];
    size_t len = read_point("t", original);

    MUST(len > 0 && len <= sizeof original);
    return read_point(SECOND, copy) == len && memcmp(original, copy, len) == 0;
}

/* A public object alone may stay, if the token failed when it was to go, or the run was killed: the error says so. */
static const char *judge_copied_key(const run_outcome *outcome, size_t private_count, size_t public_count)
{
    bool is_reported = outcome->killed || strstr(outcome->text, "may be on token \"u\" in part") ||
                       strstr(outcome->text, "the key \"server\" on token \"u\" does not produce signatures") ||
                       strstr(outcome->text, "the key \"server\" is on token \"u\" and stays there");

    if (private_count > 1 || public_count > 1) {
        return "two copies of one key";
    }
    if (outcome->status == PC_OK && !outcome->killed) {
        return private_count == 1 && is_same_key() ? NULL : "reported as done, and the copy is not the same key";
    }
    return (private_count || public_count) && !is_reported ? "a copy was left behind, and the error does not say so"
                                                           : NULL;
}

static const char *judge_copy(const token_store *reference, const token_store *store, const run_outcome *outcome)
{
    raw_token raw;

    (void)reference;
    (void)store;
    raw_open(SECOND, &raw);
    size_t private_count = scene_count(&raw, CKO_PRIVATE_KEY);
    size_t public_count = scene_count(&raw, CKO_PUBLIC_KEY);
    size_t secret_count = scene_count(&raw, CKO_SECRET_KEY);
    size_t certificate_count = scene_count(&raw, CKO_CERTIFICATE);
    size_t own_count = raw_count_labelled(&raw, CKO_CERTIFICATE, "server");

    raw_close(&raw);
    const char *wrong = judge_source();

    wrong = wrong ? wrong : judge_copied_key(outcome, private_count, public_count);
    if (!wrong && secret_count) {
        wrong = "the one-time key is still there";
    }
    if (!wrong && (own_count > 1 || certificate_count > own_count + 1)) {
        wrong = "a certificate is there twice, or one that nobody gave";
    }
    if (!wrong && !outcome->killed && outcome->status == PC_OK && own_count != 1) {
        wrong = "reported as done, and a certificate is missing";
    }
    return wrong;
}

const flow flow_copy = {
    .name = "copy",
    .runs = 40,
    .keys = 1,
    .second_token = SECOND,
    .prepare = prepare_copy,
    .run = run_copy,
    .judge = judge_copy,
};
