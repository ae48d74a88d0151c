/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_POLICY_H
#define P11CERT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>
#include <p11cert/fact.h>
#include <p11cert/inf.h>
#include <p11cert/probe.h>
#include <p11cert/request.h>

/**
 * Judging what was found against what SCOM wants. Evidence is gathered first, by somebody else;
 * here it is only judged. A rule without evidence says "not checked", never "pass".
 */

/** What an INF says; from pc_request. */
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

/** What a certificate or request says of itself; the same shape for both. */
typedef struct {
    bool present;
    const char *file;              /**< where it was read from */
    const char *subject;           /**< one line, for people */
    const char *const *common_names;
    size_t common_name_count;
    const char *const *dns_names;  /**< SAN dNSName, in order */
    size_t dns_name_count;
    const char *key_algorithm;     /**< "RSA", "EC", … */
    unsigned key_bits;
    const char *signature_digest;  /**< "sha256", …; NULL if none is named */
    bool has_eku;
    const char *const *ekus;       /**< dotted OIDs */
    size_t eku_count;
    bool has_key_usage;
    unsigned key_usage;            /**< PC_KU_* */
    bool key_usage_critical;
} pc_evidence_subject;

typedef enum {
    PC_CHAIN_NOT_GIVEN, /**< no root was given to judge by */
    PC_CHAIN_VALID,
    PC_CHAIN_INVALID,
} pc_chain_state;

/** What only an issued certificate has. */
typedef struct {
    const char *issuer;
    int64_t not_before_sec;        /**< seconds since 1970-01-01 UTC */
    int64_t not_after_sec;
    const uint8_t *serial;         /**< big-endian, without sign octet */
    size_t serial_len;
    bool self_signed;
    bool has_template;             /**< 1.3.6.1.4.1.311.20.2 or …21.7 */
    bool has_revocation_pointer;   /**< CRL distribution point or OCSP */
    pc_chain_state chain;
    const char *chain_detail;      /**< the chain in words, or why it does not hold */
} pc_evidence_certificate;

/** What the token says of the private key. Attribute values are the module's claim. */
typedef struct {
    bool token_searched;           /**< a token was opened and the key looked for */
    size_t found_count;            /**< private keys that match */
    const char *label;
    const char *token;             /**< token label */
    pc_fact sensitive;
    pc_fact extractable;
    pc_fact always_sensitive;
    pc_fact never_extractable;
    pc_fact local;
    pc_fact is_private;
    pc_fact wrap_with_trusted;
} pc_evidence_key;

typedef struct {
    int64_t now_sec;
    const char *fqdn;              /**< the server's name as given, or NULL */
    pc_evidence_inf inf;
    pc_evidence_subject subject;   /**< of the certificate if there is one, else of the request */
    bool subject_is_request;       /**< the above is a CSR's */
    pc_evidence_certificate certificate; /**< meaningful if subject.present && !subject_is_request */
    pc_evidence_key key;
    const pc_probe *probe;         /**< what was tried on throw-away keys; NULL: nothing */
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

/** A finding that is accepted, for a reason that every report prints. */
typedef struct {
    const char *rule;          /**< id: "EXP-3" */
    const char *reason;        /**< never empty */
    const char *until;         /**< "2027-06-30", the last day (UTC) on which it holds; NULL: no end */
} pc_waiver;

typedef enum {
    PC_WAIVER_NONE,
    PC_WAIVER_APPLIED,         /**< the rule does not hold, and that is accepted: verdict "waived" */
    PC_WAIVER_EXPIRED,         /**< its last day is past: the verdict is what it would be without */
    PC_WAIVER_UNNEEDED,        /**< the rule holds, or was not checked: nothing to accept */
} pc_waiver_state;

/** "none", "applied", "expired", "unneeded". */
const char *pc_waiver_state_name(pc_waiver_state state);

/** One judged rule: a row of a report. */
typedef struct {
    const char *id;            /**< stable: "EXP-3" */
    const char *title;
    pc_severity severity;      /**< how bad a failure is: error fails the check, warning and info do not */
    pc_verdict verdict;
    const char *requirement;   /**< the words and the place they come from */
    const char *evidence;      /**< what was looked at */
    const char *remedy;        /**< what to do, or NULL where there is nothing to do; may hold several lines */
    pc_waiver_state waiver;    /**< if not PC_WAIVER_NONE, the next three are set */
    pc_verdict without_waiver; /**< what the verdict is, or would be, without it */
    const char *waiver_reason;
    const char *waiver_until;  /**< NULL: no end */
} pc_rule_result;

/** A line of a report's head: what was judged. Safe to print. */
typedef struct {
    const char *name;          /**< "certificate", "key", "token", … */
    const char *value;
} pc_report_item;

typedef struct pc_report {
    const char *policy;        /**< name: "scom", or that in a profile's file */
    const char *policy_title;  /**< one line: what the profile stands for */
    const char *policy_file;   /**< NULL for a built-in profile */
    const char *judged_at;     /**< 2026-11-23T01:00:00Z */
    pc_report_item *items;
    size_t item_count;
    pc_rule_result *rules;
    size_t rule_count;
    size_t verdict_counts[PC_VERDICT_WAIVED + 1];
    struct pc_arena *arena;    /**< owns every pointer above */
} pc_report;

/**
 * How to judge. A profile is a choice of rules, each with how bad its failure is, whose words ask for it, and
 * numbers it goes by; built in ("scom", "scom-current", "hsm") or a file of the user's (docs/policy-rules.md).
 */
typedef struct {
    const char *policy;            /**< name of a built-in profile, or path of a profile's file */
    const pc_waiver *waivers;      /**< beside those in the profile's file, which they outrank */
    size_t waiver_count;
} pc_policy_order;

/**
 * Is that a profile, and are the waivers sound? Judges nothing.
 * @return PC_OK; PC_E_USAGE (no such profile, with the names there are; a waiver for a rule that the profile does not have, without
 *         reason, with a date that is none); PC_E_INPUT (the file is no profile, with its line); what reading a file can give.
 */
PC_MUST_CHECK pc_status pc_policy_check_order(const pc_policy_order *order, pc_error *err);

/**
 * Judge evidence by a profile.
 *
 * @param evidence    borrowed for the call; texts that the report needs are copied
 * @param ret_report  owned by the caller, pc_report_free; items are empty, the caller who gathered the evidence may set them
 * @return PC_OK, whatever the verdicts; as pc_policy_check_order; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_policy_judge(const pc_policy_order *order, const pc_evidence *evidence,
                                        pc_report **ret_report, pc_error *err);

/** A rule as one profile uses it. */
typedef struct {
    const char *policy;
    pc_severity severity;
    const char *requirement;
} pc_rule_use;

typedef struct {
    const char *id;
    const char *title;
    const pc_rule_use *uses;       /**< at least one */
    size_t use_count;
} pc_listed_rule;

typedef struct pc_rule_listing {
    pc_listed_rule *rules;
    size_t rule_count;
    struct pc_arena *arena;
} pc_rule_listing;

/**
 * Every rule there is, with its source in each profile.
 * @param policy  only those of this profile (name or file); NULL: of all built-in ones
 * @return PC_OK; as pc_policy_check_order; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_policy_list(const char *policy, pc_rule_listing **ret_listing, pc_error *err);
void pc_rule_listing_free(pc_rule_listing *listing);

/** Does the report hold a failed rule? Then `p11cert check` exits with 1. */
bool pc_report_failed(const pc_report *report);

/** Frees all. Accepts NULL. */
void pc_report_free(pc_report *report);

#endif
