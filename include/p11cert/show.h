/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SHOW_H
#define P11CERT_SHOW_H

#include <p11cert/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert show FILE`: the contents of a request or a certificate. (For a key, use pc_list_run with the key's name.)
 */

/** One field of an extension or attribute. Both texts are safe to print. */
typedef struct {
    const char *name; /**< "DNS", "UPN", "template", "provider", …; "" for a plain line */
    const char *value;
} pc_shown_field;

/** An extension, or one value of a request attribute. */
typedef struct {
    const char *oid;  /**< dotted */
    const char *name; /**< human-readable; NULL if none */
    bool critical;    /**< extensions only */
    pc_shown_field *fields;
    size_t field_count; /**< 0: unknown, or not in the syntax that its identifier specifies; see hex then */
    const char *hex;    /**< the value's DER */
} pc_shown_part;

/** One request or certificate. */
typedef struct {
    bool is_request;
    pc_evidence_subject subject;
    pc_evidence_certificate certificate; /**< if it is a certificate */
    const char *spki_sha256;             /**< NULL if the public key is unreadable */
    pc_shown_part *request_attributes; /**< of a request, in the order of the encoding; without the extensions below */
    size_t request_attribute_count;
    pc_shown_part *extensions; /**< of a certificate, or requested by a request */
    size_t extension_count;
    const char *damage;    /**< why `subject` is not set: what is unreadable; NULL if nothing is */
    const char *signature; /**< "valid", "not valid"; for a certificate only if self-signed, else "not checked"; for a
                              dry run "not made" */
    const char *text;      /**< every field, human-readable; safe to print, many lines */
} pc_shown;

typedef struct pc_show_result {
    pc_shown *items;
    size_t count;
    struct pc_arena *arena;
} pc_show_result;

/** @return PC_OK; PC_E_INPUT (neither request nor certificates); any error of reading a file; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_show_file(const char *file, pc_show_result **ret_result, pc_error *err);
void pc_show_result_free(pc_show_result *result);

#ifdef __cplusplus
}
#endif

#endif
