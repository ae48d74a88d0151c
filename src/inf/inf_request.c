/* SPDX-License-Identifier: Apache-2.0 */
/* The request that the sections of a certreq INF file describe together. */
#include <string.h>

#include "base/text.h"
#include "inf/inf_critical.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_key.h"
#include "inf/inf_key_store.h"
#include "inf/inf_mappings.h"
#include "inf/inf_new_request.h"
#include "inf/inf_placeholder.h"
#include "inf/inf_policy.h"
#include "inf/inf_provider.h"
#include "inf/inf_request_type.h"
#include "inf/inf_sections.h"
#include "inf/inf_subject.h"
#include "inf/inf_subs.h"
#include "inf/request_parts.h"

/* A section that another one names, or an unknown one, whose keys may belong in [NewRequest]. */
static pc_status read_without_row(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_stray = false;

    if (pc_inf_is_sub(job, entry->section)) {
        return pc_inf_read_sub(job, entry);
    }
    return pc_inf_is_new_request_key(entry->key) ? pc_inf_check_home(job, entry, &is_stray) : PC_OK;
}

static pc_status read_entry(pc_inf_job *job, const pc_section_row *row, const pc_inf_entry *entry)
{
    if (!row) {
        pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "certreq does not know the section and skips it");
        return entry->key[0] ? read_without_row(job, entry) : PC_OK;
    }
    pc_inf_mean(job, entry, row->effect, row->note);
    if (entry->key[0] == '\0' && row->read) {
        pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "without '=' there is no key in it");
        return PC_OK;
    }
    return row->read ? row->read(job, entry) : PC_OK;
}

/* Entries come section by section, so the reader is looked up only when the section changes. */
static pc_status read_entries(pc_inf_job *job)
{
    const pc_inf *inf = job->inf;
    const pc_section_row *row = NULL;

    for (job->position = 0; job->position < inf->entry_count; job->position++) {
        const pc_inf_entry *entry = &inf->entries[job->position];

        if (job->position == 0 || entry->section != entry[-1].section) {
            row = pc_inf_find_section(entry->section);
        }
        PC_TRY(read_entry(job, row, entry));
        PC_TRY(pc_inf_check_placeholder(job, entry));
    }
    return PC_OK;
}

/* Options of `new` may still add a name, so this is not an error. */
static pc_status find_nobody(pc_inf_job *job)
{
    const pc_request *request = job->request;
    const pc_finding head = {
        .id = "inf.no-name",
        .severity = PC_SEVERITY_WARNING,
        .fix = "add a Subject, or alternative names under [Extensions]",
    };
    bool has_bytes = pc_request_find_raw(request, PC_INF_OID_ALT_NAMES) != NULL;

    if (job->subject.entry && job->subject.entry->value[0]) {
        return PC_OK;
    }
    if (request->alt_name_count || has_bytes || pc_inf_first_error(job->inf)) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "the file has neither a Subject nor alternative names; `p11cert new` then requires --subject or "
                       "--dns");
}

static pc_status finish(pc_inf_job *job)
{
    PC_TRY(pc_inf_finish_key_store(job));
    PC_TRY(pc_inf_finish_subject(job));
    PC_TRY(pc_inf_finish_key(job));
    PC_TRY(pc_inf_finish_provider(job));
    PC_TRY(pc_inf_finish_policies(job));
    PC_TRY(pc_inf_finish_mappings(job));
    PC_TRY(pc_inf_finish_extensions(job));
    return find_nobody(job);
}

static pc_status make_request(pc_inf_job *job)
{
    pc_inf_findings_unseal(job->inf);
    PC_TRY(pc_inf_note_keys(job));
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
                       "\"%s\" has nothing in [NewRequest]; certreq requires at least one key with a "
                       "value",
                       inf->file);
    }
    if (section) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\" has no [NewRequest]: with its section [%s] it is a CAPolicy.inf or a policy file, "
                       "from which no request can be created",
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
    pc_inf_job job = { .inf = inf, .request = request, .said = &said, .subject.options = pc_x500_default };

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
