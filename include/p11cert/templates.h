/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TEMPLATES_H
#define P11CERT_TEMPLATES_H

#include <p11cert/bytes.h>
#include <p11cert/ca.h>
#include <p11cert/request.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert templates`: what a CA offers to this login, read before a key exists, and whether a key on a token can
 * satisfy it. certutil -CATemplates, certreq -policy.
 */

/** Flags of a template, as [MS-CRTD] sections 2.4 and 2.26 to 2.28 name them. */
enum {
    PC_TEMPLATE_KEY_ARCHIVAL = 0x1, /**< of private_key_flags */
    PC_TEMPLATE_KEY_EXPORTABLE = 0x10,
    PC_TEMPLATE_KEY_STRONG_PROTECTION = 0x20,
    PC_TEMPLATE_KEY_PSS = 0x40,
    PC_TEMPLATE_KEY_SAME_AT_RENEWAL = 0x80,
    PC_TEMPLATE_KEY_ATTEST_PREFERRED = 0x1000,
    PC_TEMPLATE_KEY_ATTEST_REQUIRED = 0x2000,
    PC_TEMPLATE_SUBJECT_BY_ENROLLEE = 0x1, /**< of subject_flags */
    PC_TEMPLATE_SAN_BY_ENROLLEE = 0x10000,
    PC_TEMPLATE_ENROLL_PENDING = 0x2, /**< of enrollment_flags */
    PC_TEMPLATE_ENROLL_AUTO = 0x20,
    PC_TEMPLATE_ENROLL_PREVIOUS_APPROVAL = 0x40,
    PC_TEMPLATE_GENERAL_MACHINE = 0x40, /**< of general_flags */
    PC_TEMPLATE_GENERAL_CA = 0x80,
};

typedef enum {
    PC_TEMPLATE_FITS,    /**< a key on a token satisfies it */
    PC_TEMPLATE_NOTED,   /**< the same, and there is something to know */
    PC_TEMPLATE_WARNED,  /**< the result may differ from what is expected */
    PC_TEMPLATE_REFUSED, /**< it cannot: no key is created */
    PC_TEMPLATE_UNKNOWN, /**< the CA gives names only */
} pc_template_verdict;

/** "fits", "note", "warning", "refused", "unknown". */
const char *pc_template_verdict_name(pc_template_verdict verdict);

typedef struct {
    pc_template_verdict verdict;
    const char *words; /**< one sentence */
} pc_template_line;

/** A CA that offers a template. */
typedef struct {
    const char *name;  /**< the CN of its certificate */
    bool enroll;       /**< this login may ask it */
    const char *url;   /**< of its enrolment web service for this login; "" if it has none */
    const char **urls; /**< all of them, in the order in which they are to be tried; the first is url */
    size_t url_count;
} pc_template_ca;

/** Texts are safe to print. Of a CA that gives names only, all else is empty or 0. */
typedef struct {
    const char *name;    /**< what a request names */
    const char *display; /**< "" if none */
    const char *oid;     /**< "" if none */
    unsigned schema;     /**< 1 to 4; 0: unknown */
    unsigned major_version;
    unsigned minor_version;
    bool enroll;               /**< this login may */
    bool auto_enroll;          /**< and automatically */
    const char *key_algorithm; /**< dotted OID or name; "RSA" if the template does not say */
    unsigned key_bits;         /**< least length; 0: any */
    unsigned key_spec;         /**< 1 key exchange, 2 signature, 0 neither */
    const char **providers;
    size_t provider_count;
    uint32_t private_key_flags;
    uint32_t subject_flags;
    uint32_t enrollment_flags;
    uint32_t general_flags;
    unsigned ra_signatures; /**< of registration agents, on each request */
    bool archival;          /**< the CA requires the private key */
    int64_t validity_sec;
    int64_t renewal_sec;     /**< before the end, when renewal begins */
    const char **superseded; /**< names of templates that this one replaces */
    size_t superseded_count;
    const char **usages; /**< extended key usages, dotted */
    size_t usage_count;
    unsigned key_usage; /**< bits of PC_KU_*; 0: not stated */
    pc_template_ca *cas;
    size_t ca_count;
    pc_template_verdict verdict; /**< the worst of the lines */
    pc_template_line *lines;
    size_t line_count;
} pc_template;

typedef struct {
    const pc_ca_access *ca;
    const char *template_name; /**< name or display name; NULL: all */
    const char *ca_name;       /**< CN of a CA; NULL: any */
    const char *inf;           /**< path for an INF file that fits template_name; "-": standard output; NULL: none */
    bool force;                /**< replace that file */
    const pc_request *request; /**< to be compared with the template; NULL: none */
} pc_templates_order;

typedef struct pc_templates_result {
    const char *ca;        /**< URL */
    const char *policy_id; /**< of the enrolment policy; "" if the CA has none */
    const char *policy;    /**< its name; "" */
    pc_template *items;
    size_t count;
    struct pc_arena *arena;
    bool changed; /**< the INF file was written; false: it exists with this content, or none was to be written */
} pc_templates_result;

/**
 * Ask a CA for the templates that this login may see: an enrolment policy service ([MS-XCEP]) in full, the web
 * enrolment pages by name.
 *
 * With a request, what does not fit is added to the lines and the verdict of each template.
 *
 * @param access      NULL unless the CA requires a client certificate from the token
 * @param ret_result  owned by the caller, pc_templates_result_free
 * @return PC_OK, also for none at all unless one was named; PC_E_USAGE (a protocol without templates; inf without
 *         template_name, or where the CA gives names only); PC_E_IO, PC_E_REFUSED (the file); PC_E_NOT_FOUND
 * (not that template, or not at that CA); PC_E_CA; PC_E_AUTH; PC_E_REFUSED (plain HTTP); any error of opening the
 *         token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_templates_run(const pc_templates_order *order, const pc_token_access *access,
                                         pc_templates_result **ret_result, pc_error *err);
void pc_templates_result_free(pc_templates_result *result);

#ifdef __cplusplus
}
#endif

#endif
