/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_FLEET_KNOWN_LABELS_H
#define PC_APP_FLEET_KNOWN_LABELS_H

#include "token/label_list.h"

/**
 * Decides when a fleet reads all labels of the token instead of searching for each host's. A search costs three round
 * trips, and a token in software goes through all its objects for it; reading all labels costs a round trip for each
 * key, and counts only for a short time, since other machines may write. So the labels are read if that takes at most
 * half of the time of the searches that it saves. For one thread.
 */
typedef struct {
    pc_label_list *list; /**< NULL: every label is searched for */
    int64_t began_usec;
    int64_t search_usec; /**< that searches took, in all */
    unsigned search_count;
    bool is_begun;    /**< it has been tried before the first host */
    bool is_given_up; /**< reading took too long, or the token does not show labels */
} pc_batch_known_labels;

typedef struct {
    size_t total; /**< hosts; 0: unknown */
    size_t done;
    unsigned jobs;
} pc_batch_progress;

pc_batch_known_labels pc_batch_known_labels_start(int64_t now_usec);
void pc_batch_known_labels_clear(pc_batch_known_labels *known);

/** A search for a host's label is done. @param search_usec  what it took; 0: it was not searched for */
void pc_batch_known_labels_note(pc_batch_known_labels *known, int64_t search_usec);

/** A host is done: there may be a key with its label now. */
void pc_batch_known_labels_add(pc_batch_known_labels *known, const pc_token *token, const char *label);

/** What reading all labels may cost before the first host; no searches: it is not worth while. Pure. */
pc_label_list_limit pc_batch_known_labels_first(pc_batch_progress progress);

/** The longest that reading all labels may take now, in microseconds; 0: it is not worth while. Pure. */
int64_t pc_batch_known_labels_worth(const pc_batch_known_labels *known, pc_batch_progress progress, int64_t now_usec);

/** What is known about a label; reads all labels first if that is worth while. */
pc_label_absence pc_batch_known_labels_ask(pc_batch_known_labels *known, const pc_token *token,
                                           pc_batch_progress progress, const char *label);

#endif
