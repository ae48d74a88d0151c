/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SHOW_H
#define P11CERT_SHOW_H

#include <p11cert/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert show FILE`: what stands in a request or a certificate. (Of a key: pc_list_run with the key named.) */

/** One thing that an extension or an attribute says. Both texts are safe to print. */
typedef struct {
    const char *name; /**< "DNS", "UPN", "template", "provider", …; "" for a plain line */
    const char *value;
} pc_shown_field;

/** An extension, or one value of a request attribute. */
typedef struct {
    const char *oid;  /**< dotted */
    const char *name; /**< for people; NULL where there is none */
    bool critical;    /**< extensions only */
    pc_shown_field *fields;
    size_t field_count; /**< 0: not known, or not of the syntax that its identifier promises; then see hex */
    const char *hex;    /**< the value's DER */
} pc_shown_part;

/** One request or certificate. */
typedef struct {
    bool is_request;
    pc_evidence_subject subject;
    pc_evidence_certificate certificate; /**< if it is one */
    const char *spki_sha256;             /**< NULL if the public key cannot be read */
    pc_shown_part *request_attributes;   /**< of a request, in the order of the encoding; without the next */
    size_t request_attribute_count;
    pc_shown_part *extensions; /**< of a certificate, or that a request asks for */
    size_t extension_count;
    const char *damage; /**< why `subject` is not set: something cannot be read; NULL if all can */
    const char *
        signature; /**< "valid", "not valid"; of a certificate only if self-signed, else "not checked"; of a dry run "not made" */
    const char *text; /**< every field, for people; safe to print, many lines */
} pc_shown;

typedef struct pc_show_result {
    pc_shown *items;
    size_t count;
    struct pc_arena *arena;
} pc_show_result;

/** @return PC_OK; PC_E_INPUT (neither request nor certificates); what reading a file can give; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_show_file(const char *file, pc_show_result **ret_result, pc_error *err);
void pc_show_result_free(pc_show_result *result);

#ifdef __cplusplus
}
#endif

#endif
