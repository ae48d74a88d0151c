/* SPDX-License-Identifier: Apache-2.0 */
/* Decided once all extensions are known: which are critical, and that none appears twice. */
#include "inf/inf_critical.h"

#include <string.h>

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_eku.h"
#include "inf/inf_extension.h"
#include "inf/inf_key_usage.h"
#include "inf/inf_list.h"
#include "inf/request_parts.h"

/* Each returns false if the request has no such extension. */
typedef bool (*marker)(pc_request *request);

static bool mark_key_usage(pc_request *request)
{
    request->key_usage_not_critical = false;
    return request->has_key_usage;
}

static bool mark_alt_names(pc_request *request)
{
    request->alt_names_critical = true;
    return request->alt_name_count > 0;
}

static bool mark_eku(pc_request *request)
{
    request->eku_critical = true;
    return request->eku_count > 0;
}

static bool mark_basic_constraints(pc_request *request)
{
    request->basic_constraints.critical = true;
    return request->basic_constraints.present;
}

static bool mark_name_constraints(pc_request *request)
{
    request->name_constraints.critical = true;
    return request->name_constraints.present;
}

static bool mark_policies(pc_request *request)
{
    request->policies.critical = true;
    return request->policies.count > 0;
}

static bool mark_application_policies(pc_request *request)
{
    request->application_policies.critical = true;
    return request->application_policies.count > 0;
}

static const struct {
    const char *oid;
    marker mark;
} markers[] = {
    { PC_INF_OID_KEY_USAGE, mark_key_usage },
    { PC_INF_OID_ALT_NAMES, mark_alt_names },
    { PC_INF_OID_EKU, mark_eku },
    { PC_INF_OID_BASIC_CONSTRAINTS, mark_basic_constraints },
    { PC_INF_OID_NAME_CONSTRAINTS, mark_name_constraints },
    { PC_INF_OID_POLICIES, mark_policies },
    { PC_INF_OID_APPLICATION_POLICIES, mark_application_policies },
};

static bool mark_known(pc_request *request, const char *oid)
{
    pc_raw_extension *raw = pc_request_find_raw(request, oid);

    if (raw) {
        raw->critical = true;
        return true;
    }
    for (size_t i = 0; i < PC_COUNT(markers); i++) {
        if (strcmp(oid, markers[i].oid) == 0) {
            return markers[i].mark(request);
        }
    }
    return false;
}

static bool is_template(const pc_request *request, const char *oid)
{
    return (request->template_name && strcmp(oid, PC_INF_OID_TEMPLATE_NAME) == 0) ||
           (request->template_version.oid && strcmp(oid, PC_INF_OID_TEMPLATE) == 0);
}

/* The list without this OID; if it has no other, the line is removed. */
static void set_fix(pc_finding *head, const pc_inf *inf, const pc_inf_extension_line *mark)
{
    const char *list = mark->entry->value;
    const char *rest = "";
    pc_span item = { .len = 0 };

    if (!pc_text_equal(mark->entry->key, "Critical")) {
        head->fix = "remove {critical} from the value";
        return;
    }
    while (rest && pc_inf_next_item(&list, &item)) {
        if (!pc_span_equal(item, mark->oid)) {
            rest = pc_inf_fix(inf, "%s%s%.*s", rest, rest[0] ? "," : "", (int)item.len, item.start);
        }
    }
    if (rest && rest[0]) {
        pc_inf_fix_by_replacing(head, inf, mark->entry, pc_inf_fix(inf, "%s = %s", mark->entry->key, rest));
    } else {
        pc_inf_fix_by_removing(head, inf, mark->entry);
    }
}

static pc_status apply_mark(pc_inf_job *job, const pc_inf_extension_line *mark)
{
    pc_finding head = { .id = "inf.critical", .severity = PC_SEVERITY_WARNING, .line = mark->entry->line };

    if (mark_known(job->request, mark->oid)) {
        return PC_OK;
    }
    set_fix(&head, job->inf, mark);
    if (is_template(job->request, mark->oid)) {
        return pc_inf_find(job->inf, &head, "the template extension %s is never critical: only a Windows CA reads it",
                           mark->oid);
    }
    return pc_inf_find(job->inf, &head, "\"%s\" is marked as critical, but the file does not request this extension",
                       pc_quote(mark->oid).text);
}

/* Extensions that several lines may add to, given both by their encoding and as text. */
static pc_status find_both_forms(pc_inf_job *job, const char *oid, size_t in_words)
{
    const pc_inf *inf = job->inf;
    pc_finding head = {
        .id = "inf.extension-twice",
        .severity = PC_SEVERITY_ERROR,
        .fix = "give the extension in one form, as text or as bytes",
    };

    if (in_words == 0 || !pc_request_find_raw(job->request, oid)) {
        return PC_OK;
    }
    for (size_t i = 0; i < inf->entry_count && !head.line; i++) {
        head.line = strcmp(inf->entries[i].key, oid) == 0 ? inf->entries[i].line : 0;
    }
    return pc_inf_find(job->inf, &head,
                       "the extension %s is given both as text and as bytes that nothing can be "
                       "added to; a request that has it twice is not valid",
                       oid);
}

pc_status pc_inf_finish_extensions(pc_inf_job *job)
{
    PC_TRY(pc_inf_finish_ekus(job));
    PC_TRY(pc_inf_finish_usage(job));
    for (size_t i = 0; i < job->marks.count; i++) {
        PC_TRY(apply_mark(job, &job->marks.items[i]));
    }
    PC_TRY(find_both_forms(job, PC_INF_OID_ALT_NAMES, job->request->alt_name_count));
    return find_both_forms(job, PC_INF_OID_EKU, job->request->eku_count);
}
