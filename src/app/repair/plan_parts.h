/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REPAIR_PLAN_PARTS_H
#define PC_APP_REPAIR_PLAN_PARTS_H

#include "app/repair/plan.h"

/** Shared by the parts of the planner: plan.c goes through the objects, the others decide what is to be done with each.
 */

/** A plan under construction. */
typedef struct {
    pc_repair_plan *plan;
    const pc_repair_object **by_value;
    const pc_repair_object **keys; /**< private keys by CKA_ID */
    size_t key_count;
} pc_repair_work;

/** Objects with the same public value. */
typedef struct {
    const pc_repair_object *const *keys;
    size_t key_count;
    const pc_repair_object *const *publics;
    size_t public_count;
    const pc_repair_object *const *certificates;
    size_t certificate_count;
} pc_repair_family;

/** The attributes that the objects of a family will get, once they are known. */
typedef struct {
    const pc_repair_object *key; /**< NULL: none here */
    size_t key_index;
    pc_bytes id;       /**< empty: not known */
    size_t after;      /**< the item that gives it to the key */
    const char *label; /**< "" if there is none */
    bool is_strange;   /**< the objects do not belong to the key, and must not have its id */
} pc_repair_anchor;

/* --- plan_say.c: looking things up, and adding to the plan. All but the first two: PC_OK; PC_E_MEMORY. --- */

#define PC_REPAIR_LOCKED_KEY "the key is not modifiable (CKA_MODIFIABLE is false), so it keeps what it was made with"

/** Of an object in plan->objects. */
size_t pc_repair_index(const pc_repair_work *work, const pc_repair_object *object);
/** The private keys that have a CKA_ID. Borrowed; NULL if there is none. */
const pc_repair_object *const *pc_repair_keys_of_id(const pc_repair_work *work, pc_bytes id, size_t *ret_count);

/** Add an item. A NULL message means that memory ran out. */
PC_MUST_CHECK pc_status pc_repair_say(const pc_repair_work *work, const pc_repair_item *item, const char *message,
                                      pc_error *err);
/** A finding for which nothing is written. */
typedef struct {
    const char *id; /**< of the rule */
    const char *message;
    const char *remedy; /**< NULL: nothing needs to be done */
} pc_repair_remark;

/** Add a finding without a repair. */
PC_MUST_CHECK pc_status pc_repair_note(const pc_repair_work *work, const pc_repair_object *object,
                                       pc_repair_remark text, pc_error *err);
/** Add a finding about which a person must decide. */
PC_MUST_CHECK pc_status pc_repair_refuse(const pc_repair_work *work, const pc_repair_object *object,
                                         pc_repair_remark text, pc_error *err);
/** An item that changes an object or writes one like it. */
pc_repair_item pc_repair_planned(const pc_repair_work *work, const char *id, pc_repair_action action,
                                 const pc_repair_object *object, const pc_repair_anchor *anchor);
/** The label that an object has or will get; "" if there is none. */
const char *pc_repair_label_of(const pc_repair_object *object, const pc_repair_anchor *anchor);
/** The label of a family: that of its key, else of its other objects; "" if none has one. */
const char *pc_repair_label_for(const pc_repair_family *family);
/** A sentence with a key's label, safe to print, in it. NULL when out of memory. */
const char *pc_repair_words(const pc_repair_work *work, const char *before, const pc_repair_object *key,
                            const char *after);
/** Plan a label for an object without one. */
PC_MUST_CHECK pc_status pc_repair_fix_label(const pc_repair_work *work, const pc_repair_object *object,
                                            const char *label, const pc_repair_anchor *anchor, pc_error *err);

/* --- plan_id.c: the private key's own attributes --- */

/** Choose the CKA_ID of the family. anchor->id stays empty if no other object may be matched to the key. */
PC_MUST_CHECK pc_status pc_repair_settle_id(const pc_repair_work *work, const pc_repair_family *family,
                                            pc_repair_anchor *anchor, pc_error *err);
PC_MUST_CHECK pc_status pc_repair_fix_key_subject(const pc_repair_work *work, const pc_repair_family *family,
                                                  const pc_repair_anchor *anchor, pc_error *err);

/* --- plan_public.c: public keys of a private key --- */

PC_MUST_CHECK pc_status pc_repair_fix_publics(const pc_repair_work *work, const pc_repair_family *family,
                                              const pc_repair_anchor *anchor, pc_error *err);
/** A public key without a private one: if it is the rest of a key pair that was generated again, it is removed. */
PC_MUST_CHECK pc_status pc_repair_lone_public(const pc_repair_work *work, const pc_repair_object *object,
                                              bool has_certificate, pc_error *err);

/* --- plan_certificate.c: certificates, with or without a key --- */

/** Equal certificates are adjacent: how many there are, starting at `first`. */
size_t pc_repair_count_copies(const pc_repair_family *family, size_t first);
/** The copy that would need the fewest changes if it is kept. */
const pc_repair_object *pc_repair_best_copy(const pc_repair_object *const *copies, size_t count,
                                            const pc_repair_anchor *anchor);
PC_MUST_CHECK pc_status pc_repair_fix_subject(const pc_repair_work *work, const pc_repair_object *object,
                                              const pc_repair_anchor *anchor, pc_error *err);
PC_MUST_CHECK pc_status pc_repair_fix_certificate(const pc_repair_work *work, const pc_repair_object *object,
                                                  const pc_repair_anchor *anchor, pc_error *err);
PC_MUST_CHECK pc_status pc_repair_fix_certificates(const pc_repair_work *work, const pc_repair_family *family,
                                                   const pc_repair_anchor *anchor, pc_error *err);

#endif
