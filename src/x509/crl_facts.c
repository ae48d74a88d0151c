/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/crl_facts.h"

#include "base/cleanup.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/name.h"

PC_AUTO_DEFINE(ASN1_ENUMERATED, ASN1_ENUMERATED, ASN1_ENUMERATED_free);

#define MOST_NUMBER 20 /* octets */
#define LAST_REASON 10

/* --- the whole --- */

static const char *digest_of(const X509_CRL *crl)
{
    int digest = NID_undef;

    return OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, NULL) == 1 && digest != NID_undef
               ? OBJ_nid2sn(digest)
               : NULL;
}

/* --- times --- */

static void take_times(const X509_CRL *crl, pc_evidence_crl *facts)
{
    facts->this_in_form = pc_asn1_time_in_form(X509_CRL_get0_lastUpdate(crl), &facts->this_update_sec);
    facts->has_next = X509_CRL_get0_nextUpdate(crl) != NULL;
    facts->next_in_form = pc_asn1_time_in_form(X509_CRL_get0_nextUpdate(crl), &facts->next_update_sec);
}

/* --- extensions --- */

/* How many times does a CRL have an extension, and is the last one critical? */
static int count_extension(const X509_CRL *crl, int nid, bool *ret_critical)
{
    int count = 0;

    for (int i = X509_CRL_get_ext_by_NID(crl, nid, -1); i >= 0; i = X509_CRL_get_ext_by_NID(crl, nid, i)) {
        *ret_critical = X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) == 1;
        count++;
    }
    return count;
}

static void take_number(const pc_crl_draft *draft, pc_evidence_crl *facts)
{
    bool is_critical = false;
    int count = count_extension(draft->crl, NID_crl_number, &is_critical);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *value = X509_CRL_get_ext_d2i(draft->crl, NID_crl_number, NULL, NULL);
    PC_AUTO(BIGNUM) BIGNUM *number = value ? ASN1_INTEGER_to_BN(value, NULL) : NULL;

    facts->has_number = count == 1 && number;
    facts->number_in_form = number && !is_critical && !BN_is_negative(number) && BN_num_bytes(number) <= MOST_NUMBER;
    facts->number_grows = number && (!draft->previous_number || BN_cmp(number, draft->previous_number) > 0);
}

/* A CA that predates RFC 5280 may have no key identifier that could be named. */
static void take_key_id(const pc_crl_draft *draft, pc_evidence_crl *facts)
{
    bool is_critical = false;
    int count = count_extension(draft->crl, NID_authority_key_identifier, &is_critical);
    PC_AUTO(AUTHORITY_KEYID)
    AUTHORITY_KEYID *named = X509_CRL_get_ext_d2i(draft->crl, NID_authority_key_identifier, NULL, NULL);
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(draft->issuer);

    facts->key_id_in_form = (count == 0 && !own) || (count == 1 && named && !is_critical);
    facts->key_id_chains = !own || (named && named->keyid && ASN1_OCTET_STRING_cmp(named->keyid, own) == 0);
}

static void take_point(const X509_CRL *crl, pc_evidence_crl *facts)
{
    bool is_critical = false;
    int count = count_extension(crl, NID_issuing_distribution_point, &is_critical);

    facts->point_in_form = count == 0 || (count == 1 && is_critical);
    facts->is_delta = count_extension(crl, NID_delta_crl, &is_critical) > 0;
}

/* --- entries --- */

static void take_reason(const X509_REVOKED *entry, pc_evidence_crl *facts)
{
    int critical = -1;
    PC_AUTO(ASN1_ENUMERATED)
    ASN1_ENUMERATED *value = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
    long reason = value ? ASN1_ENUMERATED_get(value) : -1;

    if (!value) {
        facts->reasons_in_form = facts->reasons_in_form && critical == -1; /* there is none */
        return;
    }
    facts->reasons_in_form = facts->reasons_in_form && !critical && reason != 0;
    facts->reasons_fit = facts->reasons_fit && reason >= 0 && reason <= LAST_REASON && reason != 7 && reason != 8;
}

/* The entries are sorted (pc_crl_build). */
static void take_entries(const pc_crl_draft *draft, pc_evidence_crl *facts)
{
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(draft->crl);
    const X509_REVOKED *before = NULL;

    facts->dates_in_form = facts->reasons_in_form = facts->reasons_fit = facts->serials_ascend = true;
    for (int i = 0; entries && i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        int64_t sec = 0;

        facts->dates_in_form =
            facts->dates_in_form && pc_asn1_time_in_form(X509_REVOKED_get0_revocationDate(entry), &sec);
        take_reason(entry, facts);
        facts->serials_ascend =
            facts->serials_ascend && (!before || ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(before),
                                                                  X509_REVOKED_get0_serialNumber(entry)) < 0);
        before = entry;
    }
}

pc_evidence_crl pc_x509_facts_of_crl(const pc_crl_draft *draft)
{
    const X509_NAME *issuer = X509_CRL_get_issuer(draft->crl);
    pc_evidence_crl facts = {
        .read = true,
        .is_version_2 = X509_CRL_get_version(draft->crl) == X509_CRL_VERSION_2,
        .has_issuer = X509_NAME_entry_count(issuer) > 0,
        .issuer_name_same = pc_x509_name_same_bytes(issuer, X509_get_subject_name(draft->issuer)),
        .issuer_may_sign = (X509_get_key_usage(draft->issuer) & KU_CRL_SIGN) != 0,
        .digest = digest_of(draft->crl),
        .previous_sec = draft->previous_sec,
    };

    pc_attempt_begin();
    take_times(draft->crl, &facts);
    take_number(draft, &facts);
    take_key_id(draft, &facts);
    take_point(draft->crl, &facts);
    take_entries(draft, &facts);
    pc_attempt_end();
    return facts;
}
