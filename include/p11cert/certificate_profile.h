/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CERTIFICATE_PROFILE_H
#define P11CERT_CERTIFICATE_PROFILE_H

#include <p11cert/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A certificate profile: what a CA puts into the certificates of one kind, whatever a request asks for. Data; nothing
 * here knows a token or an X.509 library. Built in, or a YAML file of the operator (docs/ca.md).
 */

/** What a certificate is for. Decides which structure is required of it. */
typedef enum {
    PC_ROLE_ROOT,
    PC_ROLE_ISSUING_CA,
    PC_ROLE_CROSS, /**< a CA that has another certificate already: same name, same key (RFC 5280 section 3.2) */
    PC_ROLE_TLS_SERVER,
    PC_ROLE_TLS_CLIENT,
    PC_ROLE_SCOM,
    PC_ROLE_OCSP_SIGNER,
    PC_ROLE_TIME_STAMP_SIGNER,
} pc_certificate_role;

/** What is taken from the request; bits. What is not taken comes from the profile, or is left out. */
enum {
    PC_TAKE_SUBJECT = 0x1,
    PC_TAKE_ALT_NAMES = 0x2,
    PC_TAKE_KEY_USAGE = 0x4,   /**< as far as the profile's key usage allows it */
    PC_TAKE_EKU = 0x8,         /**< as far as the profile's EKU allows it */
    PC_TAKE_PATH_LENGTH = 0x10 /**< if it is not greater than the profile's */
};

/** What happens to a request that asks for more than the profile allows. */
typedef enum {
    PC_EXCESS_REDUCE, /**< the surplus is left out, and reported */
    PC_EXCESS_REFUSE,
} pc_excess;

/** How long a certificate is valid. */
typedef struct {
    int64_t span_sec; /**< from the time of issue; 0: the absolute dates below */
    int64_t not_before_sec;
    int64_t not_after_sec; /**< seconds since 1970-01-01 UTC, inclusive */
} pc_certificate_span;

/** Texts in order. */
typedef struct {
    const char *const *items;
    size_t count;
} pc_text_list;

/** Where programs that validate a certificate find what they need. */
typedef struct {
    pc_text_list crl_urls;    /**< CRL distribution point: each a URL of the same CRL */
    pc_text_list ocsp_urls;   /**< authority information access: responders */
    pc_text_list issuer_urls; /**< authority information access: the CA's certificate */
} pc_certificate_places;

typedef struct pc_certificate_profile {
    const char *name;
    const char *title;  /**< one line */
    const char *source; /**< the documents that it follows */
    const char *file;   /**< NULL: built in */
    pc_certificate_role role;
    pc_name subject; /**< count 0: the request's */
    pc_basic_constraints basic_constraints;
    unsigned key_usage;     /**< PC_KU_* */
    unsigned key_usage_rsa; /**< added for an RSA key: EC keys encipher nothing (RFC 8422 section 5.3) */
    pc_text_list ekus;      /**< dotted OIDs; empty: no such extension */
    bool eku_critical;
    unsigned alt_name_kinds; /**< 1u << PC_ALT_*, combined: those that are taken */
    pc_certificate_span validity;
    pc_certificate_places places;
    pc_policy_statements policies;
    pc_name_constraints name_constraints;
    bool ocsp_no_check; /**< RFC 6960 section 4.2.2.2.1 */
    bool has_digest;    /**< else the digest follows the CA's key */
    pc_digest digest;
    bool pss;
    unsigned taken; /**< PC_TAKE_* */
    pc_excess excess;
    struct pc_arena *arena; /**< owns every pointer above; NULL: built in */
} pc_certificate_profile;

/** The built-in profiles. */
const pc_certificate_profile *pc_certificate_profiles(size_t *ret_count);

/** "root", "issuing-ca", "tls-server", …: the name of the built-in profile of a role. Never NULL. */
const char *pc_certificate_role_name(pc_certificate_role role);

/**
 * The built-in profile of that name, without regard to case, or the one in that file.
 * @param ret_profile  owned by the caller, pc_certificate_profile_free
 * @return PC_OK; PC_E_USAGE (there is neither; the error lists the names); PC_E_INPUT (the file is not a valid profile;
 *         the error gives the line as far as it is known); any error of reading a file; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_profile_open(const char *name_or_file, pc_certificate_profile **ret_profile,
                                                    pc_error *err);

/**
 * A profile from the text of a file.
 * @param bytes  borrowed for the call
 * @param file   its name, for errors; copied
 * @return as above, without reading a file.
 */
PC_MUST_CHECK pc_status pc_certificate_profile_read(pc_bytes bytes, const char *file,
                                                    pc_certificate_profile **ret_profile, pc_error *err);

/** Frees everything. Accepts NULL. */
void pc_certificate_profile_free(pc_certificate_profile *profile);

#ifdef __cplusplus
}
#endif

#endif
