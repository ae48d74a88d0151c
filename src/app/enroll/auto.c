/* SPDX-License-Identifier: Apache-2.0 */
#include "app/enroll/auto.h"

#include <string.h>
#include <unistd.h>

#include <p11cert/enroll.h>
#include <p11cert/renew.h>

#include "app/ca/session.h"
#include "app/check/profile.h"
#include "app/enroll/enroll.h"
#include "app/enroll/offer.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "enroll/http/address.h"
#include "signer/signer.h"
#include "token/lock.h"

PC_AUTO_DEFINE(pc_renew_result, pc_renew_result, pc_renew_result_free);
PC_AUTO_DEFINE(pc_auto_enroll_result, pc_auto_enroll_result, pc_auto_enroll_result_free);

static const char *const state_names[] = {
    [PC_AUTO_HELD] = "held",         [PC_AUTO_SUPERSEDED] = "superseded", [PC_AUTO_TO_ENROLL] = "to-enroll",
    [PC_AUTO_TO_RENEW] = "to-renew", [PC_AUTO_PENDING] = "pending",       [PC_AUTO_ENROLLED] = "enrolled",
    [PC_AUTO_RENEWED] = "renewed",
};

const char *pc_auto_enroll_state_name(pc_auto_enroll_state state)
{
    return (size_t)state < PC_COUNT(state_names) ? state_names[state] : state_names[PC_AUTO_TO_ENROLL];
}

void pc_auto_enroll_result_free(pc_auto_enroll_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

/** A run. */
typedef struct {
    const pc_auto_enroll_order *order;
    pc_token_access access; /* with the PIN, after the token was first opened: every step opens it again */
    pc_ca_access ca;        /* with the password, once it was read */
    pc_ca_target target;
    pc_secret *pin;
    pc_secret *password;
    pc_token_lock lock;
    pc_templates_result *offered;
    pc_auto_tasks tasks;
    pc_auto_enroll_result *result;
} auto_run;

static void auto_run_clear(auto_run *run)
{
    pc_templates_result_free(run->offered);
    pc_token_lock_release(&run->lock);
    pc_secret_free(run->password);
    pc_secret_free(run->pin);
}

PC_AUTO_DEFINE_VALUE(auto_run, auto_run, auto_run_clear);

/* --- preparation ------------------------------------------------------------------------------------- */

static pc_status check_order(auto_run *run, pc_error *err)
{
    const pc_auto_enroll_order *order = run->order;
    const pc_policy_order policy = { .policy = order->policy };
    pc_profile profile;
    pc_path_kind kind = PC_PATH_FOLDER;

    PC_TRY(order->policy ? pc_profile_open_order(&policy, run->result->arena, &profile, err) : PC_OK);
    PC_TRY(order->folder ? pc_path_look(order->folder, &kind, err) : PC_OK);
    if (kind != PC_PATH_FOLDER) {
        return pc_fail(err, PC_E_NOT_FOUND, "\"%s\" is not a folder", order->folder);
    }
    PC_TRY(order->ca->ces_host ? pc_address_check_host(order->ca->ces_host, err) : PC_OK);
    PC_TRY(pc_ca_access_check(order->ca, run->result->arena, &run->target, err));
    run->result->ca = run->target.address;
    if (run->target.protocol->get_policies) {
        return pc_signer_check(run->access.signer, err);
    }
    (void)pc_fail(err, PC_E_USAGE, "\"%s\" does not list templates for automatic enrolment", run->target.address);
    return pc_hint(err, PC_E_USAGE, "name the enrolment policy service of the CA: https://HOST/.../service.svc/CEP");
}

static pc_status copy_items(const auto_run *run, pc_error *err)
{
    pc_auto_enroll_result *result = run->result;

    result->items = pc_arena_alloc(result->arena, (run->tasks.count + 1) * sizeof *result->items);
    if (!result->items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < run->tasks.count; i++) {
        const pc_auto_enrolled *item = run->tasks.items[i].item;
        bool is_worse = pc_status_exit_code(item->status) > pc_status_exit_code(result->worst);

        result->items[i] = *item;
        result->worst = is_worse ? item->status : result->worst;
    }
    result->count = run->tasks.count;
    return PC_OK;
}

static bool is_to_do(const pc_auto_enrolled *item)
{
    return item->status == PC_OK && (item->state == PC_AUTO_TO_ENROLL || item->state == PC_AUTO_TO_RENEW);
}

/* A renewal goes to the CA itself; an enrolment asks the policy service again, as a manual one does. */
static pc_status find_ca(const auto_run *run, const pc_token *token, pc_auto_task *task, pc_error *err)
{
    const pc_offer_order order = {
        .ca = &run->ca,
        .template_name = task->offered->name,
        .ca_name = run->order->ca_name,
        .access = &run->access,
    };
    pc_offer offer;

    PC_TRY(pc_offer_find(token, &order, run->result->arena, &offer, err));
    task->item->ca = offer.ca_urls[0];
    task->urls = offer.ca_urls;
    task->url_count = offer.ca_url_count;
    return PC_OK;
}

static pc_status find_cas(const auto_run *run, const pc_token *token, pc_error *err)
{
    for (size_t i = 0; i < run->tasks.count; i++) {
        pc_auto_task *task = &run->tasks.items[i];
        pc_error own = { .status = PC_OK };

        if (!is_to_do(task->item)) {
            continue;
        }
        pc_status status = pc_auto_note(task->item, find_ca(run, token, task, &own), &own, run->result->arena);

        if (status == PC_E_AUTH || status == PC_E_LOCKED || status == PC_E_MEMORY) {
            pc_error_pass(err, &own);
            return status;
        }
    }
    return PC_OK;
}

static pc_status look(auto_run *run, const pc_token *token, pc_error *err)
{
    pc_auto_enroll_result *result = run->result;
    const pc_templates_order question = {
        .ca = &run->ca,
        .template_name = run->order->template_name,
        .ca_name = run->order->ca_name,
    };

    result->token = pc_text_escape(result->arena, token->info.label, strlen(token->info.label));
    PC_TRY(result->token ? PC_OK : pc_fail_memory(err));
    PC_TRY(pc_ca_password_read(&run->ca, &run->access, result->arena, &run->password, err));
    run->ca.password = run->password;
    PC_TRY(pc_templates_on(token, &question, &run->access, &run->offered, err));
    result->policy = pc_arena_string(result->arena, run->offered->policy);
    PC_TRY(result->policy ? PC_OK : pc_fail_memory(err));
    const pc_auto_question asked = { .token = token, .order = run->order, .offered = run->offered };

    PC_TRY(pc_auto_look(&asked, result->arena, &run->tasks, err));
    return find_cas(run, token, err);
}

/* Two simultaneous runs would both send a request. On a machine where no lock file can be opened, there is none to wait
 * for. */
static pc_status take_turn(auto_run *run, const pc_token *token, pc_error *err)
{
    const char *ignored = NULL;

    run->lock = pc_token_lock_take(token, "auto-enrolment");
    if (run->lock.fd >= 0 || !pc_lock_is_possible(&ignored)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "another run has been enrolling automatically on token \"%s\" for a minute",
                  token->info.label);
    return pc_hint(err, PC_E_REFUSED, "run the command again once the other one has ended; nothing was done");
}

/* The token is closed again, since every step opens it for itself. */
static pc_status open_and_look(auto_run *run, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;

    PC_TRY(pc_token_open(&run->access, run->order->dry_run ? PC_TOKEN_READ : PC_TOKEN_WRITE, &token, err));
    PC_TRY(run->order->dry_run ? PC_OK : take_turn(run, token, err));
    if (token->pin) {
        PC_TRY(pc_secret_copy(token->pin, &run->pin, err));
        run->access.pin = run->pin;
    }
    return look(run, token, err);
}

/* --- enrolment ---------------------------------------------------------------------------------------------------- */

/* Completes an earlier submission: gets the CA's answer about the only request. */
static pc_status take_answer(const auto_run *run, const pc_submit_result *submitted, pc_auto_enroll_state done,
                             pc_auto_enrolled *item, pc_error *err)
{
    const pc_submitted *answer = submitted && submitted->count == 1 ? &submitted->items[0] : NULL;

    if (answer && answer->disposition == PC_CA_PENDING) {
        item->state = PC_AUTO_PENDING;
        return PC_OK;
    }
    if (answer && answer->serial) {
        item->serial = pc_arena_string(run->result->arena, answer->serial);
        item->not_after = pc_arena_string(run->result->arena, answer->not_after);
        item->renews_from = NULL;
        PC_TRY(item->serial && item->not_after ? PC_OK : pc_fail_memory(err));
    }
    item->state = done;
    return PC_OK;
}

/* The names in it do not become those of the certificate: those come from the directory. */
static pc_status host_subject(pc_arena *arena, const char **ret_subject, pc_error *err)
{
    char host[256] = "";

    if (gethostname(host, sizeof host - 1) != 0 || !*host) {
        return pc_fail(err, PC_E_IO, "the name of this machine is not known");
    }
    *ret_subject = pc_arena_format(arena, "CN=%s", host);
    return *ret_subject ? PC_OK : pc_fail_memory(err);
}

static pc_status enroll(const auto_run *run, const pc_auto_task *task, pc_error *err)
{
    PC_AUTO(pc_enroll_result) pc_enroll_result *result = NULL;
    pc_new_order request = {
        .inf = task->inf,
        .label = task->label,
        .out = task->request,
    };
    const pc_enroll_order order = {
        .request = &request,
        .ca = &run->ca,
        .ca_name = run->order->ca_name,
        .template_name = task->offered->name,
        .unchecked = run->order->policy == NULL,
        .policy = { .policy = run->order->policy },
    };

    PC_TRY(task->inf ? PC_OK : host_subject(run->result->arena, &request.subject, err));
    PC_TRY(pc_enroll_run(&order, &run->access, &result, err));
    PC_TRY(take_answer(run, result->submitted, PC_AUTO_ENROLLED, task->item, err));
    return !result->report || !pc_report_failed(result->report)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the certificate is bound, but does not satisfy the policy \"%s\"",
                         run->order->policy);
}

/* No template name can be sent with a PKCS#7: the certificate must contain it. */
static pc_status renew(const auto_run *run, const pc_auto_task *task, pc_error *err)
{
    PC_AUTO(pc_renew_result) pc_renew_result *result = NULL;
    pc_ca_access ca = run->ca;
    const pc_renew_order order = {
        .key = task->key_uri,
        .ca = &ca,
        .out = task->request,
        .form = task->names_template ? PC_RENEW_PKCS7 : PC_RENEW_PKCS10,
        .template_name = task->offered->name,
    };

    ca.url = task->urls[0];
    ca.spare_urls = task->urls + 1;
    ca.spare_url_count = task->url_count - 1;
    ca.protocol = NULL;
    PC_TRY(pc_renew_run(&order, &run->access, &result, err));
    return result->count == 1 ? take_answer(run, result->items[0].submitted, PC_AUTO_RENEWED, task->item, err)
                              : pc_fail(err, PC_E_INTERNAL, "a renewal of one key has no outcome");
}

static void do_all(const auto_run *run)
{
    bool is_refused = false;

    for (size_t i = 0; i < run->tasks.count; i++) {
        const pc_auto_task *task = &run->tasks.items[i];
        pc_error own = { .status = PC_OK };

        if (!is_to_do(task->item)) {
            continue;
        }
        pc_status status = is_refused ? pc_fail(&own, PC_E_AUTH, "not tried, because a login was refused before")
                           : task->item->state == PC_AUTO_TO_RENEW ? renew(run, task, &own)
                                                                   : enroll(run, task, &own);
        is_refused = is_refused || status == PC_E_AUTH || status == PC_E_LOCKED;
        (void)pc_auto_note(task->item, status, &own, run->result->arena);
    }
}

pc_status pc_auto_enroll_run(const pc_auto_enroll_order *order, const pc_token_access *access,
                             pc_auto_enroll_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_auto_enroll_result) pc_auto_enroll_result *result = PC_RESULT_NEW(pc_auto_enroll_result);
    PC_AUTO(auto_run)
    auto_run run = { .order = order, .access = *access, .ca = *order->ca, .lock = { .fd = -1 }, .result = result };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(&run, err));
    PC_TRY(open_and_look(&run, err));
    if (!order->dry_run) {
        do_all(&run);
    }
    PC_TRY(copy_items(&run, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
