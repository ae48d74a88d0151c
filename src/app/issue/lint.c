/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/lint.h"

#include "app/issue/by_profile.h"
#include "app/issue/issue.h"
#include "app/issue/linter.h"
#include "policy/judge.h"
#include "x509/facts.h"
#include "x509/issuance_facts.h"
#include "x509/name.h"
#include "x509/name_constraints.h"
#include "x509/name_texts.h"
#include "x509/read.h"

static pc_status gather(const pc_lint_order *order, X509 *rehearsed, pc_evidence *evidence, pc_error *err)
{
    evidence->now_sec = order->now_sec;
    PC_TRY(pc_x509_facts_of_certificate(rehearsed, order->arena, &evidence->subject, &evidence->certificate, err));
    PC_TRY(pc_x509_facts_of_issuance(rehearsed, order->issuer ? order->issuer : rehearsed, order->arena,
                                     &evidence->issuance, err));
    evidence->subject.file = "to be signed";
    evidence->certificate.self_signed = !order->issuer;
    if (order->profile) {
        evidence->issuance.has_role = true;
        evidence->issuance.role = order->profile->role;
    }
    return PC_OK;
}

/* An error has few frames: the remaining ones are only counted. */
static pc_status refuse(const pc_report *report, const char *what, pc_error *err)
{
    size_t count = report->verdict_counts[PC_VERDICT_FAIL];
    const pc_rule_result *first = NULL;
    size_t named = 0;

    for (size_t i = 0; i < report->rule_count && named < PC_ERROR_FRAMES - 1; i++) {
        const pc_rule_result *rule = &report->rules[i];

        if (rule->verdict != PC_VERDICT_FAIL) {
            continue;
        }
        (void)(first ? pc_note(err, PC_E_REFUSED, "%s: %s (%s)", rule->id, rule->evidence, rule->requirement)
                     : pc_fail(err, PC_E_REFUSED, "%s: %s (%s)", rule->id, rule->evidence, rule->requirement));
        first = first ? first : rule;
        named++;
    }
    (void)pc_note(err, PC_E_REFUSED, "the %s was not signed: it breaks %zu rule%s of the policy \"ca\"", what, count,
                  count == 1 ? "" : "s");
    return first->remedy ? pc_hint(err, PC_E_REFUSED, "%s", first->remedy) : PC_E_REFUSED;
}

static pc_status copy_warnings(const pc_report *report, pc_arena *arena, pc_text_list *ret_warnings, pc_error *err)
{
    const char **texts = pc_arena_alloc(arena, (report->rule_count + 1) * sizeof *texts);
    size_t count = 0;

    for (size_t i = 0; texts && i < report->rule_count; i++) {
        const pc_rule_result *rule = &report->rules[i];

        if (rule->verdict == PC_VERDICT_WARNING) {
            texts[count] = pc_arena_format(arena, "%s: %s", rule->id, rule->evidence);
            if (!texts[count++]) {
                return pc_fail_memory(err);
            }
        }
    }
    if (!texts) {
        return pc_fail_memory(err);
    }
    *ret_warnings = (pc_text_list){ texts, count };
    return PC_OK;
}

pc_status pc_lint_evidence(const pc_evidence *evidence, const char *what, pc_arena *arena, pc_text_list *ret_warnings,
                           pc_error *err)
{
    PC_AUTO(pc_report) pc_report *report = NULL;

    PC_TRY(pc_profile_judge(&pc_profile_ca, &(pc_policy_order){ .policy = "ca" }, evidence, &report, err));
    return report->verdict_counts[PC_VERDICT_FAIL] ? refuse(report, what, err)
                                                   : copy_warnings(report, arena, ret_warnings, err);
}

/* What no verifier would accept is not signed, although no rule of the policy is about it. */
static pc_status check_names(const pc_lint_order *order, X509 *rehearsed, X509 *authority, pc_error *err)
{
    const char *violation = NULL;

    PC_TRY(pc_name_constraints_violation(rehearsed, authority, order->arena, &violation, err));
    if (!violation) {
        return PC_OK;
    }
    const char *name = pc_x509_name_text(X509_get_subject_name(authority), order->arena);

    if (!name) {
        return pc_fail_memory(err);
    }
    (void)pc_fail(err, PC_E_REFUSED, "the name constraints of the CA \"%s\" do not allow %s", name, violation);
    (void)pc_note(err, PC_E_REFUSED, "the certificate was not signed");
    return pc_hint(err, PC_E_REFUSED, "have another CA issue it, or request names that this CA may certify");
}

/* A request may have any bytes in its names, and a signature would make them true. */
static pc_status check_name_texts(const pc_lint_order *order, X509 *rehearsed, pc_error *err)
{
    const char *fault = NULL;

    PC_TRY(pc_x509_find_bad_name(rehearsed, order->arena, &fault, err));
    if (!fault) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "%s", fault);
    (void)pc_note(err, PC_E_REFUSED, "the certificate was not signed");
    return pc_hint(err, PC_E_REFUSED, "have the request made again, with names that mean the same to every program");
}

/* A path is valid only if every CA of it allows the names (RFC 5280 section 6.1.4). */
static pc_status check_path(const pc_lint_order *order, X509 *rehearsed, pc_error *err)
{
    PC_TRY(order->issuer ? check_names(order, rehearsed, order->issuer, err) : PC_OK);
    for (int i = 0; i < sk_X509_num(order->above); i++) {
        PC_TRY(check_names(order, rehearsed, sk_X509_value(order->above, i), err));
    }
    return PC_OK;
}

pc_status pc_issue_lint(const pc_lint_order *order, X509 *rehearsed, pc_text_list *ret_warnings, pc_error *err)
{
    pc_evidence evidence = { .now_sec = 0 };

    PC_TRY(gather(order, rehearsed, &evidence, err));
    PC_TRY(pc_lint_evidence(&evidence, "certificate", order->arena, ret_warnings, err));
    PC_TRY(check_name_texts(order, rehearsed, err));
    return check_path(order, rehearsed, err);
}

/* If a linter rejects it, its output is the reason. */
static pc_status refuse_by_linter(const pc_linter_run_result *run, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "%s", *run->output ? run->output : "it printed nothing");
    return pc_note(err, PC_E_REFUSED, "the certificate was not signed: the linter \"%s\" ended with exit code %d",
                   run->command, run->exit_code);
}

static pc_status run_linters(const pc_lint_order *order, X509 *rehearsed, pc_error *err)
{
    const pc_text_list linters = order->linters;
    pc_linter_run_result *runs = pc_arena_alloc(order->arena, (linters.count + 1) * sizeof *runs);
    const char *pem = NULL;

    if (!runs) {
        return pc_fail_memory(err);
    }
    if (linters.count) {
        PC_TRY(pc_x509_to_pem(rehearsed, order->arena, &pem, err));
    }
    for (size_t i = 0; i < linters.count; i++) {
        PC_TRY(pc_linter_run(linters.items[i], pem, order->arena, &runs[i], err));
        if (runs[i].exit_code != 0) {
            return refuse_by_linter(&runs[i], err);
        }
    }
    if (order->ret_runs) {
        *order->ret_runs = runs;
    }
    return PC_OK;
}

/* Everything before the token signs. */
static pc_status rehearse(const pc_signer *signer, const pc_lint_order *order, X509 *certificate,
                          pc_text_list *ret_warnings, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *made = NULL;
    const pc_signature_form form = pc_profile_signature_form(order->profile, pc_signer_public(signer));

    PC_TRY(order->throwaway ? PC_OK : pc_throwaway_key(pc_signer_public(signer), &made, err));
    PC_TRY(pc_rehearse_certificate(order->throwaway ? order->throwaway : made, form, certificate, err));
    PC_TRY(pc_issue_lint(order, certificate, ret_warnings, err));
    return run_linters(order, certificate, err);
}

static pc_status sign_rehearsed(const pc_signer *signer, const pc_lint_order *order, X509 **certificate, pc_error *err)
{
    return pc_sign_certificate(signer, pc_profile_signature_form(order->profile, pc_signer_public(signer)), certificate,
                               err);
}

/* A run that is killed in between leaves only the first line, which says that a signature may exist. */
static pc_status sign_and_record(const pc_issuing *issuing, const pc_lint_order *lint, const pc_signer *signer,
                                 X509 **certificate, pc_error *err)
{
    pc_logged_object object = { .certificate = *certificate,
                                .ca_key = pc_signer_public(signer),
                                .profile = issuing->profile ? issuing->profile->name : NULL };

    PC_TRY(pc_issuance_log_start(issuing->log, &object, err));
    pc_status status = sign_rehearsed(signer, lint, certificate, err);

    if (status != PC_OK) {
        return pc_issuance_log_abandon(issuing->log, &object, status, err);
    }
    object.certificate = *certificate;
    return pc_issuance_log_finish(issuing->log, &object, err);
}

pc_status pc_issue_sign_logged(const pc_issuing *issuing, const pc_lint_order *lint, const pc_signer *signer,
                               X509 **certificate, pc_error *err)
{
    EVP_PKEY *ca_key = pc_signer_public(signer);

    if (issuing->log) {
        PC_TRY(pc_issuance_log_check(issuing->log, *certificate, ca_key, issuing->order->known_key, err));
    }
    pc_lint_order with_linters = *lint;

    with_linters.linters = issuing->order->linters;
    with_linters.ret_runs = &issuing->result->linter_runs;
    PC_TRY(rehearse(signer, &with_linters, *certificate, &issuing->result->warnings, err));
    issuing->result->linter_run_count = with_linters.linters.count;
    return issuing->log ? sign_and_record(issuing, lint, signer, certificate, err)
                        : sign_rehearsed(signer, lint, certificate, err);
}
