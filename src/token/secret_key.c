/* SPDX-License-Identifier: Apache-2.0 */
#include "token/secret_key.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/keygen.h"
#include "token/made_object.h"
#include "token/objects.h"

/* The plan's member that decides the value of an attribute. */
typedef enum { ALWAYS, NEVER, IF_EXPORTABLE, UNLESS_EXPORTABLE, IF_WRAPPING, UNLESS_WRAPPING } wanted;

static const struct {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    wanted value;
    bool is_essential;    /* a key that does not show it is refused */
    bool is_control;      /* some modules do not know it in a template */
    bool is_set_by_token; /* never in a template */
} flags[] = {
    { CKA_TOKEN, "token", ALWAYS, true, false, false },
    { CKA_PRIVATE, "private", ALWAYS, true, false, false },
    { CKA_SENSITIVE, "sensitive", ALWAYS, true, false, false },
    { CKA_EXTRACTABLE, "extractable", IF_EXPORTABLE, true, false, false },
    { CKA_MODIFIABLE, "modifiable", IF_EXPORTABLE, false, false, false },
    { CKA_COPYABLE, "copyable", NEVER, false, true, false },
    { CKA_DESTROYABLE, "destroyable", ALWAYS, false, true, false },
    { CKA_WRAP_WITH_TRUSTED, "wrap-with-trusted", NEVER, false, true, false },
    { CKA_ENCRYPT, "encrypt", UNLESS_WRAPPING, false, false, false },
    { CKA_DECRYPT, "decrypt", UNLESS_WRAPPING, false, false, false },
    { CKA_WRAP, "wrap", IF_WRAPPING, false, false, false },
    { CKA_UNWRAP, "unwrap", IF_WRAPPING, false, false, false },
    { CKA_SIGN, "sign", NEVER, false, false, false },
    { CKA_VERIFY, "verify", NEVER, false, false, false },
    { CKA_DERIVE, "derive", NEVER, false, false, false },
    { CKA_ALWAYS_SENSITIVE, "always-sensitive", ALWAYS, false, false, true },
    { CKA_NEVER_EXTRACTABLE, "never-extractable", UNLESS_EXPORTABLE, false, false, true },
    { CKA_LOCAL, "local", ALWAYS, false, false, true },
};

static bool value_of(const pc_secret_key_plan *plan, wanted value)
{
    switch (value) {
    case ALWAYS:
        return true;
    case NEVER:
        return false;
    case IF_EXPORTABLE:
        return plan->exportable;
    case UNLESS_EXPORTABLE:
        return !plan->exportable;
    case IF_WRAPPING:
        return plan->wraps;
    case UNLESS_WRAPPING:
        return !plan->wraps;
    }
    return false;
}

/* --- compare --- */

static const char *fact_word(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? "not shown" : fact == PC_FACT_TRUE ? "true" : "false";
}

static bool is_wrong(const pc_secret_key_plan *plan, size_t row, pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? flags[row].is_essential
                                   : (fact == PC_FACT_TRUE) != value_of(plan, flags[row].value);
}

/** A key that is compared with a plan. */
typedef struct {
    const pc_secret_key_plan *plan;
    bool has_control; /* the template had the attributes that some modules do not know */
    pc_arena *arena;
    pc_secret_key key;
} comparison;

static void judge(comparison *compared, size_t row, pc_fact fact)
{
    const pc_secret_key_plan *plan = compared->plan;
    pc_secret_key *key = &compared->key;
    bool is_tolerated = plan->tolerates_local && flags[row].type == CKA_LOCAL;
    const char **list = is_tolerated                                      ? &key->tolerated
                        : flags[row].is_control && !compared->has_control ? &key->unsupported_flags
                                                                          : &key->wrong;

    if (*list && is_wrong(plan, row, fact)) {
        *list = pc_arena_format(compared->arena, "%s%s%s is %s", *list, **list ? ", " : "", flags[row].name,
                                fact_word(fact));
    }
}

static void judge_kind(comparison *compared, const pc_attributes *attributes)
{
    CK_ULONG type = pc_attributes_number(attributes, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    CK_ULONG len = pc_attributes_number(attributes, CKA_VALUE_LEN, compared->plan->len);

    if (type != CKK_AES) {
        compared->key.wrong = "it is not an AES key";
    } else if (len != compared->plan->len) {
        compared->key.wrong =
            pc_arena_format(compared->arena, "it is aes-%lu, not aes-%lu", len * 8, compared->plan->len * 8);
    }
}

static pc_status compare(pc_object object, comparison *compared, pc_error *err)
{
    CK_ATTRIBUTE_TYPE types[PC_COUNT(flags) + 2] = { CKA_KEY_TYPE, CKA_VALUE_LEN };
    pc_attributes attributes;

    for (size_t i = 0; i < PC_COUNT(flags); i++) {
        types[i + 2] = flags[i].type;
    }
    PC_TRY(pc_attributes_read(object, PC_TYPES(types), compared->arena, &attributes, err));
    compared->key = (pc_secret_key){ .unsupported_flags = "", .tolerated = "", .wrong = "" };
    PC_TRY(pc_key_read_object(object, compared->arena, &compared->key.key, err));
    compared->key.wrong = pc_label_difference(compared->key.key.label, compared->plan->label, compared->arena);
    judge_kind(compared, &attributes);
    for (size_t i = 0; i < PC_COUNT(flags); i++) {
        judge(compared, i, pc_attributes_fact(&attributes, flags[i].type));
    }
    const pc_secret_key *key = &compared->key;

    return key->wrong && key->unsupported_flags && key->tolerated ? PC_OK : pc_fail_memory(err);
}

static pc_status search(const pc_token *token, CK_ATTRIBUTE_TYPE type, pc_bytes value, pc_found *ret_found,
                        pc_error *err)
{
    static const CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    pc_template template = { .count = 0 };

    pc_template_add(&template, CKA_CLASS, &class, sizeof class);
    pc_template_add_bytes(&template, type, value);
    return type == CKA_LABEL ? pc_objects_find_by_text(token, &template, 2, ret_found, err)
                             : pc_objects_find(token, &template, 2, ret_found, err);
}

pc_status pc_secret_key_find(const pc_token *token, const pc_secret_key_plan *plan, pc_arena *arena,
                             pc_secret_key *ret_found, pc_error *err)
{
    const pc_bytes label = { (const uint8_t *)plan->label, strlen(plan->label) };
    comparison compared = { .plan = plan, .arena = arena };
    pc_found found = { .count = 0 };

    PC_TRY(search(token, CKA_LABEL, label, &found, err));
    if (found.count > 1) {
        return pc_fail(err, PC_E_AMBIGUOUS, "several secret keys on token \"%s\" have the label \"%s\"",
                       token->info.label, plan->label);
    }
    if (found.count == 1) {
        PC_TRY(compare((pc_object){ token, found.items[0] }, &compared, err));
    }
    *ret_found = compared.key;
    return PC_OK;
}

/* --- generate --- */

static CK_RV generate(const pc_token *token, const pc_secret_key_plan *plan, bool has_control,
                      CK_OBJECT_HANDLE *ret_handle)
{
    static const CK_BBOOL yes = CK_TRUE;
    static const CK_BBOOL no = CK_FALSE;
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    CK_ULONG len = plan->len;
    CK_ATTRIBUTE items[PC_COUNT(flags) + 3];
    pc_template start = { .count = 0 };
    CK_ULONG count = 0;

    pc_template_add(&start, CKA_VALUE_LEN, &len, sizeof len);
    pc_template_add(&start, CKA_LABEL, plan->label, strlen(plan->label));
    pc_template_add(&start, CKA_ID, plan->id, sizeof plan->id);
    for (; count < start.count; count++) {
        items[count] = start.items[count];
    }
    for (size_t i = 0; i < PC_COUNT(flags); i++) {
        pc_template flag = { .count = 0 };

        if (!flags[i].is_set_by_token && (has_control || !flags[i].is_control)) {
            pc_template_add(&flag, flags[i].type, value_of(plan, flags[i].value) ? &yes : &no, sizeof yes);
            items[count++] = flag.items[0];
        }
    }
    return token->functions->C_GenerateKey(token->session, &mechanism, items, count, ret_handle);
}

/* Codes with which modules refuse a template; NSS uses GENERAL_ERROR. */
static bool is_template_refusal(CK_RV rv)
{
    return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY ||
           rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_TEMPLATE_INCOMPLETE || rv == CKR_GENERAL_ERROR;
}

/* A failed search is not an answer: the key may exist. */
static bool may_exist(const pc_token *token, const pc_secret_key_plan *plan)
{
    pc_error ignored = { .status = PC_OK };
    pc_found found = { .count = 0 };

    return search(token, CKA_ID, PC_BYTES_OF(plan->id), &found, &ignored) != PC_OK || found.count > 0;
}

static pc_status fail_generate(const pc_token *token, const pc_secret_key_plan *plan, CK_RV rv, pc_error *err)
{
    pc_status status = pc_fail_ckr(err, rv, "C_GenerateKey");

    if (!may_exist(token, plan)) {
        return pc_note(err, status, "token \"%s\" cannot generate the key \"%s\"; no key was created",
                       token->info.label, plan->label);
    }
    (void)pc_note(err, status, "the key \"%s\" may or may not be on the token", plan->label);
    return pc_hint_resume(err, status, "run the same command again: it uses the key if it exists and is as ordered");
}

static pc_status read_back(const pc_token *token, comparison *compared, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *reader = NULL;
    pc_found found = { .count = 0 };

    PC_TRY(pc_token_branch(token, false, &reader, err));
    PC_TRY(search(reader, CKA_ID, PC_BYTES_OF(compared->plan->id), &found, err));
    if (found.count != 1) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token reported that it generated a key, but shows %zu keys with its CKA_ID", found.count);
    }
    return compare((pc_object){ reader, found.items[0] }, compared, err);
}

static pc_status destroy_wrong_key(const pc_token *token, CK_OBJECT_HANDLE handle, const comparison *compared,
                                   pc_error *err)
{
    const pc_secret_key_plan *plan = compared->plan;
    CK_RV rv = pc_made_key_destroy(token, handle, CKO_SECRET_KEY, PC_BYTES_OF(plan->id));

    (void)pc_fail(err, PC_E_VERIFY, "the token did not generate the key as requested: %s", compared->key.wrong);
    (void)pc_keygen_hint(compared->key.wrong, err);
    return rv == CKR_OK
               ? pc_note(err, PC_E_VERIFY, "the key \"%s\" was destroyed again", plan->label)
               : pc_note(err, PC_E_VERIFY, "the key \"%s\" could not be destroyed again (0x%lx) and must not be used",
                         plan->label, rv);
}

pc_status pc_secret_key_generate(const pc_token *token, const pc_secret_key_plan *plan, pc_arena *arena,
                                 pc_secret_key *ret_made, pc_error *err)
{
    comparison compared = { .plan = plan, .has_control = true, .arena = arena };
    CK_OBJECT_HANDLE handle = 0;
    CK_RV rv = generate(token, plan, true, &handle);

    if (is_template_refusal(rv) && !may_exist(token, plan)) {
        compared.has_control = false;
        rv = generate(token, plan, false, &handle);
    }
    if (rv != CKR_OK) {
        return fail_generate(token, plan, rv, err);
    }
    pc_status status = read_back(token, &compared, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the key \"%s\" was created, but could not be read back; it is on the token",
                       plan->label);
    }
    if (*compared.key.wrong) {
        return destroy_wrong_key(token, handle, &compared, err);
    }
    *ret_made = compared.key;
    /* A handle from the other session need not be valid in this one (PKCS#11 v2.40 section 2.4). */
    ret_made->key.handle = handle;
    return PC_OK;
}
