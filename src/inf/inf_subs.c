/* SPDX-License-Identifier: Apache-2.0 */
/* Sections that a line of another one names: policies, and the names that constraints permit or exclude. */
#include "inf/inf_job.h"

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
    for (size_t i = 0; i < job->sub_count; i++) {
        if (job->subs[i].role == role && pc_span_equal(name, job->subs[i].name)) {
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

static pc_status find_missing(pc_inf_job *job, const pc_inf_entry *entry, const char *name)
{
    const pc_finding head = {
        .id = "inf.missing-section",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "[%s] on a line of its own, and below it what it stands for", name),
    };

    return pc_inf_find(job->inf, &head, "`%s` names the section [%s], which is not in the file",
                       pc_show(entry->key).text, pc_show(name).text);
}

static pc_status add_sub(pc_inf_job *job, const pc_inf_entry *entry, pc_span name, pc_inf_sub_role role)
{
    pc_inf_sub sub = { .head = entry, .role = role, .name = pc_arena_text(job->inf->arena, name.at, name.len) };

    if (!sub.name) {
        return PC_E_MEMORY;
    }
    if (!has_section(job->inf, sub.name)) {
        return find_missing(job, entry, sub.name);
    }
    if (role == PC_INF_SUB_POLICY || role == PC_INF_SUB_APPLICATION_POLICY) {
        pc_policy_statements *list = pc_inf_policies_of(job->request, role);

        sub.policy = list->count;
        if (!PC_PUSH(job->request->arena, list->items, list->count)) {
            return PC_E_MEMORY;
        }
    }
    pc_inf_sub *slot = PC_PUSH(job->inf->arena, job->subs, job->sub_count);

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
        if (job->sub_count >= PC_INF_SUBS_MAX) {
            return pc_inf_bad_value(job, entry, "it names more sections than are taken", "name at most 250 sections");
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
    for (size_t i = 0; i < job->sub_count; i++) {
        if (pc_text_equal(section, job->subs[i].name)) {
            return true;
        }
    }
    return false;
}

pc_status pc_inf_read_sub(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < job->sub_count; i++) {
        const pc_inf_sub *sub = &job->subs[i];
        bool is_policy = sub->role == PC_INF_SUB_POLICY || sub->role == PC_INF_SUB_APPLICATION_POLICY;

        if (pc_text_equal(entry->section, sub->name)) {
            PC_TRY(is_policy ? pc_inf_read_policy_entry(job, sub, entry) : pc_inf_read_constraint(job, sub, entry));
        }
    }
    return PC_OK;
}
