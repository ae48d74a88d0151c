/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan_parts.h"

#include <string.h>

#include "base/bytes.h"

/* Objects with the same public value are adjacent, private keys first, then public keys, then certificates, equal
 * certificates next to each other; those whose public key is not known come last. */
static int compare_values(const void *a, const void *b)
{
    const pc_repair_object *left = *(const pc_repair_object *const *)a;
    const pc_repair_object *right = *(const pc_repair_object *const *)b;
    int order = (int)right->known - (int)left->known;

    order = order || !left->known ? order : memcmp(left->value, right->value, sizeof left->value);
    order = order ? order : (int)left->class - (int)right->class;
    order = order ? order : memcmp(left->digest, right->digest, sizeof left->digest);
    return order ? order : (left > right) - (left < right);
}

int pc_repair_compare_ids(const void *a, const void *b)
{
    const pc_repair_object *left = *(const pc_repair_object *const *)a;
    const pc_repair_object *right = *(const pc_repair_object *const *)b;

    return pc_bytes_compare(left->id, right->id);
}

static pc_status fix_key(const pc_repair_work *work, const pc_repair_family *family, pc_error *err)
{
    pc_repair_anchor anchor = { .key = family->keys[0],
                                .key_index = pc_repair_index(work, family->keys[0]),
                                .after = PC_REPAIR_NONE,
                                .label = pc_repair_label_for(family) };

    PC_TRY(pc_repair_settle_id(work, family, &anchor, err));
    PC_TRY(pc_repair_fix_key_subject(work, family, &anchor, err));
    PC_TRY(pc_repair_fix_label(work, anchor.key, anchor.label, &anchor, err));
    if (anchor.id.len == 0) {
        return PC_OK;
    }
    PC_TRY(pc_repair_fix_publics(work, family, &anchor, err));
    PC_TRY(pc_repair_fix_certificates(work, family, &anchor, err));
    return family->certificate_count
               ? PC_OK
               : pc_repair_note(work, anchor.key,
                                (pc_repair_remark){ "repair.no-certificate",
                                                    "no certificate on the token belongs to the private key",
                                                    "bind its certificate with p11cert accept" },
                                err);
}

static pc_status refuse_copies(const pc_repair_work *work, const pc_repair_family *family, pc_error *err)
{
    for (size_t i = 0; i < family->key_count; i++) {
        PC_TRY(pc_repair_refuse(work, family->keys[i],
                                (pc_repair_remark){
                                    "repair.same-key",
                                    pc_arena_format(work->plan->arena,
                                                    "%zu private key objects have this same public key: p11cert cannot "
                                                    "tell which one is meant, so none of them is changed",
                                                    family->key_count),
                                    "find out which one is used, and remove the others with the token's own tool" },
                                err));
    }
    return PC_OK;
}

/* A private key that has this CKA_ID and certainly another public key; NULL if there is none, or if that is not
 * certain. */
static const pc_repair_object *led_astray(const pc_repair_work *work, const pc_repair_object *object)
{
    size_t count = 0;
    const pc_repair_object *const *users = pc_repair_keys_of_id(work, object->id, &count);

    for (size_t i = 0; i < count; i++) {
        if (!users[i]->known) {
            return NULL;
        }
    }
    return count ? users[0] : NULL;
}

static pc_status fix_stray(const pc_repair_work *work, const pc_repair_object *object, const pc_repair_object *key,
                           pc_repair_anchor *anchor, pc_error *err)
{
    const char *message = pc_repair_words(work, "it has the CKA_ID of the private key ", key,
                                          " but a different public key: programs mistake it for that key's");

    if (object->modifiable == PC_FACT_FALSE) {
        return pc_repair_refuse(work, object,
                                (pc_repair_remark){
                                    "repair.stray", message,
                                    "it is not modifiable: keep a copy, and remove it with the token's own tool" },
                                err);
    }
    *anchor = (pc_repair_anchor){ .key = key,
                                  .key_index = pc_repair_index(work, key),
                                  .after = PC_REPAIR_NONE,
                                  .id = { object->identifier, sizeof object->identifier },
                                  .label = "",
                                  .is_strange = true };
    size_t users = 0;

    (void)pc_repair_keys_of_id(work, anchor->id, &users);
    if (users) {
        return pc_repair_refuse(work, object,
                                (pc_repair_remark){ "repair.stray", message,
                                                    "another private key already has the CKA_ID that it would get" },
                                err);
    }
    const pc_repair_item item = pc_repair_planned(work, "repair.stray", PC_REPAIR_SET_ID, object, anchor);

    return pc_repair_say(work, &item, message, err);
}

static pc_status fix_stray_certificate(const pc_repair_work *work, const pc_repair_object *object,
                                       const pc_repair_object *key, bool is_best, pc_error *err)
{
    pc_repair_anchor anchor;

    /* This one is not redundant if a corrected copy of it is written: it misleads until it has another CKA_ID. */
    PC_TRY(fix_stray(work, object, key, &anchor, err));
    if (object->modifiable == PC_FACT_FALSE || !is_best) {
        return PC_OK;
    }
    PC_TRY(pc_repair_fix_subject(work, object, &anchor, err));
    return pc_repair_fix_label(work, object, pc_repair_label_of(object, &anchor), &anchor, err);
}

/* Something may rely on the CKA_ID of each copy; that of the best copy stays. */
static pc_status fix_keyless_copies(const pc_repair_work *work, const pc_repair_object *const *copies, size_t count,
                                    pc_error *err)
{
    const pc_repair_anchor any = { .key_index = PC_REPAIR_NONE, .after = PC_REPAIR_NONE, .label = "" };
    const pc_repair_object *best = pc_repair_best_copy(copies, count, &any);
    pc_repair_anchor anchor = any;

    anchor.id = best->id;
    for (size_t i = 0; i < count; i++) {
        const pc_repair_object *key = led_astray(work, copies[i]);

        if (key) {
            PC_TRY(fix_stray_certificate(work, copies[i], key, copies[i] == best, err));
            continue;
        }
        PC_TRY(pc_repair_note(work, copies[i],
                              (pc_repair_remark){ "repair.no-key",
                                                  "no private key on the token belongs to this certificate", NULL },
                              err));
        PC_TRY(copies[i] == best ? pc_repair_fix_certificate(work, best, &anchor, err) : PC_OK);
    }
    return PC_OK;
}

/* Objects whose private key is not on this token: usually certificates of issuers. */
static pc_status fix_keyless(const pc_repair_work *work, const pc_repair_family *family, pc_error *err)
{
    pc_repair_anchor anchor;

    for (size_t i = 0; i < family->public_count; i++) {
        const pc_repair_object *key = led_astray(work, family->publics[i]);

        PC_TRY(key ? fix_stray(work, family->publics[i], key, &anchor, err)
                   : pc_repair_lone_public(work, family->publics[i], family->certificate_count > 0, err));
    }
    for (size_t i = 0, count = 0; i < family->certificate_count; i += count) {
        count = pc_repair_count_copies(family, i);
        PC_TRY(fix_keyless_copies(work, family->certificates + i, count, err));
    }
    return PC_OK;
}

static bool concerns(const pc_repair_work *work, const pc_repair_family *family)
{
    bool wanted = !work->plan->restricted;

    for (size_t i = 0; i < family->key_count && !wanted; i++) {
        wanted = family->keys[i]->named;
    }
    return wanted;
}

/* In a restricted run, of the objects without a key only those that have the id of a named one. */
static bool bothers_named(const pc_repair_work *work, const pc_repair_object *object)
{
    size_t count = 0;
    const pc_repair_object *const *users = pc_repair_keys_of_id(work, object->id, &count);

    for (size_t i = 0; i < count; i++) {
        if (users[i]->named) {
            return true;
        }
    }
    return false;
}

static pc_status look_at_keyless(const pc_repair_work *work, const pc_repair_family *family, pc_error *err)
{
    if (!work->plan->restricted) {
        return fix_keyless(work, family, err);
    }
    for (size_t i = 0; i < family->public_count + family->certificate_count; i++) {
        bool is_public = i < family->public_count;
        const pc_repair_object *each = is_public ? family->publics[i] : family->certificates[i - family->public_count];
        const pc_repair_family alone = {
            .publics = &each, .public_count = is_public, .certificates = &each, .certificate_count = !is_public
        };

        if (bothers_named(work, each)) {
            PC_TRY(fix_keyless(work, &alone, err));
        }
    }
    return PC_OK;
}

static pc_status look_at_family(const pc_repair_work *work, const pc_repair_family *family, pc_error *err)
{
    if (family->key_count == 0) {
        return look_at_keyless(work, family, err);
    }
    if (!concerns(work, family)) {
        return PC_OK;
    }
    return family->key_count == 1 ? fix_key(work, family, err) : refuse_copies(work, family, err);
}

static pc_status look_at_unknown(const pc_repair_work *work, const pc_repair_object *object, pc_error *err)
{
    if (work->plan->restricted && !object->named) {
        return PC_OK;
    }
    if (object->class == PC_REPAIR_CERTIFICATE) {
        return pc_repair_note(work, object,
                              (pc_repair_remark){ "repair.unreadable",
                                                  object->true_subject.data
                                                      ? "its public key is of a kind that p11cert cannot use"
                                                      : "it is not a readable X.509 certificate",
                                                  NULL },
                              err);
    }
    if (object->class == PC_REPAIR_PUBLIC || !object->can_sign_here) {
        return pc_repair_note(work, object,
                              (pc_repair_remark){ "repair.other-kind", "it is of a kind that p11cert cannot use",
                                                  NULL },
                              err);
    }
    if (!object->may_sign) {
        return pc_repair_note(work, object,
                              (pc_repair_remark){ "repair.not-proved",
                                                  "the key may not sign (CKA_SIGN is false) and does not show its "
                                                  "public half, so p11cert cannot tell what belongs to it",
                                                  NULL },
                              err);
    }
    if (!object->tried) {
        return PC_OK;
    }
    return pc_repair_refuse(
        work, object,
        (pc_repair_remark){
            "repair.not-proved",
            object->problem
                ? object->problem
                : "the private key does not show its public half, and no public key on the token belongs to it",
            "if you have its certificate in a file, name it with --cert FILE" },
        err);
}

static pc_repair_family gather(const pc_repair_object *const *from, size_t count)
{
    pc_repair_family family = { .keys = from };

    while (family.key_count < count && from[family.key_count]->class == PC_REPAIR_KEY) {
        family.key_count++;
    }
    family.publics = from + family.key_count;
    while (family.key_count + family.public_count < count &&
           family.publics[family.public_count]->class == PC_REPAIR_PUBLIC) {
        family.public_count++;
    }
    family.certificates = family.publics + family.public_count;
    family.certificate_count = count - family.key_count - family.public_count;
    return family;
}

static pc_status look_at_all(const pc_repair_work *work, pc_error *err)
{
    size_t count = work->plan->object_count;
    size_t i = 0;

    while (i < count && work->by_value[i]->known) {
        size_t end = i + 1;

        while (end < count && work->by_value[end]->known &&
               memcmp(work->by_value[end]->value, work->by_value[i]->value, 32) == 0) {
            end++;
        }
        const pc_repair_family family = gather(work->by_value + i, end - i);

        PC_TRY(look_at_family(work, &family, err));
        i = end;
    }
    for (; i < count; i++) {
        PC_TRY(look_at_unknown(work, work->by_value[i], err));
    }
    return PC_OK;
}

pc_status pc_repair_plan_make(pc_repair_plan *plan, pc_error *err)
{
    pc_repair_work work = { .plan = plan };

    work.by_value = pc_arena_alloc(plan->arena, (plan->object_count + 1) * sizeof(void *));
    work.keys = pc_arena_alloc(plan->arena, (plan->object_count + 1) * sizeof(void *));
    if (!work.by_value || !work.keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < plan->object_count; i++) {
        work.by_value[i] = &plan->objects[i];
        if (plan->objects[i].class == PC_REPAIR_KEY) {
            work.keys[work.key_count++] = &plan->objects[i];
        }
    }
    qsort(work.by_value, plan->object_count, sizeof(void *), compare_values);
    qsort(work.keys, work.key_count, sizeof(void *), pc_repair_compare_ids);
    return look_at_all(&work, err);
}
