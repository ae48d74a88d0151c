/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LABEL_LIST_H
#define PC_TOKEN_LABEL_LIST_H

#include "token/label_log.h"

/**
 * The labels of all key objects of a token, read at one time, so that many keys can be made without a search for each.
 * Only the numbers of the labels are kept: 8 bytes for each object. Says no more than that a label was not there.
 */
typedef struct pc_label_list pc_label_list;

/** What reading them may cost. */
typedef struct {
    int64_t usec;      /**< in microseconds */
    unsigned searches; /**< as often as the first search takes; 0: no such limit */
} pc_label_list_limit;

/**
 * Read them: two searches, and one call for each private and public key. It gives up as soon as the first labels show
 * that the limit will not be kept.
 * @return NULL if it gave up, if the token shows no private key or no labels, if there is no lock file, or for any
 * error: then the caller searches for each label, and that search reports what is wrong.
 */
pc_label_list *pc_label_list_read(const pc_token *token, pc_label_list_limit limit);

/** Accepts NULL. */
void pc_label_list_free(pc_label_list *list);
PC_AUTO_DEFINE(pc_label_list, pc_label_list, pc_label_list_free);

/** How long ago it was begun, in milliseconds. */
int64_t pc_label_list_age(const pc_label_list *list);

/** This run has written a key with the label. @return false when out of memory: the list must be freed. */
PC_MUST_CHECK bool pc_label_list_add(pc_label_list *list, const pc_token *token, const char *label);

#define PC_LABEL_ABSENCE_MSEC 10000 /**< after that, an absence counts no longer */

/** Whether a list lacks a label. */
typedef struct {
    bool is_absent;    /**< no key object had it */
    int64_t read_msec; /**< when that was, monotonic */
} pc_label_absence;

pc_label_absence pc_label_list_look(const pc_label_list *list, const pc_token *token, const char *label);

/**
 * Is there still no key with the label? It was read recently, since the log does not cover other machines and other
 * programs, and no other run on this machine has written one since. To be asked under the lock of the label.
 */
bool pc_label_is_absent(const pc_token *token, const char *label, const pc_label_absence *absence);

#endif
