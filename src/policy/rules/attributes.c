/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"
#include "policy/weak_mechanisms.h"

/** A flag that must read one way, whatever else the key is. */
typedef struct {
    pc_key_flag flag;
    pc_fact wanted;
    const char *why; /* what follows if it reads otherwise */
    const char *remedy;
} flag_rule;

#define NEW_KEY \
    "No module allows this to be reversed. Make a new key with p11cert new FILE --label NEW-LABEL, have " \
    "its request issued, and retire this one."

static const char *const attribute_names[PC_KEY_FLAG_COUNT] = {
    [PC_KEY_TOKEN] = "CKA_TOKEN",
    [PC_KEY_PRIVATE] = "CKA_PRIVATE",
    [PC_KEY_SENSITIVE] = "CKA_SENSITIVE",
    [PC_KEY_EXTRACTABLE] = "CKA_EXTRACTABLE",
    [PC_KEY_ALWAYS_SENSITIVE] = "CKA_ALWAYS_SENSITIVE",
    [PC_KEY_NEVER_EXTRACTABLE] = "CKA_NEVER_EXTRACTABLE",
    [PC_KEY_LOCAL] = "CKA_LOCAL",
    [PC_KEY_MODIFIABLE] = "CKA_MODIFIABLE",
    [PC_KEY_COPYABLE] = "CKA_COPYABLE",
    [PC_KEY_DESTROYABLE] = "CKA_DESTROYABLE",
    [PC_KEY_WRAP_WITH_TRUSTED] = "CKA_WRAP_WITH_TRUSTED",
    [PC_KEY_ALWAYS_AUTHENTICATE] = "CKA_ALWAYS_AUTHENTICATE",
    [PC_KEY_SIGN] = "CKA_SIGN",
    [PC_KEY_SIGN_RECOVER] = "CKA_SIGN_RECOVER",
    [PC_KEY_DECRYPT] = "CKA_DECRYPT",
    [PC_KEY_UNWRAP] = "CKA_UNWRAP",
    [PC_KEY_DERIVE] = "CKA_DERIVE",
};

static const flag_rule keep_token = { PC_KEY_TOKEN, PC_FACT_TRUE,
                                      "It is a session object, which disappears when its session ends", NEW_KEY };
static const flag_rule keep_private = { PC_KEY_PRIVATE, PC_FACT_TRUE, "It can be seen and used without a login",
                                        NEW_KEY };
static const flag_rule keep_sensitive = { PC_KEY_SENSITIVE, PC_FACT_TRUE,
                                          "Anyone who logs in can read the key in the clear", NEW_KEY };
static const flag_rule keep_in = {
    PC_KEY_EXTRACTABLE, PC_FACT_FALSE, "It can be wrapped and taken off the token",
    "If it must move, move it once and lock it afterwards (see EXP-6 of --policy scom); CKA_EXTRACTABLE can be set to "
    "false, but copies that left the token remain. Otherwise make a new key with p11cert new FILE --label NEW-LABEL."
};
static const flag_rule always_sensitive = { PC_KEY_ALWAYS_SENSITIVE, PC_FACT_TRUE,
                                            "It was once readable in the clear, or was imported: a copy may exist",
                                            NEW_KEY };
static const flag_rule never_extractable = { PC_KEY_NEVER_EXTRACTABLE, PC_FACT_TRUE,
                                             "It was once extractable, or was imported: a copy may exist", NEW_KEY };
static const flag_rule made_here = {
    PC_KEY_LOCAL, PC_FACT_TRUE,
    "It was not made on this token, so somebody had it before (some modules, such as NSS, report this for every key)",
    "Find out where it was made and who had it then. If nobody can say: " NEW_KEY
};
static const flag_rule not_modifiable = {
    PC_KEY_MODIFIABLE, PC_FACT_FALSE, "Uses can be added later, for example CKA_UNWRAP or CKA_DECRYPT",
    "p11cert new makes keys that are not modifiable. Some modules store the flag and do not enforce it: p11cert check "
    "--probe tries it."
};
static const flag_rule not_copyable = {
    PC_KEY_COPYABLE, PC_FACT_FALSE, "It can be copied with other attributes (C_CopyObject)",
    "p11cert new makes keys that are not copyable, if the module accepts the flag. CKA_COPYABLE can be set to false, "
    "but never back to true (PKCS#11 v2.40 section 4.4)."
};

static const char *fact_of(pc_rule_case *rule_case, pc_key_flag flag)
{
    return pc_rule_text(rule_case, "%s %s", attribute_names[flag], pc_rule_fact(rule_case->evidence->key.flags[flag]));
}

/* An attribute that the module does not report cannot be proved: unknown is never taken for well. */
static void say_not_reported(pc_rule_case *rule_case, const char *facts)
{
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: %s. The module does not report it, so nothing is proved.%s",
                pc_rule_key_name(rule_case), facts, pc_rule_login_hint(rule_case));
    pc_rule_remedy(rule_case,
                   "See p11cert-token-families(7) for what the module is known to do; p11cert check --probe tries on a "
                   "temporary key what this one cannot show.");
}

static void judge_flag(pc_rule_case *rule_case)
{
    const flag_rule *rule = rule_case->rule->data;
    pc_fact is = rule_case->evidence->key.flags[rule->flag];

    if (is == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, fact_of(rule_case, rule->flag));
    } else if (is == rule->wanted) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_key_name(rule_case), fact_of(rule_case, rule->flag));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: %s. %s.", pc_rule_key_name(rule_case),
                    fact_of(rule_case, rule->flag), rule->why);
        pc_rule_remedy(rule_case, "%s", rule->remedy);
    }
}

/* The uses that the certificate or request asks for, or 0. */
static unsigned asked_usage(const pc_evidence *evidence)
{
    return evidence->subject.present && evidence->subject.has_key_usage ? evidence->subject.key_usage : 0;
}

static bool is_rsa(const pc_evidence_key *key)
{
    return key->algorithm && pc_text_equal(key->algorithm, "RSA");
}

static const char see_usage[] = " Run the check again with the certificate or request of this key: if its key usage "
                                "includes encipherment, decryption is only a warning.";

/* Signing what looks like a signature's input decrypts it, and the reverse. */
static void judge_sign_decrypt(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    const pc_fact *flags = key->flags;
    bool signs = flags[PC_KEY_SIGN] == PC_FACT_TRUE || flags[PC_KEY_SIGN_RECOVER] == PC_FACT_TRUE;
    bool asked = (asked_usage(rule_case->evidence) & (PC_KU_KEY_ENCIPHERMENT | PC_KU_DATA_ENCIPHERMENT)) != 0;
    const char *facts = pc_rule_text(rule_case, "%s, %s, %s, %s", fact_of(rule_case, PC_KEY_SIGN),
                                     fact_of(rule_case, PC_KEY_SIGN_RECOVER), fact_of(rule_case, PC_KEY_DECRYPT),
                                     fact_of(rule_case, PC_KEY_UNWRAP));

    if (key->algorithm && !is_rsa(key)) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: the key is %s, which does not decrypt.",
                    pc_rule_key_name(rule_case), key->algorithm);
    } else if (signs && flags[PC_KEY_DECRYPT] == PC_FACT_TRUE && asked && flags[PC_KEY_UNWRAP] != PC_FACT_TRUE) {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: %s. The key usage of its own certificate or request asks for both "
                    "signing and encipherment, so the key must do "
                    "both.",
                    pc_rule_key_name(rule_case), facts);
        pc_rule_remedy(
            rule_case,
            "Nothing on the token. If only TLS 1.3 or ECDHE is used, the server only signs: a certificate with only "
            "digitalSignature, and a key that only signs, are enough (but SCOM requires keyEncipherment: rule KU).");
    } else if (signs && (flags[PC_KEY_DECRYPT] == PC_FACT_TRUE || flags[PC_KEY_UNWRAP] == PC_FACT_TRUE)) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %s. One RSA key both signs and decrypts or unwraps: one use can be abused for the other.",
                    pc_rule_key_name(rule_case), facts);
        pc_rule_remedy(rule_case,
                       "Make a key for each use. p11cert new lets a key decrypt only if the request's key usage asks "
                       "for it, and never lets it unwrap.%s",
                       rule_case->evidence->subject.present ? "" : see_usage);
    } else if (flags[PC_KEY_DECRYPT] == PC_FACT_UNKNOWN || flags[PC_KEY_UNWRAP] == PC_FACT_UNKNOWN ||
               flags[PC_KEY_SIGN] == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, facts);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_key_name(rule_case), facts);
    }
}

static void judge_derive(pc_rule_case *rule_case)
{
    const pc_fact *flags = rule_case->evidence->key.flags;
    const char *facts =
        pc_rule_text(rule_case, "%s, %s", fact_of(rule_case, PC_KEY_SIGN), fact_of(rule_case, PC_KEY_DERIVE));
    bool asked = (asked_usage(rule_case->evidence) & PC_KU_KEY_AGREEMENT) != 0;

    if (flags[PC_KEY_DERIVE] == PC_FACT_FALSE || flags[PC_KEY_SIGN] == PC_FACT_FALSE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_key_name(rule_case), facts);
    } else if (flags[PC_KEY_DERIVE] == PC_FACT_UNKNOWN || flags[PC_KEY_SIGN] == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, facts);
    } else {
        pc_rule_say(rule_case, asked ? PC_VERDICT_WARNING : PC_VERDICT_FAIL,
                    "%s: %s.%s Keys with a known relation to a signing key can be derived from it.",
                    pc_rule_key_name(rule_case), facts,
                    asked ? " The key usage of its own certificate or request asks for keyAgreement." : "");
        pc_rule_remedy(rule_case, "Use a separate signing key. p11cert new sets CKA_DERIVE only if the request's key "
                                  "usage asks for keyAgreement.");
    }
}

static pc_fact is_authority_key(const pc_evidence *evidence)
{
    bool is_known = evidence->subject.present;
    bool is = (is_known && !evidence->subject_is_request && evidence->certificate.is_authority) ||
              (asked_usage(evidence) & PC_KU_KEY_CERT_SIGN) != 0;

    bool is_unreadable = false;

    for (size_t i = 0; i < evidence->certificates.count; i++) {
        const pc_evidence_token_certificate *certificate = &evidence->certificates.items[i];

        is_known = true;
        is_unreadable = is_unreadable || certificate->same_key == PC_FACT_UNKNOWN;
        is = is || (certificate->is_authority && certificate->same_key != PC_FACT_FALSE);
    }
    return is ? PC_FACT_TRUE : is_known && !is_unreadable ? PC_FACT_FALSE : PC_FACT_UNKNOWN;
}

static void judge_destroyable(pc_rule_case *rule_case)
{
    pc_fact is = rule_case->evidence->key.flags[PC_KEY_DESTROYABLE];
    pc_fact authority = is_authority_key(rule_case->evidence);

    if (is == PC_FACT_FALSE || authority == PC_FACT_FALSE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s%s.", pc_rule_key_name(rule_case),
                    fact_of(rule_case, PC_KEY_DESTROYABLE), authority == PC_FACT_FALSE ? "; it is not a CA key" : "");
    } else if (is == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, fact_of(rule_case, PC_KEY_DESTROYABLE));
    } else if (authority == PC_FACT_UNKNOWN) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: %s. No certificate shows whether it is a CA key. Give the certificate to have this checked.",
                    pc_rule_key_name(rule_case), fact_of(rule_case, PC_KEY_DESTROYABLE));
        pc_rule_remedy(rule_case, "Run the check again with the certificate of the key.");
    } else {
        pc_rule_say(
            rule_case, PC_VERDICT_FAIL,
            "%s: %s. It is a CA key: after a single C_DestroyObject, no certificate can be issued or revoked any more.",
            pc_rule_key_name(rule_case), fact_of(rule_case, PC_KEY_DESTROYABLE));
        pc_rule_remedy(rule_case,
                       "Keep a tested backup of the token. Set CKA_DESTROYABLE to false if the module "
                       "accepts it (SoftHSM does; the key can then be removed only together with the token).");
    }
}

static void judge_authenticate(pc_rule_case *rule_case)
{
    const pc_fact *flags = rule_case->evidence->key.flags;
    const char *facts = pc_rule_text(rule_case, "%s, %s", fact_of(rule_case, PC_KEY_SIGN),
                                     fact_of(rule_case, PC_KEY_ALWAYS_AUTHENTICATE));

    if (flags[PC_KEY_SIGN] == PC_FACT_FALSE || flags[PC_KEY_ALWAYS_AUTHENTICATE] == PC_FACT_TRUE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_key_name(rule_case), facts);
    } else if (flags[PC_KEY_ALWAYS_AUTHENTICATE] == PC_FACT_UNKNOWN || flags[PC_KEY_SIGN] == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, facts);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %s. One login is enough for any number of "
                    "signatures.",
                    pc_rule_key_name(rule_case), facts);
        pc_rule_remedy(
            rule_case,
            "For a CA key, or one with which a person signs: make it with CKA_ALWAYS_AUTHENTICATE true, if the module "
            "accepts it. For a server that signs all day: waive this rule, with that as the reason.");
    }
}

static void judge_unknown(pc_rule_case *rule_case)
{
    const char *list = "";

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        if (rule_case->evidence->key.flags[i] == PC_FACT_UNKNOWN) {
            list = pc_rule_text(rule_case, "%s%s%s", list, *list ? ", " : "", attribute_names[i]);
        }
    }
    if (*list) {
        say_not_reported(rule_case, pc_rule_text(rule_case, "unknown: %s", list));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: the module reports every attribute that p11cert reads. What it reports is only a claim; "
                    "p11cert check --probe tests it.",
                    pc_rule_key_name(rule_case));
    }
}

static void judge_allowed_mechanisms(pc_rule_case *rule_case)
{
    const pc_evidence_limits *limits = &rule_case->evidence->limits;
    const char *weak_ones = "";

    for (size_t i = 0; i < limits->mechanism_count; i++) {
        const pc_weak_mechanism *weak = pc_weak_mechanism_find(limits->mechanisms[i]);

        if (weak) {
            weak_ones = pc_rule_text(rule_case, "%s%s%s", weak_ones, *weak_ones ? ", " : "", weak->name);
        }
    }
    if (limits->mechanisms_stated == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, "CKA_ALLOWED_MECHANISMS unknown");
        return;
    }
    if (limits->mechanisms_stated == PC_FACT_TRUE && !*weak_ones) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: CKA_ALLOWED_MECHANISMS names %zu mechanism%s, none known to be weak.",
                    pc_rule_key_name(rule_case), limits->mechanism_count, limits->mechanism_count == 1 ? "" : "s");
        return;
    }
    if (*weak_ones) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: CKA_ALLOWED_MECHANISMS allows %s, which are weak in some uses (see MECH-WEAK).",
                    pc_rule_key_name(rule_case), weak_ones);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: CKA_ALLOWED_MECHANISMS is empty: the key may be used with every "
                    "mechanism of the token.",
                    pc_rule_key_name(rule_case));
    }
    pc_rule_remedy(rule_case,
                   "The attribute is set when a key is made, with the module's own tool (pkcs11-tool --keypairgen "
                   "--allowed-mechanisms RSA-PKCS,SHA256-RSA-PKCS). p11cert new does not set it.");
}

static void judge_dates(pc_rule_case *rule_case)
{
    const pc_evidence_limits *limits = &rule_case->evidence->limits;
    const int64_t day_sec = (int64_t)24 * 60 * 60;
    int64_t now = rule_case->evidence->now_sec;
    bool early = limits->start.set == PC_FACT_TRUE && now < limits->start.day_sec;
    bool late = limits->end.set == PC_FACT_TRUE && now >= limits->end.day_sec + day_sec;

    if (early || late) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %s %s; it is now %s. Modules need not enforce these dates; people should observe them.",
                    pc_rule_key_name(rule_case),
                    early ? "CKA_START_DATE is in the future," : "CKA_END_DATE is in the past,",
                    pc_rule_date(rule_case, early ? limits->start.day_sec : limits->end.day_sec),
                    pc_rule_date(rule_case, now));
        pc_rule_remedy(
            rule_case,
            "Ask who set the dates. If the key has expired: make a new one with p11cert new FILE --label NEW-LABEL.");
    } else if (limits->start.set == PC_FACT_UNKNOWN || limits->end.set == PC_FACT_UNKNOWN) {
        say_not_reported(rule_case, "CKA_START_DATE or CKA_END_DATE unknown");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s.", pc_rule_key_name(rule_case),
                    limits->start.set == PC_FACT_FALSE && limits->end.set == PC_FACT_FALSE
                        ? "no dates are set"
                        : "today is within the dates set");
    }
}

#define FLAG(rule_id, words, row) \
    { \
        .id = rule_id, .title = words, .needs = PC_NEEDS_KEY, .judge = judge_flag, .data = &(row) \
    }

static const pc_rule rules[] = {
    FLAG("ATTR-TOKEN", "The key is stored permanently", keep_token),
    FLAG("ATTR-PRIVATE", "The key requires a login", keep_private),
    FLAG("ATTR-SENSITIVE", "The key cannot be read in the clear", keep_sensitive),
    FLAG("ATTR-EXTRACTABLE", "The key cannot be extracted", keep_in),
    FLAG("ATTR-ALWAYS-SENSITIVE", "The key was never readable", always_sensitive),
    FLAG("ATTR-NEVER-EXTRACTABLE", "The key was never extractable", never_extractable),
    FLAG("ATTR-LOCAL", "The key was generated on the token", made_here),
    { .id = "ATTR-SIGN-DECRYPT",
      .title = "An RSA key signs or decrypts, not both",
      .needs = PC_NEEDS_KEY,
      .judge = judge_sign_decrypt },
    { .id = "ATTR-DERIVE",
      .title = "Nothing is derived from a signing key",
      .needs = PC_NEEDS_KEY,
      .judge = judge_derive },
    FLAG("ATTR-MODIFIABLE", "The key's attributes are fixed", not_modifiable),
    FLAG("ATTR-COPYABLE", "No copy of the key can be made", not_copyable),
    { .id = "ATTR-DESTROYABLE",
      .title = "A CA's key cannot be destroyed",
      .needs = PC_NEEDS_KEY,
      .judge = judge_destroyable,
      .gladly = PC_NEEDS_CERTIFICATES },
    { .id = "ATTR-ALWAYS-AUTHENTICATE",
      .title = "Each signature requires the PIN",
      .needs = PC_NEEDS_KEY,
      .judge = judge_authenticate },
    { .id = "ATTR-ALLOWED-MECHANISMS",
      .title = "The key is limited to the mechanisms it needs",
      .needs = PC_NEEDS_KEY | PC_NEEDS_LIMITS,
      .judge = judge_allowed_mechanisms },
    { .id = "ATTR-DATES",
      .title = "The key is used within its dates",
      .needs = PC_NEEDS_KEY | PC_NEEDS_LIMITS,
      .judge = judge_dates },
    { .id = "ATTR-UNKNOWN",
      .title = "The module reports every attribute",
      .needs = PC_NEEDS_KEY,
      .judge = judge_unknown },
};

const pc_rule_table pc_rules_attributes = { rules, PC_COUNT(rules) };
