/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_POLICY_H
#define P11CERT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/bytes.h>
#include <p11cert/error.h>
#include <p11cert/fact.h>
#include <p11cert/inf.h>
#include <p11cert/key.h>
#include <p11cert/probe.h>
#include <p11cert/certificate_profile.h>
#include <p11cert/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Checking evidence against a policy. Other code gathers the evidence first; here it is only evaluated. A rule without
 * evidence gives "not checked", never "pass".
 */

/** The contents of an INF; from pc_request. */
typedef struct {
    bool present;
    const char *file;
    pc_exportable_wish wish;
    bool has_key_spec;
    unsigned key_spec;
    pc_wish machine_key_set;
    const char *provider_name;
    bool has_provider_type;
    unsigned provider_type;
} pc_evidence_inf;

/** What an extension lists as allowed. */
typedef struct {
    bool stated;             /**< the extension is present; else nothing is restricted by it */
    const char *const *oids; /**< dotted */
    size_t count;
} pc_evidence_uses;

/** The contents of a certificate or request; the same structure for both. */
typedef struct {
    bool present;
    const char *file;    /**< where it was read from; for an object on a token, its label */
    const char *token;   /**< label of the token it was read from; NULL: a file */
    const char *subject; /**< one line, for people */
    const char *const *common_names;
    size_t common_name_count;
    const char *const *dns_names; /**< SAN dNSName, in order */
    size_t dns_name_count;
    const char *key_algorithm; /**< "RSA", "EC", … */
    unsigned key_bits;
    const char *signature_digest;   /**< "sha256", …; NULL if none is named */
    bool signature_needs_no_digest; /**< its algorithm signs the whole message: Ed25519, ML-DSA */
    bool has_eku;
    const char *const *ekus; /**< dotted OIDs */
    size_t eku_count;
    pc_evidence_uses application_policies; /**< 1.3.6.1.4.1.311.21.10, which Windows uses in place of the EKU */
    bool has_key_usage;
    unsigned key_usage; /**< PC_KU_* */
    bool key_usage_critical;
} pc_evidence_subject;

typedef enum {
    PC_CHAIN_NOT_GIVEN, /**< no root was given to verify against */
    PC_CHAIN_VALID,
    PC_CHAIN_INVALID,
} pc_chain_state;

/** Where a certificate says that its revocation can be checked. */
typedef enum {
    PC_REVOCATION_NOWHERE,   /**< no CRL distribution point and no OCSP responder */
    PC_REVOCATION_DIRECTORY, /**< none that HTTP reaches: LDAP, or a file share */
    PC_REVOCATION_WEB,       /**< at least one is an http or https URL */
} pc_revocation_reach;

/** A certificate above the one that is checked. */
typedef struct {
    const char *subject;
    int64_t not_before_sec; /**< as in pc_evidence_certificate */
    int64_t not_after_sec;
    bool self_signed;
    pc_evidence_uses eku;
    pc_evidence_uses application_policies;
    pc_revocation_reach revocation;
} pc_evidence_issuer;

/** Properties that only an issued certificate has. */
typedef struct {
    const char *issuer;
    int64_t not_before_sec; /**< seconds since 1970-01-01 UTC */
    int64_t not_after_sec;
    pc_bytes serial;         /**< big-endian, without sign octet */
    bool serial_is_negative; /**< the serial is then the magnitude */
    bool self_signed;
    bool is_authority; /**< basic constraints mark it as a CA certificate */
    bool has_template; /**< 1.3.6.1.4.1.311.20.2 or …21.7 */
    pc_revocation_reach revocation;
    pc_chain_state chain;
    const char *chain_detail;          /**< description of the chain, or why it is invalid */
    const pc_evidence_issuer *issuers; /**< those that were given, from the direct issuer up */
    size_t issuer_count;
} pc_evidence_certificate;

/** What the token reports about the private key. Attribute values are the module's claims. */
typedef struct {
    bool token_searched; /**< a token was opened and searched for the key */
    bool logged_in;      /**< there was a login: what the token did not show then, no PIN makes it show */
    size_t found_count;  /**< private keys that match; the following fields describe the first */
    const char *label;
    const char *token;     /**< token label */
    const char *algorithm; /**< as in pc_evidence_subject; NULL if unknown */
    unsigned bits;         /**< for RSA the modulus, for EC the field; 0: not shown */
    uint64_t exponent;     /**< public exponent of RSA; UINT64_MAX: that or more; 0: not shown */
    pc_fact flags[PC_KEY_FLAG_COUNT];
} pc_evidence_key;

/** CKA_START_DATE or CKA_END_DATE. */
typedef struct {
    pc_fact set;     /**< unknown: the module does not show it, or it is not a date */
    int64_t day_sec; /**< the day's first second, if set */
} pc_evidence_date;

/** Limits on the use of the key. Like everything below, read only if a rule of the profile needs it. */
typedef struct {
    bool read;
    pc_evidence_date start;
    pc_evidence_date end;
    pc_fact mechanisms_stated;       /**< CKA_ALLOWED_MECHANISMS is present and not empty */
    const unsigned long *mechanisms; /**< CKM_* */
    size_t mechanism_count;
    pc_fact unwrap_template; /**< CKA_UNWRAP_TEMPLATE; read only if the key may unwrap */
} pc_evidence_limits;

/** How many private keys have the CKA_ID of the key, including the key itself. */
typedef struct {
    bool read;
    bool has_id; /**< else the count is 0 */
    size_t count;
} pc_evidence_same_id;

typedef enum {
    PC_HALF_MISSING, /**< no public key object has the CKA_ID */
    PC_HALF_SAME,
    PC_HALF_OTHER,   /**< a public key of the same CKA_ID has another value */
    PC_HALF_SEVERAL, /**< more than one has the CKA_ID */
    PC_HALF_UNCLEAR, /**< one of the two does not show its value, or the key has no CKA_ID */
} pc_half_match;

/** The public key object that belongs to the private key. */
typedef struct {
    bool read;
    pc_half_match half;
    pc_fact encrypt; /**< CKA_ENCRYPT; for PC_HALF_SAME and PC_HALF_OTHER */
    pc_fact wrap;
} pc_evidence_public;

/** CKA_CERTIFICATE_CATEGORY (PKCS#11 v2.40 section 4.6.3). */
typedef enum {
    PC_CATEGORY_UNSPECIFIED,
    PC_CATEGORY_TOKEN_USER,
    PC_CATEGORY_AUTHORITY,
    PC_CATEGORY_OTHER_ENTITY,
} pc_certificate_category;

/** A certificate object that has the key's CKA_ID, or that is the certificate being checked. */
typedef struct {
    const char *label;
    bool same_id;
    pc_fact same_key; /**< unknown: certificate or key is unreadable */
    bool is_authority;
    pc_fact trusted;
    pc_certificate_category category;
} pc_evidence_token_certificate;

typedef struct {
    bool read;
    const pc_evidence_token_certificate *items;
    size_t count;
} pc_evidence_certificates;

/** A key on the token that may export other keys (CKA_WRAP), or import keys and encrypt (CKA_UNWRAP, CKA_ENCRYPT). */
typedef struct {
    const char *label;
    pc_fact wrap;
    pc_fact unwrap;
    pc_fact encrypt;
    pc_fact decrypt;
    pc_fact trusted;
    pc_fact wrap_template; /**< CKA_WRAP_TEMPLATE is present and not empty */
} pc_evidence_wrapper;

typedef struct {
    bool read;
    const pc_evidence_wrapper *items;
    size_t count;
    bool more;                 /**< more exist than were read */
    pc_fact user_sets_trusted; /**< the user can set CKA_TRUSTED: only a probe shows this */
} pc_evidence_wrappers;

/** CK_TOKEN_INFO (PKCS#11 v2.40 section 3.2). */
typedef struct {
    bool read;
    const char *label;
    bool login_required;
    bool user_pin_set;
    bool user_pin_to_be_changed;
    bool so_pin_to_be_changed;
} pc_evidence_token;

typedef struct {
    unsigned long mechanism; /**< CKM_* */
    unsigned long flags;     /**< CKF_* of CK_MECHANISM_INFO; 0 if the module does not report them */
} pc_evidence_mechanism;

/** The token's mechanisms that the policy classifies as weak (src/policy/weak_mechanisms.h). */
typedef struct {
    bool read;
    const pc_evidence_mechanism *items;
    size_t count;
} pc_evidence_mechanisms;

/**
 * How the parts of a PFX are protected, classified by Windows import support; bits, combined over key, certificates and
 * MAC.
 */
typedef enum {
    PC_PFX_TRIPLE_DES_SHA1 = 0x1, /**< every Windows imports it */
    PC_PFX_AES256_SHA256 = 0x2,   /**< Windows 10 1709, Server 2019 and later */
    PC_PFX_OLD_CERTIFICATES =
        0x4,            /**< certificates in RC2 with SHA-1, as old Windows versions wrote them; never the key */
    PC_PFX_OTHER = 0x8, /**< Windows is not known to import it */
} pc_pfx_suite;

/** A PFX (RFC 7292) for the Windows host: how Windows will read it. Its certificate is the subject. */
typedef struct {
    bool present;
    const char *file;
    bool has_key;
    bool key_is_certificates;  /**< one of its certificates belongs to the key */
    const char *key_algorithm; /**< as in pc_evidence_subject; NULL: no key */
    bool key_encrypted;
    const char *provider; /**< the CSP that the file requests (1.3.6.1.4.1.311.17.1); NULL: none */
    bool has_key_usage;   /**< 2.5.29.15 among the key's attributes, from which Windows derives the KeySpec */
    unsigned key_usage;   /**< its first octet: PC_KU_* */
    bool machine_keyset;  /**< 1.3.6.1.4.1.311.17.2 */
    bool has_mac;
    unsigned suites;        /**< PC_PFX_*, combined; 0: nothing is encrypted, and there is no MAC */
    const char *protection; /**< description */
    size_t issuer_count;    /**< certificates other than the key's own */
    bool has_root;          /**< one of those is self-signed */
    bool self_signed;       /**< the key's own certificate is self-signed */
} pc_evidence_pfx;

/**
 * A certificate that is about to be issued, compared with its issuer (its own certificate if it is self-signed): for
 * the rules of the profile "ca", which a CA checks before it signs. Bounded by RFC 5280 section 4.
 */
typedef struct {
    bool read;
    bool has_role; /**< it is issued by a certificate profile */
    pc_certificate_role role;
    unsigned version;      /**< 3 for version 3 */
    const char *bad_text;  /**< a subject attribute that is neither PrintableString, UTF8String nor IA5String where that
                                is prescribed; NULL: none */
    bool is_der;           /**< encoded again, it is the same bytes */
    bool times_in_form;    /**< UTCTime to the end of 2049, then GeneralizedTime (section 4.1.2.5) */
    bool within_issuer;    /**< its validity is not outside the issuer's */
    bool issuer_name_same; /**< its issuer has the very bytes of the issuer's subject */
    bool has_key_id;       /**< subject key identifier */
    bool key_id_chains;    /**< authority key identifier is the issuer's subject key identifier, or neither is there */
    bool has_constraints;  /**< basic constraints */
    bool constraints_critical;
    bool has_path_length;
    unsigned path_length;
    int issuer_path_length; /**< -1: unlimited */
    bool subject_empty;
    bool names_critical; /**< the subject alternative name */
    bool has_names;
    const char *name_not_listed; /**< the first common name, if it is not among the alternative names; else NULL */
    const char *bad_url;         /**< a URL that is not http, https, ldap or ldaps; NULL: none */
    int security_bits;           /**< of the key (NIST SP 800-57 part 1) */
    const char *weak_key;        /**< why no CA may certify the key, with the source; NULL: nothing was found */
    const char *weak_issuer;     /**< the same for the issuer's key */
} pc_evidence_issuance;

/** A CRL that is about to be signed (RFC 5280 section 5). Times are seconds since 1970-01-01 UTC. */
typedef struct {
    bool read;
    bool is_version_2;
    bool has_issuer;       /**< its issuer has a name */
    bool issuer_name_same; /**< it is, byte for byte, the subject of the CA's certificate */
    bool issuer_may_sign;  /**< the CA's certificate allows cRLSign */
    const char *digest;    /**< of the signature: "SHA256"; NULL: the algorithm names none */
    bool this_in_form;     /**< thisUpdate can be read, and has the form for its year */
    int64_t this_update_sec;
    int64_t previous_sec; /**< thisUpdate of the previous CRL; 0: there is none */
    bool has_next;
    bool next_in_form; /**< nextUpdate, as thisUpdate */
    int64_t next_update_sec;
    bool has_number;      /**< exactly one CRL number that can be read */
    bool number_in_form;  /**< not critical, not negative, at most 20 octets */
    bool number_grows;    /**< it is above that of the previous CRL, or there is none */
    bool key_id_in_form;  /**< exactly one authority key identifier, not critical; or none of a CA without identifier */
    bool key_id_chains;   /**< it is the CA's subject key identifier, if that has one */
    bool point_in_form;   /**< no issuing distribution point, or one that is critical */
    bool is_delta;        /**< it is marked as a delta CRL */
    bool dates_in_form;   /**< of all revocations */
    bool reasons_in_form; /**< each revocation has at most one reason, not critical and not "unspecified" */
    bool reasons_fit;     /**< and one that a complete CRL may have */
    bool serials_ascend;  /**< no serial number is listed twice or out of order */
} pc_evidence_crl;

/** A certificate template that a CA offers (templates.h), and whether the key fits it. */
typedef struct {
    bool read;
    const char *name;
    bool named_only;          /**< the CA gives its name only, and what follows is not known */
    const char *refused;      /**< why no key on a token can satisfy it; NULL: one can */
    const char *warned;       /**< what may differ from what is expected; NULL: nothing */
    const char *key_required; /**< "RSA, at least 2048 bits" */
    const char *key;          /**< the key of the token, or else of the subject, in words; NULL: not known */
    pc_fact takes_key;        /**< the template takes that key; unknown: its type or length is */
    bool permits_export;
} pc_evidence_template;

typedef struct {
    int64_t now_sec;
    const char *fqdn; /**< the server's name as given, or NULL */
    pc_evidence_inf inf;
    pc_evidence_pfx pfx;                 /**< for the Windows host; takes precedence over the INF about the key there */
    pc_evidence_subject subject;         /**< the certificate's if there is one, else the request's */
    bool subject_is_request;             /**< the subject is a CSR's */
    pc_evidence_certificate certificate; /**< meaningful if subject.present && !subject_is_request */
    pc_evidence_key key;
    const pc_probe *probe; /**< attempts on temporary keys; NULL: none */
    pc_evidence_limits limits;
    pc_evidence_same_id same_id;
    pc_evidence_public public_object;
    pc_evidence_certificates certificates;
    pc_evidence_wrappers wrappers;
    pc_evidence_token token;
    pc_evidence_mechanisms mechanisms;
    pc_evidence_issuance issuance;
    pc_evidence_crl crl;
    pc_evidence_template ca_template;
} pc_evidence;

typedef enum {
    PC_VERDICT_PASS,
    PC_VERDICT_FAIL,
    PC_VERDICT_WARNING,
    PC_VERDICT_NOT_CHECKED,
    PC_VERDICT_WAIVED,
} pc_verdict;

/** "pass", "fail", "warning", "not-checked", "waived". */
const char *pc_verdict_name(pc_verdict verdict);

/** An accepted finding, with a reason that every report prints. */
typedef struct {
    const char *rule;   /**< id: "EXP-3" */
    const char *reason; /**< never empty */
    const char *until;  /**< "2027-06-30", the last day (UTC) on which it holds; NULL: no end */
} pc_waiver;

typedef enum {
    PC_WAIVER_NONE,
    PC_WAIVER_APPLIED,  /**< the rule failed, or was not checked with PC_FAIL_ON_NOT_CHECKED, and that is accepted:
                           verdict "waived" */
    PC_WAIVER_EXPIRED,  /**< its last day has passed: the verdict is the same as without it */
    PC_WAIVER_UNNEEDED, /**< the rule passed, or was not checked and need not be: nothing to accept */
} pc_waiver_state;

/** "none", "applied", "expired", "unneeded". */
const char *pc_waiver_state_name(pc_waiver_state state);

/** The result of one rule: a row of a report. */
typedef struct {
    const char *id; /**< stable: "EXP-3" */
    const char *title;
    pc_severity severity; /**< severity of a failure: error fails the check, warning and info do not */
    pc_verdict verdict;
    const char *requirement;   /**< the requirement's text and its source */
    const char *evidence;      /**< what was examined */
    const char *remedy;        /**< what to do, or NULL if there is nothing to do; may have several lines */
    pc_waiver_state waiver;    /**< if not PC_WAIVER_NONE, the next three are set */
    pc_verdict without_waiver; /**< the verdict without the waiver */
    const char *waiver_reason;
    const char *waiver_until; /**< NULL: no end */
} pc_rule_result;

/** A line of a report's header: what was checked. Safe to print. */
typedef struct {
    const char *name; /**< "certificate", "key", "token", … */
    const char *value;
} pc_report_item;

/** A certificate of the chain that was judged. */
typedef struct {
    const char *subject;    /**< safe to print */
    int64_t not_before_sec; /**< seconds since 1970-01-01 UTC */
    int64_t not_after_sec;
    bool self_signed;
} pc_report_link;

/** Which verdicts fail a report. Each includes those before it. */
typedef enum {
    PC_FAIL_ON_FAIL,
    PC_FAIL_ON_WARNING,
    PC_FAIL_ON_NOT_CHECKED,
} pc_fail_on;

typedef struct pc_report {
    const char *name;   /**< what was checked: "server.cer, serial 1f00"; NULL if that is not known. Safe to print */
    pc_fail_on fail_on; /**< from the order */
    const char *policy; /**< name: "scom", or the name in a profile's file */
    const char *policy_title; /**< one line: the purpose of the profile */
    const char *policy_file;  /**< NULL for a built-in profile */
    const char *judged_at;    /**< 2026-11-23T01:00:00Z */
    int64_t judged_sec;       /**< the same, in seconds since 1970-01-01 UTC */
    pc_report_item *items;
    size_t item_count;
    pc_report_link *chain; /**< the certificate, then its issuers as far as they were given; none for a request */
    size_t chain_count;
    pc_chain_state chain_state;
    bool lacks_certificate; /**< a key was checked alone, no certificate of it could be read, and the profile has rules
                               about one */
    pc_rule_result *rules;
    size_t rule_count;
    size_t verdict_counts[PC_VERDICT_WAIVED + 1];
    struct pc_arena *arena; /**< owns every pointer above */
} pc_report;

/**
 * What to check. A profile is a set of rules, each with a severity, the source of the requirement, and its parameters;
 * built in ("scom", "scom-current", "hsm") or the user's file (docs/policy-rules.md).
 */
typedef struct {
    const char *policy;       /**< name of a built-in profile, or path of a profile file; NULL: "scom" */
    const pc_waiver *waivers; /**< in addition to those in the profile's file, over which they take precedence */
    size_t waiver_count;
    pc_fail_on fail_on; /**< default: only failed rules fail the report */
} pc_policy_order;

/**
 * Validate the profile and the waivers, without checking any evidence.
 * @return PC_OK; PC_E_USAGE (no such profile, the error lists the valid names; a waiver for a rule that is not in the
 *         profile, without a reason, or with an invalid date); PC_E_INPUT (the file is not a valid profile; the error
 *         gives the line); any error of reading a file.
 */
PC_MUST_CHECK pc_status pc_policy_check_order(const pc_policy_order *order, pc_error *err);

/**
 * Check evidence against a profile.
 *
 * @param evidence    borrowed for the call; texts that the report needs are copied
 * @param ret_report  owned by the caller, pc_report_free; items are empty; the caller that gathered the evidence may
 *     set them
 * @return PC_OK, whatever the verdicts; as pc_policy_check_order; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_policy_judge(const pc_policy_order *order, const pc_evidence *evidence,
                                        pc_report **ret_report, pc_error *err);

/** How one profile uses a rule. */
typedef struct {
    const char *policy;
    pc_severity severity;
    const char *requirement;
} pc_rule_use;

typedef struct {
    const char *id;
    const char *title;
    const pc_rule_use *uses; /**< at least one */
    size_t use_count;
} pc_listed_rule;

typedef struct pc_rule_listing {
    pc_listed_rule *rules;
    size_t rule_count;
    struct pc_arena *arena;
} pc_rule_listing;

/**
 * All rules, with their source in each profile.
 * @param policy  only the rules of this profile (name or file); NULL: of all built-in profiles
 * @return PC_OK; as pc_policy_check_order; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_policy_list(const char *policy, pc_rule_listing **ret_listing, pc_error *err);
void pc_rule_listing_free(pc_rule_listing *listing);

/** Whether a rule with this verdict fails the report. */
bool pc_report_fails_by(const pc_report *report, pc_verdict verdict);

/** Whether there was no evidence for any rule. Such a report says nothing, and must not count as passed, not even if
 * all of that is waived. */
bool pc_report_judged_nothing(const pc_report *report);

/** Whether a rule fails the report, nothing was checked, or a key lacks the certificate that rules are about. `p11cert
 * check` then exits with 1. */
bool pc_report_failed(const pc_report *report);

/** Frees everything. Accepts NULL. */ void pc_report_free(pc_report *report);

#ifdef __cplusplus
}
#endif

#endif
