/* SPDX-License-Identifier: Apache-2.0 */
#include "app/crl/lint.h"

#include <string.h>

#include "base/cleanup.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(ASN1_ENUMERATED, ASN1_ENUMERATED, ASN1_ENUMERATED_free);

#define YEAR_2050_SEC INT64_C(2524608000)
#define MOST_NUMBER   20 /* octets */
#define LAST_REASON   10

/* Each judge returns NULL, or what is wrong. */
typedef const char *judge(const pc_crl_draft *draft);

/* --- the whole --- */

static const char *judge_version(const pc_crl_draft *draft)
{
    return X509_CRL_get_version(draft->crl) == X509_CRL_VERSION_2 ? NULL : "it is not version 2";
}

static const char *judge_issuer(const pc_crl_draft *draft)
{
    const unsigned char *named = NULL;
    const unsigned char *own = NULL;
    size_t named_len = 0;
    size_t own_len = 0;
    const X509_NAME *issuer = X509_CRL_get_issuer(draft->crl);

    if (X509_NAME_entry_count(issuer) == 0) {
        return "its issuer has no name";
    }
    return X509_NAME_get0_der(issuer, &named, &named_len) == 1 &&
                   X509_NAME_get0_der(X509_get_subject_name(draft->issuer), &own, &own_len) == 1 &&
                   named_len == own_len && memcmp(named, own, own_len) == 0
               ? NULL
               : "its issuer is not the subject of the CA's certificate, byte for byte";
}

static const char *judge_right(const pc_crl_draft *draft)
{
    return X509_get_key_usage(draft->issuer) & KU_CRL_SIGN ? NULL : "the CA's certificate does not allow cRLSign";
}

static const char *judge_algorithm(const pc_crl_draft *draft)
{
    int digest = NID_undef;

    return OBJ_find_sigid_algs(X509_CRL_get_signature_nid(draft->crl), &digest, NULL) == 1 &&
                   (digest == NID_sha1 || digest == NID_md5)
               ? "its digest is SHA-1 or MD5"
               : NULL;
}

/* --- times --- */

/* Section 5.1.2.4: UTCTime through 2049, GeneralizedTime from 2050 on. */
static bool is_encoded_right(const ASN1_TIME *time)
{
    int64_t sec = 0;

    return pc_asn1_time_to_sec(time, &sec) &&
           ASN1_STRING_type(time) == (sec < YEAR_2050_SEC ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
}

static const char *judge_this_update(const pc_crl_draft *draft)
{
    const ASN1_TIME *time = X509_CRL_get0_lastUpdate(draft->crl);
    int64_t sec = 0;

    if (!pc_asn1_time_to_sec(time, &sec) || !is_encoded_right(time)) {
        return "thisUpdate is unreadable, or not in the form for its year";
    }
    if (sec > draft->now_sec) {
        return "thisUpdate is in the future";
    }
    return sec < draft->previous_sec ? "thisUpdate is before that of the previous CRL" : NULL;
}

static const char *judge_next_update(const pc_crl_draft *draft)
{
    const ASN1_TIME *time = X509_CRL_get0_nextUpdate(draft->crl);
    int64_t sec = 0;
    int64_t this_sec = 0;

    if (!time) {
        return "it has no nextUpdate";
    }
    if (!pc_asn1_time_to_sec(time, &sec) || !is_encoded_right(time)) {
        return "nextUpdate is unreadable, or not in the form for its year";
    }
    return pc_asn1_time_to_sec(X509_CRL_get0_lastUpdate(draft->crl), &this_sec) && sec > this_sec
               ? NULL
               : "nextUpdate is not after thisUpdate";
}

/* --- extensions --- */

/* How often a CRL has an extension, and is that critical? */
static int count_extension(const X509_CRL *crl, int nid, bool *ret_critical)
{
    int count = 0;

    for (int i = X509_CRL_get_ext_by_NID(crl, nid, -1); i >= 0; i = X509_CRL_get_ext_by_NID(crl, nid, i)) {
        *ret_critical = X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) == 1;
        count++;
    }
    return count;
}

static const char *judge_number(const pc_crl_draft *draft)
{
    bool is_critical = false;
    int count = count_extension(draft->crl, NID_crl_number, &is_critical);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *value = X509_CRL_get_ext_d2i(draft->crl, NID_crl_number, NULL, NULL);
    PC_AUTO(BIGNUM) BIGNUM *number = value ? ASN1_INTEGER_to_BN(value, NULL) : NULL;

    if (count != 1 || !number) {
        return "it does not have exactly one CRL number that can be read";
    }
    if (is_critical || BN_is_negative(number) || BN_num_bytes(number) > MOST_NUMBER) {
        return "its CRL number is critical, negative or longer than 20 octets";
    }
    return draft->previous_number && BN_cmp(number, draft->previous_number) <= 0
               ? "its CRL number is not greater than that of the previous CRL"
               : NULL;
}

static const char *judge_key_id(const pc_crl_draft *draft)
{
    bool is_critical = false;
    int count = count_extension(draft->crl, NID_authority_key_identifier, &is_critical);
    PC_AUTO(AUTHORITY_KEYID)
    AUTHORITY_KEYID *named = X509_CRL_get_ext_d2i(draft->crl, NID_authority_key_identifier, NULL, NULL);
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(draft->issuer);

    if (count == 0 && !own) {
        return NULL; /* a CA of before RFC 5280, whose key nothing identifies */
    }
    if (count != 1 || !named || is_critical) {
        return "it does not have exactly one authority key identifier that is not critical";
    }
    return own && (!named->keyid || ASN1_OCTET_STRING_cmp(named->keyid, own) != 0)
               ? "its authority key identifier is not the CA's subject key identifier"
               : NULL;
}

static const char *judge_point(const pc_crl_draft *draft)
{
    bool is_critical = false;
    int count = count_extension(draft->crl, NID_issuing_distribution_point, &is_critical);

    if (count == 0) {
        return NULL;
    }
    return count == 1 && is_critical ? NULL : "its issuing distribution point is not critical, or there are several";
}

static const char *judge_completeness(const pc_crl_draft *draft)
{
    bool is_critical = false;

    return count_extension(draft->crl, NID_delta_crl, &is_critical) ? "it is marked as a delta CRL" : NULL;
}

/* --- entries --- */

static int compare_entries(const X509_REVOKED *left, const X509_REVOKED *right)
{
    return ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(left), X509_REVOKED_get0_serialNumber(right));
}

static const char *judge_dates(const X509_REVOKED *entry)
{
    const ASN1_TIME *when = X509_REVOKED_get0_revocationDate(entry);

    return is_encoded_right(when) ? NULL : "the date of a revocation is unreadable, or not in the form for its year";
}

static const char *judge_reason(const X509_REVOKED *entry)
{
    int critical = -1;
    PC_AUTO(ASN1_ENUMERATED)
    ASN1_ENUMERATED *value = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
    long reason = value ? ASN1_ENUMERATED_get(value) : -1;

    if (!value) {
        return critical == -1 ? NULL : "the reason of a revocation is unreadable, or there are several";
    }
    if (critical || reason == 0) {
        return "the reason of a revocation is critical, or is unspecified, which must be left out";
    }
    return reason < 0 || reason > LAST_REASON || reason == 7 || reason == 8
               ? "a revocation has a reason that a complete CRL must not have"
               : NULL;
}

/* The entries are sorted (pc_crl_build). */
static const char *judge_entries(const pc_crl_draft *draft)
{
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(draft->crl);
    const X509_REVOKED *before = NULL;

    for (int i = 0; entries && i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        const char *wrong = judge_dates(entry);

        wrong = wrong ? wrong : judge_reason(entry);
        if (!wrong && before && compare_entries(before, entry) >= 0) {
            wrong = "a serial number is listed twice, or out of order";
        }
        if (wrong) {
            return wrong;
        }
        before = entry;
    }
    return NULL;
}

/* --- all --- */

static const struct {
    const char *id;
    const char *source;
    judge *judge;
} rules[] = {
    { "CRL-VERSION", "RFC 5280 section 5.1.2.1", judge_version },
    { "CRL-ALGORITHM", "CA/B BR section 7.1.3.2", judge_algorithm },
    { "CRL-ISSUER", "RFC 5280 section 5.1.2.3", judge_issuer },
    { "CRL-RIGHT", "RFC 5280 section 4.2.1.3", judge_right },
    { "CRL-THIS", "RFC 5280 section 5.1.2.4", judge_this_update },
    { "CRL-NEXT", "RFC 5280 section 5.1.2.5", judge_next_update },
    { "CRL-ENTRIES", "RFC 5280 sections 5.1.2.6 and 5.3.1", judge_entries },
    { "CRL-KEYID", "RFC 5280 section 5.2.1", judge_key_id },
    { "CRL-NUMBER", "RFC 5280 section 5.2.3", judge_number },
    { "CRL-COMPLETE", "RFC 5280 section 5.2.4", judge_completeness },
    { "CRL-POINT", "RFC 5280 section 5.2.5", judge_point },
};

pc_status pc_crl_lint(const pc_crl_draft *draft, pc_error *err)
{
    size_t broken = 0;

    for (size_t i = 0; i < PC_COUNT(rules); i++) {
        const char *wrong = rules[i].judge(draft);

        if (!wrong) {
            continue;
        }
        broken++;
        if (broken == 1) {
            (void)pc_fail(err, PC_E_REFUSED, "%s: %s (%s)", rules[i].id, wrong, rules[i].source);
        } else if (broken < PC_ERROR_FRAMES) {
            (void)pc_note(err, PC_E_REFUSED, "%s: %s (%s)", rules[i].id, wrong, rules[i].source);
        }
    }
    return broken ? pc_note(err, PC_E_REFUSED, "the CRL was not signed: it breaks %zu rule%s for CRLs", broken,
                            broken == 1 ? "" : "s")
                  : PC_OK;
}
