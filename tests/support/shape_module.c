/* SPDX-License-Identifier: Apache-2.0 */

/*
 * SoftHSM whose values, signatures and sessions have the shapes of other modules: a PKCS#11 module before
 * /usr/lib/softhsm/libsofthsm2.so. P11CERT_SHAPES names them, separated by commas. A search by a value of another shape
 * finds the objects that show it.
 *
 * values
 *   padded-ids          CKA_ID with zeros behind it, 20 bytes in all
 *   terminated-labels   CKA_LABEL with a NUL behind it
 *   blank-labels        CKA_LABEL with spaces behind it, 32 bytes in all
 *   short-labels        the first 32 bytes of a CKA_LABEL
 *   wide-exponents      CKA_PUBLIC_EXPONENT in eight bytes
 *   compressed-points   CKA_EC_POINT compressed (SEC 1 section 2.3.3)
 *   bit-string-points   CKA_EC_POINT in a BIT STRING
 *   hybrid-points       CKA_EC_POINT in the hybrid form (X9.62)
 *   explicit-curves     CKA_EC_PARAMS of P-256 as ECParameters, not by name
 *   named-curves        CKA_EC_PARAMS as PrintableString (PKCS#11 v3.0 section 6.3.3)
 *   long-values         CKA_VALUE of a certificate with zeros behind it
 *   bare-serials        CKA_SERIAL_NUMBER without its INTEGER
 *   no-subjects         CKA_SUBJECT empty
 *   wide-flags          CK_BBOOL in eight bytes
 *   true-is-255         CK_TRUE is 0xff
 *
 * C_GetAttributeValue
 *   sensitive-whole     CKR_ATTRIBUTE_SENSITIVE, and nothing touched, if one attribute is sensitive
 *   silent-unknown      CKR_ATTRIBUTE_TYPE_INVALID, and the length untouched, for what it does not know (CKA_COPYABLE)
 *   short-sizes         a query for the size answers one byte less than the value has
 *   long-sizes          a query for the size answers eight bytes more
 *
 * searches
 *   session-objects     every search also finds a private key of the session
 *   forgets             a search does not find what this run has made
 *
 * signatures
 *   der-signatures      ECDSA signatures in DER
 *   wide-signatures     ECDSA signatures with each number in one byte more
 *   cut-signatures      RSA signatures without their leading zeros, and one such zero in each
 *   small-buffer        C_Sign returns CKR_BUFFER_TOO_SMALL and a length of 0 until the buffer is 1024 bytes long
 *   asked-ends          C_Sign ends the operation when it is asked for the length
 *   late-login          C_Sign returns CKR_USER_NOT_LOGGED_IN unless there was a login for it; CKA_ALWAYS_AUTHENTICATE
 *                       is false
 *   needless-login      CKA_ALWAYS_AUTHENTICATE is true, and a login for it is CKR_OPERATION_NOT_INITIALIZED
 *
 * sessions and tokens
 *   already-in          C_Login logs in, and returns CKR_USER_ALREADY_LOGGED_IN
 *   never-in            C_Login returns CKR_USER_ALREADY_LOGGED_IN, and nobody is logged in
 *   login-does-nothing  C_Login returns CKR_OK, and nobody is logged in
 *   one-session         a second C_OpenSession is CKR_SESSION_COUNT
 *   write-protected     CKF_WRITE_PROTECTED, and CKR_TOKEN_WRITE_PROTECTED for a session that can write
 *   write-late          C_GenerateKeyPair, C_CreateObject, … return CKR_TOKEN_WRITE_PROTECTED
 *   growing-slots       C_GetSlotList returns CKR_BUFFER_TOO_SMALL twice
 *   growing-mechanisms  C_GetMechanismList returns CKR_BUFFER_TOO_SMALL once for each size
 *   sizes-in-bytes      C_GetMechanismInfo gives the sizes of RSA keys in bytes
 *   odd-label           the token's label has a NUL, a control character and no UTF-8
 */
#include <openssl/ecdsa.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "before_softhsm.h"

#define ITEMS     64u
#define VALUE_LEN 16384u

static CK_FUNCTION_LIST shaping;

static bool has(const char *shape)
{
    return has_word("P11CERT_SHAPES", shape);
}

/* --- values --- */

/* Each takes a value in a buffer of VALUE_LEN bytes, and returns its new length. */

static CK_ULONG fill_up(unsigned char *value, CK_ULONG len, CK_ULONG most, unsigned char byte)
{
    if (len >= most) {
        return len;
    }
    memset(value + len, byte, most - len);
    return most;
}

static CK_ULONG pad_id(unsigned char *value, CK_ULONG len)
{
    return fill_up(value, len, 20, 0);
}

static CK_ULONG terminate(unsigned char *value, CK_ULONG len)
{
    return fill_up(value, len, len + 1, 0);
}

static CK_ULONG pad_label(unsigned char *value, CK_ULONG len)
{
    return fill_up(value, len, 32, ' ');
}

static CK_ULONG cut_label(unsigned char *value, CK_ULONG len)
{
    (void)value;
    return len > 32 ? 32 : len;
}

static CK_ULONG put_first(unsigned char *value, CK_ULONG len, const unsigned char *first, CK_ULONG first_len)
{
    memmove(value + first_len, value, len);
    memcpy(value, first, first_len);
    return len + first_len;
}

static CK_ULONG widen_exponent(unsigned char *value, CK_ULONG len)
{
    static const unsigned char zeros[8] = { 0 };

    return len < 8 ? put_first(value, len, zeros, 8 - len) : len;
}

static CK_ULONG compress(unsigned char *value, CK_ULONG len)
{
    if (len != 67) {
        return len;
    }
    value[2] = value[66] & 1 ? 0x03 : 0x02;
    value[1] = 33;
    return 35;
}

static CK_ULONG make_hybrid(unsigned char *value, CK_ULONG len)
{
    value[2] = len == 67 ? 0x06 | (value[66] & 1) : value[2];
    return len;
}

static CK_ULONG make_bit_string(unsigned char *value, CK_ULONG len)
{
    if (len != 67) {
        return len;
    }
    memmove(value + 3, value + 2, 65);
    value[0] = 0x03;
    value[1] = 66;
    value[2] = 0;
    return 68;
}

static CK_ULONG make_explicit(unsigned char *value, CK_ULONG len)
{
    if (len != 10) {
        return len;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

    EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
    int made = i2d_ECPKParameters(group, &value);

    EC_GROUP_free(group);
    return (CK_ULONG)made;
}

static CK_ULONG name_curve(unsigned char *value, CK_ULONG len)
{
    if (len != 10) {
        return len;
    }
    memcpy(value, "\x13\x09secp256r1", 11);
    return 11;
}

static CK_ULONG add_zeros(unsigned char *value, CK_ULONG len)
{
    return fill_up(value, len, (len + 64) / 64 * 64, 0);
}

static CK_ULONG bare_serial(unsigned char *value, CK_ULONG len)
{
    if (len > 2) {
        memmove(value, value + 2, len - 2);
        return len - 2;
    }
    return len;
}

static CK_ULONG empty(unsigned char *value, CK_ULONG len)
{
    (void)value;
    (void)len;
    return 0;
}

static CK_ULONG say_false(unsigned char *value, CK_ULONG len)
{
    value[0] = CK_FALSE;
    return len;
}

static CK_ULONG say_true(unsigned char *value, CK_ULONG len)
{
    value[0] = CK_TRUE;
    return len;
}

static const struct {
    const char *shape;
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG (*change)(unsigned char *value, CK_ULONG len);
} changes[] = {
    { "padded-ids", CKA_ID, pad_id },
    { "terminated-labels", CKA_LABEL, terminate },
    { "blank-labels", CKA_LABEL, pad_label },
    { "short-labels", CKA_LABEL, cut_label },
    { "wide-exponents", CKA_PUBLIC_EXPONENT, widen_exponent },
    { "compressed-points", CKA_EC_POINT, compress },
    { "bit-string-points", CKA_EC_POINT, make_bit_string },
    { "hybrid-points", CKA_EC_POINT, make_hybrid },
    { "explicit-curves", CKA_EC_PARAMS, make_explicit },
    { "named-curves", CKA_EC_PARAMS, name_curve },
    { "long-values", CKA_VALUE, add_zeros },
    { "bare-serials", CKA_SERIAL_NUMBER, bare_serial },
    { "no-subjects", CKA_SUBJECT, empty },
    { "late-login", CKA_ALWAYS_AUTHENTICATE, say_false },
    { "needless-login", CKA_ALWAYS_AUTHENTICATE, say_true },
};

static bool is_changed(CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (changes[i].type == type && has(changes[i].shape)) {
            return true;
        }
    }
    return false;
}

static CK_ULONG change_flag(unsigned char *value, CK_ULONG len)
{
    value[0] = value[0] && has("true-is-255") ? 0xff : value[0];
    return has("wide-flags") ? fill_up(value, len, sizeof(CK_ULONG), 0) : len;
}

static CK_ULONG change(CK_ATTRIBUTE_TYPE type, unsigned char *value, CK_ULONG len)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (changes[i].type == type && has(changes[i].shape) && len) {
            len = changes[i].change(value, len);
        }
    }
    return len == sizeof(CK_BBOOL) && type != CKA_ID && type != CKA_LABEL ? change_flag(value, len) : len;
}

static CK_RV read_whole(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                        unsigned char value[VALUE_LEN], CK_ULONG *len)
{
    CK_ATTRIBUTE whole = { type, value, VALUE_LEN - 256 };
    CK_RV rv = type == CKA_COPYABLE && has("silent-unknown") ? CKR_ATTRIBUTE_TYPE_INVALID
                                                             : real->C_GetAttributeValue(session, object, &whole, 1);

    *len = rv == CKR_OK ? change(type, value, whole.ulValueLen) : 0;
    return rv;
}

static CK_RV read_one(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted)
{
    unsigned char value[VALUE_LEN];
    CK_ULONG len = 0;
    CK_RV rv = read_whole(session, object, wanted->type, value, &len);

    if (rv != CKR_OK) {
        wanted->ulValueLen = has("silent-unknown") ? wanted->ulValueLen : UNAVAILABLE;
        return rv;
    }
    if (!wanted->pValue) {
        len = has("short-sizes") && len ? len - 1 : len;
        wanted->ulValueLen = has("long-sizes") && len > 1 ? len + 8 : len;
        return CKR_OK;
    }
    if (wanted->ulValueLen < len) {
        wanted->ulValueLen = UNAVAILABLE;
        return CKR_BUFFER_TOO_SMALL;
    }
    memcpy(wanted->pValue, value, len);
    wanted->ulValueLen = len;
    return CKR_OK;
}

static bool has_sensitive(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *list, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ATTRIBUTE each = { .type = list[i].type };

        if (read_one(session, object, &each) == CKR_ATTRIBUTE_SENSITIVE) {
            return true;
        }
    }
    return false;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list, CK_ULONG count)
{
    CK_RV worst = CKR_OK;

    if (has("sensitive-whole") && has_sensitive(session, object, list, count)) {
        return CKR_ATTRIBUTE_SENSITIVE;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV rv = read_one(session, object, &list[i]);

        worst = rv == CKR_OK ? worst : rv;
    }
    return worst;
}

/* --- searches --- */

static found_objects found;

/* Those that this run has made. */
static struct {
    CK_OBJECT_HANDLE items[16];
    CK_ULONG count;
} own_objects;

static bool shows(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *wanted)
{
    unsigned char value[VALUE_LEN];
    CK_ULONG len = 0;

    return read_whole(session, object, wanted->type, value, &len) == CKR_OK && len == wanted->ulValueLen &&
           memcmp(value, wanted->pValue, len) == 0;
}

static bool is_made(CK_OBJECT_HANDLE object)
{
    for (CK_ULONG i = 0; i < own_objects.count; i++) {
        if (own_objects.items[i] == object) {
            return true;
        }
    }
    return false;
}

static void keep_those_that_show(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    CK_ULONG kept = 0;

    for (CK_ULONG i = 0; i < found.count; i++) {
        bool fits = !(has("forgets") && is_made(found.items[i]));

        for (CK_ULONG j = 0; j < count && fits; j++) {
            fits = shows(session, found.items[i], &wanted[j]);
        }
        if (fits) {
            found.items[kept++] = found.items[i];
        }
    }
    found.count = kept;
}

static CK_RV make_session_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *key)
{
    static CK_BBOOL no = CK_FALSE;
    static CK_BBOOL yes = CK_TRUE;
    static CK_BYTE curve[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_MECHANISM mechanism = { .mechanism = CKM_EC_KEY_PAIR_GEN };
    CK_ATTRIBUTE public_items[] = { { CKA_EC_PARAMS, curve, sizeof curve },
                                    { CKA_TOKEN, &no, 1 },
                                    { CKA_PRIVATE, &no, 1 } };
    CK_ATTRIBUTE private_items[] = { { CKA_TOKEN, &no, 1 }, { CKA_PRIVATE, &yes, 1 }, { CKA_SIGN, &yes, 1 } };
    CK_OBJECT_HANDLE other;

    return real->C_GenerateKeyPair(session, &mechanism, public_items, 3, private_items, 3, &other, key);
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_ATTRIBUTE passed[ITEMS];
    CK_ATTRIBUTE compared[ITEMS];
    CK_ULONG passed_count = 0;
    CK_ULONG compared_count = 0;

    for (CK_ULONG i = 0; i < count; i++) {
        if (is_changed(template[i].type)) {
            compared[compared_count++] = template[i];
        } else {
            passed[passed_count++] = template[i];
        }
    }
    found.count = found.next = 0;
    CK_RV rv = real->C_FindObjectsInit(session, passed, passed_count);

    rv = rv == CKR_OK ? fetch_found(session, &found) : rv;
    if (rv == CKR_OK && (compared_count || has("forgets"))) {
        keep_those_that_show(session, compared, compared_count);
    }
    if (rv == CKR_OK && has("session-objects") && make_session_key(session, &found.items[found.count]) == CKR_OK) {
        found.count++;
    }
    return rv;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *handles, CK_ULONG max, CK_ULONG *count)
{
    CK_ULONG left = found.count - found.next;

    (void)session;
    *count = left < max ? left : max;
    memcpy(handles, found.items + found.next, *count * sizeof *handles);
    found.next += *count;
    return CKR_OK;
}

static void remember(CK_OBJECT_HANDLE made)
{
    if (own_objects.count < sizeof own_objects.items / sizeof *own_objects.items) {
        own_objects.items[own_objects.count++] = made;
    }
}

/* --- what is written --- */

static CK_RV generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_items,
                           CK_ULONG public_count, CK_ATTRIBUTE *private_items, CK_ULONG private_count,
                           CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
    if (has("write-late")) {
        return CKR_TOKEN_WRITE_PROTECTED;
    }
    CK_RV rv = real->C_GenerateKeyPair(session, mechanism, public_items, public_count, private_items, private_count,
                                       public_key, private_key);

    if (rv == CKR_OK) {
        remember(*public_key);
        remember(*private_key);
    }
    return rv;
}

static CK_RV create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_HANDLE *object)
{
    CK_RV rv = has("write-late") ? CKR_TOKEN_WRITE_PROTECTED : real->C_CreateObject(session, items, count, object);

    if (rv == CKR_OK) {
        remember(*object);
    }
    return rv;
}

static CK_RV set_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *items, CK_ULONG count)
{
    return has("write-late") ? CKR_TOKEN_WRITE_PROTECTED : real->C_SetAttributeValue(session, object, items, count);
}

static CK_RV destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    return has("write-late") ? CKR_TOKEN_WRITE_PROTECTED : real->C_DestroyObject(session, object);
}

/* --- signatures --- */

static struct {
    bool is_logged_in;
    bool is_over;
} signing;

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    signing.is_logged_in = signing.is_over = false;
    return real->C_SignInit(session, mechanism, key);
}

static CK_ULONG to_der(unsigned char *value, CK_ULONG len)
{
    ECDSA_SIG *both = ECDSA_SIG_new();

    ECDSA_SIG_set0(both, BN_bin2bn(value, (int)(len / 2), NULL), BN_bin2bn(value + len / 2, (int)(len / 2), NULL));
    int made = i2d_ECDSA_SIG(both, &value);

    ECDSA_SIG_free(both);
    return (CK_ULONG)made;
}

static CK_ULONG widen(unsigned char *value, CK_ULONG len)
{
    memmove(value + len / 2 + 2, value + len / 2, len / 2);
    memmove(value + 1, value, len / 2);
    value[0] = value[len / 2 + 1] = 0;
    return len + 2;
}

static CK_ULONG change_signature(unsigned char *value, CK_ULONG len)
{
    if (len == 64 && has("der-signatures")) {
        return to_der(value, len);
    }
    if (len == 64 && has("wide-signatures")) {
        return widen(value, len);
    }
    CK_ULONG zeros = 0;

    while (len > 64 && has("cut-signatures") && value[zeros] == 0) {
        zeros++;
    }
    memmove(value, value + zeros, len - zeros);
    return len - zeros;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *len)
{
    unsigned char value[VALUE_LEN];
    CK_ULONG made = sizeof value;

    if (signing.is_over) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (has("late-login") && !signing.is_logged_in) {
        return CKR_USER_NOT_LOGGED_IN;
    }
    signing.is_over = has("asked-ends") && !signature;
    if (!signature) {
        return real->C_Sign(session, data, data_len, NULL, len);
    }
    if (has("small-buffer") && *len < 1024) {
        *len = 0;
        return CKR_BUFFER_TOO_SMALL;
    }
    CK_RV rv = real->C_Sign(session, data, data_len, value, &made);

    made = rv == CKR_OK ? change_signature(value, made) : 0;
    if (rv == CKR_OK && *len < made) {
        rv = CKR_BUFFER_TOO_SMALL;
    } else {
        memcpy(signature, value, made);
    }
    *len = made;
    return rv;
}

/* --- sessions and tokens --- */

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len)
{
    if (user == CKU_CONTEXT_SPECIFIC && has("late-login")) {
        signing.is_logged_in = true;
        return CKR_OK;
    }
    if (user == CKU_CONTEXT_SPECIFIC && has("needless-login")) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (has("never-in")) {
        return CKR_USER_ALREADY_LOGGED_IN;
    }
    if (has("login-does-nothing")) {
        return CKR_OK;
    }
    CK_RV rv = real->C_Login(session, user, pin, len);

    return rv == CKR_OK && has("already-in") ? CKR_USER_ALREADY_LOGGED_IN : rv;
}

static unsigned open_count;

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    if (has("write-protected") && (flags & CKF_RW_SESSION)) {
        return CKR_TOKEN_WRITE_PROTECTED;
    }
    if (has("one-session") && open_count > 0) {
        return CKR_SESSION_COUNT;
    }
    CK_RV rv = real->C_OpenSession(slot, flags, application, notify, session);

    open_count += rv == CKR_OK;
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    CK_RV rv = real->C_CloseSession(session);

    open_count -= rv == CKR_OK;
    return rv;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
    static unsigned asked;

    if (has("growing-slots") && list && asked++ < 2) {
        *count += 3;
        return CKR_BUFFER_TOO_SMALL;
    }
    return real->C_GetSlotList(present, list, count);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = real->C_GetTokenInfo(slot, info);

    if (rv == CKR_OK && has("write-protected")) {
        info->flags |= CKF_WRITE_PROTECTED;
    }
    if (rv == CKR_OK && has("one-session")) {
        info->ulMaxSessionCount = info->ulMaxRwSessionCount = 1;
    }
    if (rv == CKR_OK && has("odd-label") && memcmp(info->label, "servers ", 8) == 0) {
        memcpy(info->label,
               "servers\0x\033[1m\xff\xfe"
               "o\xcc\x88",
               19);
    }
    return rv;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    static unsigned asked;

    if (has("growing-mechanisms") && list && asked++ == 0) {
        *count += 3;
        return CKR_BUFFER_TOO_SMALL;
    }
    return real->C_GetMechanismList(slot, list, count);
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    CK_RV rv = real->C_GetMechanismInfo(slot, type, info);

    if (rv == CKR_OK && has("sizes-in-bytes") && info->ulMaxKeySize >= 2048) {
        info->ulMinKeySize /= 8;
        info->ulMaxKeySize /= 8;
    }
    return rv;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!load_softhsm()) {
        return CKR_GENERAL_ERROR;
    }
    shaping = *real;
    shaping.C_GetFunctionList = C_GetFunctionList;
    shaping.C_GetSlotList = get_slot_list;
    shaping.C_GetTokenInfo = get_token_info;
    shaping.C_GetMechanismList = get_mechanism_list;
    shaping.C_GetMechanismInfo = get_mechanism_info;
    shaping.C_OpenSession = open_session;
    shaping.C_CloseSession = close_session;
    shaping.C_Login = login;
    shaping.C_FindObjectsInit = find_init;
    shaping.C_FindObjects = find;
    shaping.C_GetAttributeValue = get_attribute_value;
    shaping.C_SetAttributeValue = set_value;
    shaping.C_GenerateKeyPair = generate_pair;
    shaping.C_CreateObject = create;
    shaping.C_DestroyObject = destroy;
    shaping.C_SignInit = sign_init;
    shaping.C_Sign = sign;
    *list = &shaping;
    return CKR_OK;
}
