/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/request.h>

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "inf/alt_name.h"
#include "inf/request_parts.h"
#include "inf/quoted.h"

/* More than any CA takes; with it, looking for duplicates one by one stays quick on any input. */
enum { MAX_ALT_NAMES = 1000, MAX_EKUS = 250, MAX_RAW = 250 };

pc_request *pc_request_new(void)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_request *request = arena ? pc_arena_alloc(arena, sizeof *request) : NULL;

    if (!request) {
        return NULL;
    }
    request->subject_text = "";
    request->key_kind = PC_KEY_RSA_2048;
    request->digest = PC_DIGEST_SHA256;
    request->arena = PC_TAKE(arena);
    return request;
}

void pc_request_free(pc_request *request)
{
    if (request) {
        pc_arena_free(request->arena);
    }
}

pc_status pc_request_set_subject_by(pc_request *request, const char *x500, const pc_x500_options *options,
                                    pc_error *err)
{
    pc_name name = { 0 };

    PC_TRY(pc_x500_parse(request->arena, x500, options, &name, err));
    const char *text = pc_arena_string(request->arena, x500);

    if (!text) {
        return pc_fail_memory(err);
    }
    request->subject = name;
    request->subject_text = text;
    return PC_OK;
}

pc_status pc_request_set_subject(pc_request *request, const char *x500, pc_error *err)
{
    return pc_request_set_subject_by(request, x500, &pc_x500_default, err);
}

pc_status pc_request_push_alt_name(pc_request *request, const pc_alt_name *name, pc_error *err)
{
    if (request->alt_name_count >= MAX_ALT_NAMES) {
        return pc_fail(err, PC_E_INPUT, "there are more than %d alternative names", MAX_ALT_NAMES);
    }
    for (size_t i = 0; i < request->alt_name_count; i++) {
        if (pc_alt_name_same(&request->alt_names[i], name)) {
            return PC_OK;
        }
    }
    pc_alt_name *slot = PC_PUSH(request->arena, request->alt_names, request->alt_name_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = *name;
    return PC_OK;
}

pc_status pc_request_add_alt_name(pc_request *request, pc_alt_name_kind kind, const char *text, pc_error *err)
{
    pc_alt_name name = { 0 };

    PC_TRY(pc_alt_name_read(request->arena, kind, text, &name, err));
    return pc_request_push_alt_name(request, &name, err);
}

pc_raw_extension *pc_request_find_raw(const pc_request *request, const char *oid)
{
    for (size_t i = 0; i < request->raw_extension_count; i++) {
        if (strcmp(request->raw_extensions[i].oid, oid) == 0) {
            return &request->raw_extensions[i];
        }
    }
    return NULL;
}

pc_status pc_request_add_raw(pc_request *request, const pc_raw_extension *raw, pc_error *err)
{
    if (request->raw_extension_count >= MAX_RAW) {
        return pc_fail(err, PC_E_INPUT, "there are more than %d extensions", MAX_RAW);
    }
    pc_raw_extension *slot = PC_PUSH(request->arena, request->raw_extensions, request->raw_extension_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = *raw;
    return PC_OK;
}

pc_status pc_request_add_eku(pc_request *request, const char *oid, pc_error *err)
{
    if (!pc_text_is_oid(oid)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a dotted object identifier such as " PC_OID_SERVER_AUTH,
                       pc_quote(oid).text);
    }
    if (request->eku_count >= MAX_EKUS) {
        return pc_fail(err, PC_E_INPUT, "there are more than %d extended key usages", MAX_EKUS);
    }
    for (size_t i = 0; i < request->eku_count; i++) {
        if (strcmp(request->ekus[i], oid) == 0) {
            return PC_OK;
        }
    }
    const char *copy = pc_arena_string(request->arena, oid);
    const char **slot = copy ? PC_PUSH(request->arena, request->ekus, request->eku_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = copy;
    return PC_OK;
}

const char *pc_request_common_name(const pc_request *request)
{
    for (size_t i = 0; i < request->subject.count; i++) {
        const pc_rdn *rdn = &request->subject.rdns[i];

        for (size_t j = 0; j < rdn->count; j++) {
            const pc_name_attribute *each = &rdn->attributes[j];

            if (each->form == PC_VALUE_TEXT && strcmp(each->oid, PC_X500_OID_COMMON_NAME) == 0) {
                return each->text;
            }
        }
    }
    return NULL;
}
