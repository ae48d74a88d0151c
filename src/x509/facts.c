/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/facts.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/signature.h"
#include "x509/windows.h"

/* C strings end at a NUL, so an embedded NUL is replaced: the rest of the name stays visible. */
static pc_status push_string(const ASN1_STRING *string, pc_arena *arena, const char ***list, size_t *count,
                             pc_error *err)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    const char **slot = len >= 0 ? PC_PUSH(arena, *list, *count) : NULL;

    if (!slot) {
        OPENSSL_free(utf8);
        return len < 0 ? pc_fail_openssl(err, PC_E_INPUT, "a name cannot be read") : pc_fail_memory(err);
    }
    char *text = pc_arena_text(arena, (const char *)utf8, (size_t)len);

    OPENSSL_free(utf8);
    for (int i = 0; text && i < len; i++) {
        text[i] = text[i] == '\0' ? '\x01' : text[i];
    }
    *slot = text;
    return text ? PC_OK : pc_fail_memory(err);
}

static pc_status read_subject(const X509_NAME *name, pc_arena *arena, pc_evidence_subject *subject, pc_error *err)
{
    const char **names = NULL;
    size_t count = 0;

    for (int cursor = -1; (cursor = X509_NAME_get_index_by_NID(name, NID_commonName, cursor)) >= 0;) {
        PC_TRY(push_string(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, cursor)), arena, &names, &count, err));
    }
    subject->common_names = names;
    subject->common_name_count = count;
    subject->subject = X509_NAME_entry_count(name) ? pc_x509_name_text(name, arena) : "";
    return subject->subject ? PC_OK : pc_fail_memory(err);
}

/* An extension that is unreadable or present twice must not be treated as absent. */
static pc_status get_extension(const STACK_OF(X509_EXTENSION) *extensions, int nid, int *ret_critical, void **ret_value,
                               pc_error *err)
{
    int critical = -1;
    void *value = X509V3_get_d2i(extensions, nid, &critical, NULL);

    if (!value && critical != -1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the extension \"%s\" %s", OBJ_nid2ln(nid),
                               critical == -2 ? "is present twice" : "cannot be read");
    }
    *ret_critical = critical;
    *ret_value = value;
    return PC_OK;
}

static pc_status read_dns_names(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena,
                                pc_evidence_subject *subject, pc_error *err)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *all = NULL;
    const char **names = NULL;
    size_t count = 0;
    int critical = -1;
    void *value = NULL;

    PC_TRY(get_extension(extensions, NID_subject_alt_name, &critical, &value, err));
    all = value;
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *each = sk_GENERAL_NAME_value(all, i);

        if (each->type == GEN_DNS) {
            PC_TRY(push_string(each->d.dNSName, arena, &names, &count, err));
        }
    }
    subject->dns_names = names;
    subject->dns_name_count = count;
    return PC_OK;
}

static pc_status read_key_usage(const STACK_OF(X509_EXTENSION) *extensions, pc_evidence_subject *subject, pc_error *err)
{
    int critical = -1;
    void *value = NULL;

    PC_TRY(get_extension(extensions, NID_key_usage, &critical, &value, err));
    PC_AUTO(ASN1_BIT_STRING) ASN1_BIT_STRING *usage = value;

    subject->has_key_usage = usage != NULL;
    subject->key_usage_critical = critical == 1;
    for (int bit = 0; usage && bit <= 8; bit++) {
        if (ASN1_BIT_STRING_get_bit(usage, bit)) {
            subject->key_usage |= bit < 8 ? 0x80u >> bit : PC_KU_DECIPHER_ONLY;
        }
    }
    return PC_OK;
}

static pc_status push_oid(const ASN1_OBJECT *object, pc_arena *arena, const char ***list, size_t *count, pc_error *err)
{
    char oid[128];
    const char **slot = PC_PUSH(arena, *list, *count);

    (void)OBJ_obj2txt(oid, sizeof oid, object, 1);
    return slot && (*slot = pc_arena_string(arena, oid)) ? PC_OK : pc_fail_memory(err);
}

static pc_status read_eku(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena, pc_evidence_uses *ret_uses,
                          pc_error *err)
{
    const char **oids = NULL;
    size_t count = 0;
    int critical = -1;
    void *value = NULL;

    PC_TRY(get_extension(extensions, NID_ext_key_usage, &critical, &value, err));
    PC_AUTO(EXTENDED_KEY_USAGE) EXTENDED_KEY_USAGE *eku = value;

    for (int i = 0; eku && i < sk_ASN1_OBJECT_num(eku); i++) {
        PC_TRY(push_oid(sk_ASN1_OBJECT_value(eku, i), arena, &oids, &count, err));
    }
    *ret_uses = (pc_evidence_uses){ .stated = eku != NULL, .oids = oids, .count = count };
    return PC_OK;
}

/* OpenSSL has no number for the extension, so it is looked up by its OID. */
static pc_status find_application_policies(const STACK_OF(X509_EXTENSION) *extensions, pc_kept_extension **ret_found,
                                           pc_error *err)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *oid = OBJ_txt2obj(PC_OID_APPLICATION_POLICIES, 1);

    if (!oid) {
        return pc_fail_memory(err);
    }
    int index = X509v3_get_ext_by_OBJ(extensions, oid, -1);

    if (index >= 0 && X509v3_get_ext_by_OBJ(extensions, oid, index) >= 0) {
        return pc_fail(err, PC_E_INPUT, "the extension \"application policies\" is present twice");
    }
    *ret_found = index >= 0 ? X509v3_get_ext(extensions, index) : NULL;
    return PC_OK;
}

static pc_status read_application_policies(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena,
                                           pc_evidence_uses *ret_uses, pc_error *err)
{
    pc_kept_extension *extension = NULL;
    const char **oids = NULL;
    size_t count = 0;

    PC_TRY(find_application_policies(extensions, &extension, err));
    if (!extension) {
        return PC_OK;
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
    const unsigned char *cursor = ASN1_STRING_get0_data(value);
    PC_AUTO(CERTIFICATEPOLICIES)
    CERTIFICATEPOLICIES *policies = d2i_CERTIFICATEPOLICIES(NULL, &cursor, ASN1_STRING_length(value));

    if (!policies) {
        return pc_fail_openssl(err, PC_E_INPUT, "the extension \"application policies\" cannot be read");
    }
    for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
        PC_TRY(push_oid(sk_POLICYINFO_value(policies, i)->policyid, arena, &oids, &count, err));
    }
    *ret_uses = (pc_evidence_uses){ .stated = true, .oids = oids, .count = count };
    return PC_OK;
}

static pc_status read_uses(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena, pc_evidence_subject *subject,
                           pc_error *err)
{
    pc_evidence_uses eku = { .stated = false };

    PC_TRY(read_eku(extensions, arena, &eku, err));
    subject->has_eku = eku.stated;
    subject->ekus = eku.oids;
    subject->eku_count = eku.count;
    return read_application_policies(extensions, arena, &subject->application_policies, err);
}

/* "sha256", spelt like the digests of a request. */
static pc_status read_digest(const X509_ALGOR *algorithm, pc_arena *arena, pc_evidence_subject *subject, pc_error *err)
{
    pc_signature_scheme scheme;

    if (!pc_signature_scheme_of(algorithm, &scheme)) {
        return PC_OK;
    }
    if (scheme.digest == NID_undef) {
        subject->signature_needs_no_digest = true;
        return PC_OK;
    }
    char *name = pc_arena_string(arena, OBJ_nid2sn(scheme.digest));

    for (char *cursor = name; cursor && *cursor; cursor++) {
        *cursor = pc_to_lower(*cursor);
    }
    subject->signature_digest = name;
    return name ? PC_OK : pc_fail_memory(err);
}

static pc_status read_key(EVP_PKEY *key, pc_arena *arena, pc_evidence_subject *subject, pc_error *err)
{
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_INPUT, "the public key cannot be read");
    }
    subject->key_algorithm = pc_arena_string(arena, type ? type : OBJ_nid2sn(EVP_PKEY_get_base_id(key)));
    subject->key_bits = (unsigned)EVP_PKEY_get_bits(key);
    return subject->key_algorithm ? PC_OK : pc_fail_memory(err);
}

/* The names and usages that requests and certificates have in the same form. */
static pc_status read_names_and_usage(const X509_NAME *name, const STACK_OF(X509_EXTENSION) *extensions,
                                      pc_arena *arena, pc_evidence_subject *subject, pc_error *err)
{
    PC_TRY(read_subject(name, arena, subject, err));
    PC_TRY(read_dns_names(extensions, arena, subject, err));
    PC_TRY(read_key_usage(extensions, subject, err));
    return read_uses(extensions, arena, subject, err);
}

pc_status pc_x509_facts_of_csr(X509_REQ *csr, pc_arena *arena, pc_evidence_subject *ret_subject, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;
    pc_evidence_subject subject = { .present = true };
    const X509_ALGOR *algorithm = NULL;

    X509_REQ_get0_signature(csr, NULL, &algorithm);
    PC_TRY(pc_csr_get_extensions(csr, &extensions, err));
    PC_TRY(read_names_and_usage(X509_REQ_get_subject_name(csr), extensions, arena, &subject, err));
    PC_TRY(read_key(X509_REQ_get0_pubkey(csr), arena, &subject, err));
    PC_TRY(read_digest(algorithm, arena, &subject, err));
    *ret_subject = subject;
    return PC_OK;
}

static bool has_extension(const X509 *certificate, const char *oid)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);

    return wanted && X509_get_ext_by_OBJ(certificate, wanted, -1) >= 0;
}

static bool is_web(const char *url)
{
    return pc_text_starts(url, "http://") || pc_text_starts(url, "https://");
}

static pc_revocation_reach reach_of_names(const GENERAL_NAMES *names)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_URI && is_web((const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier))) {
            return PC_REVOCATION_WEB;
        }
    }
    return PC_REVOCATION_DIRECTORY;
}

static bool has_web_distribution_point(const CRL_DIST_POINTS *points)
{
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

        if (name && name->type == 0 && reach_of_names(name->name.fullname) == PC_REVOCATION_WEB) {
            return true;
        }
    }
    return false;
}

static pc_revocation_reach ocsp_reach(X509 *certificate)
{
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(certificate);
    pc_revocation_reach reach = PC_REVOCATION_NOWHERE;

    for (int i = 0; urls && i < sk_OPENSSL_STRING_num(urls) && reach != PC_REVOCATION_WEB; i++) {
        reach = is_web(sk_OPENSSL_STRING_value(urls, i)) ? PC_REVOCATION_WEB : PC_REVOCATION_DIRECTORY;
    }
    X509_email_free(urls);
    return reach;
}

/* Distribution points that cannot be read count as locations that HTTP does not reach. */
static pc_revocation_reach revocation_reach(X509 *certificate)
{
    int critical = -1;
    PC_AUTO(CRL_DIST_POINTS)
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, &critical, NULL);
    pc_revocation_reach ocsp = ocsp_reach(certificate);

    ERR_clear_error();
    if (ocsp == PC_REVOCATION_WEB || has_web_distribution_point(points)) {
        return PC_REVOCATION_WEB;
    }
    return critical == -1 ? ocsp : PC_REVOCATION_DIRECTORY;
}

static pc_status read_validity(const X509 *certificate, int64_t *ret_not_before_sec, int64_t *ret_not_after_sec,
                               pc_error *err)
{
    return pc_asn1_time_to_sec(X509_get0_notBefore(certificate), ret_not_before_sec) &&
                   pc_asn1_time_to_sec(X509_get0_notAfter(certificate), ret_not_after_sec)
               ? PC_OK
               : pc_fail_openssl(err, PC_E_INPUT, "the certificate's validity cannot be read");
}

static pc_status read_certificate(X509 *certificate, pc_arena *arena, pc_evidence_certificate *facts, pc_error *err)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const uint8_t *bytes = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial);

    PC_TRY(read_validity(certificate, &facts->not_before_sec, &facts->not_after_sec, err));
    facts->serial.data = pc_arena_copy(arena, bytes, len);
    facts->serial.len = len;
    facts->serial_is_negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;
    facts->is_authority = X509_check_ca(certificate) != 0;
    facts->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), arena);
    facts->self_signed = X509_self_signed(certificate, 0) == 1;
    facts->has_template =
        has_extension(certificate, PC_OID_TEMPLATE_NAME) || has_extension(certificate, PC_OID_TEMPLATE_VERSION);
    facts->revocation = revocation_reach(certificate);
    return facts->serial.data && facts->issuer ? PC_OK : pc_fail_memory(err);
}

pc_status pc_x509_facts_of_certificate(X509 *certificate, pc_arena *arena, pc_evidence_subject *ret_subject,
                                       pc_evidence_certificate *ret_certificate, pc_error *err)
{
    pc_evidence_subject subject = { .present = true };
    pc_evidence_certificate facts = { .chain = PC_CHAIN_NOT_GIVEN };
    const X509_ALGOR *algorithm = NULL;

    X509_get0_signature(NULL, &algorithm, certificate);
    PC_TRY(read_names_and_usage(X509_get_subject_name(certificate), X509_get0_extensions(certificate), arena, &subject,
                                err));
    PC_TRY(read_key(X509_get0_pubkey(certificate), arena, &subject, err));
    PC_TRY(read_digest(algorithm, arena, &subject, err));
    PC_TRY(read_certificate(certificate, arena, &facts, err));
    *ret_subject = subject;
    *ret_certificate = facts;
    return PC_OK;
}

static pc_status read_issuer(X509 *certificate, pc_arena *arena, pc_evidence_issuer *issuer, pc_error *err)
{
    const STACK_OF(X509_EXTENSION) *extensions = X509_get0_extensions(certificate);

    issuer->subject = pc_x509_name_text(X509_get_subject_name(certificate), arena);
    issuer->self_signed = X509_self_signed(certificate, 0) == 1;
    if (!issuer->subject) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_validity(certificate, &issuer->not_before_sec, &issuer->not_after_sec, err));
    PC_TRY(read_eku(extensions, arena, &issuer->eku, err));
    issuer->revocation = revocation_reach(certificate);
    return read_application_policies(extensions, arena, &issuer->application_policies, err);
}

pc_status pc_x509_facts_of_issuers(const STACK_OF(X509) *issuers, pc_arena *arena, pc_evidence_certificate *certificate,
                                   pc_error *err)
{
    size_t count = issuers ? (size_t)sk_X509_num(issuers) : 0;
    pc_evidence_issuer *items = pc_arena_alloc(arena, (count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        pc_status status = read_issuer(sk_X509_value(issuers, (int)i), arena, &items[i], err);

        if (status != PC_OK) {
            return pc_note(err, status, "cannot read the issuer \"%s\"", items[i].subject ? items[i].subject : "");
        }
    }
    certificate->issuers = items;
    certificate->issuer_count = count;
    return PC_OK;
}
