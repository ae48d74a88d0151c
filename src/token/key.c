/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "token/attributes.h"
#include "token/filled_value.h"
#include "token/key_by_value.h"
#include "token/leftover.h"
#include "token/ml_dsa.h"
#include "token/objects.h"
#include "token/public_half.h"
#include "token/uri.h"

static const struct {
    const char *name;
    CK_ATTRIBUTE_TYPE type;
} flags[PC_KEY_FLAG_COUNT] = {
    [PC_KEY_TOKEN] = { "token", CKA_TOKEN },
    [PC_KEY_PRIVATE] = { "private", CKA_PRIVATE },
    [PC_KEY_SENSITIVE] = { "sensitive", CKA_SENSITIVE },
    [PC_KEY_EXTRACTABLE] = { "extractable", CKA_EXTRACTABLE },
    [PC_KEY_ALWAYS_SENSITIVE] = { "always-sensitive", CKA_ALWAYS_SENSITIVE },
    [PC_KEY_NEVER_EXTRACTABLE] = { "never-extractable", CKA_NEVER_EXTRACTABLE },
    [PC_KEY_LOCAL] = { "local", CKA_LOCAL },
    [PC_KEY_MODIFIABLE] = { "modifiable", CKA_MODIFIABLE },
    [PC_KEY_COPYABLE] = { "copyable", CKA_COPYABLE },
    [PC_KEY_DESTROYABLE] = { "destroyable", CKA_DESTROYABLE },
    [PC_KEY_WRAP_WITH_TRUSTED] = { "wrap-with-trusted", CKA_WRAP_WITH_TRUSTED },
    [PC_KEY_ALWAYS_AUTHENTICATE] = { "always-authenticate", CKA_ALWAYS_AUTHENTICATE },
    [PC_KEY_SIGN] = { "sign", CKA_SIGN },
    [PC_KEY_SIGN_RECOVER] = { "sign-recover", CKA_SIGN_RECOVER },
    [PC_KEY_DECRYPT] = { "decrypt", CKA_DECRYPT },
    [PC_KEY_UNWRAP] = { "unwrap", CKA_UNWRAP },
    [PC_KEY_DERIVE] = { "derive", CKA_DERIVE },
};

/* Attributes that are read from a private key in addition to its flags. */
static const CK_ATTRIBUTE_TYPE values[] = {
    CKA_CLASS,   CKA_KEY_TYPE,        CKA_LABEL,     CKA_ID,       CKA_SUBJECT,
    CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_EC_POINT,
};

const char *pc_key_flag_name(pc_key_flag flag)
{
    return flags[flag].name;
}

CK_ATTRIBUTE_TYPE pc_key_flag_attribute(pc_key_flag flag)
{
    return flags[flag].type;
}

const char *pc_key_describe(const pc_key *key, char out[32])
{
    return pc_public_half_describe(&key->half, out);
}

/* A URI copied from a listing of another token must not match a key with the same name here. */
static pc_status check_uri_fits(const pc_token *token, const char *text, P11KitUri *uri, pc_error *err)
{
    const CK_ATTRIBUTE *class = p11_kit_uri_get_attribute(uri, CKA_CLASS);
    CK_OBJECT_CLASS wanted = CKO_PRIVATE_KEY;

    if (class && class->ulValueLen == sizeof wanted) {
        memcpy(&wanted, class->pValue, sizeof wanted);
    }
    if (wanted != CKO_PRIVATE_KEY) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" does not name a private key", text);
    }
    bool fits = p11_kit_uri_match_token_info(uri, &token->raw) == 1;

    PC_TRY(fits ? pc_uri_fits_place(uri, token->functions, token->slot, &fits, err) : PC_OK);
    if (!fits) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "\"%s\" names a key on a token other than \"%s\"", text, token->info.label);
        return pc_hint(err, PC_E_NOT_FOUND, "name that token with `token`, or omit `token`: the URI names it");
    }
    return PC_OK;
}

pc_status pc_key_selector_parse(const pc_token *token, const char *text, pc_arena *arena, pc_key_selector *ret_selector,
                                pc_error *err)
{
    PC_AUTO(pc_uri) P11KitUri *uri = NULL;
    pc_key_selector selector = { .words = text };

    PC_TRY(pc_uri_parse(text, PC_URI_OBJECT, &uri, err));
    PC_TRY(check_uri_fits(token, text, uri, err));
    const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
    const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);

    if (!label && !id) {
        (void)pc_fail(err, PC_E_USAGE, "\"%s\" does not name a key", text);
        return pc_hint(err, PC_E_USAGE,
                       "add object=LABEL or id=%%01%%02…; `p11cert list --json` gives the URI of each key");
    }
    if (label) {
        selector.label = pc_arena_text(arena, label->pValue, label->ulValueLen);
    }
    if (id) {
        selector.id.data = pc_arena_copy(arena, id->pValue, id->ulValueLen);
        selector.id.len = id->ulValueLen;
    }
    if ((label && !selector.label) || (id && !selector.id.data)) {
        return pc_fail_memory(err);
    }
    *ret_selector = selector;
    return PC_OK;
}

static const pc_find_limit one_public = { .enough = 2, .max = 2 }; /* and to know that there is no second one */
static const pc_find_limit any_public = { .enough = 1, .max = 2 };

#define MOST_FOUND 8u

/* An incomplete object that a killed program left on the token does not count as a key. */
static pc_status is_key_left_over(const pc_token *token, const pc_key_object *read, bool *ret_is_leftover,
                                  pc_error *err)
{
    const pc_object object = { token, read->key.handle };

    return pc_leftover_is_key(object, read->class, &read->key.half, ret_is_leftover, err);
}

/* Several public keys have the CKA_ID: those that are only leftovers are dropped. */
static pc_status drop_left_publics(const pc_token *token, const pc_template *search, pc_found *found, pc_error *err)
{
    PC_TRY(pc_objects_find(token, search, MOST_FOUND, found, err));
    const size_t count = found->count;

    PC_TRY(pc_leftovers_drop(token, CKO_PUBLIC_KEY, found, err));
    return count == MOST_FOUND && found->count < MOST_FOUND
               ? pc_leftovers_fail_full(MOST_FOUND, "the CKA_ID", err) /* the key's own may be behind them */
               : PC_OK;
}

/* On most tokens the private key object has no EC point; the public key object with the same CKA_ID does. */
static pc_status read_public_object(const pc_token *token, pc_find_limit limit, pc_arena *arena, pc_key *key,
                                    pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_ID, CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_EC_POINT };
    const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    pc_attributes attributes;
    pc_template search = { .count = 0 };
    pc_found found;

    if (!key->id.len) {
        return PC_OK;
    }
    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    pc_template_add(&search, CKA_KEY_TYPE, &key->half.key_type, sizeof key->half.key_type);
    pc_template_add_bytes(&search, CKA_ID, key->id);
    PC_TRY(pc_objects_find_enough(token, &search, limit, &found, err));
    PC_TRY(found.count > 1 ? drop_left_publics(token, &search, &found, err) : PC_OK);
    if (found.count > 1) {
        (void)pc_fail(err, PC_E_AMBIGUOUS,
                      "several public keys have the CKA_ID of the key \"%s\", so its own public key is unknown",
                      key->label);
        return pc_hint(err, PC_E_AMBIGUOUS,
                       "`p11cert repair` finds by a signature which one is the key's own, and with `apply` gives each "
                       "other one a CKA_ID of its own");
    }
    if (found.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_attributes_read((pc_object){ token, found.items[0] }, PC_TYPES(wanted), arena, &attributes, err));
    const pc_bytes id = pc_attributes_bytes(&attributes, CKA_ID);

    if (id.len && !pc_bytes_equal(id, key->id)) {
        return pc_fail(
            err, PC_E_TOKEN,
            "C_FindObjects: the module returned a public key in place of that of the key \"%s\"; its CKA_ID is "
            "not the one searched for",
            key->label);
    }
    pc_public_half_take(&attributes, &key->half);
    return pc_ml_dsa_read_value((pc_object){ token, found.items[0] }, class, arena, &key->half, err);
}

pc_status pc_key_read_classified(pc_object object, pc_arena *arena, pc_key_object *ret_object, pc_error *err)
{
    CK_ATTRIBUTE_TYPE types[PC_KEY_FLAG_COUNT + PC_COUNT(values)];
    pc_attributes attributes;
    pc_key key = { .handle = object.handle };

    for (size_t i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        types[i] = flags[i].type;
    }
    memcpy(types + PC_KEY_FLAG_COUNT, values, sizeof values);
    PC_TRY(pc_attributes_read(object, PC_TYPES(types), arena, &attributes, err));

    key.label = pc_attributes_text(&attributes, CKA_LABEL, arena);
    if (!key.label) {
        return pc_fail_memory(err);
    }
    key.half.key_type = pc_attributes_number(&attributes, CKA_KEY_TYPE, CKK_VENDOR_DEFINED);
    for (size_t i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        key.flags[i] = pc_attributes_fact(&attributes, flags[i].type);
    }
    key.id = pc_attributes_bytes(&attributes, CKA_ID);
    key.subject = pc_attributes_bytes(&attributes, CKA_SUBJECT);
    pc_public_half_take(&attributes, &key.half);
    const CK_OBJECT_CLASS class = pc_attributes_number(&attributes, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

    PC_TRY(pc_ml_dsa_read_value(object, class, arena, &key.half, err));
    *ret_object = (pc_key_object){ .key = key, .class = class };
    return PC_OK;
}

pc_status pc_key_read_object(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err)
{
    pc_key_object read;

    PC_TRY(pc_key_read_classified(object, arena, &read, err));
    *ret_key = read.key;
    return PC_OK;
}

pc_status pc_key_read(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err)
{
    PC_TRY(pc_key_read_object(object, arena, ret_key, err));
    return pc_public_half_is_whole(&ret_key->half) ? PC_OK
                                                   : read_public_object(object.token, one_public, arena, ret_key, err);
}

/** Keys found by a search over all classes, by class. */
typedef struct {
    pc_key private_keys[MOST_FOUND];
    size_t private_count;
    pc_key public_keys[MOST_FOUND];
    size_t public_count;
    size_t leftover_count;
} classified_keys;

static pc_status classify(const pc_token *token, const pc_found *found, pc_arena *arena, classified_keys *ret_keys,
                          pc_error *err)
{
    ret_keys->private_count = 0;
    ret_keys->public_count = 0;
    ret_keys->leftover_count = 0;
    for (size_t i = 0; i < found->count && i < MOST_FOUND; i++) {
        pc_key_object each = { .class = CKO_DATA };
        bool is_leftover = false;

        PC_TRY(pc_key_read_classified((pc_object){ token, found->items[i] }, arena, &each, err));
        PC_TRY(is_key_left_over(token, &each, &is_leftover, err));
        ret_keys->leftover_count += is_leftover;
        if (is_leftover) {
            continue;
        }
        if (each.class == CKO_PRIVATE_KEY) {
            ret_keys->private_keys[ret_keys->private_count++] = each.key;
        } else if (each.class == CKO_PUBLIC_KEY) {
            ret_keys->public_keys[ret_keys->public_count++] = each.key;
        } else if (each.class == CK_UNAVAILABLE_INFORMATION) {
            return pc_fail(err, PC_E_TOKEN, "the token does not show the class of an object \"%s\", which may be a key",
                           each.key.label);
        }
    }
    return PC_OK;
}

/* Takes the public half from the public key object if the private one does not show it; the object may already have
 * been read. */
static pc_status join_halves(const pc_token *token, classified_keys *keys, pc_arena *arena, pc_error *err)
{
    pc_key *key = &keys->private_keys[0];

    for (size_t i = 0; i < keys->public_count && !pc_public_half_is_whole(&key->half); i++) {
        const pc_key *half = &keys->public_keys[i];

        if (half->half.key_type == key->half.key_type && pc_bytes_match(half->id, key->id)) {
            key->half = half->half;
        }
    }
    return pc_public_half_is_whole(&key->half) ? PC_OK : read_public_object(token, one_public, arena, key, err);
}

static pc_status read_found(const pc_token *token, const pc_found *found, pc_arena *arena, pc_keys *ret_keys,
                            pc_error *err)
{
    classified_keys keys;

    PC_TRY(classify(token, found, arena, &keys, err));
    if (keys.private_count == 1) {
        PC_TRY(join_halves(token, &keys, arena, err));
    }
    pc_key *items = pc_arena_copy(arena, keys.private_keys, sizeof keys.private_keys);

    if (!items) {
        return pc_fail_memory(err);
    }
    *ret_keys = (pc_keys){ .items = items, .count = keys.private_count, .leftover_count = keys.leftover_count };
    return PC_OK;
}

pc_status pc_key_read_pair(const pc_token *token, const pc_key_selector *selector, pc_arena *arena, pc_keys *ret_keys,
                           pc_error *err)
{
    const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    /* One more than a pair has; the CKA_ID is random, so that no two keys share it. */
    const pc_find_limit limit = { .enough = selector->half_is_shown ? 1 : 2, .max = 3 };
    pc_template search = { .count = 0 };
    pc_keys keys = { .count = 0 };
    pc_found found;

    if (selector->half_is_shown) {
        pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    }
    pc_template_add_bytes(&search, CKA_ID, selector->id);
    PC_TRY(pc_objects_find_enough(token, &search, limit, &found, err));
    PC_TRY(read_found(token, &found, arena, &keys, err));
    if (keys.leftover_count) {
        PC_TRY(pc_objects_find(token, &search, MOST_FOUND, &found, err));
        PC_TRY(found.count < MOST_FOUND ? read_found(token, &found, arena, &keys, err)
                                        : pc_leftovers_fail_full(MOST_FOUND, "the CKA_ID", err));
    }
    *ret_keys = keys;
    return PC_OK;
}

pc_status pc_key_read_handles(const pc_token *token, const pc_pair_handles *handles, pc_arena *arena, pc_keys *ret_keys,
                              pc_error *err)
{
    const pc_found both = { .items = { handles->private_key, handles->public_key },
                            .count = handles->public_key == CK_INVALID_HANDLE ? 1 : 2 };

    return read_found(token, &both, arena, ret_keys, err);
}

/* A key that was found by its label has that label, even if the token does not show it. */
static pc_status take_known_label(const char *label, pc_arena *arena, pc_key *key, pc_error *err)
{
    if (label && !*key->label) {
        key->label = pc_arena_string(arena, label);
    }
    return key->label ? PC_OK : pc_fail_memory(err);
}

static const pc_key *public_key_alone(const classified_keys *keys)
{
    for (size_t i = 0; i < keys->public_count; i++) {
        const pc_key *half = &keys->public_keys[i];

        if (keys->private_count == 0 || !pc_bytes_match(half->id, keys->private_keys[0].id)) {
            return half;
        }
    }
    return NULL;
}

static pc_status find_labelled_private(const pc_token *token, const char *label, pc_arena *arena,
                                       pc_labelled_key *ret_labelled, pc_error *err)
{
    const pc_key_selector by_label = { .words = label, .label = label };
    pc_keys keys;

    PC_TRY(pc_keys_find(token, &by_label, arena, &keys, err));
    ret_labelled->count = keys.count;
    if (keys.count) {
        ret_labelled->key = keys.items[0];
    }
    return PC_OK;
}

pc_status pc_key_find_labelled(const pc_token *token, const char *label, pc_arena *arena, pc_labelled_key *ret_labelled,
                               pc_error *err)
{
    pc_template search = { .count = 0 };
    classified_keys keys;
    pc_found found;

    *ret_labelled = (pc_labelled_key){ .count = 0 };
    pc_template_add(&search, CKA_LABEL, label, strlen(label));
    PC_TRY(pc_objects_find_by_text(token, &search, MOST_FOUND, &found, err));
    PC_TRY(classify(token, &found, arena, &keys, err));
    if (keys.private_count > 1 || found.count == MOST_FOUND) {
        return find_labelled_private(token, label, arena, ret_labelled, err);
    }
    if (keys.private_count == 1) {
        PC_TRY(join_halves(token, &keys, arena, err));
        PC_TRY(take_known_label(label, arena, &keys.private_keys[0], err));
        ret_labelled->key = keys.private_keys[0];
    }
    const pc_key *alone = public_key_alone(&keys);

    ret_labelled->count = keys.private_count;
    if (alone) {
        ret_labelled->has_half = true;
        ret_labelled->half_id = alone->id;
    }
    return PC_OK;
}

static size_t most_of(const pc_key_selector *selector)
{
    return selector->max ? selector->max : 1;
}

static pc_status find_by_name(const pc_token *token, const pc_key_selector *selector, size_t max, pc_found *ret_found,
                              pc_error *err)
{
    static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    if (selector->label) {
        pc_template_add(&search, CKA_LABEL, selector->label, strlen(selector->label));
    }
    if (selector->id.data) {
        pc_template_add_bytes(&search, CKA_ID, selector->id);
    }
    return selector->label ? pc_objects_find_by_text(token, &search, max, ret_found, err)
                           : pc_objects_find(token, &search, max, ret_found, err);
}

static pc_status report_ambiguous(const pc_key_selector *selector, const pc_keys *keys, pc_arena *arena, pc_error *err)
{
    const char *list = "";

    for (size_t i = 0; i < keys->count && list; i++) {
        const pc_key *each = &keys->items[i];
        const char *id = pc_text_hex(arena, each->id, '\0');
        char kind[32];

        list = pc_arena_format(arena, "%s%s\"%s\" (%s, CKA_ID %s)", list, i ? ", " : "", each->label,
                               pc_key_describe(each, kind), id && *id ? id : "none");
    }
    (void)pc_fail(err, PC_E_AMBIGUOUS, "several private keys match \"%s\": %s", selector->words, list ? list : "");
    return pc_hint(
        err, PC_E_AMBIGUOUS,
        "name one by its CKA_ID: `%s` 'pkcs11:id=%%01%%02…' (two hex digits after each %%); `p11cert list --json` "
        "gives the URI of each",
        selector->member ? selector->member : "key");
}

/** The result of a search for private keys, and the keys read from it. */
typedef struct {
    const pc_key_selector *selector;
    pc_arena *arena;
    pc_value_found match;
    pc_keys keys;
} key_search;

/* The public half with which an EC key was found need not be read again. */
static pc_status join_half(const pc_token *token, const key_search *search, pc_key *key, pc_error *err)
{
    const pc_key *half = &search->match.public_key;

    if (half->half.key_type == CKK_RSA || !pc_public_half_is_whole(&half->half)) {
        const pc_find_limit limit = search->selector->half_is_proved ? any_public : one_public;

        return pc_public_half_is_whole(&key->half) ? PC_OK : read_public_object(token, limit, search->arena, key, err);
    }
    if (!pc_bytes_match(half->id, key->id)) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token reports a CKA_ID for the key \"%s\" that differs from the one it "
                       "was found by",
                       key->label);
    }
    if (!pc_public_half_is_whole(&key->half)) {
        key->half = half->half;
    }
    return PC_OK;
}

/* If a module returns the handle of another object, that object must not be used. */
static pc_status check_is_wanted(const pc_key_selector *selector, const pc_key *key, pc_error *err)
{
    bool has_label = !selector->label || !*key->label || pc_label_is(selector->label, key->label);
    bool has_id = !selector->id.data || pc_bytes_equal(selector->id, key->id);

    return has_label && has_id
               ? PC_OK
               : pc_fail(err, PC_E_TOKEN,
                         "C_FindObjects: the module returned the key \"%s\", whose %s is not the one searched for",
                         key->label, has_label ? "CKA_ID" : "label");
}

/* Of keys that were found by their value. A key whose label is not shown has none that could be meant. */
static bool is_chosen(const pc_key_selector *selector, const pc_key *key)
{
    return (!selector->label || pc_label_is(selector->label, key->label)) &&
           (!selector->id.data || pc_bytes_equal(selector->id, key->id));
}

/* The search may have read the key already. */
static pc_status read_unless_known(const key_search *search, pc_object object, pc_key *ret_key, pc_error *err)
{
    const pc_keys *known = &search->match.same_id.private_keys;

    for (size_t i = 0; i < known->count; i++) {
        if (known->items[i].handle == object.handle) {
            *ret_key = known->items[i];
            return PC_OK;
        }
    }
    return pc_key_read_object(object, search->arena, ret_key, err);
}

static pc_status read_one(const pc_token *token, key_search *search, CK_OBJECT_HANDLE handle, pc_error *err)
{
    const pc_object object = { token, handle };
    pc_key *key = &search->keys.items[search->keys.count];
    bool is_leftover = false;

    PC_TRY(read_unless_known(search, object, key, err));
    PC_TRY(pc_leftover_is_key(object, CKO_PRIVATE_KEY, &key->half, &is_leftover, err));
    if (is_leftover) {
        search->keys.leftover_count++;
        return PC_OK;
    }
    if (search->selector->public_half && !is_chosen(search->selector, key)) {
        return PC_OK;
    }
    pc_status status = join_half(token, search, key, err);

    if (status != PC_OK && !(status == PC_E_AMBIGUOUS && search->selector->half_may_lack)) {
        return status;
    }
    PC_TRY(check_is_wanted(search->selector, key, err));
    PC_TRY(take_known_label(search->selector->label, search->arena, key, err));
    search->keys.count++;
    return PC_OK;
}

static pc_status read_searched(const pc_token *token, key_search *search, pc_error *err)
{
    const pc_found *found = &search->match.private_keys;

    search->keys = (pc_keys){ .items = pc_arena_alloc(search->arena, (found->count + 1) * sizeof *search->keys.items) };
    if (!search->keys.items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < found->count; i++) {
        PC_TRY(read_one(token, search, found->items[i], err));
    }
    return PC_OK;
}

static pc_status find_at_most(const pc_token *token, key_search *search, size_t max, bool with_certificates,
                              pc_error *err)
{
    const pc_key_selector *selector = search->selector;
    const pc_value_wanted wanted = { selector->public_half, max, with_certificates };

    PC_TRY(selector->public_half ? pc_private_keys_by_value(token, &wanted, search->arena, &search->match, err)
                                 : find_by_name(token, selector, max, &search->match.private_keys, err));
    return read_searched(token, search, err);
}

static pc_status find_keys(const pc_token *token, key_search *search, bool with_certificates, pc_error *err)
{
    const pc_key_selector *selector = search->selector;
    const pc_found *found = &search->match.private_keys;
    const bool chooses = selector->public_half && (selector->label || selector->id.data);
    const size_t enough = chooses ? PC_FOUND_MAX : most_of(selector) + 1;

    PC_TRY(find_at_most(token, search, enough, with_certificates, err));
    if (search->keys.leftover_count && found->count == enough && enough < PC_FOUND_MAX) {
        PC_TRY(find_at_most(token, search, PC_FOUND_MAX, with_certificates, err));
    }
    if (search->keys.leftover_count && found->count == PC_FOUND_MAX) {
        return pc_leftovers_fail_full(PC_FOUND_MAX, selector->words, err);
    }
    return search->keys.count > most_of(selector) ? report_ambiguous(selector, &search->keys, search->arena, err)
                                                  : PC_OK;
}

pc_status pc_keys_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena, pc_keys *ret_keys,
                       pc_error *err)
{
    key_search search = { .selector = selector, .arena = arena };

    PC_TRY(find_keys(token, &search, false, err));
    *ret_keys = search.keys;
    return PC_OK;
}

static pc_status take_only(const pc_token *token, const key_search *search, pc_key *ret_key, pc_error *err)
{
    if (search->keys.count == 0) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "no private key on token \"%s\" matches \"%s\"", token->info.label,
                      search->selector->words);
        return pc_hint(err, PC_E_NOT_FOUND, "`p11cert list` shows the keys on the token");
    }
    *ret_key = search->keys.items[0];
    return PC_OK;
}

pc_status pc_key_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena, pc_key *ret_key,
                      pc_error *err)
{
    key_search search = { .selector = selector, .arena = arena };

    PC_TRY(find_keys(token, &search, false, err));
    return take_only(token, &search, ret_key, err);
}

pc_status pc_key_find_with_certificates(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                        pc_key_with_certificates *ret_found, pc_error *err)
{
    key_search search = { .selector = selector, .arena = arena };
    pc_key key;

    PC_TRY(find_keys(token, &search, true, err));
    PC_TRY(take_only(token, &search, &key, err));
    const pc_same_id_objects *same_id = &search.match.same_id;

    *ret_found = (pc_key_with_certificates){
        .key = key,
        .certificates = same_id->certificates.items,
        .certificate_count = same_id->certificates.count,
        .has_certificates = same_id->is_known,
    };
    return PC_OK;
}
