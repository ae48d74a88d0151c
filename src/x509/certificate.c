/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/certificate.h"

#include <openssl/objects.h>
#include <time.h>

#include "x509/csr.h"
#include "x509/extensions.h"
#include "x509/openssl_error.h"

/* RFC 5280 section 4.1.2.2: positive and not zero; random, so that it is unique. The first bit is set, so that all are
 * of the same length wherever they are printed. */
static pc_status set_random_serial(X509 *certificate, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *serial = BN_new();

    if (!serial || BN_rand(serial, PC_SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
        !BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate))) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random serial number could be generated");
    }
    return PC_OK;
}

#define LONGEST_SERIAL 20 /* octets, with the one for the sign: RFC 5280 section 4.1.2.2 */

static pc_status set_serial(X509 *certificate, pc_bytes serial, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *number = NULL;

    if (serial.len == 0) {
        return set_random_serial(certificate, err);
    }
    number = serial.len <= LONGEST_SERIAL ? BN_bin2bn(serial.data, (int)serial.len, NULL) : NULL;
    if (!number || BN_is_zero(number) || BN_num_bits(number) >= 8 * LONGEST_SERIAL) {
        return pc_fail(err, PC_E_INPUT, "a serial number is positive and has at most 20 octets");
    }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "the serial number cannot be set");
}

static pc_status set_times(X509 *certificate, const pc_certificate_plan *plan, pc_error *err)
{
    if (!ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)plan->not_before_sec) ||
        !ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)plan->not_after_sec)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the validity cannot be set");
    }
    return PC_OK;
}

static pc_status add_extensions(X509 *certificate, const pc_certificate_plan *plan, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = NULL;
    const pc_basic_constraints constraints = { .present = true,
                                               .critical = true,
                                               .is_ca = plan->is_ca,
                                               .has_path_length = plan->has_path_length,
                                               .path_length = plan->path_length };
    bool has_key_id = plan->extensions && X509v3_get_ext_by_NID(plan->extensions, NID_subject_key_identifier, -1) >= 0;

    PC_TRY(pc_extension_add_basic_constraints(&list, &constraints, err));
    if (!has_key_id) {
        PC_TRY(pc_extension_add_subject_key_id(&list, plan->public_key, err));
    }
    if (plan->issuer) {
        PC_TRY(pc_extension_add_authority_key_id(&list, plan->issuer, err));
    }
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        if (X509_add_ext(certificate, sk_X509_EXTENSION_value(list, i), -1) != 1) {
            return pc_fail_memory(err);
        }
    }
    for (int i = 0; plan->extensions && i < sk_X509_EXTENSION_num(plan->extensions); i++) {
        if (X509_add_ext(certificate, sk_X509_EXTENSION_value(plan->extensions, i), -1) != 1) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

pc_status pc_certificate_build(const pc_certificate_plan *plan, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = X509_new();
    const X509_NAME *issuer = plan->issuer ? X509_get_subject_name(plan->issuer) : plan->subject;

    if (!certificate || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        X509_set_subject_name(certificate, plan->subject) != 1 || X509_set_issuer_name(certificate, issuer) != 1 ||
        X509_set_pubkey(certificate, plan->public_key) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be built");
    }
    PC_TRY(set_serial(certificate, plan->serial, err));
    PC_TRY(set_times(certificate, plan, err));
    PC_TRY(add_extensions(certificate, plan, err));
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}

static bool is_taken(int nid)
{
    return nid == NID_key_usage || nid == NID_ext_key_usage || nid == NID_subject_alt_name;
}

static bool asks_to_be_ca(X509_EXTENSION *extension)
{
    PC_AUTO(BASIC_CONSTRAINTS) BASIC_CONSTRAINTS *constraints = X509V3_EXT_d2i(extension);

    return !constraints || constraints->ca;
}

/* Extensions that the issuer sets itself: requesting them has no effect, except basic constraints of a CA. */
static bool is_own(int nid, X509_EXTENSION *extension)
{
    return nid == NID_subject_key_identifier || nid == NID_authority_key_identifier ||
           (nid == NID_basic_constraints && !asks_to_be_ca(extension));
}

static pc_status check_extension(X509_EXTENSION *extension, int nid, pc_error *err)
{
    void *value = X509V3_EXT_d2i(extension);
    bool signs = false;

    if (!value) {
        return pc_fail_openssl(err, PC_E_INPUT, "the request's %s cannot be read", OBJ_nid2ln(nid));
    }
    if (nid == NID_key_usage) {
        signs = ASN1_BIT_STRING_get_bit(value, 5) || ASN1_BIT_STRING_get_bit(value, 6);
        ASN1_BIT_STRING_free(value);
    } else if (nid == NID_ext_key_usage) {
        EXTENDED_KEY_USAGE_free(value);
    } else {
        GENERAL_NAMES_free(value);
    }
    if (!signs) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT,
                  "the request contains a key usage for signing certificates or CRLs, which only a CA has");
    return pc_hint(err, PC_E_INPUT, "if it is to be a CA, say so: `profile` issuing-ca");
}

static const char *name_left_out(pc_arena *arena, const char *list, X509_EXTENSION *extension)
{
    char oid[80];

    (void)OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 0);
    return pc_arena_format(arena, "%s%s%s", list, *list ? ", " : "", oid);
}

pc_status pc_certificate_take_extensions(X509_REQ *csr, pc_arena *arena, STACK_OF(X509_EXTENSION) **ret_list,
                                         const char **ret_left_out, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *asked = NULL;
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *taken = sk_X509_EXTENSION_new_null();
    const char *left_out = "";

    PC_TRY(pc_csr_get_extensions(csr, &asked, err));
    for (int i = 0; i < sk_X509_EXTENSION_num(asked); i++) {
        X509_EXTENSION *each = sk_X509_EXTENSION_value(asked, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(each));

        if (!is_taken(nid)) {
            left_out = is_own(nid, each) || !left_out ? left_out : name_left_out(arena, left_out, each);
            continue;
        }
        PC_TRY(check_extension(each, nid, err));
        if (X509v3_get_ext_by_NID(taken, nid, -1) >= 0) {
            return pc_fail(err, PC_E_INPUT, "the request has two extensions \"%s\"; which one to use is unknown",
                           OBJ_nid2ln(nid));
        }
        if (!X509v3_add_ext(&taken, each, -1)) {
            return pc_fail_memory(err);
        }
    }
    if (!taken || !left_out) {
        return pc_fail_memory(err);
    }
    *ret_list = PC_TAKE(taken);
    *ret_left_out = left_out;
    return PC_OK;
}

bool pc_asn1_time_to_sec(const ASN1_TIME *time, int64_t *ret_sec)
{
    struct tm parts;

    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) {
        return false;
    }
    *ret_sec = (int64_t)timegm(&parts);
    return true;
}

bool pc_asn1_time_in_form(const ASN1_TIME *time, int64_t *ret_sec)
{
    static const int64_t year_2050_sec = 2524608000;

    return pc_asn1_time_to_sec(time, ret_sec) &&
           ASN1_STRING_type(time) == (*ret_sec < year_2050_sec ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
}

pc_validity pc_validity_of(const X509 *certificate)
{
    pc_validity validity = { .not_before_sec = 0 };

    (void)pc_asn1_time_to_sec(X509_get0_notBefore(certificate), &validity.not_before_sec);
    (void)pc_asn1_time_to_sec(X509_get0_notAfter(certificate), &validity.not_after_sec);
    return validity;
}

bool pc_validity_holds(pc_validity validity, int64_t now_sec)
{
    return validity.not_before_sec <= now_sec && now_sec <= validity.not_after_sec;
}

bool pc_certificate_is_more_current(const X509 *a, const X509 *b, int64_t now_sec)
{
    const pc_validity left = pc_validity_of(a);
    const pc_validity right = pc_validity_of(b);
    bool left_holds = pc_validity_holds(left, now_sec);

    if (left_holds != pc_validity_holds(right, now_sec)) {
        return left_holds;
    }
    if (left.not_before_sec != right.not_before_sec) {
        return left.not_before_sec > right.not_before_sec;
    }
    if (left.not_after_sec != right.not_after_sec) {
        return left.not_after_sec > right.not_after_sec;
    }
    return ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)) > 0;
}

static bool same_extension(pc_kept_extension *a, pc_kept_extension *b)
{
    return OBJ_cmp(X509_EXTENSION_get_object(a), X509_EXTENSION_get_object(b)) == 0 &&
           X509_EXTENSION_get_critical(a) == X509_EXTENSION_get_critical(b) &&
           ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(a), X509_EXTENSION_get_data(b)) == 0;
}

/* Compared in order: certificates made from one plan have their extensions in the same order. */
static bool same_extensions(const X509 *a, const X509 *b)
{
    int count = X509_get_ext_count(a);
    bool same = count == X509_get_ext_count(b);

    for (int i = 0; i < count && same; i++) {
        same = same_extension(X509_get_ext(a, i), X509_get_ext(b, i));
    }
    return same;
}

bool pc_certificate_same_terms(const X509 *a, const X509 *b)
{
    EVP_PKEY *key = X509_get0_pubkey(a);

    return X509_get_version(a) == X509_get_version(b) &&
           X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
           X509_NAME_cmp(X509_get_issuer_name(a), X509_get_issuer_name(b)) == 0 && key &&
           EVP_PKEY_eq(key, X509_get0_pubkey(b)) == 1 && same_extensions(a, b);
}
