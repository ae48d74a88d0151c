/* SPDX-License-Identifier: Apache-2.0 */
/* The request that the sections of a certreq INF make together. */
#include <string.h>

#include "inf/inf_extension.h"
#include "inf/inf_sections.h"
#include "inf/request_parts.h"

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

enum { ATTRIBUTES_COMPARED = 200 }; /* so that a file of thousands is read as quickly as it is long */

/* Above U+FFFF: four bytes of UTF-8. */
static bool has_large_character(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0xf0) {
            return true;
        }
    }
    return false;
}

static pc_status find_given_before(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_request *request = job->request;
    const pc_finding head = {
        .id = "inf.duplicate-key",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "give each name once",
    };

    for (size_t i = 0; i + 1 < request->request_attribute_count && i < ATTRIBUTES_COMPARED; i++) {
        if (pc_text_equal(request->request_attributes[i].name, entry->key)) {
            return pc_inf_find(job->inf, &head,
                               "the request attribute `%s` is given above already; both go into the request, and "
                               "which one counts is for the CA to say",
                               pc_show(entry->key).text);
        }
    }
    return PC_OK;
}

pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_request *request = job->request;

    if (pc_text_equal(entry->key, "_continue_")) {
        return pc_inf_read_continue(job, entry);
    }
    const char *joined = pc_inf_joined_value(job, entry);

    if (joined && (has_large_character(entry->key) || has_large_character(joined))) {
        return pc_inf_bad_value(job, entry,
                                "it holds a character that a BMPString, which these attributes are made of, cannot "
                                "hold",
                                "leave the character out");
    }
    const char *name = pc_arena_string(request->arena, entry->key);
    const char *value = pc_arena_string(request->arena, joined);
    pc_request_attribute *slot =
        name && value ? PC_PUSH(request->arena, request->request_attributes, request->request_attribute_count) : NULL;

    if (!slot) {
        return PC_E_MEMORY;
    }
    pc_inf_mean(job, entry, PC_EFFECT_MAPPED, "a name and value attribute of the request (1.3.6.1.4.1.311.13.2.1)");
    *slot = (pc_request_attribute){ .name = name, .value = value };
    PC_TRY(find_given_before(job, entry));
    return pc_text_equal(entry->key, "SAN") ? find_san_attribute(job, entry, joined) : PC_OK;
}

static pc_status read_entry(pc_inf_job *job, const pc_section_row *row, const pc_inf_entry *entry)
{
    if (!row) {
        pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "certreq does not know the section and skips it");
        return entry->key[0] ? pc_inf_read_sub(job, entry) : PC_OK;
    }
    pc_inf_mean(job, entry, row->effect, row->note);
    if (entry->key[0] == '\0' && row->read) {
        pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "without '=' there is no key in it");
        return PC_OK;
    }
    return row->read ? row->read(job, entry) : PC_OK;
}

/* Entries come section by section, so the reader is looked up only where the section changes. */
static pc_status read_entries(pc_inf_job *job)
{
    const pc_inf *inf = job->inf;
    const pc_section_row *row = NULL;

    for (job->at = 0; job->at < inf->entry_count; job->at++) {
        const pc_inf_entry *entry = &inf->entries[job->at];

        if (job->at == 0 || entry->section != entry[-1].section) {
            row = pc_inf_find_section(entry->section);
        }
        PC_TRY(read_entry(job, row, entry));
    }
    return PC_OK;
}

/* Flags of `new` may still add a name, so this is no error. */
static pc_status find_nobody(pc_inf_job *job)
{
    const pc_request *request = job->request;
    const pc_finding head = {
        .id = "inf.no-name",
        .severity = PC_SEVERITY_WARNING,
        .fix = "Subject = \"CN=server.example.com\"",
    };
    bool has_bytes = pc_request_find_raw(request, PC_INF_OID_ALT_NAMES) != NULL;

    if (job->subject && job->subject->value[0]) {
        return PC_OK;
    }
    if (request->alt_name_count || has_bytes || pc_inf_first_error(job->inf)) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "the file names nobody: it has neither a Subject nor alternative names; "
                       "`p11cert new` then wants --subject or --dns");
}

static pc_status finish(pc_inf_job *job)
{
    PC_TRY(pc_inf_finish_new_request(job));
    PC_TRY(pc_inf_finish_subject(job));
    PC_TRY(pc_inf_finish_key(job));
    PC_TRY(pc_inf_finish_provider(job));
    PC_TRY(pc_inf_finish_policies(job));
    PC_TRY(pc_inf_finish_extensions(job));
    return find_nobody(job);
}

static pc_status make_request(pc_inf_job *job)
{
    pc_inf_findings_unseal(job->inf);
    pc_inf_look_for_request_type(job);
    PC_TRY(pc_inf_name_subs(job));
    for (size_t i = 0; i < job->inf->section_count; i++) {
        PC_TRY(pc_inf_judge_section(job, i));
    }
    PC_TRY(read_entries(job));
    PC_TRY(finish(job));
    return pc_inf_findings_seal(job->inf);
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

static const char *policy_section(const pc_inf *inf)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        const pc_section_row *row = pc_inf_find_section(inf->sections[i]);

        if (row && row->is_policy) {
            return inf->sections[i];
        }
    }
    return NULL;
}

pc_inf_kind pc_inf_kind_of(const pc_inf *inf)
{
    if (has_new_request(inf)) {
        return says_something(inf) || pc_inf_first_error(inf) ? PC_INF_REQUEST : PC_INF_NONE;
    }
    return policy_section(inf) ? PC_INF_CA_POLICY : PC_INF_NONE;
}

pc_status pc_inf_refuse(const pc_inf *inf, pc_error *err)
{
    const char *section = policy_section(inf);

    if (has_new_request(inf)) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\" has nothing in [NewRequest]; certreq wants at least one key with a "
                       "value",
                       inf->file);
    }
    if (section) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\" has no [NewRequest]: with its section [%s] it is a CAPolicy.inf or a policy file, "
                       "from which no request can be made",
                       inf->file, section);
    }
    for (size_t i = 0; i < inf->section_count; i++) {
        if (pc_text_distance(inf->sections[i], "NewRequest") <= 3) {
            return pc_fail(err, PC_E_INPUT, "\"%s\" has no [NewRequest]; is [%s] on line %u meant to be it?", inf->file,
                           inf->sections[i], inf->section_lines[i]);
        }
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" has no [NewRequest], the section that says what to request", inf->file);
}

pc_status pc_inf_make_request(pc_inf *inf, pc_inf_said *ret_said, pc_request **ret_request, pc_error *err)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();
    pc_inf_said said = { .meanings = pc_arena_alloc(inf->arena, (inf->entry_count + 1) * sizeof *said.meanings) };
    pc_inf_job job = { .inf = inf, .request = request, .said = &said, .subject_options = pc_x500_default };

    if (!request || !said.meanings || make_request(&job) != PC_OK) {
        return pc_fail_memory(err);
    }
    *ret_said = said;
    *ret_request = PC_TAKE(request);
    return PC_OK;
}

pc_status pc_inf_to_request(pc_inf *inf, pc_request **ret_request, pc_error *err)
{
    pc_inf_said said = { .meanings = NULL };

    if (pc_inf_kind_of(inf) != PC_INF_REQUEST) {
        return pc_inf_refuse(inf, err);
    }
    return pc_inf_make_request(inf, &said, ret_request, err);
}
