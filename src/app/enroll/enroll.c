/* SPDX-License-Identifier: Apache-2.0 */
#include "app/enroll/enroll.h"

#include <string.h>

#include "app/ca/session.h"
#include "app/ca/submit.h"
#include "app/check/check.h"
#include "app/check/profile.h"
#include "app/files/document.h"
#include "app/enroll/issue_here.h"
#include "app/enroll/offer.h"
#include "app/request/new.h"
#include "app/files/place.h"
#include "app/kit/kit.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "token/uri.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "signer/signer.h"
#include "x509/words.h"

static const char *const state_names[] = {
    [PC_ENROLL_STOPPED] = "stopped",
    [PC_ENROLL_PENDING] = "pending",
    [PC_ENROLL_DONE] = "done",
    [PC_ENROLL_ALREADY] = "already",
};

const char *pc_enroll_state_name(pc_enroll_state state)
{
    return (size_t)state < PC_COUNT(state_names) ? state_names[state] : "stopped";
}

void pc_enroll_result_free(pc_enroll_result *result)
{
    if (result) {
        pc_kit_result_free(result->kit);
        pc_accept_result_free(result->accepted);
        pc_issue_result_free(result->issued);
        pc_report_free(result->report);
        pc_submit_result_free(result->submitted);
        pc_new_result_free(result->made);
        pc_new_plan_free(result->plan);
        pc_arena_free(result->arena);
    }
}

/* The state of a run. */
typedef struct {
    const pc_enroll_order *order;
    const pc_token_access *access;
    pc_token *token; /* open all the time, so that all steps share one login */
    pc_ca_access ca; /* with the password, once it was read */
    pc_profile profile;
    pc_secret *password;
    pc_ca_target target;
    pc_local_ca local_ca;      /* with `issue_with` */
    const char *url;           /* of the CA, as in records */
    const char *template_name; /* from a policy service; NULL: as in the order */
    pc_enroll_standing standing;
    pc_enroll_result *result;
    pc_arena *arena; /* the result's */
} enrolment;

static void enrolment_clear(enrolment *job)
{
    pc_enroll_standing_clear(&job->standing);
    pc_secret_free(job->password);
    pc_local_ca_clear(&job->local_ca);
    pc_token_close(job->token);
}

PC_AUTO_DEFINE_VALUE(enrolment, enrolment, enrolment_clear);

PC_PRINTF(2, 3)
static void report_progress(const enrolment *job, const char *format, ...)
{
    char words[PC_ERROR_TEXT];
    char safe[PC_ERROR_TEXT];
    va_list args;

    if (!job->order->step) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    pc_text_escape_into(words, strlen(words), safe, sizeof safe);
    job->order->step(job->order->context, safe);
}

/* --- the request ----------------------------------------------------------------------- */

static bool is_stream(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static pc_status choose_paths(enrolment *job, pc_error *err)
{
    const pc_new_order *asked = job->order->request;
    pc_enroll_result *result = job->result;

    if (asked->key) {
        return pc_fail(
            err, PC_E_USAGE,
            "this verb names its key by label; for another existing key use `p11cert new --key` and `p11cert submit`");
    }
    if (is_stream(asked->out) || is_stream(job->order->out)) {
        return pc_fail(err, PC_E_USAGE,
                       "request and certificate are kept in files, so that the next run can continue with them");
    }
    if (!asked->out && (!asked->inf || is_stream(asked->inf))) {
        return pc_fail(err, PC_E_USAGE,
                       "name the file for the request with `request`: there is no INF file to name it after");
    }
    result->request =
        asked->out ? pc_arena_string(job->arena, asked->out) : pc_place_beside(asked->inf, ".req", job->arena);
    result->out = !result->request  ? NULL
                  : job->order->out ? pc_arena_string(job->arena, job->order->out)
                                    : pc_place_beside(result->request, ".cer", job->arena);
    if (!result->request || !result->out) {
        return pc_fail_memory(err);
    }
    bool inf_in_the_way =
        asked->inf && (strcmp(asked->inf, result->request) == 0 || strcmp(asked->inf, result->out) == 0);

    if (inf_in_the_way || strcmp(result->request, result->out) == 0) {
        return pc_fail(err, PC_E_USAGE, "INF, request and certificate need three names: give `request` and `out`");
    }
    return PC_OK;
}

static pc_policy_order policy_of(const pc_enroll_order *order)
{
    pc_policy_order policy = order->policy;

    policy.policy = policy.policy ? policy.policy : "scom";
    return policy;
}

/* Only a policy service chooses among CAs, and names the host of another service. */
static pc_status check_for_policy(const enrolment *job, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    const char *member = order->ca->ces_host ? "ces_host" : order->ca_name ? "ca_name" : NULL;

    if (!member || job->target.protocol->get_policies) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE, "`%s` is for an enrolment policy service (CEP), but %s is %s; nothing was sent",
                  member, job->target.address, job->target.protocol->server);
    return pc_hint(err, PC_E_USAGE, "omit it, since the request goes to `ca`; or give the policy service as `ca`");
}

static pc_status prepare_ca(enrolment *job, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    pc_unfinished_signatures ignored; /* they are in the result of issuing */

    if (!order->issue_with) {
        PC_TRY(pc_ca_access_check(order->ca, job->arena, &job->target, err));
        job->url = job->target.address;
        return check_for_policy(job, err);
    }
    job->local_ca.order = *order->issue_with;
    job->local_ca.order.csr = job->result->request;
    job->local_ca.order.out = job->result->out;
    job->local_ca.order.force = order->request->force;
    return pc_local_ca_prepare(&job->local_ca, job->arena, &ignored, err);
}

static pc_status prepare(enrolment *job, pc_error *err)
{
    pc_enroll_result *result = job->result;
    const pc_enroll_order *order = job->order;

    PC_TRY(order->issue_with ? pc_issue_here_check(order, err) : PC_OK);
    PC_TRY(choose_paths(job, err));
    if (!order->issue_with && !order->ca->url) {
        return pc_fail(err, PC_E_USAGE, "name the CA");
    }
    if (order->fqdn && !*order->fqdn) {
        return pc_fail(err, PC_E_USAGE, "the server's name (`fqdn`) is empty: nothing could be compared with it");
    }
    result->order = *order->request;
    result->order.out = result->request;
    pc_status status = pc_new_prepare(&result->order, &result->plan, err);

    if (result->plan && order->planned) {
        order->planned(order->context, result->plan);
    }
    PC_TRY(status);
    const pc_policy_order policy = policy_of(order);

    PC_TRY(pc_profile_open_order(&policy, job->arena, &job->profile, err));
    PC_TRY(prepare_ca(job, err));
    return pc_signer_check(job->access->signer, err);
}

static const char *template_of(const enrolment *job)
{
    const pc_request *request = job->result->plan->request;

    for (size_t i = 0; !job->order->template_name && i < request->request_attribute_count; i++) {
        if (pc_text_equal(request->request_attributes[i].name, "CertificateTemplate")) {
            return request->request_attributes[i].value;
        }
    }
    return job->order->template_name;
}

static pc_status read_password(enrolment *job, pc_error *err)
{
    if (!job->password) {
        PC_TRY(pc_ca_password_read(&job->ca, job->access, job->arena, &job->password, err));
        job->ca.password = job->password;
    }
    return PC_OK;
}

/* If the user says nothing about the key, the template decides. */
static pc_status adapt_key(enrolment *job, const pc_offer *offer, pc_error *err)
{
    pc_enroll_result *result = job->result;
    bool is_free = !result->order.inf && !result->order.key_type && offer->key_type;

    if (!is_free) {
        return pc_offer_check_key(offer, result->plan->request->key_kind, err);
    }
    result->order.key_type = offer->key_type;
    pc_new_plan_free(PC_TAKE(result->plan));
    return pc_new_prepare(&result->order, &result->plan, err);
}

static pc_status turn_to(enrolment *job, const pc_offer *offer, pc_error *err)
{
    job->ca.url = offer->ca_urls[0];
    job->ca.protocol = NULL;
    job->ca.spare_urls = offer->ca_urls + 1;
    job->ca.spare_url_count = offer->ca_url_count - 1;
    PC_TRY(pc_ca_access_check(&job->ca, job->arena, &job->target, err));
    job->url = job->target.address;
    return pc_ca_check_takes_requests(job->target.protocol, err);
}

/* From here on the CA is the one that the policy service names. */
static pc_status follow_policy(enrolment *job, pc_error *err)
{
    pc_offer offer;

    if (job->target.protocol->submit || !job->target.protocol->get_policies) {
        return pc_ca_check_takes_template(job->target.protocol, template_of(job), err);
    }
    report_progress(job, "asking %s for the template", job->url);
    PC_TRY(read_password(job, err));
    const pc_offer_order order = {
        .ca = &job->ca,
        .template_name = template_of(job),
        .ca_name = job->order->ca_name,
        .access = job->access,
    };

    PC_TRY(pc_offer_find(job->token, &order, job->arena, &offer, err));
    PC_TRY(adapt_key(job, &offer, err));
    job->template_name = offer.template_name;
    return turn_to(job, &offer, err);
}

static pc_status look(enrolment *job, pc_error *err)
{
    pc_enroll_result *result = job->result;

    PC_TRY(pc_token_open(job->access, PC_TOKEN_WRITE, &job->token, err));
    const pc_token *token = job->token;

    result->token = pc_text_escape(job->arena, token->info.label, strlen(token->info.label));
    result->key_label = pc_text_escape(job->arena, result->plan->label, strlen(result->plan->label));
    if (!result->token || !result->key_label) {
        return pc_fail_memory(err);
    }
    PC_TRY(job->order->issue_with ? PC_OK : follow_policy(job, err));
    return pc_enroll_look(token, result->plan, job->arena, &job->standing, err);
}

/* --- the steps ------------------------------------------------------------------------------- */

static pc_status make_request(enrolment *job, pc_error *err)
{
    const pc_enroll_result *result = job->result;

    if (job->standing.has_request) {
        report_progress(job, "key \"%s\" and its request \"%s\" exist", result->key_label, result->request);
        return PC_OK;
    }
    if (job->standing.stage == PC_ENROLL_AT_START) {
        report_progress(job, "creating the key \"%s\" on token \"%s\" and its request", result->key_label,
                        result->token);
    } else {
        report_progress(job, "the key \"%s\" exists; creating its request", result->key_label);
    }
    return pc_new_on(job->token, result->plan, &job->result->made, err);
}

static pc_status submit(enrolment *job, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    bool again = job->standing.stage == PC_ENROLL_AT_SENT;
    const pc_submit_order submission = {
        .request = job->result->request,
        .ca = &job->ca,
        .template_name = job->template_name ? job->template_name : template_of(job),
        .request_attributes = order->request_attributes,
        .request_attribute_count = order->request_attribute_count,
        .out = job->result->out,
        .accept = true,
        .again_since = again ? job->standing.record.submitted_at : NULL,
        .force = order->request->force,
    };

    if (again) {
        report_progress(
            job,
            "a request for this key was about to be sent to %s at %s, and it is not known whether it arrived: that CA "
            "may have it too",
            job->standing.record.ca, job->standing.record.submitted_at);
    }
    report_progress(job, "submitting \"%s\" to %s", submission.request, job->url);
    return pc_submit_on(job->token, &submission, job->access, &job->result->submitted, err);
}

static pc_status fail_other_ca(const enrolment *job, pc_error *err)
{
    const pc_pending *record = &job->standing.record;

    (void)pc_fail(err, PC_E_REFUSED,
                  "a request for the key \"%s\" is pending at another CA, %s, as number %s, submitted at %s; "
                  "nothing was sent",
                  record->key_label, record->ca, record->request_id, record->submitted_at);
    return pc_hint(err, PC_E_REFUSED,
                   "`ca` %s continues with it; `p11cert submit --again` discards it and sends the request elsewhere",
                   record->ca);
}

static pc_status retrieve(enrolment *job, unsigned wait_sec, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    const pc_retrieve_order retrieval = {
        .key = job->standing.key_uri,
        .ca = &job->ca,
        .out = job->result->out,
        .wait_sec = wait_sec,
        .accept = true,
        .force = order->request->force,
        .waiting = order->waiting,
        .waiting_context = order->context,
    };
    pc_submit_result *before = PC_TAKE(job->result->submitted);
    pc_status status = pc_retrieve_on(job->token, &retrieval, job->access, &job->result->submitted, err);

    pc_submit_result_free(before);
    return status;
}

static bool is_pending(const pc_submit_result *submitted)
{
    return submitted->count == 1 && submitted->items[0].disposition == PC_CA_PENDING;
}

/* The key's address is known only now if this run has made it. */
static pc_status know_key(enrolment *job, pc_error *err)
{
    if (!job->standing.key_uri) {
        job->standing.key_uri = pc_uri_of_key(&job->token->info, &job->result->made->key, job->arena);
    }
    return job->standing.key_uri ? PC_OK : pc_fail_memory(err);
}

static pc_status wait_for_approval(enrolment *job, pc_error *err)
{
    PC_TRY(know_key(job, err));
    return retrieve(job, job->order->wait_sec, err);
}

static pc_status obtain(enrolment *job, pc_error *err)
{
    PC_TRY(read_password(job, err));
    if (job->standing.stage == PC_ENROLL_AT_CA) {
        if (!pc_ca_has_address(&job->ca, job->standing.record.ca, job->arena)) {
            return fail_other_ca(job, err);
        }
        report_progress(job, "asking %s about request %s", job->standing.record.ca, job->standing.record.request_id);
        return retrieve(job, job->order->wait_sec, err);
    }
    PC_TRY(make_request(job, err));
    PC_TRY(submit(job, err));
    return is_pending(job->result->submitted) && job->order->wait_sec ? wait_for_approval(job, err) : PC_OK;
}

/* --- a CA key on a token --------------------------------------------------------------------- */

/* A CA may have a request for the key: then it would get two certificates. */
static pc_status refuse_sent(const enrolment *job, pc_error *err)
{
    const pc_pending *record = &job->standing.record;

    if (job->standing.stage != PC_ENROLL_AT_CA && job->standing.stage != PC_ENROLL_AT_SENT) {
        return PC_OK;
    }
    (void)pc_fail(
        err, PC_E_REFUSED,
        "a request for the key \"%s\" was submitted to the CA %s at %s, which may still issue for it; nothing was "
        "issued here",
        record->key_label, record->ca, record->submitted_at);
    return pc_hint(err, PC_E_REFUSED,
                   "`ca` %s instead of `issue_with` continues with it; `label` OTHER creates a new key", record->ca);
}

static pc_status open_local_ca(enrolment *job, pc_error *err)
{
    return pc_local_ca_open(&job->local_ca, job->token, job->order->issue_token, job->arena, err);
}

static pc_issue_here issuing_of(const enrolment *job)
{
    return (pc_issue_here){ .token = job->token, .ca = &job->local_ca, .result = job->result };
}

static pc_status issue_here(enrolment *job, pc_error *err)
{
    PC_TRY(refuse_sent(job, err));
    PC_TRY(open_local_ca(job, err));
    if (template_of(job)) {
        report_progress(job, "the template \"%s\" is not used: it is for AD CS", template_of(job));
    }
    PC_TRY(make_request(job, err));
    report_progress(job, "issuing with the CA key \"%s\" on token \"%s\", and binding", job->local_ca.issuer.key.label,
                    pc_local_ca_token(&job->local_ca, job->token)->info.label);
    const pc_issue_here here = issuing_of(job);

    return pc_issue_here_run(&here, err);
}

/* The file of a run that was interrupted after the certificate was bound. */
static pc_status complete_here(enrolment *job, pc_error *err)
{
    bool is_there = false;

    PC_TRY(pc_path_exists(job->result->out, &is_there, err));
    if (is_there) {
        return PC_OK;
    }
    PC_TRY(open_local_ca(job, err));
    const pc_issue_here here = issuing_of(job);

    return pc_issue_here_complete(&here, job->standing.certificate, err);
}

/* --- the check ------------------------------------------------------------------------------- */

static bool file_holds(const char *path, const X509 *certificate)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *certificates = NULL;

    return pc_document_read_certificates(path, &certificates, NULL) == PC_OK &&
           X509_cmp(sk_X509_value(certificates, 0), certificate) == 0;
}

/* A certificate from before this run is used from the file that has its chain, if that exists; else as it is on the
 * token. */
static bool is_in_file(const enrolment *job)
{
    const X509 *there = job->standing.certificate;

    return !there || file_holds(job->result->out, there);
}

static pc_status check(enrolment *job, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    const pc_enroll_result *result = job->result;
    bool by_file = is_in_file(job);
    const char *inf = is_stream(order->request->inf) ? NULL : order->request->inf;
    const char *files[2];
    pc_check_order judgement = { .files = files,
                                 .policy = policy_of(order),
                                 .key = by_file ? NULL : job->standing.key_uri };

    if (by_file) {
        files[judgement.file_count++] = result->out;
    }
    if (inf) {
        files[judgement.file_count++] = inf;
    }
    judgement.fqdn = order->fqdn ? order->fqdn : pc_request_common_name(result->plan->request);
    report_progress(job, "checking key and certificate against the policy %s", judgement.policy.policy);
    return pc_check_on(job->token, &judgement, &job->profile, &job->result->report, err);
}

/* --- the kit --------------------------------------------------------------------------------- */

/* Of the certificate that was checked. */
static pc_status make_kit(enrolment *job, pc_error *err)
{
    const pc_enroll_order *order = job->order;
    const bool by_file = is_in_file(job);
    const char *certificate = job->result->out;

    PC_TRY(know_key(job, err));
    const pc_kit_order kit = {
        .key = job->standing.key_uri,
        .certificate = by_file ? certificate : NULL,
        .chains = &certificate,
        .chain_count = by_file ? 1 : 0,
        .out = order->kit,
        .inf = is_stream(order->request->inf) ? NULL : order->request->inf,
        .password_source = order->kit_password_source,
        .is_step = true,
    };

    report_progress(job, "creating the kit \"%s\" for the SCOM administrator", order->kit);
    pc_status status = pc_kit_on(job->token, &kit, job->access, &job->result->kit, err);

    return status == PC_OK ? PC_OK : pc_note(err, status, "the certificate is bound, but its kit was not created");
}

static pc_status note_already(enrolment *job, pc_error *err)
{
    const X509 *certificate = job->standing.certificate;
    pc_enroll_result *result = job->result;

    result->serial = pc_serial_words(certificate, job->arena);
    result->not_after = pc_time_words(X509_get0_notAfter(certificate), job->arena);
    report_progress(job, "the key \"%s\" has its certificate", result->key_label);
    if (job->standing.record.ca) {
        report_progress(job, "a request for it was about to be sent to %s at %s, too; that record is left unchanged",
                        job->standing.record.ca, job->standing.record.submitted_at);
    }
    return result->serial && result->not_after ? PC_OK : pc_fail_memory(err);
}

/* --- the whole ------------------------------------------------------------------------------- */

static pc_status run(enrolment *job, pc_error *err)
{
    pc_enroll_result *result = job->result;

    PC_TRY(prepare(job, err));
    PC_TRY(look(job, err));
    bool already = job->standing.stage == PC_ENROLL_AT_END;

    PC_TRY(already || !job->order->kit ? PC_OK : pc_kit_check_place(job->order->kit, err));
    PC_TRY(already ? note_already(job, err) : job->order->issue_with ? issue_here(job, err) : obtain(job, err));
    PC_TRY(already && job->order->issue_with ? complete_here(job, err) : PC_OK);
    if (!already && result->submitted && is_pending(result->submitted)) {
        result->state = PC_ENROLL_PENDING;
        return PC_OK;
    }
    PC_TRY(job->order->unchecked ? PC_OK : check(job, err));
    PC_TRY(job->order->kit ? make_kit(job, err) : PC_OK);
    result->state = already ? PC_ENROLL_ALREADY : PC_ENROLL_DONE;
    return PC_OK;
}

/* The hints of the steps say how to continue manually; the same command does that too. */
static pc_status hint_go_on(const enrolment *job, pc_status status, pc_error *err)
{
    const pc_submit_result *submitted = job->result->submitted;
    const pc_submitted *item = submitted && submitted->count == 1 ? &submitted->items[0] : NULL;
    bool is_refused = item && (item->disposition == PC_CA_DENIED || item->disposition == PC_CA_ERROR);

    if (!job->result->key_label || status == PC_E_REFUSED || status == PC_E_VERIFY || !err || err->resumes) {
        return status;
    }
    if (item && item->kept && !*item->record.request_id) {
        return pc_hint_resume(
            err, status,
            "a record of this is kept. Check at the CA: if it has the request, `p11cert retrieve NUMBER "
            "--key \"%s\" --ca %s --accept` continues with it; if not, the same command submits it again",
            job->result->key_label, item->record.ca);
    }
    char hint[PC_ERROR_TEXT];

    (void)snprintf(hint, sizeof hint, "%s", err->hint);
    return pc_hint_resume(err, status, "%s%s%s", hint, *hint ? "; then " : "",
                          is_refused && !item->kept ? "the same command submits the request again"
                                                    : "the same command continues where this one stopped");
}

static pc_status result_new(pc_enroll_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_enroll_result) pc_enroll_result *result = PC_RESULT_NEW(pc_enroll_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_enroll_run(const pc_enroll_order *order, const pc_token_access *access, pc_enroll_result **ret_result,
                        pc_error *err)
{
    pc_enroll_result *result = NULL;
    pc_error own = { .status = PC_OK };
    pc_error *reported = err ? err : &own;

    PC_TRY(result_new(&result, reported));
    PC_AUTO(enrolment)
    enrolment job = { .order = order,
                      .access = access,
                      .ca = order->ca ? *order->ca : (pc_ca_access){ .url = NULL },
                      .result = result,
                      .arena = result->arena };
    pc_status status = run(&job, reported);

    *ret_result = result;
    return status == PC_OK ? PC_OK : hint_go_on(&job, status, reported);
}
