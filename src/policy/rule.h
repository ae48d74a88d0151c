/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_RULE_H
#define PC_POLICY_RULE_H

#include <p11cert/policy.h>

#include "base/arena.h"

/** What a rule must have before it can be evaluated; bits that may be combined. */
enum {
    PC_NEEDS_NOTHING = 0x00,
    PC_NEEDS_INF = 0x01,
    PC_NEEDS_SUBJECT = 0x02, /**< a certificate or a request */
    PC_NEEDS_CERTIFICATE = 0x04,
    PC_NEEDS_FQDN = 0x08,
    PC_NEEDS_SEARCH = 0x10,  /**< a token was searched for the key */
    PC_NEEDS_ONE_KEY = 0x20, /**< and exactly one was found */
    PC_NEEDS_KEY = PC_NEEDS_SEARCH | PC_NEEDS_ONE_KEY,

    /* Evidence that costs calls to the token; it is read only for profiles with rules that need it. */
    PC_NEEDS_LIMITS = 0x040,
    PC_NEEDS_SAME_ID = 0x080,
    PC_NEEDS_PUBLIC = 0x100,
    PC_NEEDS_CERTIFICATES = 0x200,
    PC_NEEDS_WRAPPERS = 0x400,
    PC_NEEDS_TOKEN = 0x800,
    PC_NEEDS_MECHANISMS = 0x1000,

    PC_NEEDS_PROBE = 0x2000, /**< what the flags forbid was tried on temporary keys, which has to be asked for */
    PC_NEEDS_PFX = 0x4000,
    PC_NEEDS_ISSUANCE = 0x10000,  /**< a certificate is about to be issued */
    PC_NEEDS_CRL = 0x20000,       /**< a CRL is about to be issued */
    PC_NEEDS_TEMPLATE = 0x40000,  /**< a certificate template of the CA was read */
    PC_NEEDS_INF_OR_PFX = 0x8000, /**< how the key will be stored on the host */
};

/** Numbers and names that a rule uses. A profile may set those that the rule accepts. */
typedef struct {
    unsigned minimum_rsa_bits;
    unsigned minimum_ec_bits;
    unsigned minimum_exponent;
    unsigned expiry_days;       /**< EXPIRY: so many days must be left */
    unsigned maximum_days;      /**< DATES: so long may a certificate be valid; 0: any time */
    const char *const *allowed; /**< key algorithms; count 0: any */
    size_t allowed_count;
    const char *const *forbidden;
    size_t forbidden_count;
} pc_rule_parameters;

/** Which of them; bits that may be joined. */
enum {
    PC_TAKES_NOTHING = 0x00,
    PC_TAKES_RSA_BITS = 0x01,
    PC_TAKES_EC_BITS = 0x02,
    PC_TAKES_EXPONENT = 0x04,
    PC_TAKES_EXPIRY_DAYS = 0x08,
    PC_TAKES_MAXIMUM_DAYS = 0x10,
    PC_TAKES_ALGORITHMS = 0x20,
};

/**
 * One rule before one body of evidence. The only possible failure of an evaluation is lack of memory; it is recorded
 * here and checked once, so that a `judge` function needs no error handling.
 */
typedef struct {
    const pc_evidence *evidence;
    const struct pc_rule *rule;
    const pc_rule_parameters *parameters; /**< never NULL */
    pc_arena *arena;
    pc_rule_result *result;
    bool out_of_memory;
} pc_rule_case;

/** What can be evaluated. The profile decides the severity of a failure, and whose requirement it is. */
typedef struct pc_rule {
    const char *id;
    const char *title; /**< may hold {rsa-bits}, {expiry-days}, {algorithms}: the parameters in force */
    unsigned needs;    /**< PC_NEEDS_*; if one is not there, judge is not called */
    void (*judge)(pc_rule_case *rule_case);
    const void *data; /**< for a judge that serves several rules */
    unsigned takes;   /**< PC_TAKES_* */
    unsigned gladly;  /**< PC_NEEDS_* that help, though it can be judged without */
} pc_rule;

extern const pc_rule_parameters pc_rule_defaults;

typedef struct {
    const pc_rule *rules;
    size_t count;
} pc_rule_table;

extern const pc_rule_table pc_rules_subject;
extern const pc_rule_table pc_rules_key;
extern const pc_rule_table pc_rules_usage;
extern const pc_rule_table pc_rules_time_chain;
extern const pc_rule_table pc_rules_windows;
extern const pc_rule_table pc_rules_pfx;
extern const pc_rule_table pc_rules_exportable;
extern const pc_rule_table pc_rules_probe;
extern const pc_rule_table pc_rules_token;
extern const pc_rule_table pc_rules_pair;
extern const pc_rule_table pc_rules_attributes;
extern const pc_rule_table pc_rules_wrapping;
extern const pc_rule_table pc_rules_template;
extern const pc_rule_table pc_rules_ca;
extern const pc_rule_table pc_rules_crl;

/**
 * Write verdict and evidence. PC_VERDICT_FAIL means "does not hold": for a rule that is not of
 * severity error it becomes a warning. The evidence is one line and is escaped as a whole, so
 * names from files and tokens may be given as they are.
 */
void pc_rule_say(pc_rule_case *rule_case, pc_verdict verdict, const char *format, ...) PC_PRINTF(3, 4);

/** Write the remedy. It may hold several lines, so texts from outside must pass pc_rule_safe or pc_rule_word. */
void pc_rule_remedy(pc_rule_case *rule_case, const char *format, ...) PC_PRINTF(2, 3);

/** Check that all of `needs` (PC_NEEDS_*) exist. If not, the result says "not checked" and what to give. */
bool pc_rule_has(pc_rule_case *rule_case, unsigned needs);

/** A formatted text in the case's arena; "" when out of memory. */
const char *pc_rule_text(pc_rule_case *rule_case, const char *format, ...) PC_PRINTF(2, 3);

/** A text from outside, escaped; "" when out of memory. NULL gives "". */
const char *pc_rule_safe(pc_rule_case *rule_case, const char *text);

/** The text if it can stand unquoted in a command line on any shell, else the placeholder. */
const char *pc_rule_word(const char *text, const char *placeholder);

/** Seconds since 1970 as "2026-01-31T12:00:00Z". */
const char *pc_rule_date(pc_rule_case *rule_case, int64_t time_sec);

/** Up to four quoted names and how many more there are: "\"a\", \"b\" and 3 more". */
const char *pc_rule_names(pc_rule_case *rule_case, const char *const *names, size_t count);

/** Where subject evidence was read, to begin a sentence: "Certificate \"server.cer\"". */
const char *pc_rule_source(pc_rule_case *rule_case);

/** Where INF evidence was read, to begin a sentence: "INF file \"server.inf\"". */
const char *pc_rule_inf(pc_rule_case *rule_case);

/** The PFX, to begin a sentence: "PFX \"server.pfx\"". */
const char *pc_rule_pfx(pc_rule_case *rule_case);

/** "unknown", "false", "true". */
const char *pc_rule_fact(pc_fact value);

/** The title with its parameters; "" when out of memory. */
const char *pc_rule_title(pc_rule_case *rule_case);

/** "RSA or EC", "not DSA", "any": what the parameters say of key algorithms. */
const char *pc_rule_algorithms(pc_rule_case *rule_case);

/** The key that was found, to begin a sentence: "Key \"server\" on token \"hsm\"". */
const char *pc_rule_key_name(pc_rule_case *rule_case);

/** After a sentence about what the token did not show: what a login could change; "" if there was one. */
const char *pc_rule_login_hint(const pc_rule_case *rule_case);

/** The remedy for a key that cannot reach the SCOM host: the remaining options. */
void pc_rule_key_options(pc_rule_case *rule_case);

/** The remedy for a key that can be copied: move once, lock, destroy. */
void pc_rule_lock_up(pc_rule_case *rule_case);

#endif
