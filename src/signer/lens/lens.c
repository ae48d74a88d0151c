/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/lens/lens.h"

#include <string.h>

#include "signer/token_sign.h"
#include "token/mechanisms.h"

#define LENS_SLOT    0UL
#define LENS_SESSION 1UL

/* The only state that outlives a call: PKCS#11 functions get no context argument. */
static struct {
    const pc_token *token;
    const pc_key *key;
    CK_ULONG signature_len; /* maximum length of a signature by the key */
    CK_BYTE id[4];          /* unique to this focus */
    CK_OBJECT_HANDLE base;  /* base + 1 is the private key, base + 2 the public one */
    unsigned long focus_count;
    unsigned long call_count;
    CK_RV last_rv;
    const char *last_function;
    CK_OBJECT_CLASS searched_class;
    bool search_has_class;
    unsigned search_next; /* the next of the two objects to return */
} lens;

void pc_lens_focus(const pc_token *token, const pc_key *key, size_t signature_len, char ret_uri[static 64])
{
    unsigned long count = ++lens.focus_count;

    lens.token = token;
    lens.key = key;
    lens.signature_len = signature_len;
    lens.base = count * 2;
    lens.call_count = 0;
    lens.last_rv = CKR_OK;
    lens.last_function = "";
    for (unsigned i = 0; i < sizeof lens.id; i++) {
        lens.id[i] = (CK_BYTE)(count >> (8 * i));
    }
    (void)snprintf(ret_uri, 64, "pkcs11:id=%%%02x%%%02x%%%02x%%%02x;type=private", lens.id[0], lens.id[1], lens.id[2],
                   lens.id[3]);
}

void pc_lens_close(void)
{
    lens.token = NULL;
    lens.key = NULL;
}

CK_RV pc_lens_last_rv(void)
{
    return lens.last_rv;
}

const char *pc_lens_last_function(void)
{
    return lens.last_function;
}

unsigned long pc_lens_call_count(void)
{
    return lens.call_count;
}

static CK_RV let_through(const char *function, CK_RV rv)
{
    lens.last_function = function;
    lens.last_rv = rv;
    return rv;
}

/* If starting a signature fails, the engine tries another way. Here the first failure of a focus is final: otherwise
 * the login for a key would try its PIN twice. */
static bool has_failed(void)
{
    return lens.last_rv != CKR_OK;
}

/* --- calls with which the engine finds a key, answered here --- */

static CK_RV lens_initialize(void *args)
{
    (void)args;
    return CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

static CK_RV lens_finalize(void *reserved)
{
    (void)reserved;
    return CKR_OK;
}

static void pad(unsigned char *field, size_t size, const char *text)
{
    memset(field, ' ', size);
    memcpy(field, text, strlen(text) < size ? strlen(text) : size);
}

static CK_RV lens_get_info(CK_INFO *info)
{
    *info = (CK_INFO){ .cryptokiVersion = { 2, 40 } };
    pad(info->manufacturerID, sizeof info->manufacturerID, "p11cert");
    pad(info->libraryDescription, sizeof info->libraryDescription, "one key of one token");
    return CKR_OK;
}

static CK_RV lens_get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    (void)present;
    if (slots && *count < 1) {
        return CKR_BUFFER_TOO_SMALL;
    }
    if (slots) {
        slots[0] = LENS_SLOT;
    }
    *count = 1;
    return CKR_OK;
}

static CK_RV lens_get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    (void)slot;
    *info = (CK_SLOT_INFO){ .flags = CKF_TOKEN_PRESENT };
    pad(info->slotDescription, sizeof info->slotDescription, "p11cert");
    pad(info->manufacturerID, sizeof info->manufacturerID, "p11cert");
    return CKR_OK;
}

/* No CKF_LOGIN_REQUIRED: the session is logged in, and the engine never gets a PIN. */
static CK_RV lens_get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    *info = (CK_TOKEN_INFO){ .flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_RNG };
    pad(info->label, sizeof info->label, "p11cert");
    pad(info->manufacturerID, sizeof info->manufacturerID, "p11cert");
    pad(info->model, sizeof info->model, "lens");
    pad(info->serialNumber, sizeof info->serialNumber, "1");
    return CKR_OK;
}

static CK_RV lens_open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                               CK_SESSION_HANDLE *session)
{
    (void)slot;
    (void)flags;
    (void)application;
    (void)notify;
    *session = LENS_SESSION;
    return CKR_OK;
}

static CK_RV lens_close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV lens_close_all_sessions(CK_SLOT_ID slot)
{
    (void)slot;
    return CKR_OK;
}

static CK_RV lens_get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
    (void)session;
    *info = (CK_SESSION_INFO){ .state = CKS_RO_USER_FUNCTIONS, .flags = CKF_SERIAL_SESSION };
    return CKR_OK;
}

static CK_RV lens_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    (void)session;
    (void)user;
    (void)pin;
    (void)len;
    return CKR_USER_ALREADY_LOGGED_IN;
}

static CK_RV lens_logout(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV lens_find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
    (void)session;
    lens.call_count++;
    lens.search_has_class = false;
    lens.search_next = 1;
    for (CK_ULONG i = 0; i < count; i++) {
        if (template[i].type == CKA_CLASS && template[i].ulValueLen == sizeof lens.searched_class) {
            memcpy(&lens.searched_class, template[i].pValue, sizeof lens.searched_class);
            lens.search_has_class = true;
        }
    }
    return CKR_OK;
}

static CK_OBJECT_CLASS class_of(unsigned which)
{
    return which == 1 ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY;
}

static CK_RV lens_find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count)
{
    (void)session;
    *count = 0;
    for (; lens.key && lens.search_next <= 2 && *count < max; lens.search_next++) {
        if (!lens.search_has_class || lens.searched_class == class_of(lens.search_next)) {
            objects[(*count)++] = lens.base + lens.search_next;
        }
    }
    return CKR_OK;
}

static CK_RV lens_find_objects_final(CK_SESSION_HANDLE session)
{
    (void)session;
    lens.search_next = 3;
    return CKR_OK;
}

/* What the token can do: pkcs11-provider offers OpenSSL nothing else. The engine does not ask. A failure is kept, to be
 * reported, and the list is then empty: 1.0 crashes if it gets no list. It asks for the number first, and is not
 * prepared for a list that has grown when it asks for the list: it gets as many as it has room for. */
static CK_RV lens_get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *types, CK_ULONG *count)
{
    CK_MECHANISM_TYPE all[PC_MECHANISMS_MOST];
    CK_ULONG found = 0;

    (void)slot;
    lens.call_count++;
    if (!has_failed() && lens.token) {
        (void)let_through("C_GetMechanismList",
                          pc_mechanisms_list(pc_mechanisms_of(lens.token), all, PC_MECHANISMS_MOST, &found));
    }
    found = types && found > *count ? *count : found;
    if (types && found) {
        memcpy(types, all, found * sizeof *types);
    }
    *count = found;
    return CKR_OK;
}

/* Some tokens list a mechanism about which they then have no information: that must not prevent the use of others. */
static CK_RV lens_get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    (void)slot;
    lens.call_count++;
    if (has_failed() || !lens.token) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV rv = lens.token->functions->C_GetMechanismInfo(lens.token->slot, type, info);

    return rv == CKR_MECHANISM_INVALID ? rv : let_through("C_GetMechanismInfo", rv);
}

/* --- attributes, from the values already read --- */

static CK_RV answer(CK_ATTRIBUTE *wanted, const void *value, size_t len)
{
    if (!value || len == 0) {
        wanted->ulValueLen = (CK_ULONG)-1;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (wanted->pValue && wanted->ulValueLen < len) {
        wanted->ulValueLen = (CK_ULONG)-1;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (wanted->pValue) {
        memcpy(wanted->pValue, value, len);
    }
    wanted->ulValueLen = len;
    return CKR_OK;
}

static CK_RV answer_one(unsigned which, CK_ATTRIBUTE *wanted)
{
    static const CK_BBOOL no = CK_FALSE;
    const CK_OBJECT_CLASS class = class_of(which);
    const pc_key *key = lens.key;

    switch (wanted->type) {
    case CKA_CLASS:
        return answer(wanted, &class, sizeof class);
    case CKA_KEY_TYPE:
        return answer(wanted, &key->half.key_type, sizeof key->half.key_type);
    case CKA_ID:
        return answer(wanted, lens.id, sizeof lens.id);
    case CKA_LABEL:
        return answer(wanted, "p11cert", strlen("p11cert"));
    case CKA_ALWAYS_AUTHENTICATE:
        return answer(wanted, &no, sizeof no); /* the lens itself logs in for each use */
    case CKA_MODULUS:
        return answer(wanted, key->half.modulus.data, key->half.modulus.len);
    case CKA_PUBLIC_EXPONENT:
        return answer(wanted, key->half.exponent.data, key->half.exponent.len);
    case CKA_EC_PARAMS:
        return answer(wanted, key->half.parameters.data, key->half.parameters.len);
    case CKA_EC_POINT:
        return answer(wanted, key->half.point.data, key->half.point.len);
    default:
        return answer(wanted, NULL, 0);
    }
}

static CK_RV lens_get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
                                      CK_ULONG count)
{
    (void)session;
    lens.call_count++;
    CK_RV worst = CKR_OK;
    unsigned which = object == lens.base + 1 ? 1 : 2;

    if (!lens.key || (object != lens.base + 1 && object != lens.base + 2)) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV rv = answer_one(which, &template[i]);

        worst = rv != CKR_OK ? rv : worst;
    }
    return worst;
}

/* --- the signature, passed through to the token --- */

static CK_RV lens_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE object)
{
    (void)session;
    if (!lens.key || object != lens.base + 1) {
        return CKR_KEY_HANDLE_INVALID;
    }
    if (has_failed()) {
        return lens.last_rv;
    }
    const pc_token *token = lens.token;
    CK_RV rv = let_through("C_SignInit", token->functions->C_SignInit(token->session, mechanism, lens.key->handle));

    return rv == CKR_OK && pc_key_needs_login(lens.key) ? let_through("C_Login", pc_key_login(token)) : rv;
}

/* Its length is checked before a signature reaches the engine. */
static CK_RV make_signature(const char *function, const pc_bytes *message, CK_BYTE *out, CK_ULONG *len)
{
    const pc_raw_signature signature = { lens.key->half.key_type, lens.signature_len, out, len };

    return let_through(function, pc_token_sign(lens.token, message, &signature));
}

static CK_RV lens_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *len)
{
    (void)session;
    if (!lens.key) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (!signature) {
        *len = lens.signature_len;
        return CKR_OK;
    }
    const pc_bytes message = { data, data_len };

    return make_signature("C_Sign", &message, signature, len);
}

/* A message in parts, for mechanisms that hash it: pkcs11-provider signs with RSA keys in this way. */
static CK_RV lens_sign_update(CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG len)
{
    (void)session;
    if (!lens.key || has_failed()) {
        return lens.key ? lens.last_rv : CKR_OPERATION_NOT_INITIALIZED;
    }
    return let_through("C_SignUpdate", lens.token->functions->C_SignUpdate(lens.token->session, part, len));
}

static CK_RV lens_sign_final(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *len)
{
    (void)session;
    if (!lens.key || has_failed()) {
        return lens.key ? lens.last_rv : CKR_OPERATION_NOT_INITIALIZED;
    }
    if (!signature) {
        *len = lens.signature_len;
        return CKR_OK;
    }
    return make_signature("C_SignFinal", NULL, signature, len);
}

/* --- calls that the engine does not need --- */

/* One refusal for each call of CK_FUNCTION_LIST, with its own parameters (PKCS#11 v2.40 section 5). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define REFUSED(name, ...) \
    static CK_RV refuse_##name(__VA_ARGS__) \
    { \
        return CKR_FUNCTION_NOT_SUPPORTED; \
    }

REFUSED(wait_for_slot_event, CK_FLAGS a, CK_SLOT_ID *b, void *c)
REFUSED(init_token, CK_SLOT_ID a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d)
REFUSED(init_pin, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(set_pin, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG e)
REFUSED(get_operation_state, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG *c)
REFUSED(set_operation_state, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_OBJECT_HANDLE d, CK_OBJECT_HANDLE e)
REFUSED(create_object, CK_SESSION_HANDLE a, CK_ATTRIBUTE *b, CK_ULONG c, CK_OBJECT_HANDLE *d)
REFUSED(copy_object, CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b, CK_ATTRIBUTE *c, CK_ULONG d, CK_OBJECT_HANDLE *e)
REFUSED(destroy_object, CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b)
REFUSED(get_object_size, CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b, CK_ULONG *c)
REFUSED(set_attribute_value, CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b, CK_ATTRIBUTE *c, CK_ULONG d)
REFUSED(encrypt_init, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c)
REFUSED(encrypt, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(encrypt_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(encrypt_final, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG *c)
REFUSED(decrypt_init, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c)
REFUSED(decrypt, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(decrypt_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(decrypt_final, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG *c)
REFUSED(digest_init, CK_SESSION_HANDLE a, CK_MECHANISM *b)
REFUSED(digest, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(digest_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(digest_key, CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b)
REFUSED(digest_final, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG *c)
REFUSED(sign_recover_init, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c)
REFUSED(sign_recover, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(verify_init, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c)
REFUSED(verify, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG e)
REFUSED(verify_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(verify_final, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(verify_recover_init, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c)
REFUSED(verify_recover, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(digest_encrypt_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(decrypt_digest_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(sign_encrypt_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(decrypt_verify_update, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *d, CK_ULONG *e)
REFUSED(generate_key, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_ATTRIBUTE *c, CK_ULONG d, CK_OBJECT_HANDLE *e)
REFUSED(generate_key_pair, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_ATTRIBUTE *c, CK_ULONG d, CK_ATTRIBUTE *e,
        CK_ULONG f, CK_OBJECT_HANDLE *g, CK_OBJECT_HANDLE *h)
REFUSED(wrap_key, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c, CK_OBJECT_HANDLE d, CK_BYTE *e, CK_ULONG *f)
REFUSED(unwrap_key, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c, CK_BYTE *d, CK_ULONG e, CK_ATTRIBUTE *f,
        CK_ULONG g, CK_OBJECT_HANDLE *h)
REFUSED(derive_key, CK_SESSION_HANDLE a, CK_MECHANISM *b, CK_OBJECT_HANDLE c, CK_ATTRIBUTE *d, CK_ULONG e,
        CK_OBJECT_HANDLE *f)
REFUSED(seed_random, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(generate_random, CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c)
REFUSED(get_function_status, CK_SESSION_HANDLE a)
REFUSED(cancel_function, CK_SESSION_HANDLE a)
#pragma GCC diagnostic pop

static CK_RV lens_get_function_list(CK_FUNCTION_LIST **list)
{
    *list = pc_lens_function_list();
    return CKR_OK;
}

/* PKCS#11 requires a non-const list, but nothing writes to it. */
static CK_FUNCTION_LIST functions = {
    .version = { 2, 40 },
    .C_Initialize = lens_initialize,
    .C_Finalize = lens_finalize,
    .C_GetInfo = lens_get_info,
    .C_GetFunctionList = lens_get_function_list,
    .C_GetSlotList = lens_get_slot_list,
    .C_GetSlotInfo = lens_get_slot_info,
    .C_GetTokenInfo = lens_get_token_info,
    .C_WaitForSlotEvent = refuse_wait_for_slot_event,
    .C_GetMechanismList = lens_get_mechanism_list,
    .C_GetMechanismInfo = lens_get_mechanism_info,
    .C_InitToken = refuse_init_token,
    .C_InitPIN = refuse_init_pin,
    .C_SetPIN = refuse_set_pin,
    .C_OpenSession = lens_open_session,
    .C_CloseSession = lens_close_session,
    .C_CloseAllSessions = lens_close_all_sessions,
    .C_GetSessionInfo = lens_get_session_info,
    .C_GetOperationState = refuse_get_operation_state,
    .C_SetOperationState = refuse_set_operation_state,
    .C_Login = lens_login,
    .C_Logout = lens_logout,
    .C_CreateObject = refuse_create_object,
    .C_CopyObject = refuse_copy_object,
    .C_DestroyObject = refuse_destroy_object,
    .C_GetObjectSize = refuse_get_object_size,
    .C_GetAttributeValue = lens_get_attribute_value,
    .C_SetAttributeValue = refuse_set_attribute_value,
    .C_FindObjectsInit = lens_find_objects_init,
    .C_FindObjects = lens_find_objects,
    .C_FindObjectsFinal = lens_find_objects_final,
    .C_EncryptInit = refuse_encrypt_init,
    .C_Encrypt = refuse_encrypt,
    .C_EncryptUpdate = refuse_encrypt_update,
    .C_EncryptFinal = refuse_encrypt_final,
    .C_DecryptInit = refuse_decrypt_init,
    .C_Decrypt = refuse_decrypt,
    .C_DecryptUpdate = refuse_decrypt_update,
    .C_DecryptFinal = refuse_decrypt_final,
    .C_DigestInit = refuse_digest_init,
    .C_Digest = refuse_digest,
    .C_DigestUpdate = refuse_digest_update,
    .C_DigestKey = refuse_digest_key,
    .C_DigestFinal = refuse_digest_final,
    .C_SignInit = lens_sign_init,
    .C_Sign = lens_sign,
    .C_SignUpdate = lens_sign_update,
    .C_SignFinal = lens_sign_final,
    .C_SignRecoverInit = refuse_sign_recover_init,
    .C_SignRecover = refuse_sign_recover,
    .C_VerifyInit = refuse_verify_init,
    .C_Verify = refuse_verify,
    .C_VerifyUpdate = refuse_verify_update,
    .C_VerifyFinal = refuse_verify_final,
    .C_VerifyRecoverInit = refuse_verify_recover_init,
    .C_VerifyRecover = refuse_verify_recover,
    .C_DigestEncryptUpdate = refuse_digest_encrypt_update,
    .C_DecryptDigestUpdate = refuse_decrypt_digest_update,
    .C_SignEncryptUpdate = refuse_sign_encrypt_update,
    .C_DecryptVerifyUpdate = refuse_decrypt_verify_update,
    .C_GenerateKey = refuse_generate_key,
    .C_GenerateKeyPair = refuse_generate_key_pair,
    .C_WrapKey = refuse_wrap_key,
    .C_UnwrapKey = refuse_unwrap_key,
    .C_DeriveKey = refuse_derive_key,
    .C_SeedRandom = refuse_seed_random,
    .C_GenerateRandom = refuse_generate_random,
    .C_GetFunctionStatus = refuse_get_function_status,
    .C_CancelFunction = refuse_cancel_function,
};

CK_FUNCTION_LIST *pc_lens_function_list(void)
{
    return &functions;
}
