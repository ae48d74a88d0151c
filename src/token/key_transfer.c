/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_transfer.h"

#include <string.h>
#include <sys/random.h>

#include "base/kept_error.h"
#include "token/ckr.h"
#include "token/key.h"
#include "token/label_log.h"
#include "token/made_object.h"
#include "token/mechanisms.h"
#include "token/objects.h"
#include "token/public_half.h"

#define CKM_KWP     0x0000210bUL /* CKM_AES_KEY_WRAP_KWP, PKCS#11 v3.0 */
#define AES_256_LEN 32UL
#define PAIR_BITS   3072UL

static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

static const struct {
    CK_MECHANISM_TYPE mechanism;
    const char *name;
    bool has_iv;
} ways[PC_UNWRAP_WAYS] = {
    { CKM_KWP, "CKM_AES_KEY_WRAP_KWP", false },
    { CKM_AES_KEY_WRAP_PAD, "CKM_AES_KEY_WRAP_PAD", false },
    { CKM_AES_CBC_PAD, "CKM_AES_CBC_PAD", true },
};

const char *pc_unwrap_way(size_t i, bool *ret_has_iv)
{
    *ret_has_iv = ways[i].has_iv;
    return ways[i].name;
}

pc_status pc_transfer_ways(const pc_token *token, unsigned long flag, pc_arena *arena, const char **ret_ways,
                           unsigned *ret_mask, pc_error *err)
{
    const char *text = NULL;
    unsigned mask = 0;

    for (size_t way = 0; way < PC_UNWRAP_WAYS; way++) {
        unsigned long flags = 0;

        PC_TRY(pc_mechanism_flags(token, ways[way].mechanism, &flags, err));
        if (!(flags & flag)) {
            continue;
        }
        mask |= 1u << way;
        text = text ? pc_arena_format(arena, "%s, %s", text, ways[way].name) : ways[way].name;
        if (!text) {
            return pc_fail_memory(err);
        }
    }
    *ret_ways = text ? text : "none";
    *ret_mask = mask;
    return PC_OK;
}

/* The codes that are neither a refusal of the key nor a loss of the token. */
bool pc_transfer_may_go_otherwise(CK_RV rv)
{
    static const CK_RV codes[] = {
        CKR_MECHANISM_INVALID,
        CKR_MECHANISM_PARAM_INVALID,
        CKR_FUNCTION_NOT_SUPPORTED,
        CKR_KEY_TYPE_INCONSISTENT,
        CKR_KEY_FUNCTION_NOT_PERMITTED,
        CKR_KEY_SIZE_RANGE,
        CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_WRAPPING_KEY_SIZE_RANGE,
        CKR_WRAPPING_KEY_HANDLE_INVALID,
        CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_UNWRAPPING_KEY_SIZE_RANGE,
        CKR_WRAPPED_KEY_INVALID,
        CKR_WRAPPED_KEY_LEN_RANGE,
        CKR_TEMPLATE_INCONSISTENT,
        CKR_TEMPLATE_INCOMPLETE,
        CKR_ATTRIBUTE_TYPE_INVALID,
        CKR_ATTRIBUTE_VALUE_INVALID,
        CKR_ATTRIBUTE_READ_ONLY,
        CKR_ARGUMENTS_BAD,
    };

    for (size_t i = 0; i < PC_COUNT(codes); i++) {
        if (rv == codes[i]) {
            return true;
        }
    }
    return false;
}

/* NSS answers with CKR_GENERAL_ERROR to a template with an attribute that it does not know. After that code a key may
 * nevertheless be there, and another call would make a second one. */
bool pc_template_may_be_refused(const pc_token *token, const pc_key_plan *plan, CK_RV rv)
{
    static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    pc_template made = pc_made_with_id(&class, pc_key_plan_id(plan));
    pc_error ignored = { .status = PC_OK };
    pc_found found = { .count = 0 };

    if (rv != CKR_GENERAL_ERROR) {
        return pc_transfer_may_go_otherwise(rv);
    }
    return pc_objects_find(token, &made, 1, &found, &ignored) == PC_OK && found.count == 0;
}

static void add_flag(pc_template *template, CK_ATTRIBUTE_TYPE type, bool value)
{
    pc_template_add(template, type, value ? &yes : &no, sizeof yes);
}

/* With minimal rights: a session object, for wrapping and unwrapping only. */
static void start_transport_template(pc_template *template)
{
    static const CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    static const CK_KEY_TYPE type = CKK_AES;

    pc_template_add(template, CKA_CLASS, &class, sizeof class);
    pc_template_add(template, CKA_KEY_TYPE, &type, sizeof type);
    add_flag(template, CKA_TOKEN, false);
    add_flag(template, CKA_PRIVATE, true);
    add_flag(template, CKA_WRAP, true);
    add_flag(template, CKA_UNWRAP, true);
    add_flag(template, CKA_ENCRYPT, false);
    add_flag(template, CKA_DECRYPT, false);
}

static CK_RV write_public_key(const pc_token *token, const pc_public_half *rsa, CK_OBJECT_HANDLE *ret_handle)
{
    static const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    static const CK_KEY_TYPE type = CKK_RSA;
    pc_template template = { .count = 0 };

    pc_template_add(&template, CKA_CLASS, &class, sizeof class);
    pc_template_add(&template, CKA_KEY_TYPE, &type, sizeof type);
    add_flag(&template, CKA_TOKEN, false);
    add_flag(&template, CKA_WRAP, true);
    pc_public_half_add(rsa, &template);
    return token->functions->C_CreateObject(token->session, template.items, template.count, ret_handle);
}

static CK_RV generate(const pc_token *token, CK_OBJECT_HANDLE *ret_key)
{
    static const CK_ULONG len = AES_256_LEN;
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    pc_template template = { .count = 0 };

    start_transport_template(&template);
    pc_template_add(&template, CKA_VALUE_LEN, &len, sizeof len);
    add_flag(&template, CKA_SENSITIVE, true);
    add_flag(&template, CKA_EXTRACTABLE, true);
    return token->functions->C_GenerateKey(token->session, &mechanism, template.items, template.count, ret_key);
}

/* SHA-1 is not used for a signature here, and SoftHSM 2.6 supports no other digest. */
static CK_RV wrap_under(const pc_token *token, CK_OBJECT_HANDLE rsa, pc_transport_key *key)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = { .hashAlg = CKM_SHA_1, .mgf = CKG_MGF1_SHA1, .source = CKZ_DATA_SPECIFIED };
    CK_MECHANISM mechanism = { .mechanism = CKM_RSA_PKCS_OAEP, .pParameter = &oaep, .ulParameterLen = sizeof oaep };
    CK_ULONG len = sizeof key->wrapped;
    CK_RV rv = token->functions->C_WrapKey(token->session, &mechanism, rsa, key->handle, key->wrapped, &len);

    if (rv == CKR_OK && len > sizeof key->wrapped) {
        return CKR_GENERAL_ERROR;
    }
    key->wrapped_len = len;
    return rv;
}

void pc_transport_key_destroy(const pc_token *token, CK_OBJECT_HANDLE key)
{
    (void)pc_made_session_key_destroy(token, key, CKO_SECRET_KEY);
}

pc_status pc_transport_key_generate(const pc_token *token, const pc_public_half *rsa, pc_transport_key *ret_key,
                                    pc_error *err)
{
    CK_OBJECT_HANDLE public_key = 0;
    const char *function = "C_CreateObject";
    CK_RV rv = write_public_key(token, rsa, &public_key);

    *ret_key = (pc_transport_key){ .wrapped_len = sizeof ret_key->wrapped };
    if (rv == CKR_OK) {
        function = "C_GenerateKey";
        rv = generate(token, &ret_key->handle);
        if (rv == CKR_OK) {
            function = "C_WrapKey";
            rv = wrap_under(token, public_key, ret_key);
            if (rv != CKR_OK) {
                pc_transport_key_destroy(token, ret_key->handle);
            }
        }
        (void)pc_made_session_key_destroy(token, public_key, CKO_PUBLIC_KEY);
    }
    ret_key->try_another_way = pc_transfer_may_go_otherwise(rv);
    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, function);
}

static CK_RV generate_pair(const pc_token *token, pc_transport_pair *pair)
{
    static const CK_ULONG bits = PAIR_BITS;
    static const CK_BYTE exponent[] = { 0x01, 0x00, 0x01 }; /* 65537 */
    CK_MECHANISM mechanism = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN };
    pc_template public_half = { .count = 0 };
    pc_template private_half = { .count = 0 };

    add_flag(&public_half, CKA_TOKEN, false);
    add_flag(&public_half, CKA_ENCRYPT, false);
    add_flag(&public_half, CKA_VERIFY, false);
    add_flag(&public_half, CKA_WRAP, true);
    pc_template_add(&public_half, CKA_MODULUS_BITS, &bits, sizeof bits);
    pc_template_add(&public_half, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    add_flag(&private_half, CKA_TOKEN, false);
    add_flag(&private_half, CKA_PRIVATE, true);
    add_flag(&private_half, CKA_SENSITIVE, true);
    add_flag(&private_half, CKA_EXTRACTABLE, false);
    add_flag(&private_half, CKA_DECRYPT, false);
    add_flag(&private_half, CKA_SIGN, false);
    add_flag(&private_half, CKA_UNWRAP, true);
    return token->functions->C_GenerateKeyPair(token->session, &mechanism, public_half.items, public_half.count,
                                               private_half.items, private_half.count, &pair->public_key,
                                               &pair->private_key);
}

pc_status pc_transport_pair_generate(const pc_token *token, pc_arena *arena, pc_transport_pair *ret_pair, pc_error *err)
{
    pc_key public_key;
    CK_RV rv = generate_pair(token, ret_pair);

    ret_pair->is_made = rv == CKR_OK;
    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_GenerateKeyPair");
    }
    pc_status status = pc_key_read_object((pc_object){ token, ret_pair->public_key }, arena, &public_key, err);

    if (status == PC_OK && !pc_public_half_is_whole(&public_key.half)) {
        status = pc_fail(err, PC_E_TOKEN, "the token does not show the public half of its one-time key");
    }
    if (status != PC_OK) {
        pc_transport_pair_destroy(token, ret_pair);
        return status;
    }
    ret_pair->half = public_key.half;
    return PC_OK;
}

void pc_transport_pair_destroy(const pc_token *token, pc_transport_pair *pair)
{
    if (pair->is_made) {
        (void)pc_made_session_key_destroy(token, pair->private_key, CKO_PRIVATE_KEY);
        (void)pc_made_session_key_destroy(token, pair->public_key, CKO_PUBLIC_KEY);
    }
    pair->is_made = false;
}

pc_status pc_transport_key_unwrap(const pc_token *token, const pc_transport_pair *pair, const pc_transport_key *wrapped,
                                  CK_OBJECT_HANDLE *ret_key, pc_error *err)
{
    pc_transport_key copy = *wrapped; /* the interface is not const-clean */
    CK_RSA_PKCS_OAEP_PARAMS oaep = { .hashAlg = CKM_SHA_1, .mgf = CKG_MGF1_SHA1, .source = CKZ_DATA_SPECIFIED };
    CK_MECHANISM mechanism = { .mechanism = CKM_RSA_PKCS_OAEP, .pParameter = &oaep, .ulParameterLen = sizeof oaep };
    pc_template template = { .count = 0 };

    start_transport_template(&template);
    add_flag(&template, CKA_SENSITIVE, true);
    add_flag(&template, CKA_EXTRACTABLE, false);
    CK_RV rv = token->functions->C_UnwrapKey(token->session, &mechanism, pair->private_key, copy.wrapped,
                                             copy.wrapped_len, template.items, template.count, ret_key);

    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_UnwrapKey");
}

pc_status pc_transport_key_write(const pc_token *token, pc_secret *value, pc_transport_key *ret_key, pc_error *err)
{
    pc_template template = { .count = 0 };

    *ret_key = (pc_transport_key){ .handle = 0 };
    start_transport_template(&template);
    pc_template_add(&template, CKA_VALUE, pc_secret_bytes(value), pc_secret_len(value));
    add_flag(&template, CKA_SENSITIVE, true);
    add_flag(&template, CKA_EXTRACTABLE, false);
    CK_RV rv = token->functions->C_CreateObject(token->session, template.items, template.count, &ret_key->handle);

    ret_key->try_another_way = pc_transfer_may_go_otherwise(rv);
    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_CreateObject");
}

static bool draw_iv(uint8_t iv[static 16])
{
    return getrandom(iv, 16, 0) == 16;
}

/* PKCS#11 v2.40 section 5.13: the codes for a key that may not be extracted. */
static bool is_refusal(CK_RV rv)
{
    return rv == CKR_KEY_UNEXTRACTABLE || rv == CKR_KEY_NOT_WRAPPABLE;
}

pc_status pc_key_wrap_out_by(const pc_token *token, const pc_key *key, pc_wrapped_key *wrapped, bool *ret_other,
                             pc_error *err)
{
    CK_MECHANISM mechanism = { .mechanism = ways[wrapped->way].mechanism };
    CK_ULONG len = sizeof wrapped->bytes;

    *ret_other = false;
    wrapped->mechanism = pc_unwrap_way(wrapped->way, &wrapped->has_iv);
    if (wrapped->has_iv) {
        if (!draw_iv(wrapped->iv)) {
            return pc_fail(err, PC_E_CRYPTO, "no random bytes could be generated");
        }
        mechanism.pParameter = wrapped->iv;
        mechanism.ulParameterLen = sizeof wrapped->iv;
    }
    CK_RV rv =
        token->functions->C_WrapKey(token->session, &mechanism, wrapped->transport, key->handle, wrapped->bytes, &len);

    if (rv == CKR_OK && len > sizeof wrapped->bytes) {
        return pc_fail(err, PC_E_TOKEN, "C_WrapKey: the module reports %lu bytes, more than the buffer holds", len);
    }
    wrapped->len = len;
    *ret_other = pc_transfer_may_go_otherwise(rv);
    return rv == CKR_OK ? PC_OK : pc_fail_ckr_as(err, is_refusal(rv) ? PC_E_REFUSED : PC_E_TOKEN, rv, "C_WrapKey");
}

pc_status pc_key_wrap_out(const pc_token *token, CK_OBJECT_HANDLE transport, const pc_key *key,
                          pc_wrapped_key *ret_wrapped, pc_error *err)
{
    pc_error last = { .status = PC_OK };
    pc_status status = PC_E_TOKEN;
    bool other = true;

    ret_wrapped->transport = transport;
    for (size_t way = 0; way < PC_COUNT(ways) && status != PC_OK && other; way++) {
        last = (pc_error){ .status = PC_OK };
        ret_wrapped->way = way;
        status = pc_key_wrap_out_by(token, key, ret_wrapped, &other, &last);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &last);
    }
    return status;
}

/* SoftHSM 2.6 ignores the rest of an unwrapped key's template after MODIFIABLE false. */
static void put_modifiable_last(CK_ATTRIBUTE *items, CK_ULONG count)
{
    for (CK_ULONG i = 0; i + 1 < count; i++) {
        if (items[i].type == CKA_MODIFIABLE) {
            CK_ATTRIBUTE modifiable = items[i];

            memmove(&items[i], &items[i + 1], (count - i - 1) * sizeof *items);
            items[count - 1] = modifiable;
            return;
        }
    }
}

/* SoftHSM 2.6 cannot unwrap Edwards keys, and says only that the function failed. */
static bool may_go_otherwise_for(const pc_key_plan *plan, CK_RV rv)
{
    return pc_transfer_may_go_otherwise(rv) || (plan->kind == PC_KEY_ED25519 && rv == CKR_FUNCTION_FAILED);
}

/* The rungs of key_template.h, as for a generated key: if a module refuses an attribute, the call is repeated without
 * it. */
pc_status pc_key_unwrap_in(const pc_token *token, const pc_wrapped_key *wrapped, const pc_key_plan *plan,
                           pc_imported *ret_imported, pc_error *err)
{
    pc_wrapped_key copy = *wrapped; /* the interface is not const-clean */
    bool has_iv = ways[copy.way].has_iv;
    CK_MECHANISM mechanism = { .mechanism = ways[copy.way].mechanism,
                               .pParameter = has_iv ? copy.iv : NULL,
                               .ulParameterLen = has_iv ? sizeof copy.iv : 0 };
    CK_RV rv = CKR_TEMPLATE_INCONSISTENT;

    PC_WRITES_LABEL(token, pc_bytes_of_text(plan->label));
    *ret_imported = (pc_imported){ .mechanism = ways[copy.way].name };
    for (unsigned rung = 0; rung < PC_RUNG_COUNT; rung++) {
        pc_key_template template;

        pc_key_template_build(plan, (pc_template_rung)rung, &template);
        put_modifiable_last(template.private_items, template.private_count);
        rv = token->functions->C_UnwrapKey(token->session, &mechanism, copy.transport, copy.bytes, copy.len,
                                           template.private_items, template.private_count, &ret_imported->handle);
        ret_imported->rung = (pc_template_rung)rung;
        if (rv == CKR_OK) {
            return PC_OK;
        }
        if (rv == CKR_MECHANISM_INVALID || !pc_template_may_be_refused(token, plan, rv)) {
            break;
        }
    }
    ret_imported->try_another_way = may_go_otherwise_for(plan, rv);
    return pc_fail_ckr(err, rv, "C_UnwrapKey");
}
