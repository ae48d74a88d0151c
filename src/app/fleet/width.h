/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_FLEET_WIDTH_H
#define PC_APP_FLEET_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

/**
 * How many keys a fleet generates at the same time: more, as long as that completes more hosts per second. A token
 * across a network has a long response time and can serve many requests at the same time; a token that does one thing
 * at a time gains nothing from a second worker. Pure.
 */
typedef struct {
    unsigned jobs;      /**< workers now */
    unsigned most;      /**< maximum number of workers */
    bool is_settled;    /**< no more are added */
    unsigned done;      /**< hosts completed with this width so far */
    int64_t began_usec; /**< when they began, on any clock that only moves forward */
    double rate;        /**< hosts per microsecond with fewer workers; 0: not measured */
} pc_batch_width;

/** Begin with this number of workers. If `jobs` equals `most`, it never grows. */
pc_batch_width pc_batch_width_start(unsigned jobs, unsigned most, int64_t now_usec);

/** A host is done. Returns how many workers to add, usually 0; the caller reports the outcome. */
unsigned pc_batch_width_note_done(pc_batch_width *width, int64_t now_usec);

/** Report how many workers were added: if fewer than requested, the token allows no more. */
void pc_batch_width_grow(pc_batch_width *width, unsigned added, unsigned wanted, int64_t now_usec);

#endif
