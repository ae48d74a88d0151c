/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"

#define DAY_SEC            ((int64_t)24 * 60 * 60)
#define MOST_SERIAL_OCTETS 20u

static const char renew[] =
    "1. Make a new request: p11cert new FILE --label NEW-LABEL\n"
    "2. Have it issued, and install the new certificate on the SCOM host.\n"
    "3. Run MOMCertImport again. A renewed certificate has another serial number even if the key stays.";

static void judge_time(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    int64_t now = rule_case->evidence->now_sec;
    const char *span = pc_rule_text(rule_case, "%s: valid from %s to %s; it is now %s", pc_rule_source(rule_case),
                                    pc_rule_date(rule_case, certificate->not_before_sec),
                                    pc_rule_date(rule_case, certificate->not_after_sec), pc_rule_date(rule_case, now));

    if (now < certificate->not_before_sec) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s. It is not valid yet (event 20051).", span);
        pc_rule_remedy(rule_case,
                       "Compare the clocks of the CA, the SCOM host and this machine. If they agree, wait until "
                       "the certificate becomes valid.");
    } else if (now > certificate->not_after_sec) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s. It has expired (event 20051).", span);
        pc_rule_remedy(rule_case, "%s", renew);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s.", span);
    }
}

static void judge_dates(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const char *span = pc_rule_text(rule_case, "%s: from %s to %s", pc_rule_source(rule_case),
                                    pc_rule_date(rule_case, certificate->not_before_sec),
                                    pc_rule_date(rule_case, certificate->not_after_sec));
    /* Dates of certificates lie between the years 0 and 9999: no overflow. */
    long long days = (long long)((certificate->not_after_sec - certificate->not_before_sec) / DAY_SEC);
    unsigned most = rule_case->parameters->maximum_days;

    if (certificate->not_after_sec <= certificate->not_before_sec) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s. It ends before it begins: it is never valid.", span);
    } else if (certificate->not_before_sec < 0) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s. It begins before 1970: a clock was wrong when it was issued.",
                    span);
    } else if (most && days > most) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s, %lld days. The policy allows %u.", span, days, most);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s, %lld days.", span, days);
        return;
    }
    pc_rule_remedy(
        rule_case,
        "Ask the CA to check its clock and the validity period that it sets, and to issue the certificate again.");
}

/* Octets as encoded: if the first bit is set, a zero octet precedes it. */
static size_t encoded_serial_len(const pc_evidence_certificate *certificate)
{
    size_t len = certificate->serial.len;

    return len + (len && (certificate->serial.data[0] & 0x80) && !certificate->serial_is_negative ? 1 : 0);
}

static const char *serial_fault(const pc_evidence_certificate *certificate)
{
    bool is_zero = true;

    for (size_t i = 0; i < certificate->serial.len; i++) {
        is_zero = is_zero && certificate->serial.data[i] == 0;
    }
    if (certificate->serial_is_negative) {
        return "It is negative";
    }
    if (is_zero) {
        return "It is zero";
    }
    return encoded_serial_len(certificate) > MOST_SERIAL_OCTETS ? "It is longer than 20 octets" : NULL;
}

static void judge_serial(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const char *fault = serial_fault(certificate);
    const char *hex = pc_text_hex(rule_case->arena, certificate->serial, '\0');

    if (!hex) {
        rule_case->out_of_memory = true;
        return;
    }
    pc_rule_say(rule_case, fault ? PC_VERDICT_FAIL : PC_VERDICT_PASS, "%s: serial number %s%s.%s%s%s",
                pc_rule_source(rule_case), certificate->serial_is_negative ? "-" : "", *hex ? hex : "(empty)",
                fault ? " " : "", fault ? fault : "", fault ? "." : "");
    if (fault) {
        pc_rule_remedy(rule_case, "Have the certificate issued again by a CA whose serial numbers conform to RFC 5280. "
                                  "MOMCertImport writes the serial number, and SCOM looks for the certificate by it.");
    }
}

static void judge_expiry(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const char *end = pc_rule_date(rule_case, certificate->not_after_sec);
    int64_t now = rule_case->evidence->now_sec;

    if (now > certificate->not_after_sec) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: it expired on %s.", pc_rule_source(rule_case), end);
        pc_rule_remedy(rule_case, "See TIME.");
        return;
    }
    /* Both are dates of certificates or clocks, so far from the ends of int64_t that this cannot overflow. */
    long long days = (long long)((certificate->not_after_sec - now) / DAY_SEC);

    unsigned least = rule_case->parameters->expiry_days;

    if (days >= least) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %lld days left, until %s; at least %u are required.",
                    pc_rule_source(rule_case), days, end, least);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: %lld days left, until %s. Fewer than %u leave little time to get a new one.",
                pc_rule_source(rule_case), days, end, least);
    pc_rule_remedy(rule_case, "%s", renew);
}

static void judge_chain(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const char *detail = certificate->chain_detail ? certificate->chain_detail : "no detail is known";

    switch (certificate->chain) {
    case PC_CHAIN_VALID:
        pc_rule_say(
            rule_case, PC_VERDICT_PASS,
            "%s: the chain is valid: %s. This was checked against the roots given here; the SCOM host and its peers "
            "must trust the same root.",
            pc_rule_source(rule_case), detail);
        return;
    case PC_CHAIN_INVALID:
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: the chain is not valid: %s.", pc_rule_source(rule_case), detail);
        pc_rule_remedy(rule_case,
                       "1. Get the CA's chain: http://CA-SERVER/certsrv, Download a CA certificate chain.\n"
                       "2. Run the check again with every intermediate and the root.\n"
                       "3. On the SCOM host and on each machine it talks to: certutil -addstore Root ROOT.cer "
                       "(intermediates: certutil -addstore CA INTERMEDIATE.cer)");
        return;
    case PC_CHAIN_NOT_GIVEN:
    default:
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: no root certificate was given. Give the CA's root and its "
                    "intermediates to have this checked.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Run the check again with the CA's root certificate and intermediates.");
    }
}

static void judge_revocation(pc_rule_case *rule_case)
{
    if (rule_case->evidence->certificate.revocation != PC_REVOCATION_NOWHERE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: it says where to check revocation (CRL distribution point or OCSP). Whether that location "
                    "answers was not tested.",
                    pc_rule_source(rule_case));
        return;
    }
    pc_rule_say(
        rule_case, PC_VERDICT_WARNING,
        "%s: it names no CRL distribution point and no OCSP responder. Nobody can find out whether it was revoked.",
        pc_rule_source(rule_case));
    pc_rule_remedy(rule_case, "Ask the CA to issue with a CRL distribution point that the SCOM host and its peers can "
                              "reach. SCOM works without one.");
}

/* The certificate and its issuers whose revocation HTTP cannot ask for; a root is not revoked by a list of its own. */
static size_t out_of_reach(pc_rule_case *rule_case, const char **names, size_t most)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    size_t count = 0;

    if (certificate->revocation == PC_REVOCATION_DIRECTORY) {
        names[count++] = rule_case->evidence->subject.subject;
    }
    for (size_t i = 0; i < certificate->issuer_count && count < most; i++) {
        const pc_evidence_issuer *issuer = &certificate->issuers[i];

        if (issuer->revocation == PC_REVOCATION_DIRECTORY && !issuer->self_signed) {
            names[count++] = issuer->subject;
        }
    }
    return count;
}

static void judge_revocation_reach(pc_rule_case *rule_case)
{
    enum { MOST_NAMES = 16 };
    const char *names[MOST_NAMES];
    size_t count = out_of_reach(rule_case, names, MOST_NAMES);

    if (count) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: only a directory (LDAP) or a file share says whether %s was revoked. A host outside the CA's "
                    "domain cannot reach it.",
                    pc_rule_source(rule_case), pc_rule_names(rule_case, names, count));
        pc_rule_remedy(rule_case, "Ask the CA to publish its CRL at an http URL too (CA properties, Extensions, CRL "
                                  "Distribution Point), and to issue the certificate again.");
    } else if (rule_case->evidence->certificate.revocation == PC_REVOCATION_NOWHERE) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: it does not say where to check revocation. See REVOC.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Fix REVOC first, then run the check again.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: an http URL says where to check revocation. Whether it answers was not tested.",
                    pc_rule_source(rule_case));
    }
}

static void judge_template(pc_rule_case *rule_case)
{
    if (rule_case->evidence->certificate.has_template) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it carries template information.", pc_rule_source(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_WARNING,
                "%s: it carries no template information, so Windows cannot renew it from the "
                "Certificates console.",
                pc_rule_source(rule_case));
    pc_rule_remedy(rule_case,
                   "Nothing to do now. Note when it expires, and make a new request with p11cert new before then.");
}

static void judge_issuer(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const char *issuer = certificate->issuer ? certificate->issuer : "";

    if (!certificate->self_signed) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: issued by \"%s\". The two ends may have different CAs if each trusts the "
                    "other's.",
                    pc_rule_source(rule_case), issuer);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: self-signed. No CA vouches for it; every peer would have to trust this certificate itself.",
                pc_rule_source(rule_case));
    pc_rule_remedy(rule_case, "Have the request issued by a CA that both ends trust: AD CS or any other.");
}

static const pc_rule rules[] = {
    { .id = "TIME", .title = "The certificate is valid now", .needs = PC_NEEDS_CERTIFICATE, .judge = judge_time },
    { .id = "DATES",
      .title = "The dates of the certificate are plausible",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_dates,
      .takes = PC_TAKES_MAXIMUM_DAYS },
    { .id = "EXPIRY",
      .title = "The certificate stays valid for {expiry-days} days",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_expiry,
      .takes = PC_TAKES_EXPIRY_DAYS },
    { .id = "SERIAL",
      .title = "The serial number conforms to RFC 5280",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_serial },
    { .id = "CHAIN", .title = "The chain ends in a trusted root", .needs = PC_NEEDS_CERTIFICATE, .judge = judge_chain },
    { .id = "ISSUER", .title = "A CA issued the certificate", .needs = PC_NEEDS_CERTIFICATE, .judge = judge_issuer },
    { .id = "REVOC", .title = "Revocation can be checked", .needs = PC_NEEDS_CERTIFICATE, .judge = judge_revocation },
    { .id = "REVOC-HTTP",
      .title = "Revocation can be checked without a directory",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_revocation_reach },
    { .id = "TMPL",
      .title = "Windows can renew it by its template",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_template },
};

const pc_rule_table pc_rules_time_chain = { rules, PC_COUNT(rules) };
