/* SPDX-License-Identifier: Apache-2.0 */
/* [Extensions]: an OID, and a value that is text with a tag, or the encoding itself. */
#include <string.h>

#include "inf/inf_extension.h"
#include "inf/request_parts.h"

#define OID_SUBJECT_KEY_ID "2.5.29.14"
/* More extensions than a request may hold. */
enum { MAX_MARKS = 300 };

#define ARC_OF_EKUS "1.3.6.1.5.5.7.3."

/* The extensions whose content the request has words for. One without a reader is kept as it is encoded. */
static const struct extension_row {
    const char *oid;
    pc_inf_text_reader text;
    pc_inf_der_reader der;
    bool repeats;    /* a second line adds to the first */
    bool takes_utf8; /* {utf8} reads like {text} */
    const char *note;
    const char *fix;
} extensions[] = {
    { PC_INF_OID_KEY_USAGE, pc_inf_read_usage_text, pc_inf_read_usage_der, false, false, "the extension key usage",
      "2.5.29.15 = \"{hex}03 02 05 a0\"" },
    { PC_INF_OID_ALT_NAMES, pc_inf_read_alt_text, pc_inf_read_alt_der, true, false,
      "the extension subject alternative name", "2.5.29.17 = \"{text}dns=a.example.com&dns=b.example.com\"" },
    { PC_INF_OID_BASIC_CONSTRAINTS, pc_inf_read_constraints_text, pc_inf_read_constraints_der, false, false,
      "the extension basic constraints", "2.5.29.19 = \"{text}ca=1&pathlength=0\"" },
    { PC_INF_OID_EKU, pc_inf_read_eku_text, pc_inf_read_eku_der, true, false, "the extension extended key usage",
      "2.5.29.37 = \"{text}1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2\"" },
    { PC_INF_OID_POLICIES, pc_inf_read_policies_text, NULL, false, false, "the extension certificate policies",
      "2.5.29.32 = \"{text}OID=1.2.3.4\"" },
    { PC_INF_OID_APPLICATION_POLICIES, pc_inf_read_app_policies_text, NULL, false, false,
      "the extension application policies", PC_INF_OID_APPLICATION_POLICIES " = \"{text}OID=1.3.6.1.5.5.7.3.1\"" },
    { PC_INF_OID_TEMPLATE_NAME, pc_inf_read_template_name_text, NULL, false, true,
      "the extension certificate template name", PC_INF_OID_TEMPLATE_NAME " = \"{text}WebServer\"" },
    { PC_INF_OID_TEMPLATE, pc_inf_read_template_text, NULL, false, false, "the extension certificate template",
      PC_INF_OID_TEMPLATE " = \"{text}Template=1.3.6.1.4.1.311.21.8.1.2&MajorVersion=100&MinorVersion=3\"" },
};

static const struct extension_row *find_row(const char *oid)
{
    for (size_t i = 0; i < PC_COUNT(extensions); i++) {
        if (strcmp(oid, extensions[i].oid) == 0) {
            return &extensions[i];
        }
    }
    return NULL;
}

static pc_status find_value(pc_inf_job *job, const pc_inf_entry *entry, const char *why, const char *fix)
{
    const pc_finding head = {
        .id = "inf.extension-value",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = fix ? fix : "1.2.3.4 = \"{utf8}text\", \"{octet}{hex}00 01\", \"{hex}04 02 00 01\", or DER in base64",
    };

    return pc_inf_find(job->inf, &head, "the value of the extension %s cannot be read: %s", pc_show(entry->key).text,
                       why);
}

static pc_status add_mark(pc_inf_job *job, const pc_inf_mark *mark)
{
    if (job->mark_count >= MAX_MARKS) {
        return PC_OK;
    }
    pc_inf_mark *slot = PC_PUSH(job->inf->arena, job->marks, job->mark_count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = *mark;
    return PC_OK;
}

static pc_status add_raw(pc_inf_job *job, const pc_inf_entry *entry, pc_der der)
{
    pc_error why = { 0 };
    const char *oid = pc_arena_string(job->request->arena, entry->key);
    const uint8_t *bytes = pc_arena_copy(job->request->arena, der.at, der.len);
    const pc_raw_extension raw = { .oid = oid, .der = bytes, .der_len = der.len };

    if (!oid || !bytes) {
        return PC_E_MEMORY;
    }
    pc_status status = pc_request_add_raw(job->request, &raw, &why);

    return status == PC_E_INPUT ? find_value(job, entry, why.frames[0], "leave extensions out") : status;
}

static pc_status read_der(pc_inf_job *job, const pc_inf_entry *entry, const pc_tagged *tagged,
                          const struct extension_row *row)
{
    pc_error why = { 0 };
    pc_der der = { .at = NULL };
    pc_status status = pc_tagged_der(job->request->arena, tagged, &der, &why);

    if (status != PC_OK) {
        return status == PC_E_INPUT ? find_value(job, entry, why.frames[0], row ? row->fix : NULL) : status;
    }
    status = row && row->der ? row->der(job, entry, der) : PC_E_INPUT;
    if (status != PC_E_INPUT) {
        return status;
    }
    /* Names may be of kinds that there are no words for; the other extensions that are read here have no such. */
    if (row && row->der && (!row->repeats || der.len == 0 || der.at[0] != PC_DER_SEQUENCE)) {
        return find_value(job, entry, "the bytes are not the DER of this extension", row->fix);
    }
    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "an extension of the request, with the bytes given here");
    if (row && row->repeats && pc_request_find_raw(job->request, entry->key)) {
        return find_value(job, entry, "the extension is given above already, as bytes that nothing can be added to",
                          NULL);
    }
    return add_raw(job, entry, der);
}

static pc_status read_tagged(pc_inf_job *job, const pc_inf_entry *entry, const pc_tagged *tagged)
{
    const struct extension_row *row = find_row(entry->key);
    bool is_text = tagged->form == PC_TAGGED_TEXT || (row && row->takes_utf8 && tagged->form == PC_TAGGED_UTF8);

    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, row ? row->note : "an extension of the request");
    if (tagged->is_critical) {
        PC_TRY(add_mark(job, &(pc_inf_mark){ .oid = entry->key, .entry = entry }));
    }
    if (is_text && !row) {
        return find_value(job, entry, "no {text} form of it is known", NULL);
    }
    if (is_text && row->text == pc_inf_read_usage_text) {
        job->usage_in_extensions = entry;
    }
    return is_text ? row->text(job, entry, tagged->rest) : read_der(job, entry, tagged, row);
}

static pc_status read_extension(pc_inf_job *job, const pc_inf_entry *entry)
{
    const struct extension_row *row = find_row(entry->key);
    const char *text = pc_inf_joined_value(job, entry);
    pc_tagged tagged = { .rest = text };
    pc_error why = { 0 };
    bool is_first = true;

    if (!text) {
        return PC_E_MEMORY;
    }
    if (pc_text_starts(entry->key, ARC_OF_EKUS)) {
        return pc_inf_wrong_section(job, entry, "EnhancedKeyUsageExtension",
                                    pc_inf_fix(job->inf, "[EnhancedKeyUsageExtension] and below it OID = %s",
                                               entry->key));
    }
    if (!row || !row->repeats) {
        PC_TRY(pc_inf_claim_extension(job, entry->key, entry, &is_first));
    }
    if (!is_first) {
        return PC_OK;
    }
    if (pc_tagged_read(text, &tagged, &why) != PC_OK) {
        return find_value(job, entry, why.frames[0], row ? row->fix : NULL);
    }
    return read_tagged(job, entry, &tagged);
}

/* The request has one already, made of the key itself. */
static pc_status read_key_id(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "leave the line out",
    };

    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "the subject key identifier is worked out from the key");
    return pc_inf_find(job->inf, &head,
                       "not honoured here: `" OID_SUBJECT_KEY_ID "` on line %u: the subject key "
                       "identifier is worked out from the key",
                       entry->line);
}

static pc_status read_critical_list(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *list = entry->value;
    pc_span item = { .len = 0 };

    while (pc_inf_next_item(&list, &item) && job->mark_count < MAX_MARKS) {
        const char *oid = pc_arena_text(job->inf->arena, item.at, item.len);

        if (!oid) {
            return PC_E_MEMORY;
        }
        PC_TRY(add_mark(job, &(pc_inf_mark){ .oid = oid, .entry = entry }));
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

    return pc_inf_find(job->inf, &head,
                       "`OID = %s` under [Extensions] has no effect: certreq makes no extended key "
                       "usage of it",
                       pc_show(entry->value).text);
}

/* The content of an extension is DER of some type, so there is none without any (RFC 5280 section 4.2). */
static pc_status read_empty(pc_inf_job *job, const pc_inf_entry *entry)
{
    return find_value(job, entry, "an extension without content is not valid, and CAs refuse it",
                      pc_inf_fix(job->inf, "%s = {hex}05 00, which is NULL", entry->value));
}

static const struct {
    const char *key;
    pc_inf_reader read;
    pc_effect effect;
    const char *note;
} extension_keys[] = {
    { "_continue_", pc_inf_read_continue, PC_EFFECT_IGNORED, "there is nothing above it to go on" },
    { "Critical", read_critical_list, PC_EFFECT_HONOURED, "marks these extensions as critical" },
    { "OID", read_misplaced_oid, PC_EFFECT_IGNORED, "an OID here makes no extended key usage" },
    { "Empty", read_empty, PC_EFFECT_REFUSED, "an extension without content is not made" },
    { OID_SUBJECT_KEY_ID, read_key_id, PC_EFFECT_IGNORED, "" },
};

pc_status pc_inf_read_extensions(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < PC_COUNT(extension_keys); i++) {
        if (pc_text_equal(entry->key, extension_keys[i].key)) {
            pc_inf_mean(job, entry, extension_keys[i].effect, extension_keys[i].note);
            return extension_keys[i].read(job, entry);
        }
    }
    if (pc_text_is_oid(entry->key)) {
        return read_extension(job, entry);
    }
    if (!pc_inf_joined_value(job, entry)) {
        return PC_E_MEMORY;
    }
    return pc_inf_bad_value(job, entry, "it is neither an extension's OID nor a key of this section",
                            "2.5.29.17 = \"{text}dns=a.example.com\"");
}
