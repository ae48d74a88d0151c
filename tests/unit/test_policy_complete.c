/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

#include "policy/profile.h"

/*
 * Each rule of each profile can pass, can find something, and says "not checked" when there is nothing to judge. Shown
 * by judging a few complete bodies of evidence: a rule without a case is found here.
 */

static const char *const two_names[] = { "server", "server.contoso.com" };
static const char *const other_names[] = { "other.contoso.com" };
static const char *const client_only[] = { PC_OID_CLIENT_AUTH };
static const uint8_t zero[] = { 0 };

static void all_good(pc_evidence *e)
{
    e->pfx = good_pfx();
}

static void all_good_on_the_token(pc_evidence *e)
{
    (void)e;
}

static void key_moves(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
    e->key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_FALSE;
}

static void bad_subject(pc_evidence *e)
{
    pc_evidence_subject *subject = &e->subject;

    subject->common_names = other_names;
    subject->dns_names = other_names;
    subject->key_algorithm = "EC";
    subject->signature_digest = "sha1";
    subject->ekus = client_only;
    subject->eku_count = 1;
    subject->application_policies = (pc_evidence_uses){ true, client_only, 1 };
    subject->key_usage = PC_KU_CRL_SIGN;
    subject->key_usage_critical = false;
}

static void bad_certificate(pc_evidence *e)
{
    pc_evidence_certificate *certificate = &e->certificate;

    certificate->not_before_sec = -1;
    certificate->not_after_sec = NOW_SEC - DAY_SEC;
    certificate->serial.data = zero;
    certificate->serial.len = sizeof zero;
    certificate->self_signed = certificate->is_authority = true;
    certificate->has_template = false;
    certificate->revocation = PC_REVOCATION_NOWHERE;
    certificate->chain = PC_CHAIN_INVALID;
}

static void bad_issuance(pc_evidence *e)
{
    e->issuance = (pc_evidence_issuance){ .read = true,
                                          .has_role = true,
                                          .role = PC_ROLE_TLS_SERVER,
                                          .version = 1,
                                          .has_path_length = true,
                                          .subject_empty = true,
                                          .name_not_listed = "other.contoso.com",
                                          .bad_url = "ftp://contoso.com/ca.crl" };
    e->crl = (pc_evidence_crl){ .read = true, .digest = "SHA1", .is_delta = true };
}

static void bad_key(pc_evidence *e)
{
    for (size_t i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        bool should = e->key.flags[i] == PC_FACT_TRUE;

        e->key.flags[i] = should ? PC_FACT_FALSE : PC_FACT_TRUE;
    }
    e->key.flags[PC_KEY_SIGN] = e->key.flags[PC_KEY_DESTROYABLE] = PC_FACT_TRUE;
    e->key.flags[PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_FALSE;
    e->key.bits = 1024;
}

static void bad_surroundings(pc_evidence *e)
{
    static const pc_evidence_token_certificate other = { .label = "server",
                                                         .same_id = true,
                                                         .same_key = PC_FACT_FALSE };
    static const pc_evidence_wrapper wrapper = { "transport",  PC_FACT_TRUE,  PC_FACT_TRUE, PC_FACT_TRUE,
                                                 PC_FACT_TRUE, PC_FACT_FALSE, PC_FACT_FALSE };
    static const pc_evidence_mechanism raw = { 0x0003, 0 };

    e->limits.end = (pc_evidence_date){ PC_FACT_TRUE, 0 };
    e->limits.mechanisms_stated = PC_FACT_FALSE;
    e->limits.mechanism_count = 0;
    e->same_id.count = 2;
    e->public_object.half = PC_HALF_OTHER;
    e->certificates.items = &other;
    e->wrappers = (pc_evidence_wrappers){ .read = true, .items = &wrapper, .count = 1 };
    e->token = (pc_evidence_token){ .read = true, .label = " " };
    e->mechanisms = (pc_evidence_mechanisms){ .read = true, .items = &raw, .count = 1 };
}

static void bad_probe(pc_evidence *e)
{
    static pc_probe_attempt attempts[6];
    static pc_probe probe;

    probe = *e->probe;
    memcpy(attempts, probe.attempts, sizeof attempts);
    for (size_t i = 0; i < PC_COUNT(attempts); i++) {
        attempts[i].deed = PC_DEED_DONE;
        attempts[i].lie = true;
    }
    probe.attempts = attempts;
    e->probe = &probe;
}

static void bad_template(pc_evidence *e)
{
    e->ca_template.refused = "the CA requires a proof that the key is in a TPM";
    e->ca_template.takes_key = PC_FACT_FALSE;
}

/* What the file requests, but the token does not have. */
static void all_bad(pc_evidence *e)
{
    bad_subject(e);
    bad_certificate(e);
    bad_key(e);
    bad_surroundings(e);
    bad_issuance(e);
    bad_probe(e);
    bad_template(e);
    e->inf = (pc_evidence_inf){ .present = true,
                                .provider_name = "Key Storage Provider",
                                .wish = { .misspelt = PC_WISH_YES, .misspelt_line = 3 } };
}

static void bad_in_other_ways(pc_evidence *e)
{
    static const pc_evidence_issuer issuer = { .subject = "CN=Contoso CA", .eku = { true, client_only, 1 } };

    e->certificate.issuers = &issuer;
    e->certificate.issuer_count = 1;
    e->certificate.revocation = PC_REVOCATION_DIRECTORY;
    e->subject.common_names = two_names;
    e->subject.common_name_count = 2;
    e->subject.key_bits = 1024;
    e->inf.wish = (pc_exportable_wish){ .exportable = PC_WISH_YES, .exportable_line = 4 };
    e->pfx = (pc_evidence_pfx){ .present = true, .has_key = true, .key_algorithm = "RSA", .protection = "none" };
}

/* As a CA would issue it if nobody checked. */
static void bad_to_be_signed(pc_evidence *e)
{
    bad_issuance(e);
    e->certificate.not_after_sec = e->certificate.not_before_sec + 1000 * DAY_SEC;
    e->certificate.revocation = PC_REVOCATION_NOWHERE;
}

static void nameless_and_keyless(pc_evidence *e)
{
    e->subject.common_name_count = 0;
    e->key.found_count = 0;
}

static void empty(pc_evidence *e)
{
    *e = (pc_evidence){ .now_sec = NOW_SEC };
}

static void (*const bodies[])(pc_evidence *e) = {
    all_good,         all_good_on_the_token, key_moves, all_bad, bad_in_other_ways,
    bad_to_be_signed, nameless_and_keyless,  empty,
};

typedef struct {
    bool passes;
    bool finds;
    bool is_unchecked; /* of a body without evidence */
} seen;

static seen look(const char *policy, const char *id)
{
    seen all = { .passes = false };

    for (size_t i = 0; i < PC_COUNT(bodies); i++) {
        pc_evidence evidence = good_evidence();

        bodies[i](&evidence);
        PC_AUTO(report) pc_report *report = judge_by(policy, &evidence);
        pc_verdict verdict = find_result(report, id)->verdict;

        all.passes = all.passes || verdict == PC_VERDICT_PASS;
        all.finds = all.finds || verdict == PC_VERDICT_FAIL || verdict == PC_VERDICT_WARNING;
        all.is_unchecked = all.is_unchecked || (bodies[i] == empty && verdict == PC_VERDICT_NOT_CHECKED);
    }
    return all;
}

/* Those that have one answer by their nature; docs/policy-rules.md says why. */
static bool never_passes(const char *id)
{
    return strcmp(id, "REG") == 0;
}

static bool never_finds(const char *id)
{
    return strcmp(id, "REG") == 0 || strcmp(id, "EXP-4") == 0 || strcmp(id, "ATTR-UNKNOWN") == 0;
}

static void every_rule_of_every_profile_has_a_case_of_each_kind(void **state)
{
    size_t count = 0;
    const pc_profile *const *profiles = pc_profiles_built_in(&count);

    (void)state;
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < profiles[i]->count; j++) {
            const char *id = profiles[i]->rules[j].id;
            const seen all = look(profiles[i]->name, id);

            if (all.passes == never_passes(id) || all.finds == never_finds(id) || !all.is_unchecked) {
                fail_msg("%s of %s: passes %d, finds %d, not checked %d", id, profiles[i]->name, all.passes, all.finds,
                         all.is_unchecked);
            }
        }
    }
}

/* Every rule is used by some profile. */
static void every_rule_is_in_a_profile(void **state)
{
    size_t count = 0;
    const pc_profile *const *profiles = pc_profiles_built_in(&count);
    const pc_rule *rule = NULL;

    (void)state;
    for (size_t i = 0; (rule = pc_rule_at(i)) != NULL; i++) {
        bool used = false;

        for (size_t j = 0; j < count; j++) {
            used = used || pc_profile_rule_find(profiles[j], rule->id);
        }
        if (!used || pc_rule_find(rule->id) != rule) {
            fail_msg("%s: in no profile, or there twice", rule->id);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_of_every_profile_has_a_case_of_each_kind),
        cmocka_unit_test(every_rule_is_in_a_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
