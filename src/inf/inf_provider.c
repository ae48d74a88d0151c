/* SPDX-License-Identifier: Apache-2.0 */
/* ProviderName and ProviderType of [NewRequest]: nothing on a token depends on them, but Windows does. */
#include "inf/inf_provider.h"

#include <string.h>

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_report.h"
#include "base/nearest.h"

/* Types: PROV_* of Microsoft's wincrypt.h; 0 is a key storage provider of CNG. */
static const struct {
    const char *name;
    unsigned type;
} providers[] = {
    { "Microsoft RSA SChannel Cryptographic Provider", 12 },
    { "Microsoft Enhanced Cryptographic Provider v1.0", 1 },
    { "Microsoft Base Cryptographic Provider v1.0", 1 },
    { "Microsoft Strong Cryptographic Provider", 1 },
    { "Microsoft Base Smart Card Crypto Provider", 1 },
    { "Microsoft RSA Signature Cryptographic Provider", 2 },
    { "Microsoft Base DSS Cryptographic Provider", 3 },
    { "Microsoft Exchange Cryptographic Provider v1.0", 5 },
    { "Microsoft Base DSS and Diffie-Hellman Cryptographic Provider", 13 },
    { "Microsoft Enhanced DSS and Diffie-Hellman Cryptographic Provider", 13 },
    { "Microsoft DH SChannel Cryptographic Provider", 18 },
    { "Microsoft Enhanced RSA and AES Cryptographic Provider", 24 },
    { "Microsoft Enhanced RSA and AES Cryptographic Provider (Prototype)", 24 },
    { "Microsoft Software Key Storage Provider", 0 },
    { "Microsoft Smart Card Key Storage Provider", 0 },
    { "Microsoft Platform Crypto Provider", 0 },
    { "Microsoft Passport Key Storage Provider", 0 },
};

enum { NONE = -1 };

/* The providers that a value names: the one whose name it is, or those whose names it contains. */
typedef struct {
    bool is_exact;
    size_t count;
    int first;
    int of_type;  /* one that matches ProviderType */
    int off_type; /* one that does not */
} naming;

pc_status pc_inf_read_provider_name(pc_inf_job *job, const pc_inf_entry *entry)
{
    char *name = pc_arena_string(job->request->arena, entry->value);

    if (!name) {
        return PC_E_MEMORY;
    }
    job->store.provider_name = entry;
    job->request->provider_name = name;
    return PC_OK;
}

pc_status pc_inf_read_provider_type(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long type = 0;

    if (!pc_text_to_number(entry->value, 255, &type)) {
        return pc_inf_bad_value(job, entry, "it is not a provider type, which is a number",
                                "write the number, such as 12 for an SChannel provider");
    }
    job->store.provider_type = entry;
    job->request->has_provider_type = true;
    job->request->provider_type = (unsigned)type;
    return PC_OK;
}

static void name_provider(naming *named, int provider, const pc_request *request)
{
    bool fits = !request->has_provider_type || providers[provider].type == request->provider_type;
    int *slot = fits ? &named->of_type : &named->off_type;

    named->count++;
    named->first = named->first == NONE ? provider : named->first;
    *slot = *slot == NONE ? provider : *slot;
}

static naming read_naming(const pc_request *request)
{
    naming named = { .first = NONE, .of_type = NONE, .off_type = NONE };

    for (int i = 0; i < (int)PC_COUNT(providers); i++) {
        if (pc_text_equal(request->provider_name, providers[i].name)) {
            named.is_exact = true;
            name_provider(&named, i, request);
            return named;
        }
    }
    for (int i = 0; i < (int)PC_COUNT(providers); i++) {
        if (strcasestr(request->provider_name, providers[i].name)) {
            name_provider(&named, i, request);
        }
    }
    return named;
}

static const char *best_name(const pc_request *request, const naming *named)
{
    pc_nearest nearest = pc_nearest_to(request->provider_name);

    if (named->first != NONE) {
        return providers[named->of_type != NONE ? named->of_type : named->first].name;
    }
    for (size_t i = 0; i < PC_COUNT(providers); i++) {
        pc_nearest_offer(&nearest, providers[i].name);
    }
    return nearest.best;
}

static pc_status find_name(pc_inf_job *job, const naming *named)
{
    const pc_inf_entry *entry = job->store.provider_name;
    const char *best = best_name(job->request, named);
    pc_finding head = {
        .id = "inf.provider-name",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "check the name with certutil -csplist on the Windows host",
    };

    if (best) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_raw_line_text(job->inf, pc_span_of(entry->key), best));
    }

    return pc_inf_find(job->inf, &head, "\"%s\" %s; certreq would look for a provider of exactly that name",
                       pc_quote(job->request->provider_name).text,
                       named->count > 1 ? "names two providers in one value" : "is not a known Microsoft provider");
}

static pc_status find_type(pc_inf_job *job, const naming *named)
{
    const pc_request *request = job->request;
    const char *given = providers[named->off_type].name;
    const char *matching = named->of_type != NONE ? providers[named->of_type].name : NULL;
    pc_finding head = { .id = "inf.provider-type",
                        .severity = PC_SEVERITY_WARNING,
                        .line = job->store.provider_type->line };

    if (matching) {
        head.fix = pc_inf_fix(job->inf, "write ProviderName = \"%s\", to which ProviderType = %u belongs", matching,
                              request->provider_type);
    } else {
        pc_inf_fix_by_replacing(&head, job->inf, job->store.provider_type,
                                pc_inf_fix(job->inf, "ProviderType = %u", providers[named->off_type].type));
    }
    return pc_inf_find(job->inf, &head, "ProviderType = %u does not match \"%s\", which is of type %u%s%s%s",
                       request->provider_type, given, providers[named->off_type].type,
                       matching ? "; it matches \"" : "", matching ? matching : "", matching ? "\"" : "");
}

pc_status pc_inf_finish_provider(pc_inf_job *job)
{
    if (!job->store.provider_name) {
        return PC_OK;
    }
    naming named = read_naming(job->request);

    if (!named.is_exact) {
        PC_TRY(find_name(job, &named));
    }
    return job->store.provider_type && named.off_type != NONE ? find_type(job, &named) : PC_OK;
}
