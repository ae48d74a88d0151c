/* SPDX-License-Identifier: Apache-2.0 */
/* [Extensions] and [EnhancedKeyUsageExtension]. */
#include <string.h>

#include "inf/alt_text.h"
#include "inf/inf_job.h"
#include "inf/nearest.h"

#define OID_KEY_USAGE "2.5.29.15"
#define OID_ALT_NAMES "2.5.29.17"
#define OID_EKU "2.5.29.37"

/* The next item of a list with commas, trimmed; false at the end. Empty items are skipped. */
static bool next_item(const char **list, pc_span *ret_item)
{
    while (**list) {
        size_t len = strcspn(*list, ",");
        pc_span item = pc_span_trim((pc_span){ .at = *list, .len = len });

        *list += len + ((*list)[len] == ',');
        if (item.len) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

static pc_status add_eku(pc_inf_job *job, const pc_inf_entry *entry, pc_span oid)
{
    pc_error why = { 0 };
    const char *text = pc_arena_text(job->inf->arena, oid.at, oid.len);
    pc_status status = text ? pc_request_add_eku(job->request, text, &why) : PC_E_MEMORY;

    if (status != PC_E_INPUT) {
        return status;
    }
    return pc_inf_bad_value(job, entry, why.frames[0], "OID = " PC_OID_SERVER_AUTH);
}

static pc_status read_critical_flag(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (!pc_inf_to_bool(entry->value, &job->request->eku_critical)) {
        return pc_inf_bad_value(job, entry, "it is neither TRUE nor FALSE", "Critical = TRUE, or FALSE");
    }
    return PC_OK;
}

static pc_status read_oid(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->eku_in_section = entry;
    return add_eku(job, entry, pc_span_trim(pc_span_of(entry->value)));
}

static const struct {
    const char *key;
    pc_inf_reader read;
} eku_keys[] = {
    { "OID", read_oid },
    { "Critical", read_critical_flag },
};

pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    if (entry->key[0] == '\0') {
        return PC_OK;
    }
    for (size_t i = 0; i < PC_COUNT(eku_keys); i++) {
        if (pc_text_equal(entry->key, eku_keys[i].key)) {
            return eku_keys[i].read(job, entry);
        }
        pc_nearest_offer(&nearest, eku_keys[i].key);
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
}

static pc_status read_alt_names(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&text, &part)) {
        pc_error why = { 0 };
        pc_status status = pc_alt_text_add(job->request, part, &why);
        const pc_finding head = {
            .id = "inf.alt-name",
            .severity = PC_SEVERITY_ERROR,
            .line = entry->line,
            .fix = "2.5.29.17 = \"{text}dns=a.example.com&dns=b.example.com\"",
        };

        if (status == PC_E_INPUT) {
            status = pc_inf_find(job->inf, &head, "the alternative names cannot be read: %s", why.frames[0]);
        }
        PC_TRY(status);
        if (pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
            break;
        }
    }
    return PC_OK;
}

static pc_status read_eku_list(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    pc_span item = { .len = 0 };

    job->eku_in_extensions = entry;
    while (next_item(&text, &item) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        PC_TRY(add_eku(job, entry, item));
    }
    return PC_OK;
}

static void mark_alt_names(pc_request *request)
{
    request->alt_names_critical = true;
}

static void mark_eku(pc_request *request)
{
    request->eku_critical = true;
}

static void mark_nothing(pc_request *request)
{
    (void)request;
}

/* The extensions known here: how their {text} is read, and what Critical= does for them. */
static const struct {
    const char *oid;
    pc_status (*read)(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
    void (*mark_critical)(pc_request *request);
} extensions[] = {
    { OID_ALT_NAMES, read_alt_names, mark_alt_names },
    { OID_EKU, read_eku_list, mark_eku },
    { OID_KEY_USAGE, NULL, mark_nothing },  /* always critical; its bits come from KeyUsage */
};

static pc_status find_unsupported(pc_inf_job *job, const pc_inf_entry *entry, const char *what, const char *fix)
{
    const pc_finding head = {
        .id = "inf.extension-unsupported",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = fix,
    };

    return pc_inf_find(job->inf, &head, "%s: \"%s\" in [Extensions]; without it the request would not be what the file "
                       "asks for", what, pc_show(entry->key).text);
}

static pc_status read_extension(pc_inf_job *job, const pc_inf_entry *entry, size_t at)
{
    const char *text = pc_inf_joined_value(job, entry);

    if (!text) {
        return PC_E_MEMORY;
    }
    while (pc_is_space(*text)) {
        text++;
    }
    if (pc_text_starts(text, "{critical}")) {
        extensions[at].mark_critical(job->request);
        text += strlen("{critical}");
    }
    if (!pc_text_starts(text, "{text}")) {
        return find_unsupported(job, entry, "only the {text} form of this extension is read here yet",
                                pc_inf_fix(job->inf, "%s = \"{text}…\"", extensions[at].oid));
    }
    return extensions[at].read(job, entry, text + strlen("{text}"));
}

static pc_status read_other(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < PC_COUNT(extensions); i++) {
        if (extensions[i].read && pc_text_equal(entry->key, extensions[i].oid)) {
            return read_extension(job, entry, i);
        }
    }
    if (!pc_inf_joined_value(job, entry)) {
        return PC_E_MEMORY;
    }
    if (pc_text_is_oid(entry->key)) {
        return find_unsupported(job, entry, "this extension is not made here yet", "leave the line out");
    }
    return pc_inf_bad_value(job, entry, "it is neither an extension's OID nor a key of this section",
                            "2.5.29.17 = \"{text}dns=a.example.com\"");
}

static pc_status mark_one(pc_inf_job *job, const pc_inf_entry *entry, pc_span oid)
{
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "Critical = " OID_ALT_NAMES,
    };

    for (size_t i = 0; i < PC_COUNT(extensions); i++) {
        if (pc_span_equal(oid, extensions[i].oid)) {
            extensions[i].mark_critical(job->request);
            return PC_OK;
        }
    }
    return pc_inf_find(job->inf, &head, "not honoured here: `Critical = %s` on line %u: no such extension is made",
                       pc_show_span(oid).text, entry->line);
}

static pc_status read_critical_list(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *list = entry->value;
    pc_span item = { .len = 0 };

    while (next_item(&list, &item)) {
        PC_TRY(mark_one(job, entry, item));
    }
    return PC_OK;
}

static pc_status read_misplaced_oid(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_finding head = {
        .id = "inf.oid-in-extensions",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "[EnhancedKeyUsageExtension] and below it OID = %s", entry->value),
    };

    return pc_inf_find(job->inf, &head, "`OID = %s` under [Extensions] has no effect: certreq makes no extended key "
                       "usage of it", pc_show(entry->value).text);
}

static pc_status read_empty(pc_inf_job *job, const pc_inf_entry *entry)
{
    return find_unsupported(job, entry, "extensions without content are not made here yet", "leave the line out");
}

static const struct {
    const char *key;
    pc_inf_reader read;
} extension_keys[] = {
    { "_continue_", pc_inf_read_continue },
    { "Critical", read_critical_list },
    { "OID", read_misplaced_oid },
    { "Empty", read_empty },
};

pc_status pc_inf_read_extensions(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (entry->key[0] == '\0') {
        return PC_OK;
    }
    for (size_t i = 0; i < PC_COUNT(extension_keys); i++) {
        if (pc_text_equal(entry->key, extension_keys[i].key)) {
            return extension_keys[i].read(job, entry);
        }
    }
    return read_other(job, entry);
}

pc_status pc_inf_finish_ekus(pc_inf_job *job)
{
    const pc_inf_entry *section = job->eku_in_section;
    const pc_inf_entry *extension = job->eku_in_extensions;
    pc_finding head = {
        .id = "inf.eku-twice",
        .severity = PC_SEVERITY_WARNING,
        .fix = "keep [EnhancedKeyUsageExtension] and leave out 2.5.29.37 under [Extensions]",
    };

    if (!section || !extension) {
        return PC_OK;
    }
    head.line = extension->line;
    return pc_inf_find(job->inf, &head,
                       "extended key usages stand in [EnhancedKeyUsageExtension] (line %u) and under 2.5.29.37; a "
                       "request with the extension twice is not valid, so here both go into one",
                       section->line);
}
