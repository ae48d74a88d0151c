/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/plan_parts.h"

#include <string.h>

#include "base/bytes.h"

static bool subject_is_right(const pc_repair_object *certificate)
{
    return pc_bytes_compare(certificate->subject, certificate->true_subject) == 0;
}

/* Equal certificates are adjacent: how many there are, starting at `first`. */
size_t pc_repair_count_copies(const pc_repair_family *family, size_t first)
{
    size_t count = 1;

    while (first + count < family->certificate_count &&
           memcmp(family->certificates[first + count]->digest, family->certificates[first]->digest,
                  sizeof family->certificates[first]->digest) == 0) {
        count++;
    }
    return count;
}

/* The copy that would need the fewest changes if it is kept. */
static int worth(const pc_repair_object *copy, const pc_repair_anchor *anchor)
{
    bool right = subject_is_right(copy);

    return right && pc_bytes_equal(copy->id, anchor->id) ? 3 : copy->modifiable == PC_FACT_FALSE ? 0 : right ? 2 : 1;
}

const pc_repair_object *pc_repair_best_copy(const pc_repair_object *const *copies, size_t count,
                                            const pc_repair_anchor *anchor)
{
    const pc_repair_object *best = copies[0];

    for (size_t i = 1; i < count; i++) {
        best = worth(copies[i], anchor) > worth(best, anchor) ? copies[i] : best;
    }
    return best;
}

static const char *id_fault(const pc_repair_work *work, const pc_repair_object *object, const pc_repair_anchor *anchor)
{
    return pc_repair_words(work, "by its public key it belongs to the private key ", anchor->key,
                           object->id.len ? ", but has a different CKA_ID" : ", but has no CKA_ID");
}

static const char *subject_fault(const pc_repair_object *object)
{
    return object->subject.len ? "its CKA_SUBJECT is not the subject in the certificate"
                               : "its CKA_SUBJECT is missing: programs that look for it by name do not find it";
}

pc_status pc_repair_fix_subject(const pc_repair_work *work, const pc_repair_object *object,
                                const pc_repair_anchor *anchor, pc_error *err)
{
    if (subject_is_right(object)) {
        return PC_OK;
    }
    pc_repair_item item = pc_repair_planned(work, "repair.wrong-subject", PC_REPAIR_SET_SUBJECT, object, anchor);

    item.value = object->true_subject;
    return pc_repair_say(work, &item, subject_fault(object), err);
}

/* The subject first: if the token does not allow it to be changed, the whole object is written again. */
static pc_status change_certificate(const pc_repair_work *work, const pc_repair_object *object, bool id_wrong,
                                    const pc_repair_anchor *anchor, pc_error *err)
{
    PC_TRY(pc_repair_fix_subject(work, object, anchor, err));
    if (!id_wrong) {
        return PC_OK;
    }
    const pc_repair_item item = pc_repair_planned(work, "repair.wrong-id", PC_REPAIR_SET_ID, object, anchor);

    return pc_repair_say(work, &item, id_fault(work, object, anchor), err);
}

static pc_status write_certificate(const pc_repair_work *work, const pc_repair_object *object, bool id_wrong,
                                   const pc_repair_anchor *anchor, pc_error *err)
{
    const char *fault = id_wrong ? id_fault(work, object, anchor) : subject_fault(object);
    const pc_repair_item item = pc_repair_planned(work, id_wrong ? "repair.wrong-id" : "repair.wrong-subject",
                                                  PC_REPAIR_WRITE_CERTIFICATE, object, anchor);

    return pc_repair_say(
        work, &item,
        fault ? pc_arena_format(work->plan->arena,
                                "%s; it is not modifiable, so a corrected copy is written in addition to it", fault)
              : NULL,
        err);
}

pc_status pc_repair_fix_certificate(const pc_repair_work *work, const pc_repair_object *object,
                                    const pc_repair_anchor *anchor, pc_error *err)
{
    bool id_wrong = !pc_bytes_equal(object->id, anchor->id);

    if (object->modifiable != PC_FACT_FALSE) {
        PC_TRY(change_certificate(work, object, id_wrong, anchor, err));
    } else if (id_wrong || !subject_is_right(object)) {
        return write_certificate(work, object, id_wrong, anchor, err);
    }
    return pc_repair_fix_label(work, object, pc_repair_label_of(object, anchor), anchor, err);
}

/* Of several copies of one certificate, one is repaired; the others are redundant. */
static pc_status fix_copies(const pc_repair_work *work, const pc_repair_object *const *copies, size_t count,
                            const pc_repair_anchor *anchor, pc_error *err)
{
    const pc_repair_object *best = pc_repair_best_copy(copies, count, anchor);

    for (size_t i = 0; i < count; i++) {
        PC_TRY(copies[i] == best
                   ? pc_repair_fix_certificate(work, best, anchor, err)
                   : pc_repair_note(work, copies[i],
                                    (pc_repair_remark){ "repair.spare", "an additional copy of the same certificate",
                                                        "remove this one with the token's own tool if you like" },
                                    err));
    }
    return PC_OK;
}

pc_status pc_repair_fix_certificates(const pc_repair_work *work, const pc_repair_family *family,
                                     const pc_repair_anchor *anchor, pc_error *err)
{
    for (size_t i = 0, count = 0; i < family->certificate_count; i += count) {
        count = pc_repair_count_copies(family, i);
        PC_TRY(fix_copies(work, family->certificates + i, count, anchor, err));
    }
    return PC_OK;
}
