/* SPDX-License-Identifier: Apache-2.0 */
/* The sections that certreq knows. */
#include "inf/inf_sections.h"

#include "base/nearest.h"
#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_attributes.h"
#include "inf/inf_basic_constraints.h"
#include "inf/inf_eku.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_mappings.h"
#include "inf/inf_name_constraints.h"
#include "inf/inf_new_request.h"
#include "inf/inf_policy.h"

#define READ(name, read, is_policy) \
    { \
        name, PC_SECTION_READ, read, is_policy, PC_EFFECT_IGNORED, "it has no effect" \
    }
#define BARE(name, effect, note) \
    { \
        name, PC_SECTION_READ, NULL, false, effect, note \
    }
#define NOT_MADE(name) \
    { \
        name, PC_SECTION_NOT_MADE, check_home, true, PC_EFFECT_REFUSED, "p11cert does not create this extension" \
    }
#define OF_CA(name, note) \
    { \
        name, PC_SECTION_OF_CA, check_home, true, PC_EFFECT_IGNORED, note \
    }

#define BY_CA "a CA puts it into certificates itself; it is read when the CA is set up"

/* [Version], whose keys any INF file may have. */
static pc_status read_version(pc_inf_job *job, const pc_inf_entry *entry)
{
    static const char *const known[] = { "Signature", "Class", "ClassGuid", "Provider", "DriverVer", "CatalogFile" };

    for (size_t i = 0; i < PC_COUNT(known); i++) {
        if (pc_text_equal(entry->key, known[i])) {
            return PC_OK;
        }
    }
    return pc_inf_stray_key(job, entry, NULL);
}

/* A section that p11cert does not read may still have keys that belong in another one. */
static pc_status check_home(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_stray = false;

    return pc_inf_is_new_request_key(entry->key) ? pc_inf_check_home(job, entry, &is_stray) : PC_OK;
}

static const pc_section_row sections[] = {
    READ("NewRequest", pc_inf_read_new_request, false),
    READ("EnhancedKeyUsageExtension", pc_inf_read_eku_section, false),
    READ("Extensions", pc_inf_read_extensions, false),
    READ("RequestAttributes", pc_inf_read_attribute, false),
    { "Version", PC_SECTION_READ, read_version, false, PC_EFFECT_IGNORED,
      "says that the file is an INF file; nothing depends on it" },
    BARE("Strings", PC_EFFECT_HONOURED, "replaces %name% elsewhere in the file"),
    READ("ApplicationPolicyStatementExtension", pc_inf_read_application_policies, true),
    READ("PolicyStatementExtension", pc_inf_read_policies, true),
    READ("BasicConstraintsExtension", pc_inf_read_basic_constraints, true),
    READ("NameConstraintsExtension", pc_inf_read_name_constraints, true),
    READ("PolicyMappingsExtension", pc_inf_read_policy_mappings, true),
    READ("ApplicationPolicyMappingsExtension", pc_inf_read_application_mappings, true),
    NOT_MADE("PolicyConstraintsExtension"),
    NOT_MADE("ApplicationPolicyConstraintsExtension"),
    NOT_MADE("CrossCertificateDistributionPointsExtension"),
    OF_CA("CRLDistributionPoint", BY_CA),
    OF_CA("AuthorityInformationAccess", BY_CA),
    OF_CA("certsrv_server", "a setting of the CA service, read when it is installed or renewed"),
    OF_CA("CAPolicy", "the policies of a CA, read when it is set up"),
    { "Properties", PC_SECTION_PROPERTIES, check_home, false, PC_EFFECT_IGNORED,
      "a property of the certificate in the Windows store, which is not in a request" },
};

const pc_section_row *pc_inf_find_section(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(sections); i++) {
        if (pc_text_equal(name, sections[i].name)) {
            return &sections[i];
        }
    }
    return NULL;
}

const char *pc_inf_section_note(const char *section)
{
    const pc_section_row *row = pc_inf_find_section(section);

    if (row && row->read && row->use == PC_SECTION_READ && row->read != read_version) {
        return "it is for the CA's own certificate when the CA is set up; no request is created from this file";
    }
    return row ? row->note : "another section names it, or certreq does not know it";
}

static pc_status find_unknown(pc_inf *inf, size_t index)
{
    pc_nearest nearest = pc_nearest_to(inf->sections[index]);

    for (size_t i = 0; i < PC_COUNT(sections) && !pc_inf_find_is_full(inf, PC_SEVERITY_WARNING); i++) {
        pc_nearest_offer(&nearest, sections[i].name);
    }
    pc_finding head = {
        .id = "inf.unknown-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[index],
        .fix = "remove the section",
    };

    if (nearest.best) {
        pc_inf_fix_lines(&head, inf->section_lines[index], inf->section_lines[index],
                         pc_inf_fix(inf, "[%s]", nearest.best));
    }
    return pc_inf_find(inf, &head, "certreq does not know the section [%s] and skips it%s%s%s",
                       pc_quote(inf->sections[index]).text, nearest.best ? "; the nearest that it knows is [" : "",
                       nearest.best ? nearest.best : "", nearest.best ? "]" : "");
}

static pc_status find_of_ca(pc_inf *inf, size_t index)
{
    const pc_finding head = {
        .id = "inf.ca-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[index],
        .fix = "remove the section",
    };

    return pc_inf_find(inf, &head, "[%s] is for setting up a CA; certreq -new skips it", inf->sections[index]);
}

static pc_status find_not_made(pc_inf *inf, size_t index)
{
    const pc_finding head = {
        .id = "inf.section-unsupported",
        .severity = PC_SEVERITY_ERROR,
        .line = inf->section_lines[index],
        .fix = "remove the section if the CA sets the extension itself, or give its DER under [Extensions]",
    };

    return pc_inf_find(
        inf, &head,
        "[%s] asks for an extension that p11cert does not create; without it the request would not be what "
        "the file asks for",
        inf->sections[index]);
}

static pc_status find_properties(pc_inf *inf, size_t index)
{
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[index],
        .fix = "remove the section",
    };

    return pc_inf_find(inf, &head,
                       "not honoured here: [Properties] on line %u sets properties of the certificate in "
                       "the Windows store, which are not in a request",
                       inf->section_lines[index]);
}

pc_status pc_inf_judge_section(pc_inf_job *job, size_t index)
{
    static pc_status (*const judges[])(pc_inf *, size_t) = {
        [PC_SECTION_NOT_MADE] = find_not_made,
        [PC_SECTION_OF_CA] = find_of_ca,
        [PC_SECTION_PROPERTIES] = find_properties,
    };
    const pc_section_row *row = pc_inf_find_section(job->inf->sections[index]);

    if (!row) {
        return pc_inf_is_sub(job, job->inf->sections[index]) ? PC_OK : find_unknown(job->inf, index);
    }
    return judges[row->use] ? judges[row->use](job->inf, index) : PC_OK;
}
