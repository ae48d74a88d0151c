/* SPDX-License-Identifier: Apache-2.0 */
/* --windows-attributes: what a request claims about a Windows machine. */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "app/request/new.h"
#include "x509/windows_attributes.h"

/* Windows Server 2022; the last number is the platform: VER_PLATFORM_WIN32_NT is 2. */
#define OS_VERSION        "10.0.20348.2"
#define CLIENT_ID_CERTREQ 9u
#define PROCESS           "p11cert"

static const char *user_name(pc_arena *arena)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[4096];

    if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found) {
        return pc_arena_string(arena, found->pw_name);
    }
    return pc_arena_format(arena, "%lu", (unsigned long)getuid());
}

/* The machine that the certificate is for: its CN, else its first DNS name. */
static const char *machine_name(const pc_request *request)
{
    const char *name = pc_request_common_name(request);

    for (size_t i = 0; !name && i < request->alt_name_count; i++) {
        name = request->alt_names[i].kind == PC_ALT_DNS ? request->alt_names[i].text : NULL;
    }
    return name;
}

/* The finding is raised for every value other than the name of exactly one known provider. */
static bool provider_is_known(const pc_new_plan *plan)
{
    for (size_t i = 0; plan->inf && i < plan->inf->findings.count; i++) {
        if (strcmp(plan->inf->findings.items[i].id, "inf.provider-name") == 0) {
            return false;
        }
    }
    return plan->request->provider_name != NULL;
}

/* Key storage providers have no key spec, which is written as 0; for any other provider it must be given. */
static bool key_spec_of(const pc_request *request, unsigned *ret_key_spec)
{
    if (request->has_key_spec) {
        *ret_key_spec = request->key_spec;
        return true;
    }
    *ret_key_spec = 0;
    return request->has_provider_type && request->provider_type == 0;
}

pc_status pc_new_choose_claims(pc_new_plan *plan, pc_error *err)
{
    pc_windows_claims *claims = pc_arena_alloc(plan->arena, sizeof *claims);
    unsigned key_spec = 0;

    if (!claims) {
        return pc_fail_memory(err);
    }
    *claims = (pc_windows_claims){ .os_version = OS_VERSION, .client_id = CLIENT_ID_CERTREQ, .process = PROCESS };
    claims->machine = machine_name(plan->request);
    claims->user = user_name(plan->arena);
    if (provider_is_known(plan) && key_spec_of(plan->request, &key_spec)) {
        claims->provider = plan->request->provider_name;
        claims->key_spec = key_spec;
    }
    plan->claims = claims;
    return claims->user ? PC_OK : pc_fail_memory(err);
}
