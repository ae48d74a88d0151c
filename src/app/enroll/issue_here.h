/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ENROLL_ISSUE_HERE_H
#define PC_APP_ENROLL_ISSUE_HERE_H

#include <p11cert/enroll.h>

#include "app/issue/local_ca.h"

/** The end of an enrolment with a CA's key on a token. Borrowed. */
typedef struct {
    const pc_token *token; /**< with the server's key, open read-write */
    const pc_local_ca *ca; /**< open; its order names the request and the certificate's file */
    pc_enroll_result *result;
} pc_issue_here;

/** Refuse the members of an order that are meant for a CA to be contacted. @return PC_OK; PC_E_USAGE. */
PC_MUST_CHECK pc_status pc_issue_here_check(const pc_enroll_order *order, pc_error *err);

/**
 * Issue for the request, bind the certificate with its issuers, then write it: if the run is killed in between, the
 * next one writes the file from the token. Sets the result's `issued` and `accepted`.
 * @return as pc_issue_run and pc_accept_run.
 */
PC_MUST_CHECK pc_status pc_issue_here_run(const pc_issue_here *job, pc_error *err);

/**
 * Write what an interrupted run could not write, the issuers and the file, for a certificate on the token that this CA
 * issued. @return PC_OK, also if another CA issued it: there is nothing to write then; as pc_issue_here_run.
 */
PC_MUST_CHECK pc_status pc_issue_here_complete(const pc_issue_here *job, X509 *certificate, pc_error *err);

#endif
