/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/protocol.h"

#include <string.h>

static const pc_ca_protocol *const protocols[] = {
    &pc_ca_certsrv, &pc_ca_est, &pc_ca_cmp, &pc_ca_cep, &pc_ca_ces,
};

bool pc_ca_can(const pc_ca_protocol *protocol, pc_ca_capability capability)
{
    return (protocol->capabilities & capability) != 0;
}

pc_status pc_ca_check_login_key(const pc_ca_protocol *protocol, EVP_PKEY *key, pc_error *err)
{
    return protocol->check_login_key ? protocol->check_login_key(key, err) : PC_OK;
}

const pc_ca_protocol *pc_ca_protocol_named(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(protocols); i++) {
        if (!name || strcmp(name, protocols[i]->name) == 0) {
            return protocols[i];
        }
    }
    return NULL;
}

pc_status pc_ca_note_lost(const pc_wire *wire, pc_status status, pc_error *err)
{
    return status == PC_E_CA && pc_wire_may_have_arrived(wire)
               ? pc_note(err, status,
                         "submitting the request failed, but the CA may have received it: check there before you "
                         "submit it again")
               : status;
}

static const pc_ca_protocol *protocol_by_path(const char *path)
{
    for (size_t i = 0; i < PC_COUNT(protocols); i++) {
        if (protocols[i]->recognises(path)) {
            return protocols[i];
        }
    }
    return NULL;
}

static const char *names(pc_arena *arena)
{
    const char *list = "";

    for (size_t i = 0; list && i < PC_COUNT(protocols); i++) {
        list = pc_arena_format(arena, "%s%s%s", list, i ? ", " : "", protocols[i]->name);
    }
    return list;
}

static pc_status fail_unknown(pc_arena *arena, const pc_ca_access *access, pc_error *err)
{
    const char *list = names(arena);

    if (!list) {
        return pc_fail_memory(err);
    }
    if (access->protocol) {
        (void)pc_fail(err, PC_E_USAGE, "there is no enrolment protocol \"%s\"", access->protocol);
    } else {
        (void)pc_fail(err, PC_E_USAGE, "the path of \"%s\" does not show which enrolment protocol the CA speaks there",
                      access->url);
    }
    return pc_hint(err, PC_E_USAGE, "name one with `protocol`: %s; ask the CA's administrator which one it is", list);
}

static pc_status choose(pc_arena *arena, const pc_ca_access *access, const pc_ca_protocol **ret_protocol, pc_error *err)
{
    const char *path = NULL;

    PC_TRY(pc_address_path(arena, access->url, &path, err));
    const pc_ca_protocol *protocol = access->protocol ? pc_ca_protocol_named(access->protocol) : protocol_by_path(path);

    if (!protocol) {
        return fail_unknown(arena, access, err);
    }
    *ret_protocol = protocol;
    return PC_OK;
}

pc_status pc_ca_target_of(pc_arena *arena, const pc_ca_access *access, pc_ca_target *ret_target, pc_error *err)
{
    pc_ca_target target = { .protocol = NULL };

    PC_TRY(choose(arena, access, &target.protocol, err));
    PC_TRY(pc_address_of_ca(arena, access, &target.protocol->form, &target.address, err));
    *ret_target = target;
    return PC_OK;
}
