/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/lints_again.h"

#include <string.h>

#include "app/ceremony/material.h"
#include "app/crl/lint.h"
#include "app/issue/issue.h"
#include "app/issue/lint.h"
#include "base/kept_error.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/crl_build.h"

PC_AUTO_DEFINE(pc_certificate_profile, pc_certificate_profile, pc_certificate_profile_free);

#define LINTER_NAME "p11cert "

/** The recorded lint that is being checked. Borrowed. */
typedef struct {
    const pc_ceremony_material *material;
    const pc_script_step *step;
    const json_t *recorded;
    X509 *certificate;
    pc_certificate_profile *profile; /* NULL: as the request asks */
} linting;

static bool is_by_us(const json_t *recorded)
{
    const char *linter = json_string_value(json_object_get(recorded, "linter"));

    return linter && strncmp(linter, LINTER_NAME, strlen(LINTER_NAME)) == 0 && strstr(linter, ", policy ca");
}

static const pc_script_step *step_of(const pc_ceremony_material *material, const char *name)
{
    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        if (step->out && strcmp(step->out, name) == 0) {
            return step;
        }
    }
    return NULL;
}

/* "CA-DAYS: ...": the text of a rule may have been reworded, or contain a time. */
static bool is_same_rule(const char *left, const char *right)
{
    const size_t len = strcspn(left, ":");

    return len == strcspn(right, ":") && strncmp(left, right, len) == 0;
}

static bool is_same(const json_t *recorded, pc_text_list warnings)
{
    const json_t *texts = json_object_get(recorded, "warnings");

    if (json_array_size(texts) != warnings.count) {
        return false;
    }
    for (size_t i = 0; i < warnings.count; i++) {
        const char *text = json_string_value(json_array_get(texts, i));

        if (!text || !is_same_rule(text, warnings.items[i])) {
            return false;
        }
    }
    return true;
}

static pc_status lint_with(const linting *lint, X509 *issuer, pc_text_list *ret_warnings, pc_error *err)
{
    int64_t not_before_sec = 0;

    if (!pc_asn1_time_to_sec(X509_get0_notBefore(lint->certificate), &not_before_sec)) {
        return pc_fail(err, PC_E_VERIFY, "the time at which it begins cannot be read");
    }
    const pc_lint_order order = {
        .profile = lint->profile,
        .issuer = issuer,
        .now_sec = not_before_sec,
        .arena = lint->material->arena,
    };

    return pc_issue_lint(&order, lint->certificate, ret_warnings, err);
}

/* A CA may have several certificates: the one that was used gives what was recorded. */
static pc_status lint_issued(const linting *lint, pc_text_list *ret_warnings, pc_error *err)
{
    const STACK_OF(X509) *all = lint->material->certificates;
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");
    bool is_found = false;

    for (int i = 0; i < sk_X509_num(all) && !is_found; i++) {
        X509 *issuer = sk_X509_value(all, i);

        if (X509_NAME_cmp(X509_get_issuer_name(lint->certificate), X509_get_subject_name(issuer)) == 0 &&
            pc_certificate_signature_holds(lint->certificate, X509_get0_pubkey(issuer))) {
            pc_error_pass(err, &(pc_error){ .status = PC_OK });
            status = lint_with(lint, issuer, ret_warnings, err);
            is_found = status == PC_OK && is_same(lint->recorded, *ret_warnings);
        }
    }
    return status;
}

static pc_status add_difference(const linting *lint, pc_ceremony_verify_result *verdict, pc_text_list warnings,
                                pc_error *err)
{
    const char *linter = json_string_value(json_object_get(lint->recorded, "linter"));
    const bool is_ours = strcmp(linter, PC_CEREMONY_LINTER) == 0;

    return pc_verdict_add(verdict, is_ours ? PC_JUDGED_FAIL : PC_JUDGED_NOTE, err, lint->step->out,
                          "%s recorded other warnings than " PC_CEREMONY_LINTER " gives now%s%s", linter,
                          warnings.count ? ": " : "", warnings.count ? warnings.items[0] : "");
}

static pc_status judge_lint(const linting *lint, pc_ceremony_verify_result *verdict, size_t *count, pc_error *err)
{
    pc_text_list warnings = { .count = 0 };
    pc_status status = lint->step->kind == PC_STEP_SELF_SIGN ? lint_with(lint, NULL, &warnings, err)
                                                             : lint_issued(lint, &warnings, err);

    (*count)++;
    if (status != PC_OK) {
        return pc_verdict_add_error(verdict, status, lint->step->out, err);
    }
    return !is_by_us(lint->recorded) || is_same(lint->recorded, warnings)
               ? PC_OK
               : add_difference(lint, verdict, warnings, err);
}

static pc_status open_profile(const pc_ceremony_material *material, const pc_script_step *step,
                              pc_certificate_profile **ret_profile, pc_error *err)
{
    pc_issue_order order;

    PC_TRY(pc_ceremony_issue_order(&material->ceremony, step, &order, err));
    return pc_issue_open_profile(&order, ret_profile, err);
}

/* --- CRLs --- */

static pc_status read_crl(const pc_ceremony_material *material, const char *name, X509_CRL **ret_crl, pc_error *err)
{
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(material, name, &bytes, err));
    return pc_crl_read(bytes, name, ret_crl, err);
}

static pc_status lint_draft(const pc_ceremony_material *material, const pc_script_step *step, pc_crl_draft *draft,
                            pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *previous = NULL;
    pc_crl_contents before = { .number = NULL };

    if (step->previous) {
        PC_TRY(read_crl(material, step->previous, &previous, err));
        PC_TRY(pc_crl_read_contents(previous, material->arena, &before, err));
        draft->previous_number = before.number;
        draft->previous_sec = before.this_update_sec;
    }
    pc_status status = pc_crl_lint(draft, err);

    BN_free(before.number);
    return status;
}

static pc_status judge_crl(const pc_ceremony_material *material, const pc_script_step *step, pc_error *err)
{
    const STACK_OF(X509) *all = material->certificates;
    PC_AUTO(X509_CRL) X509_CRL *crl = NULL;
    pc_crl_draft draft = { .crl = NULL };

    PC_TRY(read_crl(material, step->out, &crl, err));
    draft.crl = crl;
    if (!pc_asn1_time_to_sec(X509_CRL_get0_lastUpdate(crl), &draft.now_sec)) {
        return pc_fail(err, PC_E_VERIFY, "its thisUpdate cannot be read");
    }
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");

    for (int i = 0; i < sk_X509_num(all) && status != PC_OK; i++) {
        pc_error ignored = { .status = PC_OK };

        draft.issuer = sk_X509_value(all, i);
        if (pc_crl_verify(crl, draft.issuer, &ignored) == PC_OK) {
            pc_error_pass(err, &(pc_error){ .status = PC_OK });
            status = lint_draft(material, step, &draft, err);
        }
    }
    return status;
}

/* --- each lint --- */

static pc_status lint_artefact(const pc_ceremony_material *material, const pc_recorded_artefact *artefact,
                               pc_ceremony_verify_result *verdict, size_t *count, pc_error *err)
{
    const json_t *recorded = json_object_get(material->gathered->linted, artefact->name);
    const pc_script_step *step = step_of(material, artefact->name);
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;

    if (!recorded || !step) {
        return PC_OK;
    }
    if (step->kind == PC_STEP_CRL) {
        pc_status judged = judge_crl(material, step, err);

        (*count)++;
        return judged == PC_OK ? PC_OK : pc_verdict_add_error(verdict, judged, artefact->name, err);
    }
    pc_status status = pc_ceremony_material_certificate(material, artefact->name, &certificate, err);

    status = status == PC_OK ? open_profile(material, step, &profile, err) : status;
    if (status != PC_OK) {
        return pc_verdict_add_error(verdict, status, artefact->name, err);
    }
    const linting lint = { material, step, recorded, certificate, profile };

    return judge_lint(&lint, verdict, count, err);
}

pc_status pc_ceremony_lints_again(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict,
                                  pc_error *err)
{
    const size_t failures = verdict->fail_count;
    size_t count = 0;

    for (size_t i = 0; i < material->gathered->artefact_count; i++) {
        PC_TRY(lint_artefact(material, &material->gathered->artefacts[i], verdict, &count, err));
    }
    return count && verdict->fail_count == failures
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "lints",
                                "%zu artefact%s checked again against the policy ca", count, count == 1 ? "" : "s")
               : PC_OK;
}
