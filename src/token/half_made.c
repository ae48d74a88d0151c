/* SPDX-License-Identifier: Apache-2.0 */
#include "token/half_made.h"

#include <string.h>

#include "base/arena.h"
#include "token/ckr.h"
#include "token/inventory.h"
#include "token/leftover.h"
#include "token/made_object.h"
#include "token/public_half.h"

/** An object with the CKA_ID. */
typedef struct {
    pc_key_object read;
    bool is_leftover;
} holder;

/** All of them. */
typedef struct {
    holder items[PC_FOUND_MAX];
    size_t count;
    pc_id_use use; /**< if none of them is removed */
} holders;

static bool is_half_of(const pc_key_object *object, const pc_key_plan *plan)
{
    const pc_key *key = &object->key;
    pc_key_kind kind = PC_KEY_RSA_2048;

    return key->flags[PC_KEY_LOCAL] == PC_FACT_TRUE && strcmp(key->label, plan->label) == 0 &&
           pc_key_kind_of(&key->half, &kind) && kind == plan->kind;
}

static pc_status look_at(pc_object object, const pc_key_plan *plan, pc_arena *arena, holders *all, pc_error *err)
{
    holder *each = &all->items[all->count++];

    PC_TRY(pc_key_read_classified(object, arena, &each->read, err));
    PC_TRY(pc_leftover_is_key(object, each->read.class, &each->read.key.half, &each->is_leftover, err));
    if (each->is_leftover || all->use == PC_ID_USED) {
        return PC_OK;
    }
    if (each->read.class != CKO_PUBLIC_KEY || !pc_bytes_equal(each->read.key.id, pc_key_plan_id(plan))) {
        all->use = PC_ID_USED;
    } else if (!is_half_of(&each->read, plan)) {
        all->use = PC_ID_HAS_LONE_PUBLIC;
    }
    return PC_OK;
}

/* A private key whose public half is not known may be that of any public key. And a public key that is alone on purpose
 * looks like a half: only the incomplete object that was to become the private key shows that a program was killed. */
static pc_status is_proved(const pc_token *token, const holder *half, pc_arena *arena, bool *ret_is_proved,
                           pc_error *err)
{
    pc_inventory inventory;
    pc_handles leftovers = { .count = 0 };

    PC_TRY(pc_inventory_read(token, arena, &inventory, err));
    PC_TRY(pc_leftovers_find(token, &inventory, arena, &leftovers, err));
    *ret_is_proved = leftovers.count > 0;
    for (size_t i = 0; i < inventory.key_count; i++) {
        const pc_public_half *other = &inventory.keys[i].half;

        if (!pc_public_half_is_whole(other) || pc_public_half_equal(other, &half->read.key.half)) {
            *ret_is_proved = false;
        }
    }
    return PC_OK;
}

static pc_status look(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, holders *ret_all, pc_error *err)
{
    pc_template search = { .count = 0 };
    pc_found found;

    *ret_all = (holders){ .use = PC_ID_FREE };
    pc_template_add_bytes(&search, CKA_ID, pc_key_plan_id(plan));
    PC_TRY(pc_objects_find(token, &search, PC_FOUND_MAX, &found, err));
    if (found.count == PC_FOUND_MAX) {
        ret_all->use = PC_ID_USED;
        return PC_OK;
    }
    for (size_t i = 0; i < found.count; i++) {
        PC_TRY(look_at((pc_object){ token, found.items[i] }, plan, arena, ret_all, err));
    }
    for (size_t i = 0; i < found.count && ret_all->use == PC_ID_FREE; i++) {
        const holder *each = &ret_all->items[i];
        bool is_left = true;

        PC_TRY(each->is_leftover ? PC_OK : is_proved(token, each, arena, &is_left, err));
        ret_all->use = is_left ? PC_ID_FREE : PC_ID_HAS_LONE_PUBLIC;
    }
    return PC_OK;
}

static bool is_among(const holders *all, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].read.key.handle == handle) {
            return true;
        }
    }
    return false;
}

static pc_status remove_one(const pc_token *token, const holder *each, const pc_key_plan *plan, pc_error *err)
{
    static const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    pc_template made = pc_made_with_id(&class, pc_key_plan_id(plan));
    const CK_OBJECT_HANDLE handle = each->read.key.handle;

    if (each->is_leftover) {
        return pc_leftover_remove(token, handle, err);
    }
    pc_template_add(&made, CKA_LABEL, plan->label, strlen(plan->label));
    CK_RV rv = pc_made_object_destroy(token, handle, &made);

    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_DestroyObject");
}

static pc_status remove_of(const pc_token *token, const holders *all, bool leftovers, const pc_key_plan *plan,
                           pc_error *err)
{
    for (size_t i = 0; i < all->count; i++) {
        pc_status status =
            all->items[i].is_leftover == leftovers ? remove_one(token, &all->items[i], plan, err) : PC_OK;

        if (status != PC_OK) {
            return pc_note(err, status,
                           "what a killed run left of the key \"%s\" could not be removed; no key was created",
                           plan->label);
        }
    }
    return PC_OK;
}

/* The public key first: if this run is killed too, the incomplete object still proves to the next one what it is. */
static pc_status remove_all(const pc_token *token, const holders *all, const pc_key_plan *plan, pc_arena *arena,
                            pc_error *err)
{
    const char *words =
        pc_arena_format(arena, "%zu object%s that a killed run left of the key \"%s\" %s removed", all->count,
                        all->count > 1 ? "s" : "", plan->label, all->count > 1 ? "were" : "was");

    if (!words) {
        return pc_fail_memory(err);
    }
    PC_TRY(remove_of(token, all, false, plan, err));
    PC_TRY(remove_of(token, all, true, plan, err));
    if (token->warn) {
        token->warn(words);
    }
    return PC_OK;
}

pc_status pc_half_made_remove(const pc_token *token, const pc_key_plan *plan, pc_id_use *ret_use, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    holders before;
    holders now;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(look(token, plan, arena, &before, err));
    *ret_use = before.use;
    if (before.use != PC_ID_FREE || before.count == 0) {
        return PC_OK;
    }
    pc_leftover_wait_for_creation();
    PC_TRY(look(token, plan, arena, &now, err));
    for (size_t i = 0; i < now.count && now.use == PC_ID_FREE; i++) {
        now.use = is_among(&before, now.items[i].read.key.handle) ? PC_ID_FREE : PC_ID_USED;
    }
    *ret_use = now.use;
    return now.use == PC_ID_FREE && now.count ? remove_all(token, &now, plan, arena, err) : PC_OK;
}
