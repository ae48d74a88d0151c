/* SPDX-License-Identifier: Apache-2.0 */
#include "token/certificate_index.h"

#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
    return pc_bytes_compare(((const pc_certificate_object *)a)->id, ((const pc_certificate_object *)b)->id);
}

static int compare_subjects(const void *a, const void *b)
{
    return pc_bytes_compare(((const pc_certificate_object *)a)->subject, ((const pc_certificate_object *)b)->subject);
}

static pc_status copy(pc_certificate_objects all, pc_arena *arena, pc_certificate_objects *ret_copy, pc_error *err)
{
    ret_copy->count = all.count;
    ret_copy->items = pc_arena_alloc(arena, (all.count + 1) * sizeof *all.items);
    if (!ret_copy->items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < all.count; i++) {
        ret_copy->items[i] = all.items[i];
    }
    return PC_OK;
}

pc_status pc_certificate_index_make(pc_certificate_objects all, pc_arena *arena, pc_certificate_index *ret_index,
                                    pc_error *err)
{
    PC_TRY(copy(all, arena, &ret_index->by_id, err));
    PC_TRY(copy(all, arena, &ret_index->by_subject, err));
    qsort(ret_index->by_id.items, all.count, sizeof *all.items, compare_ids);
    qsort(ret_index->by_subject.items, all.count, sizeof *all.items, compare_subjects);
    return PC_OK;
}

static pc_certificate_objects equal_to(pc_certificate_objects sorted, const pc_certificate_object *wanted,
                                       int (*compare)(const void *a, const void *b))
{
    pc_certificate_object *first =
        sorted.count ? bsearch(wanted, sorted.items, sorted.count, sizeof *sorted.items, compare) : NULL;
    pc_certificate_object *end = first;

    while (first && first > sorted.items && compare(first - 1, wanted) == 0) {
        first--;
    }
    while (first && end < sorted.items + sorted.count && compare(end, wanted) == 0) {
        end++;
    }
    return (pc_certificate_objects){ .items = first, .count = (size_t)(end - first) };
}

pc_certificate_objects pc_certificate_index_of_id(const pc_certificate_index *index, pc_bytes id)
{
    const pc_certificate_object wanted = { .id = id };

    return id.len ? equal_to(index->by_id, &wanted, compare_ids) : (pc_certificate_objects){ .count = 0 };
}

pc_certificate_objects pc_certificate_index_of_subject(const pc_certificate_index *index, pc_bytes subject)
{
    const pc_certificate_object wanted = { .subject = subject };
    const pc_certificate_object not_shown = { .subject = { NULL, 0 } };
    const pc_certificate_objects none = { .count = 0 };
    const pc_certificate_objects found = subject.len ? equal_to(index->by_subject, &wanted, compare_subjects) : none;

    return found.count == 0 && subject.len ? equal_to(index->by_subject, &not_shown, compare_subjects) : found;
}
