/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate policies and application policies: [PolicyStatementExtension] and the sections that it names. */
#include "inf/inf_policy.h"

#include <string.h>

#include "inf/alt_name.h"
#include "inf/alt_text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_claims.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_joined.h"
#include "inf/inf_report.h"
#include "inf/run_on.h"
#include "base/nearest.h"

enum { MAX_POLICIES = 250, MAX_QUALIFIERS = 100 };

pc_policy_statements *pc_inf_policies_of(pc_request *request, pc_inf_sub_role role)
{
    return role == PC_INF_SUB_POLICY ? &request->policies : &request->application_policies;
}

static pc_status add_text(pc_request *request, const char ***texts, size_t *count, const char *text)
{
    const char *copy = pc_arena_string(request->arena, text);
    const char **slot = copy ? pc_arena_push(request->arena, texts, count, sizeof *slot) : NULL;

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = copy;
    return PC_OK;
}

static pc_status set_oid(pc_inf_job *job, pc_policy_statement *policy, const pc_inf_entry *entry, const char *text)
{
    if (!pc_text_is_oid(text)) {
        return pc_inf_bad_value(job, entry, "the OID of the policy is not a dotted object identifier",
                                "write the dotted object identifier of the policy");
    }
    if (policy->oid) {
        return pc_inf_bad_value(job, entry, "the policy already has an OID", "give each policy its own section");
    }
    policy->oid = pc_arena_string(job->request->arena, text);
    return policy->oid ? PC_OK : PC_E_MEMORY;
}

static pc_status add_url(pc_inf_job *job, pc_policy_statement *policy, const pc_inf_entry *entry, const char *text)
{
    pc_error why = { 0 };
    pc_alt_name checked = { .text = NULL };
    pc_status status = pc_alt_name_read(job->inf->arena, PC_ALT_URI, text, &checked, &why);

    if (status == PC_OK && policy->url_count >= MAX_QUALIFIERS) {
        return pc_inf_bad_value(job, entry, "there are too many", "keep one URL for each policy");
    }
    return status == PC_OK ? add_text(job->request, &policy->urls, &policy->url_count, text)
           : status == PC_E_INPUT
               ? pc_inf_bad_value(job, entry, why.frames[0], "write the whole URI, with its scheme such as https:")
               : status;
}

static pc_status add_notice(pc_inf_job *job, pc_policy_statement *policy, const pc_inf_entry *entry, const char *text)
{
    if (text[0] == '\0' || policy->notice_count >= MAX_QUALIFIERS || !pc_text_is_utf8(text, strlen(text))) {
        return pc_inf_bad_value(job, entry, "the notice is empty, is not UTF-8, or there are too many",
                                "write a text, or remove the line");
    }
    return add_text(job->request, &policy->notices, &policy->notice_count, text);
}

static const struct {
    const char *key;
    pc_status (*read)(pc_inf_job *job, pc_policy_statement *policy, const pc_inf_entry *entry, const char *text);
    const char *note;
} parts[] = {
    { "OID", set_oid, "the OID of the policy that the section describes" },
    { "URL", add_url, "where the policy can be read (a CPS pointer)" },
    { "Notice", add_notice, "a text that is shown with the certificate (a user notice)" },
};

pc_status pc_inf_read_policy_entry(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry)
{
    pc_policy_statement *policy = &pc_inf_policies_of(job->request, sub->role)->items[sub->policy];
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(parts); i++) {
        if (pc_text_equal(entry->key, parts[i].key)) {
            pc_inf_mean(job, entry, PC_EFFECT_HONOURED, parts[i].note);
            return parts[i].read(job, policy, entry, entry->value);
        }
        pc_nearest_offer(&nearest, parts[i].key);
    }
    return pc_inf_stray_key(job, entry, nearest.best);
}

static pc_status find_text(pc_inf_job *job, const pc_inf_entry *entry, pc_span part)
{
    const pc_finding head = {
        .id = "inf.policy",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "write the policies as {text}OID=…&URL=…&Notice=…, each beginning with its OID",
    };

    return pc_inf_find(job->inf, &head, "\"%s\" is not a part of policies: OID=, and after it URL= or Notice=",
                       pc_quote_span(part).text);
}

/* Two parts run together. */
static pc_status find_run_on(pc_inf_job *job, const pc_inf_entry *entry, const char *text, const char *place)
{
    pc_finding head = { .id = "inf.policy", .severity = PC_SEVERITY_ERROR, .line = entry->line };
    const pc_inf_places places = { .offsets = { pc_inf_joined_offset(job, entry, text, place) }, .count = 1 };

    pc_inf_fix_by_separating(&head, job, entry, &places, "&");
    return pc_inf_find(job->inf, &head, "a '&' is missing before \"%s\" in the policies", pc_quote(place).text);
}

static pc_status add_part(pc_inf_job *job, const pc_inf_entry *entry, size_t row, pc_span value,
                          pc_policy_statements *list)
{
    const char *text = pc_arena_text(job->inf->arena, value.start, value.len);

    if (!text || (row == 0 && !PC_PUSH(job->request->arena, list->items, list->count))) {
        return PC_E_MEMORY;
    }
    return parts[row].read(job, &list->items[list->count - 1], entry, text);
}

/* The kind of the part, or the number of kinds if it is none of them; and its value. */
static size_t row_of(pc_span part, const pc_policy_statements *list, pc_span *ret_value)
{
    const char *equals = memchr(part.start, '=', part.len);
    size_t key_len = equals ? (size_t)(equals - part.start) : part.len;
    pc_span key = pc_span_trim((pc_span){ .start = part.start, .len = key_len });
    size_t row = 0;

    while (row < PC_COUNT(parts) && !(equals && pc_span_equal(key, parts[row].key))) {
        row++;
    }
    if (row == PC_COUNT(parts) || (row == 0 ? list->count >= MAX_POLICIES : list->count == 0)) {
        return PC_COUNT(parts);
    }
    *ret_value = pc_span_trim((pc_span){ .start = equals + 1, .len = part.len - key_len - 1 });
    return row;
}

pc_status pc_inf_read_policy_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text,
                                  pc_policy_statements *list)
{
    const char *rest = text;
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&rest, &part) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        pc_span value = { .len = 0 };
        size_t row = row_of(part, list, &value);
        const char *run_on =
            row < PC_COUNT(parts) ? pc_run_on_policy(value, pc_text_equal(parts[row].key, "URL")) : NULL;

        if (run_on) {
            return find_run_on(job, entry, text, run_on);
        }
        PC_TRY(row < PC_COUNT(parts) ? add_part(job, entry, row, value, list) : find_text(job, entry, part));
    }
    return list->count ? PC_OK : find_text(job, entry, pc_span_of(""));
}

/* Only a similar key is suggested. */
static const char *near_head(const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    pc_nearest_offer(&nearest, "Policies");
    pc_nearest_offer(&nearest, "Critical");
    return nearest.best;
}

static pc_status read_head(pc_inf_job *job, const pc_inf_entry *entry, const char *oid, pc_policy_statements *list)
{
    pc_wish wish = PC_WISH_SILENT;
    bool is_first = true;

    if (pc_text_equal(entry->key, "Policies")) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "the sections that describe the policies");
        return pc_inf_claim_extension(job, oid, entry, &is_first);
    }
    if (!pc_text_equal(entry->key, "Critical")) {
        return pc_inf_stray_key(job, entry, near_head(entry));
    }
    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "whether the extension is critical");
    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    list->critical = list->critical || wish == PC_WISH_YES;
    return PC_OK;
}

pc_status pc_inf_read_policies(pc_inf_job *job, const pc_inf_entry *entry)
{
    return read_head(job, entry, PC_INF_OID_POLICIES, &job->request->policies);
}

pc_status pc_inf_read_application_policies(pc_inf_job *job, const pc_inf_entry *entry)
{
    return read_head(job, entry, PC_INF_OID_APPLICATION_POLICIES, &job->request->application_policies);
}

static pc_status find_without_oid(pc_inf_job *job, const pc_inf_sub *sub)
{
    const pc_finding head = {
        .id = "inf.policy",
        .severity = PC_SEVERITY_ERROR,
        .line = sub->head->line,
        .fix = pc_inf_fix(job->inf, "add OID = with the dotted object identifier of the policy to [%s]", sub->name),
    };

    return pc_inf_find(job->inf, &head, "the section of the policy \"%s\" has no OID", pc_quote(sub->name).text);
}

/* A policy without an OID cannot be encoded, so it is taken out of the request. */
static void drop_without_oid(pc_policy_statements *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].oid) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

pc_status pc_inf_finish_policies(pc_inf_job *job)
{
    for (size_t i = 0; i < job->subs.count; i++) {
        const pc_inf_sub *sub = &job->subs.items[i];
        bool is_policy = sub->role == PC_INF_SUB_POLICY || sub->role == PC_INF_SUB_APPLICATION_POLICY;

        if (is_policy && !pc_inf_policies_of(job->request, sub->role)->items[sub->policy].oid) {
            PC_TRY(find_without_oid(job, sub));
        }
    }
    drop_without_oid(&job->request->policies);
    drop_without_oid(&job->request->application_policies);
    return PC_OK;
}
