/* SPDX-License-Identifier: Apache-2.0 */
/* The {text} forms of the extensions that certreq knows by name. */
#include "inf/inf_extension.h"

#include <string.h>

#include "inf/alt_display.h"
#include "inf/alt_text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_eku.h"
#include "inf/inf_joined.h"
#include "inf/inf_list.h"
#include "inf/inf_policy.h"
#include "inf/inf_report.h"
#include "inf/run_on.h"

static const pc_inf_entry *entry_of(const pc_inf_job *job, const pc_inf_entry *entry, const char *text,
                                    const char *place)
{
    return pc_inf_joined_entry(job, entry, pc_inf_joined_offset(job, entry, text, place));
}

/* Every place in a part of the joined value where the '&' before the next name is missing. */
static pc_inf_places find_run_ons(const pc_inf_job *job, const pc_inf_entry *entry, const char *text, pc_span part)
{
    pc_inf_places places = { .count = 0 };

    for (const char *place = pc_alt_text_run_on(part); place && places.count < PC_INF_PLACES_MAX;
         place = pc_alt_text_run_on(part)) {
        places.offsets[places.count++] = pc_inf_joined_offset(job, entry, text, place);
        part = (pc_span){ .start = place, .len = (size_t)(part.start + part.len - place) };
    }
    return places;
}

/* The alternative names of an entry, as they are read. */
typedef struct {
    pc_inf_job *job;
    const pc_inf_entry *entry;
    const char *text;
    pc_rewording rewording; /* in the joined value; looked for once something cannot be read */
    bool was_searched;
} alt_names;

static pc_status find_rewording(alt_names *names, pc_error *err)
{
    const char *text = names->text;

    if (!names->was_searched) {
        PC_TRY(pc_alt_display_reword(text, names->job->inf->arena, &names->rewording, err));
    }
    for (size_t i = 0; !names->was_searched && i < names->rewording.count; i++) {
        pc_reword *each = &names->rewording.items[i];

        each->offset = pc_inf_joined_offset(names->job, names->entry, text, text + each->offset);
    }
    names->was_searched = true;
    return PC_OK;
}

static pc_status find_alt_name(alt_names *names, pc_span part, const char *why)
{
    pc_inf_job *job = names->job;
    const pc_inf_places places = find_run_ons(job, names->entry, names->text, part);
    pc_finding head = {
        .id = "inf.alt-name",
        .severity = PC_SEVERITY_ERROR,
        .line = entry_of(job, names->entry, names->text, part.start)->line,
        .fix = "write the names as dns=NAME&dns=NAME, and mark other kinds in the same way",
    };

    PC_TRY(find_rewording(names, NULL));
    if (names->rewording.count) {
        pc_inf_fix_by_rewording(&head, job, names->entry, &names->rewording);
    } else if (places.count) {
        pc_inf_fix_by_separating(&head, job, names->entry, &places, "&");
    }
    return pc_inf_find(job->inf, &head, "the alternative names cannot be read: %s", why);
}

/* Read all parts into a request, with a finding for each that cannot be read. */
static pc_status read_alt_parts(pc_inf_job *job, const pc_inf_entry *entry, const char *text, pc_request *request)
{
    alt_names names = { .job = job, .entry = entry, .text = text };
    const char *rest = text;
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&rest, &part) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        pc_error why = { 0 };
        pc_status status = pc_alt_text_add(request, part, &why);

        PC_TRY(status == PC_E_INPUT ? find_alt_name(&names, part, why.frames[0]) : status);
    }
    return PC_OK;
}

pc_status pc_inf_read_alt_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    return read_alt_parts(job, entry, text, job->request);
}

pc_status pc_inf_check_alt_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    PC_AUTO(pc_request) pc_request *unused = pc_request_new();

    return unused ? read_alt_parts(job, entry, text, unused) : PC_E_MEMORY;
}

static pc_status find_run_on_oid(pc_inf_job *job, const pc_inf_entry *entry, const char *text, pc_span item)
{
    pc_inf_places places = { .count = 0 };
    pc_finding head = {
        .id = "inf.bad-value",
        .severity = PC_SEVERITY_ERROR,
        .line = entry_of(job, entry, text, item.start)->line,
    };

    for (const char *place = pc_run_on_oid(item); place && places.count < PC_INF_PLACES_MAX;
         place = pc_run_on_oid(item)) {
        places.offsets[places.count++] = pc_inf_joined_offset(job, entry, text, place);
        item = (pc_span){ .start = place, .len = (size_t)(item.start + item.len - place) };
    }
    pc_inf_fix_by_separating(&head, job, entry, &places, ",");
    return pc_inf_find(job->inf, &head, "`%s` in [%s] cannot be read: a ',' is missing between two OIDs, before \"%s\"",
                       pc_quote(entry->key).text, pc_quote(entry->section).text, pc_quote_span(item).text);
}

pc_status pc_inf_read_eku_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    const char *rest = text;
    pc_span item = { .len = 0 };

    job->usage.eku_in_extensions = entry;
    while (pc_inf_next_item(&rest, &item) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        PC_TRY(pc_run_on_oid(item) ? find_run_on_oid(job, entry, text, item)
                                   : pc_inf_add_eku(job, entry, item, entry_of(job, entry, text, item.start)->line));
    }
    return PC_OK;
}

/* One "key=value" part of a value joined with '&'. */
typedef struct {
    pc_span key;
    pc_span rest; /* the value in the text */
    char value[128];
} text_part;

/* What such a value consists of. */
typedef struct {
    const char *const *keys; /* each with its '=' */
    const char *reason;
    const char *advice;
} part_form;

static bool next_part(const char **text, text_part *ret_part)
{
    pc_span part = { .len = 0 };

    if (!pc_alt_text_next(text, &part)) {
        return false;
    }
    const char *equals = memchr(part.start, '=', part.len);
    size_t key_len = equals ? (size_t)(equals - part.start) : part.len;
    pc_span value = { .start = part.start + part.len, .len = 0 };

    if (equals) {
        value = pc_span_trim((pc_span){ .start = equals + 1, .len = part.len - key_len - 1 });
    }
    ret_part->key = pc_span_trim((pc_span){ .start = part.start, .len = key_len });
    ret_part->rest = value;
    value.len = value.len < sizeof ret_part->value ? value.len : sizeof ret_part->value - 1;
    memcpy(ret_part->value, value.start, value.len);
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

static pc_status find_path_length(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_finding head = { .id = "inf.path-length", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    if (pc_inf_last_line(job->inf, entry) == entry) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, entry->key, "{text}ca=0"));
    } else {
        head.fix = "remove pathlength= from the value";
    }
    return pc_inf_find(job->inf, &head,
                       "a path length means something for a CA only (RFC 5280 section 4.2.1.9), so it is left out");
}

/* A part that cannot be read: perhaps because two parts run together, as in "ca=0pathlength=0" on one of Microsoft's
 * pages. */
static pc_status find_part(pc_inf_job *job, const pc_inf_entry *entry, const char *text, const text_part *part,
                           const part_form *form)
{
    const char *place = pc_run_on_key(part->rest, form->keys);
    pc_finding head = {
        .id = "inf.bad-value", .severity = PC_SEVERITY_ERROR, .line = entry->line, .fix = form->advice
    };

    if (!place) {
        return pc_inf_bad_value(job, entry, form->reason, form->advice);
    }
    const pc_inf_places places = { .offsets = { pc_inf_joined_offset(job, entry, text, place) }, .count = 1 };
    pc_span rest = { .start = place, .len = (size_t)(part->rest.start + part->rest.len - place) };

    pc_inf_fix_by_separating(&head, job, entry, &places, "&");
    return pc_inf_find(job->inf, &head, "`%s` in [%s] cannot be read: a '&' is missing before \"%s\"",
                       pc_quote(entry->key).text, pc_quote(entry->section).text, pc_quote_span(rest).text);
}

static const char *const constraint_keys[] = { "pathlength=", "ca=", NULL };

static const part_form constraint_form = {
    .keys = constraint_keys,
    .reason = "it consists of ca=0 or ca=1, and pathlength=NUMBER",
    .advice = "write it as {text}ca=1&pathlength=NUMBER",
};

pc_status pc_inf_read_constraints_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_basic_constraints constraints = { .present = true };
    const char *rest = text;
    text_part part;

    while (next_part(&rest, &part)) {
        if (!read_constraint_part(&part, &constraints)) {
            return find_part(job, entry, text, &part, &constraint_form);
        }
    }
    if (constraints.has_path_length && !constraints.is_ca) {
        constraints.has_path_length = false;
        PC_TRY(find_path_length(job, entry));
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
                                "write the name of the template after {text}, or remove the line");
    }
    job->request->template_name = pc_arena_string(job->request->arena, text);
    return job->request->template_name ? PC_OK : PC_E_MEMORY;
}

static bool read_template_part(const text_part *part, pc_template_version *template, bool *has_major)
{
    unsigned long number = 0;
    bool is_number = pc_text_to_number(part->value, 0x7fffffff, &number);

    if (pc_span_equal(part->key, "Template") || pc_span_equal(part->key, "OID")) {
        return pc_text_is_oid(part->value);
    }
    if (is_number && (pc_span_equal(part->key, "MajorVersion") || pc_span_equal(part->key, "Major"))) {
        template->major = (unsigned)number;
        *has_major = true;
        return true;
    }
    if (is_number && (pc_span_equal(part->key, "MinorVersion") || pc_span_equal(part->key, "Minor"))) {
        template->minor = (unsigned)number;
        template->has_minor = true;
        return true;
    }
    return false;
}

static const char *const template_keys[] = { "MajorVersion=", "MinorVersion=", "Template=", NULL };

static const part_form template_form = {
    .keys = template_keys,
    .reason = "it consists of Template=OID, MajorVersion=NUMBER and MinorVersion=NUMBER",
    .advice = "write it as {text}Template=OID&MajorVersion=NUMBER&MinorVersion=NUMBER",
};

pc_status pc_inf_read_template_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_template_version template = { .oid = NULL };
    const char *rest = text;
    bool has_major = false;
    text_part part;

    while (next_part(&rest, &part)) {
        if (!read_template_part(&part, &template, &has_major)) {
            return find_part(job, entry, text, &part, &template_form);
        }
        if (pc_text_is_oid(part.value) && !pc_span_equal(part.key, "Major")) {
            template.oid = pc_arena_string(job->request->arena, part.value);
            if (!template.oid) {
                return PC_E_MEMORY;
            }
        }
    }
    if (!template.oid || (template.has_minor && !has_major)) {
        return pc_inf_bad_value(job, entry, template_form.reason, template_form.advice);
    }
    job->request->template_version = template;
    return PC_OK;
}
