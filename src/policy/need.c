/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

static bool has_inf(const pc_evidence *evidence)
{
    return evidence->inf.present;
}

static bool has_subject(const pc_evidence *evidence)
{
    return evidence->subject.present;
}

static bool has_certificate(const pc_evidence *evidence)
{
    return evidence->subject.present && !evidence->subject_is_request;
}

static bool has_fqdn(const pc_evidence *evidence)
{
    return evidence->fqdn && evidence->fqdn[0];
}

static bool has_search(const pc_evidence *evidence)
{
    return evidence->key.token_searched;
}

static bool has_one_key(const pc_evidence *evidence)
{
    return evidence->key.found_count == 1;
}

static bool has_probe(const pc_evidence *evidence)
{
    return evidence->probe != NULL;
}

static bool has_template(const pc_evidence *evidence)
{
    return evidence->ca_template.read;
}

static bool has_pfx(const pc_evidence *evidence)
{
    return evidence->pfx.present;
}

static bool has_inf_or_pfx(const pc_evidence *evidence)
{
    return evidence->inf.present || evidence->pfx.present;
}

static bool has_limits(const pc_evidence *evidence)
{
    return evidence->limits.read;
}

static bool has_same_id(const pc_evidence *evidence)
{
    return evidence->same_id.read;
}

static bool has_public_object(const pc_evidence *evidence)
{
    return evidence->public_object.read;
}

static bool has_certificates(const pc_evidence *evidence)
{
    return evidence->certificates.read;
}

static bool has_wrappers(const pc_evidence *evidence)
{
    return evidence->wrappers.read;
}

static bool has_token(const pc_evidence *evidence)
{
    return evidence->token.read;
}

static bool has_mechanisms(const pc_evidence *evidence)
{
    return evidence->mechanisms.read;
}

static bool has_issuance(const pc_evidence *evidence)
{
    return evidence->issuance.read;
}

static bool has_crl(const pc_evidence *evidence)
{
    return evidence->crl.read;
}

#define NOT_READ(what) "The token did not show " what ". Give the token and the key to have this checked."
#define READ_AGAIN \
    "Run the check again with the token and the key. If the result is the same, the module does not report it."

static const struct {
    unsigned need;
    bool (*is_met)(const pc_evidence *evidence);
    const char *missing;
    const char *remedy;
} needs_table[] = {
    { PC_NEEDS_INF, has_inf,
      "No INF file was given. Give the file that the request was made from to have this checked.",
      "Run the check again with the INF file." },
    { PC_NEEDS_INF_OR_PFX, has_inf_or_pfx,
      "No INF file and no PFX was given. Give the file that the request was made from, or the PFX that goes to the "
      "host, to have this checked.",
      "Run the check again with the INF file or the PFX." },
    { PC_NEEDS_PFX, has_pfx,
      "No PFX was given. Give the one that takes the key to the host, if there is one, to have this checked.",
      "If there is a PFX, run the check again with it. A key that is made on the host needs none." },
    { PC_NEEDS_SUBJECT, has_subject,
      "Neither a certificate nor a request was given. Give the issued certificate, or the request before it is "
      "issued, to have this checked.",
      "Run the check again with the certificate or the request." },
    { PC_NEEDS_CERTIFICATE, has_certificate,
      "No certificate was given, and a request does not show this. Give the issued certificate to have it checked.",
      "Run the check again with the issued certificate." },
    { PC_NEEDS_FQDN, has_fqdn,
      "The server's name was not given. Give the name that DNS shows for the SCOM machine to have this checked.",
      "Run the check again with the server's fully qualified name." },
    { PC_NEEDS_SEARCH, has_search,
      "No token was searched for the private key. Give the token and the key or its certificate to have this checked.",
      "Run the check again with the token and its PIN source." },
    { PC_NEEDS_ONE_KEY, has_one_key,
      "The token was searched, but not exactly one private key was found, so no key could be examined. See KEY-PRIV.",
      "Fix KEY-PRIV first, then run the check again." },
    { PC_NEEDS_PROBE, has_probe, "Nothing was tried on the token. With --probe, p11cert tests this on temporary keys.",
      "Run the check again with --probe, the token and its PIN source." },
    { PC_NEEDS_TEMPLATE, has_template, "No template of a CA was read. With --template and --ca, p11cert reads it.",
      "Run the check again with --template and --ca." },
    { PC_NEEDS_LIMITS, has_limits, NOT_READ("what limits the use of the key"), READ_AGAIN },
    { PC_NEEDS_SAME_ID, has_same_id, NOT_READ("which keys share a CKA_ID"), READ_AGAIN },
    { PC_NEEDS_PUBLIC, has_public_object, NOT_READ("the public key object"), READ_AGAIN },
    { PC_NEEDS_CERTIFICATES, has_certificates, NOT_READ("the certificates of the key"), READ_AGAIN },
    { PC_NEEDS_WRAPPERS, has_wrappers, NOT_READ("which keys may wrap others"), READ_AGAIN },
    { PC_NEEDS_TOKEN, has_token, "No token was examined. Name the token to have this checked.",
      "Run the check again with the token and its PIN source." },
    { PC_NEEDS_ISSUANCE, has_issuance,
      "This is checked when a CA is about to sign: no certificate is being issued now.",
      "p11cert issue checks every certificate against this rule before it is signed." },
    { PC_NEEDS_CRL, has_crl, "This is checked when a CA is about to sign a CRL: no CRL is being issued now.",
      "p11cert crl checks every CRL against this rule before it is signed." },
    { PC_NEEDS_MECHANISMS, has_mechanisms, NOT_READ("its list of mechanisms"), READ_AGAIN },
};

bool pc_rule_has(pc_rule_case *rule_case, unsigned needs)
{
    for (size_t i = 0; i < PC_COUNT(needs_table); i++) {
        if ((needs & needs_table[i].need) && !needs_table[i].is_met(rule_case->evidence)) {
            pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s", needs_table[i].missing);
            pc_rule_remedy(rule_case, "%s", needs_table[i].remedy);
            return false;
        }
    }
    return true;
}
