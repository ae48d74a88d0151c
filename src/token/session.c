/* SPDX-License-Identifier: Apache-2.0 */
#include "token/session.h"

#include <string.h>

#include "base/kept_error.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/key_support.h"
#include "token/lock.h"
#include "token/pin_dialog.h"
#include "token/search_ability.h"
#include "token/uri.h"

static const char *module_name(const pc_token_access *access, const P11KitUri *uri)
{
    if (access->module) {
        return access->module;
    }
    const char *path = uri ? p11_kit_uri_get_module_path(uri) : NULL;
    const char *name = uri ? p11_kit_uri_get_module_name(uri) : NULL;

    return path ? path : name ? name : P11CERT_DEFAULT_MODULE;
}

static pc_status parse_token_uri(const pc_token_access *access, P11KitUri **ret_uri, pc_error *err)
{
    if (!access->token) {
        return PC_OK;
    }
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;

    PC_TRY(pc_uri_parse(access->token, PC_URI_TOKEN, &uri, err));
    if (pc_uri_is_serial_alone(uri)) {
        (void)pc_fail(err, PC_E_USAGE, "\"%s\" identifies a token only by its serial number", access->token);
        return pc_hint(err, PC_E_USAGE, "entire product lines share one serial number: add token=LABEL or model=MODEL");
    }
    *ret_uri = PC_TAKE(uri);
    return PC_OK;
}

static void warn_of_registry(const pc_token_access *access, const pc_module *module)
{
    char text[PC_ERROR_TEXT];

    if (access->warn && module->registry_problem) {
        (void)snprintf(text, sizeof text, "%.300s; the module \"%.100s\" was loaded without it",
                       module->registry_problem, module->name);
        access->warn(text);
    }
}

pc_status pc_token_open_module(const pc_token_access *access, pc_module **ret_module, pc_error *err)
{
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;

    PC_TRY(parse_token_uri(access, &uri, err));
    PC_TRY((access->module_may_be_open ? pc_module_open_beside : pc_module_open)(module_name(access, uri),
                                                                                 access->init_args, ret_module, err));
    warn_of_registry(access, *ret_module);
    return PC_OK;
}

/* A list of tokens such as "\"a\" (model …, serial …), …", for an error. */
static void list_labels(const pc_slot *slots, size_t count, const bool *wanted, char *out, size_t out_size)
{
    size_t used_len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && used_len < out_size; i++) {
        if (wanted && !wanted[i]) {
            continue;
        }
        const pc_token_info *info = &slots[i].info;
        int put = snprintf(out + used_len, out_size - used_len, "%s\"%s\" (model %s, serial %s)", used_len ? ", " : "",
                           info->label, info->model, info->serial);

        used_len += put > 0 ? (size_t)put : 0;
    }
}

static pc_status token_not_found(const pc_token_access *access, const pc_slot *slots, size_t count, const bool *live,
                                 pc_error *err)
{
    char labels[400];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        any = any || live[i];
    }
    list_labels(slots, count, live, labels, sizeof labels);
    (void)(access->token ? pc_fail(err, PC_E_NOT_FOUND, "no token matches \"%s\"", access->token)
                         : pc_fail(err, PC_E_NOT_FOUND, "the module shows no token"));
    if (any) {
        return pc_hint(err, PC_E_NOT_FOUND, "available: %s", labels);
    }
    return pc_hint(err, PC_E_NOT_FOUND,
                   "the module shows no initialised token: check `module`, its configuration and whether the device "
                   "is connected; `p11cert init` initialises a token");
}

/** A module and its slots, in an arena. */
typedef struct {
    pc_module *module;
    pc_slot *slots;
    size_t count;
} slot_listing;

static void slot_listing_clear(slot_listing *listing)
{
    pc_module_close(listing->module);
}

PC_AUTO_DEFINE_VALUE(slot_listing, slot_listing, slot_listing_clear);

static pc_status choose_slot(const pc_token_access *access, const slot_listing *listing, const pc_slot **ret_slot,
                             pc_error *err)
{
    const pc_slot *slots = listing->slots;
    size_t count = listing->count;
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;
    bool live[PC_MODULE_MAX_SLOTS] = { false };
    bool matches[PC_MODULE_MAX_SLOTS] = { false };
    const pc_slot *found = NULL;
    size_t found_count = 0;

    PC_TRY(parse_token_uri(access, &uri, err));
    for (size_t i = 0; i < count && i < PC_MODULE_MAX_SLOTS; i++) {
        live[i] = pc_slot_is_initialised(&slots[i]);
        matches[i] = live[i] && (!uri || p11_kit_uri_match_token_info(uri, &slots[i].raw));
        if (matches[i] && uri) {
            PC_TRY(pc_uri_fits_place(uri, listing->module->functions, slots[i].id, &matches[i], err));
        }
        if (matches[i]) {
            found = &slots[i];
            found_count++;
        }
    }
    if (found_count == 0) {
        return token_not_found(access, slots, count, live, err);
    }
    if (found_count > 1) {
        char labels[400];

        list_labels(slots, count, matches, labels, sizeof labels);
        (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu tokens match%s%s: %s", found_count, access->token ? " " : "",
                      access->token ? access->token : "", labels);
        return pc_hint(err, PC_E_AMBIGUOUS,
                       "name one with `token` LABEL, or `token` 'pkcs11:token=LABEL;serial=SERIAL'");
    }
    *ret_slot = found;
    return PC_OK;
}

static void warn_of_sick_slot(const pc_token_access *access, const pc_module *module)
{
    pc_error sick = { .status = PC_OK };
    char text[PC_ERROR_TEXT];

    if (access->warn && pc_module_sick_slot(module, &sick) != PC_OK) {
        (void)snprintf(text, sizeof text, "%.200s, and was skipped (%.200s)", sick.frames[1], sick.frames[0]);
        access->warn(text);
    }
}

/* A slot that cannot be read may hold the requested token: then that is not missing, and another token is not the only
 * one. */
static pc_status suspect_sick_slot(const pc_token_access *access, const pc_module *module, pc_status status,
                                   pc_error *err)
{
    bool may_be_meant = status == PC_E_NOT_FOUND || (status == PC_OK && !access->token);

    if (!may_be_meant || module->sick_count == 0) {
        warn_of_sick_slot(access, module);
        return status;
    }
    pc_error_pass(err, &(pc_error){ .status = PC_OK });
    pc_status failed = pc_module_sick_slot(module, err);

    if (access->token) {
        return pc_note(err, failed, "no other token matches \"%s\"", access->token);
    }
    (void)pc_note(err, failed, "no token was named, and one cannot be read");
    return pc_hint(err, failed, "name the token with `token`, if another one is meant; `p11cert tokens` lists them");
}

pc_status pc_token_open_session(const pc_token *token, CK_FLAGS flags, CK_SESSION_HANDLE *ret_session, pc_error *err)
{
    CK_RV rv = token->functions->C_OpenSession(token->slot, CKF_SERIAL_SESSION | flags, NULL, NULL, ret_session);

    return rv == CKR_OK
               ? PC_OK
               : pc_note(err, pc_fail_ckr(err, rv, "C_OpenSession"), "cannot open a %s session with token \"%s\"",
                         flags & CKF_RW_SESSION ? "read-write" : "read-only", token->info.label);
}

pc_status pc_token_branch(const pc_token *token, bool writable, pc_token **ret_branch, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *branch = malloc(sizeof *branch);

    if (!branch) {
        return pc_fail_memory(err);
    }
    *branch = *token;
    branch->module = NULL;
    branch->pin = NULL;
    branch->has_session = false;
    PC_TRY(pc_token_open_session(token, writable ? CKF_RW_SESSION : 0, &branch->session, err));
    branch->has_session = true;
    *ret_branch = PC_TAKE(branch);
    return PC_OK;
}

void pc_token_renew_session(pc_token *token, bool writable)
{
    CK_SESSION_HANDLE fresh = 0;

    if (pc_token_open_session(token, writable ? CKF_RW_SESSION : 0, &fresh, NULL) == PC_OK) {
        (void)token->functions->C_CloseSession(token->session);
        token->session = fresh;
    }
}

static size_t left_of(CK_ULONG most, CK_ULONG open)
{
    bool no_limit = most == CK_EFFECTIVELY_INFINITE || most == CK_UNAVAILABLE_INFORMATION;
    /* Taken before our own session was opened. */
    CK_ULONG used = (open == CK_UNAVAILABLE_INFORMATION ? 0 : open) + 1;

    return no_limit ? SIZE_MAX : most > used ? most - used : 0;
}

size_t pc_token_sessions_left(const pc_token *token)
{
    size_t all = left_of(token->raw.ulMaxSessionCount, token->raw.ulSessionCount);
    size_t writable = left_of(token->raw.ulMaxRwSessionCount, token->raw.ulRwSessionCount);

    return all < writable ? all : writable;
}

/* By what the token says about itself, since p11-kit may be in front of the module. */
static bool is_of_nss(const CK_TOKEN_INFO *info)
{
    static const char maker[] = "Mozilla Foundation";

    return memcmp(info->manufacturerID, maker, sizeof maker - 1) == 0;
}

bool pc_token_allows_threads(const pc_token *token)
{
    return !token->module->one_thread && !is_of_nss(&token->raw);
}

pc_status pc_token_open_slot(pc_module **module, const pc_slot *slot, bool writable, pc_token **ret_token,
                             pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = calloc(1, sizeof *token);

    if (!token) {
        return pc_fail_memory(err);
    }
    token->functions = (*module)->functions;
    token->labels = (*module)->labels;
    token->slot = slot->id;
    token->info = slot->info;
    token->raw = slot->raw;
    PC_TRY(pc_token_open_session(token, writable ? CKF_RW_SESSION : 0, &token->session, err));
    token->has_session = true;
    token->abilities = calloc(1, sizeof *token->abilities);
    token->support = pc_key_support_new();
    token->module = PC_TAKE(*module);
    if (!token->abilities || !token->support) {
        return pc_fail_memory(err);
    }
    *ret_token = PC_TAKE(token);
    return PC_OK;
}

/* No login is attempted if it is known to fail or could use up the last attempt. */
static pc_status check_login_allowed(const pc_token_info *info, bool attended, pc_error *err)
{
    if (info->flags & CKF_USER_PIN_LOCKED) {
        (void)pc_fail(err, PC_E_LOCKED, "the user PIN of token \"%s\" is locked; no login was attempted", info->label);
        return pc_hint(err, PC_E_LOCKED, "the Security Officer sets a new one with `p11cert pin --reset`");
    }
    if ((info->flags & CKF_USER_PIN_FINAL_TRY) && !attended) {
        (void)pc_fail(err, PC_E_LOCKED, "token \"%s\" has one PIN attempt left; no unattended login was attempted",
                      info->label);
        return pc_hint(err, PC_E_LOCKED, "run the command with `pin_source` prompt and enter the right PIN");
    }
    return PC_OK;
}

/* The source that the operator gave, by option, environment or URI; NULL: none. Owned by the caller. */
static pc_status given_pin_source(const pc_token_access *access, char **ret_source, pc_error *err)
{
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;

    PC_TRY(parse_token_uri(access, &uri, err));
    const char *source = access->pin_source ? access->pin_source : uri ? p11_kit_uri_get_pin_source(uri) : NULL;

    *ret_source = source ? strdup(source) : NULL;
    return source && !*ret_source ? pc_fail_memory(err) : PC_OK;
}

static pc_status read_user_pin(const pc_token_access *access, const char *source, const pc_token_info *info,
                               pc_secret **ret_pin, pc_error *err)
{
    char what[160];

    source = source ? source : "prompt";
    PC_TRY(check_login_allowed(info, !access->pin && pc_pin_source_asks(source), err));
    (void)snprintf(what, sizeof what, "PIN of token \"%s\"%s", info->label,
                   info->flags & CKF_USER_PIN_FINAL_TRY ? " (LAST TRY before it locks)" : "");
    return access->pin ? pc_secret_copy(access->pin, ret_pin, err) : pc_pin_read(source, access, what, ret_pin, err);
}

pc_status pc_token_read_pin(const pc_token_access *access, const pc_token_info *info, pc_secret **ret_pin,
                            pc_error *err)
{
    PC_AUTO(free) char *source = NULL;

    PC_TRY(given_pin_source(access, &source, err));
    return read_user_pin(access, source, info, ret_pin, err);
}

/* Is there a login, and with which PIN? What the token reports decides only if the operator gave nothing: tokens report
 * keypads that they do not have, lengths that their PINs exceed, and that no login is needed although it is. */
static pc_status plan_login(const pc_token_access *access, const pc_token_info *info, bool *ret_login,
                            pc_secret **ret_pin, pc_error *err)
{
    PC_AUTO(free) char *source = NULL;

    PC_TRY(given_pin_source(access, &source, err));
    bool is_given = access->pin || source;

    if (is_given || ((info->flags & CKF_LOGIN_REQUIRED) && !(info->flags & CKF_PROTECTED_AUTHENTICATION_PATH))) {
        PC_TRY(read_user_pin(access, source, info, ret_pin, err));
    }
    *ret_login = is_given || (info->flags & CKF_LOGIN_REQUIRED) != 0;
    return PC_OK;
}

/* Without a PIN the token has its own keypad (PKCS#11 v2.40 section 5.6): the module asks there. */
static CK_RV call_login(const pc_token *token)
{
    return token->functions->C_Login(token->session, CKU_USER, token->pin ? pc_secret_bytes(token->pin) : NULL,
                                     token->pin ? pc_secret_len(token->pin) : 0);
}

bool pc_token_info_allows_length(const pc_token_info *info, size_t len)
{
    bool is_reported = info->min_pin_len != CK_UNAVAILABLE_INFORMATION && info->max_pin_len != 0;

    return !is_reported || (len >= info->min_pin_len && len <= info->max_pin_len);
}

/* What the token reports did not stop the login, but may explain why it failed. */
static void remark_claims(const pc_token *token, pc_status status, pc_error *err)
{
    const pc_token_info *info = &token->info;
    bool has_keypad = (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;

    if (token->pin && !pc_token_info_allows_length(info, pc_secret_len(token->pin))) {
        (void)pc_note(err, status,
                      "the token reports that its PINs have %lu to %lu bytes, and the PIN that was given does not",
                      info->min_pin_len, info->max_pin_len);
    }
    if (has_keypad && token->pin) {
        (void)pc_note(err, status,
                      "the token reports that it has its own keypad, but the PIN came from a source; without "
                      "`pin_source` the token asks on the keypad");
    }
    if (has_keypad && !token->pin && status != PC_E_LOCKED) {
        (void)pc_hint(err, status,
                      "the token reports that it has its own keypad; if it has none, give "
                      "`pin_source` prompt, file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM");
    }
}

/* Codes returned by a token that has no login at all, as its flags say. */
static bool needs_no_login(const pc_token *token, CK_RV rv)
{
    return !(token->info.flags & CKF_LOGIN_REQUIRED) &&
           (rv == CKR_USER_PIN_NOT_INITIALIZED || rv == CKR_FUNCTION_NOT_SUPPORTED);
}

static pc_status open_module_with_slots(const pc_token_access *access, pc_arena *arena, slot_listing *listing,
                                        pc_error *err)
{
    PC_AUTO(pc_token_lock) __attribute__((unused)) pc_token_lock lock = pc_machine_lock_take(PC_LOGIN_LOCK);

    PC_TRY(pc_token_open_module(access, &listing->module, err));
    return pc_module_slots(listing->module, arena, &listing->slots, &listing->count, err);
}

static pc_status log_in(pc_token *token, pc_error *err)
{
    PC_AUTO(pc_token_lock) pc_token_lock lock = { .fd = -1 };

    if (token->pin) {
        lock = pc_machine_lock_take(PC_LOGIN_LOCK); /* other runs must not wait while a user is at a keypad */
    }
    CK_RV rv = call_login(token);

    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) {
        token->is_logged_in = true;
        return PC_OK;
    }
    if (needs_no_login(token, rv)) {
        return PC_OK;
    }
    pc_status status = pc_fail_ckr(err, rv, "C_Login");

    remark_claims(token, status, err);
    return pc_note(err, status, "cannot log in to token \"%s\"", token->info.label);
}

/* Users who write should know that nothing prevents another run from writing at the same time. */
static void warn_without_lock(const pc_token_access *access)
{
    const char *path = NULL;
    char text[PC_ERROR_TEXT];

    if (access->warn && !pc_lock_is_possible(&path)) {
        (void)snprintf(text, sizeof text,
                       "the lock file \"%.200s\" cannot be opened: nothing prevents another run of p11cert from "
                       "writing to the token at the same time",
                       path);
        access->warn(text);
    }
}

pc_status pc_token_open(const pc_token_access *access, pc_token_mode mode, pc_token **ret_token, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_module) pc_module *module = NULL;
    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    PC_AUTO(pc_token) pc_token *token = NULL;
    PC_AUTO(slot_listing) slot_listing listing = { .module = NULL };
    const pc_slot *slot = NULL;
    bool login = false;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_module_with_slots(access, arena, &listing, err));
    PC_TRY(suspect_sick_slot(access, listing.module, choose_slot(access, &listing, &slot, err), err));
    module = PC_TAKE(listing.module);
    if (mode != PC_TOKEN_PUBLIC) {
        PC_TRY(plan_login(access, &slot->info, &login, &pin, err));
    }
    PC_TRY(pc_token_open_slot(&module, slot, mode == PC_TOKEN_WRITE, &token, err));
    token->signer = access->signer;
    token->warn = access->warn;
    token->pin = PC_TAKE(pin);
    if (login) {
        PC_TRY(log_in(token, err));
    }
    if (mode == PC_TOKEN_WRITE) {
        warn_without_lock(access);
    }
    *ret_token = PC_TAKE(token);
    return PC_OK;
}

/* Through two modules, one token has two slots: then what it says about itself decides. */
static bool is_same_token(const pc_token *left, const pc_token *right)
{
    const bool is_same_slot = left->functions == right->functions && left->slot == right->slot;

    return is_same_slot ||
           (memcmp(left->raw.label, right->raw.label, sizeof left->raw.label) == 0 &&
            memcmp(left->raw.serialNumber, right->raw.serialNumber, sizeof left->raw.serialNumber) == 0 &&
            memcmp(left->raw.model, right->raw.model, sizeof left->raw.model) == 0 &&
            memcmp(left->raw.manufacturerID, right->raw.manufacturerID, sizeof left->raw.manufacturerID) == 0);
}

static pc_status refuse_other_init_args(const pc_module *module, pc_error *err)
{
    (void)pc_fail(err, PC_E_USAGE,
                  "both tokens belong to the module \"%s\", which can be initialised only once, but it was given two "
                  "different init arguments",
                  module->name);
    return pc_hint(err, PC_E_USAGE,
                   "leave out those of the second token; if the module shows only one token for each set of arguments, "
                   "it cannot show both in one run");
}

/* One module is initialised once in a process, so both tokens share its init arguments. */
static pc_status share_init_args(const pc_module *module, pc_token_access *access, pc_error *err)
{
    const bool are_same =
        !access->init_args || (module->init_args && strcmp(module->init_args, access->init_args) == 0);

    if (!are_same) {
        return refuse_other_init_args(module, err);
    }
    access->init_args = module->init_args;
    return PC_OK;
}

static pc_status default_to_module_of(const pc_token *first, pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;

    PC_TRY(parse_token_uri(access, &uri, err));
    if (!access->module && (!uri || (!p11_kit_uri_get_module_path(uri) && !p11_kit_uri_get_module_name(uri)))) {
        access->module = first->module->name;
    }
    return strcmp(module_name(access, uri), first->module->name) == 0 ? share_init_args(first->module, access, err)
                                                                      : PC_OK;
}

pc_status pc_token_open_beside(const pc_token *first, const pc_token_access *access, pc_token_mode mode,
                               pc_token **ret_token, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_token_access own = *access;

    own.module_may_be_open = true;
    PC_TRY(default_to_module_of(first, &own, err));
    pc_status status = pc_token_open(&own, mode, &token, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the second token cannot be opened");
    }
    if (is_same_token(first, token)) {
        (void)pc_fail(err, PC_E_USAGE, "both tokens are \"%s\" (model %s, serial %s)", token->info.label,
                      token->info.model, token->info.serial);
        return pc_hint(err, PC_E_USAGE, "name another token as the second one");
    }
    *ret_token = PC_TAKE(token);
    return PC_OK;
}

bool pc_token_is_lost(const pc_token *token, const pc_error *err)
{
    CK_SESSION_INFO info = { .state = CKS_RO_PUBLIC_SESSION };

    if (err->origin != PC_ORIGIN_PKCS11) {
        return false;
    }
    switch (err->code) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
        return true;
    default:
        break;
    }
    bool answers = token->functions->C_GetSessionInfo(token->session, &info) == CKR_OK;

    return !answers ||
           (token->is_logged_in && info.state != CKS_RW_USER_FUNCTIONS && info.state != CKS_RO_USER_FUNCTIONS);
}

void pc_token_close(pc_token *token)
{
    if (!token) {
        return;
    }
    pc_secret_free(token->pin);
    if (token->has_session) {
        /* Closing the last session logs out (PKCS#11 v2.40 section 5.6); a TPM leaks handles without it. */
        (void)token->functions->C_CloseSession(token->session);
    }
    if (token->module) {
        free(token->abilities);
        pc_key_support_free(token->support);
    }
    pc_module_close(token->module);
    free(token);
}

const pc_token_info *pc_token_get_info(const pc_token *token)
{
    return &token->info;
}
