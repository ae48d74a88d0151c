/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_CERTSRV_H
#define PC_ENROLL_CERTSRV_H

#include "enroll/certsrv/file_kind.h"
#include "enroll/certsrv/listing.h"
#include "enroll/protocol.h"

/**
 * AD CS web enrolment, one function per step; each fetches one or two pages and waits for them. Whether and when to ask
 * again is the caller's decision. Files are returned as bytes in the arena, DER or PEM as the CA sent them, to be read
 * and checked like any file from outside (x509/read.h).
 *
 * In addition to the errors listed, each returns those of pc_wire_fetch, and PC_E_AUTH for a page that refuses the
 * login in words.
 */

#define PC_CA_RENEWALS_MAX 100u

/**
 * Submit a request (certfnsh.asp, Mode=newreq).
 *
 * @param ret_outcome  texts and page are the arena's
 * @return PC_OK whatever the CA decided; PC_E_USAGE (line break or NUL in a template or attribute). A failure after
 * which the CA may still have the request says so.
 */
PC_MUST_CHECK pc_status pc_ca_submit(pc_wire *wire, pc_arena *arena, const pc_ca_submission *submission,
                                     pc_ca_outcome *ret_outcome, pc_error *err);

/** The state of a request (Mode=chkpnd). An answer about another request is PC_CA_UNKNOWN. @return PC_OK. */
PC_MUST_CHECK pc_status pc_ca_check(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                    pc_ca_outcome *ret_outcome, pc_error *err);

/**
 * The certificate of a request (certnew.cer).
 *
 * @param ret_issued  its file has bytes that look like a certificate. Whether they are one, for that key and as
 *                    requested, must be checked by the caller.
 * @return PC_OK; PC_E_CA (the file is cut short).
 */
PC_MUST_CHECK pc_status pc_ca_get_certificate(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                              pc_ca_issued *ret_issued, pc_error *err);

/** The certificate of a request with its chain, as PKCS#7 (certnew.p7b). As pc_ca_get_certificate. */
PC_MUST_CHECK pc_status pc_ca_get_chain(pc_wire *wire, pc_arena *arena, unsigned long request_id,
                                        pc_ca_issued *ret_issued, pc_error *err);

/**
 * The CA's certificates, of every renewal that it still provides.
 * @return PC_OK; PC_E_CA (not the pages of a CA; none provided; one cut short).
 */
PC_MUST_CHECK pc_status pc_ca_get_ca_certificates(pc_wire *wire, pc_arena *arena, pc_ca_certificates *ret_certificates,
                                                  pc_error *err);

/** The chain of the CA's certificate of a renewal, cross certificates included, as PKCS#7. @return PC_OK; PC_E_CA. */
PC_MUST_CHECK pc_status pc_ca_get_ca_chain(pc_wire *wire, pc_arena *arena, unsigned long renewal, pc_bytes *ret_file,
                                           pc_error *err);

/** A CRL. @return PC_OK; PC_E_CA (a CA need not publish a delta CRL). */
PC_MUST_CHECK pc_status pc_ca_get_crl(pc_wire *wire, pc_arena *arena, pc_ca_crl crl, pc_bytes *ret_file, pc_error *err);

/** The templates that this account may request; none on a stand-alone CA. @return PC_OK; PC_E_CA (another page). */
PC_MUST_CHECK pc_status pc_ca_get_templates(pc_wire *wire, pc_arena *arena, pc_ca_templates *ret_templates,
                                            pc_error *err);

#endif
