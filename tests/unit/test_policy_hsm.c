/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

/* Each rule of "hsm" except those of the probe (test_policy_probe.c). */

#define FLAG_CASES(name, FLAG, BAD) \
    static void name##_bad(pc_evidence *e) \
    { \
        e->key.flags[PC_KEY_##FLAG] = BAD; \
    } \
    static void name##_unknown(pc_evidence *e) \
    { \
        e->key.flags[PC_KEY_##FLAG] = PC_FACT_UNKNOWN; \
    } \
    struct policy_semicolon_##name

FLAG_CASES(token, TOKEN, PC_FACT_FALSE);
FLAG_CASES(private, PRIVATE, PC_FACT_FALSE);
FLAG_CASES(sensitive, SENSITIVE, PC_FACT_FALSE);
FLAG_CASES(extractable, EXTRACTABLE, PC_FACT_TRUE);
FLAG_CASES(always_sensitive, ALWAYS_SENSITIVE, PC_FACT_FALSE);
FLAG_CASES(never_extractable, NEVER_EXTRACTABLE, PC_FACT_FALSE);
FLAG_CASES(local, LOCAL, PC_FACT_FALSE);
FLAG_CASES(modifiable, MODIFIABLE, PC_FACT_TRUE);
FLAG_CASES(copyable, COPYABLE, PC_FACT_TRUE);
FLAG_CASES(authenticate, ALWAYS_AUTHENTICATE, PC_FACT_FALSE);
FLAG_CASES(derive, DERIVE, PC_FACT_TRUE);
FLAG_CASES(unwrap, UNWRAP, PC_FACT_TRUE);

#define FLAG_ROWS(id, name, attribute) \
    { "as it should be", nothing, id, PC_VERDICT_PASS, NULL }, \
        { "the other way", name##_bad, id, PC_VERDICT_FAIL, attribute }, \
        { "not reported", name##_unknown, id, PC_VERDICT_NOT_CHECKED, attribute " unknown" }, \
    { \
        "no token", no_token, id, PC_VERDICT_NOT_CHECKED, "Give the token" \
    }

#define WARNING_ROWS(id, name, attribute) \
    { "as it should be", nothing, id, PC_VERDICT_PASS, NULL }, \
        { "the other way", name##_bad, id, PC_VERDICT_WARNING, attribute }, \
        { "not reported", name##_unknown, id, PC_VERDICT_NOT_CHECKED, attribute " unknown" }, \
    { \
        "no token", no_token, id, PC_VERDICT_NOT_CHECKED, "Give the token" \
    }

static void no_login(pc_evidence *e)
{
    e->token.login_required = false;
}
static void pin_unset(pc_evidence *e)
{
    e->token.user_pin_set = false;
}
static void pin_default(pc_evidence *e)
{
    e->token.user_pin_to_be_changed = true;
}
static void so_pin_default(pc_evidence *e)
{
    e->token.so_pin_to_be_changed = true;
}
static void label_default(pc_evidence *e)
{
    e->token.label = "SoftHSM slot ID 0x1";
}
static void label_blank(pc_evidence *e)
{
    e->token.label = "  ";
}
static void label_hostile(pc_evidence *e)
{
    e->token.label = "\x1b[2J";
}

static const pc_evidence_mechanism ecb_that_wraps = { 0x1081, 0x20000 };
static const pc_evidence_mechanism ecb_that_encrypts = { 0x1081, 0x100 };
static const pc_evidence_mechanism raw_rsa = { 0x0003, 0 };
static const pc_evidence_mechanism pkcs1_that_signs = { 0x0001, 0x800 };
static const pc_evidence_mechanism pkcs1_that_decrypts = { 0x0001, 0xa00 };

static void offer(pc_evidence *e, const pc_evidence_mechanism *mechanism)
{
    e->mechanisms.items = mechanism;
    e->mechanisms.count = 1;
}

static void wraps_in_ecb(pc_evidence *e)
{
    offer(e, &ecb_that_wraps);
}
static void encrypts_in_ecb(pc_evidence *e)
{
    offer(e, &ecb_that_encrypts);
}
static void signs_raw(pc_evidence *e)
{
    offer(e, &raw_rsa);
}
static void signs_pkcs1(pc_evidence *e)
{
    offer(e, &pkcs1_that_signs);
}
static void decrypts_pkcs1(pc_evidence *e)
{
    offer(e, &pkcs1_that_decrypts);
}
static void mechanisms_unread(pc_evidence *e)
{
    e->mechanisms.read = false;
}

static void key_gone(pc_evidence *e)
{
    e->key.found_count = 0;
}
static void rsa_1024(pc_evidence *e)
{
    e->key.bits = 1024;
}
static void exponent_3(pc_evidence *e)
{
    e->key.exponent = 3;
}
static void exponent_huge(pc_evidence *e)
{
    e->key.exponent = UINT64_MAX;
}
static void exponent_hidden(pc_evidence *e)
{
    e->key.exponent = 0;
}
static void kind_hidden(pc_evidence *e)
{
    e->key.algorithm = NULL;
}

static void ec_of(pc_evidence *e, unsigned bits)
{
    e->key.algorithm = "EC";
    e->key.bits = bits;
    e->key.exponent = 0;
}

static void ec_256(pc_evidence *e)
{
    ec_of(e, 256);
}
static void ec_192(pc_evidence *e)
{
    ec_of(e, 192);
}

static void id_shared(pc_evidence *e)
{
    e->same_id.count = 2;
}
static void id_none(pc_evidence *e)
{
    e->same_id = (pc_evidence_same_id){ .read = true };
}
static void id_unread(pc_evidence *e)
{
    e->same_id.read = false;
}

static void half_missing(pc_evidence *e)
{
    e->public_object.half = PC_HALF_MISSING;
}
static void half_other(pc_evidence *e)
{
    e->public_object.half = PC_HALF_OTHER;
}
static void half_several(pc_evidence *e)
{
    e->public_object.half = PC_HALF_SEVERAL;
}
static void half_unclear(pc_evidence *e)
{
    e->public_object.half = PC_HALF_UNCLEAR;
}
static void half_unread(pc_evidence *e)
{
    e->public_object.read = false;
}

static pc_evidence_token_certificate certificate_object; /* of the current row */

static void hold(pc_evidence *e)
{
    certificate_object = good_certificate_object;
    e->certificates.items = &certificate_object;
}

static void held_for_other_key(pc_evidence *e)
{
    hold(e);
    certificate_object.same_key = PC_FACT_FALSE;
}

static void held_under_other_id(pc_evidence *e)
{
    hold(e);
    certificate_object.same_id = false;
}

static void held_trusted(pc_evidence *e)
{
    hold(e);
    certificate_object.trusted = PC_FACT_TRUE;
}

static void held_as_authority(pc_evidence *e)
{
    hold(e);
    certificate_object.category = PC_CATEGORY_AUTHORITY;
}

static void authority_held_as_user(pc_evidence *e)
{
    hold(e);
    certificate_object.is_authority = true;
}

static void authority_held_unspecified(pc_evidence *e)
{
    authority_held_as_user(e);
    certificate_object.category = PC_CATEGORY_UNSPECIFIED;
}

static void held_unread(pc_evidence *e)
{
    hold(e);
    certificate_object.same_key = PC_FACT_UNKNOWN;
}

static void no_certificate(pc_evidence *e)
{
    e->certificates.count = 0;
}

static void decrypts(pc_evidence *e)
{
    e->key.flags[PC_KEY_DECRYPT] = PC_FACT_TRUE;
    e->subject.key_usage = PC_KU_DIGITAL_SIGNATURE;
}

static void decrypts_as_asked(pc_evidence *e)
{
    decrypts(e);
    e->subject.key_usage = 0xa0;
}

static void decrypts_nothing_known(pc_evidence *e)
{
    decrypts(e);
    no_subject(e);
}

static void unwraps_as_asked(pc_evidence *e)
{
    decrypts_as_asked(e);
    e->key.flags[PC_KEY_UNWRAP] = PC_FACT_TRUE;
}

static void recovers_and_decrypts(pc_evidence *e)
{
    decrypts(e);
    e->key.flags[PC_KEY_SIGN] = PC_FACT_FALSE;
    e->key.flags[PC_KEY_SIGN_RECOVER] = PC_FACT_TRUE;
}

static void only_decrypts(pc_evidence *e)
{
    decrypts(e);
    e->key.flags[PC_KEY_SIGN] = PC_FACT_FALSE;
}

static void decrypt_unknown(pc_evidence *e)
{
    e->key.flags[PC_KEY_DECRYPT] = PC_FACT_UNKNOWN;
}

static void ec_that_decrypts(pc_evidence *e)
{
    decrypts(e);
    ec_of(e, 256);
}

static void derives_as_asked(pc_evidence *e)
{
    derive_bad(e);
    e->subject.key_usage = 0x88;
}

static void authority(pc_evidence *e)
{
    e->certificate.is_authority = true;
}

static void authority_kept(pc_evidence *e)
{
    authority(e);
    e->key.flags[PC_KEY_DESTROYABLE] = PC_FACT_FALSE;
}

static void authority_unknown_flag(pc_evidence *e)
{
    authority(e);
    e->key.flags[PC_KEY_DESTROYABLE] = PC_FACT_UNKNOWN;
}

static void authority_on_token(pc_evidence *e)
{
    no_subject(e);
    authority_held_as_user(e);
}

static void no_certificate_known(pc_evidence *e)
{
    no_subject(e);
    no_certificate(e);
}

static void signs_not(pc_evidence *e)
{
    authenticate_bad(e);
    e->key.flags[PC_KEY_SIGN] = PC_FACT_FALSE;
}

static const unsigned long weak_mechanism[] = { 0x40, 0x0003 };

static void mechanisms_any(pc_evidence *e)
{
    e->limits.mechanisms_stated = PC_FACT_FALSE;
    e->limits.mechanism_count = 0;
}

static void mechanisms_weak(pc_evidence *e)
{
    e->limits.mechanisms = weak_mechanism;
    e->limits.mechanism_count = 2;
}

static void mechanisms_hidden(pc_evidence *e)
{
    mechanisms_any(e);
    e->limits.mechanisms_stated = PC_FACT_UNKNOWN;
}

static void limits_unread(pc_evidence *e)
{
    e->limits.read = false;
}
static void ends_today(pc_evidence *e)
{
    e->limits.end = (pc_evidence_date){ PC_FACT_TRUE, NOW_SEC - DAY_SEC / 2 };
}
static void ended(pc_evidence *e)
{
    e->limits.end = (pc_evidence_date){ PC_FACT_TRUE, NOW_SEC - 2 * DAY_SEC };
}
static void starts_later(pc_evidence *e)
{
    e->limits.start = (pc_evidence_date){ PC_FACT_TRUE, NOW_SEC + 1 };
}
static void started(pc_evidence *e)
{
    e->limits.start = (pc_evidence_date){ PC_FACT_TRUE, NOW_SEC - 1 };
}
static void dates_hidden(pc_evidence *e)
{
    e->limits.end.set = PC_FACT_UNKNOWN;
}

static pc_evidence_wrapper wrapper; /* of the current row: a wrapping key without a fault */

static void wrap(pc_evidence *e)
{
    wrapper = (pc_evidence_wrapper){
        .label = "transport",
        .wrap = PC_FACT_TRUE,
        .unwrap = PC_FACT_FALSE,
        .encrypt = PC_FACT_FALSE,
        .decrypt = PC_FACT_FALSE,
        .trusted = PC_FACT_TRUE,
        .wrap_template = PC_FACT_TRUE,
    };
    e->wrappers.items = &wrapper;
    e->wrappers.count = 1;
}

static void may_leave_under_trusted(pc_evidence *e)
{
    wrap(e);
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
    e->key.flags[PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_TRUE;
}

static void may_leave_under_any(pc_evidence *e)
{
    may_leave_under_trusted(e);
    wrapper.trusted = PC_FACT_FALSE;
}

static void may_leave_no_rule(pc_evidence *e)
{
    may_leave_under_any(e);
    e->key.flags[PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_FALSE;
}

static void trust_hidden(pc_evidence *e)
{
    may_leave_under_trusted(e);
    wrapper.trusted = PC_FACT_UNKNOWN;
}

static void rule_hidden(pc_evidence *e)
{
    may_leave_under_trusted(e);
    e->key.flags[PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_UNKNOWN;
}

static void trust_means_nothing(pc_evidence *e)
{
    e->wrappers.user_sets_trusted = PC_FACT_TRUE;
}

static void user_sets_trusted(pc_evidence *e)
{
    may_leave_under_trusted(e);
    trust_means_nothing(e);
}

static void wraps_and_decrypts(pc_evidence *e)
{
    wrap(e);
    wrapper.decrypt = PC_FACT_TRUE;
}

static void wrapper_hidden(pc_evidence *e)
{
    wrap(e);
    wrapper.decrypt = PC_FACT_UNKNOWN;
}

static void pair_wraps_and_decrypts(pc_evidence *e)
{
    decrypts(e);
    e->public_object.wrap = PC_FACT_TRUE;
}

static void many_wrappers(pc_evidence *e)
{
    wrap(e);
    e->wrappers.more = true;
}

static void unwraps_and_encrypts(pc_evidence *e)
{
    wrap(e);
    wrapper.unwrap = wrapper.encrypt = PC_FACT_TRUE;
}

static void wrappers_unread(pc_evidence *e)
{
    e->wrappers.read = false;
}

static void wraps_anything(pc_evidence *e)
{
    wrap(e);
    wrapper.wrap_template = PC_FACT_FALSE;
}

static void unwraps_without_template(pc_evidence *e)
{
    unwrap_bad(e);
    e->limits.unwrap_template = PC_FACT_FALSE;
}

static void unwraps_template_hidden(pc_evidence *e)
{
    unwrap_bad(e);
}

static const policy_row rows[] = {
    { "good", nothing, "TOKEN-LOGIN", PC_VERDICT_PASS, NULL },
    { "none wanted", no_login, "TOKEN-LOGIN", PC_VERDICT_WARNING, "anyone who can reach it" },
    { "no token", no_token, "TOKEN-LOGIN", PC_VERDICT_NOT_CHECKED, "Name the token" },
    { "good", nothing, "TOKEN-PIN", PC_VERDICT_PASS, NULL },
    { "not set", pin_unset, "TOKEN-PIN", PC_VERDICT_WARNING, "is not set" },
    { "default", pin_default, "TOKEN-PIN", PC_VERDICT_WARNING, "The user PIN must be changed" },
    { "default of the SO", so_pin_default, "TOKEN-PIN", PC_VERDICT_WARNING, "Security Officer" },
    { "no token", no_token, "TOKEN-PIN", PC_VERDICT_NOT_CHECKED, NULL },
    { "good", nothing, "TOKEN-LABEL", PC_VERDICT_PASS, NULL },
    { "default", label_default, "TOKEN-LABEL", PC_VERDICT_WARNING, NULL },
    { "blank", label_blank, "TOKEN-LABEL", PC_VERDICT_WARNING, NULL },
    { "escaped", label_hostile, "TOKEN-LABEL", PC_VERDICT_PASS, "\\x1b[2J" },
    { "no token", no_token, "TOKEN-LABEL", PC_VERDICT_NOT_CHECKED, NULL },

    { "none", nothing, "MECH-WEAK", PC_VERDICT_PASS, NULL },
    { "ECB wraps", wraps_in_ecb, "MECH-WEAK", PC_VERDICT_WARNING, "CKM_AES_ECB" },
    { "ECB only encrypts", encrypts_in_ecb, "MECH-WEAK", PC_VERDICT_PASS, NULL },
    { "raw RSA in any use", signs_raw, "MECH-WEAK", PC_VERDICT_WARNING, "CKM_RSA_X_509" },
    { "PKCS#1 signs", signs_pkcs1, "MECH-WEAK", PC_VERDICT_PASS, NULL },
    { "PKCS#1 decrypts", decrypts_pkcs1, "MECH-WEAK", PC_VERDICT_WARNING, "Bleichenbacher" },
    { "not told", mechanisms_unread, "MECH-WEAK", PC_VERDICT_NOT_CHECKED, "mechanisms" },

    { "there", nothing, "KEY-PRIV", PC_VERDICT_PASS, NULL },
    { "gone", key_gone, "KEY-PRIV", PC_VERDICT_FAIL, NULL },
    { "no token", no_token, "KEY-PRIV", PC_VERDICT_NOT_CHECKED, NULL },
    { "RSA-2048", nothing, "KEY-STRENGTH", PC_VERDICT_PASS, "2048 bits (at least 2048)" },
    { "RSA-1024", rsa_1024, "KEY-STRENGTH", PC_VERDICT_FAIL, "1024" },
    { "exponent 3", exponent_3, "KEY-STRENGTH", PC_VERDICT_FAIL, "exponent 3" },
    { "huge exponent", exponent_huge, "KEY-STRENGTH", PC_VERDICT_PASS, "over 64 bits" },
    { "exponent not shown", exponent_hidden, "KEY-STRENGTH", PC_VERDICT_NOT_CHECKED, "does not show" },
    { "P-256", ec_256, "KEY-STRENGTH", PC_VERDICT_PASS, "256" },
    { "P-192", ec_192, "KEY-STRENGTH", PC_VERDICT_FAIL, "at least 224" },
    { "not shown", kind_hidden, "KEY-STRENGTH", PC_VERDICT_NOT_CHECKED, NULL },

    { "alone", nothing, "ID-UNIQUE", PC_VERDICT_PASS, NULL },
    { "shared", id_shared, "ID-UNIQUE", PC_VERDICT_FAIL, "2 private keys" },
    { "none", id_none, "ID-UNIQUE", PC_VERDICT_FAIL, "no CKA_ID" },
    { "not read", id_unread, "ID-UNIQUE", PC_VERDICT_NOT_CHECKED, NULL },
    { "same", nothing, "PUB-MATCH", PC_VERDICT_PASS, NULL },
    { "missing", half_missing, "PUB-MATCH", PC_VERDICT_FAIL, NULL },
    { "other", half_other, "PUB-MATCH", PC_VERDICT_FAIL, "another value" },
    { "several", half_several, "PUB-MATCH", PC_VERDICT_FAIL, "several" },
    { "unclear", half_unclear, "PUB-MATCH", PC_VERDICT_NOT_CHECKED, NULL },
    { "not read", half_unread, "PUB-MATCH", PC_VERDICT_NOT_CHECKED, NULL },
    { "one, well", nothing, "CERT-MATCH", PC_VERDICT_PASS, "1 certificate with" },
    { "for another key", held_for_other_key, "CERT-MATCH", PC_VERDICT_FAIL, "is for another key" },
    { "under another id", held_under_other_id, "CERT-MATCH", PC_VERDICT_FAIL, "another CKA_ID" },
    { "trusted", held_trusted, "CERT-MATCH", PC_VERDICT_WARNING, "CKA_TRUSTED" },
    { "called an authority's", held_as_authority, "CERT-MATCH", PC_VERDICT_WARNING, "CATEGORY" },
    { "a CA's called a user's", authority_held_as_user, "CERT-MATCH", PC_VERDICT_WARNING, "CATEGORY" },
    { "a CA's, unspecified", authority_held_unspecified, "CERT-MATCH", PC_VERDICT_PASS, NULL },
    { "cannot be read", held_unread, "CERT-MATCH", PC_VERDICT_NOT_CHECKED, NULL },
    { "none", no_certificate, "CERT-MATCH", PC_VERDICT_NOT_CHECKED, "no certificate" },

    FLAG_ROWS("ATTR-TOKEN", token, "CKA_TOKEN"),
    FLAG_ROWS("ATTR-PRIVATE", private, "CKA_PRIVATE"),
    FLAG_ROWS("ATTR-SENSITIVE", sensitive, "CKA_SENSITIVE"),
    FLAG_ROWS("ATTR-EXTRACTABLE", extractable, "CKA_EXTRACTABLE"),
    FLAG_ROWS("ATTR-ALWAYS-SENSITIVE", always_sensitive, "CKA_ALWAYS_SENSITIVE"),
    FLAG_ROWS("ATTR-NEVER-EXTRACTABLE", never_extractable, "CKA_NEVER_EXTRACTABLE"),
    FLAG_ROWS("ATTR-LOCAL", local, "CKA_LOCAL"),
    FLAG_ROWS("ATTR-DERIVE", derive, "CKA_DERIVE"),
    WARNING_ROWS("ATTR-MODIFIABLE", modifiable, "CKA_MODIFIABLE"),
    WARNING_ROWS("ATTR-COPYABLE", copyable, "CKA_COPYABLE"),
    WARNING_ROWS("ATTR-ALWAYS-AUTHENTICATE", authenticate, "CKA_ALWAYS_AUTHENTICATE"),
    { "a key that does not sign", signs_not, "ATTR-ALWAYS-AUTHENTICATE", PC_VERDICT_PASS, NULL },
    { "agreement asked for", derives_as_asked, "ATTR-DERIVE", PC_VERDICT_WARNING, "keyAgreement" },

    { "signs alone", nothing, "ATTR-SIGN-DECRYPT", PC_VERDICT_PASS, NULL },
    { "decrypts alone", only_decrypts, "ATTR-SIGN-DECRYPT", PC_VERDICT_PASS, NULL },
    { "both", decrypts, "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, "CKA_DECRYPT true" },
    { "both, nothing known of use", decrypts_nothing_known, "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, NULL },
    { "recovers and decrypts", recovers_and_decrypts, "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, NULL },
    { "both, as asked", decrypts_as_asked, "ATTR-SIGN-DECRYPT", PC_VERDICT_WARNING, "asks for both" },
    { "unwrapping is never asked", unwraps_as_asked, "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, "CKA_UNWRAP true" },
    { "EC", ec_that_decrypts, "ATTR-SIGN-DECRYPT", PC_VERDICT_PASS, "EC" },
    { "not reported", decrypt_unknown, "ATTR-SIGN-DECRYPT", PC_VERDICT_NOT_CHECKED, NULL },

    { "no CA's", nothing, "ATTR-DESTROYABLE", PC_VERDICT_PASS, "not a CA key" },
    { "a CA's, kept", authority_kept, "ATTR-DESTROYABLE", PC_VERDICT_PASS, NULL },
    { "a CA key", authority, "ATTR-DESTROYABLE", PC_VERDICT_WARNING, "C_DestroyObject" },
    { "a CA's by the token", authority_on_token, "ATTR-DESTROYABLE", PC_VERDICT_WARNING, NULL },
    { "a CA's, not reported", authority_unknown_flag, "ATTR-DESTROYABLE", PC_VERDICT_NOT_CHECKED, NULL },
    { "a certificate unread", held_unread, "ATTR-DESTROYABLE", PC_VERDICT_NOT_CHECKED, NULL },
    { "nobody knows whose", no_certificate_known, "ATTR-DESTROYABLE", PC_VERDICT_NOT_CHECKED, "Give the certificate" },

    { "limited", nothing, "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_PASS, "1 mechanism," },
    { "any", mechanisms_any, "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_WARNING, "is empty" },
    { "weak", mechanisms_weak, "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_WARNING, "CKM_RSA_X_509" },
    { "not reported", mechanisms_hidden, "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_NOT_CHECKED, NULL },
    { "not read", limits_unread, "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_NOT_CHECKED, NULL },
    { "none", nothing, "ATTR-DATES", PC_VERDICT_PASS, "no dates" },
    { "the last day counts whole", ends_today, "ATTR-DATES", PC_VERDICT_PASS, "within the dates" },
    { "over", ended, "ATTR-DATES", PC_VERDICT_WARNING, "CKA_END_DATE is in the past" },
    { "not yet", starts_later, "ATTR-DATES", PC_VERDICT_WARNING, "CKA_START_DATE is in the future" },
    { "begun", started, "ATTR-DATES", PC_VERDICT_PASS, NULL },
    { "not reported", dates_hidden, "ATTR-DATES", PC_VERDICT_NOT_CHECKED, NULL },
    { "all known", nothing, "ATTR-UNKNOWN", PC_VERDICT_PASS, NULL },
    { "one is not", copyable_unknown, "ATTR-UNKNOWN", PC_VERDICT_NOT_CHECKED, "unknown: CKA_COPYABLE" },
    { "no token", no_token, "ATTR-UNKNOWN", PC_VERDICT_NOT_CHECKED, NULL },

    { "none", nothing, "ATTR-WRAP-DECRYPT", PC_VERDICT_PASS, NULL },
    { "wraps alone", wrap, "ATTR-WRAP-DECRYPT", PC_VERDICT_PASS, "1 were examined" },
    { "both", wraps_and_decrypts, "ATTR-WRAP-DECRYPT", PC_VERDICT_FAIL, "\"transport\"" },
    { "the pair itself", pair_wraps_and_decrypts, "ATTR-WRAP-DECRYPT", PC_VERDICT_FAIL, "\"server\"" },
    { "not reported", wrapper_hidden, "ATTR-WRAP-DECRYPT", PC_VERDICT_NOT_CHECKED, NULL },
    { "too many", many_wrappers, "ATTR-WRAP-DECRYPT", PC_VERDICT_NOT_CHECKED, "more keys than were read" },
    { "not read", wrappers_unread, "ATTR-WRAP-DECRYPT", PC_VERDICT_NOT_CHECKED, NULL },
    { "none", nothing, "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_PASS, NULL },
    { "both", unwraps_and_encrypts, "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_FAIL, "\"transport\"" },
    { "the pair itself", unwrap_bad, "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_FAIL, "\"server\"" },
    { "not reported", unwrap_unknown, "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_NOT_CHECKED, NULL },
    { "not read", wrappers_unread, "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_NOT_CHECKED, NULL },
    { "cannot leave", nothing, "ATTR-WRAP-TRUSTED", PC_VERDICT_PASS, "cannot be wrapped" },
    { "leaves under trusted", may_leave_under_trusted, "ATTR-WRAP-TRUSTED", PC_VERDICT_PASS, NULL },
    { "an untrusted one is there", may_leave_under_any, "ATTR-WRAP-TRUSTED", PC_VERDICT_FAIL, "\"transport\"" },
    { "leaves under any", may_leave_no_rule, "ATTR-WRAP-TRUSTED", PC_VERDICT_FAIL, "CKA_WRAP_WITH_TRUSTED false" },
    { "the user sets trust", user_sets_trusted, "ATTR-WRAP-TRUSTED", PC_VERDICT_FAIL, "the user can set" },
    { "and the key cannot leave", trust_means_nothing, "ATTR-WRAP-TRUSTED", PC_VERDICT_WARNING, "the user can set" },
    { "the key's own flag is not reported", rule_hidden, "ATTR-WRAP-TRUSTED", PC_VERDICT_NOT_CHECKED,
      "CKA_WRAP_WITH_TRUSTED unknown" },
    { "not reported", trust_hidden, "ATTR-WRAP-TRUSTED", PC_VERDICT_NOT_CHECKED, NULL },
    { "not read", wrappers_unread, "ATTR-WRAP-TRUSTED", PC_VERDICT_NOT_CHECKED, NULL },
    { "with template", wrap, "ATTR-WRAP-TEMPLATE", PC_VERDICT_PASS, NULL },
    { "without", wraps_anything, "ATTR-WRAP-TEMPLATE", PC_VERDICT_WARNING, "\"transport\"" },
    { "unwraps without", unwraps_without_template, "ATTR-WRAP-TEMPLATE", PC_VERDICT_WARNING, "\"server\"" },
    { "not reported", unwraps_template_hidden, "ATTR-WRAP-TEMPLATE", PC_VERDICT_NOT_CHECKED, NULL },
    { "not read", wrappers_unread, "ATTR-WRAP-TEMPLATE", PC_VERDICT_NOT_CHECKED, NULL },
};

static void hygiene_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows_by("hsm", rows, PC_COUNT(rows));
}

static void a_login_is_advised_only_if_there_was_none(void **state)
{
    static const struct {
        const char *policy;
        const char *id;
        void (*spoil)(pc_evidence *e);
    } hidden[] = { { "hsm", "ATTR-UNKNOWN", copyable_unknown },
                   { "hsm", "ATTR-WRAP-DECRYPT", wrapper_hidden },
                   { "hsm", "ATTR-WRAP-TRUSTED", rule_hidden },
                   { "scom", "EXP-3", extractable_unknown } };

    (void)state;
    for (size_t i = 0; i < 2 * PC_COUNT(hidden); i++) {
        const bool logged_in = i % 2;
        pc_evidence evidence = good_evidence();

        hidden[i / 2].spoil(&evidence);
        never_extractable_unknown(&evidence);
        evidence.key.logged_in = logged_in;
        PC_AUTO(report) pc_report *report = judge_by(hidden[i / 2].policy, &evidence);
        const pc_rule_result *result = find_result(report, hidden[i / 2].id);

        assert_int_equal(result->verdict, PC_VERDICT_NOT_CHECKED);
        assert_int_equal(!strstr(result->evidence, "There was no login"), logged_in);
        assert_true(!logged_in || !strstr(result->remedy, "PIN source"));
    }
}

static void a_clean_key_passes_the_whole_profile(void **state)
{
    const pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report) pc_report *report = judge_by("hsm", &evidence);

    assert_int_equal(report->verdict_counts[PC_VERDICT_PASS], report->rule_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hygiene_rules_judge_each_row),
        cmocka_unit_test(a_login_is_advised_only_if_there_was_none),
        cmocka_unit_test(a_clean_key_passes_the_whole_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
