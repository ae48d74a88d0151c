/* SPDX-License-Identifier: Apache-2.0 */
#include "token/ckr.h"

#include <string.h>

#include "base/cleanup.h"

typedef struct {
    CK_RV rv;
    pc_status status;
    const char *name;
    const char *hint;
    bool resumes;                 /* the hint says to run the command again */
    const char *const *functions; /* the functions that the hint is for; NULL: any */
} ckr_row;

static const char *const starting[] = { "C_Initialize", NULL };
static const char *const storing[] = { "C_CreateObject",
                                       "C_CopyObject",
                                       "C_DestroyObject",
                                       "C_GenerateKey",
                                       "C_GenerateKeyPair",
                                       "C_InitPIN",
                                       "C_InitToken",
                                       "C_SetAttributeValue",
                                       "C_SetPIN",
                                       "C_UnwrapKey",
                                       NULL };
static const char *const using_mechanisms[] = { "C_GenerateKeyPair", "C_SignInit", "C_Sign", NULL };

#define HINT_UNPLUGGED \
    "check that the token is connected and reachable, then run the command again: it resumes where it stopped", true
#define HINT_DEVICE \
    "check the token's own log; when the token works again, rerun the command: nothing is created twice", true
#define HINT_MECHANISM "`p11cert doctor` shows what this token supports; choose a key type that it supports"

#define NAMED(code) \
    { \
        code, PC_E_TOKEN, #code, NULL, false, NULL \
    }

static const ckr_row rows[] = {
    { CKR_HOST_MEMORY, PC_E_TOKEN, "CKR_HOST_MEMORY",
      "the module is out of memory, or the service behind it is not running", false, NULL },
    { CKR_SLOT_ID_INVALID, PC_E_TOKEN, "CKR_SLOT_ID_INVALID", HINT_UNPLUGGED, NULL },
    { CKR_GENERAL_ERROR, PC_E_TOKEN, "CKR_GENERAL_ERROR", HINT_DEVICE, NULL },
    { CKR_FUNCTION_FAILED, PC_E_TOKEN, "CKR_FUNCTION_FAILED",
      "the token may be full, or its storage may not be "
      "writable",
      false, storing },
    { CKR_ARGUMENTS_BAD, PC_E_TOKEN, "CKR_ARGUMENTS_BAD", "a module such as NSS needs `module_init_args`", false,
      starting },
    { CKR_CANT_LOCK, PC_E_TOKEN, "CKR_CANT_LOCK", NULL, false, NULL },
    { CKR_ATTRIBUTE_READ_ONLY, PC_E_TOKEN, "CKR_ATTRIBUTE_READ_ONLY", NULL, false, NULL },
    { CKR_ATTRIBUTE_SENSITIVE, PC_E_TOKEN, "CKR_ATTRIBUTE_SENSITIVE", NULL, false, NULL },
    { CKR_ATTRIBUTE_TYPE_INVALID, PC_E_TOKEN, "CKR_ATTRIBUTE_TYPE_INVALID", NULL, false, NULL },
    { CKR_ATTRIBUTE_VALUE_INVALID, PC_E_TOKEN, "CKR_ATTRIBUTE_VALUE_INVALID", NULL, false, NULL },
    { 0x0000001bUL /* CKR_ACTION_PROHIBITED, v2.40 */, PC_E_TOKEN, "CKR_ACTION_PROHIBITED",
      "the object does not allow this (CKA_MODIFIABLE, CKA_COPYABLE or CKA_DESTROYABLE is false)", false, NULL },
    { CKR_DATA_INVALID, PC_E_TOKEN, "CKR_DATA_INVALID", NULL, false, NULL },
    { CKR_DATA_LEN_RANGE, PC_E_TOKEN, "CKR_DATA_LEN_RANGE", NULL, false, NULL },
    { CKR_DEVICE_ERROR, PC_E_TOKEN, "CKR_DEVICE_ERROR", HINT_DEVICE, NULL },
    { CKR_DEVICE_MEMORY, PC_E_TOKEN, "CKR_DEVICE_MEMORY", "the token is full: remove objects that are no longer needed",
      false, storing },
    { CKR_DEVICE_REMOVED, PC_E_TOKEN, "CKR_DEVICE_REMOVED", HINT_UNPLUGGED, NULL },
    { CKR_FUNCTION_CANCELED, PC_E_TOKEN, "CKR_FUNCTION_CANCELED", NULL, false, NULL },
    { CKR_FUNCTION_NOT_SUPPORTED, PC_E_TOKEN, "CKR_FUNCTION_NOT_SUPPORTED", HINT_MECHANISM, false, using_mechanisms },
    { CKR_KEY_HANDLE_INVALID, PC_E_TOKEN, "CKR_KEY_HANDLE_INVALID", HINT_UNPLUGGED, NULL },
    { CKR_WRAPPING_KEY_TYPE_INCONSISTENT, PC_E_TOKEN, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT", NULL, false, NULL },
    { CKR_KEY_SIZE_RANGE, PC_E_TOKEN, "CKR_KEY_SIZE_RANGE", HINT_MECHANISM, false, NULL },
    { CKR_KEY_TYPE_INCONSISTENT, PC_E_TOKEN, "CKR_KEY_TYPE_INCONSISTENT", NULL, false, NULL },
    { CKR_KEY_FUNCTION_NOT_PERMITTED, PC_E_TOKEN, "CKR_KEY_FUNCTION_NOT_PERMITTED",
      "the key's usage attributes do not allow this (CKA_SIGN)", false, NULL },
    { CKR_KEY_NOT_WRAPPABLE, PC_E_REFUSED, "CKR_KEY_NOT_WRAPPABLE", NULL, false, NULL },
    { CKR_KEY_UNEXTRACTABLE, PC_E_REFUSED, "CKR_KEY_UNEXTRACTABLE", NULL, false, NULL },
    { CKR_MECHANISM_INVALID, PC_E_TOKEN, "CKR_MECHANISM_INVALID", HINT_MECHANISM, false, NULL },
    { CKR_MECHANISM_PARAM_INVALID, PC_E_TOKEN, "CKR_MECHANISM_PARAM_INVALID", HINT_MECHANISM, false, NULL },
    { CKR_OBJECT_HANDLE_INVALID, PC_E_TOKEN, "CKR_OBJECT_HANDLE_INVALID", HINT_UNPLUGGED, NULL },
    { CKR_OPERATION_ACTIVE, PC_E_TOKEN, "CKR_OPERATION_ACTIVE", NULL, false, NULL },
    { CKR_OPERATION_NOT_INITIALIZED, PC_E_TOKEN, "CKR_OPERATION_NOT_INITIALIZED", NULL, false, NULL },
    { CKR_PIN_INCORRECT, PC_E_AUTH, "CKR_PIN_INCORRECT",
      "one attempt was made and counts on the token; check the PIN and its source before the next", false, NULL },
    { CKR_PIN_INVALID, PC_E_AUTH, "CKR_PIN_INVALID", "the PIN contains characters that this token does not accept",
      false, NULL },
    { CKR_PIN_LEN_RANGE, PC_E_AUTH, "CKR_PIN_LEN_RANGE", "the PIN is too short or too long for this token", false,
      NULL },
    { CKR_PIN_EXPIRED, PC_E_AUTH, "CKR_PIN_EXPIRED",
      "set a new user PIN with `p11cert pin`, then run the command again", true, NULL },
    { CKR_PIN_LOCKED, PC_E_LOCKED, "CKR_PIN_LOCKED",
      "the user PIN is locked: the Security Officer sets a new one with `p11cert pin --reset`", false, NULL },
    { CKR_SESSION_CLOSED, PC_E_TOKEN, "CKR_SESSION_CLOSED", HINT_UNPLUGGED, NULL },
    { CKR_SESSION_COUNT, PC_E_TOKEN, "CKR_SESSION_COUNT",
      "too many sessions are open on the token: close other programs that use it", false, NULL },
    { CKR_SESSION_HANDLE_INVALID, PC_E_TOKEN, "CKR_SESSION_HANDLE_INVALID", HINT_UNPLUGGED, NULL },
    { CKR_SESSION_READ_ONLY, PC_E_TOKEN, "CKR_SESSION_READ_ONLY", NULL, false, NULL },
    { CKR_SESSION_READ_ONLY_EXISTS, PC_E_TOKEN, "CKR_SESSION_READ_ONLY_EXISTS", NULL, false, NULL },
    { CKR_SESSION_EXISTS, PC_E_TOKEN, "CKR_SESSION_EXISTS", "another program has the token open", false, NULL },
    { CKR_SIGNATURE_INVALID, PC_E_VERIFY, "CKR_SIGNATURE_INVALID", NULL, false, NULL },
    { CKR_TEMPLATE_INCOMPLETE, PC_E_TOKEN, "CKR_TEMPLATE_INCOMPLETE", NULL, false, NULL },
    { CKR_TEMPLATE_INCONSISTENT, PC_E_TOKEN, "CKR_TEMPLATE_INCONSISTENT", NULL, false, NULL },
    { CKR_TOKEN_NOT_PRESENT, PC_E_TOKEN, "CKR_TOKEN_NOT_PRESENT", HINT_UNPLUGGED, NULL },
    { CKR_TOKEN_NOT_RECOGNIZED, PC_E_TOKEN, "CKR_TOKEN_NOT_RECOGNIZED", NULL, false, NULL },
    { CKR_TOKEN_WRITE_PROTECTED, PC_E_TOKEN, "CKR_TOKEN_WRITE_PROTECTED", "the token is read-only", false, NULL },
    { CKR_USER_ALREADY_LOGGED_IN, PC_E_AUTH, "CKR_USER_ALREADY_LOGGED_IN", NULL, false, NULL },
    { CKR_USER_NOT_LOGGED_IN, PC_E_AUTH, "CKR_USER_NOT_LOGGED_IN",
      "the token requires a login: if there was none, give `pin_source`; if there was one, the token has ended it: run "
      "the command again",
      false, NULL },
    { CKR_USER_PIN_NOT_INITIALIZED, PC_E_AUTH, "CKR_USER_PIN_NOT_INITIALIZED",
      "the token has no user PIN yet: `p11cert init` or the token's own tool sets one", false, NULL },
    { CKR_USER_TYPE_INVALID, PC_E_AUTH, "CKR_USER_TYPE_INVALID", NULL, false, NULL },
    { CKR_USER_ANOTHER_ALREADY_LOGGED_IN, PC_E_AUTH, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
      "the Security Officer is logged in: log out of that session first", false, NULL },
    { CKR_USER_TOO_MANY_TYPES, PC_E_AUTH, "CKR_USER_TOO_MANY_TYPES", NULL, false, NULL },
    { CKR_DOMAIN_PARAMS_INVALID, PC_E_TOKEN, "CKR_DOMAIN_PARAMS_INVALID", HINT_MECHANISM, false, NULL },
    { CKR_CURVE_NOT_SUPPORTED, PC_E_TOKEN, "CKR_CURVE_NOT_SUPPORTED", HINT_MECHANISM, false, NULL },
    { CKR_BUFFER_TOO_SMALL, PC_E_TOKEN, "CKR_BUFFER_TOO_SMALL", NULL, false, NULL },
    { CKR_CRYPTOKI_NOT_INITIALIZED, PC_E_TOKEN, "CKR_CRYPTOKI_NOT_INITIALIZED", NULL, false, NULL },
    { CKR_CRYPTOKI_ALREADY_INITIALIZED, PC_E_TOKEN, "CKR_CRYPTOKI_ALREADY_INITIALIZED", NULL, false, NULL },
    { CKR_FUNCTION_REJECTED, PC_E_AUTH, "CKR_FUNCTION_REJECTED", "the request was refused on the token's own keypad",
      false, NULL },
    { CKR_PIN_TOO_WEAK, PC_E_AUTH, "CKR_PIN_TOO_WEAK", "the token refuses this PIN as too easy to guess", false, NULL },
    { PC_CKR_NOT_RECORDED, PC_E_IO, "not done, since it could not be recorded",
      "make room for the audit log (`log`), then run the command again", true, NULL },
    /* Codes that need no explanation beyond their name. */
    NAMED(CKR_CANCEL),
    NAMED(CKR_ENCRYPTED_DATA_INVALID),
    NAMED(CKR_ENCRYPTED_DATA_LEN_RANGE),
    NAMED(CKR_EXCEEDED_MAX_ITERATIONS),
    NAMED(CKR_FIPS_SELF_TEST_FAILED),
    NAMED(CKR_FUNCTION_NOT_PARALLEL),
    NAMED(CKR_INFORMATION_SENSITIVE),
    NAMED(CKR_KEY_CHANGED),
    NAMED(CKR_KEY_INDIGESTIBLE),
    NAMED(CKR_KEY_NEEDED),
    NAMED(CKR_KEY_NOT_NEEDED),
    NAMED(CKR_LIBRARY_LOAD_FAILED),
    NAMED(CKR_MUTEX_BAD),
    NAMED(CKR_MUTEX_NOT_LOCKED),
    NAMED(CKR_NEED_TO_CREATE_THREADS),
    NAMED(CKR_NEW_PIN_MODE),
    NAMED(CKR_NEXT_OTP),
    NAMED(CKR_NO_EVENT),
    NAMED(CKR_PUBLIC_KEY_INVALID),
    NAMED(CKR_RANDOM_NO_RNG),
    NAMED(CKR_RANDOM_SEED_NOT_SUPPORTED),
    NAMED(CKR_SAVED_STATE_INVALID),
    NAMED(CKR_SESSION_PARALLEL_NOT_SUPPORTED),
    NAMED(CKR_SESSION_READ_WRITE_SO_EXISTS),
    NAMED(CKR_SIGNATURE_LEN_RANGE),
    NAMED(CKR_STATE_UNSAVEABLE),
    NAMED(CKR_UNWRAPPING_KEY_SIZE_RANGE),
    NAMED(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
    NAMED(CKR_WRAPPED_KEY_INVALID),
    NAMED(CKR_WRAPPED_KEY_LEN_RANGE),
    NAMED(CKR_WRAPPING_KEY_HANDLE_INVALID),
    NAMED(CKR_WRAPPING_KEY_SIZE_RANGE),
};

static const ckr_row *row_of(CK_RV rv)
{
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (rows[i].rv == rv) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *pc_ckr_name(CK_RV rv)
{
    const ckr_row *row = row_of(rv);

    return row ? row->name : NULL;
}

/* The same code means different things from different calls. */
static bool is_about(const ckr_row *row, const char *function)
{
    for (const char *const *each = row->functions; each && *each; each++) {
        if (strcmp(*each, function) == 0) {
            return true;
        }
    }
    return !row->functions;
}

pc_status pc_fail_ckr_as(pc_error *err, pc_status status, CK_RV rv, const char *function)
{
    const ckr_row *row = row_of(rv);
    const char *name = row ? row->name : rv >= CKR_VENDOR_DEFINED ? "a vendor-defined code" : "an unknown code";

    (void)pc_fail_code(err, status, PC_ORIGIN_PKCS11, rv, "%s: %s (0x%lx)", function, name, rv);
    if (!row || !row->hint || !is_about(row, function)) {
        return status;
    }
    return row->resumes ? pc_hint_resume(err, status, "%s", row->hint) : pc_hint(err, status, "%s", row->hint);
}

pc_status pc_fail_ckr(pc_error *err, CK_RV rv, const char *function)
{
    const ckr_row *row = row_of(rv);

    return pc_fail_ckr_as(err, row ? row->status : PC_E_TOKEN, rv, function);
}

bool pc_rv_refuses_template(CK_RV rv)
{
    return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY ||
           rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_TEMPLATE_INCOMPLETE || rv == CKR_GENERAL_ERROR;
}
