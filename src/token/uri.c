/* SPDX-License-Identifier: Apache-2.0 */
#include "token/uri.h"

#include <string.h>

#include "base/text.h"
#include "token/ckr.h"

static pc_status refuse_pin_value(pc_error *err)
{
    (void)pc_fail(err, PC_E_USAGE,
                  "a PKCS#11 URI with a pin-value is refused: others can read a command line, a variable and a "
                  "configuration");
    return pc_hint(err, PC_E_USAGE,
                   "supply the PIN with `pin_source` prompt, file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM, "
                   "and change it if it was "
                   "real");
}

/* RFC 7512 section 2.3: everything but unreserved characters is percent-encoded. */
static char *label_to_uri(const char *label, pc_uri_subject subject)
{
    static const char digits[] = "0123456789abcdef";
    const char *prefix = subject == PC_URI_TOKEN ? "pkcs11:token=" : "pkcs11:object=";
    size_t text_len = strlen(prefix);
    char *text = calloc(1, text_len + strlen(label) * 3 + 1);

    if (!text) {
        return NULL;
    }
    memcpy(text, prefix, text_len);
    for (; *label; label++) {
        if (pc_is_alnum(*label)) {
            text[text_len++] = *label;
        } else {
            text[text_len++] = '%';
            text[text_len++] = digits[(unsigned char)*label >> 4];
            text[text_len++] = digits[(unsigned char)*label & 15];
        }
    }
    return text;
}

static pc_status parse_text(const char *text, P11KitUri *uri, pc_error *err)
{
    int result = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);

    if (result == P11_KIT_URI_NO_MEMORY) {
        return pc_fail_memory(err);
    }
    if (result != P11_KIT_URI_OK) {
        (void)pc_fail(err, PC_E_USAGE, "\"%s\" is not a PKCS#11 URI: %s", text, p11_kit_uri_message(result));
        return pc_hint(err, PC_E_USAGE,
                       "example: pkcs11:token=servers;object=server.contoso.com (RFC 7512); a plain label also works");
    }
    if (p11_kit_uri_get_slot_id(uri) != (CK_SLOT_ID)-1) {
        (void)pc_fail(err, PC_E_USAGE, "\"%s\" names a slot by number, but slot numbers change", text);
        return pc_hint(err, PC_E_USAGE, "name the token: pkcs11:token=LABEL; `p11cert tokens` lists them");
    }
    if (p11_kit_uri_any_unrecognized(uri)) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" has an unknown attribute, so it matches nothing", text);
    }
    return PC_OK;
}

pc_status pc_uri_parse(const char *text, pc_uri_subject subject, P11KitUri **ret_uri, pc_error *err)
{
    if (strcasestr(text, "pin-value")) {
        return refuse_pin_value(err);
    }
    if (*text == '\0') {
        return pc_fail(err, PC_E_USAGE, "an empty name matches nothing");
    }
    PC_AUTO(pc_uri) P11KitUri *uri = p11_kit_uri_new();
    PC_AUTO(free) char *from_label = pc_text_starts(text, "pkcs11:") ? NULL : label_to_uri(text, subject);

    if (!uri || (!from_label && !pc_text_starts(text, "pkcs11:"))) {
        return pc_fail_memory(err);
    }
    if (from_label && subject == PC_URI_TOKEN && strlen(text) > 32) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" is longer than 32 bytes, the limit for a token label", text);
    }
    PC_TRY(parse_text(from_label ? from_label : text, uri, err));
    *ret_uri = PC_TAKE(uri);
    return PC_OK;
}

static bool is_set(const unsigned char *field)
{
    return field[0] != '\0';
}

bool pc_uri_is_serial_alone(P11KitUri *uri)
{
    const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);

    return is_set(info->serialNumber) && !is_set(info->label) && !is_set(info->manufacturerID) && !is_set(info->model);
}

/* --- the slot of a token --- */

void pc_uri_pad_field(unsigned char *field, size_t size)
{
    unsigned char *end = memchr(field, '\0', size);

    if (end) {
        memset(end, ' ', size - (size_t)(end - field));
    }
}

static pc_status fits_library(P11KitUri *uri, const CK_FUNCTION_LIST *functions, bool *ret_fits, pc_error *err)
{
    CK_INFO info = { .flags = 0 };
    CK_RV rv = functions->C_GetInfo(&info);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_GetInfo");
    }
    pc_uri_pad_field(info.manufacturerID, sizeof info.manufacturerID);
    pc_uri_pad_field(info.libraryDescription, sizeof info.libraryDescription);
    *ret_fits = p11_kit_uri_match_module_info(uri, &info) == 1;
    return PC_OK;
}

static pc_status fits_slot(P11KitUri *uri, const CK_FUNCTION_LIST *functions, CK_SLOT_ID slot, bool *ret_fits,
                           pc_error *err)
{
    CK_SLOT_INFO info = { .flags = 0 };
    CK_RV rv = functions->C_GetSlotInfo(slot, &info);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_GetSlotInfo");
    }
    pc_uri_pad_field(info.slotDescription, sizeof info.slotDescription);
    pc_uri_pad_field(info.manufacturerID, sizeof info.manufacturerID);
    *ret_fits = p11_kit_uri_match_slot_info(uri, &info) == 1;
    return PC_OK;
}

pc_status pc_uri_fits_place(P11KitUri *uri, const CK_FUNCTION_LIST *functions, CK_SLOT_ID slot, bool *ret_fits,
                            pc_error *err)
{
    const CK_INFO *library = p11_kit_uri_get_module_info(uri);
    const CK_SLOT_INFO *place = p11_kit_uri_get_slot_info(uri);
    bool names_library = is_set(library->manufacturerID) || is_set(library->libraryDescription) ||
                         library->libraryVersion.major != (CK_BYTE)-1;
    bool names_slot = is_set(place->slotDescription) || is_set(place->manufacturerID);
    bool fits = true;

    PC_TRY(names_library ? fits_library(uri, functions, &fits, err) : PC_OK);
    PC_TRY(fits && names_slot ? fits_slot(uri, functions, slot, &fits, err) : PC_OK);
    *ret_fits = fits;
    return PC_OK;
}

/* --- URIs as text --- */

/* CK_TOKEN_INFO fields are padded with spaces. */
static void pad(unsigned char *field, size_t size, const char *text)
{
    size_t len = strlen(text) < size ? strlen(text) : size;

    memset(field, ' ', size);
    memcpy(field, text, len);
}

static void set_token(P11KitUri *uri, const pc_token_info *token)
{
    CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);

    pad(info->label, sizeof info->label, token->label);
    pad(info->serialNumber, sizeof info->serialNumber, token->serial);
}

static bool set_attribute(P11KitUri *uri, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t len, pc_arena *arena)
{
    /* p11-kit copies the value, although the parameter is not const. */
    CK_ATTRIBUTE attribute = { .type = type, .pValue = pc_arena_copy(arena, bytes, len), .ulValueLen = len };

    return attribute.pValue && p11_kit_uri_set_attribute(uri, &attribute) == P11_KIT_URI_OK;
}

static const char *format(P11KitUri *uri, P11KitUriType what, pc_arena *arena)
{
    char *text = NULL;

    if (p11_kit_uri_format(uri, what, &text) != P11_KIT_URI_OK) {
        return NULL;
    }
    const char *copy = pc_arena_string(arena, text);

    free(text);
    return copy;
}

const char *pc_uri_of_token(const pc_token_info *token, pc_arena *arena)
{
    PC_AUTO(pc_uri) P11KitUri *uri = p11_kit_uri_new();

    if (!uri) {
        return NULL;
    }
    set_token(uri, token);
    return format(uri, P11_KIT_URI_FOR_TOKEN, arena);
}

const char *pc_uri_of_key(const pc_token_info *token, const pc_key *key, pc_arena *arena)
{
    static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    PC_AUTO(pc_uri) P11KitUri *uri = p11_kit_uri_new();

    if (!uri) {
        return NULL;
    }
    set_token(uri, token);
    if ((key->id.len && !set_attribute(uri, CKA_ID, key->id.data, key->id.len, arena)) ||
        (*key->label && !set_attribute(uri, CKA_LABEL, key->label, strlen(key->label), arena)) ||
        !set_attribute(uri, CKA_CLASS, &class, sizeof class, arena)) {
        return NULL;
    }
    return format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, arena);
}

pc_status pc_label_check(const char *label, const char *whose, pc_error *err)
{
    if (!*label) {
        return pc_fail(err, PC_E_USAGE, "the label of a %s must not be empty", whose);
    }
    if (!pc_text_is_utf8(label, strlen(label))) {
        return pc_fail(err, PC_E_USAGE, "the label of a %s must be UTF-8 text", whose);
    }
    return pc_text_starts(label, "pkcs11:")
               ? pc_fail(err, PC_E_USAGE, "a label that begins with \"pkcs11:\" would be read as a URI")
               : PC_OK;
}

pc_status pc_token_label_check(const char *label, pc_error *err)
{
    size_t len = strlen(label);

    if (len < 1 || len > 32) {
        return pc_fail(err, PC_E_USAGE, "a token label must have 1 to 32 bytes, not %zu", len);
    }
    if (label[len - 1] == ' ') {
        return pc_fail(err, PC_E_USAGE, "a token label cannot end with a space: PKCS#11 pads labels with spaces");
    }
    return pc_label_check(label, "token", err);
}
