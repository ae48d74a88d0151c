/* SPDX-License-Identifier: Apache-2.0 */
/* Subject, X500NameFlags and SubjectNameFlags of [NewRequest]. */
#include <string.h>

#include "inf/inf_job.h"
#include "inf/request_parts.h"
#include "inf/x500.h"

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
    job->subject = entry;
    return PC_OK;
}

/* No value of an INF holds a line end, so that with CRLF alone nothing separates. */
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
        .fix = "leave these flags out",
    };

    if (!pc_inf_to_bits(entry->value, &flags, &bits, &bad)) {
        return pc_inf_bad_symbol(job, entry, bad, &flags);
    }
    job->subject_options = (pc_x500_options){
        .separators = separators_of(bits),
        .plus = !(bits & FLAG_NO_PLUS),
        .no_quoting = bits & FLAG_NO_QUOTING,
        .reverse = bits & FLAG_REVERSE,
    };
    if (!(bits & FLAGS_OF_ENCODING)) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "X500NameFlags chooses string types (bits 0x%lx); here a value is a "
                       "PrintableString where its characters allow it and a UTF8String otherwise, as on Windows "
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
        .fix = "write the names into Subject and [Extensions] 2.5.29.17",
    };

    if (!pc_inf_to_bits(entry->value, &subject_flags, &bits, &bad)) {
        return pc_inf_bad_symbol(job, entry, bad, &subject_flags);
    }
    if (bits == 0) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "not honoured here: `SubjectNameFlags = %s` on line %u: certreq takes names "
                       "from Active Directory, which p11cert does not ask; names come from Subject and "
                       "[Extensions] alone",
                       pc_show(entry->value).text, entry->line);
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
        .line = job->subject->line,
        .fix =
            "put the long name into [Extensions] 2.5.29.17 as dns=, and a CN of at most 64 characters, or none, into Subject",
    };

    if (attribute->form != PC_VALUE_TEXT || strcmp(attribute->oid, PC_X500_OID_COMMON_NAME) != 0 ||
        count <= COMMON_NAME_MAX) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "the CN has %zu characters; RFC 5280 allows %u (ub-common-name), and a CA or "
                       "program may refuse or cut it",
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

/* X500NameFlags may stand below Subject. */
pc_status pc_inf_finish_subject(pc_inf_job *job)
{
    pc_error why = { 0 };

    if (!job->subject) {
        return PC_OK;
    }
    pc_request *request = job->request;
    pc_status status = pc_request_set_subject_by(request, job->subject->value, &job->subject_options, &why);

    if (status == PC_OK) {
        status = pc_x500_check_text(&request->subject, &why);
    }
    if (status == PC_OK) {
        return check_common_names(job);
    }
    if (status != PC_E_INPUT) {
        return status;
    }
    /* What stands there is shown, though no request is made of it. */
    const char *text = pc_arena_string(request->arena, job->subject->value);

    if (!text) {
        return PC_E_MEMORY;
    }
    request->subject_text = text;
    return pc_inf_bad_value(job, job->subject, why.frames[0], "Subject = \"CN=server.example.com,O=Example,C=DE\"");
}
