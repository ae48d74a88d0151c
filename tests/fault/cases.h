/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_CASES_H
#define TEST_FAULT_CASES_H

#include "flows.h"

/** The kinds of faults in a run. */
typedef enum {
    FAULT_CODE,      /**< a call fails, or all from it on do; or its answer is replaced by a code */
    FAULT_LOST,      /**< the module does what it was asked to do, but the answer is lost */
    FAULT_KILL,      /**< SIGKILL at a call */
    FAULT_LIE,       /**< success without doing anything; wrong lengths and counts */
    FAULT_UNTOUCHED, /**< outputs are not filled in, whatever the code says */
    FAULT_SHORT,     /**< one handle per C_FindObjects: no fault at all, so the run must succeed */
    FAULT_ENDLESS,   /**< C_FindObjects never ends */
    FAULT_HANDLE,    /**< the handle of an object of others is returned */
    FAULT_CUT,       /**< SIGINT in the middle of a write in a call */
    FAULT_CUT_KILL,  /**< SIGKILL there */
    FAULT_AT_ONCE,   /**< several runs at the same time, slowed down at some calls */
    FAULT_KINDS,
} fault_kind;

/** "code", "lost", … */
const char *fault_kind_name(fault_kind kind);

#define AT_ONCE 3u /**< runs at a time */

/** A call of a run without faults. */
typedef struct {
    char function[32];
    unsigned writes; /**< number of writes that the module makes in it */
} call_seen;

typedef struct {
    fault_kind kind;
    unsigned call; /**< 1 is the first; 0: not about one */
    char plan[64]; /**< see fault_module.c; "seed=N" for FAULT_AT_ONCE */
} fault_row;

typedef struct {
    fault_row *rows;
    unsigned count;
} fault_list;

/** Every fault for a run that makes these calls. The caller frees the rows. */
fault_list fault_list_all(const flow *swept, const call_seen *calls, unsigned call_count);

/**
 * Order the list at random, with the chosen rows first. Returns how many these are: sweep_share(flow.runs); all of them
 * with P11CERT_SWEEP_ALL.
 *
 * @param must  rows that are chosen in any case
 */
unsigned fault_list_sample(fault_list *list, const flow *swept, bool (*must)(const flow *swept, const fault_row *row));

/** The plan of one of the simultaneous runs. Returns out. */
const char *fault_plan_at_once(const fault_row *row, unsigned run, unsigned call_count, char out[static 128]);

#endif
