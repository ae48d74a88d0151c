/* SPDX-License-Identifier: Apache-2.0 */

#include <p11cert/crl.h>

#include "app/ceremony/ceremony.h"
#include "base/file.h"

PC_AUTO_DEFINE(pc_crl_result, pc_crl_result, pc_crl_result_free);

#define DAY_SEC ((int64_t)86400)

static const char *path_of(const pc_ceremony *ceremony, const char *name)
{
    return name ? pc_ceremony_path(ceremony, name) : NULL;
}

/* The file appears complete or not at all, and only this step writes it; if it exists, the interrupted step signed
 * it. */
static pc_status look(const pc_ceremony *ceremony, const char *path, bool *ret_was_written, pc_error *err)
{
    return ceremony->progress.has_intent ? pc_path_exists(path, ret_was_written, err) : PC_OK;
}

static pc_status issue(pc_ceremony *ceremony, const pc_script_step *step, const pc_crl_order *order, pc_error *err)
{
    PC_AUTO(pc_crl_result) pc_crl_result *result = NULL;
    bool was_written = false;
    pc_token_access access;

    PC_TRY(look(ceremony, order->out, &was_written, err));
    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_ceremony_intent(ceremony, step, "C_Sign",
                              json_pack("{s:s, s:s, s:s}", "token", step->token, "key", step->ca, "out", step->out),
                              err));
    PC_TRY(pc_ceremony_outcome(ceremony, was_written ? PC_OK : pc_crl_run(order, &access, &result, err), json_object(),
                               err));
    if (result) {
        pc_ceremony_report(ceremony, "CRL number %s of %s: %zu revoked, next update %s", result->number, result->issuer,
                           result->revoked_count, result->next_update);
    }
    return PC_OK;
}

pc_status pc_ceremony_crl_order(const pc_ceremony *ceremony, const pc_script_step *step, pc_crl_order *ret_order,
                                pc_error *err)
{
    const pc_crl_order order = {
        .ca = step->ca,
        .ca_certificate = path_of(ceremony, step->issuer),
        .revoked = path_of(ceremony, step->revoked),
        .previous = path_of(ceremony, step->previous),
        .first = !step->previous,
        .next_update_sec = (int64_t)step->days * DAY_SEC,
        .out = path_of(ceremony, step->out),
    };

    if (!order.out || (step->issuer && !order.ca_certificate) || (step->revoked && !order.revoked) ||
        (step->previous && !order.previous)) {
        return pc_fail_memory(err);
    }
    *ret_order = order;
    return PC_OK;
}

pc_status pc_step_crl(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    pc_crl_order order;

    PC_TRY(pc_ceremony_crl_order(ceremony, step, &order, err));
    PC_TRY(pc_ceremony_draw_time(ceremony, step, &order.time_sec, err));
    PC_TRY(issue(ceremony, step, &order, err));
    PC_TRY(pc_ceremony_lint_passed(ceremony, step, (pc_text_list){ .count = 0 }, err));
    return pc_ceremony_artefact(ceremony, step, step->out, "crl", err);
}
