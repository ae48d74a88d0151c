/* SPDX-License-Identifier: Apache-2.0 */
/* The {text} forms of the extensions that certreq knows by name. */
#include "inf/inf_extension.h"

#include <string.h>

#include "inf/alt_text.h"

/* Where in the file the part of a joined value stands. `text` is the value's end. */
static unsigned line_of(const pc_inf_job *job, const pc_inf_entry *entry, const char *start, const char *part)
{
    size_t whole = 0;

    for (size_t i = (size_t)(entry - job->inf->entries); i < job->joined_end; i++) {
        whole += strlen(job->inf->entries[i].value);
    }
    return pc_inf_joined_line(job, entry, whole - strlen(start) + (size_t)(part - start));
}

static pc_status find_alt_name(pc_inf_job *job, unsigned line, const char *why)
{
    const pc_finding head = {
        .id = "inf.alt-name",
        .severity = PC_SEVERITY_ERROR,
        .line = line,
        .fix = "2.5.29.17 = \"{text}dns=a.example.com&dns=b.example.com\"",
    };

    return pc_inf_find(job->inf, &head, "the alternative names cannot be read: %s", why);
}

pc_status pc_inf_read_alt_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    const char *at = text;
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&at, &part) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        pc_error why = { 0 };
        pc_status status = pc_alt_text_add(job->request, part, &why);

        if (status == PC_E_INPUT) {
            status = find_alt_name(job, line_of(job, entry, text, part.at), why.frames[0]);
        }
        PC_TRY(status);
    }
    return PC_OK;
}

pc_status pc_inf_read_eku_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    const char *at = text;
    pc_span item = { .len = 0 };

    job->eku_in_extensions = entry;
    while (pc_inf_next_item(&at, &item) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        PC_TRY(pc_inf_add_eku(job, entry, item, line_of(job, entry, text, item.at)));
    }
    return PC_OK;
}

/* One "key=value" of a value with '&'. */
typedef struct {
    pc_span key;
    char value[128];
} text_part;

static bool next_part(const char **text, text_part *ret_part)
{
    pc_span part = { .len = 0 };

    if (!pc_alt_text_next(text, &part)) {
        return false;
    }
    const char *equals = memchr(part.at, '=', part.len);
    size_t key_len = equals ? (size_t)(equals - part.at) : part.len;
    pc_span value = { .at = part.at + part.len, .len = 0 };

    if (equals) {
        value = pc_span_trim((pc_span){ .at = equals + 1, .len = part.len - key_len - 1 });
    }
    ret_part->key = pc_span_trim((pc_span){ .at = part.at, .len = key_len });
    value.len = value.len < sizeof ret_part->value ? value.len : sizeof ret_part->value - 1;
    memcpy(ret_part->value, value.at, value.len);
    ret_part->value[value.len] = '\0';
    return true;
}

static bool read_constraint_part(const text_part *part, pc_basic_constraints *constraints)
{
    unsigned long number = 0;

    if (pc_span_equal(part->key, "ca")) {
        return pc_inf_to_bool(part->value, &constraints->is_ca);
    }
    if (!pc_span_equal(part->key, "pathlength") || !pc_text_to_number(part->value, 0x7fffffff, &number)) {
        return false;
    }
    constraints->has_path_length = true;
    constraints->path_length = (unsigned)number;
    return true;
}

/* "ca=0pathlength=0" stands on a page of Microsoft's, and is no number of anything. */
pc_status pc_inf_read_constraints_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_basic_constraints constraints = { .present = true };
    text_part part;

    while (next_part(&text, &part)) {
        if (!read_constraint_part(&part, &constraints)) {
            bool run_on = strcasestr(part.value, "pathlength") != NULL;

            return pc_inf_bad_value(job, entry,
                                    run_on ? "a '&' is missing before \"pathlength=\""
                                           : "it is made of ca=0 or ca=1, and pathlength=NUMBER",
                                    "2.5.29.19 = \"{text}ca=1&pathlength=0\"");
        }
    }
    if (constraints.has_path_length && !constraints.is_ca) {
        const pc_finding head = {
            .id = "inf.path-length",
            .severity = PC_SEVERITY_WARNING,
            .line = entry->line,
            .fix = "2.5.29.19 = \"{text}ca=0\"",
        };

        constraints.has_path_length = false;
        PC_TRY(pc_inf_find(job->inf, &head,
                           "a path length means something for a CA only (RFC 5280 section 4.2.1.9), "
                           "so it is left out"));
    }
    constraints.critical = job->request->basic_constraints.critical;
    job->request->basic_constraints = constraints;
    return PC_OK;
}

pc_status pc_inf_read_policies_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    return pc_inf_read_policy_text(job, entry, text, &job->request->policies);
}

pc_status pc_inf_read_app_policies_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    return pc_inf_read_policy_text(job, entry, text, &job->request->application_policies);
}

pc_status pc_inf_read_template_name_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    if (text[0] == '\0') {
        return pc_inf_bad_value(job, entry, "the name of the template is missing",
                                PC_INF_OID_TEMPLATE_NAME " = \"{text}WebServer\"");
    }
    job->request->template_name = pc_arena_string(job->request->arena, text);
    return job->request->template_name ? PC_OK : PC_E_MEMORY;
}

static bool read_template_part(const text_part *part, pc_template_version *template, unsigned long *has_major)
{
    unsigned long number = 0;
    bool is_number = pc_text_to_number(part->value, 0x7fffffff, &number);

    if (pc_span_equal(part->key, "Template") || pc_span_equal(part->key, "OID")) {
        return pc_text_is_oid(part->value);
    }
    if (is_number && (pc_span_equal(part->key, "MajorVersion") || pc_span_equal(part->key, "Major"))) {
        template->major = (unsigned)number;
        *has_major = 1;
        return true;
    }
    if (is_number && (pc_span_equal(part->key, "MinorVersion") || pc_span_equal(part->key, "Minor"))) {
        template->minor = (unsigned)number;
        template->has_minor = true;
        return true;
    }
    return false;
}

pc_status pc_inf_read_template_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_template_version template = { .oid = NULL };
    unsigned long has_major = 0;
    text_part part;

    while (next_part(&text, &part)) {
        if (!read_template_part(&part, &template, &has_major)) {
            template.oid = NULL;
            break;
        }
        if (pc_text_is_oid(part.value) && !pc_span_equal(part.key, "Major")) {
            template.oid = pc_arena_string(job->request->arena, part.value);
            if (!template.oid) {
                return PC_E_MEMORY;
            }
        }
    }
    if (!template.oid || (template.has_minor && !has_major)) {
        return pc_inf_bad_value(job, entry, "it is made of Template=OID, MajorVersion=NUMBER and MinorVersion=NUMBER",
                                PC_INF_OID_TEMPLATE " = \"{text}Template=1.3.6.1.4.1.311.21.8.1.2&MajorVersion=100&"
                                                    "MinorVersion=3\"");
    }
    job->request->template_version = template;
    return PC_OK;
}
