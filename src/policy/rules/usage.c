/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <string.h>

#include "base/text.h"

/* What the key is used for in TLS; the page's 0xf0 adds two bits that SCOM does not look at. */
#define NEEDED_USAGE (PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT)
#define PAGE_USAGE   0xf0u

#define OID_ANY_EKU                "2.5.29.37.0"
#define OID_ANY_APPLICATION_POLICY "1.3.6.1.4.1.311.10.12.1"

static void judge_hash(pc_rule_case *rule_case)
{
    static const char *const strong[] = { "sha256", "sha384", "sha512" };
    const char *digest = rule_case->evidence->subject.signature_digest;

    if (rule_case->evidence->subject.signature_needs_no_digest) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: signed by an algorithm that has no separate hash.",
                    pc_rule_source(rule_case));
        return;
    }
    if (!digest) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: its signature uses a hash that p11cert does not know.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Find out from the CA which hash it signs with, and ask for SHA-256.");
        return;
    }
    for (size_t i = 0; i < PC_COUNT(strong); i++) {
        if (pc_text_equal(digest, strong[i])) {
            pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: signed with %s%s.", pc_rule_source(rule_case), digest,
                        i ? ", which is stronger than required" : "");
            return;
        }
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: signed with %s, which is weaker than SHA-256.",
                pc_rule_source(rule_case), digest);
    if (rule_case->evidence->subject_is_request) {
        pc_rule_remedy(rule_case, "Write HashAlgorithm = SHA256 in the INF file and make the request again.");
    } else {
        pc_rule_remedy(rule_case, "The CA chooses the hash of a certificate. Ask it to issue with SHA-256 or better.");
    }
}

static bool lists(const char *const *oids, size_t count, const char *oid)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(oids[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_eku(const pc_evidence_subject *subject, const char *oid)
{
    return lists(subject->ekus, subject->eku_count, oid);
}

static const char *eku_lack(const pc_evidence_subject *subject)
{
    if (!subject->has_eku) {
        return "there is no extended key usage extension, and SCOM does not treat that as \"all uses\"";
    }
    bool server = has_eku(subject, PC_OID_SERVER_AUTH);
    bool client = has_eku(subject, PC_OID_CLIENT_AUTH);

    if (!server && !client) {
        return "server authentication (1.3.6.1.5.5.7.3.1) and client authentication (1.3.6.1.5.5.7.3.2) are missing";
    }
    if (!server) {
        return "server authentication (1.3.6.1.5.5.7.3.1) is missing";
    }
    return client ? NULL : "client authentication (1.3.6.1.5.5.7.3.2) is missing";
}

/* Of both uses, the ones that are listed nowhere in a restriction; NULL if it allows both. */
static const char *use_lack(const pc_evidence_uses *uses)
{
    if (!uses->stated || lists(uses->oids, uses->count, OID_ANY_EKU) ||
        lists(uses->oids, uses->count, OID_ANY_APPLICATION_POLICY)) {
        return NULL;
    }
    bool server = lists(uses->oids, uses->count, PC_OID_SERVER_AUTH);
    bool client = lists(uses->oids, uses->count, PC_OID_CLIENT_AUTH);

    return server && client ? NULL
           : server         ? "client authentication (1.3.6.1.5.5.7.3.2)"
           : client         ? "server authentication (1.3.6.1.5.5.7.3.1)"
                            : "server authentication (1.3.6.1.5.5.7.3.1) and client authentication (1.3.6.1.5.5.7.3.2)";
}

static void judge_application_policies(pc_rule_case *rule_case)
{
    const pc_evidence_uses *policies = &rule_case->evidence->subject.application_policies;
    const char *lack = use_lack(policies);

    if (!policies->stated) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: there are no application policies (1.3.6.1.4.1.311.21.10), so Windows uses the extended key "
                    "usage.",
                    pc_rule_source(rule_case));
    } else if (!lack) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: application policies %s.", pc_rule_source(rule_case),
                    pc_rule_names(rule_case, policies->oids, policies->count));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: application policies %s; they do not allow %s, and Windows then ignores the extended key "
                    "usage (event 20050).",
                    pc_rule_source(rule_case), pc_rule_names(rule_case, policies->oids, policies->count), lack);
        pc_rule_remedy(rule_case,
                       "Have a new certificate issued whose application policies list both uses, or that has no such "
                       "extension. In a template: Extensions, Application Policies. In the INF file: "
                       "[ApplicationPolicyStatementExtension].");
    }
}

static const char *issuer_lack(pc_rule_case *rule_case, const pc_evidence_issuer *issuer)
{
    static const char *const extensions[] = { "extended key usage", "application policies" };
    const pc_evidence_uses *const uses[] = { &issuer->eku, &issuer->application_policies };

    for (size_t i = 0; i < PC_COUNT(uses); i++) {
        const char *lack = use_lack(uses[i]);

        if (lack) {
            return pc_rule_text(rule_case, "issuer \"%s\" is restricted by its %s (%s) and does not allow %s",
                                issuer->subject, extensions[i], pc_rule_names(rule_case, uses[i]->oids, uses[i]->count),
                                lack);
        }
    }
    return NULL;
}

/* Of the first issuer that restricts; NULL if none does. */
static const char *lack_above(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const bool is_certificate = !rule_case->evidence->subject_is_request;

    for (size_t i = 0; is_certificate && i < certificate->issuer_count; i++) {
        const char *lack = issuer_lack(rule_case, &certificate->issuers[i]);

        if (lack) {
            return lack;
        }
    }
    return NULL;
}

static void judge_eku(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    const char *lack = eku_lack(subject);
    const char *list = pc_rule_names(rule_case, subject->ekus, subject->has_eku ? subject->eku_count : 0);

    const char *above = lack ? NULL : lack_above(rule_case);

    if (above) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: extended key usage %s, but %s. See EKU-CHAIN.",
                    pc_rule_source(rule_case), list, above);
        pc_rule_remedy(rule_case, "Fix EKU-CHAIN first.");
        return;
    }
    if (!lack) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: extended key usage %s.", pc_rule_source(rule_case), list);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: extended key usage %s; %s (event 20050).", pc_rule_source(rule_case),
                list, lack);
    pc_rule_remedy(rule_case,
                   "Have a new certificate issued with both uses. In the INF file:\n"
                   "  [EnhancedKeyUsageExtension]\n"
                   "  OID = 1.3.6.1.5.5.7.3.1\n"
                   "  OID = 1.3.6.1.5.5.7.3.2\n"
                   "An Enterprise CA takes them from the template instead: set both under Application Policies.");
}

/* A use must be allowed all the way up; an issuer without the extensions allows every use. */
static void judge_issuers(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;

    if (certificate->issuer_count == 0 && !certificate->self_signed) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: no issuer of it was given. Give the CA's intermediates and root to have this checked.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Run the check again with the CA's root certificate and intermediates.");
        return;
    }
    const char *lack = lack_above(rule_case);

    if (lack) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %s. A certificate cannot be used for what one of its issuers does not allow.",
                    pc_rule_source(rule_case), lack);
        pc_rule_remedy(rule_case,
                       "Have the certificate issued by a CA that is not restricted, or have the CA's own certificate "
                       "renewed with both uses (CAPolicy.inf, [EnhancedKeyUsageExtension]).");
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_source(rule_case),
                certificate->issuer_count ? "none of the issuers given restricts server or client authentication"
                                          : "it is self-signed, so no issuer restricts it");
}

static const char *usage_names(pc_rule_case *rule_case, unsigned usage)
{
    static const unsigned bits[] = {
        PC_KU_DIGITAL_SIGNATURE, PC_KU_NON_REPUDIATION, PC_KU_KEY_ENCIPHERMENT,
        PC_KU_DATA_ENCIPHERMENT, PC_KU_KEY_AGREEMENT,   PC_KU_KEY_CERT_SIGN,
        PC_KU_CRL_SIGN,          PC_KU_ENCIPHER_ONLY,   PC_KU_DECIPHER_ONLY,
    };
    const char *list = "";

    for (size_t i = 0; i < PC_COUNT(bits); i++) {
        if (usage & bits[i]) {
            list = pc_rule_text(rule_case, "%s%s%s", list, list[0] ? ", " : "", pc_key_usage_name(bits[i]));
        }
    }
    return list[0] ? list : "none";
}

static void judge_usage(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    unsigned usage = subject->has_key_usage ? subject->key_usage : 0;
    unsigned lack = (unsigned)NEEDED_USAGE & ~usage;
    unsigned extra = PAGE_USAGE & ~usage;

    if (lack == 0) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: key usage 0x%02x (%s)%s%s.", pc_rule_source(rule_case), usage,
                    usage_names(rule_case, usage),
                    extra ? ". It lacks bits of the page's 0xf0 that SCOM does not check: " : "",
                    extra ? usage_names(rule_case, extra) : "");
        return;
    }
    if (!subject->has_key_usage) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: there is no key usage extension (event 20049).",
                    pc_rule_source(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: key usage 0x%02x (%s) lacks %s (event 20049).",
                    pc_rule_source(rule_case), usage, usage_names(rule_case, usage), usage_names(rule_case, lack));
    }
    pc_rule_remedy(rule_case,
                   "Write KeyUsage = 0xa0 (digitalSignature, keyEncipherment) or the page's 0xf0 in the INF "
                   "file, make a new request and have it issued. On an Enterprise CA set both in the template.");
}

static void judge_critical(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;

    if (!subject->has_key_usage) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: there is no key usage extension that could be marked critical. See KU.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Fix KU first, then run the check again.");
    } else if (subject->key_usage_critical) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: the key usage extension is critical.", pc_rule_source(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: the key usage extension is not critical. SCOM does not refuse that.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Nothing to do now. Have it marked critical when the next certificate is issued "
                                  "(template: Make this extension critical).");
    }
}

static const pc_rule rules[] = {
    { .id = "HASH", .title = "The signature uses SHA-256 or better", .needs = PC_NEEDS_SUBJECT, .judge = judge_hash },
    { .id = "EKU",
      .title = "Server and client authentication are both allowed",
      .needs = PC_NEEDS_SUBJECT,
      .judge = judge_eku },
    { .id = "EKU-POLICY",
      .title = "Application policies allow both uses as well",
      .needs = PC_NEEDS_SUBJECT,
      .judge = judge_application_policies },
    { .id = "EKU-CHAIN",
      .title = "The issuers allow both uses",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_issuers },
    { .id = "KU", .title = "The key may sign and encipher keys", .needs = PC_NEEDS_SUBJECT, .judge = judge_usage },
    { .id = "KU-CRIT", .title = "Key usage is critical", .needs = PC_NEEDS_SUBJECT, .judge = judge_critical },
};

const pc_rule_table pc_rules_usage = { rules, PC_COUNT(rules) };
