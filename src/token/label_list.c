/* SPDX-License-Identifier: Apache-2.0 */
#include "token/label_list.h"

#include <p11-kit/pkcs11.h>
#include <stdlib.h>

#include "base/monotonic.h"
#include "token/attributes.h"
#include "token/objects.h"

struct pc_label_list {
    int64_t begun_msec;
    int64_t end_usec;
    uint64_t *numbers; /**< sorted once all have been read */
    size_t count;
    size_t room;
    size_t without_label;
};

#define MOST_WITHOUT_LABEL 8u /* left by runs that were killed; if there are more, the token does not show labels */

static bool add(pc_label_list *list, uint64_t number)
{
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 256;
        uint64_t *larger = reallocarray(list->numbers, room, sizeof *larger);

        if (!larger) {
            return false;
        }
        list->numbers = larger;
        list->room = room;
    }
    list->numbers[list->count++] = number;
    return true;
}

/* An object that another program has destroyed since the search has no label any more. */
static bool add_label(pc_label_list *list, pc_object object)
{
    static const CK_ATTRIBUTE_TYPE label_only[] = { CKA_LABEL };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_error why = { .status = PC_OK };
    pc_attributes read;

    if (!arena) {
        return false;
    }
    if (pc_attributes_read(object, PC_TYPES(label_only), arena, &read, &why) != PC_OK) {
        return why.origin == PC_ORIGIN_PKCS11 && why.code == CKR_OBJECT_HANDLE_INVALID;
    }
    if (!read.items[0].readable) {
        return ++list->without_label <= MOST_WITHOUT_LABEL;
    }
    return add(list, pc_label_number(object.token, read.items[0].value));
}

/* Where the first labels predict the time of all of them, of which as many again are those of public keys. */
#define FIRST_LABELS 8u

static bool will_be_late(const pc_label_list *list, const pc_handles *found, size_t read, int64_t begun_usec)
{
    const int64_t now = pc_monotonic_usec();
    const int64_t each = read ? (now - begun_usec) / (int64_t)read : 0;

    return now > list->end_usec ||
           (read == FIRST_LABELS && now + each * (int64_t)(2 * found->count - read) > list->end_usec);
}

static bool add_labels(pc_label_list *list, const pc_token *token, const pc_handles *found)
{
    const int64_t begun_usec = pc_monotonic_usec();

    for (size_t i = 0; i < found->count; i++) {
        if (will_be_late(list, found, i, begun_usec) || !add_label(list, (pc_object){ token, found->items[i] })) {
            return false;
        }
    }
    return true;
}

static bool find_class(const pc_token *token, CK_OBJECT_CLASS class, pc_arena *arena, pc_handles *ret_found)
{
    pc_error ignored = { .status = PC_OK };
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    return pc_objects_find_all(token, &search, arena, ret_found, &ignored) == PC_OK;
}

/* A session without a login shows no private keys. */
static bool read_all(pc_label_list *list, const pc_token *token, pc_label_list_limit limit, pc_arena *arena)
{
    const int64_t begun_usec = pc_monotonic_usec();
    pc_handles private_keys = { .count = 0 };
    pc_handles public_keys = { .count = 0 };

    if (!find_class(token, CKO_PRIVATE_KEY, arena, &private_keys) || private_keys.count == 0) {
        return false;
    }
    const int64_t search_usec = pc_monotonic_usec() - begun_usec;
    const bool is_in_searches = limit.searches && search_usec < limit.usec / limit.searches;

    list->end_usec = begun_usec + (is_in_searches ? search_usec * limit.searches : limit.usec);
    return add_labels(list, token, &private_keys) && find_class(token, CKO_PUBLIC_KEY, arena, &public_keys) &&
           add_labels(list, token, &public_keys);
}

static int by_number(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

pc_label_list *pc_label_list_read(const pc_token *token, pc_label_list_limit limit)
{
    PC_AUTO(pc_label_list) pc_label_list *list = calloc(1, sizeof *list);
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    if (!list || !arena) {
        return NULL;
    }
    list->begun_msec = pc_monotonic_msec();
    if (!token->labels || !read_all(list, token, limit, arena)) {
        return NULL;
    }
    if (list->count) {
        qsort(list->numbers, list->count, sizeof *list->numbers, by_number);
    }
    return PC_TAKE(list);
}

void pc_label_list_free(pc_label_list *list)
{
    if (list) {
        free(list->numbers);
        free(list);
    }
}

int64_t pc_label_list_age(const pc_label_list *list)
{
    return pc_monotonic_msec() - list->begun_msec;
}

static bool has(const pc_label_list *list, uint64_t number)
{
    return list->count && bsearch(&number, list->numbers, list->count, sizeof number, by_number);
}

/* From the end, where larger numbers are, up to its place. */
bool pc_label_list_add(pc_label_list *list, const pc_token *token, const char *label)
{
    const uint64_t number = pc_label_number(token, pc_bytes_of_text(label));

    if (has(list, number)) {
        return true;
    }
    if (!add(list, number)) {
        return false;
    }
    for (size_t i = list->count - 1; i > 0 && list->numbers[i - 1] > number; i--) {
        list->numbers[i] = list->numbers[i - 1];
        list->numbers[i - 1] = number;
    }
    return true;
}

pc_label_absence pc_label_list_look(const pc_label_list *list, const pc_token *token, const char *label)
{
    return (pc_label_absence){ .is_absent = !has(list, pc_label_number(token, pc_bytes_of_text(label))),
                               .read_msec = list->begun_msec };
}

bool pc_label_is_absent(const pc_token *token, const char *label, const pc_label_absence *absence)
{
    return absence->is_absent && pc_monotonic_msec() - absence->read_msec <= PC_LABEL_ABSENCE_MSEC &&
           pc_label_log_ask(token, label) == PC_LABEL_NEWS_NONE;
}
