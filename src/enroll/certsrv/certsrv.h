/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADCS_H
#define PC_ENROLL_ADCS_H

#include "enroll/certsrv/page.h"
#include "enroll/http/wire.h"

/**
 * Web enrolment of AD CS, one function a step; each is one page or two and waits for it. Whether and when to look again
 * is the caller's. Certificates come as bytes, to be read and checked like any file from outside (x509/read.h).
 *
 * Beside what is named each gives what pc_wire_fetch can, and PC_E_AUTH for a page that refuses the login in words.
 */

/** A request to be submitted; borrowed. */
typedef struct {
    const char *request;           /**< PKCS#10, PKCS#7 or CMC as PEM or bare base64, NUL-terminated; sent as it is */
    const char *template_name;     /**< the template's name, not what people see; NULL: none (stand-alone CA) */
    const char *const *attributes; /**< "Name:Value" each, e.g. "SAN:dns=a&dns=b" */
    size_t attribute_count;
} pc_ca_submission;

/** Bytes of a file from the CA, DER or PEM as it gave them; the arena's, followed by a NUL that does not count. */
typedef struct {
    const uint8_t *bytes;
    size_t len;
} pc_ca_file;

typedef struct {
    unsigned long renewal; /**< 0 is the CA's first certificate */
    pc_ca_file file;
} pc_ca_certificate;

typedef struct {
    pc_ca_certificate *items; /**< oldest first */
    size_t count;
    unsigned long newest; /**< number of the newest one, whether it is among the items or not */
} pc_ca_certificates;

#define PC_CA_RENEWALS_MAX 100u

/**
 * Submit a request (certfnsh.asp, Mode=newreq).
 *
 * @param ret_outcome  texts and page are the arena's
 * @return PC_OK whatever the CA decided; PC_E_USAGE (line end or NUL in a template or attribute). A failure after which
 *         the CA may have the request all the same says so.
 */
PC_MUST_CHECK pc_status pc_ca_submit(pc_wire *wire, pc_arena *arena, const pc_ca_submission *submission,
                                     pc_ca_outcome *ret_outcome, pc_error *err);

/** What became of a request (Mode=chkpnd). An answer about another request is PC_CA_UNKNOWN. @return PC_OK. */
PC_MUST_CHECK pc_status pc_ca_check(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                    pc_ca_outcome *ret_outcome, pc_error *err);

/**
 * The certificate of a request (certnew.cer).
 *
 * @param ret_file  set only if the outcome is PC_CA_ISSUED: bytes that look like a certificate. Whether they are one,
 *                  of that key and as asked for, is for the caller to find out.
 * @return PC_OK; PC_E_CA (the file is cut short).
 */
PC_MUST_CHECK pc_status pc_ca_get_certificate(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                              pc_ca_outcome *ret_outcome, pc_ca_file *ret_file, pc_error *err);

/** The certificate of a request with its chain, as PKCS#7 (certnew.p7b). As pc_ca_get_certificate. */
PC_MUST_CHECK pc_status pc_ca_get_chain(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                        pc_ca_outcome *ret_outcome, pc_ca_file *ret_file, pc_error *err);

/**
 * The CA's certificates, of every renewal that it still gives out.
 * @return PC_OK; PC_E_CA (no CA's pages; none given; one cut short).
 */
PC_MUST_CHECK pc_status pc_ca_get_ca_certificates(pc_wire *wire, pc_arena *arena, pc_ca_certificates *ret_certificates,
                                                  pc_error *err);

/** The chain of the CA's certificate of a renewal, crosses included, as PKCS#7. @return PC_OK; PC_E_CA. */
PC_MUST_CHECK pc_status pc_ca_get_ca_chain(pc_wire *wire, pc_arena *arena, unsigned long renewal, pc_ca_file *ret_file,
                                           pc_error *err);

/** The base or delta CRL of a renewal. @return PC_OK; PC_E_CA (a CA need not have a delta). */
PC_MUST_CHECK pc_status pc_ca_get_crl(pc_wire *wire, pc_arena *arena, unsigned long renewal, bool delta,
                                      pc_ca_file *ret_file, pc_error *err);

/** The templates that this account may ask for; none of a stand-alone CA. @return PC_OK; PC_E_CA (not that page). */
PC_MUST_CHECK pc_status pc_ca_get_templates(pc_wire *wire, pc_arena *arena, pc_ca_templates *ret_templates,
                                            pc_error *err);

#endif
