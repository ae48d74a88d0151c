/* SPDX-License-Identifier: Apache-2.0 */
#include "token/objects.h"

#include <string.h>

#include "base/monotonic.h"
#include "token/ckr.h"
#include "token/login_state.h"

#define BATCH           1024u
#define FETCHED_FEW_MAX 1024u /* handles, including repeated ones, after which a search for a few is given up */

void pc_template_add(pc_template *wanted, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    union {
        const void *given;
        void *pointer;
    } bytes = { .given = value }; /* CK_ATTRIBUTE is not const-clean; a search does not write */

    if (wanted->count < PC_COUNT(wanted->items)) {
        wanted->items[wanted->count++] = (CK_ATTRIBUTE){ .type = type, .pValue = bytes.pointer, .ulValueLen = len };
    }
}

void pc_template_add_bytes(pc_template *wanted, CK_ATTRIBUTE_TYPE type, pc_bytes value)
{
    pc_template_add(wanted, type, value.data, value.len);
}

static pc_status start(const pc_token *token, const pc_template *wanted, pc_error *err)
{
    pc_template copy = *wanted;
    CK_RV rv = token->functions->C_FindObjectsInit(token->session, copy.items, copy.count);

    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_FindObjectsInit");
}

static pc_status fetch(const pc_token *token, CK_OBJECT_HANDLE *handles, size_t max, CK_ULONG *ret_count, pc_error *err)
{
    CK_ULONG count = CK_UNAVAILABLE_INFORMATION; /* a count that the module did not fill in is not "none" */

    /* A handle that the module counted but did not fill in must be noticed: a valid one left from before would be
     * trusted. */
    memset(handles, 0, max * sizeof *handles);
    CK_RV rv = token->functions->C_FindObjects(token->session, handles, max, &count);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_FindObjects");
    }
    if (count == CK_UNAVAILABLE_INFORMATION) {
        return pc_fail(err, PC_E_TOKEN,
                       "C_FindObjects: the module reported success, but not how many objects it found");
    }
    if (count > max) {
        return pc_fail(err, PC_E_TOKEN,
                       "C_FindObjects: the module returned %lu objects, more than the %zu "
                       "requested",
                       count, max);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        if (handles[i] == CK_INVALID_HANDLE) {
            return pc_fail(err, PC_E_TOKEN, "C_FindObjects: the module counted %lu objects and returned %lu of them",
                           count, i);
        }
    }
    *ret_count = count;
    return PC_OK;
}

/* An unfinished search would make the next one fail, so a failure to end it is reported, unless an earlier call already
 * failed. */
static pc_status finish(const pc_token *token, pc_status status, pc_error *err)
{
    CK_RV rv = token->functions->C_FindObjectsFinal(token->session);

    return status != PC_OK || rv == CKR_OK ? status : pc_fail_ckr(err, rv, "C_FindObjectsFinal");
}

/* One object may be returned twice; that is not an ambiguity. */
static size_t keep_new(const pc_found *found, CK_OBJECT_HANDLE *fetched, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_known = false;

        for (size_t j = 0; j < found->count + kept && !is_known; j++) {
            is_known = found->items[j] == fetched[i];
        }
        if (!is_known) {
            fetched[kept++] = fetched[i];
        }
    }
    return kept;
}

static pc_status fail_endless(size_t count, pc_error *err)
{
    (void)pc_fail(err, PC_E_TOKEN, "C_FindObjects: the module does not end the search: %zu handles so far", count);
    return pc_hint(err, PC_E_TOKEN, "this is a defect of the module: ask its vendor for a newer version");
}

/* A module may return fewer objects than requested, although there are more: only none, or all that were requested,
 * ends a search (PKCS#11 v2.40 section 5.7, C_FindObjects). */
static pc_status collect_few(const pc_token *token, pc_find_limit limit, pc_found *found, pc_error *err)
{
    CK_ULONG got = 0;
    size_t fetched = 0;

    do {
        PC_TRY(fetch(token, found->items + found->count, limit.max - found->count, &got, err));
        found->count += keep_new(found, found->items + found->count, got);
        fetched += got;
        if (fetched > FETCHED_FEW_MAX) {
            return fail_endless(fetched, err);
        }
    } while (got > 0 && found->count < limit.enough);
    return PC_OK;
}

pc_status pc_objects_find_enough(const pc_token *token, const pc_template *wanted, pc_find_limit limit,
                                 pc_found *ret_found, pc_error *err)
{
    ret_found->count = 0;
    PC_TRY(start(token, wanted, err));
    PC_TRY(finish(token, collect_few(token, limit, ret_found, err), err));
    return ret_found->count ? PC_OK : pc_login_check(token, wanted, err);
}

pc_status pc_objects_find(const pc_token *token, const pc_template *wanted, size_t max, pc_found *ret_found,
                          pc_error *err)
{
    const size_t most = max < PC_FOUND_MAX ? max : PC_FOUND_MAX;

    return pc_objects_find_enough(token, wanted, (pc_find_limit){ .enough = most, .max = most }, ret_found, err);
}

static pc_status append(pc_arena *arena, const CK_OBJECT_HANDLE *batch, size_t count, pc_handles *handles,
                        pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        CK_OBJECT_HANDLE *slot = PC_PUSH(arena, handles->items, handles->count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = batch[i];
    }
    return PC_OK;
}

static pc_status collect(const pc_token *token, pc_arena *arena, pc_handles *handles, pc_error *err)
{
    const int64_t end_msec = pc_monotonic_msec() + PC_SEARCH_MAX_SEC * 1000;
    CK_OBJECT_HANDLE batch[BATCH];
    CK_ULONG got = 0;

    do {
        PC_TRY(fetch(token, batch, BATCH, &got, err));
        PC_TRY(append(arena, batch, got, handles, err));
        if (got > 0 && (handles->count > PC_OBJECTS_MAX || pc_monotonic_msec() > end_msec)) {
            return fail_endless(handles->count, err);
        }
    } while (got > 0);
    return PC_OK;
}

pc_status pc_objects_find_all(const pc_token *token, const pc_template *wanted, pc_arena *arena,
                              pc_handles *ret_handles, pc_error *err)
{
    pc_handles handles = { .count = 0 };

    PC_TRY(start(token, wanted, err));
    pc_status status = finish(token, collect(token, arena, &handles, err), err);

    if (status == PC_OK && handles.count == 0) {
        status = pc_login_check(token, wanted, err);
    }
    if (status == PC_OK) {
        *ret_handles = handles;
    }
    return status;
}
