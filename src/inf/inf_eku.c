/* SPDX-License-Identifier: Apache-2.0 */
/* [EnhancedKeyUsageExtension], and extended key usages wherever they are. */
#include "inf/inf_eku.h"

#include <string.h>

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_home.h"
#include "inf/inf_list.h"
#include "inf/inf_report.h"
#include "base/nearest.h"
#include "inf/run_on.h"

/* What people write in place of the OIDs; without blanks. */
static const struct {
    const char *name;
    const char *oid;
} purposes[] = {
    { "serverAuth", PC_OID_SERVER_AUTH },   { "ServerAuthentication", PC_OID_SERVER_AUTH },
    { "clientAuth", PC_OID_CLIENT_AUTH },   { "ClientAuthentication", PC_OID_CLIENT_AUTH },
    { "codeSigning", "1.3.6.1.5.5.7.3.3" }, { "emailProtection", "1.3.6.1.5.5.7.3.4" },
    { "SecureEmail", "1.3.6.1.5.5.7.3.4" }, { "timeStamping", "1.3.6.1.5.5.7.3.8" },
    { "OCSPSigning", "1.3.6.1.5.5.7.3.9" }, { "SmartCardLogon", "1.3.6.1.4.1.311.20.2.2" },
};

static const char *oid_of_purpose(const char *text)
{
    for (size_t i = 0; i < PC_COUNT(purposes); i++) {
        const char *rest = text;
        const char *name = purposes[i].name;

        while (*rest && (pc_is_space(*rest) || pc_to_lower(*rest) == pc_to_lower(*name))) {
            name += !pc_is_space(*rest);
            rest++;
        }
        if (*rest == '\0' && *name == '\0') {
            return purposes[i].oid;
        }
    }
    return NULL;
}

static pc_status find_bad_oid(pc_inf_job *job, const pc_inf_entry *entry, const char *text, const char *why)
{
    const char *oid = pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR) ? NULL : oid_of_purpose(text);

    if (oid && pc_text_equal(entry->key, "OID")) {
        return pc_inf_bad_value_replace(job, entry, why, pc_inf_line_text(job->inf, entry->key, oid));
    }
    return pc_inf_bad_value(job, entry, why, "write the purpose as a dotted object identifier");
}

pc_status pc_inf_add_eku(pc_inf_job *job, const pc_inf_entry *entry, pc_span oid, unsigned line)
{
    pc_error why = { 0 };
    size_t before = job->request->eku_count;
    const char *text = pc_arena_text(job->inf->arena, oid.start, oid.len);
    pc_status status = text ? pc_request_add_eku(job->request, text, &why) : PC_E_MEMORY;
    pc_finding head = {
        .id = "inf.eku-twice",
        .severity = PC_SEVERITY_WARNING,
        .line = line,
        .fix = "remove it from the list",
    };

    if (status == PC_E_INPUT) {
        return find_bad_oid(job, entry, text, why.frames[0]);
    }
    if (status != PC_OK || job->request->eku_count > before) {
        return status;
    }
    if (pc_text_equal(entry->key, "OID")) {
        pc_inf_fix_by_removing(&head, job->inf, entry);
    }
    return pc_inf_find(job->inf, &head, "the extended key usage %s is already requested; it goes into the request once",
                       text);
}

static pc_status read_critical_flag(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    job->request->eku_critical = job->request->eku_critical || wish == PC_WISH_YES;
    return PC_OK;
}

/* The next OID of a value that holds several: after a comma, or where the next one runs on. false at the end. */
static bool next_oid(const char **rest, pc_span *ret_oid)
{
    if (!pc_inf_next_item(rest, ret_oid)) {
        return false;
    }
    const char *run_on = pc_run_on_oid(*ret_oid);

    if (run_on) {
        ret_oid->len = (size_t)(run_on - ret_oid->start);
        *rest = run_on;
    }
    return true;
}

/* A line for each OID of a value that holds several; "" if one of them is not an OID. */
static const char *lines_of_oids(const pc_inf *inf, const pc_inf_entry *entry)
{
    const char *rest = entry->value;
    const char *text = "";
    pc_span oid = { .len = 0 };

    while (text && next_oid(&rest, &oid)) {
        const char *each = pc_arena_text(inf->arena, oid.start, oid.len);

        if (each && !pc_text_is_oid(each)) {
            return "";
        }
        text = each ? pc_inf_fix(inf, "%s%s%s = %s", text, text[0] ? "\n" : "", entry->key, each) : NULL;
    }
    return text;
}

static pc_status read_oid(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_span value = pc_span_trim(pc_span_of(entry->value));
    bool has_several = strchr(entry->value, ',') || pc_run_on_oid(value);
    const char *text = has_several ? lines_of_oids(job->inf, entry) : "";

    job->usage.eku_in_section = entry;
    if (!text) {
        return PC_E_MEMORY;
    }
    if (text[0]) {
        return pc_inf_bad_value_replace(job, entry, "it has several OIDs, where certreq reads one on each line", text);
    }
    return pc_inf_add_eku(job, entry, value, entry->line);
}

static const struct {
    const char *key;
    pc_inf_reader read;
    const char *note;
} eku_keys[] = {
    { "OID", read_oid, "one purpose in the extension extended key usage (2.5.29.37)" },
    { "Critical", read_critical_flag, "whether the extension extended key usage is critical" },
};

pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(eku_keys); i++) {
        if (pc_text_equal(entry->key, eku_keys[i].key)) {
            pc_inf_mean(job, entry, PC_EFFECT_HONOURED, eku_keys[i].note);
            return eku_keys[i].read(job, entry);
        }
        pc_nearest_offer(&nearest, eku_keys[i].key);
    }
    return pc_inf_stray_key(job, entry, nearest.best);
}

static bool is_in_section(const pc_inf *inf, pc_span oid)
{
    for (size_t i = 0; i < inf->entry_count; i++) {
        const pc_inf_entry *each = &inf->entries[i];

        if (pc_text_equal(each->key, "OID") && pc_text_equal(each->section, "EnhancedKeyUsageExtension") &&
            pc_span_equal(oid, each->value)) {
            return true;
        }
    }
    return false;
}

/* The OIDs of a {text} value that the section lacks, as lines for the section. NULL when out of memory. */
static const char *lines_for_section(const pc_inf *inf, const char *list)
{
    const char *text = "";
    pc_span oid = { .len = 0 };

    while (text && pc_inf_next_item(&list, &oid)) {
        if (!is_in_section(inf, oid)) {
            text = pc_inf_fix(inf, "%s%sOID = %.*s", text, text[0] ? "\n" : "", (int)oid.len, oid.start);
        }
    }
    return text;
}

static void move_to_section(pc_finding *head, const pc_inf *inf, const pc_inf_entry *extension)
{
    static const char tag[] = "{text}";
    bool is_simple = pc_text_starts(extension->value, tag) && pc_inf_last_line(inf, extension) == extension;

    if (!is_simple || pc_inf_find_is_full(inf, PC_SEVERITY_WARNING)) {
        head->fix = "put all OIDs into [EnhancedKeyUsageExtension], and remove 2.5.29.37";
        return;
    }
    const char *text = lines_for_section(inf, extension->value + strlen(tag));

    if (!text || text[0]) {
        pc_inf_fix_by_moving(head, inf, extension, "EnhancedKeyUsageExtension", text ? text : "");
        head->fix = text ? head->fix : NULL;
        return;
    }
    pc_inf_fix_by_removing(head, inf, extension);
}

pc_status pc_inf_finish_ekus(pc_inf_job *job)
{
    const pc_inf_entry *section = job->usage.eku_in_section;
    const pc_inf_entry *extension = job->usage.eku_in_extensions;
    pc_finding head = { .id = "inf.eku-twice", .severity = PC_SEVERITY_WARNING };

    if (!section || !extension) {
        return PC_OK;
    }
    head.line = extension->line;
    move_to_section(&head, job->inf, extension);
    return pc_inf_find(
        job->inf, &head,
        "extended key usages are in [EnhancedKeyUsageExtension] (line %u) and under 2.5.29.37; a request "
        "that has the extension twice is not valid, so p11cert puts both into one",
        section->line);
}
