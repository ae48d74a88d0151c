/* SPDX-License-Identifier: Apache-2.0 */
/* The sections that certreq knows. */
#include "inf/inf_sections.h"

#include "base/nearest.h"

#define READ(name, read, is_policy) \
    { \
        name, PC_SECTION_READ, read, is_policy, PC_EFFECT_IGNORED, "nothing is made of it" \
    }
#define BARE(name, effect, note) \
    { \
        name, PC_SECTION_READ, NULL, false, effect, note \
    }
#define NOT_MADE(name) \
    { \
        name, PC_SECTION_NOT_MADE, NULL, true, PC_EFFECT_REFUSED, "this extension is not made here" \
    }
#define OF_CA(name, note) \
    { \
        name, PC_SECTION_OF_CA, NULL, true, PC_EFFECT_IGNORED, note \
    }

#define BY_CA "a CA puts it into certificates itself; it is read when the CA is set up"

static const pc_section_row sections[] = {
    READ("NewRequest", pc_inf_read_new_request, false),
    READ("EnhancedKeyUsageExtension", pc_inf_read_eku_section, false),
    READ("Extensions", pc_inf_read_extensions, false),
    READ("RequestAttributes", pc_inf_read_attribute, false),
    { "Version", PC_SECTION_READ, pc_inf_read_version, false, PC_EFFECT_IGNORED,
      "says that the file is an INF; nothing depends on it" },
    BARE("Strings", PC_EFFECT_HONOURED, "stands for %name% elsewhere in the file"),
    READ("ApplicationPolicyStatementExtension", pc_inf_read_application_policies, true),
    READ("PolicyStatementExtension", pc_inf_read_policies, true),
    READ("BasicConstraintsExtension", pc_inf_read_basic_constraints, true),
    READ("NameConstraintsExtension", pc_inf_read_name_constraints, true),
    NOT_MADE("PolicyMappingsExtension"),
    NOT_MADE("ApplicationPolicyMappingsExtension"),
    NOT_MADE("PolicyConstraintsExtension"),
    NOT_MADE("ApplicationPolicyConstraintsExtension"),
    NOT_MADE("CrossCertificateDistributionPointsExtension"),
    OF_CA("CRLDistributionPoint", BY_CA),
    OF_CA("AuthorityInformationAccess", BY_CA),
    OF_CA("certsrv_server", "a setting of the CA service, read when it is installed or renewed"),
    OF_CA("CAPolicy", "the policies of a CA, read when it is set up"),
    { "Properties", PC_SECTION_PROPERTIES, NULL, false, PC_EFFECT_IGNORED,
      "a property of the certificate in the Windows store, which a request does not hold" },
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

    if (row && row->read && row->read != pc_inf_read_version) {
        return "it shapes the CA's own certificate when the CA is set up; no request is made of this file";
    }
    return row ? row->note : "belongs to what another section names it for, or to nothing that certreq knows";
}

static pc_status find_unknown(pc_inf *inf, size_t at)
{
    pc_nearest nearest = pc_nearest_to(inf->sections[at]);

    for (size_t i = 0; i < PC_COUNT(sections) && !pc_inf_find_is_full(inf, PC_SEVERITY_WARNING); i++) {
        pc_nearest_offer(&nearest, sections[i].name);
    }
    const pc_finding head = {
        .id = "inf.unknown-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = nearest.best ? pc_inf_fix(inf, "[%s]", nearest.best) : "leave the section out",
    };

    return pc_inf_find(inf, &head, "certreq does not know the section [%s] and skips it%s%s%s",
                       pc_show(inf->sections[at]).text, nearest.best ? "; the nearest that it knows is [" : "",
                       nearest.best ? nearest.best : "", nearest.best ? "]" : "");
}

static pc_status find_of_ca(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.ca-section",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = "leave the section out",
    };

    return pc_inf_find(inf, &head, "[%s] is for setting up a CA; certreq -new skips it", inf->sections[at]);
}

static pc_status find_not_made(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.section-unsupported",
        .severity = PC_SEVERITY_ERROR,
        .line = inf->section_lines[at],
        .fix = "leave the section out if the CA sets the extension itself, or give its DER under [Extensions]",
    };

    return pc_inf_find(inf, &head,
                       "[%s] asks for an extension that is not made here; without it the request would not be what "
                       "the file asks for",
                       inf->sections[at]);
}

static pc_status find_properties(pc_inf *inf, size_t at)
{
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = inf->section_lines[at],
        .fix = "leave the section out",
    };

    return pc_inf_find(inf, &head,
                       "not honoured here: [Properties] on line %u sets properties of the certificate in "
                       "the Windows store, which a request does not hold",
                       inf->section_lines[at]);
}

pc_status pc_inf_judge_section(pc_inf_job *job, size_t at)
{
    static pc_status (*const judges[])(pc_inf *, size_t) = {
        [PC_SECTION_NOT_MADE] = find_not_made,
        [PC_SECTION_OF_CA] = find_of_ca,
        [PC_SECTION_PROPERTIES] = find_properties,
    };
    const pc_section_row *row = pc_inf_find_section(job->inf->sections[at]);

    if (!row) {
        return pc_inf_is_sub(job, job->inf->sections[at]) ? PC_OK : find_unknown(job->inf, at);
    }
    return judges[row->use] ? judges[row->use](job->inf, at) : PC_OK;
}
