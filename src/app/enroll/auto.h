/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ENROLL_AUTO_H
#define PC_APP_ENROLL_AUTO_H

#include <p11cert/auto_enroll.h>

#include "app/ca/templates.h"
#include "base/arena.h"
#include "token/session.h"

/** The tasks of an auto-enrolment, according to the offer and the token. */

/** One item; everything is in the arena. */
typedef struct {
    const pc_template *offered;
    pc_auto_enrolled *item;
    const char *label;   /**< of that key, as on the token */
    const char *key_uri; /**< of the key that holds a certificate; NULL: none does */
    const char *inf;     /**< path of its INF file; NULL if there is none */
    const char *request; /**< path */
    const char **urls;   /**< of the CA, in the order in which they are tried; the first is the item's */
    size_t url_count;
    bool names_template; /**< the existing certificate logs in */
} pc_auto_task;

typedef struct {
    pc_auto_task *items;
    size_t count;
} pc_auto_tasks;

typedef struct {
    const pc_token *token; /**< logged in */
    const pc_auto_enroll_order *order;
    const pc_templates_result *offered; /**< borrowed for as long as the tasks are used */
} pc_auto_question;

/**
 * A task for each template that this login may auto-enroll, in the order of the offer. Changes nothing and does not
 * prompt. An item that is to be done may already have a status: the reason why it cannot be done.
 * @return PC_OK; PC_E_TOKEN; PC_E_IO (it could not be determined whether there is an INF file); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_auto_look(const pc_auto_question *question, pc_arena *arena, pc_auto_tasks *ret_tasks,
                                     pc_error *err);

/** Set status, problem and hint of an item. @return the status. */
pc_status pc_auto_note(pc_auto_enrolled *item, pc_status status, const pc_error *err, pc_arena *arena);

#endif
