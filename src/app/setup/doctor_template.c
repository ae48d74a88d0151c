/* SPDX-License-Identifier: Apache-2.0 */
#include "app/setup/doctor_template.h"

#include "app/ca/template_key.h"
#include "app/ca/templates.h"
#include "app/setup/diagnosis.h"
#include "base/kept_error.h"
#include "signer/signer.h"
#include "token/key_support.h"
#include "token/mechanisms.h"

static const char id_of_template[] = "template";
static const char id_of_key[] = "template.key";

static pc_status add_error(const char *id, const char *before, const pc_error *problem, pc_doctor_result *result,
                           pc_error *err)
{
    const char *fix = problem->hint[0] ? pc_arena_string(result->arena, problem->hint) : NULL;
    const char *words = pc_error_words(problem, result->arena);

    return pc_diagnosis_add_problem(result, PC_SEVERITY_ERROR, id,
                                    words ? pc_arena_format(result->arena, "%s%s", before, words) : NULL, fix, err);
}

/* --- the template ------------------------------------------------------------------------------------------------ */

static pc_status add_line(const pc_template *item, const pc_template_line *line, pc_doctor_result *result,
                          pc_error *err)
{
    static const pc_severity severities[] = {
        [PC_TEMPLATE_FITS] = PC_SEVERITY_INFO,      [PC_TEMPLATE_NOTED] = PC_SEVERITY_INFO,
        [PC_TEMPLATE_WARNED] = PC_SEVERITY_WARNING, [PC_TEMPLATE_REFUSED] = PC_SEVERITY_ERROR,
        [PC_TEMPLATE_UNKNOWN] = PC_SEVERITY_ERROR,
    };
    const char *fix = line->verdict == PC_TEMPLATE_REFUSED
                          ? "`p11cert templates` lists the templates that a key on a token can satisfy; the CA's "
                            "administrator can change a copy of this one"
                          : NULL;

    return pc_diagnosis_add_problem(result, severities[line->verdict], id_of_template,
                                    pc_arena_format(result->arena, "\"%s\": %s", item->name, line->words), fix, err);
}

/* --- the key ----------------------------------------------------------------------------------------------------- */

static pc_status check_kind(const pc_token *token, const pc_template *item, pc_key_kind kind, pc_error *err)
{
    const pc_key_plan plan = {
        .kind = kind,
        .key_usage = item->key_usage,
        .signing = { .pss = pc_key_kind_is_rsa(kind) && (item->private_key_flags & PC_TEMPLATE_KEY_PSS),
                     .raw_only = pc_signer_is_raw_only(token) },
    };

    PC_TRY(pc_signer_check_kind(token->signer, kind, err));
    return pc_key_support_check(token, &plan, err);
}

/* If the module reports no mechanisms, pc_key_support_check refuses nothing. */
static pc_status are_mechanisms_known(const pc_token *token, pc_doctor_result *result, bool *ret_known, pc_error *err)
{
    pc_mechanisms mechanisms;

    PC_TRY(pc_mechanisms_read(pc_mechanisms_of(token), result->arena, &mechanisms, err));
    *ret_known = mechanisms.read && mechanisms.count > 0;
    return PC_OK;
}

static pc_status add_fitting(const pc_token *token, const pc_template *item, pc_key_kind kind, pc_doctor_result *result,
                             pc_error *err)
{
    bool is_known = false;

    PC_TRY(are_mechanisms_known(token, result, &is_known, err));
    if (is_known) {
        return pc_diagnosis_add_ok(result, id_of_key,
                                   pc_arena_format(result->arena,
                                                   "the token can generate a key %s, which satisfies \"%s\"",
                                                   pc_key_kind_name(kind), item->name),
                                   err);
    }
    return pc_diagnosis_add_problem(
        result, PC_SEVERITY_WARNING, id_of_key,
        pc_arena_format(result->arena,
                        "not checked: the module does not report whether the token can generate a key %s",
                        pc_key_kind_name(kind)),
        "it is known only when the key is generated", err);
}

/* The smallest kind that the token can generate: some refuse the smallest that the template takes. If there is none,
 * what is reported is why it is not that one. */
static pc_status look_at_key(const pc_token *token, const pc_template *item, pc_doctor_result *result, pc_error *err)
{
    pc_key_kind kinds[PC_TEMPLATE_KEY_KINDS_MOST];
    const size_t count = pc_template_key_kinds(item, kinds);
    pc_error problem = { .status = PC_OK };

    if (count == 0) {
        return pc_diagnosis_add_problem(
            result, PC_SEVERITY_ERROR, id_of_key,
            pc_arena_format(result->arena, "\"%s\" requires a key %s of at least %u bits, which p11cert cannot create",
                            item->name, item->key_algorithm, item->key_bits),
            "the CA's administrator can change a copy of the template", err);
    }
    for (size_t i = 0; i < count; i++) {
        pc_error refused = { .status = PC_OK };
        pc_status status = check_kind(token, item, kinds[i], &refused);

        if (status == PC_OK) {
            return add_fitting(token, item, kinds[i], result, err);
        }
        if (status == PC_E_MEMORY) {
            return pc_fail_memory(err);
        }
        problem = i == 0 ? refused : problem;
    }
    return add_error(id_of_key, "", &problem, result, err);
}

/* --- the order --------------------------------------------------------------------------------------------------- */

static pc_status look_at_template(const pc_token *token, const pc_template *item, pc_doctor_result *result,
                                  pc_error *err)
{
    if (item->verdict == PC_TEMPLATE_UNKNOWN) {
        return pc_diagnosis_add_problem(result, PC_SEVERITY_ERROR, id_of_template,
                                        pc_arena_format(result->arena,
                                                        "not checked: this address gives the name of \"%s\" only",
                                                        item->name),
                                        "name the CA's enrolment policy service (…/service.svc/CEP) with `ca`", err);
    }
    for (size_t i = 0; i < item->line_count; i++) {
        PC_TRY(add_line(item, &item->lines[i], result, err));
    }
    return item->verdict == PC_TEMPLATE_REFUSED ? PC_OK : look_at_key(token, item, result, err);
}

pc_status pc_doctor_template(const pc_token *token, const pc_doctor_order *order, const pc_token_access *access,
                             pc_doctor_result *result, pc_error *err)
{
    PC_AUTO(pc_templates_result) pc_templates_result *templates = NULL;
    const pc_templates_order question = { .ca = order->ca, .template_name = order->template_name };
    pc_error problem = { .status = PC_OK };
    pc_status status = pc_templates_on(token, &question, access, &templates, &problem);

    if (status == PC_E_USAGE || status == PC_E_MEMORY) {
        pc_error_pass(err, &problem);
        return status;
    }
    if (status != PC_OK) {
        return add_error(id_of_template, "not checked: ", &problem, result, err);
    }
    for (size_t i = 0; i < templates->count; i++) {
        PC_TRY(look_at_template(token, &templates->items[i], result, err));
    }
    return PC_OK;
}
