/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TESTS_POLICY_EVIDENCE_H
#define PC_TESTS_POLICY_EVIDENCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <p11cert/policy.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(report, pc_report, pc_report_free);

#define DAY_SEC  ((int64_t)24 * 60 * 60)
#define NOW_SEC  ((int64_t)1700000000) /* 2023-11-14T22:13:20Z */
#define SCHANNEL "Microsoft RSA SChannel Cryptographic Provider"

static const char *const server_names[] = { "server.contoso.com" };
static const char *const both_ekus[] = { PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH };
static const uint8_t adcs_serial[] = {
    0x1f, 0x00, 0x00, 0x00, 0x08, 0xc6, 0x94, 0xda, 0xc9, 0x4b, 0xcf, 0xdc, 0x4a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08,
};

static const unsigned long good_mechanisms[] = { 0x40 }; /* CKM_SHA256_RSA_PKCS */
static const pc_evidence_token_certificate good_certificate_object = {
    .label = "server",
    .same_id = true,
    .same_key = PC_FACT_TRUE,
    .trusted = PC_FACT_FALSE,
    .category = PC_CATEGORY_TOKEN_USER,
};

static inline pc_probe_attempt refused_attempt(const char *id)
{
    return (pc_probe_attempt){ .id = id,
                               .title = "Try it",
                               .claim = "CKA_EXTRACTABLE false",
                               .forbidden = true,
                               .deed = PC_DEED_REFUSED,
                               .answer = "CKR_ACTION_PROHIBITED" };
}

/* A token that refused every attempt. */
static inline const pc_probe *good_probe(void)
{
    static pc_probe_attempt attempts[6];
    static const pc_probe probe = { .made = true,
                                    .kind = "RSA-2048",
                                    .attempts = attempts,
                                    .attempt_count = 6,
                                    .cleaned = true,
                                    .user_sets_trusted = PC_FACT_FALSE };
    static const char *const ids[] = { "read",           "wrap", "copy-extractable", "set-unwrap", "set-extractable",
                                       "unset-sensitive" };

    for (size_t i = 0; i < PC_COUNT(ids); i++) {
        attempts[i] = refused_attempt(ids[i]);
    }
    return &probe;
}

/* As p11cert export writes one. */
static inline pc_evidence_pfx good_pfx(void)
{
    return (pc_evidence_pfx){ .present = true,
                              .file = "server.pfx",
                              .has_key = true,
                              .key_is_certificates = true,
                              .key_algorithm = "RSA",
                              .key_encrypted = true,
                              .provider = SCHANNEL,
                              .has_key_usage = true,
                              .key_usage = 0x10,
                              .machine_keyset = true,
                              .has_mac = true,
                              .suites = PC_PFX_AES256_SHA256,
                              .protection = "AES-256-CBC",
                              .issuer_count = 2,
                              .has_root = true };
}

static const pc_evidence_issuer good_issuers[] = {
    { .subject = "CN=Contoso CA", .revocation = PC_REVOCATION_WEB },
    { .subject = "CN=Contoso Root CA", .self_signed = true },
};

/* Everything is correct: each case changes one thing. */
static inline pc_evidence good_evidence(void)
{
    return (pc_evidence){
        .now_sec = NOW_SEC,
        .fqdn = "server.contoso.com",
        .inf = { .present = true,
                 .file = "good.inf",
                 .has_key_spec = true,
                 .key_spec = 1,
                 .machine_key_set = PC_WISH_YES,
                 .provider_name = SCHANNEL,
                 .has_provider_type = true,
                 .provider_type = 12 },
        .subject = { .present = true,
                     .file = "server.cer",
                     .subject = "CN=server.contoso.com",
                     .common_names = server_names,
                     .common_name_count = 1,
                     .dns_names = server_names,
                     .dns_name_count = 1,
                     .key_algorithm = "RSA",
                     .key_bits = 2048,
                     .signature_digest = "sha256",
                     .has_eku = true,
                     .ekus = both_ekus,
                     .eku_count = 2,
                     .has_key_usage = true,
                     .key_usage = 0xa0,
                     .key_usage_critical = true },
        .certificate = { .issuer = "CN=Contoso CA",
                         .not_before_sec = NOW_SEC - DAY_SEC,
                         .not_after_sec = NOW_SEC + 365 * DAY_SEC,
                         .serial = { adcs_serial, sizeof adcs_serial },
                         .has_template = true,
                         .revocation = PC_REVOCATION_WEB,
                         .chain = PC_CHAIN_VALID,
                         .chain_detail = "server, Contoso CA",
                         .issuers = good_issuers,
                         .issuer_count = PC_COUNT(good_issuers) },
        .ca_template = { .read = true,
                         .name = "WebServer",
                         .key_required = "RSA with at least 2048 bits",
                         .key = "RSA with 2048 bits",
                         .takes_key = PC_FACT_TRUE },
        .crl = { .read = true,
                 .is_version_2 = true,
                 .has_issuer = true,
                 .issuer_name_same = true,
                 .issuer_may_sign = true,
                 .digest = "SHA256",
                 .this_in_form = true,
                 .this_update_sec = NOW_SEC,
                 .previous_sec = NOW_SEC - DAY_SEC,
                 .has_next = true,
                 .next_in_form = true,
                 .next_update_sec = NOW_SEC + DAY_SEC,
                 .has_number = true,
                 .number_in_form = true,
                 .number_grows = true,
                 .key_id_in_form = true,
                 .key_id_chains = true,
                 .point_in_form = true,
                 .dates_in_form = true,
                 .reasons_in_form = true,
                 .reasons_fit = true,
                 .serials_ascend = true },
        .issuance = { .read = true,
                      .has_role = true,
                      .role = PC_ROLE_SCOM,
                      .version = 3,
                      .is_der = true,
                      .times_in_form = true,
                      .within_issuer = true,
                      .issuer_name_same = true,
                      .has_key_id = true,
                      .key_id_chains = true,
                      .has_constraints = true,
                      .constraints_critical = true,
                      .issuer_path_length = -1,
                      .has_names = true,
                      .security_bits = 112 },
        .key = { .token_searched = true,
                 .found_count = 1,
                 .label = "server",
                 .token = "hsm",
                 .algorithm = "RSA",
                 .bits = 2048,
                 .exponent = 65537,
                 .flags = { [PC_KEY_TOKEN] = PC_FACT_TRUE,
                            [PC_KEY_PRIVATE] = PC_FACT_TRUE,
                            [PC_KEY_SENSITIVE] = PC_FACT_TRUE,
                            [PC_KEY_EXTRACTABLE] = PC_FACT_FALSE,
                            [PC_KEY_ALWAYS_SENSITIVE] = PC_FACT_TRUE,
                            [PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_TRUE,
                            [PC_KEY_LOCAL] = PC_FACT_TRUE,
                            [PC_KEY_MODIFIABLE] = PC_FACT_FALSE,
                            [PC_KEY_COPYABLE] = PC_FACT_FALSE,
                            [PC_KEY_DESTROYABLE] = PC_FACT_TRUE,
                            [PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_FALSE,
                            [PC_KEY_ALWAYS_AUTHENTICATE] = PC_FACT_TRUE,
                            [PC_KEY_SIGN] = PC_FACT_TRUE,
                            [PC_KEY_SIGN_RECOVER] = PC_FACT_FALSE,
                            [PC_KEY_DECRYPT] = PC_FACT_FALSE,
                            [PC_KEY_UNWRAP] = PC_FACT_FALSE,
                            [PC_KEY_DERIVE] = PC_FACT_FALSE } },
        .limits = { .read = true,
                    .start = { .set = PC_FACT_FALSE },
                    .end = { .set = PC_FACT_FALSE },
                    .mechanisms_stated = PC_FACT_TRUE,
                    .mechanisms = good_mechanisms,
                    .mechanism_count = 1 },
        .same_id = { .read = true, .has_id = true, .count = 1 },
        .public_object = { .read = true, .half = PC_HALF_SAME, .encrypt = PC_FACT_FALSE, .wrap = PC_FACT_FALSE },
        .certificates = { .read = true, .items = &good_certificate_object, .count = 1 },
        .wrappers = { .read = true },
        .token = { .read = true, .label = "hsm", .login_required = true, .user_pin_set = true },
        .mechanisms = { .read = true },
        .probe = good_probe(),
    };
}

static inline const pc_rule_result *find_result(const pc_report *report, const char *id)
{
    for (size_t i = 0; i < report->rule_count; i++) {
        if (strcmp(report->rules[i].id, id) == 0) {
            return &report->rules[i];
        }
    }
    fail_msg("no rule %s in the report", id);
    return NULL;
}

static inline pc_report *judge_by(const char *policy, const pc_evidence *evidence)
{
    pc_report *report = NULL;
    pc_error err = { 0 };

    assert_int_equal(pc_policy_judge(&(pc_policy_order){ .policy = policy }, evidence, &report, &err), PC_OK);
    return report;
}

static inline pc_report *judge(const pc_evidence *evidence)
{
    return judge_by("scom", evidence);
}

typedef struct {
    const char *name;
    void (*change)(pc_evidence *evidence);
    const char *id;
    pc_verdict expected;
    const char *said; /* a part of the evidence, or NULL */
} policy_row;

static inline void check_row(const char *policy, const policy_row *row)
{
    pc_evidence evidence = good_evidence();

    row->change(&evidence);
    PC_AUTO(report) pc_report *report = judge_by(policy, &evidence);
    const pc_rule_result *result = find_result(report, row->id);

    if (result->verdict != row->expected || (row->said && !strstr(result->evidence, row->said))) {
        fail_msg("%s: %s is %s, expected %s with \"%s\"; evidence: %s", row->name, row->id,
                 pc_verdict_name(result->verdict), pc_verdict_name(row->expected), row->said ? row->said : "",
                 result->evidence);
    }
    if ((result->verdict == PC_VERDICT_PASS) != (result->remedy == NULL)) {
        fail_msg("%s: %s must have a remedy if and only if it does not pass", row->name, row->id);
    }
    assert_true(result->title[0] && result->requirement[0] && result->evidence[0]);
}

static inline void check_rows_by(const char *policy, const policy_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(policy, &rows[i]);
    }
}

static inline void check_rows(const policy_row *rows, size_t count)
{
    check_rows_by("scom", rows, count);
}

static inline void nothing(pc_evidence *e)
{
    (void)e;
}
static inline void no_inf(pc_evidence *e)
{
    e->inf = (pc_evidence_inf){ 0 };
}
static inline void no_subject(pc_evidence *e)
{
    e->subject = (pc_evidence_subject){ 0 };
}
static inline void only_request(pc_evidence *e)
{
    e->subject_is_request = true;
}

static inline void no_token(pc_evidence *e)
{
    e->key = (pc_evidence_key){ 0 };
    e->limits = (pc_evidence_limits){ 0 };
    e->same_id = (pc_evidence_same_id){ 0 };
    e->public_object = (pc_evidence_public){ 0 };
    e->certificates = (pc_evidence_certificates){ 0 };
    e->wrappers = (pc_evidence_wrappers){ 0 };
    e->token = (pc_evidence_token){ 0 };
    e->mechanisms = (pc_evidence_mechanisms){ 0 };
    e->probe = NULL;
}

static inline void no_fqdn(pc_evidence *e)
{
    e->fqdn = NULL;
}

#endif
