/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan_parts.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

size_t pc_repair_index(const pc_repair_work *work, const pc_repair_object *object)
{
    return (size_t)(object - work->plan->objects);
}

/* The private keys that have a CKA_ID. */
const pc_repair_object *const *pc_repair_keys_of_id(const pc_repair_work *work, pc_bytes id, size_t *ret_count)
{
    const pc_repair_object with_id = { .id = id };
    const pc_repair_object *wanted = &with_id;
    const pc_repair_object *const *first =
        id.len && work->key_count ? bsearch(&wanted, work->keys, work->key_count, sizeof(void *), pc_repair_compare_ids)
                                  : NULL;
    const pc_repair_object *const *end = work->keys + work->key_count;
    size_t count = 0;

    while (first && first > work->keys && pc_bytes_equal(first[-1]->id, id)) {
        first--;
    }
    while (first && first + count < end && pc_bytes_equal(first[count]->id, id)) {
        count++;
    }
    *ret_count = count;
    return first;
}

pc_status pc_repair_say(const pc_repair_work *work, const pc_repair_item *item, const char *message, pc_error *err)
{
    pc_repair_item *slot = PC_PUSH(work->plan->arena, work->plan->items, work->plan->item_count);

    if (!slot || !message) {
        return pc_fail_memory(err);
    }
    *slot = *item;
    slot->message = message;
    return PC_OK;
}

static pc_status remark(const pc_repair_work *work, pc_repair_state state, const pc_repair_object *object,
                        pc_repair_remark text, pc_error *err)
{
    const pc_repair_item item = { .id = text.id,
                                  .state = state,
                                  .object = pc_repair_index(work, object),
                                  .key = PC_REPAIR_NONE,
                                  .after = PC_REPAIR_NONE,
                                  .remedy = text.remedy };

    return pc_repair_say(work, &item, text.message, err);
}

pc_status pc_repair_note(const pc_repair_work *work, const pc_repair_object *object, pc_repair_remark text,
                         pc_error *err)
{
    return remark(work, PC_REPAIR_NOTE, object, text, err);
}

pc_status pc_repair_refuse(const pc_repair_work *work, const pc_repair_object *object, pc_repair_remark text,
                           pc_error *err)
{
    return remark(work, PC_REPAIR_REFUSED, object, text, err);
}

const char *pc_repair_label_of(const pc_repair_object *object, const pc_repair_anchor *anchor)
{
    return *object->label        ? object->label
           : *anchor->label      ? anchor->label
           : object->common_name ? object->common_name
                                 : "";
}

pc_repair_item pc_repair_planned(const pc_repair_work *work, const char *id, pc_repair_action action,
                                 const pc_repair_object *object, const pc_repair_anchor *anchor)
{
    return (pc_repair_item){ .id = id,
                             .state = PC_REPAIR_PLANNED,
                             .action = action,
                             .object = pc_repair_index(work, object),
                             .key = anchor->key_index,
                             .after = anchor->after,
                             .value = anchor->id,
                             .object_id = anchor->id,
                             .key_id = anchor->is_strange ? anchor->key->id : anchor->id,
                             .label = pc_repair_label_of(object, anchor) };
}

static const char *shown(const pc_repair_work *work, const char *label)
{
    const char *safe = pc_text_escape(work->plan->arena, label, strlen(label));

    return safe ? safe : "";
}

const char *pc_repair_words(const pc_repair_work *work, const char *before, const pc_repair_object *key,
                            const char *after)
{
    return pc_arena_format(work->plan->arena, "%s\"%s\"%s", before, shown(work, key->label), after);
}

static const char *first_label(const pc_repair_object *const *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*from[i]->label) {
            return from[i]->label;
        }
    }
    return "";
}

const char *pc_repair_label_for(const pc_repair_family *family)
{
    const char *label = family->key_count ? family->keys[0]->label : "";

    label = *label ? label : first_label(family->publics, family->public_count);
    label = *label ? label : first_label(family->certificates, family->certificate_count);
    for (size_t i = 0; i < family->certificate_count && !*label; i++) {
        label = family->certificates[i]->common_name ? family->certificates[i]->common_name : "";
    }
    return label;
}

/* People look for labels, but no program pairs objects by them: if one cannot be changed, it is only reported. */
pc_status pc_repair_fix_label(const pc_repair_work *work, const pc_repair_object *object, const char *label,
                              const pc_repair_anchor *anchor, pc_error *err)
{
    if (*object->label) {
        return PC_OK;
    }
    if (!*label || object->modifiable == PC_FACT_FALSE) {
        return pc_repair_note(work, object,
                              (pc_repair_remark){ "repair.no-label", "it has no label",
                                                  *label ? "it is not modifiable; address it by its CKA_ID"
                                                         : "give it one with the token's own tool" },
                              err);
    }
    pc_repair_item item = pc_repair_planned(work, "repair.no-label", PC_REPAIR_SET_LABEL, object, anchor);

    item.value.data = (const uint8_t *)label;
    item.value.len = strlen(label);
    item.after = PC_REPAIR_NONE;
    return pc_repair_say(work, &item, "it has no label", err);
}
