/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "app/enroll/auto.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/successor.h"
#include "token/inventory.h"
#include "token/uri.h"
#include "x509/certificate.h"
#include "x509/renewal.h"
#include "x509/words.h"

#define SUCCESSORS_MOST 100u

/** The state that is examined. */
typedef struct {
    const pc_auto_question *question;
    pc_arena *arena;
    int64_t now_sec;
    pc_inventory inventory;
    pc_token_certificates certificates;
} auto_survey;

static void auto_survey_clear(auto_survey *survey)
{
    pc_token_certificates_clear(&survey->certificates);
}

PC_AUTO_DEFINE_VALUE(auto_survey, auto_survey, auto_survey_clear);

/** A key with its current certificate; both borrowed from the survey. */
typedef struct {
    const pc_key *key;
    X509 *certificate;
} key_holder;

/* --- the offer --------------------------------------------------------------------------------------------------- */

static bool names(const pc_template *item, const char *name)
{
    for (size_t i = 0; i < item->superseded_count; i++) {
        if (pc_text_equal(item->superseded[i], name)) {
            return true;
        }
    }
    return false;
}

static bool is_automatic(const pc_template *item)
{
    return item->enroll && item->auto_enroll;
}

/* Two that supersede each other are both used. */
static const pc_template *find_successor(const pc_templates_result *offered, const pc_template *item)
{
    for (size_t i = 0; i < offered->count; i++) {
        const pc_template *other = &offered->items[i];

        if (other != item && is_automatic(other) && other->verdict != PC_TEMPLATE_REFUSED && names(other, item->name) &&
            !names(item, other->name)) {
            return other;
        }
    }
    return NULL;
}

/* --- the token --------------------------------------------------------------------------------------------------- */

static bool is_by_template(X509 *certificate, const pc_template *item, pc_arena *arena)
{
    const char *own = pc_renewal_template(certificate, arena);

    return own && (pc_text_equal(own, item->name) || (*item->oid && strcmp(own, item->oid) == 0));
}

static pc_status hold(const auto_survey *survey, const pc_key *key, key_holder *ret_holder, pc_error *err)
{
    const pc_token_certificate *current = NULL;

    PC_TRY(pc_current_certificate_of(&survey->certificates, key, survey->now_sec, &current, err));
    *ret_holder = (key_holder){ .key = key, .certificate = current ? current->certificate : NULL };
    return PC_OK;
}

/* The one that ends last. If there is none, but a key's certificate is not known, it may be that one. */
static pc_status find_by_template(const auto_survey *survey, const pc_template *item, key_holder *ret_found,
                                  pc_error *err)
{
    X509 *latest = NULL;
    pc_error unknown = { .status = PC_OK };

    for (size_t i = 0; i < survey->inventory.key_count; i++) {
        key_holder each = { .key = NULL };
        pc_error own = { .status = PC_OK };

        if (hold(survey, &survey->inventory.keys[i], &each, &own) != PC_OK) {
            unknown = own;
        }
        if (own.status == PC_E_MEMORY) {
            return pc_fail_memory(err);
        }
        if (each.certificate && is_by_template(each.certificate, item, survey->arena) &&
            (!latest || ASN1_TIME_compare(X509_get0_notAfter(each.certificate), X509_get0_notAfter(latest)) > 0)) {
            *ret_found = each;
            latest = each.certificate;
        }
    }
    if (!latest && unknown.status != PC_OK) {
        pc_error_pass(err, &unknown);
        return unknown.status;
    }
    return PC_OK;
}

static pc_status find_by_label(const auto_survey *survey, const char *label, key_holder *ret_found, pc_error *err)
{
    *ret_found = (key_holder){ .key = NULL };
    for (size_t i = 0; i < survey->inventory.key_count; i++) {
        const pc_key *key = &survey->inventory.keys[i];

        if (strcmp(key->label, label) == 0) {
            return hold(survey, key, ret_found, err);
        }
    }
    return PC_OK;
}

static bool is_valid(const auto_survey *survey, const X509 *certificate)
{
    return pc_validity_holds(pc_validity_of(certificate), survey->now_sec);
}

/* A CA does not renew an expired certificate: a new key replaces the old one, with the label of a successor. */
static pc_status find_holder(const auto_survey *survey, const pc_template *item, key_holder *ret_holder,
                             const char **ret_label, pc_error *err)
{
    const char *label = item->name;
    key_holder found = { .key = NULL };

    PC_TRY(find_by_template(survey, item, &found, err));
    if (!found.key) {
        PC_TRY(find_by_label(survey, label, &found, err));
    }
    for (unsigned i = 0; i < SUCCESSORS_MOST && found.certificate && !is_valid(survey, found.certificate); i++) {
        const char *serial = pc_serial_words(found.certificate, survey->arena);

        label = serial ? pc_renewal_label(found.key->label, serial, survey->arena) : NULL;
        if (!label) {
            return pc_fail_memory(err);
        }
        PC_TRY(find_by_label(survey, label, &found, err));
    }
    *ret_holder = found;
    *ret_label = found.certificate ? found.key->label : label;
    return PC_OK;
}

/* --- the certificate --------------------------------------------------------------------------------------------- */

static const char *second_words(int64_t sec, pc_arena *arena)
{
    ASN1_TIME *moment = ASN1_TIME_set(NULL, (time_t)sec);
    const char *words = moment ? pc_time_words(moment, arena) : NULL;

    ASN1_TIME_free(moment);
    return words;
}

static pc_status take_certificate(const auto_survey *survey, const key_holder *holder, pc_auto_task *task,
                                  pc_error *err)
{
    const ASN1_TIME *not_after = X509_get0_notAfter(holder->certificate);
    pc_auto_enrolled *item = task->item;
    int64_t until_sec = 0;

    if (!pc_asn1_time_to_sec(not_after, &until_sec)) {
        return pc_fail(err, PC_E_INPUT, "the expiry date of the certificate of the key \"%s\" cannot be read",
                       item->key_label);
    }
    int64_t due_sec = until_sec - task->offered->renewal_sec;

    task->key_uri = pc_uri_of_key(&survey->question->token->info, holder->key, survey->arena);
    task->names_template = pc_renewal_template(holder->certificate, survey->arena) != NULL;
    item->serial = pc_serial_words(holder->certificate, survey->arena);
    item->not_after = pc_time_words(not_after, survey->arena);
    item->renews_from = second_words(due_sec, survey->arena);
    item->state = survey->now_sec >= due_sec ? PC_AUTO_TO_RENEW : PC_AUTO_HELD;
    return task->key_uri && item->serial && item->not_after && item->renews_from ? PC_OK : pc_fail_memory(err);
}

/* --- the files --------------------------------------------------------------------------------------------------- */

static pc_status name_files(const auto_survey *survey, pc_auto_task *task, pc_error *err)
{
    const char *folder = survey->question->order->folder ? survey->question->order->folder : ".";
    const char *plain = pc_label_file_name(task->offered->name, survey->arena);
    const char *own = task->item->serial ? pc_renewal_file_name(task->label, task->item->serial, survey->arena)
                                         : pc_label_file_name(task->label, survey->arena);
    const char *inf = plain ? pc_arena_format(survey->arena, "%s/%s.inf", folder, plain) : NULL;
    bool is_there = false;

    task->request = own ? pc_arena_format(survey->arena, "%s/%s.req", folder, own) : NULL;
    if (!inf || !task->request) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(inf, &is_there, err));
    task->inf = is_there ? inf : task->inf;
    return PC_OK;
}

static pc_status check_names(const pc_auto_task *task, const char *url, pc_error *err)
{
    const pc_template *offered = task->offered;

    if (task->inf || (offered->subject_flags & PC_TEMPLATE_SUBJECT_BY_ENROLLEE) == 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the template \"%s\" takes the subject from the request, and no INF file gives one", offered->name);
    return pc_hint(err, PC_E_REFUSED,
                   "`p11cert templates --ca %s --template \"%s\" --inf FILE.inf` writes one: complete it, and put it "
                   "into the folder with the template's name",
                   url, offered->name);
}

static pc_status check_offer(const pc_template *offered, pc_error *err)
{
    for (size_t i = 0; offered->verdict == PC_TEMPLATE_REFUSED && i < offered->line_count; i++) {
        if (offered->lines[i].verdict == PC_TEMPLATE_REFUSED) {
            return pc_fail(err, PC_E_REFUSED, "the template \"%s\" cannot be satisfied by a key on a token: %s",
                           offered->name, offered->lines[i].words);
        }
    }
    return PC_OK;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

pc_status pc_auto_note(pc_auto_enrolled *item, pc_status status, const pc_error *err, pc_arena *arena)
{
    item->status = status;
    item->problem = status != PC_OK ? pc_error_words(err, arena) : NULL;
    item->hint = status != PC_OK && *err->hint ? pc_arena_string(arena, err->hint) : NULL;
    return status;
}

static pc_status decide(const auto_survey *survey, pc_auto_task *task, pc_error *err)
{
    pc_auto_enrolled *item = task->item;
    pc_error own = { .status = PC_OK };
    key_holder holder = { .key = NULL };

    task->label = task->offered->name;
    pc_status looked = find_holder(survey, task->offered, &holder, &task->label, &own);

    item->key_label = pc_text_escape(survey->arena, task->label, strlen(task->label));
    if (!item->key_label || looked == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    item->state = PC_AUTO_TO_ENROLL;
    if (looked == PC_OK && holder.certificate) {
        looked = take_certificate(survey, &holder, task, &own);
    }
    PC_TRY(name_files(survey, task, err));
    if (looked != PC_OK) {
        (void)pc_auto_note(item, looked, &own, survey->arena);
        return PC_OK;
    }
    pc_status status = item->state == PC_AUTO_HELD ? PC_OK : check_offer(task->offered, &own);

    if (status == PC_OK && item->state == PC_AUTO_TO_ENROLL) {
        status = check_names(task, survey->question->offered->ca, &own);
    }
    (void)pc_auto_note(item, status, &own, survey->arena);
    return PC_OK;
}

static pc_status add(const auto_survey *survey, const pc_template *offered, pc_auto_tasks *tasks, pc_error *err)
{
    const pc_template *successor = find_successor(survey->question->offered, offered);
    pc_auto_task *task = PC_PUSH(survey->arena, tasks->items, tasks->count);
    pc_auto_enrolled *item = pc_arena_alloc(survey->arena, sizeof *item);

    if (!task || !item) {
        return pc_fail_memory(err);
    }
    *item = (pc_auto_enrolled){ .template_name = pc_arena_string(survey->arena, offered->name) };
    *task = (pc_auto_task){ .offered = offered, .item = item };
    if (!item->template_name) {
        return pc_fail_memory(err);
    }
    if (successor) {
        item->state = PC_AUTO_SUPERSEDED;
        item->by = pc_arena_string(survey->arena, successor->name);
        return item->by ? PC_OK : pc_fail_memory(err);
    }
    return decide(survey, task, err);
}

pc_status pc_auto_look(const pc_auto_question *question, pc_arena *arena, pc_auto_tasks *ret_tasks, pc_error *err)
{
    PC_AUTO(auto_survey) auto_survey survey = { .question = question, .arena = arena, .now_sec = (int64_t)time(NULL) };
    const pc_templates_result *offered = question->offered;
    const char *only = question->order->template_name;
    pc_auto_tasks tasks = { .items = NULL };

    PC_TRY(pc_inventory_read(question->token, arena, &survey.inventory, err));
    PC_TRY(pc_token_certificates_parse(survey.inventory.certificates, survey.inventory.certificate_count, arena,
                                       &survey.certificates, err));
    pc_token_certificates_sort(&survey.certificates);
    for (size_t i = 0; i < offered->count; i++) {
        const pc_template *each = &offered->items[i];
        bool is_meant = !only || pc_text_equal(only, each->name) || pc_text_equal(only, each->display);

        PC_TRY(is_automatic(each) && is_meant ? add(&survey, each, &tasks, err) : PC_OK);
    }
    *ret_tasks = tasks;
    return PC_OK;
}
