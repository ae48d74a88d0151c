/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_token.h"

#include <dlfcn.h>
#include <string.h>

#include "must.h"
#include "token_store.h"

#define CKM_EDWARDS_KEY_PAIR_GEN 0x1055UL /* CKM_EC_EDWARDS_KEY_PAIR_GEN, PKCS#11 v3.0 */
#define CKK_EDWARDS              0x40UL   /* CKK_EC_EDWARDS */

static void load(raw_token *raw)
{
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry;

    raw->library = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
    MUST(raw->library);
    entry.symbol = dlsym(raw->library, "C_GetFunctionList");
    MUST(entry.symbol && entry.function(&raw->functions) == CKR_OK);
    MUST(raw->functions->C_Initialize(NULL) == CKR_OK);
}

static void unload(raw_token *raw)
{
    (void)raw->functions->C_Finalize(NULL);
    (void)dlclose(raw->library);
    *raw = (raw_token){ .library = NULL };
}

/* The slot whose token has the label; without a label, one that is not initialised. There must be one. */
static CK_SLOT_ID find_slot(const raw_token *raw, const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;

    MUST(raw->functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        char padded[33];

        MUST(raw->functions->C_GetTokenInfo(slots[i], &info) == CKR_OK);
        bool initialised = (info.flags & CKF_TOKEN_INITIALIZED) != 0;

        (void)snprintf(padded, sizeof padded, "%-32s", label ? label : "");
        if (label ? initialised && memcmp(info.label, padded, 32) == 0 : !initialised) {
            return slots[i];
        }
    }
    MUST(label == NULL && "no token has that label");
    MUST(label && "no slot is free");
    return 0;
}

static void open_session(raw_token *raw, CK_SLOT_ID slot, CK_USER_TYPE user, const char *pin)
{
    CK_UTF8CHAR bytes[64];

    memcpy(bytes, pin, strlen(pin));
    MUST(raw->functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &raw->session) == CKR_OK);
    MUST(raw->functions->C_Login(raw->session, user, bytes, strlen(pin)) == CKR_OK);
}

void raw_open(const char *token_label, raw_token *ret_raw)
{
    load(ret_raw);
    open_session(ret_raw, find_slot(ret_raw, token_label), CKU_USER, TOKEN_STORE_PIN);
}

void raw_close(raw_token *raw)
{
    (void)raw->functions->C_CloseSession(raw->session);
    unload(raw);
}

void raw_make_token(const char *label, const char *so_pin, const char *user_pin)
{
    raw_token raw;
    CK_UTF8CHAR padded[33];
    CK_UTF8CHAR bytes[64];

    load(&raw);
    CK_SLOT_ID slot = find_slot(&raw, NULL);

    MUST(strlen(label) <= 32);
    (void)snprintf((char *)padded, sizeof padded, "%-32s", label);
    memcpy(bytes, so_pin, strlen(so_pin));
    MUST(raw.functions->C_InitToken(slot, bytes, strlen(so_pin), padded) == CKR_OK);
    open_session(&raw, slot, CKU_SO, so_pin);
    memcpy(bytes, user_pin, strlen(user_pin));
    MUST(raw.functions->C_InitPIN(raw.session, bytes, strlen(user_pin)) == CKR_OK);
    raw_close(&raw);
}

size_t raw_count_tokens(const char *label)
{
    raw_token raw;
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    char padded[33];
    size_t labelled = 0;

    load(&raw);
    (void)snprintf(padded, sizeof padded, "%-32s", label);
    MUST(raw.functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        MUST(raw.functions->C_GetTokenInfo(slots[i], &info) == CKR_OK);
        labelled += (info.flags & CKF_TOKEN_INITIALIZED) != 0 && memcmp(info.label, padded, 32) == 0;
    }
    unload(&raw);
    return labelled;
}

bool raw_accepts_pin(const char *label, const char *pin)
{
    raw_token raw;
    CK_SESSION_HANDLE session = 0;
    CK_UTF8CHAR bytes[64];

    load(&raw);
    CK_SLOT_ID slot = find_slot(&raw, label);

    memcpy(bytes, pin, strlen(pin));

    MUST(raw.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    bool accepted = raw.functions->C_Login(session, CKU_USER, bytes, strlen(pin)) == CKR_OK;

    unload(&raw);
    return accepted;
}

/* --- keys --- */

typedef struct {
    CK_ATTRIBUTE items[16];
    CK_ULONG count;
} attribute_list;

static void add(attribute_list *list, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    union {
        const void *given;
        void *pointer;
    } bytes = { .given = value };

    MUST(list->count < 16);
    list->items[list->count++] = (CK_ATTRIBUTE){ type, bytes.pointer, len };
}

static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

static void add_flag(attribute_list *list, CK_ATTRIBUTE_TYPE type, bool value)
{
    add(list, type, value ? &yes : &no, sizeof yes);
}

static CK_MECHANISM_TYPE add_kind(attribute_list *public_list, raw_kind kind)
{
    static const CK_ULONG bits = 2048;
    static const CK_BYTE exponent[] = { 1, 0, 1 };
    static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const CK_BYTE ed25519[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9' };

    switch (kind) {
    case RAW_RSA_2048:
        add(public_list, CKA_MODULUS_BITS, &bits, sizeof bits);
        add(public_list, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
        return CKM_RSA_PKCS_KEY_PAIR_GEN;
    case RAW_ED25519:
        add(public_list, CKA_EC_PARAMS, ed25519, sizeof ed25519);
        return CKM_EDWARDS_KEY_PAIR_GEN;
    case RAW_EC_P256:
    default:
        add(public_list, CKA_EC_PARAMS, p256, sizeof p256);
        return CKM_EC_KEY_PAIR_GEN;
    }
}

CK_OBJECT_HANDLE raw_generate(const raw_token *raw, const raw_key_plan *plan, CK_OBJECT_HANDLE *ret_public)
{
    attribute_list private_list = { .count = 0 };
    attribute_list public_list = { .count = 0 };
    CK_OBJECT_HANDLE private_key = 0;
    CK_OBJECT_HANDLE public_key = 0;
    CK_MECHANISM mechanism = { .mechanism = add_kind(&public_list, plan->kind) };

    add_flag(&public_list, CKA_TOKEN, true);
    add_flag(&public_list, CKA_PRIVATE, false);
    add_flag(&public_list, CKA_VERIFY, true);
    add_flag(&private_list, CKA_TOKEN, true);
    add_flag(&private_list, CKA_PRIVATE, true);
    add_flag(&private_list, CKA_SENSITIVE, true);
    add_flag(&private_list, CKA_EXTRACTABLE, plan->extractable);
    add_flag(&private_list, CKA_SIGN, !plan->no_sign);
    add_flag(&private_list, CKA_ALWAYS_AUTHENTICATE, plan->always_authenticate);
    add(&private_list, CKA_LABEL, plan->label, strlen(plan->label));
    add(&public_list, CKA_LABEL, plan->label, strlen(plan->label));
    if (plan->id) {
        add(&private_list, CKA_ID, plan->id, strlen(plan->id));
        add(&public_list, CKA_ID, plan->id, strlen(plan->id));
    }
    CK_RV rv = raw->functions->C_GenerateKeyPair(raw->session, &mechanism, public_list.items, public_list.count,
                                                 private_list.items, private_list.count, &public_key, &private_key);

    MUST(rv == CKR_OK);
    if (ret_public) {
        *ret_public = public_key;
    }
    return private_key;
}

void raw_generate_many(const raw_token *raw, const char *prefix, const char *id, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char label[64];

        (void)snprintf(label, sizeof label, "%s-%u", prefix, i);
        (void)raw_generate(raw, &(raw_key_plan){ .label = label, .id = id ? id : label }, NULL);
    }
}

void raw_write_certificate(const raw_token *raw, const char *label, const char *id, pc_bytes der)
{
    static const CK_BYTE empty_name[] = { 0x30, 0x00 };

    raw_write_named_certificate(raw, label, id, (pc_bytes){ empty_name, sizeof empty_name }, der);
}

void raw_write_named_certificate(const raw_token *raw, const char *label, const char *id, pc_bytes subject,
                                 pc_bytes der)
{
    static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    static const CK_CERTIFICATE_TYPE type = CKC_X_509;
    attribute_list object = { .count = 0 };
    CK_OBJECT_HANDLE handle = 0;

    add(&object, CKA_CLASS, &class, sizeof class);
    add(&object, CKA_CERTIFICATE_TYPE, &type, sizeof type);
    add_flag(&object, CKA_TOKEN, true);
    add_flag(&object, CKA_PRIVATE, false);
    add(&object, CKA_LABEL, label, strlen(label));
    add(&object, CKA_ID, id, strlen(id));
    add(&object, CKA_SUBJECT, subject.data, subject.len);
    add(&object, CKA_VALUE, der.data, der.len);
    MUST(raw->functions->C_CreateObject(raw->session, object.items, object.count, &handle) == CKR_OK);
}

void raw_write_data(const raw_token *raw, const char *label, const char *value)
{
    static const CK_OBJECT_CLASS class = CKO_DATA;
    attribute_list object = { .count = 0 };
    CK_OBJECT_HANDLE handle = 0;

    add(&object, CKA_CLASS, &class, sizeof class);
    add_flag(&object, CKA_TOKEN, true);
    add_flag(&object, CKA_PRIVATE, false);
    add(&object, CKA_LABEL, label, strlen(label));
    add(&object, CKA_VALUE, value, strlen(value));
    MUST(raw->functions->C_CreateObject(raw->session, object.items, object.count, &handle) == CKR_OK);
}

/* --- looking --- */

static size_t find(const raw_token *raw, attribute_list *wanted, CK_OBJECT_HANDLE *ret_handles, size_t max)
{
    CK_ULONG count = 0;

    MUST(raw->functions->C_FindObjectsInit(raw->session, wanted->items, wanted->count) == CKR_OK);
    MUST(raw->functions->C_FindObjects(raw->session, ret_handles, max, &count) == CKR_OK);
    MUST(raw->functions->C_FindObjectsFinal(raw->session) == CKR_OK);
    return count;
}

size_t raw_find(const raw_token *raw, CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, const void *value, size_t len,
                CK_OBJECT_HANDLE *ret_handles, size_t max)
{
    attribute_list wanted = { .count = 0 };

    add(&wanted, CKA_CLASS, &class, sizeof class);
    add(&wanted, type, value, len);
    return find(raw, &wanted, ret_handles, max);
}

size_t raw_count_labelled(const raw_token *raw, CK_OBJECT_CLASS class, const char *label)
{
    CK_OBJECT_HANDLE handles[64];

    return raw_find(raw, class, CKA_LABEL, label, strlen(label), handles, 64);
}

CK_OBJECT_HANDLE raw_labelled(const raw_token *raw, CK_OBJECT_CLASS class, const char *label)
{
    CK_OBJECT_HANDLE handles[2];

    MUST(raw_find(raw, class, CKA_LABEL, label, strlen(label), handles, 2) == 1);
    return handles[0];
}

size_t raw_count(const raw_token *raw, CK_OBJECT_CLASS class)
{
    static CK_OBJECT_HANDLE handles[4096];
    attribute_list wanted = { .count = 0 };

    add(&wanted, CKA_CLASS, &class, sizeof class);
    return find(raw, &wanted, handles, 4096);
}

size_t raw_read(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, size_t room)
{
    CK_ATTRIBUTE wanted = { type, out, room };
    CK_RV rv = raw->functions->C_GetAttributeValue(raw->session, object, &wanted, 1);

    return rv == CKR_OK ? wanted.ulValueLen : (size_t)-1;
}

int raw_flag(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = CK_FALSE;

    return raw_read(raw, object, type, &value, sizeof value) == sizeof value ? value != CK_FALSE : -1;
}

void raw_write(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    attribute_list changed = { .count = 0 };

    add(&changed, type, value, len);
    MUST(raw->functions->C_SetAttributeValue(raw->session, object, changed.items, 1) == CKR_OK);
}

void raw_destroy(const raw_token *raw, CK_OBJECT_HANDLE object)
{
    MUST(raw->functions->C_DestroyObject(raw->session, object) == CKR_OK);
}
