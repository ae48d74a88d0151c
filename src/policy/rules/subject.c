/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <string.h>

#include "base/text.h"

static const char *common_names(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;

    return pc_rule_names(rule_case, subject->common_names, subject->common_name_count);
}

/* Position of a name in the list without case, or count. */
static size_t position(const char *const *names, size_t count, const char *name)
{
    size_t index = 0;

    while (index < count && !pc_text_equal(names[index], name)) {
        index++;
    }
    return index;
}

static void judge_empty(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    const char *text = subject->subject ? subject->subject : "";

    if (subject->common_name_count) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: subject \"%s\".", pc_rule_source(rule_case), text);
        return;
    }
    if (text[0]) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: subject \"%s\" has no CN. SCOM takes the machine's name from the CN.",
                    pc_rule_source(rule_case), text);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: the subject is empty. SCOM takes the machine's name from the CN.",
                    pc_rule_source(rule_case));
    }
    pc_rule_remedy(rule_case,
                   "Write Subject = \"CN=server.contoso.com\" with the server's own name in the INF file, make "
                   "a new request and have it issued.");
}

static void judge_cn(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    const char *fqdn = rule_case->evidence->fqdn;

    if (position(subject->common_names, subject->common_name_count, fqdn) < subject->common_name_count) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: a CN equals the server's name \"%s\".", pc_rule_source(rule_case),
                    fqdn);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: CN %s; the server's name is \"%s\". SCOM refuses such a certificate (event 20052).",
                pc_rule_source(rule_case), common_names(rule_case), fqdn);
    pc_rule_remedy(rule_case,
                   "Make a new request with CN = %s and have it issued. If that is not the name which DNS shows "
                   "for the server, run the check again with the right one.",
                   pc_rule_safe(rule_case, fqdn));
}

static void judge_first(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;

    if (subject->common_name_count == 0) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: there is no CN. See SUBJ-EMPTY.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Fix SUBJ-EMPTY first, then run the check again.");
        return;
    }
    if (subject->common_name_count == 1) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: there is one CN, %s.", pc_rule_source(rule_case),
                    common_names(rule_case));
        return;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_FQDN)) {
        return;
    }
    if (pc_text_equal(subject->common_names[0], rule_case->evidence->fqdn)) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: the first CN of %zu is the server's name.",
                    pc_rule_source(rule_case), subject->common_name_count);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: CN %s; the first of them is not the server's name \"%s\".",
                pc_rule_source(rule_case), common_names(rule_case), rule_case->evidence->fqdn);
    pc_rule_remedy(rule_case, "Put CN=%s before every other CN of the subject, make a new request and have it issued.",
                   pc_rule_safe(rule_case, rule_case->evidence->fqdn));
}

static bool same_first_label(const char *a, const char *b)
{
    size_t len = strcspn(a, ".");

    if (len != strcspn(b, ".")) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (pc_to_lower(a[i]) != pc_to_lower(b[i])) {
            return false;
        }
    }
    return true;
}

static void judge_duplicate(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;

    for (size_t i = 0; i < subject->common_name_count; i++) {
        for (size_t j = i + 1; j < subject->common_name_count; j++) {
            const char *one = subject->common_names[i];
            const char *other = subject->common_names[j];

            if (same_first_label(one, other)) {
                pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: CN \"%s\" and CN \"%s\" name the same machine twice.",
                            pc_rule_source(rule_case), one, other);
                pc_rule_remedy(rule_case, "Keep one CN, the fully qualified name; put a short name into the subject "
                                          "alternative names, after it. Make a new request and have it issued.");
                return;
            }
        }
    }
    pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: CN %s; no machine is named twice.", pc_rule_source(rule_case),
                common_names(rule_case));
}

static void judge_san(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    const char *first_cn = subject->common_name_count ? subject->common_names[0] : NULL;
    const char *name = rule_case->evidence->fqdn && rule_case->evidence->fqdn[0] ? rule_case->evidence->fqdn : first_cn;

    if (subject->dns_name_count == 0) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: no DNS names in the subject alternative name; none are needed.",
                    pc_rule_source(rule_case));
        return;
    }
    if (!name) {
        (void)pc_rule_has(rule_case, PC_NEEDS_FQDN);
        return;
    }
    const char *names = pc_rule_names(rule_case, subject->dns_names, subject->dns_name_count);
    size_t index = position(subject->dns_names, subject->dns_name_count, name);

    if (index == 0) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: DNS names %s; the first is \"%s\".", pc_rule_source(rule_case),
                    names, name);
        return;
    }
    /* Present but not first troubles the checker script, not SCOM: no reason to fail the whole check. */
    pc_rule_say(rule_case, index < subject->dns_name_count ? PC_VERDICT_WARNING : PC_VERDICT_FAIL,
                "%s: DNS names %s; \"%s\" is %s.", pc_rule_source(rule_case), names, name,
                index < subject->dns_name_count ? "among them, but not the first" : "not among them");
    pc_rule_remedy(rule_case,
                   "Name DNS=%s first in the subject alternative name, make a new request and have it issued.",
                   pc_rule_safe(rule_case, name));
}

/* RFC 6125 section 6.4.3: the star stands for the whole first label. */
static bool wildcard_covers(const char *pattern, const char *name)
{
    const char *rest = strchr(name, '.');

    return pc_text_starts(pattern, "*.") && rest && rest != name && pc_text_equal(pattern + 1, rest);
}

static bool any_wildcard_covers(const pc_evidence_subject *subject, const char *name)
{
    for (size_t i = 0; i < subject->dns_name_count; i++) {
        if (wildcard_covers(subject->dns_names[i], name)) {
            return true;
        }
    }
    return false;
}

static void judge_san_names_server(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    const char *fqdn = rule_case->evidence->fqdn;
    const char *names = pc_rule_names(rule_case, subject->dns_names, subject->dns_name_count);

    if (subject->dns_name_count == 0) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: no DNS names in the subject alternative name. SCOM uses the CN; most "
                    "other TLS programs would refuse the certificate.",
                    pc_rule_source(rule_case));
    } else if (position(subject->dns_names, subject->dns_name_count, fqdn) < subject->dns_name_count) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: DNS names %s; the server's name \"%s\" is among "
                    "them.",
                    pc_rule_source(rule_case), names, fqdn);
    } else if (any_wildcard_covers(subject, fqdn)) {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: DNS names %s; \"%s\" is covered only by a wildcard. SCOM compares whole names.",
                    pc_rule_source(rule_case), names, fqdn);
        pc_rule_remedy(rule_case,
                       "Name DNS=%s itself in the subject alternative name, make a new request and have it issued.",
                       pc_rule_safe(rule_case, fqdn));
    } else {
        pc_rule_say(
            rule_case, PC_VERDICT_FAIL,
            "%s: DNS names %s; the server's name \"%s\" is not among them. If there are DNS names, TLS ignores the CN.",
            pc_rule_source(rule_case), names, fqdn);
        pc_rule_remedy(rule_case, "Name DNS=%s in the subject alternative name, make a new request and have it issued.",
                       pc_rule_safe(rule_case, fqdn));
    }
}

static const pc_rule rules[] = {
    { .id = "SUBJ-EMPTY", .title = "The subject has a common name", .needs = PC_NEEDS_SUBJECT, .judge = judge_empty },
    { .id = "SUBJ-CN",
      .title = "A common name is the server's name",
      .needs = PC_NEEDS_SUBJECT | PC_NEEDS_FQDN,
      .judge = judge_cn },
    { .id = "SUBJ-FIRST",
      .title = "The server's name is the first common name",
      .needs = PC_NEEDS_SUBJECT,
      .judge = judge_first },
    { .id = "SUBJ-DUP",
      .title = "The subject names the machine once",
      .needs = PC_NEEDS_SUBJECT,
      .judge = judge_duplicate },
    { .id = "SAN-FQDN",
      .title = "The server's name is among the DNS names",
      .needs = PC_NEEDS_SUBJECT | PC_NEEDS_FQDN,
      .judge = judge_san_names_server },
    { .id = "SAN-FIRST",
      .title = "The first DNS name is the server's name",
      .needs = PC_NEEDS_SUBJECT,
      .judge = judge_san },
};

const pc_rule_table pc_rules_subject = { rules, PC_COUNT(rules) };
