/* SPDX-License-Identifier: Apache-2.0 */
/* Subject, X500NameFlags and SubjectNameFlags of [NewRequest]. */
#include "inf/inf_subject.h"

#include <string.h>

#include "inf/fix.h"
#include "inf/inf_report.h"
#include "inf/request_parts.h"
#include "inf/x500.h"
#include "inf/x500_repair.h"

/* CERT_NAME_STR_* of Microsoft's wincrypt.h. */
enum {
    FLAG_FORWARD = 0x01000000,
    FLAG_REVERSE = 0x02000000,
    FLAG_COMMA = 0x04000000,
    FLAG_CRLF = 0x08000000,
    FLAG_NO_QUOTING = 0x10000000,
    FLAG_NO_PLUS = 0x20000000,
    FLAG_SEMICOLON = 0x40000000,
    FLAGS_OF_ENCODING = 0x003f0000,
};

static const pc_inf_symbol flag_names[] = {
    { "CERT_NAME_STR_COMMA_FLAG", FLAG_COMMA },
    { "CERT_NAME_STR_SEMICOLON_FLAG", FLAG_SEMICOLON },
    { "CERT_NAME_STR_CRLF_FLAG", FLAG_CRLF },
    { "CERT_NAME_STR_NO_PLUS_FLAG", FLAG_NO_PLUS },
    { "CERT_NAME_STR_NO_QUOTING_FLAG", FLAG_NO_QUOTING },
    { "CERT_NAME_STR_REVERSE_FLAG", FLAG_REVERSE },
    { "CERT_NAME_STR_FORWARD_FLAG", FLAG_FORWARD },
    { "CERT_NAME_STR_DISABLE_IE4_UTF8_FLAG", 0x00010000 },
    { "CERT_NAME_STR_ENABLE_T61_UNICODE_FLAG", 0x00020000 },
    { "CERT_NAME_STR_ENABLE_UTF8_UNICODE_FLAG", 0x00040000 },
    { "CERT_NAME_STR_FORCE_UTF8_DIR_STR_FLAG", 0x00080000 },
    { "CERT_NAME_STR_DISABLE_UTF8_DIR_STR_FLAG", 0x00100000 },
    { "CERT_NAME_STR_ENABLE_PUNYCODE_FLAG", 0x00200000 },
    { "CERT_SIMPLE_NAME_STR", 1 },
    { "CERT_OID_NAME_STR", 2 },
    { "CERT_X500_NAME_STR", 3 },
};

static const pc_inf_symbols flags = { flag_names, PC_COUNT(flag_names), 0x7f3f0003 };

/* Bits by Microsoft's certenroll templates; `template` means those of the template. */
static const pc_inf_symbol subject_names[] = {
    { "CT_FLAG_SUBJECT_REQUIRE_DIRECTORY_PATH", 0x80000000 },
    { "CT_FLAG_SUBJECT_REQUIRE_COMMON_NAME", 0x40000000 },
    { "CT_FLAG_SUBJECT_REQUIRE_EMAIL", 0x20000000 },
    { "CT_FLAG_SUBJECT_REQUIRE_DNS_AS_CN", 0x10000000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_DNS", 0x08000000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_EMAIL", 0x04000000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_UPN", 0x02000000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_DIRECTORY_GUID", 0x01000000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_SPN", 0x00800000 },
    { "CT_FLAG_SUBJECT_ALT_REQUIRE_DOMAIN_DNS", 0x00400000 },
    { "CT_FLAG_ENROLLEE_SUPPLIES_SUBJECT", 0x00000001 },
    { "CT_FLAG_ENROLLEE_SUPPLIES_SUBJECT_ALT_NAME", 0x00010000 },
    { "template", 0x00000002 },
};

static const pc_inf_symbols subject_flags = { subject_names, PC_COUNT(subject_names), 0xffffffff };

pc_status pc_inf_read_subject(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->subject.entry = entry;
    return PC_OK;
}

/* No value of an INF file contains a line end, so with only CRLF as separator, nothing is separated. */
static const char *separators_of(unsigned long bits)
{
    bool comma = bits & FLAG_COMMA;
    bool semicolon = bits & FLAG_SEMICOLON;

    if (comma || semicolon) {
        return comma && semicolon ? ",;" : comma ? "," : ";";
    }
    return bits & FLAG_CRLF ? "" : ",;";
}

pc_status pc_inf_read_x500_flags(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long bits = 0;
    pc_span bad = { .len = 0 };
    const pc_finding head = {
        .id = "inf.string-types",
        .severity = PC_SEVERITY_INFO,
        .line = entry->line,
        .fix = "remove these flags",
    };

    if (!pc_inf_to_bits(entry->value, &flags, &bits, &bad)) {
        return pc_inf_bad_symbol(job, entry, bad, &flags);
    }
    job->subject.options = (pc_x500_options){
        .separators = separators_of(bits),
        .plus = !(bits & FLAG_NO_PLUS),
        .no_quoting = bits & FLAG_NO_QUOTING,
        .reverse = bits & FLAG_REVERSE,
    };
    if (!(bits & FLAGS_OF_ENCODING)) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "X500NameFlags selects string types (bits 0x%lx); p11cert encodes a value as "
                       "PrintableString if its characters allow it and as UTF8String otherwise, as Windows does "
                       "without these flags",
                       bits & FLAGS_OF_ENCODING);
}

pc_status pc_inf_read_subject_name_flags(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long bits = 0;
    pc_span bad = { .len = 0 };
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "write the names in Subject and under [Extensions] as 2.5.29.17, and remove the line",
    };

    if (!pc_inf_to_bits(entry->value, &subject_flags, &bits, &bad)) {
        return pc_inf_bad_symbol(job, entry, bad, &subject_flags);
    }
    if (bits == 0) {
        return PC_OK;
    }
    return pc_inf_find(
        job->inf, &head,
        "not honoured here: `SubjectNameFlags = %s` on line %u: certreq gets names from Active Directory, "
        "which p11cert does not use; names come only from Subject and [Extensions]",
        pc_quote(entry->value).text, entry->line);
}

#define COMMON_NAME_MAX 64u /* characters: ub-common-name, RFC 5280 appendix A.1 */

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static pc_status check_common_name(pc_inf_job *job, const pc_name_attribute *attribute)
{
    size_t count = count_characters(attribute->text);
    const pc_finding head = {
        .id = "inf.long-name",
        .severity = PC_SEVERITY_WARNING,
        .line = job->subject.entry->line,
        .fix = "write the long name as dns= in 2.5.29.17 under [Extensions], and a CN of at most 64 characters, or "
               "none, in "
               "Subject",
    };

    if (attribute->form != PC_VALUE_TEXT || strcmp(attribute->oid, PC_X500_OID_COMMON_NAME) != 0 ||
        count <= COMMON_NAME_MAX) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "the CN has %zu characters; RFC 5280 allows %u (ub-common-name), and a CA or "
                       "program may refuse or truncate it",
                       count, COMMON_NAME_MAX);
}

static pc_status check_common_names(pc_inf_job *job)
{
    const pc_name *subject = &job->request->subject;

    for (size_t i = 0; i < subject->count; i++) {
        for (size_t j = 0; j < subject->rdns[i].count; j++) {
            PC_TRY(check_common_name(job, &subject->rdns[i].attributes[j]));
        }
    }
    return PC_OK;
}

/* A comma outside quotes ends the value for the reader of INF files; certreq reports 0x8007000d (invalid data). */
static pc_status find_bare_commas(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->subject.entry;
    pc_finding head = { .id = "inf.unquoted-commas", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    if (!entry->has_bare_comma) {
        return PC_OK;
    }
    pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, entry->key, entry->value));
    return pc_inf_find(job->inf, &head,
                       "the value of `%s` has a comma outside quotes, where certreq ends it and fails with 0x8007000d; "
                       "p11cert reads it as if it were quoted",
                       entry->key);
}

static pc_status find_bad_subject(pc_inf_job *job, const char *why)
{
    const pc_inf_entry *entry = job->subject.entry;
    const char *repaired = "";

    if (!pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        PC_TRY(pc_x500_repair(job->inf->arena, entry->value, &job->subject.options, &repaired));
    }
    return repaired[0]
               ? pc_inf_bad_value_replace(job, entry, why, pc_inf_line_text(job->inf, entry->key, repaired))
               : pc_inf_bad_value(job, entry, why, "write it as \"KEY=value,KEY=value\" with keys such as CN, O and C");
}

/* X500NameFlags may be below Subject. */
pc_status pc_inf_finish_subject(pc_inf_job *job)
{
    pc_error why = { 0 };

    if (!job->subject.entry) {
        return PC_OK;
    }
    pc_request *request = job->request;
    pc_status status = pc_request_set_subject_by(request, job->subject.entry->value, &job->subject.options, &why);

    if (status == PC_OK) {
        status = pc_x500_check_text(&request->subject, &why);
    }
    if (status == PC_OK) {
        PC_TRY(find_bare_commas(job));
        return check_common_names(job);
    }
    if (status != PC_E_INPUT) {
        return status;
    }
    /* The text is shown, although no request is created from it. */
    const char *text = pc_arena_string(request->arena, job->subject.entry->value);

    if (!text) {
        return PC_E_MEMORY;
    }
    request->subject_text = text;
    return find_bad_subject(job, why.frames[0]);
}
