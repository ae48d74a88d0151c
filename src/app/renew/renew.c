/* SPDX-License-Identifier: Apache-2.0 */
#include "app/renew/renew.h"

#include <string.h>
#include <time.h>

#include "app/ca/session.h"
#include "app/ca/submit.h"
#include "app/kit/kit.h"
#include "app/renew/hook.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "pair/successor.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "signer/signer.h"
#include "token/uri.h"
#include "x509/renewal.h"

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

void pc_renew_result_free(pc_renew_result *result)
{
    if (!result) {
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        pc_submit_result_free(result->items[i].submitted);
        pc_kit_result_free(result->items[i].kit);
    }
    pc_arena_free(result->arena);
}
PC_AUTO_DEFINE(pc_renew_result, pc_renew_result, pc_renew_result_free);

/** One run; its parts are borrowed. */
typedef struct {
    const pc_renew_order *order;
    pc_renewals *renewals;
    pc_renew_result *result;
    const pc_token_access *access;
    pc_token *token; /* open except while the command of --on-renewed runs, which may need the token itself */
    pc_secret
        *pin; /* to open it again; this and the next are read once: a descriptor or a person supplies them only once */
    pc_secret *password; /* of the CA */
    pc_error *first;     /* the error of the first renewal that failed */
} renew_run;

/** How one renewal logs in. */
typedef struct {
    pc_ca_access ca;
    bool renews; /* the certificate that is being renewed logs in */
} renewal_login;

/* The chain of sentences in one line. */
static void note(const renew_run *run, pc_renewal *renewal, pc_status status, const pc_error *err)
{
    pc_renewed *item = renewal->item;

    item->status = status;
    if (status != PC_OK && run->first->status == PC_OK) {
        *run->first = *err;
    }
    item->problem = status != PC_OK ? pc_error_words(err, renewal->arena) : NULL;
    item->hint = status != PC_OK && *err->hint ? pc_arena_string(renewal->arena, err->hint) : NULL;
}

/* --- before the CA -------------------------------------------------------------------------------------------------
 */

static pc_status refuse_expired(const pc_renewal *renewal, pc_error *err)
{
    if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(renewal->old), time(NULL)) > 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the certificate of the key \"%s\", serial %s, has expired (%s), and a CA does not renew an expired "
                  "certificate",
                  renewal->key.label, renewal->item->old_serial, renewal->item->old_not_after);
    return pc_hint(err, PC_E_REFUSED,
                   "`p11cert new --key \"%s\" --subject …` requests a new certificate for the same key",
                   renewal->item->key_label);
}

/* "server-renews-1a2b3c4d.req", and the certificate next to it. */
static pc_status name_files(pc_renewal *renewal, pc_error *err)
{
    const pc_renew_order *order = renewal->order;
    pc_arena *arena = renewal->arena;
    pc_renewed *item = renewal->item;
    const char *name = pc_renewal_file_name(renewal->key.label, item->old_serial, arena);

    if (!name) {
        return pc_fail_memory(err);
    }
    item->request = order->due && order->out ? pc_arena_format(arena, "%s/%s.req", order->out, name)
                    : order->out             ? pc_arena_string(arena, order->out)
                                             : pc_arena_format(arena, "%s.req", name);
    if (!item->request) {
        return pc_fail_memory(err);
    }
    size_t len = strlen(item->request);
    bool ends_in_req = len > 4 && strcmp(item->request + len - 4, ".req") == 0;

    item->certificate = pc_arena_format(arena, "%.*s.cer", (int)(ends_in_req ? len - 4 : len), item->request);
    return item->certificate ? PC_OK : pc_fail_memory(err);
}

static pc_status prepare(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    const pc_ca_protocol *protocol = NULL;

    if (renewal->doubt) {
        pc_error_pass(err, renewal->doubt);
        return renewal->doubt->status;
    }
    PC_TRY(refuse_expired(renewal, err));
    PC_TRY(pc_renewal_choose_ca(token, renewal, err));
    PC_TRY(pc_renewal_check_login(renewal, err));
    protocol = renewal->target.protocol;
    PC_TRY(name_files(renewal, err));
    PC_TRY(pc_renewal_check_place(renewal, err));
    PC_TRY(pc_renewal_choose_key(token, renewal, err));
    renewal->template_name = renewal->order->template_name;
    if (!renewal->template_name && (!protocol || pc_ca_can(protocol, PC_CA_CAN_TAKE_TEMPLATE))) {
        renewal->template_name = pc_renewal_template(renewal->old, renewal->arena);
    }
    pc_status status = pc_renewal_write_request(token, renewal, err);

    if (status != PC_OK && renewal->order->new_key) {
        (void)pc_note(err, status,
                      "the new key \"%s\" is on token \"%s\" and stays there; the old certificate is unchanged",
                      renewal->successor, token->info.label);
    }
    return status;
}

/* The token is opened once for all signatures. */
static pc_status prepare_all(const renew_run *run, const pc_token *token, pc_error *err)
{
    pc_renew_result *result = run->result;
    pc_renewals *renewals = run->renewals;

    PC_TRY(pc_renewals_find(token, run->order, result->arena, renewals, err));
    result->token = pc_text_escape(result->arena, token->info.label, strlen(token->info.label));
    if (!result->token) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < renewals->count; i++) {
        pc_error own = { .status = PC_OK };

        note(run, &renewals->items[i], prepare(token, &renewals->items[i], &own), &own);
    }
    return PC_OK;
}

/* --- with the CA ---------------------------------------------------------------------------------------------------
 */

static pc_status retrieve(const renew_run *run, const pc_renewal *renewal, const pc_ca_access *ca,
                          pc_submit_result **ret_result, pc_error *err)
{
    const pc_retrieve_order order = {
        .key = renewal->next_uri,
        .ca = ca,
        .out = renewal->item->certificate,
        .wait_sec = renewal->order->wait_sec,
        .accept = true,
        .waiting = renewal->order->waiting,
        .waiting_context = renewal->order->waiting_context,
    };

    return pc_retrieve_on(run->token, &order, run->access, ret_result, err);
}

/* If the login distinguishes a renewal from a first request, the certificate that is being renewed logs in. */
static pc_status choose_login(const renew_run *run, const pc_renewal *renewal, renewal_login *ret_login, pc_error *err)
{
    renewal_login login = { .ca = renewal->ca, .renews = pc_renewal_logs_in_by_old(renewal) };

    login.ca.password = run->password;
    if (login.renews) {
        login.ca.client_key = pc_uri_of_key(&run->token->info, &renewal->key, renewal->arena);
        if (!login.ca.client_key) {
            return pc_fail_memory(err);
        }
    }
    *ret_login = login;
    return PC_OK;
}

static pc_status submit(const renew_run *run, const pc_renewal *renewal, const renewal_login *login,
                        pc_submit_result **ret_result, pc_error *err)
{
    const pc_submit_order order = {
        .request = renewal->item->request,
        .ca = &login->ca,
        .renews = login->renews,
        .template_name = renewal->template_name,
        .request_attributes = renewal->order->request_attributes,
        .request_attribute_count = renewal->order->request_attribute_count,
        .out = renewal->item->certificate,
        .accept = true,
    };
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;
    pc_status status = pc_submit_on(run->token, &order, run->access, &result, err);

    if (status == PC_OK && result->items[0].disposition == PC_CA_PENDING && renewal->order->wait_sec) {
        return retrieve(run, renewal, &login->ca, ret_result, err);
    }
    *ret_result = PC_TAKE(result);
    return status;
}

static pc_status ask_ca(const renew_run *run, pc_renewal *renewal, pc_error *err)
{
    pc_renewed *item = renewal->item;
    renewal_login login;

    PC_TRY(choose_login(run, renewal, &login, err));
    pc_status status = renewal->is_at_ca ? retrieve(run, renewal, &login.ca, &item->submitted, err)
                                         : submit(run, renewal, &login, &item->submitted, err);

    if (status != PC_OK) {
        return status;
    }
    if (item->submitted->count == 1 && item->submitted->items[0].accepted) {
        item->new_serial = item->submitted->items[0].serial;
    }
    item->changed = item->changed || !renewal->is_at_ca || item->new_serial;
    return PC_OK;
}

/* A secret in the environment stays there until it is read, which may be for a later key, or never. */
static const char *secret_variable(const char *source)
{
    return source && pc_text_starts(source, "env:") ? source + strlen("env:") : NULL;
}

/* A command that uses the token finds it free, even if the token allows only one session. */
static pc_status close_token(renew_run *run, pc_error *err)
{
    if (run->token && run->token->pin && !run->pin) {
        PC_TRY(pc_secret_copy(run->token->pin, &run->pin, err));
    }
    pc_token_close(PC_TAKE(run->token));
    return PC_OK;
}

static pc_status open_token_again(renew_run *run, pc_error *err)
{
    pc_token_access access = *run->access;

    access.pin = run->pin;
    return run->token ? PC_OK : pc_token_open(&access, PC_TOKEN_WRITE, &run->token, err);
}

static pc_status run_hook(renew_run *run, pc_renewal *renewal, pc_error *err)
{
    pc_renewed *item = renewal->item;
    char *path = realpath(item->certificate, NULL);
    const pc_hook_variable variables[] = {
        { "P11CERT_RENEWED_LABEL", item->new_label ? item->new_label : item->key_label },
        { "P11CERT_RENEWED_OLD_LABEL", item->key_label },
        { "P11CERT_RENEWED_OLD_SERIAL", item->old_serial },
        { "P11CERT_RENEWED_NEW_SERIAL", item->new_serial },
        { "P11CERT_RENEWED_CERTIFICATE", path ? path : item->certificate },
        { "P11CERT_RENEWED_TOKEN", run->result->token },
        { secret_variable(renewal->order->kit_password_source), NULL },
        { secret_variable(renewal->ca.password_source), NULL },
        { secret_variable(run->access->pin_source), NULL },
    };
    pc_status status = close_token(run, err);

    if (status == PC_OK) {
        status = pc_hook_run(renewal->order->on_renewed, variables, PC_COUNT(variables), &item->hook_exit, err);
    }

    free(path);
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the certificate is renewed and bound, but `on_renewed` was not run");
}

/* For the certificate that was just bound, which need not be the key's only one. */
static pc_status make_kit(const renew_run *run, pc_renewal *renewal, pc_error *err)
{
    const pc_renew_order *order = renewal->order;
    const char *name = pc_renewal_file_name(renewal->key.label, renewal->item->old_serial, renewal->arena);
    const char *certificate = renewal->item->certificate;
    const pc_kit_order kit = {
        .key = renewal->next_uri,
        .certificate = certificate,
        .chains = &certificate,
        .chain_count = 1,
        .out = order->due && name ? pc_arena_format(renewal->arena, "%s/%s", order->kit, name) : order->kit,
        .password_source = order->kit_password_source,
        .is_step = true,
    };

    if (!name || !kit.out) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_kit_on(run->token, &kit, run->access, &renewal->item->kit, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the certificate is renewed and bound, but its kit was not created");
    }
    renewal->item->changed = renewal->item->changed || renewal->item->kit->changed;
    return PC_OK;
}

static pc_status finish(renew_run *run, pc_renewal *renewal, pc_error *err)
{
    PC_TRY(open_token_again(run, err));
    PC_TRY(ask_ca(run, renewal, err));
    if (!renewal->item->new_serial) {
        return PC_OK;
    }
    if (renewal->order->kit) {
        PC_TRY(make_kit(run, renewal, err));
    }
    return renewal->order->on_renewed ? run_hook(run, renewal, err) : PC_OK;
}

static bool is_login_refused(pc_status status)
{
    return status == PC_E_AUTH || status == PC_E_LOCKED;
}

static bool is_with_ca(const pc_renewal *renewal)
{
    return renewal->item->status == PC_OK && (!renewal->item->already || renewal->is_at_ca);
}

/* The password is not requested if there is nothing to submit. */
static pc_status read_password(renew_run *run, pc_error *err)
{
    bool any = false;

    for (size_t i = 0; i < run->renewals->count; i++) {
        any = any || is_with_ca(&run->renewals->items[i]);
    }
    if (any) {
        PC_TRY(pc_ca_password_read(run->order->ca, run->access, run->result->arena, &run->password, err));
    }
    return PC_OK;
}

/* A failure inside the token may have left an operation open in the session. */
static void recover_session(const renew_run *run, const pc_error *err)
{
    if (run->token && err->origin == PC_ORIGIN_PKCS11) {
        pc_token_renew_session(run->token, true);
    }
}

/* A PIN or password that was refused once is not tried for the next key: that would lock tokens and accounts. A ticket
 * or a certificate that was refused is only not presented to the same CA again. */
static bool is_refused_before(const renew_run *run, const pc_renewal *renewal, bool is_pin_refused)
{
    bool is_refused = is_pin_refused;

    for (const pc_renewal *each = run->renewals->items; each < renewal; each++) {
        is_refused =
            is_refused || (is_with_ca(each) == false && is_login_refused(each->item->status) && each->target.address &&
                           (pc_renewal_login_is_password(run->order->ca) ||
                            strcmp(each->target.address, renewal->target.address) == 0));
    }
    return is_refused;
}

static void finish_all(renew_run *run)
{
    bool is_pin_refused = false;

    for (size_t i = 0; i < run->renewals->count; i++) {
        pc_renewal *each = &run->renewals->items[i];
        pc_error own = { .status = PC_OK };

        if (!is_with_ca(each)) {
            continue;
        }
        pc_status status = is_refused_before(run, each, is_pin_refused)
                               ? pc_fail(&own, PC_E_AUTH, "not submitted, because the login was refused before")
                               : finish(run, each, &own);
        is_pin_refused = is_pin_refused || (is_login_refused(status) && own.origin == PC_ORIGIN_PKCS11);
        if (status != PC_OK) {
            recover_session(run, &own);
        }
        note(run, each, status, &own);
    }
}

/* --- all -----------------------------------------------------------------------------------------------------------
 */

/* With `due`, each of these is a folder for the files of many keys. */
static pc_status require_folder(const char *path, const char *member, pc_error *err)
{
    pc_path_kind kind;

    PC_TRY(pc_path_look(path, &kind, err));
    return kind == PC_PATH_FOLDER
               ? PC_OK
               : pc_fail(err, PC_E_NOT_FOUND, "\"%s\" is not a folder; with `due`, `%s` names an existing folder", path,
                         member);
}

/* Before anything is signed: a kit that cannot be made is detected now. */
static pc_status check_kit_place(const pc_renew_order *order, pc_error *err)
{
    return order->due ? require_folder(order->kit, "kit", err) : pc_kit_check_place(order->kit, err);
}

static pc_status check_ca(const renew_run *run, pc_error *err)
{
    pc_ca_access access = *run->order->ca;
    const pc_ca_access *ca = &access;
    pc_ca_target target;

    pc_renewal_fit_login(&access, run->result->arena);
    if (!ca->url && pc_renewal_login_is_password(ca)) {
        (void)pc_fail(err, PC_E_USAGE, "a password needs the CA that it is for: name it with `ca` URL");
        return pc_hint(err, PC_E_USAGE, "with `ca` recorded, log in with a ticket or a certificate");
    }
    return pc_ca_access_check(ca, run->result->arena, ca->url ? &target : NULL, err);
}

static pc_status check_order(const renew_run *run, pc_error *err)
{
    const pc_renew_order *order = run->order;

    if (!order->due == !order->key) {
        return pc_fail(err, PC_E_USAGE, "name either a key or the time within which certificates expire");
    }
    PC_TRY(order->due && order->out ? require_folder(order->out, "out", err) : PC_OK);
    if (order->kit) {
        PC_TRY(check_kit_place(order, err));
    }
    return order->ca ? check_ca(run, err) : PC_OK;
}

static pc_status copy_items(const pc_renewals *renewals, pc_renew_result *result, pc_error *err)
{
    result->items = pc_arena_alloc(result->arena, (renewals->count + 1) * sizeof *result->items);
    if (!result->items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < renewals->count; i++) {
        result->items[i] = *renewals->items[i].item;
    }
    result->count = renewals->count;
    return PC_OK;
}

/* The first failure determines the status; with one key, it is the whole result. */
static pc_status sum_up(const pc_renew_result *result, const pc_error *first, pc_error *err)
{
    size_t failed = 0;
    const pc_renewed *item = NULL;

    for (size_t i = 0; i < result->count; i++) {
        failed += result->items[i].status != PC_OK;
        item = !item && result->items[i].status != PC_OK ? &result->items[i] : item;
    }
    if (!item) {
        return PC_OK;
    }
    pc_error_pass(err, first);
    if (result->count == 1) {
        return pc_note(err, first->status, "the certificate of the key \"%s\" was not renewed", item->key_label);
    }
    return pc_note(err, first->status, "%zu of %zu certificates were not renewed; the first failure is", failed,
                   result->count);
}

static void run_clear(renew_run *run)
{
    pc_secret_free(run->password);
    pc_secret_free(run->pin);
    pc_token_close(run->token);
}

PC_AUTO_DEFINE_VALUE(renew_run, renew_run, run_clear);

static pc_status with_token(renew_run *run, pc_error *err)
{
    const pc_renew_order *order = run->order;

    PC_TRY(pc_token_open(run->access, order->new_key || order->ca ? PC_TOKEN_WRITE : PC_TOKEN_READ, &run->token, err));
    PC_TRY(prepare_all(run, run->token, err));
    if (!order->ca) {
        return PC_OK;
    }
    PC_TRY(read_password(run, err));
    finish_all(run);
    return PC_OK;
}

pc_status pc_renew_run(const pc_renew_order *order, const pc_token_access *access, pc_renew_result **ret_result,
                       pc_error *err)
{
    PC_AUTO(pc_renew_result) pc_renew_result *result = PC_RESULT_NEW(pc_renew_result);
    PC_AUTO(pc_renewals) pc_renewals renewals = { .items = NULL };
    pc_error first = { .status = PC_OK };
    PC_AUTO(renew_run)
    renew_run run = { .order = order, .renewals = &renewals, .result = result, .access = access, .first = &first };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(&run, err));
    PC_TRY(pc_signer_check(access->signer, err));
    pc_status status = with_token(&run, err);

    PC_TRY(copy_items(&renewals, result, err));
    PC_TRY(status);
    status = sum_up(result, &first, err);
    *ret_result = PC_TAKE(result);
    return status;
}
