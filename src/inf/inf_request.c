/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a certreq INF, and the request that they make together. */
#include <string.h>

#include "inf/inf_job.h"
#include "inf/nearest.h"

typedef enum {
    SECTION_READ,         /* by its reader; none: it needs no more than the grammar */
    SECTION_UNSUPPORTED,  /* shapes a request, and is not built here yet */
    SECTION_OF_CA,        /* read when a CA is set up, not for a request */
    SECTION_PROPERTIES,   /* shapes the stored certificate on Windows */
} section_use;

static const struct section_row {
    const char *name;
    section_use use;
    pc_inf_reader read;
} sections[] = {
    { "NewRequest", SECTION_READ, pc_inf_read_new_request },
    { "EnhancedKeyUsageExtension", SECTION_READ, pc_inf_read_eku_section },
    { "Extensions", SECTION_READ, pc_inf_read_extensions },
    { "RequestAttributes", SECTION_READ, pc_inf_read_attribute },
    { "Version", SECTION_READ, NULL },
    { "Strings", SECTION_READ, NULL },
    { "ApplicationPolicyStatementExtension", SECTION_UNSUPPORTED, NULL },
    { "PolicyStatementExtension", SECTION_UNSUPPORTED, NULL },
    { "BasicConstraintsExtension", SECTION_UNSUPPORTED, NULL },
    { "NameConstraintsExtension", SECTION_UNSUPPORTED, NULL },
    { "PolicyMappingsExtension", SECTION_UNSUPPORTED, NULL },
    { "ApplicationPolicyMappingsExtension", SECTION_UNSUPPORTED, NULL },
    { "PolicyConstraintsExtension", SECTION_UNSUPPORTED, NULL },
    { "ApplicationPolicyConstraintsExtension", SECTION_UNSUPPORTED, NULL },
    { "CrossCertificateDistributionPointsExtension", SECTION_UNSUPPORTED, NULL },
    { "CRLDistributionPoint", SECTION_UNSUPPORTED, NULL },
    { "AuthorityInformationAccess", SECTION_UNSUPPORTED, NULL },
    { "certsrv_server", SECTION_OF_CA, NULL },
    { "CAPolicy", SECTION_OF_CA, NULL },
    { "Properties", SECTION_PROPERTIES, NULL },
};

static const struct section_row *find_section(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(sections); i++) {
        if (pc_text_equal(name, sections[i].name)) {
            return &sections[i];
        }
    }
    return NULL;
}

static pc_status find_unknown_section(pc_inf *inf, size_t at)
{
    pc_nearest nearest = pc_nearest_to(inf->sections[at]);

    for (size_t i = 0; i < PC_COUNT(sections) && !pc_inf_find_is_full(inf, PC_SEVERITY_WARNING); i++) {
        pc_nearest_offer(&nearest, sections[i].name);
    }
    const pc_finding head = {
        .id = "inf.unknown-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = nearest.best ? pc_inf_fix(inf, "[%s]", nearest.best) : "leave the section out",
    };

    return pc_inf_find(inf, &head, "certreq does not know the section [%s] and skips it%s%s%s",
                       pc_show(inf->sections[at]).text, nearest.best ? "; the nearest that it knows is [" : "",
                       nearest.best ? nearest.best : "", nearest.best ? "]" : "");
}

static pc_status find_ca_section(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.unknown-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = "leave the section out",
    };

    return pc_inf_find(inf, &head, "[%s] is for setting up a CA; certreq -new skips it", inf->sections[at]);
}

static pc_status find_unsupported_section(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.section-unsupported",
        .severity = PC_SEVERITY_ERROR,
        .line = inf->section_lines[at],
        .fix = "leave the section out if the CA sets the extension itself",
    };

    return pc_inf_find(inf, &head,
                       "[%s] asks for an extension that is not made here yet; without it the request would not be what "
                       "the file asks for",
                       inf->sections[at]);
}

static pc_status find_properties(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = "leave the section out",
    };

    return pc_inf_find(inf, &head, "not honoured here: [Properties] on line %u sets properties of the certificate in "
                       "the Windows store, which a request does not hold", inf->section_lines[at]);
}

static pc_status judge_section(pc_inf *inf, size_t at)
{
    static pc_status (*const judges[])(pc_inf *, size_t) = {
        [SECTION_UNSUPPORTED] = find_unsupported_section,
        [SECTION_OF_CA] = find_ca_section,
        [SECTION_PROPERTIES] = find_properties,
    };
    const struct section_row *row = find_section(inf->sections[at]);

    if (!row) {
        return find_unknown_section(inf, at);
    }
    return judges[row->use] ? judges[row->use](inf, at) : PC_OK;
}

static pc_status find_san_attribute(pc_inf_job *job, const pc_inf_entry *entry, const char *value)
{
    const pc_finding head = {
        .id = "inf.san-attribute",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "[Extensions] and below it 2.5.29.17 = \"{text}%s\"", value),
    };

    return pc_inf_find(job->inf, &head,
                       "names in the attribute SAN are taken only by a CA with EDITF_ATTRIBUTESUBJECTALTNAME2, which "
                       "lets any requester choose any name and should be off; other CAs leave them out");
}

pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_request *request = job->request;

    if (pc_text_equal(entry->key, "_continue_")) {
        return pc_inf_read_continue(job, entry);
    }
    const char *joined = entry->key[0] ? pc_inf_joined_value(job, entry) : "";

    if (!joined || entry->key[0] == '\0') {
        return joined ? PC_OK : PC_E_MEMORY;
    }
    const char *name = pc_arena_string(request->arena, entry->key);
    const char *value = pc_arena_string(request->arena, joined);
    pc_request_attribute *slot = name && value ? PC_PUSH(request->arena, request->attributes, request->attribute_count)
                                               : NULL;

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = (pc_request_attribute){ .name = name, .value = value };
    return pc_text_equal(entry->key, "SAN") ? find_san_attribute(job, entry, joined) : PC_OK;
}

/* Entries come section by section, so the reader is looked up only where the section changes. */
static pc_status read_entries(pc_inf_job *job)
{
    const pc_inf *inf = job->inf;
    const struct section_row *row = NULL;

    for (job->at = 0; job->at < inf->entry_count; job->at++) {
        const pc_inf_entry *entry = &inf->entries[job->at];

        if (job->at == 0 || entry->section != entry[-1].section) {
            row = find_section(entry->section);
        }
        if (row && row->read) {
            PC_TRY(row->read(job, entry));
        }
    }
    return PC_OK;
}

static pc_status make_request(pc_inf_job *job)
{
    pc_inf_findings_unseal(job->inf);
    for (size_t i = 0; i < job->inf->section_count; i++) {
        PC_TRY(judge_section(job->inf, i));
    }
    PC_TRY(read_entries(job));
    PC_TRY(pc_inf_finish_new_request(job));
    PC_TRY(pc_inf_finish_key(job));
    PC_TRY(pc_inf_finish_provider(job));
    PC_TRY(pc_inf_finish_ekus(job));
    return pc_inf_findings_seal(job->inf);
}

/* What a file without [NewRequest] is instead. */
static pc_status refuse(const pc_inf *inf, pc_error *err)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        const struct section_row *row = find_section(inf->sections[i]);

        if (row && (row->use == SECTION_OF_CA || row->use == SECTION_UNSUPPORTED)) {
            return pc_fail(err, PC_E_INPUT,
                           "\"%s\" has no [NewRequest]: with its section [%s] it is a CAPolicy.inf or a policy file, "
                           "from which no request can be made", inf->file, inf->sections[i]);
        }
    }
    for (size_t i = 0; i < inf->section_count; i++) {
        if (pc_text_distance(inf->sections[i], "NewRequest") <= 3) {
            return pc_fail(err, PC_E_INPUT, "\"%s\" has no [NewRequest]; is [%s] on line %u meant to be it?", inf->file,
                           inf->sections[i], inf->section_lines[i]);
        }
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" has no [NewRequest], the section that says what to request", inf->file);
}

static bool has_new_request(const pc_inf *inf)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        if (pc_text_equal(inf->sections[i], "NewRequest")) {
            return true;
        }
    }
    return false;
}

static bool says_something(const pc_inf *inf)
{
    for (size_t i = 0; i < inf->entry_count; i++) {
        const pc_inf_entry *entry = &inf->entries[i];

        if (entry->key[0] && entry->value[0] && pc_text_equal(entry->section, "NewRequest")) {
            return true;
        }
    }
    return false;
}

pc_status pc_inf_to_request(pc_inf *inf, pc_request **ret_request, pc_error *err)
{
    PC_AUTO(pc_request) pc_request *request = NULL;

    if (!has_new_request(inf)) {
        return refuse(inf, err);
    }
    if (!says_something(inf) && !pc_inf_first_error(inf)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has nothing in [NewRequest]; certreq wants at least one key with a "
                       "value", inf->file);
    }
    request = pc_request_new();
    pc_inf_job job = { .inf = inf, .request = request };

    if (!request || make_request(&job) != PC_OK) {
        return pc_fail_memory(err);
    }
    *ret_request = PC_TAKE(request);
    return PC_OK;
}
