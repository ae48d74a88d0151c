/* SPDX-License-Identifier: Apache-2.0 */
/* [RequestAttributes]. */
#include "inf/inf_attributes.h"

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_joined.h"
#include "inf/inf_report.h"

enum {
    ATTRIBUTES_COMPARED = 200
}; /* so that the time to read a file with thousands of them grows only with its length */

void pc_inf_fix_by_moving_names(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry)
{
    const char *value = pc_inf_fix(inf, "{text}%s", entry->value);
    const char *first = value ? pc_inf_line_text(inf, PC_INF_OID_ALT_NAMES, value) : NULL;
    const char *text = first ? pc_inf_lines_text(inf, entry, first) : NULL;

    if (!text) {
        head->fix = NULL;
    } else if (text[0]) {
        pc_inf_fix_by_moving(head, inf, entry, "Extensions", text);
    } else {
        head->fix = pc_inf_fix(inf, "move the names to [Extensions], as " PC_INF_OID_ALT_NAMES " = {text}…");
    }
}

static pc_status find_san_attribute(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_finding head = { .id = "inf.san-attribute", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_moving_names(&head, job->inf, entry);
    return pc_inf_find(
        job->inf, &head,
        "names in the request attribute SAN are honoured only by a CA with EDITF_ATTRIBUTESUBJECTALTNAME2, "
        "which lets any requester choose any name and should be off; other CAs ignore them");
}

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
        .fix = "keep the line that is meant",
    };

    for (size_t i = 0; i + 1 < request->request_attribute_count && i < ATTRIBUTES_COMPARED; i++) {
        if (pc_text_equal(request->request_attributes[i].name, entry->key)) {
            return pc_inf_find(
                job->inf, &head,
                "the request attribute `%s` is already given above; both go into the request, and the CA "
                "decides which one counts",
                pc_quote(entry->key).text);
        }
    }
    return PC_OK;
}

static pc_status add_attribute(pc_inf_job *job, const pc_inf_entry *entry, const char *joined)
{
    pc_request *request = job->request;
    const char *name = pc_arena_string(request->arena, entry->key);
    const char *value = pc_arena_string(request->arena, joined);
    pc_request_attribute *slot =
        name && value ? PC_PUSH(request->arena, request->request_attributes, request->request_attribute_count) : NULL;

    if (!slot) {
        return PC_E_MEMORY;
    }
    pc_inf_mean(job, entry, PC_EFFECT_MAPPED, "a name and value attribute of the request (1.3.6.1.4.1.311.13.2.1)");
    *slot = (pc_request_attribute){ .name = name, .value = value };
    return find_given_before(job, entry);
}

pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_stray = false;

    if (pc_text_equal(entry->key, "_continue_")) {
        return pc_inf_read_continue(job, entry);
    }
    const char *joined = pc_inf_joined_value(job, entry);

    if (!joined) {
        return PC_E_MEMORY;
    }
    PC_TRY(pc_inf_check_home(job, entry, &is_stray));
    if (is_stray) {
        return PC_OK;
    }
    if (has_large_character(entry->key) || has_large_character(joined)) {
        return pc_inf_bad_value(job, entry,
                                "it has a character that does not fit into a BMPString, of which these attributes "
                                "consist",
                                "remove the character");
    }
    PC_TRY(add_attribute(job, entry, joined));
    if (!pc_text_equal(entry->key, "SAN")) {
        return PC_OK;
    }
    PC_TRY(pc_inf_check_alt_text(job, entry, joined));
    return find_san_attribute(job, entry);
}
