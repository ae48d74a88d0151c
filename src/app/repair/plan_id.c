/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan_parts.h"

#include <string.h>

#include "base/bytes.h"

/* An id that the key could take over: of its own public key or certificate, and of no other private key. */
static bool find_id(const pc_repair_work *work, const pc_repair_object *const *from, size_t count,
                    pc_repair_anchor *anchor)
{
    for (size_t i = 0; i < count; i++) {
        size_t users = 0;

        (void)pc_repair_keys_of_id(work, from[i]->id, &users);
        if (from[i]->id.len && users == 0) {
            anchor->id = from[i]->id;
            return true;
        }
    }
    return false;
}

static bool take_identifier(const pc_repair_work *work, const pc_repair_object *key, pc_repair_anchor *anchor)
{
    size_t users = 0;

    (void)pc_repair_keys_of_id(work, PC_BYTES_OF(key->identifier), &users);
    if (users) {
        return false;
    }
    anchor->id.data = key->identifier;
    anchor->id.len = sizeof key->identifier;
    return true;
}

static pc_status give_key_id(const pc_repair_work *work, const char *id, const char *message, pc_repair_anchor *anchor,
                             pc_error *err)
{
    const pc_repair_item item = pc_repair_planned(work, id, PC_REPAIR_SET_ID, anchor->key, anchor);

    anchor->after = work->plan->item_count;
    return pc_repair_say(work, &item, message, err);
}

static pc_status settle_missing_id(const pc_repair_work *work, const pc_repair_family *family, pc_repair_anchor *anchor,
                                   pc_error *err)
{
    if (anchor->key->modifiable == PC_FACT_FALSE) {
        return pc_repair_refuse(work, anchor->key,
                                (pc_repair_remark){ "repair.no-id",
                                                    "the private key has no CKA_ID, and is not modifiable",
                                                    "programs cannot pair it with a certificate; make a new key" },
                                err);
    }
    if (!find_id(work, family->publics, family->public_count, anchor) &&
        !find_id(work, family->certificates, family->certificate_count, anchor) &&
        !take_identifier(work, anchor->key, anchor)) {
        return pc_repair_refuse(
            work, anchor->key,
            (pc_repair_remark){ "repair.no-id",
                                "the private key has no CKA_ID, and another key already has the one that it would get",
                                "examine that key first" },
            err);
    }
    return give_key_id(work, "repair.no-id",
                       "the private key has no CKA_ID, by which programs pair it with its certificate", anchor, err);
}

/* Only a person can say which object should get a new CKA_ID: certificates elsewhere may rely on the old one. */
static pc_status settle_shared_id(const pc_repair_work *work, const pc_repair_object *const *users, size_t count,
                                  pc_repair_anchor *anchor, pc_error *err)
{
    const pc_repair_object *other = users[0] == anchor->key ? users[1] : users[0];
    const char *message =
        pc_repair_words(work, "it shares its CKA_ID with the private key ", other,
                        count > 2 ? " and with others: programs confuse them" : ": programs confuse the two");

    if (!anchor->key->named) {
        return pc_repair_refuse(work, anchor->key,
                                (pc_repair_remark){ "repair.shared-id", message,
                                                    "decide which of them gets a new CKA_ID, since other programs may "
                                                    "rely on the old one, and name it with --key or --cert" },
                                err);
    }
    if (anchor->key->modifiable == PC_FACT_FALSE) {
        return pc_repair_refuse(work, anchor->key,
                                (pc_repair_remark){ "repair.shared-id", message,
                                                    PC_REPAIR_LOCKED_KEY "; name the other one" },
                                err);
    }
    if (!take_identifier(work, anchor->key, anchor)) {
        return pc_repair_refuse(
            work, anchor->key,
            (pc_repair_remark){
                "repair.shared-id", message,
                "the CKA_ID is this key's own key identifier, or its own is taken: name the other one" },
            err);
    }
    return give_key_id(work, "repair.shared-id", message, anchor, err);
}

/* anchor->id.len stays 0 if no other object may be matched to this key. */
pc_status pc_repair_settle_id(const pc_repair_work *work, const pc_repair_family *family, pc_repair_anchor *anchor,
                              pc_error *err)
{
    size_t count = 0;
    const pc_repair_object *const *users = pc_repair_keys_of_id(work, anchor->key->id, &count);

    if (anchor->key->id.len == 0) {
        return settle_missing_id(work, family, anchor, err);
    }
    if (count > 1) {
        return settle_shared_id(work, users, count, anchor, err);
    }
    anchor->id = anchor->key->id;
    return PC_OK;
}

/* The subject that all certificates of the key agree on; NULL if they do not. */
static const pc_repair_object *agreed_subject(const pc_repair_family *family)
{
    const pc_repair_object *first = family->certificate_count ? family->certificates[0] : NULL;

    for (size_t i = 1; i < family->certificate_count; i++) {
        const pc_repair_object *each = family->certificates[i];

        if (pc_bytes_compare(first->true_subject, each->true_subject) != 0) {
            return NULL;
        }
    }
    return first;
}

pc_status pc_repair_fix_key_subject(const pc_repair_work *work, const pc_repair_family *family,
                                    const pc_repair_anchor *anchor, pc_error *err)
{
    const pc_repair_object *certificate = agreed_subject(family);

    /* The DER of an empty name has two bytes: no program searches for that. */
    if (anchor->key->subject.len || !certificate || certificate->true_subject.len <= 2) {
        return PC_OK;
    }
    if (anchor->key->modifiable == PC_FACT_FALSE) {
        return pc_repair_note(work, anchor->key,
                              (pc_repair_remark){ "repair.no-subject", "the private key has no CKA_SUBJECT",
                                                  PC_REPAIR_LOCKED_KEY },
                              err);
    }
    pc_repair_item item = pc_repair_planned(work, "repair.no-subject", PC_REPAIR_SET_SUBJECT, anchor->key, anchor);

    item.value = certificate->true_subject;
    item.after = PC_REPAIR_NONE;
    return pc_repair_say(work, &item,
                         "the private key has no CKA_SUBJECT, by which some programs find the key of a certificate",
                         err);
}
