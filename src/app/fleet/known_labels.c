/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/known_labels.h"

#include <limits.h>

#include "base/monotonic.h"

#define LEAST_SEARCHES 2u                             /* before their time says anything */
#define LEAST_LEFT     50u                            /* hosts; for fewer, it saves too little to be worth explaining */
#define LIFE_MSEC      (PC_LABEL_ABSENCE_MSEC - 1000) /* a host that begins then is still looked up in time */

pc_batch_known_labels pc_batch_known_labels_start(int64_t now_usec)
{
    return (pc_batch_known_labels){ .began_usec = now_usec };
}

void pc_batch_known_labels_clear(pc_batch_known_labels *known)
{
    pc_label_list_free(known->list);
    known->list = NULL;
}

void pc_batch_known_labels_note(pc_batch_known_labels *known, int64_t search_usec)
{
    if (search_usec > 0) {
        known->search_usec += search_usec;
        known->search_count++;
    }
}

void pc_batch_known_labels_add(pc_batch_known_labels *known, const pc_token *token, const char *label)
{
    if (known->list && !pc_label_list_add(known->list, token, label)) {
        pc_batch_known_labels_clear(known);
    }
}

/* Before anything is measured: at most half of the searches that it saves, and a third of its life. */
pc_label_list_limit pc_batch_known_labels_first(pc_batch_progress progress)
{
    const size_t half = progress.total / 2 / (progress.jobs ? progress.jobs : 1);

    return (pc_label_list_limit){ .usec = LIFE_MSEC * 1000 / 3,
                                  .searches = progress.total < LEAST_LEFT ? 0
                                              : half < UINT_MAX           ? (unsigned)half
                                                                          : UINT_MAX };
}

static void read_first(pc_batch_known_labels *known, const pc_token *token, pc_batch_progress progress)
{
    const pc_label_list_limit limit = pc_batch_known_labels_first(progress);

    known->is_begun = true;
    known->list = limit.searches ? pc_label_list_read(token, limit) : NULL;
}

/* Of a list that cannot be counted, as many again as have been done. */
static size_t hosts_left(pc_batch_progress progress)
{
    return progress.total > progress.done ? progress.total - progress.done : progress.total ? 0 : progress.done;
}

int64_t pc_batch_known_labels_worth(const pc_batch_known_labels *known, pc_batch_progress progress, int64_t now_usec)
{
    const size_t left = hosts_left(progress);
    const int64_t elapsed_usec = now_usec - known->began_usec;

    if (known->search_count < LEAST_SEARCHES || progress.done == 0 || left < LEAST_LEFT || elapsed_usec <= 0) {
        return 0;
    }
    const double in_its_life = (double)progress.done / (double)elapsed_usec * LIFE_MSEC * 1000.0;
    const double served = in_its_life < (double)left ? in_its_life : (double)left;
    const double each_usec = (double)known->search_usec / known->search_count / progress.jobs;

    return (int64_t)(served * each_usec / 2);
}

static void read_again(pc_batch_known_labels *known, const pc_token *token, pc_batch_progress progress)
{
    const int64_t most_usec = pc_batch_known_labels_worth(known, progress, pc_monotonic_usec());

    if (most_usec > 0) {
        known->list = pc_label_list_read(token, (pc_label_list_limit){ .usec = most_usec });
        known->is_given_up = !known->list;
    }
}

pc_label_absence pc_batch_known_labels_ask(pc_batch_known_labels *known, const pc_token *token,
                                           pc_batch_progress progress, const char *label)
{
    if (known->list && pc_label_list_age(known->list) > LIFE_MSEC) {
        pc_batch_known_labels_clear(known);
    }
    if (!known->is_begun) {
        read_first(known, token, progress);
    }
    if (!known->list && !known->is_given_up) {
        read_again(known, token, progress);
    }
    return known->list ? pc_label_list_look(known->list, token, label) : (pc_label_absence){ .is_absent = false };
}
