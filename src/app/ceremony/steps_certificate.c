/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <p11cert/accept.h>
#include <p11cert/check.h>
#include <p11cert/issue.h>
#include <p11cert/new.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"

PC_AUTO_DEFINE(pc_issue_result, pc_issue_result, pc_issue_result_free);
PC_AUTO_DEFINE(pc_accept_result, pc_accept_result, pc_accept_result_free);
PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);
PC_AUTO_DEFINE(pc_check_result, pc_check_result, pc_check_result_free);

#define MOST_FILES 32u

static pc_status issue(pc_ceremony *ceremony, const pc_script_step *step, const pc_issue_order *order,
                       pc_issue_result **ret_result, pc_error *err)
{
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_ceremony_intent(ceremony, step, order->self_signed ? "C_Sign, C_CreateObject" : "C_Sign",
                              json_pack("{s:s, s:s, s:s}", "token", step->token, "key", order->ca, "out", step->out),
                              err));
    return pc_ceremony_outcome(ceremony, pc_issue_run(order, &access, ret_result, err), json_object(), err);
}

/* Texts of a result are safe to print, so they are UTF-8. */
static pc_status record_certificate(const pc_ceremony *ceremony, const pc_script_step *step,
                                    const pc_issue_result *result, pc_error *err)
{
    const pc_bound_certificate *made = &result->certificate;

    pc_ceremony_report(ceremony, "certificate of %s, serial number %s, valid until %s", made->subject, made->serial,
                       made->not_after);
    PC_TRY(pc_ceremony_lint_passed(ceremony, step, result->warnings, err));
    return pc_ceremony_artefact(ceremony, step, step->out, "certificate", err);
}

/* An input file, or the name of a built-in profile. */
static const char *profile_of(const pc_ceremony *ceremony, const char *profile)
{
    return profile && pc_script_find_input(ceremony->script, profile) ? pc_ceremony_path(ceremony, profile) : profile;
}

pc_status pc_ceremony_issue_order(const pc_ceremony *ceremony, const pc_script_step *step, pc_issue_order *ret_order,
                                  pc_error *err)
{
    const pc_script_step *keygen = pc_script_find_keygen(ceremony->script, step);
    const bool is_own = step->kind == PC_STEP_SELF_SIGN;
    const char *profile = step->kind == PC_STEP_CROSS && !step->profile ? "cross" : step->profile;
    const char *subject_file = step->kind == PC_STEP_CROSS ? step->certificate : step->request;
    const pc_issue_order order = {
        .self_signed = is_own,
        .subject = is_own ? step->subject : NULL,
        .key_type = is_own && keygen ? keygen->type : NULL,
        .csr = is_own ? NULL : pc_ceremony_path(ceremony, subject_file),
        .ca = is_own ? step->key : step->ca,
        .ca_certificate = step->issuer ? pc_ceremony_path(ceremony, step->issuer) : NULL,
        .profile = profile_of(ceremony, profile),
        .days = step->days,
        .out = pc_ceremony_path(ceremony, step->out),
    };

    if ((!is_own && !order.csr) || !order.out || (step->issuer && !order.ca_certificate) ||
        (profile && !order.profile)) {
        return pc_fail_memory(err);
    }
    *ret_order = order;
    return PC_OK;
}

static pc_status draw_and_issue(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_issue_result) pc_issue_result *result = NULL;
    pc_ceremony_draw serial = { .purpose = PC_DRAW_SERIAL, .len = PC_SERIAL_LEN };
    pc_issue_order order;

    PC_TRY(pc_ceremony_issue_order(ceremony, step, &order, err));
    PC_TRY(pc_ceremony_draw_bytes(ceremony, step, &serial, err));
    PC_TRY(pc_ceremony_draw_time(ceremony, step, &order.time_sec, err));
    order.serial = serial.value;
    PC_TRY(issue(ceremony, step, &order, &result, err));
    return record_certificate(ceremony, step, result, err);
}

pc_status pc_step_self_sign(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    return draw_and_issue(ceremony, step, err);
}

pc_status pc_step_issue(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    return draw_and_issue(ceremony, step, err);
}

pc_status pc_step_cross(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    return draw_and_issue(ceremony, step, err);
}

/* --- request -------------------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    pc_alt_name_kind kind;
} name_kinds[] = {
    { "dns:", PC_ALT_DNS },
    { "ip:", PC_ALT_IP },
    { "email:", PC_ALT_EMAIL },
    { "uri:", PC_ALT_URI },
};

static pc_status read_name(const char *text, pc_alt_name_flag *ret_name, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(name_kinds); i++) {
        if (pc_text_starts(text, name_kinds[i].prefix)) {
            *ret_name = (pc_alt_name_flag){ name_kinds[i].kind, text + strlen(name_kinds[i].prefix) };
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" does not begin with dns:, ip:, email: or uri:", text);
}

pc_status pc_ceremony_request_order(const pc_ceremony *ceremony, const pc_script_step *step, pc_new_order *ret_order,
                                    pc_error *err)
{
    pc_alt_name_flag *names = pc_arena_alloc(ceremony->arena, (step->names.count + 1) * sizeof *names);
    const pc_new_order order = { .subject = step->subject,
                                 .key = step->key,
                                 .alt_names = names,
                                 .alt_name_count = step->names.count,
                                 .out = pc_ceremony_path(ceremony, step->out) };

    if (!names || !order.out) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < step->names.count; i++) {
        PC_TRY(read_name(step->names.items[i], &names[i], err));
    }
    *ret_order = order;
    return PC_OK;
}

pc_status pc_step_request(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_new_plan) pc_new_plan *plan = NULL;
    PC_AUTO(pc_new_result) pc_new_result *result = NULL;
    pc_token_access access;
    pc_new_order order;

    PC_TRY(pc_ceremony_request_order(ceremony, step, &order, err));
    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_new_prepare(&order, &plan, err));
    PC_TRY(pc_new_run(plan, &access, &result, err));
    return pc_ceremony_artefact(ceremony, step, step->out, "request", err);
}

/* --- accept, policy ------------------------------------------------------------------------------- */

static pc_status paths_of(const pc_ceremony *ceremony, const pc_script_texts *names,
                          const char *paths[static MOST_FILES], pc_error *err)
{
    if (names->count >= MOST_FILES) {
        return pc_fail(err, PC_E_INPUT, "a chain of %zu files is too long", names->count);
    }
    for (size_t i = 0; i < names->count; i++) {
        paths[i] = pc_ceremony_path(ceremony, names->items[i]);
        if (!paths[i]) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

pc_status pc_step_accept(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_accept_result) pc_accept_result *result = NULL;
    const char *chain[MOST_FILES];
    const pc_accept_order order = { .certificate = pc_ceremony_path(ceremony, step->certificate),
                                    .chains = chain,
                                    .chain_count = step->chain.count };
    pc_token_access access;

    if (!order.certificate) {
        return pc_fail_memory(err);
    }
    PC_TRY(paths_of(ceremony, &step->chain, chain, err));
    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_ceremony_intent(ceremony, step, "C_CreateObject",
                              json_pack("{s:s, s:s}", "token", step->token, "certificate", step->certificate), err));
    PC_TRY(pc_ceremony_outcome(ceremony, pc_accept_run(&order, &access, &result, err), json_object(), err));
    return pc_ceremony_checked(ceremony, step, "the certificate is bound to the key that it belongs to", err);
}

static pc_status refuse_failed(const pc_check_result *result, const char *profile, pc_error *err)
{
    for (size_t i = 0; i < result->report_count; i++) {
        const pc_report *report = result->reports[i];

        for (size_t j = 0; j < report->rule_count; j++) {
            if (report->rules[j].verdict == PC_VERDICT_FAIL && report->rules[j].severity == PC_SEVERITY_ERROR) {
                return pc_fail(err, PC_E_VERIFY, "the policy %s is not met: %s: %s", profile, report->rules[j].id,
                               report->rules[j].evidence);
            }
        }
    }
    return pc_fail(err, PC_E_VERIFY, "the policy %s is not met", profile);
}

pc_status pc_step_policy(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_check_result) pc_check_result *result = NULL;
    const char *files[MOST_FILES + 1] = { pc_ceremony_path(ceremony, step->certificate) };
    const pc_check_order order = { .files = files,
                                   .file_count = step->chain.count + 1,
                                   .policy = { .policy = step->profile } };
    pc_token_access access;

    if (!files[0]) {
        return pc_fail_memory(err);
    }
    PC_TRY(paths_of(ceremony, &step->chain, files + 1, err));
    PC_TRY(step->token ? pc_ceremony_access(ceremony, step->token, &access, err) : PC_OK);
    PC_TRY(pc_check_run(&order, step->token ? &access : NULL, &result, err));
    if (pc_check_failed(result)) {
        return refuse_failed(result, step->profile, err);
    }
    const char *what = pc_arena_format(ceremony->arena, "the policy %s is met", step->profile);

    return what ? pc_ceremony_checked(ceremony, step, what, err) : pc_fail_memory(err);
}
