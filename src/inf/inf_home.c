/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a section that does not read them. */
#include "inf/inf_home.h"

#include <string.h>

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_attributes.h"
#include "inf/inf_extension.h"
#include "inf/inf_new_request.h"
#include "inf/inf_report.h"

#define ARC_OF_EKUS "1.3.6.1.5.5.7.3."

/* Keys that only one section reads. [NewRequest] has its own table. */
static const struct {
    const char *key;
    const char *section;
} homes[] = {
    { "OID", "EnhancedKeyUsageExtension" },
    { "CertificateTemplate", "RequestAttributes" },
    { "CertificateUsage", "RequestAttributes" },
    { "ExpirationDate", "RequestAttributes" },
    { "SAN", "Extensions" },
    { "Critical", "Extensions" },
    { "Empty", "Extensions" },
    { "Signature", "Version" },
    { "PathLength", "BasicConstraintsExtension" },
    { "Policies", "PolicyStatementExtension" },
    { "Include", "NameConstraintsExtension" },
    { "Exclude", "NameConstraintsExtension" },
    { "RequireExplicitPolicy", "PolicyConstraintsExtension" },
    { "InhibitPolicyMapping", "PolicyConstraintsExtension" },
    { "RenewalKeyLength", "certsrv_server" },
    { "RenewalValidityPeriod", "certsrv_server" },
    { "RenewalValidityPeriodUnits", "certsrv_server" },
    { "CRLPeriod", "certsrv_server" },
    { "CRLPeriodUnits", "certsrv_server" },
    { "CRLDeltaPeriod", "certsrv_server" },
    { "CRLDeltaPeriodUnits", "certsrv_server" },
    { "LoadDefaultTemplates", "certsrv_server" },
    { "EnableKeyCounting", "certsrv_server" },
};

/* Keys that another section reads as well. */
static const struct {
    const char *key;
    const char *section;
} shared[] = {
    { "SAN", "RequestAttributes" },
    { "ValidityPeriod", "RequestAttributes" },
    { "ValidityPeriodUnits", "RequestAttributes" },
    { "AlternateSignatureAlgorithm", "certsrv_server" },
};

const char *pc_inf_home_of(const char *key)
{
    if (pc_inf_is_new_request_key(key)) {
        return "NewRequest";
    }
    for (size_t i = 0; i < PC_COUNT(homes); i++) {
        if (pc_text_equal(key, homes[i].key)) {
            return homes[i].section;
        }
    }
    if (!pc_text_is_oid(key)) {
        return NULL;
    }
    return pc_text_starts(key, ARC_OF_EKUS) ? "EnhancedKeyUsageExtension" : "Extensions";
}

static const char *home_elsewhere(const pc_inf_entry *entry)
{
    const char *home = pc_inf_home_of(entry->key);

    for (size_t i = 0; i < PC_COUNT(shared); i++) {
        if (pc_text_equal(entry->key, shared[i].key) && pc_text_equal(entry->section, shared[i].section)) {
            return NULL;
        }
    }
    return home && !pc_text_equal(home, entry->section) ? home : NULL;
}

/* An extended key usage that is written as an extension of its own. */
static void move_eku(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry)
{
    pc_inf_fix_by_moving(head, inf, entry, "EnhancedKeyUsageExtension", pc_inf_line_text(inf, "OID", entry->key));
}

/* Keys that refer to other lines, and sections that p11cert does not read: moving the line alone is not enough. */
static bool is_more_than_a_line(const pc_inf_entry *entry, const char *home)
{
    static const char *const keys[] = { "Critical", "Empty", "Policies", "Include", "Exclude" };

    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        if (pc_text_equal(entry->key, keys[i])) {
            return true;
        }
    }
    return pc_text_equal(home, "PolicyConstraintsExtension") || pc_text_equal(home, "certsrv_server");
}

static void set_fix(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *home, bool there)
{
    bool is_single = pc_text_equal(home, "NewRequest") || pc_text_equal(home, "BasicConstraintsExtension") ||
                     (pc_text_is_oid(entry->key) && pc_text_equal(home, "Extensions"));

    if (pc_text_starts(entry->key, ARC_OF_EKUS)) {
        move_eku(head, inf, entry);
    } else if (pc_text_equal(entry->key, "SAN")) {
        pc_inf_fix_by_moving_names(head, inf, entry);
    } else if (is_single && there) {
        pc_inf_fix_by_removing(head, inf, entry);
    } else if (is_more_than_a_line(entry, home)) {
        head->fix = pc_inf_fix(inf, "move the line to [%s]", home);
    } else {
        pc_inf_fix_by_moving(head, inf, entry, home, NULL);
    }
}

static pc_status find_stray(pc_inf_job *job, const pc_inf_entry *entry, const char *home)
{
    const pc_inf_entry *there =
        pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING) ? NULL : pc_inf_first_entry(job, home, entry->key);
    pc_finding head = { .id = "inf.wrong-section", .severity = PC_SEVERITY_WARNING, .line = entry->line, .fix = "" };

    if (!pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING)) {
        set_fix(&head, job->inf, entry, home, there != NULL);
    }
    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "it is in the wrong section, where certreq does not look for it");
    if (there) {
        return pc_inf_find(job->inf, &head, "`%s` has no effect in [%s]; it belongs in [%s], where line %u has it",
                           pc_quote(entry->key).text, pc_quote(entry->section).text, home, there->line);
    }
    return pc_inf_find(job->inf, &head, "`%s` has no effect in [%s]; it belongs in [%s]", pc_quote(entry->key).text,
                       pc_quote(entry->section).text, home);
}

/* "#key = value" and "//key = value": comments of other languages. */
static size_t comment_sign_len(const char *key)
{
    return key[0] == '#' ? 1 : strncmp(key, "//", 2) == 0 ? 2 : 0;
}

static pc_status find_comment(pc_inf_job *job, const pc_inf_entry *entry)
{
    size_t len = comment_sign_len(entry->key);
    pc_finding head = { .id = "inf.unknown-key", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_fix(job->inf, "; %s = %s", entry->key + len, entry->value));
    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "certreq does not know this key and skips it, and so does p11cert");
    return pc_inf_find(job->inf, &head,
                       "certreq does not know the key `%s` and skips it: %.*s does not begin a comment in an INF file, "
                       "only ';' does",
                       pc_quote(entry->key).text, (int)len, entry->key);
}

pc_status pc_inf_stray_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest)
{
    const char *home = home_elsewhere(entry);

    if (home) {
        return find_stray(job, entry, home);
    }
    return comment_sign_len(entry->key) ? find_comment(job, entry) : pc_inf_unknown_key(job, entry, nearest);
}

pc_status pc_inf_check_home(pc_inf_job *job, const pc_inf_entry *entry, bool *ret_is_stray)
{
    *ret_is_stray = home_elsewhere(entry) || comment_sign_len(entry->key);
    return *ret_is_stray ? pc_inf_stray_key(job, entry, NULL) : PC_OK;
}
