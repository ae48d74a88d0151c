/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of the extensions once all are known: which are critical, and that none comes twice. */
#include <string.h>

#include "inf/inf_extension.h"
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

static pc_status apply_mark(pc_inf_job *job, const pc_inf_mark *mark)
{
    const pc_finding head = {
        .id = "inf.critical",
        .severity = PC_SEVERITY_WARNING,
        .line = mark->entry->line,
        .fix = "name OIDs of extensions that the file asks for: Critical = " PC_INF_OID_ALT_NAMES,
    };

    if (mark_known(job->request, mark->oid)) {
        return PC_OK;
    }
    if (is_template(job->request, mark->oid)) {
        return pc_inf_find(job->inf, &head,
                           "the template extension %s is never critical: nobody but a Windows CA "
                           "reads it",
                           mark->oid);
    }
    return pc_inf_find(job->inf, &head, "\"%s\" is marked as critical, but no such extension is asked for",
                       pc_show(mark->oid).text);
}

/* Extensions that lines may add to, given by their encoding and in words as well. */
static pc_status find_both_forms(pc_inf_job *job, const char *oid, size_t in_words)
{
    const pc_inf *inf = job->inf;
    pc_finding head = {
        .id = "inf.extension-twice",
        .severity = PC_SEVERITY_ERROR,
        .fix = "give the extension in one form",
    };

    if (in_words == 0 || !pc_request_find_raw(job->request, oid)) {
        return PC_OK;
    }
    for (size_t i = 0; i < inf->entry_count && !head.line; i++) {
        head.line = strcmp(inf->entries[i].key, oid) == 0 ? inf->entries[i].line : 0;
    }
    return pc_inf_find(job->inf, &head,
                       "the extension %s is given both in words and as bytes that nothing can be "
                       "added to; a request that holds it twice is not valid",
                       oid);
}

pc_status pc_inf_finish_extensions(pc_inf_job *job)
{
    PC_TRY(pc_inf_finish_ekus(job));
    PC_TRY(pc_inf_finish_usage(job));
    for (size_t i = 0; i < job->mark_count; i++) {
        PC_TRY(apply_mark(job, &job->marks[i]));
    }
    PC_TRY(find_both_forms(job, PC_INF_OID_ALT_NAMES, job->request->alt_name_count));
    return find_both_forms(job, PC_INF_OID_EKU, job->request->eku_count);
}
