/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/repair.h>

#include <string.h>

#include "app/repair/leftover.h"
#include "app/repair/view.h"
#include "base/bytes.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/leftover.h"
#include "token/lock.h"
#include "token/made_object.h"
#include "token/object_write.h"
#include "x509/name.h"
#include "x509/attempt.h"

void pc_repair_result_free(pc_repair_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_repair_result, pc_repair_result, pc_repair_result_free);

const char *pc_repair_class_name(pc_repair_class class)
{
    static const char *const names[] = { "private key", "public key", "certificate", "object" };

    return names[class];
}

const char *pc_repair_state_name(pc_repair_state state)
{
    static const char *const names[] = { "note", "planned", "done", "refused" };

    return names[state];
}

/* --- repairing --- */

static CK_ATTRIBUTE_TYPE attribute_of(const pc_repair_item *item)
{
    return item->action == PC_REPAIR_SET_ID ? CKA_ID : item->action == PC_REPAIR_SET_LABEL ? CKA_LABEL : CKA_SUBJECT;
}

static CK_OBJECT_HANDLE handle_of(const pc_repair_view *view, const pc_repair_object *object)
{
    const pc_inventory *all = &view->inventory;

    switch (object->class) {
    case PC_REPAIR_KEY:
        return all->keys[object->source].handle;
    case PC_REPAIR_PUBLIC:
        return all->publics[object->source].handle;
    case PC_REPAIR_CERTIFICATE:
    default:
        return all->certificates[object->source].handle;
    }
}

static pc_status set_attribute(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    const pc_repair_object *object = &view->plan.objects[item->object];
    pc_attribute_change change = { .handle = handle_of(view, object),
                                   .type = attribute_of(item),
                                   .new_value = item->value };

    if (item->action == PC_REPAIR_SET_ID) {
        change.old_value = object->id;
    } else if (item->action == PC_REPAIR_SET_SUBJECT) {
        change.old_value = object->subject;
    }
    return pc_object_change(view->token, &change, view->plan.arena, err);
}

/* With the public half of `object` and the usage of the private key. */
static pc_status write_public(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    const pc_key *private_key = &view->inventory.keys[view->plan.objects[item->key].source];
    const pc_key key = { .label = item->label,
                         .id = item->object_id,
                         .subject = private_key->subject,
                         .half = *view->plan.objects[item->object].half };

    return pc_public_key_write(view->token, &key, private_key->flags[PC_KEY_DECRYPT] == PC_FACT_TRUE, view->plan.arena,
                               err);
}

/* Unchanged, except for the right CKA_ID and the subject contained in it. */
static pc_status write_certificate(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    const pc_repair_object *object = &view->plan.objects[item->object];
    pc_certificate_object copy = view->inventory.certificates[object->source];
    pc_certificate_objects there;

    copy.label = item->label;
    copy.id = item->object_id;
    copy.subject = object->true_subject;
    PC_TRY(pc_certificate_find_by_id(view->token, copy.id, view->plan.arena, &there, err));
    for (size_t i = 0; i < there.count; i++) {
        const pc_certificate_object *each = &there.items[i];

        if (pc_bytes_equal(each->value, copy.value) && pc_bytes_equal(each->subject, copy.subject)) {
            return PC_OK;
        }
    }
    return pc_certificate_write_with_subject(view->token, &copy, view->plan.arena, err);
}

/* The private key may have appeared since the token was read: another program was making the pair. */
static pc_status remove_public(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    const pc_repair_object *object = &view->plan.objects[item->object];
    const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
    const CK_OBJECT_CLASS public_key = CKO_PUBLIC_KEY;
    const pc_template search = pc_made_with_id(&private_key, object->id);
    pc_template made = pc_made_with_id(&public_key, object->id);
    pc_found found;

    PC_TRY(pc_objects_find(view->token, &search, 1, &found, err));
    if (found.count) {
        return pc_fail(err, PC_E_REFUSED, "it has a private key now: another program was making it");
    }
    pc_template_add(&made, CKA_LABEL, object->label, strlen(object->label));
    CK_RV rv = pc_made_object_destroy(view->token, handle_of(view, object), &made);

    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_DestroyObject");
}

/* Objects are matched to the CKA_ID that the private key has now, so it is read again. */
static pc_status check_anchor(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    bool is_own = item->object == item->key && item->action != PC_REPAIR_WRITE_PUBLIC;

    if (item->key == PC_REPAIR_NONE || is_own) {
        return PC_OK;
    }
    const pc_object key = { view->token, handle_of(view, &view->plan.objects[item->key]) };

    return pc_object_still_has(key, CKA_ID, item->key_id, view->plan.arena, err);
}

/* What is written may be a certificate with a key's CKA_ID: a run that has searched for these must search again. */
static pc_status carry_out(const pc_repair_view *view, const pc_repair_item *item, pc_error *err)
{
    PC_TOKEN_LOCKED(view->token, PC_CERTIFICATE_LOCK);
    pc_lock_mark_change(&pc_scope_lock);
    PC_TRY(check_anchor(view, item, err));
    switch (item->action) {
    case PC_REPAIR_WRITE_PUBLIC:
        return write_public(view, item, err);
    case PC_REPAIR_WRITE_CERTIFICATE:
        return write_certificate(view, item, err);
    case PC_REPAIR_REMOVE_PUBLIC:
        return remove_public(view, item, err);
    case PC_REPAIR_SET_ID:
    case PC_REPAIR_SET_SUBJECT:
    case PC_REPAIR_SET_LABEL:
        return set_attribute(view, item, err);
    case PC_REPAIR_LEAVE:
    default:
        return PC_OK;
    }
}

static pc_status refuse(pc_repair_view *view, pc_repair_item *item, const char *why, const char *remedy, pc_error *err)
{
    item->state = PC_REPAIR_REFUSED;
    item->message = pc_arena_format(view->plan.arena, "%s; %s", item->message, why);
    item->remedy = remedy;
    return item->message ? PC_OK : pc_fail_memory(err);
}

/* The token refuses to change the object, whatever CKA_MODIFIABLE says: an additional, corrected object has the same
 * effect. */
static pc_status write_corrected(pc_repair_view *view, pc_repair_item *item, const pc_error *why, pc_error *err)
{
    const pc_repair_object *object = &view->plan.objects[item->object];
    const char *words = pc_arena_format(view->plan.arena, "the token refused to change it (%s)", why->frames[0]);

    if (!words) {
        return pc_fail_memory(err);
    }
    if (item->action == PC_REPAIR_SET_LABEL || object->class == PC_REPAIR_KEY ||
        strcmp(item->id, "repair.stray") == 0) {
        return refuse(view, item, words, "it is unchanged; the token's own tool may be able to change it", err);
    }
    item->action = object->class == PC_REPAIR_PUBLIC ? PC_REPAIR_WRITE_PUBLIC : PC_REPAIR_WRITE_CERTIFICATE;
    item->message = pc_arena_format(view->plan.arena, "%s; %s, so a corrected copy was written in addition to it",
                                    item->message, words);
    if (!item->message) {
        return pc_fail_memory(err);
    }
    PC_TRY(carry_out(view, item, err));
    item->state = PC_REPAIR_DONE;
    return PC_OK;
}

/* The items of an object follow one another. An object of which a corrected copy was written is redundant from then on.
 */
static bool is_replaced(const pc_repair_view *view, const pc_repair_item *item)
{
    for (const pc_repair_item *each = item; each-- > view->plan.items && each->object == item->object;) {
        if (each->action >= PC_REPAIR_WRITE_PUBLIC && each->state == PC_REPAIR_DONE) {
            return view->plan.objects[item->object].class != PC_REPAIR_KEY;
        }
    }
    return false;
}

static pc_status repair_one(pc_repair_view *view, pc_repair_item *item, pc_error *err)
{
    pc_error why = { .status = PC_OK };

    if (is_replaced(view, item)) {
        item->state = PC_REPAIR_NOTE;
        item->action = PC_REPAIR_LEAVE;
        item->remedy = "the corrected copy is used instead of it";
        return PC_OK;
    }
    if (item->after != PC_REPAIR_NONE && view->plan.items[item->after].state != PC_REPAIR_DONE) {
        return refuse(view, item, "the private key did not get that CKA_ID, so this keeps its own", NULL, err);
    }
    pc_status status = carry_out(view, item, &why);

    if (status == PC_OK) {
        item->state = PC_REPAIR_DONE;
        return PC_OK;
    }
    if (status == PC_E_REFUSED && item->action == PC_REPAIR_REMOVE_PUBLIC) {
        return refuse(view, item, why.frames[0], "it was not removed", err);
    }
    if (status == PC_E_REFUSED && item->action <= PC_REPAIR_SET_LABEL) {
        return write_corrected(view, item, &why, err);
    }
    pc_error_pass(err, &why);
    return status;
}

static size_t count_state(const pc_repair_plan *plan, pc_repair_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->item_count; i++) {
        count += plan->items[i].state == state;
    }
    return count;
}

static void wait_before_removal(const pc_repair_plan *plan)
{
    for (size_t i = 0; i < plan->item_count; i++) {
        if (plan->items[i].action == PC_REPAIR_REMOVE_PUBLIC) {
            pc_leftover_wait_for_creation();
            return;
        }
    }
}

static pc_status repair_all(pc_repair_view *view, pc_error *err)
{
    size_t whole = count_state(&view->plan, PC_REPAIR_PLANNED);

    wait_before_removal(&view->plan);
    for (size_t i = 0; i < view->plan.item_count; i++) {
        pc_repair_item *item = &view->plan.items[i];
        pc_status status = item->state == PC_REPAIR_PLANNED ? repair_one(view, item, err) : PC_OK;

        if (status != PC_OK) {
            const pc_repair_object *object = &view->plan.objects[item->object];

            return pc_note(err, status,
                           "the %s \"%s\" was not repaired (%s); %zu of %zu changes were made before and read back. "
                           "Every object is intact: run the same command again to continue",
                           pc_repair_class_name(object->class), object->label, item->id,
                           count_state(&view->plan, PC_REPAIR_DONE), whole);
        }
    }
    return PC_OK;
}

/* Everything that depends on a private key depends on its signature, even if it is only shown. */
static pc_status prove_needed(pc_repair_view *view, pc_error *err)
{
    for (size_t i = 0; i < view->plan.item_count; i++) {
        pc_repair_item *item = &view->plan.items[i];

        if (item->state != PC_REPAIR_PLANNED || item->key == PC_REPAIR_NONE) {
            continue;
        }
        PC_TRY(pc_repair_view_prove(view, item->key, err));
        if (!view->proved[item->key]) {
            PC_TRY(refuse(view, item, view->plan.objects[item->key].problem,
                          "nothing that depends on this key is written", err));
        }
    }
    return PC_OK;
}

/* --- the report --- */

static const char *subject_words(pc_bytes der, pc_arena *arena)
{
    PC_AUTO(X509_NAME) X509_NAME *name = der.len ? pc_name_parse(der) : NULL;

    if (!der.len) {
        return "(none)";
    }
    return name ? pc_x509_name_text(name, arena) : "(unreadable)";
}

static const char *id_words(pc_bytes id, pc_arena *arena)
{
    return id.len ? pc_text_hex(arena, id, '\0') : "(none)";
}

static void report_change(const pc_repair_item *item, const pc_repair_object *object, pc_arena *arena,
                          pc_repair_finding *finding)
{
    switch (item->action) {
    case PC_REPAIR_SET_ID:
        finding->attribute = "CKA_ID";
        finding->old_value = id_words(object->id, arena);
        finding->new_value = id_words(item->value, arena);
        break;
    case PC_REPAIR_SET_SUBJECT:
        finding->attribute = "CKA_SUBJECT";
        finding->old_value = subject_words(object->subject, arena);
        finding->new_value = subject_words(item->value, arena);
        break;
    case PC_REPAIR_SET_LABEL:
        finding->attribute = "CKA_LABEL";
        finding->old_value = "(none)";
        finding->new_value = pc_text_escape(arena, (const char *)item->value.data, item->value.len);
        break;
    case PC_REPAIR_WRITE_PUBLIC:
    case PC_REPAIR_WRITE_CERTIFICATE:
        finding->attribute = "object";
        finding->old_value = "(none)";
        finding->new_value =
            pc_arena_format(arena, "%s \"%s\", CKA_ID %s",
                            item->action == PC_REPAIR_WRITE_PUBLIC ? "public key" : "certificate",
                            pc_text_escape(arena, item->label, strlen(item->label)), id_words(item->object_id, arena));
        break;
    case PC_REPAIR_REMOVE_PUBLIC:
        finding->attribute = "object";
        finding->old_value =
            pc_arena_format(arena, "public key \"%s\", CKA_ID %s",
                            pc_text_escape(arena, object->label, strlen(object->label)), id_words(object->id, arena));
        finding->new_value = "(removed)";
        break;
    case PC_REPAIR_LEAVE:
    default:
        break;
    }
}

static pc_status report_item(const pc_repair_view *view, const pc_repair_item *item, pc_repair_finding *finding,
                             pc_arena *arena, pc_error *err)
{
    const pc_repair_object *object = &view->plan.objects[item->object];

    *finding = (pc_repair_finding){
        .id = item->id,
        .state = item->state,
        .object_class = object->class,
        .label = pc_text_escape(arena, object->label, strlen(object->label)),
        .object_id = pc_text_hex(arena, object->id, '\0'),
        .spki_sha256 = object->known ? pc_text_hex(arena, PC_BYTES_OF(object->value), '\0') : NULL,
        .serial = object->serial,
        .message = pc_text_escape(arena, item->message, strlen(item->message)),
        .remedy = item->remedy,
    };
    report_change(item, object, arena, finding);
    if (!finding->label || !finding->object_id || (object->known && !finding->spki_sha256) || !finding->message ||
        (finding->attribute && (!finding->old_value || !finding->new_value))) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

/** An item, and the label under which people look for it. */
typedef struct {
    const char *label;
    size_t item;
} row;

static int compare_rows(const void *a, const void *b)
{
    const row *left = a;
    const row *right = b;
    int order = strcmp(left->label, right->label);

    return order ? order : (left->item > right->item) - (left->item < right->item);
}

static row *sort_rows(const pc_repair_plan *plan, pc_arena *arena)
{
    row *rows = pc_arena_alloc(arena, (plan->item_count + 1) * sizeof *rows);

    for (size_t i = 0; rows && i < plan->item_count; i++) {
        const pc_repair_item *item = &plan->items[i];

        rows[i] =
            (row){ .label = plan->objects[item->key == PC_REPAIR_NONE ? item->object : item->key].label, .item = i };
    }
    if (rows) {
        qsort(rows, plan->item_count, sizeof *rows, compare_rows);
    }
    return rows;
}

/* Makes room for the findings of the plan, before the existing ones. */
static pc_status make_room(const pc_repair_plan *plan, pc_repair_result *result, pc_error *err)
{
    pc_repair_finding *all =
        pc_arena_alloc(result->arena, (plan->item_count + result->finding_count + 1) * sizeof *all);

    if (!all) {
        return pc_fail_memory(err);
    }
    if (result->finding_count) {
        memcpy(all + plan->item_count, result->findings, result->finding_count * sizeof *all);
    }
    result->findings = all;
    result->finding_count += plan->item_count;
    return PC_OK;
}

static pc_status report_all(const pc_repair_view *view, pc_repair_result *result, pc_error *err)
{
    const pc_repair_plan *plan = &view->plan;
    const row *rows = sort_rows(plan, result->arena);

    PC_TRY(make_room(plan, result, err));
    result->token = pc_text_escape(result->arena, view->token->info.label, strlen(view->token->info.label));
    if (!rows || !result->token) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < plan->item_count; i++) {
        const pc_repair_item *item = &plan->items[rows[i].item];

        PC_TRY(report_item(view, item, &result->findings[i], result->arena, err));
        result->counts[item->state]++;
    }
    for (size_t i = 0; i < view->inventory.key_count; i++) {
        result->key_count += !plan->restricted || plan->objects[i].named;
    }
    result->proof_count = view->proof_count;
    return PC_OK;
}

pc_status pc_repair_run(const pc_repair_order *order, const pc_token_access *access, pc_repair_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_repair_result) pc_repair_result *result = PC_RESULT_NEW(pc_repair_result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_repair_view view = { .proof_count = 0 };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open(access, order->apply ? PC_TOKEN_WRITE : PC_TOKEN_READ, &token, err));
    PC_AUTO(pc_token_lock) pc_token_lock lock = { .fd = -1 };

    if (order->apply) {
        lock = pc_token_lock_take(token, "repair");
    }
    view.token = token;
    view.plan.arena = result->arena;
    PC_TRY(pc_repair_view_read(order, &view, err));
    PC_TRY(pc_repair_plan_make(&view.plan, err));
    PC_TRY(prove_needed(&view, err));
    if (!view.plan.restricted) {
        /* First, because an object that looks like a private key would prevent its public half from being removed. */
        PC_TRY(pc_repair_leftovers(&view, order->apply, result, err));
    }
    if (order->apply) {
        PC_TRY(repair_all(&view, err));
    }
    PC_TRY(report_all(&view, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
