/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/issuance_facts.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/text.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/weak_key.h"

PC_AUTO_DEFINE(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free);

/* --- names --- */

/* RFC 5280 section 4.1.2.4 and appendix A: country and serial number are printable, mail address and DC are IA5. */
static bool is_allowed_type(int nid, int type)
{
    switch (nid) {
    case NID_countryName:
    case NID_serialNumber:
    case NID_dnQualifier:
        return type == V_ASN1_PRINTABLESTRING;
    case NID_pkcs9_emailAddress:
    case NID_domainComponent:
        return type == V_ASN1_IA5STRING;
    default:
        return type == V_ASN1_PRINTABLESTRING || type == V_ASN1_UTF8STRING;
    }
}

static const char *find_bad_text(const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));

        if (!is_allowed_type(nid, ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry)))) {
            return OBJ_nid2ln(nid);
        }
    }
    return NULL;
}

/* A common name may be an IP address in words. */
static bool lists_address(const GENERAL_NAMES *names, const char *text)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    bool is_listed = false;

    for (int i = 0; address && names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *each = sk_GENERAL_NAME_value(names, i);

        is_listed = is_listed || (each->type == GEN_IPADD && ASN1_STRING_cmp(each->d.iPAddress, address) == 0);
    }
    return is_listed;
}

static bool lists_name(const GENERAL_NAMES *names, const char *text)
{
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *each = sk_GENERAL_NAME_value(names, i);

        if (each->type == GEN_DNS && pc_text_equal_n((const char *)ASN1_STRING_get0_data(each->d.dNSName),
                                                     (size_t)ASN1_STRING_length(each->d.dNSName), text)) {
            return true;
        }
    }
    return false;
}

static pc_status find_unlisted(const X509_NAME *subject, const GENERAL_NAMES *names, pc_arena *arena,
                               const char **ret_name, pc_error *err)
{
    int position = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (position < 0) {
        return PC_OK;
    }
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position));
    const char *text =
        pc_arena_text(arena, (const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));

    if (!text) {
        return pc_fail_memory(err);
    }
    *ret_name = lists_name(names, text) || lists_address(names, text) ? NULL : text;
    return PC_OK;
}

static pc_status read_names(X509 *certificate, pc_arena *arena, pc_evidence_issuance *facts, pc_error *err)
{
    int critical = -1;
    const X509_NAME *subject = X509_get_subject_name(certificate);
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);

    facts->subject_empty = X509_NAME_entry_count(subject) == 0;
    facts->bad_text = find_bad_text(subject);
    facts->has_names = names && sk_GENERAL_NAME_num(names) > 0;
    facts->names_critical = critical == 1;
    return find_unlisted(subject, names, arena, &facts->name_not_listed, err);
}

/* --- the chain --- */

static bool key_id_chains(X509 *certificate, X509 *issuer, bool self_signed)
{
    const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(certificate);
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(issuer);

    if (!named) {
        return self_signed || !own;
    }
    return own && ASN1_OCTET_STRING_cmp(named, own) == 0;
}

static void read_chain(X509 *certificate, X509 *issuer, pc_evidence_issuance *facts)
{
    const pc_validity own = pc_validity_of(certificate);
    const pc_validity outer = pc_validity_of(issuer);
    bool self_signed = X509_cmp(certificate, issuer) == 0;

    facts->issuer_name_same = pc_x509_name_same_bytes(X509_get_issuer_name(certificate), X509_get_subject_name(issuer));
    facts->has_key_id = X509_get0_subject_key_id(certificate) != NULL;
    facts->key_id_chains = key_id_chains(certificate, issuer, self_signed);
    facts->within_issuer = own.not_before_sec >= outer.not_before_sec && own.not_after_sec <= outer.not_after_sec;
    facts->issuer_path_length = self_signed ? -1 : (int)X509_get_pathlen(issuer);
}

/* --- form --- */

static bool are_times_in_form(const X509 *certificate)
{
    int64_t sec = 0;

    return pc_asn1_time_in_form(X509_get0_notBefore(certificate), &sec) &&
           pc_asn1_time_in_form(X509_get0_notAfter(certificate), &sec);
}

/* Decoded from the bytes and encoded again: OpenSSL keeps the encoding that it has read, so only a copy reveals
 * differences. */
static bool is_der(X509 *certificate)
{
    PC_AUTO(openssl_bytes) unsigned char *first = NULL;
    PC_AUTO(openssl_bytes) unsigned char *second = NULL;
    PC_AUTO(X509) X509 *copy = NULL;
    int len = i2d_X509(certificate, &first);
    const unsigned char *cursor = first;

    copy = len > 0 ? d2i_X509(NULL, &cursor, len) : NULL;
    int again_len = copy ? i2d_re_X509_tbs(copy, &second) : 0;

    /* The part to be signed follows the header of the whole. */
    return again_len > 0 && memmem(first, (size_t)len, second, (size_t)again_len) != NULL;
}

static void read_constraints(X509 *certificate, pc_evidence_issuance *facts)
{
    int critical = -1;
    PC_AUTO(BASIC_CONSTRAINTS)
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(certificate, NID_basic_constraints, &critical, NULL);
    uint64_t length = 0;

    facts->has_constraints = constraints != NULL;
    facts->constraints_critical = critical == 1;
    facts->has_path_length =
        constraints && constraints->pathlen && ASN1_INTEGER_get_uint64(&length, constraints->pathlen) == 1;
    facts->path_length = (unsigned)length;
}

/* --- locations --- */

static const char *bad_url_among(const GENERAL_NAMES *names)
{
    static const char *const schemes[] = { "http://", "https://", "ldap://", "ldaps://" };

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *each = sk_GENERAL_NAME_value(names, i);
        bool is_known = each->type != GEN_URI;

        for (size_t k = 0; k < PC_COUNT(schemes) && !is_known; k++) {
            is_known =
                pc_text_starts((const char *)ASN1_STRING_get0_data(each->d.uniformResourceIdentifier), schemes[k]);
        }
        if (!is_known) {
            return (const char *)ASN1_STRING_get0_data(each->d.uniformResourceIdentifier);
        }
    }
    return NULL;
}

static const char *bad_url_of_access(const AUTHORITY_INFO_ACCESS *access)
{
    for (int i = 0; access && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
        PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *one = GENERAL_NAMES_new();
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *copy = GENERAL_NAME_dup(sk_ACCESS_DESCRIPTION_value(access, i)->location);

        if (!one || !copy || sk_GENERAL_NAME_push(one, copy) <= 0) {
            return NULL;
        }
        (void)PC_TAKE(copy);
        if (bad_url_among(one)) {
            return (const char *)ASN1_STRING_get0_data(
                sk_ACCESS_DESCRIPTION_value(access, i)->location->d.uniformResourceIdentifier);
        }
    }
    return NULL;
}

static pc_status read_places(X509 *certificate, pc_arena *arena, pc_evidence_issuance *facts, pc_error *err)
{
    PC_AUTO(CRL_DIST_POINTS)
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    PC_AUTO(AUTHORITY_INFO_ACCESS)
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
    const char *bad = bad_url_of_access(access);

    for (int i = 0; points && !bad && i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

        bad = name && name->type == 0 ? bad_url_among(name->name.fullname) : NULL;
    }
    facts->bad_url = bad ? pc_arena_string(arena, bad) : NULL;
    return bad && !facts->bad_url ? pc_fail_memory(err) : PC_OK;
}

pc_status pc_x509_facts_of_issuance(X509 *certificate, X509 *issuer, pc_arena *arena,
                                    pc_evidence_issuance *ret_issuance, pc_error *err)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    EVP_PKEY *issuer_key = X509_get0_pubkey(issuer);
    pc_evidence_issuance facts = {
        .read = true,
        .version = (unsigned)X509_get_version(certificate) + 1,
        .is_der = is_der(certificate),
        .times_in_form = are_times_in_form(certificate),
        .security_bits = key ? EVP_PKEY_get_security_bits(key) : 0,
    };

    PC_TRY(key ? pc_weak_key_fault(key, arena, &facts.weak_key, err) : PC_OK);
    PC_TRY(issuer_key && issuer != certificate ? pc_weak_key_fault(issuer_key, arena, &facts.weak_issuer, err) : PC_OK);
    read_chain(certificate, issuer, &facts);
    read_constraints(certificate, &facts);
    PC_TRY(read_names(certificate, arena, &facts, err));
    PC_TRY(read_places(certificate, arena, &facts, err));
    ERR_clear_error();
    *ret_issuance = facts;
    return PC_OK;
}
