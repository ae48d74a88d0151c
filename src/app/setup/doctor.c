/* SPDX-License-Identifier: Apache-2.0 */
#include "app/setup/doctor_template.h"
#include "app/setup/doctor_token.h"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "app/setup/diagnosis.h"
#include "base/result.h"
#include "base/text.h"
#include "signer/signer.h"

void pc_doctor_result_free(pc_doctor_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_doctor_result, pc_doctor_result, pc_doctor_result_free);

/* The innermost sentence says what failed; the hint is the fix. */
static pc_status add_error(pc_doctor_result *result, pc_severity severity, const char *id, const pc_error *problem,
                           pc_error *err)
{
    const char *fix = problem->hint[0] ? pc_arena_string(result->arena, problem->hint) : NULL;

    return pc_diagnosis_add_problem(result, severity, id, pc_arena_string(result->arena, problem->frames[0]), fix, err);
}

static pc_status look_at_openssl(pc_doctor_result *result, pc_error *err)
{
    unsigned long version = OpenSSL_version_num();
    /* Some releases between 3.0.12 and 3.2.1 make an engine's key the default for foreign ones. */
    bool foreign_key_fault = (version >= 0x300000c0UL && version <= 0x300000d0UL) ||
                             (version >= 0x30100040UL && version <= 0x30100050UL) ||
                             (version >= 0x30200000UL && version <= 0x30200010UL);
    const char *text = pc_arena_string(result->arena, OpenSSL_version(OPENSSL_VERSION));

    if (foreign_key_fault) {
        return pc_diagnosis_add_problem(
            result, PC_SEVERITY_WARNING, "openssl", text,
            "this release handles engine keys incorrectly in some places; install a later release of its series", err);
    }
    return pc_diagnosis_add_ok(result, "openssl", text, err);
}

static pc_status look_at_chosen(const pc_signer_kind *kind, const char *name, pc_doctor_result *result, pc_error *err)
{
    const char *reason = name ? "as chosen by --signer or P11CERT_SIGNER" : "the default of this build";
    pc_signer_parts parts = { .count = 0 };
    pc_error problem = { .status = PC_OK };

    PC_TRY(pc_diagnosis_add_ok(result, "signer",
                               pc_arena_format(result->arena, "%s, %s: signs with %s", kind->name, reason, kind->signs),
                               err));
    if (kind->list_parts(result->arena, &parts, &problem) != PC_OK) {
        return add_error(result, PC_SEVERITY_ERROR, kind->name, &problem, err);
    }
    for (size_t i = 0; i < parts.count; i++) {
        PC_TRY(pc_diagnosis_add_ok(result, parts.items[i].id, parts.items[i].found, err));
    }
    return PC_OK;
}

static pc_status look_at_other(const pc_signer_kind *kind, pc_doctor_result *result, pc_error *err)
{
    const char *id = pc_arena_format(result->arena, "signer.%s", kind->name);
    pc_error problem = { .status = PC_OK };

    if (!id) {
        return pc_fail_memory(err);
    }
    if (kind->load(&problem) != PC_OK) {
        return add_error(result, PC_SEVERITY_INFO, id, &problem, err);
    }
    return pc_diagnosis_add_ok(result, id,
                               pc_arena_format(result->arena, "not in use; --signer %s would sign with %s", kind->name,
                                               kind->signs),
                               err);
}

static pc_status look_at_signers(const char *name, pc_doctor_result *result, pc_error *err)
{
    const pc_signer_kind *chosen = NULL;
    pc_error problem = { .status = PC_OK };

    if (pc_signer_choose(name, &chosen, &problem) == PC_OK) {
        PC_TRY(look_at_chosen(chosen, name, result, err));
    } else {
        PC_TRY(add_error(result, PC_SEVERITY_ERROR, "signer", &problem, err));
    }
    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        PC_TRY(pc_signer_kinds[i] == chosen ? PC_OK : look_at_other(pc_signer_kinds[i], result, err));
    }
    return PC_OK;
}

static pc_status look_at_objects(const pc_token *token, const pc_doctor_order *order, pc_doctor_result *result,
                                 pc_error *err)
{
    if (order->with_login) {
        return pc_doctor_objects(token, result, err);
    }
    return pc_diagnosis_add_problem(result, PC_SEVERITY_INFO, "objects",
                                    "not logged in, so private keys were not examined",
                                    "give --pin-source to examine them", err);
}

static pc_status look_at_token(const pc_doctor_order *order, const pc_token_access *access, pc_doctor_result *result,
                               pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_error problem = { .status = PC_OK };

    if (pc_token_open(access, order->with_login ? PC_TOKEN_READ : PC_TOKEN_PUBLIC, &token, &problem) != PC_OK) {
        return add_error(result, PC_SEVERITY_ERROR, "token", &problem, err);
    }
    PC_TRY(pc_diagnosis_add_ok(result, "module", pc_arena_string(result->arena, token->module->name), err));
    if (pc_module_sick_slot(token->module, &problem) != PC_OK) {
        PC_TRY(add_error(result, PC_SEVERITY_WARNING, "module.slot", &problem, err));
    }
    PC_TRY(pc_doctor_token(token, result, err));
    PC_TRY(look_at_objects(token, order, result, err));
    return order->template_name ? pc_doctor_template(token, order, access, result, err) : PC_OK;
}

pc_status pc_doctor_run(const pc_doctor_order *order, const pc_token_access *access, pc_doctor_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_doctor_result) pc_doctor_result *result = PC_RESULT_NEW(pc_doctor_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(look_at_openssl(result, err));
    PC_TRY(look_at_signers(access->signer, result, err));
    PC_TRY(look_at_token(order, access, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

bool pc_doctor_found_error(const pc_doctor_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        if (!result->items[i].is_ok && result->items[i].severity == PC_SEVERITY_ERROR) {
            return true;
        }
    }
    return false;
}
