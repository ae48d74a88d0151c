/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan_parts.h"

#include <string.h>

#include "base/bytes.h"

static pc_status move_public(const pc_repair_work *work, const pc_repair_object *object, const pc_repair_anchor *anchor,
                             pc_error *err)
{
    const char *message = pc_repair_words(work, "by its public value it belongs to the private key ", anchor->key,
                                          object->id.len ? ", but has a different CKA_ID" : ", but has no CKA_ID");

    if (object->modifiable != PC_FACT_FALSE) {
        const pc_repair_item item = pc_repair_planned(work, "repair.wrong-id", PC_REPAIR_SET_ID, object, anchor);

        return pc_repair_say(work, &item, message, err);
    }
    message = message ? pc_arena_format(work->plan->arena,
                                        "%s; it is not modifiable, so a new one is written in addition to it", message)
                      : NULL;
    const pc_repair_item item = pc_repair_planned(work, "repair.wrong-id", PC_REPAIR_WRITE_PUBLIC, object, anchor);

    return pc_repair_say(work, &item, message, err);
}

/* If several are wrong, one is repaired: two public keys with one CKA_ID would be worse than a superfluous one. */
pc_status pc_repair_fix_publics(const pc_repair_work *work, const pc_repair_family *family,
                                const pc_repair_anchor *anchor, pc_error *err)
{
    const pc_repair_object *right = NULL;

    for (size_t i = 0; i < family->public_count; i++) {
        right = !right && pc_bytes_equal(family->publics[i]->id, anchor->id) ? family->publics[i] : right;
    }
    if (family->public_count == 0) {
        const pc_repair_item item =
            pc_repair_planned(work, "repair.no-public-key", PC_REPAIR_WRITE_PUBLIC, anchor->key, anchor);

        return pc_repair_say(work, &item,
                             "the private key has no public key object, without which many programs cannot use it",
                             err);
    }
    const pc_repair_object *repaired = right;

    for (size_t i = 0; i < family->public_count && !repaired; i++) {
        repaired = family->publics[i]->modifiable != PC_FACT_FALSE ? family->publics[i] : NULL;
    }
    repaired = repaired ? repaired : family->publics[0];
    if (!right) {
        PC_TRY(move_public(work, repaired, anchor, err));
    }
    PC_TRY(pc_repair_fix_label(work, repaired, anchor->label, anchor, err));
    for (size_t i = 0; i < family->public_count; i++) {
        if (family->publics[i] != repaired) {
            PC_TRY(
                pc_repair_note(work, family->publics[i],
                               (pc_repair_remark){ "repair.spare", "an additional object for the same public key",
                                                   "it does no harm; remove it with the token's own tool if you like" },
                               err));
        }
    }
    return PC_OK;
}

/* The public value of every private key is known, so none of them can belong to this public key. */
static bool are_all_keys_known(const pc_repair_work *work)
{
    for (size_t i = 0; i < work->key_count; i++) {
        if (!work->keys[i]->known) {
            return false;
        }
    }
    return true;
}

static bool is_label_of_key(const pc_repair_work *work, const char *label)
{
    for (size_t i = 0; i < work->key_count && *label; i++) {
        if (strcmp(work->keys[i]->label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* SoftHSM writes the public key first. If the program is killed before the private key is complete, that key is lost,
 * and the same command, run again, makes another pair with this label. */
static bool is_half_made(const pc_repair_work *work, const pc_repair_object *object, bool has_certificate)
{
    size_t users = 0;

    (void)pc_repair_keys_of_id(work, object->id, &users);
    return object->is_made_here && object->id.len && !has_certificate && users == 0 && !work->plan->restricted &&
           is_label_of_key(work, object->label) && are_all_keys_known(work);
}

pc_status pc_repair_lone_public(const pc_repair_work *work, const pc_repair_object *object, bool has_certificate,
                                pc_error *err)
{
    if (!is_half_made(work, object, has_certificate)) {
        return pc_repair_note(work, object,
                              (pc_repair_remark){ "repair.no-key",
                                                  "no private key on the token belongs to this public key", NULL },
                              err);
    }
    const pc_repair_item item = {
        .id = "repair.half-made",
        .state = PC_REPAIR_PLANNED,
        .action = PC_REPAIR_REMOVE_PUBLIC,
        .object = pc_repair_index(work, object),
        .key = PC_REPAIR_NONE,
        .after = PC_REPAIR_NONE,
    };

    return pc_repair_say(work, &item,
                         "the public half of a key pair that was made here and has no private key: it remains if a "
                         "program is killed while the token makes the pair. Another key now has its label",
                         err);
}
