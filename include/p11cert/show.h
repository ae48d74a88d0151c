/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SHOW_H
#define P11CERT_SHOW_H

#include <p11cert/policy.h>

/** `p11cert show FILE`: what stands in a request or a certificate. (Of a key: pc_list_run with the key named.) */

/** One request or certificate. */
typedef struct {
    bool is_request;
    pc_evidence_subject subject;
    pc_evidence_certificate certificate; /**< if it is one */
    const char *spki_sha256;
    const char *signature;               /**< "valid", "not valid"; of a certificate only if self-signed, else "not checked" */
    const char *text;                    /**< every field, for people; safe to print, many lines */
} pc_shown;

typedef struct pc_show_result {
    pc_shown *items;
    size_t count;
    struct pc_arena *arena;
} pc_show_result;

/** @return PC_OK; PC_E_INPUT (neither request nor certificates); what reading a file can give; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_show_file(const char *file, pc_show_result **ret_result, pc_error *err);
void pc_show_result_free(pc_show_result *result);

#endif
