/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/crl_build.h"

#include "x509/access.h"
#include "x509/certificate.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(X509_REVOKED, X509_REVOKED, X509_REVOKED_free);
PC_AUTO_DEFINE(ASN1_ENUMERATED, ASN1_ENUMERATED, ASN1_ENUMERATED_free);
PC_AUTO_DEFINE(ASN1_TIME, ASN1_TIME, ASN1_TIME_free);
PC_AUTO_DEFINE(ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free);
PC_AUTO_DEFINE(ISSUING_DIST_POINT, ISSUING_DIST_POINT, ISSUING_DIST_POINT_free);

static pc_status fail(pc_error *err)
{
    return pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be built");
}

/* --- entries --- */

static pc_status add_reason(X509_REVOKED *entry, pc_revocation_reason reason, pc_error *err)
{
    PC_AUTO(ASN1_ENUMERATED) ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

    /* Section 5.3.1: absent rather than unspecified. */
    if (reason == PC_REASON_UNSPECIFIED) {
        return PC_OK;
    }
    return value && ASN1_ENUMERATED_set(value, (long)reason) == 1 &&
                   X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1
               ? PC_OK
               : fail(err);
}

static pc_status add_invalidity(X509_REVOKED *entry, int64_t sec, pc_error *err)
{
    PC_AUTO(ASN1_GENERALIZEDTIME) ASN1_GENERALIZEDTIME *value = NULL;

    if (!sec) {
        return PC_OK;
    }
    value = ASN1_GENERALIZEDTIME_set(NULL, (time_t)sec);
    return value && X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, value, 0, 0) == 1 ? PC_OK : fail(err);
}

static pc_status add_entry(X509_CRL *crl, const pc_revoked *revoked, pc_error *err)
{
    PC_AUTO(X509_REVOKED) X509_REVOKED *entry = X509_REVOKED_new();
    PC_AUTO(BIGNUM) BIGNUM *number = BN_bin2bn(revoked->serial.data, (int)revoked->serial.len, NULL);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    PC_AUTO(ASN1_TIME) ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)revoked->time_sec);

    if (!entry || !serial || !when || X509_REVOKED_set_serialNumber(entry, serial) != 1 ||
        X509_REVOKED_set_revocationDate(entry, when) != 1) {
        return fail(err);
    }
    PC_TRY(add_reason(entry, revoked->reason, err));
    PC_TRY(add_invalidity(entry, revoked->invalidity_sec, err));
    if (X509_CRL_add0_revoked(crl, entry) != 1) {
        return fail(err);
    }
    (void)PC_TAKE(entry);
    return PC_OK;
}

/* --- extensions --- */

static pc_status add_key_id(X509_CRL *crl, const X509 *issuer, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = NULL;

    PC_TRY(pc_extension_add_authority_key_id(&list, issuer, err));
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        if (X509_CRL_add_ext(crl, sk_X509_EXTENSION_value(list, i), -1) != 1) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

static pc_status add_number(X509_CRL *crl, const BIGNUM *number, pc_error *err)
{
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *value = BN_to_ASN1_INTEGER(number, NULL);

    return value && X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1 ? PC_OK : fail(err);
}

static pc_status add_place(X509_CRL *crl, pc_text_list urls, pc_error *err)
{
    PC_AUTO(ISSUING_DIST_POINT) ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();

    if (!urls.count) {
        return PC_OK;
    }
    if (!point) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_distribution_point_build(urls, &point->distpoint, err));
    return X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, point, 1, 0) == 1 ? PC_OK : fail(err);
}

pc_status pc_crl_build(const pc_crl_plan *plan, X509_CRL **ret_crl, pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *crl = X509_CRL_new();
    PC_AUTO(ASN1_TIME) ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)plan->this_update_sec);
    PC_AUTO(ASN1_TIME) ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)plan->next_update_sec);

    if (!crl || !from || !until || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(plan->issuer)) != 1 ||
        X509_CRL_set1_lastUpdate(crl, from) != 1 || X509_CRL_set1_nextUpdate(crl, until) != 1) {
        return fail(err);
    }
    for (size_t i = 0; i < plan->count; i++) {
        PC_TRY(add_entry(crl, &plan->revoked[i], err));
    }
    PC_TRY(add_key_id(crl, plan->issuer, err));
    PC_TRY(add_number(crl, plan->number, err));
    PC_TRY(add_place(crl, plan->urls, err));
    if (X509_CRL_sort(crl) != 1) {
        return fail(err);
    }
    *ret_crl = PC_TAKE(crl);
    return PC_OK;
}

/* --- the contents of another CRL --- */

static pc_status unreadable(const char *what, pc_error *err)
{
    return pc_fail_openssl(err, PC_E_INPUT, "%s of the previous CRL cannot be read", what);
}

static pc_status read_serial(const X509_REVOKED *entry, pc_arena *arena, pc_bytes *ret_serial, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *number = ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(entry), NULL);
    size_t len = number ? (size_t)BN_num_bytes(number) : 0;
    uint8_t *bytes = pc_arena_alloc(arena, len + 1);

    if (!bytes) {
        return pc_fail_memory(err);
    }
    if (!number || BN_is_negative(number)) {
        return unreadable("a serial number", err);
    }
    (void)BN_bn2bin(number, bytes);
    *ret_serial = (pc_bytes){ bytes, len };
    return PC_OK;
}

static pc_status read_entry(const X509_REVOKED *entry, pc_arena *arena, pc_revoked *revoked, pc_error *err)
{
    PC_AUTO(ASN1_ENUMERATED) ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    PC_AUTO(ASN1_GENERALIZEDTIME)
    ASN1_GENERALIZEDTIME *since = X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);

    PC_TRY(read_serial(entry, arena, &revoked->serial, err));
    if (!pc_asn1_time_to_sec(X509_REVOKED_get0_revocationDate(entry), &revoked->time_sec) ||
        (since && !pc_asn1_time_to_sec(since, &revoked->invalidity_sec))) {
        return unreadable("a date", err);
    }
    revoked->reason = reason ? (pc_revocation_reason)ASN1_ENUMERATED_get(reason) : PC_REASON_UNSPECIFIED;
    return PC_OK;
}

pc_status pc_crl_read_contents(X509_CRL *crl, pc_arena *arena, pc_crl_contents *ret_contents, pc_error *err)
{
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    PC_AUTO(BIGNUM) BIGNUM *read = number ? ASN1_INTEGER_to_BN(number, NULL) : NULL;
    size_t count = entries ? (size_t)sk_X509_REVOKED_num(entries) : 0;
    pc_crl_contents contents = { .revoked = pc_arena_alloc(arena, (count + 1) * sizeof *contents.revoked),
                                 .count = count };

    if (!contents.revoked) {
        return pc_fail_memory(err);
    }
    if (!pc_asn1_time_to_sec(X509_CRL_get0_lastUpdate(crl), &contents.this_update_sec) || (number && !read)) {
        return unreadable("time or number", err);
    }
    for (size_t i = 0; i < count; i++) {
        PC_TRY(read_entry(sk_X509_REVOKED_value(entries, (int)i), arena, &contents.revoked[i], err));
    }
    contents.number = PC_TAKE(read);
    *ret_contents = contents;
    return PC_OK;
}
