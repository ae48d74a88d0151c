/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CERTIFICATE_H
#define PC_X509_CERTIFICATE_H

#include <p11cert/request.h>

#include "base/arena.h"
#include "x509/auto.h"

#define PC_SERIAL_BITS 128

/** The contents of a certificate to be built. Borrowed. */
typedef struct {
    const X509_NAME *subject;
    EVP_PKEY *public_key;                 /**< of the subject */
    const X509 *issuer;                   /**< NULL: self-signed */
    STACK_OF(X509_EXTENSION) *extensions; /**< in addition to SKI, AKI and basic constraints; may be NULL. An SKI among
                                             them replaces the computed one */
    bool is_ca;
    bool has_path_length; /**< of a CA */
    unsigned path_length;
    pc_bytes serial;        /**< big-endian, positive, at most 20 octets; empty: random */
    int64_t not_before_sec; /**< seconds since 1970-01-01 UTC */
    int64_t not_after_sec;
} pc_certificate_plan;

/**
 * Build the part of a certificate to be signed (RFC 5280 section 4.1): version 3, the serial number of the plan
 * or a random one of PC_SERIAL_BITS bits, subject, key, and the extensions of the plan with subject and authority key
 * identifier and basic constraints. Not signed yet.
 * @return PC_OK, with *ret_certificate owned by the caller; PC_E_INPUT (the serial number is not a valid one);
 *         PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_build(const pc_certificate_plan *plan, X509 **ret_certificate, pc_error *err);

/**
 * The extensions of a request that the issuer copies: key usage, EKU and SAN, each parsed first. All others are
 * reported, not copied.
 * @param ret_left_out  in the arena: names of the extensions not copied, comma-separated; "" if none
 * @return PC_OK, with *ret_list owned by the caller; PC_E_INPUT if one cannot be parsed, or the key usage includes
 *         signing certificates or CRLs; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_take_extensions(X509_REQ *csr, pc_arena *arena,
                                                       STACK_OF(X509_EXTENSION) **ret_list, const char **ret_left_out,
                                                       pc_error *err);

/** Validity period, seconds since 1970-01-01 UTC; 0 if unreadable. */
typedef struct {
    int64_t not_before_sec;
    int64_t not_after_sec;
} pc_validity;

pc_validity pc_validity_of(const X509 *certificate);

/** Is a time within the validity period? False if the period is unreadable. */
bool pc_validity_holds(pc_validity validity, int64_t now_sec);

/**
 * Of two certificates of one key, does `a` take precedence? In this order: valid now, issued later, expires later,
 * higher serial number; pair/own_certificate.h gives the reasons. If all are equal, neither takes precedence.
 */
bool pc_certificate_is_more_current(const X509 *a, const X509 *b, int64_t now_sec);

/**
 * Do two certificates have the same contents, except for serial number, validity and signature? Then the same order
 * could have produced both.
 */
bool pc_certificate_same_terms(const X509 *a, const X509 *b);

/** Seconds since 1970-01-01 UTC. @return false if the time is unreadable. */
bool pc_asn1_time_to_sec(const ASN1_TIME *time, int64_t *ret_sec);

/**
 * The same for a time that must be in the form that RFC 5280 prescribes for its year (sections 4.1.2.5 and 5.1.2.4):
 * UTCTime to 2049, GeneralizedTime from 2050. @return also false if it is in the other form; *ret_sec is set even then.
 */
bool pc_asn1_time_in_form(const ASN1_TIME *time, int64_t *ret_sec);

#endif
