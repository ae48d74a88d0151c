/* SPDX-License-Identifier: Apache-2.0 */
/* [Extensions]: an OID, and a value that is text with a tag, or the encoding itself. */
#include <string.h>

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_claims.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_joined.h"
#include "inf/inf_list.h"
#include "inf/inf_report.h"
#include "inf/request_parts.h"

#define OID_SUBJECT_KEY_ID "2.5.29.14"
#define ARC_OF_EKUS        "1.3.6.1.5.5.7.3."

/* The extensions that have a text form. One without a reader of its DER is kept as it is encoded. */
static const struct extension_row {
    const char *oid;
    pc_inf_text_reader text;
    pc_inf_der_reader der;
    bool repeats;    /* a second line adds to the first */
    bool takes_utf8; /* {utf8} reads like {text} */
    const char *note;
    const char *advice;
} extensions[] = {
    { PC_INF_OID_KEY_USAGE, pc_inf_read_usage_text, pc_inf_read_usage_der, false, false, "the extension key usage",
      "write {text} and the bits as in KeyUsage, or the DER of the extension" },
    { PC_INF_OID_ALT_NAMES, pc_inf_read_alt_text, pc_inf_read_alt_der, true, false,
      "the extension subject alternative name",
      "write the names as {text}dns=NAME&dns=NAME, or the DER of the extension" },
    { PC_INF_OID_BASIC_CONSTRAINTS, pc_inf_read_constraints_text, pc_inf_read_constraints_der, false, false,
      "the extension basic constraints", "write {text}ca=1&pathlength=NUMBER, or the DER of the extension" },
    { PC_INF_OID_NAME_CONSTRAINTS, pc_inf_read_name_constraints_text, NULL, false, false,
      "the extension name constraints",
      "write {text}subtree=include&DNS=NAME&subtree=exclude&DNS=NAME, or the DER of the extension" },
    { PC_INF_OID_POLICY_MAPPINGS, pc_inf_read_mappings_text, NULL, false, false, "the extension policy mappings",
      "write {text}OID=OID&OID=OID, or the DER of the extension" },
    { PC_INF_OID_APPLICATION_MAPPINGS, pc_inf_read_mappings_text, NULL, false, false,
      "the extension application policy mappings", "write {text}OID=OID&OID=OID, or the DER of the extension" },
    { PC_INF_OID_EKU, pc_inf_read_eku_text, pc_inf_read_eku_der, true, false, "the extension extended key usage",
      "write {text} and the OIDs separated by ',', or the DER of the extension" },
    { PC_INF_OID_POLICIES, pc_inf_read_policies_text, NULL, false, false, "the extension certificate policies",
      "write {text}OID=OID, or the DER of the extension" },
    { PC_INF_OID_APPLICATION_POLICIES, pc_inf_read_app_policies_text, NULL, false, false,
      "the extension application policies", "write {text}OID=OID, or the DER of the extension" },
    { PC_INF_OID_TEMPLATE_NAME, pc_inf_read_template_name_text, NULL, false, true,
      "the extension certificate template name",
      "write {text} and the name of the template, or the DER of the extension" },
    { PC_INF_OID_TEMPLATE, pc_inf_read_template_text, NULL, false, false, "the extension certificate template",
      "write {text}Template=OID&MajorVersion=NUMBER&MinorVersion=NUMBER, or the DER of the extension" },
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

static pc_status find_value(pc_inf_job *job, const pc_inf_entry *entry, const char *why, const char *advice)
{
    pc_finding head = {
        .id = "inf.extension-value",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
    };

    pc_inf_fix_value(&head, job->inf, entry,
                     advice ? advice
                            : "write {utf8} and text, {octet}{hex} and bytes, {hex} and DER, or DER in base64");

    return pc_inf_find(job->inf, &head, "the value of the extension %s cannot be read: %s", pc_quote(entry->key).text,
                       why);
}

pc_status pc_inf_add_raw(pc_inf_job *job, const pc_inf_entry *entry, const char *key, pc_bytes der)
{
    pc_error why = { 0 };
    const char *oid = pc_arena_string(job->request->arena, key);
    const uint8_t *bytes = pc_arena_copy(job->request->arena, der.data, der.len);
    const pc_raw_extension raw = { .oid = oid, .der = { .data = bytes, .len = der.len } };

    if (!oid || !bytes) {
        return PC_E_MEMORY;
    }
    pc_status status = pc_request_add_raw(job->request, &raw, &why);

    return status == PC_E_INPUT ? find_value(job, entry, why.frames[0], "remove some extensions") : status;
}

static pc_status read_der(pc_inf_job *job, const pc_inf_entry *entry, const pc_tagged *tagged,
                          const struct extension_row *row)
{
    pc_error why = { 0 };
    pc_bytes der = { .len = 0 };
    pc_status status = pc_tagged_der(job->request->arena, tagged, &der, &why);

    if (status != PC_OK) {
        return status == PC_E_INPUT ? find_value(job, entry, why.frames[0], row ? row->advice : NULL) : status;
    }
    status = row && row->der ? row->der(job, entry, der) : PC_E_INPUT;
    if (status != PC_E_INPUT) {
        return status;
    }
    /* Names may be of kinds that have no text form here; the other extensions contain nothing of that sort. */
    if (row && row->der && (!row->repeats || der.len == 0 || der.data[0] != PC_DER_SEQUENCE)) {
        return find_value(job, entry, "the bytes are not the DER of this extension", row->advice);
    }
    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "an extension of the request, with the bytes given here");
    if (row && row->repeats && pc_request_find_raw(job->request, entry->key)) {
        return find_value(job, entry, "the extension is already given above, as bytes that nothing can be added to",
                          NULL);
    }
    return pc_inf_add_raw(job, entry, entry->key, der);
}

static pc_status read_tagged(pc_inf_job *job, const pc_inf_entry *entry, const pc_tagged *tagged)
{
    const struct extension_row *row = find_row(entry->key);
    bool is_text = tagged->form == PC_TAGGED_TEXT || (row && row->takes_utf8 && tagged->form == PC_TAGGED_UTF8);

    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, row ? row->note : "an extension of the request");
    if (tagged->is_critical) {
        PC_TRY(pc_inf_mark_critical(job, entry->key, entry));
    }
    if (is_text && !row) {
        return find_value(job, entry, "certreq documents no {text} form of it", NULL);
    }
    if (is_text && row->text == pc_inf_read_usage_text) {
        job->usage.in_extensions = entry;
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
        return pc_inf_stray_key(job, entry, NULL);
    }
    if (!row || !row->repeats) {
        PC_TRY(pc_inf_claim_extension(job, entry->key, entry, &is_first));
    }
    if (!is_first) {
        return PC_OK;
    }
    if (pc_tagged_read(text, &tagged, &why) != PC_OK) {
        return find_value(job, entry, why.frames[0], row ? row->advice : NULL);
    }
    return read_tagged(job, entry, &tagged);
}

/* The request has one already, computed from the key itself. */
static pc_status read_key_id(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_finding head = { .id = "inf.not-honoured", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_removing(&head, job->inf, entry);
    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "the subject key identifier is computed from the key");
    return pc_inf_find(job->inf, &head,
                       "not honoured here: `" OID_SUBJECT_KEY_ID "` on line %u: the subject key "
                       "identifier is computed from the key",
                       entry->line);
}

static pc_status read_critical_list(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *list = entry->value;
    pc_span item = { .len = 0 };

    while (pc_inf_next_item(&list, &item)) {
        const char *oid = pc_arena_text(job->inf->arena, item.start, item.len);

        if (!oid) {
            return PC_E_MEMORY;
        }
        if (strpbrk(oid, " \t")) {
            return pc_inf_missing_comma(job, entry, item, "a ',' is missing between two OIDs");
        }
        PC_TRY(pc_inf_mark_critical(job, oid, entry));
    }
    return PC_OK;
}

static pc_status read_misplaced_oid(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_finding head = { .id = "inf.oid-in-extensions", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_moving(&head, job->inf, entry, "EnhancedKeyUsageExtension", NULL);

    return pc_inf_find(job->inf, &head,
                       "`OID = %s` under [Extensions] has no effect: certreq reads extended key usages in "
                       "[EnhancedKeyUsageExtension]",
                       pc_quote(entry->value).text);
}

/* The content of an extension is DER of some type, so it is never empty (RFC 5280 section 4.2). */
static pc_status read_empty(pc_inf_job *job, const pc_inf_entry *entry)
{
    return find_value(job, entry, "an extension without content is not valid, and CAs refuse it",
                      pc_inf_fix(job->inf, "remove the line, or give the DER of the content: %s = {hex}…",
                                 entry->value));
}

static const struct {
    const char *key;
    pc_inf_reader read;
    pc_effect effect;
    const char *note;
} extension_keys[] = {
    { "_continue_", pc_inf_read_continue, PC_EFFECT_IGNORED, "there is nothing above it to continue" },
    { "Critical", read_critical_list, PC_EFFECT_HONOURED, "marks these extensions as critical" },
    { "OID", read_misplaced_oid, PC_EFFECT_IGNORED, "an OID here is not an extended key usage" },
    { "Empty", read_empty, PC_EFFECT_REFUSED, "an extension without content is not created" },
    { OID_SUBJECT_KEY_ID, read_key_id, PC_EFFECT_IGNORED, "" },
};

/* Neither an OID nor a key of this section. SAN is assumed to mean the extension, whose key is its OID. */
static pc_status read_other(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *reason = "it is neither the OID of an extension nor a key of this section";
    const char *home = pc_inf_home_of(entry->key);
    const char *value = pc_inf_fix(job->inf, "{text}%s", entry->value);

    if (!value) {
        return PC_E_MEMORY;
    }
    if (pc_text_equal(entry->key, "SAN") && strchr(entry->value, '=') && entry->value[0] != '{') {
        return pc_inf_bad_value_replace(job, entry, reason, pc_inf_line_text(job->inf, PC_INF_OID_ALT_NAMES, value));
    }
    if (entry->key[0] == '#' || pc_text_starts(entry->key, "//") || (home && !pc_text_equal(home, "Extensions"))) {
        return pc_inf_stray_key(job, entry, NULL);
    }
    return pc_inf_bad_value(job, entry, reason, "write the OID of the extension as the key, or remove the line");
}

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
    return read_other(job, entry);
}
