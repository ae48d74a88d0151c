/* SPDX-License-Identifier: Apache-2.0 */
#include "app/audit/audit.h"

#include <jansson.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "app/audit/destination.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/kept_error.h"
#include "base/outward.h"
#include "base/text.h"
#include "token/act.h"
#include "token/ckr.h"

PC_AUTO_DEFINE(json, json_t, json_decref);

#define RUN_SIZE 8u /* bytes of a random number that identifies the records of one run */

/* PKCS#11 functions have no context argument, so the acts of all threads go to this one log. */
static struct {
    pthread_mutex_t mutex;
    bool is_open;
    pc_audit_destination *destination; /* NULL: `tell` alone */
    pc_audit_order order;
    char run[2 * RUN_SIZE + 1];
    unsigned long acts;
    bool is_lost; /* no more records can be written; the reason is in `loss` */
    bool has_gap; /* an act was performed, but its record is lost */
    pc_error loss;
} state = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* --- a record --- */

/* Text from the environment or the host's configuration, safe to print. */
static json_t *text_of(const char *text)
{
    char safe[1024];

    if (!text) {
        return json_null();
    }
    pc_text_escape_into(text, strlen(text), safe, sizeof safe);
    return json_string(safe);
}

/* sudo(8) says who called it; the variable can be set by anybody. */
static json_t *user_of_process(void)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[4096];

    (void)getpwuid_r(getuid(), &entry, room, sizeof room, &found);
    return json_pack("{s:I, s:I, s:o, s:o}", "uid", (json_int_t)getuid(), "euid", (json_int_t)geteuid(), "name",
                     text_of(found ? found->pw_name : NULL), "claims_sudo_user", text_of(getenv("SUDO_USER")));
}

static json_t *record_of(const char *event)
{
    char host[256] = "";
    char now[PC_TIME_TEXT] = "";

    (void)gethostname(host, sizeof host - 1);
    (void)pc_text_time((int64_t)time(NULL), now);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:s, s:o}", "log", "p11cert-audit-1", "time", now, "event", event,
                     "user", user_of_process(), "host", text_of(host), "pid", (json_int_t)getpid(), "run", state.run,
                     "verb", text_of(state.order.verb));
}

/* With further members; NULL if either could not be created: a record is complete or lost. */
static json_t *joined(json_t *record, json_t *more)
{
    const bool is_whole = record && more && json_object_update(record, more) == 0;

    json_decref(more);
    if (!is_whole) {
        json_decref(record);
    }
    return is_whole ? record : NULL;
}

static pc_status put(const json_t *record, const char *words, pc_error *err)
{
    PC_AUTO(free) char *plain = record ? json_dumps(record, JSON_COMPACT) : NULL;
    PC_AUTO(free) char *safe = plain ? pc_outward_json(plain) : NULL;

    return safe ? pc_audit_destination_put(state.destination, safe, words, err) : pc_fail_memory(err);
}

/* --- acts --- */

static const char *result_name(CK_RV rv, char room[static 32])
{
    const char *name = rv == CKR_OK ? "CKR_OK" : pc_ckr_name(rv);

    (void)snprintf(room, 32, "0x%lx", rv);
    return name ? name : room;
}

static json_t *if_known(bool is_known, const char *text)
{
    return is_known ? json_string(text) : json_null();
}

static json_t *record_of_act(const pc_act *act, const char *result)
{
    json_t *more = json_pack("{s:s, s:s, s:{s:o, s:o}, s:{s:o, s:o, s:o}, s:o, s:s}", "act", act->name, "function",
                             act->function, "token", "label", if_known(act->has_token, act->token_label), "serial",
                             if_known(act->has_token, act->token_serial), "object", "class",
                             if_known(*act->class_name, act->class_name), "id", if_known(act->has_id, act->id), "label",
                             if_known(act->has_label, act->label), "purpose", if_known(*act->purpose, act->purpose),
                             "result", result);

    return joined(record_of("act"), more);
}

/* sign: private-key "web" (CKA_ID 01ab) on token "servers" (serial 5b1c), request CN=web: CKR_OK */
static void word_act(const pc_act *act, const char *result, char *words, size_t size)
{
    (void)snprintf(words, size, "%s: %s%s%s%s%s%s%s%son %s%s%s%s%s%s: %s", act->name, act->class_name,
                   *act->class_name ? " " : "", act->has_label ? "\"" : "", act->has_label ? act->label : "",
                   act->has_label ? "\" " : "", act->has_id ? "CKA_ID " : "", act->has_id ? act->id : "",
                   act->has_id ? " " : "", act->has_token ? "token \"" : "an unknown token", act->token_label,
                   act->has_token ? "\", serial " : "", act->token_serial, *act->purpose ? ", for " : "", act->purpose,
                   result);
}

/* Once a record cannot be written, no further act is performed. */
static pc_status claim(pc_error *err)
{
    if (!state.destination) {
        return PC_OK;
    }
    if (!state.is_lost && pc_audit_destination_claim(state.destination, &state.loss) != PC_OK) {
        state.is_lost = true;
    }
    if (state.is_lost) {
        pc_error_pass(err, &state.loss);
    }
    return state.is_lost ? PC_E_IO : PC_OK;
}

static void keep(const json_t *record, const char *words)
{
    state.acts++;
    if (state.destination && put(record, words, &state.loss) != PC_OK) {
        state.is_lost = true;
        state.has_gap = true;
    }
}

static CK_RV begin_act(void *context, const pc_act *act)
{
    (void)context;
    (void)act;
    (void)pthread_mutex_lock(&state.mutex);
    pc_status status = claim(NULL);

    (void)pthread_mutex_unlock(&state.mutex);
    return status == PC_OK ? CKR_OK : PC_CKR_NOT_RECORDED;
}

static void end_act(void *context, const pc_act *act, CK_RV rv)
{
    char room[32];
    const char *result = result_name(rv, room);
    char words[5 * PC_ACT_TEXT]; /* four texts of the token, and the text between them */

    (void)context;
    word_act(act, result, words, sizeof words);
    (void)pthread_mutex_lock(&state.mutex);
    if (state.destination) {
        PC_AUTO(json) json_t *record = record_of_act(act, result);

        keep(record, words);
    }
    if (state.order.tell) {
        state.order.tell(state.order.context, words);
    }
    (void)pthread_mutex_unlock(&state.mutex);
}

pc_status pc_audit_begin(pc_error *err)
{
    (void)pthread_mutex_lock(&state.mutex);
    pc_status status = state.is_open ? claim(err) : PC_OK;

    (void)pthread_mutex_unlock(&state.mutex);
    return status;
}

void pc_audit_end(const char *act, const char *object, pc_status status)
{
    const char *result = status == PC_OK ? "ok" : pc_status_name(status);
    char safe[1024];
    char words[sizeof safe + 64];

    pc_text_escape_into(object, strlen(object), safe, sizeof safe);
    (void)snprintf(words, sizeof words, "%s: %s: %s", act, safe, result);
    (void)pthread_mutex_lock(&state.mutex);
    if (state.is_open && state.destination) {
        PC_AUTO(json)
        json_t *record = joined(record_of("act"),
                                json_pack("{s:s, s:{s:s}, s:s}", "act", act, "object", "text", safe, "result", result));

        keep(record, words);
    }
    if (state.is_open && state.order.tell) {
        state.order.tell(state.order.context, words);
    }
    (void)pthread_mutex_unlock(&state.mutex);
}

/* --- a run --- */

static pc_status name_run(pc_error *err)
{
    unsigned char bytes[RUN_SIZE];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return pc_fail(err, PC_E_IO, "the system provided no random bytes for the audit log");
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(state.run + 2 * i, 3, "%02x", bytes[i]);
    }
    return PC_OK;
}

pc_status pc_audit_start(const pc_audit_order *order, pc_error *err)
{
    static const pc_act_observer observer = { .begin = begin_act, .end = end_act };

    if (state.is_open) {
        return pc_fail(err, PC_E_INTERNAL, "an audit log is open already");
    }
    PC_TRY(name_run(err));
    if (order->log) {
        PC_TRY(pc_audit_destination_open(order->log, NULL, &state.destination, err));
    }
    state.order = *order;
    state.acts = 0;
    state.is_lost = state.has_gap = false;
    state.is_open = true;
    pc_acts_observe(&observer);
    return PC_OK;
}

static json_t *sentences(const pc_error *failure)
{
    json_t *because = json_array();

    for (unsigned i = failure->frame_count; because && i > 0; i--) {
        if (json_array_append_new(because, json_string(failure->frames[i - 1])) != 0) {
            json_decref(because);
            return NULL;
        }
    }
    return because;
}

static const char *sentence_of(const pc_error *failure)
{
    return failure->frame_count ? failure->frames[failure->frame_count - 1] : "";
}

static const char *code_of(const pc_error *failure, char room[static 32])
{
    return failure->origin == PC_ORIGIN_PKCS11 ? result_name(failure->code, room) : NULL;
}

void pc_audit_word_failure(const char *verb, const pc_error *failure, char *words, size_t size)
{
    char room[32];
    const char *code = code_of(failure, room);

    (void)snprintf(words, size, "%s failed: %s: %s", verb ? verb : "the run", sentence_of(failure),
                   code ? code : pc_status_name(failure->status));
}

static pc_status record_failure(const pc_error *failure)
{
    char room[32];
    const char *result = code_of(failure, room);
    PC_AUTO(json)
    json_t *record =
        joined(record_of("failure"), json_pack("{s:s, s:o, s:I, s:o}", "status", pc_status_name(failure->status),
                                               "because", sentences(failure), "acts", (json_int_t)state.acts, "result",
                                               result ? json_string(result) : json_null()));

    char words[2 * PC_ERROR_TEXT];

    pc_audit_word_failure(state.order.verb, failure, words, sizeof words);
    return put(record, words, &state.loss);
}

/* The user must still see why the command failed. */
static pc_status report_unrecorded(const pc_error *failure, pc_error *err)
{
    pc_error_pass(err, &state.loss);
    return pc_note(err, PC_E_IO, "the failure of the command is not in the audit log: %s", sentence_of(failure));
}

static pc_status report_loss(pc_error *err)
{
    if (!state.is_lost) {
        return PC_OK;
    }
    pc_error_pass(err, &state.loss);
    if (state.has_gap) {
        (void)pc_note(err, PC_E_IO, "the last act is not in the audit log; nothing was done after it");
        return pc_hint_resume(err, PC_E_IO,
                              "`p11cert list` shows the state of the token; make room for the log, and run the command "
                              "again");
    }
    (void)pc_note(err, PC_E_IO, "the command stopped before an act that could not have been recorded");
    return pc_hint_resume(err, PC_E_IO, "once the audit log can be written, run the command again");
}

static pc_status stop(const pc_error *failure, pc_error *err)
{
    if (failure && state.destination && !state.is_lost && record_failure(failure) != PC_OK) {
        return report_unrecorded(failure, err);
    }
    return report_loss(err);
}

pc_status pc_audit_stop(const pc_error *failure, pc_error *err)
{
    (void)pthread_mutex_lock(&state.mutex);
    pc_status status = PC_OK;

    if (state.is_open) {
        pc_acts_observe(NULL);
        status = stop(failure, err);
        pc_audit_destination_close(state.destination);
        state.destination = NULL;
        state.is_open = false;
    }
    (void)pthread_mutex_unlock(&state.mutex);
    return status;
}

unsigned long pc_audit_call_count(void)
{
    return pc_acts_call_count();
}
