/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#define DAY_SEC ((int64_t)24 * 60 * 60)
#define EXPIRY_DAYS 30

static const char renew[] =
    "1. Make a new request: p11cert new FILE --label NEW-LABEL\n"
    "2. Have it issued, and install the new certificate on the SCOM host.\n"
    "3. Run MOMCertImport again. A renewed certificate has another serial number even if the key stays.";

static void judge_time(pc_rule_case *on)
{
    const pc_evidence_certificate *certificate = &on->evidence->certificate;
    int64_t now = on->evidence->now_sec;
    const char *span = pc_rule_text(on, "%s: valid from %s to %s; now is %s", pc_rule_source(on),
                                    pc_rule_date(on, certificate->not_before_sec),
                                    pc_rule_date(on, certificate->not_after_sec), pc_rule_date(on, now));

    if (now < certificate->not_before_sec) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s. It is not valid yet (event 20051).", span);
        pc_rule_remedy(on, "Compare the clocks of the CA, the SCOM host and this machine. If they agree, wait until "
                           "the certificate becomes valid.");
    } else if (now > certificate->not_after_sec) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s. It has expired (event 20051).", span);
        pc_rule_remedy(on, "%s", renew);
    } else {
        pc_rule_say(on, PC_VERDICT_PASS, "%s.", span);
    }
}

static void judge_expiry(pc_rule_case *on)
{
    const pc_evidence_certificate *certificate = &on->evidence->certificate;
    const char *end = pc_rule_date(on, certificate->not_after_sec);
    int64_t now = on->evidence->now_sec;

    if (now > certificate->not_after_sec) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s: no time is left; it ended on %s.", pc_rule_source(on), end);
        pc_rule_remedy(on, "See TIME.");
        return;
    }
    /* Both are dates of certificates or clocks, so far from the ends of int64_t that this cannot overflow. */
    long long days = (long long)((certificate->not_after_sec - now) / DAY_SEC);

    if (days >= EXPIRY_DAYS) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: %lld days left, until %s.", pc_rule_source(on), days, end);
        return;
    }
    pc_rule_say(on, PC_VERDICT_FAIL, "%s: %lld days left, until %s. Fewer than %d leave little time to get a new one.",
                pc_rule_source(on), days, end, EXPIRY_DAYS);
    pc_rule_remedy(on, "%s", renew);
}

static void judge_chain(pc_rule_case *on)
{
    const pc_evidence_certificate *certificate = &on->evidence->certificate;
    const char *detail = certificate->chain_detail ? certificate->chain_detail : "no detail is known";

    switch (certificate->chain) {
    case PC_CHAIN_VALID:
        pc_rule_say(on, PC_VERDICT_PASS, "%s: the chain holds: %s. Judged by the roots given here; the SCOM host and "
                                         "its peers must trust the same root.", pc_rule_source(on), detail);
        return;
    case PC_CHAIN_INVALID:
        pc_rule_say(on, PC_VERDICT_FAIL, "%s: the chain does not hold: %s.", pc_rule_source(on), detail);
        pc_rule_remedy(on, "1. Get the CA's chain: http://CA-SERVER/certsrv, Download a CA certificate chain.\n"
                           "2. Run the check again with every intermediate and the root.\n"
                           "3. On the SCOM host and on each machine it talks to: certutil -addstore Root ROOT.cer "
                           "(intermediates: certutil -addstore CA INTERMEDIATE.cer)");
        return;
    case PC_CHAIN_NOT_GIVEN:
    default:
        pc_rule_say(on, PC_VERDICT_NOT_CHECKED, "%s: no root certificate was given. Give the CA's root and its "
                                                "intermediates to have this checked.", pc_rule_source(on));
        pc_rule_remedy(on, "Run the check again with the CA's root certificate and intermediates.");
    }
}

static void judge_revocation(pc_rule_case *on)
{
    if (on->evidence->certificate.has_revocation_pointer) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: it says where to ask for revocation (CRL distribution point or OCSP). "
                                         "That the place answers was not tried.", pc_rule_source(on));
        return;
    }
    pc_rule_say(on, PC_VERDICT_WARNING, "%s: it names no CRL distribution point and no OCSP responder. Nobody can "
                                        "learn that it was revoked.", pc_rule_source(on));
    pc_rule_remedy(on, "Ask the CA to issue with a CRL distribution point that the SCOM host and its peers reach. "
                       "SCOM works without one.");
}

static void judge_template(pc_rule_case *on)
{
    if (on->evidence->certificate.has_template) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: it carries template information.", pc_rule_source(on));
        return;
    }
    pc_rule_say(on, PC_VERDICT_WARNING, "%s: it carries no template information, so Windows cannot renew it from the "
                                        "Certificates console.", pc_rule_source(on));
    pc_rule_remedy(on, "Nothing for today. Note when it expires, and make a new request with p11cert new before then.");
}

static void judge_issuer(pc_rule_case *on)
{
    const pc_evidence_certificate *certificate = &on->evidence->certificate;
    const char *issuer = certificate->issuer ? certificate->issuer : "";

    if (!certificate->self_signed) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: issued by \"%s\". The two ends may have different CAs if each trusts the "
                                         "other's.", pc_rule_source(on), issuer);
        return;
    }
    pc_rule_say(on, PC_VERDICT_FAIL, "%s: self-signed. No CA stands behind it; every peer would have to trust this "
                                     "very certificate.", pc_rule_source(on));
    pc_rule_remedy(on, "Have the request issued by a CA that both ends trust: AD CS or any other.");
}

static const pc_rule rules[] = {
    { "TIME", "The certificate is valid now", PC_NEEDS_CERTIFICATE, judge_time },
    { "EXPIRY", "The certificate stays valid for 30 days", PC_NEEDS_CERTIFICATE, judge_expiry },
    { "CHAIN", "The chain ends in a trusted root", PC_NEEDS_CERTIFICATE, judge_chain },
    { "ISSUER", "A CA issued the certificate", PC_NEEDS_CERTIFICATE, judge_issuer },
    { "REVOC", "Revocation can be asked for", PC_NEEDS_CERTIFICATE, judge_revocation },
    { "TMPL", "Windows can renew it by its template", PC_NEEDS_CERTIFICATE, judge_template },
};

const pc_rule_table pc_rules_time_chain = { rules, PC_COUNT(rules) };
