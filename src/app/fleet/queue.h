/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_QUEUE_H
#define PC_APP_BATCH_QUEUE_H

#include "app/fleet/batch.h"

/**
 * Hands items to workers, each a thread with its own sessions, and takes them back as they are finished. With one
 * worker there is no thread: the caller of pc_batch_queue_put does the work, so that only one thread ever calls the
 * module.
 */
typedef struct pc_batch_queue pc_batch_queue;

/** @param workers  `count` of them, borrowed until pc_batch_queue_end. @return PC_OK; PC_E_MEMORY; PC_E_INTERNAL. */
PC_MUST_CHECK pc_status pc_batch_queue_start(pc_batch_worker *workers, unsigned count, pc_batch_queue **ret_queue,
                                             pc_error *err);

/**
 * Add a worker, with its own thread, to a queue that was started with more than one.
 * @param worker  borrowed until pc_batch_queue_end
 * @return PC_OK; PC_E_MEMORY: no thread could be started.
 */
PC_MUST_CHECK pc_status pc_batch_queue_add(pc_batch_queue *queue, pc_batch_worker *worker, pc_error *err);

void pc_batch_queue_put(pc_batch_queue *queue, pc_batch_item *item);

/** Waits for a finished item. To be called only while one is in progress. */
pc_batch_item *pc_batch_queue_take(pc_batch_queue *queue);

/** Take back an item that no worker has started; NULL if there is none. */
pc_batch_item *pc_batch_queue_withdraw(pc_batch_queue *queue);

/** Ends the threads once they have finished what they started. Accepts NULL. */
void pc_batch_queue_end(pc_batch_queue *queue);
PC_AUTO_DEFINE(pc_batch_queue, pc_batch_queue, pc_batch_queue_end);

#endif
