/* SPDX-License-Identifier: Apache-2.0 */
#include "token/pin_change.h"

#include "token/ckr.h"
#include "token/session.h"

/* The properties and messages of a task. */
static const struct {
    CK_USER_TYPE user; /* who logs in with the current PIN; for USER, also with the new one */
    CK_FLAGS locked;
    CK_FLAGS final_try;
    const char *current; /* the PIN that is tried */
    const char *changed;
    const char *if_locked;
} tasks[] = {
    [PC_PIN_USER] = { CKU_USER, CKF_USER_PIN_LOCKED, CKF_USER_PIN_FINAL_TRY, "user PIN", "user PIN",
                      "the Security Officer sets a new one with `p11cert pin --reset`" },
    [PC_PIN_SO] = { CKU_SO, CKF_SO_PIN_LOCKED, CKF_SO_PIN_FINAL_TRY, "Security Officer's PIN", "Security Officer's PIN",
                    "see the token's manual: most tokens must be initialised again" },
    [PC_PIN_RESET] = { CKU_SO, CKF_SO_PIN_LOCKED, CKF_SO_PIN_FINAL_TRY, "Security Officer's PIN", "user PIN",
                       "see the token's manual: most tokens must be initialised again" },
};

bool pc_pin_task_is_officers(pc_pin_task task)
{
    return tasks[task].user == CKU_SO;
}

pc_status pc_pin_change_is_allowed(const pc_token_info *info, pc_pin_task task, bool attended, pc_error *err)
{
    if (info->flags & tasks[task].locked) {
        (void)pc_fail(err, PC_E_LOCKED, "the %s of token \"%s\" is locked; no login was attempted", tasks[task].current,
                      info->label);
        return pc_hint(err, PC_E_LOCKED, "%s", tasks[task].if_locked);
    }
    if ((info->flags & tasks[task].final_try) && !attended) {
        (void)pc_fail(err, PC_E_LOCKED,
                      "the %s of token \"%s\" has one attempt left; no unattended login was attempted",
                      tasks[task].current, info->label);
        return pc_hint(err, PC_E_LOCKED, "run the command with %s prompt and enter the right PIN",
                       pc_pin_task_is_officers(task) ? "`so_pin_source`" : "`pin_source`");
    }
    if (task == PC_PIN_USER && !(info->flags & CKF_USER_PIN_INITIALIZED)) {
        (void)pc_fail(err, PC_E_REFUSED, "token \"%s\" has no user PIN that could be changed", info->label);
        return pc_hint(err, PC_E_REFUSED, "the Security Officer sets it with `p11cert pin --reset`");
    }
    return PC_OK;
}

bool pc_pin_is_weak(pc_secret *pin)
{
    const uint8_t *bytes = pc_secret_bytes(pin);
    size_t len = pc_secret_len(pin);
    bool is_run = true;

    for (size_t i = 2; i < len; i++) {
        is_run = is_run && bytes[i] - bytes[i - 1] == bytes[1] - bytes[0];
    }
    return is_run && (len < 2 || (bytes[1] - bytes[0] >= -1 && bytes[1] - bytes[0] <= 1));
}

static uint8_t *bytes_of(pc_secret *pin)
{
    return pin ? pc_secret_bytes(pin) : NULL;
}

static CK_ULONG length_of(const pc_secret *pin)
{
    return pin ? pc_secret_len(pin) : 0;
}

/* The Security Officer cannot log in while a read-only session is open (PKCS#11 v2.40 section 5.6, C_Login). */
static pc_status open_writable(pc_token *token, pc_error *err)
{
    if (token->has_session) {
        (void)token->functions->C_CloseSession(token->session);
        token->has_session = false;
    }
    PC_TRY(pc_token_open_session(token, CKF_RW_SESSION, &token->session, err));
    token->has_session = true;
    return PC_OK;
}

static CK_RV log_in(const pc_token *token, CK_USER_TYPE user, pc_secret *pin)
{
    return token->functions->C_Login(token->session, user, bytes_of(pin), length_of(pin));
}

static CK_RV set_pin(const pc_token *token, const pc_pin_change *change)
{
    return token->functions->C_SetPIN(token->session, bytes_of(change->current), length_of(change->current),
                                      bytes_of(change->fresh), length_of(change->fresh));
}

/* Codes that mean that the token did nothing. After any other, the PIN may have been changed. */
static bool is_refusal(CK_RV rv)
{
    static const CK_RV refusals[] = {
        CKR_ARGUMENTS_BAD,     CKR_FUNCTION_CANCELED, CKR_FUNCTION_NOT_SUPPORTED, CKR_FUNCTION_REJECTED,
        CKR_PIN_INCORRECT,     CKR_PIN_INVALID,       CKR_PIN_LEN_RANGE,          CKR_PIN_LOCKED,
        CKR_SESSION_READ_ONLY, CKR_PIN_EXPIRED,       CKR_TOKEN_WRITE_PROTECTED,  CKR_USER_NOT_LOGGED_IN,
    };

    for (size_t i = 0; i < PC_COUNT(refusals); i++) {
        if (rv == refusals[i]) {
            return true;
        }
    }
    return false;
}

static pc_status fail_login(CK_RV rv, const pc_token *token, pc_pin_task task, pc_error *err)
{
    const char *label = token->info.label;

    (void)pc_note(err, pc_fail_ckr(err, rv, "C_Login"),
                  "cannot log in to token \"%s\" with the %s; nothing was changed", label, tasks[task].current);
    pc_status status = err ? err->status : PC_E_TOKEN;

    return rv == CKR_PIN_LOCKED ? pc_hint(err, status, "%s", tasks[task].if_locked) : status;
}

static pc_status fail_change(CK_RV rv, const char *function, pc_pin_task task, pc_error *err)
{
    pc_status status = pc_fail_ckr(err, rv, function);
    const char *changed = tasks[task].changed;

    if (is_refusal(rv)) {
        (void)pc_note(err, status, "the %s was not changed", changed);
        if (rv == CKR_PIN_INCORRECT && task == PC_PIN_USER) {
            return pc_hint(err, status,
                           "one attempt was made and counts on the token; if an earlier run changed the PIN, the new "
                           "one is in force: try that with `p11cert list`; otherwise check the PIN and its source");
        }
        return rv == CKR_PIN_LOCKED ? pc_hint(err, status, "%s", tasks[task].if_locked) : status;
    }
    (void)pc_note(err, status, "the %s may or may not have been changed", changed);
    return pc_hint(err, status, "keep both PINs, and try the new one first: a wrong attempt counts on the token");
}

/* The current PIN is an argument of C_SetPIN, so a login before that call would be a second attempt. NSS requires
 * one. */
static pc_status change_as_user(const pc_token *token, const pc_pin_change *change, pc_error *err)
{
    CK_RV rv = set_pin(token, change);

    if (rv == CKR_USER_NOT_LOGGED_IN) {
        rv = log_in(token, CKU_USER, change->current);
        if (rv != CKR_OK) {
            return fail_login(rv, token, change->task, err);
        }
        rv = set_pin(token, change);
    }
    return rv == CKR_OK ? PC_OK : fail_change(rv, "C_SetPIN", change->task, err);
}

static pc_status change_as_officer(const pc_token *token, const pc_pin_change *change, pc_error *err)
{
    bool resets = change->task == PC_PIN_RESET;
    CK_RV rv = log_in(token, CKU_SO, change->current);

    if (rv != CKR_OK) {
        return fail_login(rv, token, change->task, err);
    }
    rv = resets ? token->functions->C_InitPIN(token->session, bytes_of(change->fresh), length_of(change->fresh))
                : set_pin(token, change);
    return rv == CKR_OK ? PC_OK : fail_change(rv, resets ? "C_InitPIN" : "C_SetPIN", change->task, err);
}

pc_status pc_pin_change_make(pc_token *token, const pc_pin_change *change, pc_error *err)
{
    pc_status status = open_writable(token, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the %s was not changed", tasks[change->task].changed);
    }
    return pc_pin_task_is_officers(change->task) ? change_as_officer(token, change, err)
                                                 : change_as_user(token, change, err);
}

pc_status pc_pin_change_prove(pc_token *token, const pc_pin_change *change, pc_error *err)
{
    const char *changed = tasks[change->task].changed;
    pc_status status = open_writable(token, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the token reported a new %s, but the proof of it failed", changed);
    }
    CK_RV rv = log_in(token, change->task == PC_PIN_SO ? CKU_SO : CKU_USER, change->fresh);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    bool is_rejected = rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_LEN_RANGE;

    status = is_rejected ? pc_fail_ckr_as(err, PC_E_VERIFY, rv, "C_Login") : pc_fail_ckr(err, rv, "C_Login");
    (void)pc_note(err, status, "the token reported a new %s, but %s", changed,
                  is_rejected ? "rejects a login with it" : "the proof of it failed");
    return pc_hint(err, status, "keep both PINs until you know which one is accepted; each wrong attempt counts");
}
