/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LABEL_LOG_H
#define PC_TOKEN_LABEL_LOG_H

#include "token/lock.h"

/**
 * A log in the lock file of the labels under which the runs of this machine write keys. Whoever writes the label of a
 * key object enters it before and after. A run that searches a token for a label, finds nothing and would create a key
 * learns from it whether another run has written one that the module does not show: SoftHSM 2 notices the objects of
 * other processes by a counter on disk, and takes over its value with each object that it writes itself, so that it
 * does not notice what others have written shortly before. Nor would it be noticed by a run that has read all labels
 * once and no longer searches (label_list.h).
 *
 * The log is a ring. A run that cannot write its entry empties the file; then nothing is known from it.
 */
typedef struct pc_label_log pc_label_log;

/** Follow the log from now on: before the module is initialised. @return NULL if there is no lock file, or no memory.
 */
pc_label_log *pc_label_log_open(void);

/** Accepts NULL. */
void pc_label_log_close(pc_label_log *log);

/** A label is being written: from before the first call that writes it, until after the last. */
typedef struct {
    pc_label_log *log; /**< NULL: none */
    uint64_t number;
} pc_label_writing;

pc_label_writing pc_label_writing_begin(const pc_token *token, pc_bytes label);
void pc_label_writing_end(pc_label_writing *writing);
PC_AUTO_DEFINE_VALUE(pc_label_writing, pc_label_writing, pc_label_writing_end);

/** For a function that writes the label: to the end of its scope. */
#define PC_WRITES_LABEL(token, label) \
    PC_AUTO(pc_label_writing) \
    __attribute__((unused)) pc_label_writing pc_scope_writing = pc_label_writing_begin(token, label)

/** By which a label is known here, filled up or not (filled_value.h); two labels may share one. */
uint64_t pc_label_number(const pc_token *token, pc_bytes label);

/** Since the module was initialised, on this machine, by p11cert. */
typedef enum {
    PC_LABEL_NEWS_UNKNOWN, /**< there is no log, or it has lost entries */
    PC_LABEL_NEWS_NONE,    /**< no other run has written a key with the label */
    PC_LABEL_WRITTEN,      /**< another run has, or has begun to */
    /**
     * The same, but that run uses SoftHSM with another token folder: it has written to a copy of this token, or it
     * reaches this one in another way (p11-kit server).
     */
    PC_LABEL_WRITTEN_ELSEWHERE,
} pc_label_news;

/** Thread-safe. To be asked under the lock of the label. */
pc_label_news pc_label_log_ask(const pc_token *token, const char *label);

/**
 * After a search under the lock of the label has found nothing: may a key be created?
 * @return PC_OK; PC_E_REFUSED: another run has written one in the meantime, and the module does not show it.
 */
PC_MUST_CHECK pc_status pc_label_log_check(const pc_token *token, const char *label, pc_error *err);

#endif
