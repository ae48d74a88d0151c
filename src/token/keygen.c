/* SPDX-License-Identifier: Apache-2.0 */
#include "token/keygen.h"

#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/half_made.h"
#include "token/key.h"
#include "token/key_support.h"
#include "token/label_log.h"
#include "token/made_object.h"
#include "token/objects.h"

#define READINGS_BEFORE_JUDGEMENT 5

static pc_status find_id(const pc_token *token, const pc_key_plan *plan, bool *ret_is_used, pc_error *err)
{
    pc_template search = { .count = 0 };
    pc_found found;

    pc_template_add_bytes(&search, CKA_ID, pc_key_plan_id(plan));
    PC_TRY(pc_objects_find(token, &search, 1, &found, err));
    *ret_is_used = found.count > 0;
    return PC_OK;
}

/* Is it certain that there is no object with the ID that only this key can have? */
static bool id_is_unused(const pc_token *token, const pc_key_plan *plan)
{
    pc_error ignored = { .status = PC_OK };
    bool is_used = true;

    return find_id(token, plan, &is_used, &ignored) == PC_OK && !is_used;
}

static pc_status note_unknown_outcome(pc_status status, const pc_key_plan *plan, pc_arena *arena, pc_error *err)
{
    const char *id = pc_text_hex(arena, pc_key_plan_id(plan), '\0');

    (void)pc_note(err, status, "the key \"%s\" may or may not be on the token, with CKA_ID %s", plan->label,
                  id ? id : "?");
    return pc_hint_resume(err, status,
                          "check with `p11cert list`; the same command, run again, reuses the key if it exists");
}

static CK_RV call_generate(const pc_token *token, const pc_key_plan *plan, pc_key_pair *pair)
{
    pc_key_template template;

    pc_key_template_build(plan, pair->rung, &template);
    return token->functions->C_GenerateKeyPair(token->session, &template.mechanism, template.public_items,
                                               template.public_count, template.private_items, template.private_count,
                                               &pair->public_handle, &pair->private_handle);
}

/* Tries all rungs with a public key object that anybody may read, then, for tokens that do not support that, with a
 * private one. */
CK_RV pc_key_pair_generate(const pc_token *token, const pc_key_plan *plan, pc_key_pair *ret_pair, bool *ret_unknown)
{
    pc_key_plan tried = *plan;
    bool is_repeated = false;

    PC_WRITES_LABEL(token, pc_bytes_of_text(plan->label));
    for (unsigned step = 0;;) {
        pc_key_pair pair = { .rung = (pc_template_rung)(step % PC_RUNG_COUNT) };

        tried.public_is_private = plan->public_is_private || step >= PC_RUNG_COUNT;
        CK_RV rv = call_generate(token, &tried, &pair);

        if (rv == CKR_OK) {
            *ret_pair = pair;
            return CKR_OK;
        }
        /* An error does not mean that no key was created. */
        *ret_unknown = !id_is_unused(token, plan);
        /* SoftHSM also returns this once in a few hundred keys, when two sessions generate a key at the same time. */
        if (!*ret_unknown && rv == CKR_GENERAL_ERROR && !is_repeated) {
            is_repeated = true;
            continue;
        }
        bool may_be_public = rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT;
        unsigned step_count = step >= PC_RUNG_COUNT || may_be_public ? 2 * PC_RUNG_COUNT : PC_RUNG_COUNT;

        if (*ret_unknown || !pc_rv_refuses_template(rv) || step + 1 == step_count) {
            return rv;
        }
        is_repeated = false;
        step++;
    }
}

/* As in a URI: "%01%ab". */
static const char *percent_encode(pc_bytes id, pc_arena *arena)
{
    const char *hex = pc_text_hex(arena, id, '%');

    return hex ? pc_arena_format(arena, "%%%s", hex) : NULL;
}

static pc_status refuse_used_id(const pc_token *token, const pc_key_plan *plan, pc_id_use use, pc_arena *arena,
                                pc_error *err)
{
    const char *id = pc_text_hex(arena, pc_key_plan_id(plan), '\0');
    const char *uri = percent_encode(pc_key_plan_id(plan), arena);

    if (!id || !uri) {
        return pc_fail_memory(err);
    }
    if (use == PC_ID_USED) {
        (void)pc_fail(err, PC_E_REFUSED, "an object on token \"%s\" already has the CKA_ID %s; no key was created",
                      token->info.label, id);
        return pc_hint(err, PC_E_REFUSED, "give another with `id`; `p11cert list` shows those of the keys");
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "a public key without a private key on token \"%s\" already has the CKA_ID %s; no key was created",
                  token->info.label, id);
    return pc_hint(err, PC_E_REFUSED,
                   "give another with `id`. If a run that was killed left this public key, `p11cert retire --key "
                   "'pkcs11:id=%s' --yes` removes it, and the same command then creates the key",
                   uri);
}

/* An ID that was given, and is not random, may belong to another object. */
static pc_status free_id(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_error *err)
{
    pc_id_use use = PC_ID_FREE;

    PC_TRY(plan->id_is_given ? pc_half_made_remove(token, plan, &use, err) : PC_OK);
    return use == PC_ID_FREE ? PC_OK : refuse_used_id(token, plan, use, arena, err);
}

static pc_status generate(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_key_pair *ret_pair,
                          pc_error *err)
{
    bool unknown = false;

    PC_TRY(pc_key_support_check(token, plan, err));
    PC_TRY(pc_label_log_check(token, plan->label, err));
    PC_TRY(free_id(token, plan, arena, err));
    CK_RV rv = pc_key_pair_generate(token, plan, ret_pair, &unknown);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    pc_status failed = pc_fail_ckr(err, rv, "C_GenerateKeyPair");

    if (unknown) {
        return note_unknown_outcome(failed, plan, arena, err);
    }
    if (rv != CKR_GENERAL_ERROR && pc_rv_refuses_template(rv)) {
        (void)pc_hint(err, failed,
                      plan->exportable
                          ? "the token refused every form of the template (`p11cert new --dry-run` shows it). Some "
                            "tokens, such as a TPM, make no exportable keys. If it accepts only shorter CKA_IDs, or "
                            "certain ones, give one with `id` HEX"
                          : "the token refused every form of the template (`p11cert new --dry-run` shows it). If it "
                            "accepts only shorter CKA_IDs, or certain ones, give one with `id` HEX");
    }
    return pc_note(err, failed, "token \"%s\" cannot generate the %s key \"%s\"; no key was created", token->info.label,
                   pc_key_kind_name(plan->kind), plan->label);
}

/** A key as the token showed it, and how it differs from the plan. */
typedef struct {
    const pc_keygen_sessions *sessions;
    const pc_key_plan *plan;
    const pc_key_pair *pair;
    pc_key key;
    const char *wrong; /**< in the arena; "" if it does not differ */
    pc_bytes own_id;   /**< the CKA_ID that the token chose; empty if it is the planned one */
} reading;

/* A CKA_ID that was given may belong to another key; one generated in this run is random, so it cannot. */
static bool may_use_handles(const reading *read)
{
    const pc_keygen_sessions *sessions = read->sessions;

    return sessions->handles && sessions->reader != sessions->maker && !read->plan->id_is_given;
}

/* No key if the handles are not certain to be those of the new pair in the reader's session. */
static pc_keys read_by_handles(const reading *read, pc_arena *arena)
{
    const bool half_is_shown = pc_key_kind_is_rsa(read->plan->kind);
    const pc_pair_handles handles = { read->pair->private_handle,
                                      half_is_shown ? CK_INVALID_HANDLE : read->pair->public_handle };
    pc_error ignored = { .status = PC_OK };
    pc_keys found = { .count = 0 };

    if (!may_use_handles(read) || *read->sessions->handles != PC_HANDLES_SHARED) {
        return found;
    }
    if (pc_key_read_handles(read->sessions->reader, &handles, arena, &found, &ignored) != PC_OK || found.count != 1 ||
        !pc_bytes_equal(found.items[0].id, pc_key_plan_id(read->plan))) {
        *read->sessions->handles = PC_HANDLES_UNKNOWN; /* the search will tell */
        found.count = 0;
    }
    return found;
}

static void note_handle_use(const reading *read, const pc_key *found)
{
    if (may_use_handles(read) && *read->sessions->handles == PC_HANDLES_UNKNOWN) {
        *read->sessions->handles =
            found->handle == read->pair->private_handle ? PC_HANDLES_SHARED : PC_HANDLES_SEPARATE;
    }
}

/* In another session, so that it is read as any other program would see it. */
static pc_status read_once(const reading *read, pc_arena *arena, pc_key *ret_key, pc_error *err)
{
    const pc_key_plan *plan = read->plan;
    const pc_key_selector by_id = { .id = pc_key_plan_id(plan), .half_is_shown = pc_key_kind_is_rsa(plan->kind) };
    pc_keys found = read_by_handles(read, arena);

    if (found.count == 0) {
        PC_TRY(pc_key_read_pair(read->sessions->reader, &by_id, arena, &found, err));
    }
    if (found.count != 1) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token reported that it generated a key, but shows %zu keys with its "
                       "CKA_ID",
                       found.count);
    }
    *ret_key = found.items[0];
    if (!pc_bytes_equal(ret_key->id, by_id.id)) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token reports a CKA_ID for the key that differs from the one it was "
                       "found by");
    }
    note_handle_use(read, ret_key);
    return PC_OK;
}

static const char *fact_word(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? "not shown" : fact == PC_FACT_TRUE ? "true" : "false";
}

/* A key does not match the plan if a flag has another value, or if a flag that must be known is not shown. */
static bool is_wrong(pc_key_flag flag, pc_fact read, pc_fact expected)
{
    bool must_be_known = flag <= PC_KEY_EXTRACTABLE;

    return read == PC_FACT_UNKNOWN ? must_be_known : read != expected;
}

const char *pc_key_compare(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung, pc_arena *arena)
{
    pc_fact expected[PC_KEY_FLAG_COUNT];
    const char *wrong = "";
    char kind[32];
    pc_key_kind actual = PC_KEY_RSA_2048;

    pc_key_plan_expect(plan, expected);
    bool known = pc_key_kind_of(&key->half, &actual);

    if (!known || actual != plan->kind) {
        wrong =
            pc_arena_format(arena, "it is %s, not %s", known ? pc_key_kind_name(actual) : pc_key_describe(key, kind),
                            pc_key_kind_name(plan->kind));
    }
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && wrong; i++) {
        bool set_by_token = !plan->imported && !pc_key_flag_is_stated((pc_key_flag)i, PC_RUNG_WHOLE);

        if (!(plan->tolerated & PC_KEY_FLAG_BIT(i)) && (set_by_token || pc_key_flag_is_stated((pc_key_flag)i, rung)) &&
            is_wrong((pc_key_flag)i, key->flags[i], expected[i])) {
            wrong = pc_arena_format(arena, "%s%s%s is %s", wrong, *wrong ? ", " : "", pc_key_flag_name((pc_key_flag)i),
                                    fact_word(key->flags[i]));
        }
    }
    return wrong;
}

const char *pc_key_tolerated(const pc_key *key, const pc_key_plan *plan, pc_arena *arena)
{
    pc_fact expected[PC_KEY_FLAG_COUNT];
    const char *list = "";

    pc_key_plan_expect(plan, expected);
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && list; i++) {
        if ((plan->tolerated & PC_KEY_FLAG_BIT(i)) && is_wrong((pc_key_flag)i, key->flags[i], expected[i])) {
            list = pc_arena_format(arena, "%s%s%s is %s", list, *list ? ", " : "", pc_key_flag_name((pc_key_flag)i),
                                   fact_word(key->flags[i]));
        }
    }
    return list;
}

const char *pc_key_unsupported_flags(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung, pc_arena *arena)
{
    pc_fact expected[PC_KEY_FLAG_COUNT];
    const char *list = "";

    pc_key_plan_expect(plan, expected);
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && list; i++) {
        bool dropped =
            pc_key_flag_is_stated((pc_key_flag)i, PC_RUNG_WHOLE) && !pc_key_flag_is_stated((pc_key_flag)i, rung);

        if (dropped && key->flags[i] != expected[i]) {
            list = pc_arena_format(arena, "%s%s%s is %s", list, *list ? ", " : "", pc_key_flag_name((pc_key_flag)i),
                                   fact_word(key->flags[i]));
        }
    }
    return list;
}

/* A key that the token gave another label is not found by its own: the same command would create another one. */
static const char *compare(const reading *read, pc_arena *arena)
{
    const char *wrong = pc_key_compare(&read->key, read->plan, read->pair->rung, arena);

    return wrong && !*wrong ? pc_label_difference(read->key.label, read->plan->label, arena) : wrong;
}

static pc_status read_and_compare(reading *read, pc_arena *arena, pc_error *err)
{
    PC_TRY(read_once(read, arena, &read->key, err));
    read->wrong = compare(read, arena);
    read->key.label = pc_arena_string(arena, read->plan->label); /* its certificate gets it, if the token shows none */
    return read->wrong && read->key.label ? PC_OK : pc_fail_memory(err);
}

static bool is_as_planned(pc_status status, const reading *read)
{
    return status == PC_OK && *read->wrong == '\0';
}

/*
 * While another thread searches, SoftHSM reads the files of its objects again, and for an instant can show an object
 * twice or with default values. A key that does not match the plan is therefore read again before it is judged: it
 * passes if two successive readings match the plan.
 */
static pc_status read_back(reading *read, pc_arena *arena, pc_error *err)
{
    static const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
    pc_error failure = { .status = PC_OK };
    pc_status status = read_and_compare(read, arena, &failure);
    bool may_be_passing = status == PC_E_VERIFY || (status == PC_OK && !is_as_planned(status, read));
    const char *wrong = read->wrong;
    unsigned agreeing = 0;

    for (unsigned i = 0; may_be_passing && i < READINGS_BEFORE_JUDGEMENT && agreeing < 2; i++) {
        (void)nanosleep(&pause, NULL);
        failure = (pc_error){ .status = PC_OK };
        status = read_and_compare(read, arena, &failure);
        agreeing = is_as_planned(status, read) ? agreeing + 1 : 0;
        wrong = status == PC_OK && *read->wrong ? read->wrong : wrong;
    }
    read->wrong = agreeing == 1 ? wrong : read->wrong;
    if (status != PC_OK) {
        pc_error_pass(err, &failure);
    }
    return status;
}

/* The origin of the key (local) is the only flag that a token can report incorrectly without making the key less
 * safe. */
pc_status pc_keygen_hint(const char *wrong, pc_error *err)
{
    if (strstr(wrong, "CKA_ID")) {
        return pc_hint(err, PC_E_VERIFY,
                       "the token does not keep the CKA_ID that it is given; give one with `id` HEX "
                       "that it keeps, and that no other key has");
    }
    if (strncmp(wrong, "its label is ", strlen("its label is ")) == 0) {
        return pc_hint(err, PC_E_VERIFY,
                       "the token does not keep the label that it is given; give a shorter one, or one that it keeps");
    }
    if (strcmp(wrong, "local is false") == 0) {
        return pc_hint(
            err, PC_E_VERIFY,
            "the token reports that the key was not generated on it. If this token reports that for every "
            "key (NSS does, see p11cert-token-families(7)), `p11cert new --tolerate local` accepts the key anyway; so "
            "do keygen and enroll, but no other verb makes keys on such a token");
    }
    return pc_hint(err, PC_E_VERIFY,
                   "the module does not conform to PKCS#11 here, so the flags it reports prove nothing; "
                   "p11cert-token-families(7) lists the modules known for this");
}

/* If the module returned the handle of another key instead, that key is not found by this label. */
static bool is_new_by_label(const reading *read, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class)
{
    const pc_object object = { read->sessions->maker, handle };
    pc_error ignored = { .status = PC_OK };
    bool is_found = false;

    return pc_made_object_is_found(object, class, read->plan->label, &is_found, &ignored) == PC_OK && is_found;
}

/* A CKA_ID that the token chose may also belong to another key, so the label must match too: no other key had it
 * before. */
static CK_RV destroy_half(const pc_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class, const reading *read)
{
    pc_template made = pc_made_with_id(&class, read->own_id.len ? read->own_id : pc_key_plan_id(read->plan));

    if (read->own_id.len) {
        pc_template_add(&made, CKA_LABEL, read->plan->label, strlen(read->plan->label));
        if (!is_new_by_label(read, handle, class)) {
            return CKR_OBJECT_HANDLE_INVALID;
        }
    }
    return pc_made_object_destroy(token, handle, &made);
}

static pc_status destroy_wrong_key(const reading *read, pc_error *err)
{
    const pc_token *token = read->sessions->maker;
    const pc_key_pair *pair = read->pair;
    const pc_key_plan *plan = read->plan;
    CK_RV private_rv = destroy_half(token, pair->private_handle, CKO_PRIVATE_KEY, read);
    CK_RV public_rv = destroy_half(token, pair->public_handle, CKO_PUBLIC_KEY, read);
    bool is_destroyed = private_rv == CKR_OK && public_rv == CKR_OK;

    (void)pc_fail(err, PC_E_VERIFY, "the token did not generate the key as requested: %s", read->wrong);
    (void)pc_keygen_hint(read->wrong, err);
    if (is_destroyed) {
        return pc_note(err, PC_E_VERIFY, "the key \"%s\" was destroyed again", plan->label);
    }
    CK_RV rv = private_rv != CKR_OK ? private_rv : public_rv;
    const char *name = pc_ckr_name(rv);

    return pc_note(err, PC_E_VERIFY, "the key \"%s\" could not be destroyed again (%s, 0x%lx) and must not be used",
                   plan->label, name ? name : "a vendor-defined code", rv);
}

pc_status pc_keygen(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_keygen_result *ret_result,
                    pc_error *err)
{
    PC_AUTO(pc_token) pc_token *reader = NULL;

    PC_TRY(pc_token_branch(token, false, &reader, err));
    const pc_keygen_sessions sessions = { .maker = token, .reader = reader };

    return pc_keygen_in(&sessions, plan, arena, ret_result, err);
}

/* Identifies the pair by its handles, for a token that did not keep the planned CKA_ID. It is the pair of this run if
 * it has the label, which no other key had before. */
static bool is_of_this_run(const reading *read, pc_arena *arena, pc_key *ret_key)
{
    const pc_object object = { read->sessions->maker, read->pair->private_handle };
    const pc_key_plan *plan = read->plan;
    pc_error ignored = { .status = PC_OK };
    pc_status status = pc_key_read_object(object, arena, ret_key, &ignored);

    return status == PC_OK && pc_label_is(ret_key->label, plan->label) &&
           !pc_bytes_equal(ret_key->id, pc_key_plan_id(plan)) && is_new_by_label(read, object.handle, CKO_PRIVATE_KEY);
}

static pc_status find_private(const pc_token *reader, pc_bytes id, pc_found *ret_found, pc_error *err)
{
    const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    pc_template search = pc_made_with_id(&class, id);

    return pc_objects_find(reader, &search, 2, ret_found, err);
}

/* Some tokens truncate a CKA_ID or choose their own. That is equally good if it identifies only this key, as read in
 * another session.
 */
static pc_status read_under_own_id(const pc_key *made, reading *read, pc_arena *arena, pc_error *err)
{
    const pc_token *reader = read->sessions->reader;
    const pc_key_selector by_id = { .id = made->id, .half_is_shown = pc_key_kind_is_rsa(read->plan->kind) };
    const char *id = pc_text_hex(arena, made->id, '\0');
    pc_keys found = { .count = 0 };
    pc_found sharing = { .count = 0 };

    if (!id) {
        return pc_fail_memory(err);
    }
    read->own_id = made->id;
    if (made->id.len) {
        PC_TRY(find_private(reader, made->id, &sharing, err));
    }
    if (sharing.count == 1) {
        PC_TRY(pc_key_read_pair(reader, &by_id, arena, &found, err));
    }
    if (found.count == 1 && pc_bytes_equal(found.items[0].id, made->id)) {
        read->key = found.items[0];
        read->wrong = pc_key_compare(&read->key, read->plan, read->pair->rung, arena);
    } else {
        read->wrong = !made->id.len ? "it has no CKA_ID"
                      : sharing.count > 1
                          ? pc_arena_format(arena, "it has the CKA_ID %s, and so have other keys", id)
                          : pc_arena_format(arena, "it shows the CKA_ID %s, and cannot be found by it", id);
    }
    return read->wrong ? PC_OK : pc_fail_memory(err);
}

static pc_status judge(reading *read, pc_arena *arena, pc_error *err)
{
    pc_error failure = { .status = PC_OK };
    pc_key made;
    pc_status status = read_back(read, arena, &failure);

    if (status == PC_E_VERIFY && is_of_this_run(read, arena, &made)) {
        return read_under_own_id(&made, read, arena, err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &failure);
    }
    return status;
}

pc_status pc_keygen_in(const pc_keygen_sessions *sessions, const pc_key_plan *plan, pc_arena *arena,
                       pc_keygen_result *ret_result, pc_error *err)
{
    pc_key_pair pair = { .private_handle = 0 };
    pc_keygen_result result = { .unsupported_flags = "", .tolerated = "" };

    PC_TRY(generate(sessions->maker, plan, arena, &pair, err));
    result.rung = pair.rung;
    reading read = { .sessions = sessions, .plan = plan, .pair = &pair, .wrong = "" };
    pc_status status = judge(&read, arena, err);

    if (status != PC_OK) {
        return note_unknown_outcome(status, plan, arena, err);
    }
    if (*read.wrong) {
        return destroy_wrong_key(&read, err);
    }
    result.key = read.key;
    /* A handle from the other session need not be valid in this one (PKCS#11 v2.40 section 2.4). */
    result.key.handle = pair.private_handle;
    result.unsupported_flags = pc_key_unsupported_flags(&result.key, plan, result.rung, arena);
    result.tolerated = pc_key_tolerated(&result.key, plan, arena);
    if (!result.unsupported_flags || !result.tolerated) {
        return pc_fail_memory(err);
    }
    *ret_result = result;
    return PC_OK;
}
