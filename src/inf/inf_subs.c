/* SPDX-License-Identifier: Apache-2.0 */
/* Sections that a line of another section names: policies, and the names that constraints permit or exclude. */
#include "inf/inf_subs.h"

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_name_constraints.h"
#include "inf/inf_list.h"
#include "inf/inf_policy.h"
#include "inf/inf_report.h"

enum { SUBS_MAX = 250 };

static const struct {
    const char *section;
    const char *key;
    pc_inf_sub_role role;
} heads[] = {
    { "PolicyStatementExtension", "Policies", PC_INF_SUB_POLICY },
    { "ApplicationPolicyStatementExtension", "Policies", PC_INF_SUB_APPLICATION_POLICY },
    { "NameConstraintsExtension", "Include", PC_INF_SUB_PERMITTED },
    { "NameConstraintsExtension", "Exclude", PC_INF_SUB_EXCLUDED },
};

static bool is_named(const pc_inf_job *job, pc_span name, pc_inf_sub_role role)
{
    for (size_t i = 0; i < job->subs.count; i++) {
        if (job->subs.items[i].role == role && pc_span_equal(name, job->subs.items[i].name)) {
            return true;
        }
    }
    return false;
}

static bool has_section(const pc_inf *inf, const char *name)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        if (pc_text_equal(inf->sections[i], name)) {
            return true;
        }
    }
    return false;
}

/* Does the name consist of names of sections, with blanks where commas are missing? */
static bool are_sections(const pc_inf *inf, pc_span name)
{
    while (name.len) {
        size_t len = 0;

        while (len < name.len && !pc_is_space(name.start[len])) {
            len++;
        }
        const char *word = pc_arena_text(inf->arena, name.start, len);

        if (!word || !has_section(inf, word)) {
            return false;
        }
        name = pc_span_trim((pc_span){ .start = name.start + len, .len = name.len - len });
    }
    return true;
}

static pc_status find_missing(pc_inf_job *job, const pc_inf_entry *entry, const char *name)
{
    const pc_finding head = {
        .id = "inf.missing-section",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "add the section [%s], or remove the name", name),
    };

    return pc_inf_find(job->inf, &head, "`%s` names the section [%s], which is not in the file",
                       pc_quote(entry->key).text, pc_quote(name).text);
}

static pc_status add_sub(pc_inf_job *job, const pc_inf_entry *entry, pc_span name, pc_inf_sub_role role)
{
    pc_inf_sub sub = { .head = entry, .role = role, .name = pc_arena_text(job->inf->arena, name.start, name.len) };

    if (!sub.name) {
        return PC_E_MEMORY;
    }
    if (!has_section(job->inf, sub.name)) {
        return are_sections(job->inf, name)
                   ? pc_inf_missing_comma(job, entry, name, "a ',' is missing between two names of sections")
                   : find_missing(job, entry, sub.name);
    }
    if (role == PC_INF_SUB_POLICY || role == PC_INF_SUB_APPLICATION_POLICY) {
        pc_policy_statements *list = pc_inf_policies_of(job->request, role);

        sub.policy = list->count;
        if (!PC_PUSH(job->request->arena, list->items, list->count)) {
            return PC_E_MEMORY;
        }
    }
    pc_inf_sub *slot = PC_PUSH(job->inf->arena, job->subs.items, job->subs.count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = sub;
    return PC_OK;
}

static pc_status name_all(pc_inf_job *job, const pc_inf_entry *entry, pc_inf_sub_role role)
{
    const char *list = entry->value;
    pc_span item = { .len = 0 };

    while (pc_inf_next_item(&list, &item) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        if (is_named(job, item, role)) {
            continue;
        }
        if (job->subs.count >= SUBS_MAX) {
            return pc_inf_bad_value(job, entry, "it names more than 250 sections", "name at most 250 sections");
        }
        PC_TRY(add_sub(job, entry, item, role));
    }
    return PC_OK;
}

pc_status pc_inf_name_subs(pc_inf_job *job)
{
    for (size_t i = 0; i < job->inf->entry_count; i++) {
        const pc_inf_entry *entry = &job->inf->entries[i];

        for (size_t j = 0; j < PC_COUNT(heads); j++) {
            if (pc_text_equal(entry->key, heads[j].key) && pc_text_equal(entry->section, heads[j].section)) {
                PC_TRY(name_all(job, entry, heads[j].role));
            }
        }
    }
    return PC_OK;
}

bool pc_inf_is_sub(const pc_inf_job *job, const char *section)
{
    for (size_t i = 0; i < job->subs.count; i++) {
        if (pc_text_equal(section, job->subs.items[i].name)) {
            return true;
        }
    }
    return false;
}

pc_status pc_inf_read_sub(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < job->subs.count; i++) {
        const pc_inf_sub *sub = &job->subs.items[i];
        bool is_policy = sub->role == PC_INF_SUB_POLICY || sub->role == PC_INF_SUB_APPLICATION_POLICY;

        if (pc_text_equal(entry->section, sub->name)) {
            PC_TRY(is_policy ? pc_inf_read_policy_entry(job, sub, entry) : pc_inf_read_constraint(job, sub, entry));
        }
    }
    return PC_OK;
}
