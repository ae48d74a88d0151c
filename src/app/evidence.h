/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EVIDENCE_H
#define PC_APP_EVIDENCE_H

#include <p11cert/check.h>

#include "base/arena.h"
#include "x509/auto.h"

/** What the files given hold. Owned; cleared with pc_files_clear. */
typedef struct {
    pc_inf *inf;
    pc_request *request;          /**< made of the INF */
    X509_REQ *csr;
    const char *csr_file;
    STACK_OF(X509) *certificates; /**< of all files together */
    X509 *leaf;                   /**< among them, borrowed; NULL if none */
    const char *leaf_file;
} pc_files;

/** Read and sort the files of an order. @return as pc_check_run. */
PC_MUST_CHECK pc_status pc_files_read(const pc_check_order *order, pc_files *ret_files, pc_error *err);
void pc_files_clear(pc_files *files);

/** Evidence of the files alone: INF, subject, certificate, chain. In the arena, or borrowed from files. */
PC_MUST_CHECK pc_status pc_evidence_of_files(const pc_files *files, pc_arena *arena, pc_evidence *evidence,
                                             pc_error *err);

/** Evidence of the token: the private key of the certificate, of the request, or the one that was named. */
PC_MUST_CHECK pc_status pc_evidence_of_token(const pc_files *files, const char *key, const pc_token_access *access,
                                             pc_arena *arena, pc_evidence *evidence, pc_error *err);

#endif
