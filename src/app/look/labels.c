/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include <stdlib.h>
#include <string.h>

#include "base/result.h"
#include "token/inventory.h"
#include "token/session.h"
#include "x509/attempt.h"
#include "x509/renewal.h"

void pc_labels_result_free(pc_labels_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_labels_result, pc_labels_result, pc_labels_result_free);

static pc_status add(pc_labels_result *result, const char *label, pc_error *err)
{
    const char **place = label && *label ? PC_PUSH(result->arena, result->labels, result->count) : NULL;

    if (!label || !*label) {
        return PC_OK;
    }
    if (!place) {
        return pc_fail_memory(err);
    }
    *place = label;
    return PC_OK;
}

static pc_status add_keys(pc_labels_result *result, const pc_key *keys, size_t count, pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        PC_TRY(add(result, keys[i].label, err));
    }
    return PC_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_once(pc_labels_result *result)
{
    size_t kept = 0;

    if (result->count) {
        qsort(result->labels, result->count, sizeof *result->labels, compare);
    }
    for (size_t i = 0; i < result->count; i++) {
        if (kept == 0 || strcmp(result->labels[kept - 1], result->labels[i]) != 0) {
            result->labels[kept++] = result->labels[i];
        }
    }
    result->count = kept;
}

/* Opens and closes the token, without a login; the results are in the result's arena. */
static pc_status read_public(const pc_token_access *access, pc_labels_result *result, pc_inventory *ret_inventory,
                             pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open(access, PC_TOKEN_PUBLIC, &token, err));
    return pc_inventory_read_apart(token, result->arena, ret_inventory, err);
}

pc_status pc_labels_run(const pc_token_access *access, pc_labels_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_labels_result) pc_labels_result *result = PC_RESULT_NEW(pc_labels_result);
    pc_inventory inventory;

    PC_TRY(read_public(access, result, &inventory, err));
    PC_TRY(add_keys(result, inventory.keys, inventory.key_count, err));
    PC_TRY(add_keys(result, inventory.publics, inventory.public_count, err));
    for (size_t i = 0; i < inventory.certificate_count; i++) {
        PC_TRY(add(result, inventory.certificates[i].label, err));
    }
    sort_once(result);
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_template_names_run(const pc_token_access *access, pc_labels_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_labels_result) pc_labels_result *result = PC_RESULT_NEW(pc_labels_result);
    pc_inventory inventory;

    PC_TRY(read_public(access, result, &inventory, err));
    for (size_t i = 0; i < inventory.certificate_count; i++) {
        PC_AUTO(X509) X509 *certificate = pc_certificate_parse(inventory.certificates[i].value);

        PC_TRY(add(result, certificate ? pc_renewal_template(certificate, result->arena) : NULL, err));
    }
    sort_once(result);
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
