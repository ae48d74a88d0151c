/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* Objects of one public value stand together, private keys first, then public keys, then certificates, equal
 * certificates side by side; those whose public key is not known come last. */
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

/** The work at hand. */
typedef struct {
    pc_repair_plan *plan;
    const pc_repair_object **by_value;
    const pc_repair_object **keys; /* private keys by CKA_ID */
    size_t key_count;
} work;

/** Objects that have one public value. */
typedef struct {
    const pc_repair_object *const *keys;
    size_t key_count;
    const pc_repair_object *const *publics;
    size_t public_count;
    const pc_repair_object *const *certificates;
    size_t certificate_count;
} family;

/** What the objects of a family are to have, once it is known. */
typedef struct {
    const pc_repair_object *key; /* NULL: none here */
    size_t key_index;
    pc_bytes id;       /* empty: nothing can be said */
    size_t after;      /* the item that gives it to the key */
    const char *label; /* "" if there is none */
    bool is_strange;   /* the objects are not the key's, and are to have another id than it has */
} anchor;

static size_t index_of(const work *at, const pc_repair_object *object)
{
    return (size_t)(object - at->plan->objects);
}

/* The private keys that have a CKA_ID. */
static const pc_repair_object *const *keys_of_id(const work *at, pc_bytes id, size_t *ret_count)
{
    const pc_repair_object like = { .id = id };
    const pc_repair_object *wanted = &like;
    const pc_repair_object *const *first =
        id.len && at->key_count ? bsearch(&wanted, at->keys, at->key_count, sizeof(void *), pc_repair_compare_ids)
                                : NULL;
    const pc_repair_object *const *end = at->keys + at->key_count;
    size_t count = 0;

    while (first && first > at->keys && pc_bytes_equal(first[-1]->id, id)) {
        first--;
    }
    while (first && first + count < end && pc_bytes_equal(first[count]->id, id)) {
        count++;
    }
    *ret_count = count;
    return first;
}

/* --- saying --- */

static pc_status say(const work *at, const pc_repair_item *item, const char *message, pc_error *err)
{
    pc_repair_item *slot = PC_PUSH(at->plan->arena, at->plan->items, at->plan->item_count);

    if (!slot || !message) {
        return pc_fail_memory(err);
    }
    *slot = *item;
    slot->message = message;
    return PC_OK;
}

static pc_status note(const work *at, const char *id, const pc_repair_object *object, const char *message,
                      const char *remedy, pc_error *err)
{
    const pc_repair_item item = { .id = id,
                                  .state = PC_REPAIR_NOTE,
                                  .object = index_of(at, object),
                                  .key = PC_REPAIR_NONE,
                                  .after = PC_REPAIR_NONE,
                                  .remedy = remedy };

    return say(at, &item, message, err);
}

static pc_status refuse(const work *at, const char *id, const pc_repair_object *object, const char *message,
                        const char *remedy, pc_error *err)
{
    const pc_repair_item item = { .id = id,
                                  .state = PC_REPAIR_REFUSED,
                                  .object = index_of(at, object),
                                  .key = PC_REPAIR_NONE,
                                  .after = PC_REPAIR_NONE,
                                  .remedy = remedy };

    return say(at, &item, message, err);
}

static const char *label_of(const pc_repair_object *object, const anchor *to)
{
    return *object->label ? object->label : *to->label ? to->label : object->common_name ? object->common_name : "";
}

static pc_repair_item planned(const work *at, const char *id, pc_repair_action action, const pc_repair_object *object,
                              const anchor *to)
{
    return (pc_repair_item){ .id = id,
                             .state = PC_REPAIR_PLANNED,
                             .action = action,
                             .object = index_of(at, object),
                             .key = to->key_index,
                             .after = to->after,
                             .value = to->id,
                             .object_id = to->id,
                             .key_id = to->is_strange ? to->key->id : to->id,
                             .label = label_of(object, to) };
}

static const char *shown(const work *at, const char *label)
{
    const char *safe = pc_text_escape(at->plan->arena, label, strlen(label));

    return safe ? safe : "";
}

static const char *words(const work *at, const char *before, const pc_repair_object *key, const char *after)
{
    return pc_arena_format(at->plan->arena, "%s\"%s\"%s", before, shown(at, key->label), after);
}

/* --- the private key's own id --- */

/* An id that the key could take over: of its own public key or certificate, and of no other private key. */
static bool find_id(const work *at, const pc_repair_object *const *from, size_t count, anchor *to)
{
    for (size_t i = 0; i < count; i++) {
        size_t users = 0;

        (void)keys_of_id(at, from[i]->id, &users);
        if (from[i]->id.len && users == 0) {
            to->id = from[i]->id;
            return true;
        }
    }
    return false;
}

static bool take_identifier(const work *at, const pc_repair_object *key, anchor *to)
{
    size_t users = 0;

    (void)keys_of_id(at, PC_BYTES_OF(key->identifier), &users);
    if (users) {
        return false;
    }
    to->id.data = key->identifier;
    to->id.len = sizeof key->identifier;
    return true;
}

static pc_status give_key_id(const work *at, const char *id, const char *message, anchor *to, pc_error *err)
{
    const pc_repair_item item = planned(at, id, PC_REPAIR_SET_ID, to->key, to);

    to->after = at->plan->item_count;
    return say(at, &item, message, err);
}

#define LOCKED_KEY "the key is not modifiable (CKA_MODIFIABLE is false), so it keeps what it was made with"

static pc_status settle_missing_id(const work *at, const family *of, anchor *to, pc_error *err)
{
    if (to->key->modifiable == PC_FACT_FALSE) {
        return refuse(at, "repair.no-id", to->key, "the private key has no CKA_ID, and is not modifiable",
                      "programs cannot pair it with a certificate; make a new key", err);
    }
    if (!find_id(at, of->publics, of->public_count, to) && !find_id(at, of->certificates, of->certificate_count, to) &&
        !take_identifier(at, to->key, to)) {
        return refuse(at, "repair.no-id", to->key,
                      "the private key has no CKA_ID, and another key has the one that would be its own",
                      "look at that key first", err);
    }
    return give_key_id(at, "repair.no-id",
                       "the private key has no CKA_ID, by which programs pair it with its certificate", to, err);
}

/* Who is to get a new CKA_ID, only a person can say: certificates elsewhere may rely on the old one. */
static pc_status settle_shared_id(const work *at, const pc_repair_object *const *users, size_t count, anchor *to,
                                  pc_error *err)
{
    const pc_repair_object *other = users[0] == to->key ? users[1] : users[0];
    const char *message = words(at, "its CKA_ID is that of the private key ", other,
                                count > 2 ? " and of others too: programs take one for the other"
                                          : " too: programs take one for the other");

    if (!to->key->named) {
        return refuse(
            at, "repair.shared-id", to->key, message,
            "decide which of them is to get a new CKA_ID, since others may rely on it, and name that one with --key "
            "or --cert",
            err);
    }
    if (to->key->modifiable == PC_FACT_FALSE) {
        return refuse(at, "repair.shared-id", to->key, message, LOCKED_KEY "; name the other one", err);
    }
    if (!take_identifier(at, to->key, to)) {
        return refuse(at, "repair.shared-id", to->key, message,
                      "the CKA_ID is this key's own key identifier, or its own is taken: name the other one", err);
    }
    return give_key_id(at, "repair.shared-id", message, to, err);
}

/* to->id_len stays 0 where nothing may be made to follow this key. */
static pc_status settle_id(const work *at, const family *of, anchor *to, pc_error *err)
{
    size_t count = 0;
    const pc_repair_object *const *users = keys_of_id(at, to->key->id, &count);

    if (to->key->id.len == 0) {
        return settle_missing_id(at, of, to, err);
    }
    if (count > 1) {
        return settle_shared_id(at, users, count, to, err);
    }
    to->id = to->key->id;
    return PC_OK;
}

/* --- the other attributes --- */

static const char *first_label(const pc_repair_object *const *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*from[i]->label) {
            return from[i]->label;
        }
    }
    return "";
}

static const char *label_for(const family *of)
{
    const char *label = of->key_count ? of->keys[0]->label : "";

    label = *label ? label : first_label(of->publics, of->public_count);
    label = *label ? label : first_label(of->certificates, of->certificate_count);
    for (size_t i = 0; i < of->certificate_count && !*label; i++) {
        label = of->certificates[i]->common_name ? of->certificates[i]->common_name : "";
    }
    return label;
}

/* What one looks for by eye, and no program pairs by: where it cannot be mended it is only told. */
static pc_status mend_label(const work *at, const pc_repair_object *object, const char *label, const anchor *to,
                            pc_error *err)
{
    if (*object->label) {
        return PC_OK;
    }
    if (!*label || object->modifiable == PC_FACT_FALSE) {
        return note(at, "repair.no-label", object, "it has no label",
                    *label ? "it is not modifiable; address it by its CKA_ID" : "give it one with the token's own tool",
                    err);
    }
    pc_repair_item item = planned(at, "repair.no-label", PC_REPAIR_SET_LABEL, object, to);

    item.value.data = (const uint8_t *)label;
    item.value.len = strlen(label);
    item.after = PC_REPAIR_NONE;
    return say(at, &item, "it has no label", err);
}

/* The subject that all certificates of the key agree on; NULL if they do not. */
static const pc_repair_object *agreed_subject(const family *of)
{
    const pc_repair_object *first = of->certificate_count ? of->certificates[0] : NULL;

    for (size_t i = 1; i < of->certificate_count; i++) {
        const pc_repair_object *each = of->certificates[i];

        if (pc_bytes_compare(first->true_subject, each->true_subject) != 0) {
            return NULL;
        }
    }
    return first;
}

static pc_status mend_key_subject(const work *at, const family *of, const anchor *to, pc_error *err)
{
    const pc_repair_object *certificate = agreed_subject(of);

    /* The DER of an empty name has two bytes: no program looks by that. */
    if (to->key->subject.len || !certificate || certificate->true_subject.len <= 2) {
        return PC_OK;
    }
    if (to->key->modifiable == PC_FACT_FALSE) {
        return note(at, "repair.no-subject", to->key, "the private key has no CKA_SUBJECT", LOCKED_KEY, err);
    }
    pc_repair_item item = planned(at, "repair.no-subject", PC_REPAIR_SET_SUBJECT, to->key, to);

    item.value = certificate->true_subject;
    item.after = PC_REPAIR_NONE;
    return say(at, &item, "the private key has no CKA_SUBJECT, by which some programs find the key of a certificate",
               err);
}

/* --- public keys --- */

static pc_status write_public(const work *at, const pc_repair_object *object, const anchor *to, const char *id,
                              const char *message, pc_error *err)
{
    const pc_repair_item item = planned(at, id, PC_REPAIR_WRITE_PUBLIC, object, to);

    return say(at, &item, message, err);
}

static pc_status move_public(const work *at, const pc_repair_object *object, const anchor *to, pc_error *err)
{
    const char *message = words(at, "by its public value it belongs to the private key ", to->key,
                                object->id.len ? ", and it has another CKA_ID" : ", and it has no CKA_ID");

    if (object->modifiable != PC_FACT_FALSE) {
        const pc_repair_item item = planned(at, "repair.wrong-id", PC_REPAIR_SET_ID, object, to);

        return say(at, &item, message, err);
    }
    message = message ? pc_arena_format(at->plan->arena, "%s; it is not modifiable, so a new one is written beside it",
                                        message)
                      : NULL;
    return write_public(at, object, to, "repair.wrong-id", message, err);
}

/* Of several wrong ones one is mended: two public keys of one CKA_ID would be worse than a spare one. */
static pc_status mend_publics(const work *at, const family *of, const anchor *to, pc_error *err)
{
    const pc_repair_object *right = NULL;

    for (size_t i = 0; i < of->public_count; i++) {
        right = !right && pc_bytes_equal(of->publics[i]->id, to->id) ? of->publics[i] : right;
    }
    if (of->public_count == 0) {
        return write_public(at, to->key, to, "repair.no-public-key",
                            "the private key has no public key object, without which many programs cannot use it", err);
    }
    const pc_repair_object *mended = right;

    for (size_t i = 0; i < of->public_count && !mended; i++) {
        mended = of->publics[i]->modifiable != PC_FACT_FALSE ? of->publics[i] : NULL;
    }
    mended = mended ? mended : of->publics[0];
    if (!right) {
        PC_TRY(move_public(at, mended, to, err));
    }
    PC_TRY(mend_label(at, mended, to->label, to, err));
    for (size_t i = 0; i < of->public_count; i++) {
        if (of->publics[i] != mended) {
            PC_TRY(note(at, "repair.spare", of->publics[i], "a further public key object of the same public key",
                        "it does no harm; remove it with the token's own tool if you like", err));
        }
    }
    return PC_OK;
}

/* --- certificates --- */

static bool subject_is_right(const pc_repair_object *certificate)
{
    return pc_bytes_compare(certificate->subject, certificate->true_subject) == 0;
}

/* Equal certificates stand side by side: how many there are from `first` on. */
static size_t count_copies(const family *of, size_t first)
{
    size_t count = 1;

    while (first + count < of->certificate_count &&
           memcmp(of->certificates[first + count]->digest, of->certificates[first]->digest,
                  sizeof of->certificates[first]->digest) == 0) {
        count++;
    }
    return count;
}

/* The copy that needs the least, if it is the one that is kept. */
static int worth(const pc_repair_object *copy, const anchor *to)
{
    bool right = subject_is_right(copy);

    return right && pc_bytes_equal(copy->id, to->id) ? 3 : copy->modifiable == PC_FACT_FALSE ? 0 : right ? 2 : 1;
}

static const pc_repair_object *best_copy(const pc_repair_object *const *copies, size_t count, const anchor *to)
{
    const pc_repair_object *best = copies[0];

    for (size_t i = 1; i < count; i++) {
        best = worth(copies[i], to) > worth(best, to) ? copies[i] : best;
    }
    return best;
}

static const char *id_fault(const work *at, const pc_repair_object *object, const anchor *to)
{
    return words(at, "by its public key it belongs to the private key ", to->key,
                 object->id.len ? ", and it has another CKA_ID" : ", and it has no CKA_ID");
}

static const char *subject_fault(const pc_repair_object *object)
{
    return object->subject.len ? "its CKA_SUBJECT is not the subject in the certificate"
                               : "its CKA_SUBJECT is missing: programs that look for it by name do not find it";
}

static pc_status mend_subject(const work *at, const pc_repair_object *object, const anchor *to, pc_error *err)
{
    if (subject_is_right(object)) {
        return PC_OK;
    }
    pc_repair_item item = planned(at, "repair.wrong-subject", PC_REPAIR_SET_SUBJECT, object, to);

    item.value = object->true_subject;
    return say(at, &item, subject_fault(object), err);
}

/* The subject first: where the token does not let it be changed, the object is written once more, whole. */
static pc_status change_certificate(const work *at, const pc_repair_object *object, bool id_wrong, const anchor *to,
                                    pc_error *err)
{
    PC_TRY(mend_subject(at, object, to, err));
    if (!id_wrong) {
        return PC_OK;
    }
    const pc_repair_item item = planned(at, "repair.wrong-id", PC_REPAIR_SET_ID, object, to);

    return say(at, &item, id_fault(at, object, to), err);
}

static pc_status write_certificate(const work *at, const pc_repair_object *object, bool id_wrong, const anchor *to,
                                   pc_error *err)
{
    const char *fault = id_wrong ? id_fault(at, object, to) : subject_fault(object);
    const pc_repair_item item =
        planned(at, id_wrong ? "repair.wrong-id" : "repair.wrong-subject", PC_REPAIR_WRITE_CERTIFICATE, object, to);

    return say(at, &item,
               fault ? pc_arena_format(at->plan->arena,
                                       "%s; it is not modifiable, so it is written once more beside it", fault)
                     : NULL,
               err);
}

static pc_status mend_certificate(const work *at, const pc_repair_object *object, const anchor *to, pc_error *err)
{
    bool id_wrong = !pc_bytes_equal(object->id, to->id);

    if (object->modifiable != PC_FACT_FALSE) {
        PC_TRY(change_certificate(at, object, id_wrong, to, err));
    } else if (id_wrong || !subject_is_right(object)) {
        return write_certificate(at, object, id_wrong, to, err);
    }
    return mend_label(at, object, label_of(object, to), to, err);
}

/* Of copies of one certificate one is mended, the others are spare. */
static pc_status mend_copies(const work *at, const pc_repair_object *const *copies, size_t count, const anchor *to,
                             pc_error *err)
{
    const pc_repair_object *best = best_copy(copies, count, to);

    for (size_t i = 0; i < count; i++) {
        PC_TRY(copies[i] == best ? mend_certificate(at, best, to, err)
                                 : note(at, "repair.spare", copies[i], "the same certificate is there once more",
                                        "remove this one with the token's own tool if you like", err));
    }
    return PC_OK;
}

static pc_status mend_certificates(const work *at, const family *of, const anchor *to, pc_error *err)
{
    for (size_t i = 0, count = 0; i < of->certificate_count; i += count) {
        count = count_copies(of, i);
        PC_TRY(mend_copies(at, of->certificates + i, count, to, err));
    }
    return PC_OK;
}

/* --- families --- */

static pc_status mend_key(const work *at, const family *of, pc_error *err)
{
    anchor to = {
        .key = of->keys[0], .key_index = index_of(at, of->keys[0]), .after = PC_REPAIR_NONE, .label = label_for(of)
    };

    PC_TRY(settle_id(at, of, &to, err));
    PC_TRY(mend_key_subject(at, of, &to, err));
    PC_TRY(mend_label(at, to.key, to.label, &to, err));
    if (to.id.len == 0) {
        return PC_OK;
    }
    PC_TRY(mend_publics(at, of, &to, err));
    PC_TRY(mend_certificates(at, of, &to, err));
    return of->certificate_count
               ? PC_OK
               : note(at, "repair.no-certificate", to.key, "no certificate on the token belongs to the private key",
                      "it waits for one: p11cert accept", err);
}

static pc_status refuse_copies(const work *at, const family *of, pc_error *err)
{
    for (size_t i = 0; i < of->key_count; i++) {
        PC_TRY(refuse(
            at, "repair.same-key", of->keys[i],
            pc_arena_format(at->plan->arena,
                            "%zu private key objects have this same public key: which one is meant cannot be told, "
                            "so nothing of it is touched",
                            of->key_count),
            "find out which one is used, and remove the others with the token's own tool", err));
    }
    return PC_OK;
}

/* A private key that has this CKA_ID and surely another public key; NULL if there is none, or it is not sure. */
static const pc_repair_object *led_astray(const work *at, const pc_repair_object *object)
{
    size_t count = 0;
    const pc_repair_object *const *users = keys_of_id(at, object->id, &count);

    for (size_t i = 0; i < count; i++) {
        if (!users[i]->known) {
            return NULL;
        }
    }
    return count ? users[0] : NULL;
}

static pc_status mend_stray(const work *at, const pc_repair_object *object, const pc_repair_object *key, anchor *to,
                            pc_error *err)
{
    const char *message = words(at, "it has the CKA_ID of the private key ", key,
                                " and another public key: programs take it for that key's");

    if (object->modifiable == PC_FACT_FALSE) {
        return refuse(at, "repair.stray", object, message,
                      "it is not modifiable: keep a copy, and remove it with the token's own tool", err);
    }
    *to = (anchor){ .key = key,
                    .key_index = index_of(at, key),
                    .after = PC_REPAIR_NONE,
                    .id = { object->identifier, sizeof object->identifier },
                    .label = "",
                    .is_strange = true };
    size_t users = 0;

    (void)keys_of_id(at, to->id, &users);
    if (users) {
        return refuse(at, "repair.stray", object, message, "another private key has the CKA_ID that would be its own",
                      err);
    }
    const pc_repair_item item = planned(at, "repair.stray", PC_REPAIR_SET_ID, object, to);

    return say(at, &item, message, err);
}

static pc_status mend_stray_certificate(const work *at, const pc_repair_object *object, const pc_repair_object *key,
                                        bool is_best, pc_error *err)
{
    anchor to;

    /* This one is no spare if it is written once more: it keeps misleading until it has another CKA_ID. */
    PC_TRY(mend_stray(at, object, key, &to, err));
    if (object->modifiable == PC_FACT_FALSE || !is_best) {
        return PC_OK;
    }
    PC_TRY(mend_subject(at, object, &to, err));
    return mend_label(at, object, label_of(object, &to), &to, err);
}

/* Each copy may have a CKA_ID that somebody relies on; that of the best one stays. */
static pc_status mend_keyless_copies(const work *at, const pc_repair_object *const *copies, size_t count, pc_error *err)
{
    const anchor any = { .key_index = PC_REPAIR_NONE, .after = PC_REPAIR_NONE, .label = "" };
    const pc_repair_object *best = best_copy(copies, count, &any);
    anchor to = any;

    to.id = best->id;
    for (size_t i = 0; i < count; i++) {
        const pc_repair_object *key = led_astray(at, copies[i]);

        if (key) {
            PC_TRY(mend_stray_certificate(at, copies[i], key, copies[i] == best, err));
            continue;
        }
        PC_TRY(
            note(at, "repair.no-key", copies[i], "no private key on the token belongs to this certificate", NULL, err));
        PC_TRY(copies[i] == best ? mend_certificate(at, best, &to, err) : PC_OK);
    }
    return PC_OK;
}

/* Whose private key is not here: issuers' certificates, as a rule. */
static pc_status mend_keyless(const work *at, const family *of, pc_error *err)
{
    anchor to;

    for (size_t i = 0; i < of->public_count; i++) {
        const pc_repair_object *key = led_astray(at, of->publics[i]);

        PC_TRY(key ? mend_stray(at, of->publics[i], key, &to, err)
                   : note(at, "repair.no-key", of->publics[i], "no private key on the token belongs to this public key",
                          NULL, err));
    }
    for (size_t i = 0, count = 0; i < of->certificate_count; i += count) {
        count = count_copies(of, i);
        PC_TRY(mend_keyless_copies(at, of->certificates + i, count, err));
    }
    return PC_OK;
}

static bool concerns(const work *at, const family *of)
{
    bool wanted = !at->plan->restricted;

    for (size_t i = 0; i < of->key_count && !wanted; i++) {
        wanted = of->keys[i]->named;
    }
    return wanted;
}

/* In a restricted run, of those without a key only what carries the id of a named one. */
static bool bothers_named(const work *at, const pc_repair_object *object)
{
    size_t count = 0;
    const pc_repair_object *const *users = keys_of_id(at, object->id, &count);

    for (size_t i = 0; i < count; i++) {
        if (users[i]->named) {
            return true;
        }
    }
    return false;
}

static pc_status look_at_keyless(const work *at, const family *of, pc_error *err)
{
    if (!at->plan->restricted) {
        return mend_keyless(at, of, err);
    }
    for (size_t i = 0; i < of->public_count + of->certificate_count; i++) {
        bool is_public = i < of->public_count;
        const pc_repair_object *each = is_public ? of->publics[i] : of->certificates[i - of->public_count];
        const family alone = {
            .publics = &each, .public_count = is_public, .certificates = &each, .certificate_count = !is_public
        };

        if (bothers_named(at, each)) {
            PC_TRY(mend_keyless(at, &alone, err));
        }
    }
    return PC_OK;
}

static pc_status look_at_family(const work *at, const family *of, pc_error *err)
{
    if (of->key_count == 0) {
        return look_at_keyless(at, of, err);
    }
    if (!concerns(at, of)) {
        return PC_OK;
    }
    return of->key_count == 1 ? mend_key(at, of, err) : refuse_copies(at, of, err);
}

static pc_status look_at_unknown(const work *at, const pc_repair_object *object, pc_error *err)
{
    if (at->plan->restricted && !object->named) {
        return PC_OK;
    }
    if (object->class == PC_REPAIR_CERTIFICATE) {
        return note(at, "repair.unreadable", object,
                    object->true_subject.data ? "its public key is of a kind that p11cert cannot use"
                                              : "it is not an X.509 certificate that can be read",
                    NULL, err);
    }
    if (object->class == PC_REPAIR_PUBLIC || !object->can_sign_here) {
        return note(at, "repair.other-kind", object, "it is of a kind that p11cert cannot use", NULL, err);
    }
    if (!object->may_sign) {
        return note(at, "repair.not-proved", object,
                    "the key may not sign (CKA_SIGN is false) and does not show its public half: "
                    "what belongs to it cannot be told",
                    NULL, err);
    }
    if (!object->tried) {
        return PC_OK;
    }
    return refuse(at, "repair.not-proved", object,
                  object->problem ? object->problem
                                  : "the private key does not show its public half, and none on the token is its own",
                  "if you have its certificate as a file, name it: --cert FILE", err);
}

static family gather(const pc_repair_object *const *from, size_t count)
{
    family of = { .keys = from };

    while (of.key_count < count && from[of.key_count]->class == PC_REPAIR_KEY) {
        of.key_count++;
    }
    of.publics = from + of.key_count;
    while (of.key_count + of.public_count < count && of.publics[of.public_count]->class == PC_REPAIR_PUBLIC) {
        of.public_count++;
    }
    of.certificates = of.publics + of.public_count;
    of.certificate_count = count - of.key_count - of.public_count;
    return of;
}

static pc_status look_at_all(const work *at, pc_error *err)
{
    size_t count = at->plan->object_count;
    size_t i = 0;

    while (i < count && at->by_value[i]->known) {
        size_t end = i + 1;

        while (end < count && at->by_value[end]->known &&
               memcmp(at->by_value[end]->value, at->by_value[i]->value, 32) == 0) {
            end++;
        }
        const family of = gather(at->by_value + i, end - i);

        PC_TRY(look_at_family(at, &of, err));
        i = end;
    }
    for (; i < count; i++) {
        PC_TRY(look_at_unknown(at, at->by_value[i], err));
    }
    return PC_OK;
}

pc_status pc_repair_plan_make(pc_repair_plan *plan, pc_error *err)
{
    work at = { .plan = plan };

    at.by_value = pc_arena_alloc(plan->arena, (plan->object_count + 1) * sizeof(void *));
    at.keys = pc_arena_alloc(plan->arena, (plan->object_count + 1) * sizeof(void *));
    if (!at.by_value || !at.keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < plan->object_count; i++) {
        at.by_value[i] = &plan->objects[i];
        if (plan->objects[i].class == PC_REPAIR_KEY) {
            at.keys[at.key_count++] = &plan->objects[i];
        }
    }
    qsort(at.by_value, plan->object_count, sizeof(void *), compare_values);
    qsort(at.keys, at.key_count, sizeof(void *), pc_repair_compare_ids);
    return look_at_all(&at, err);
}
