/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/queue.h"
#include "base/kept_error.h"

#include <pthread.h>
#include <signal.h>

typedef struct {
    pc_batch_item *first;
    pc_batch_item **end;
} item_list;

typedef struct {
    pc_batch_queue *queue;
    pc_batch_worker *worker;
    pthread_t thread;
} worker_thread;

struct pc_batch_queue {
    pthread_mutex_t lock;
    pthread_cond_t some_to_do;
    pthread_cond_t some_done;
    item_list to_do;
    item_list done;
    bool is_ending;
    pc_batch_worker *only; /* the one worker that has no thread, else NULL */
    worker_thread threads[PC_BATCH_MAX_JOBS];
    unsigned count; /* of running threads */
};

static void append(item_list *list, pc_batch_item *item)
{
    item->next = NULL;
    *list->end = item;
    list->end = &item->next;
}

static pc_batch_item *remove_first(item_list *list)
{
    pc_batch_item *item = list->first;

    if (item) {
        list->first = item->next;
        if (!list->first) {
            list->end = &list->first;
        }
    }
    return item;
}

static pc_batch_item *next_to_do(pc_batch_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->to_do.first && !queue->is_ending) {
        (void)pthread_cond_wait(&queue->some_to_do, &queue->lock);
    }
    pc_batch_item *item = remove_first(&queue->to_do);

    (void)pthread_mutex_unlock(&queue->lock);
    return item;
}

static void *work(void *context)
{
    const worker_thread *self = context;
    pc_batch_queue *queue = self->queue;

    for (pc_batch_item *item = next_to_do(queue); item; item = next_to_do(queue)) {
        pc_batch_make_key(self->worker, item);
        (void)pthread_mutex_lock(&queue->lock);
        append(&queue->done, item);
        (void)pthread_cond_signal(&queue->some_done);
        (void)pthread_mutex_unlock(&queue->lock);
    }
    return NULL;
}

/* Only the reading thread receives signals, since it knows how to stop. */
pc_status pc_batch_queue_add(pc_batch_queue *queue, pc_batch_worker *worker, pc_error *err)
{
    worker_thread *started = &queue->threads[queue->count];
    sigset_t all;
    sigset_t before;

    *started = (worker_thread){ .queue = queue, .worker = worker };
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&started->thread, NULL, work, started);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    queue->count += failed == 0;
    return failed ? pc_fail_errno(err, PC_E_MEMORY, failed, "cannot start a thread") : PC_OK;
}

/* Fewer threads than workers are enough. */
static pc_status start_threads(pc_batch_queue *queue, pc_batch_worker *workers, unsigned count, pc_error *err)
{
    pc_error failure = { .status = PC_OK };

    pc_status status = PC_OK;

    for (unsigned i = 0; i < count && status == PC_OK; i++) {
        status = pc_batch_queue_add(queue, &workers[i], &failure);
    }
    if (queue->count == 0) {
        pc_error_pass(err, &failure);
    }
    return queue->count ? PC_OK : failure.status;
}

pc_status pc_batch_queue_start(pc_batch_worker *workers, unsigned count, pc_batch_queue **ret_queue, pc_error *err)
{
    PC_AUTO(pc_batch_queue) pc_batch_queue *queue = calloc(1, sizeof *queue);

    if (!queue) {
        return pc_fail_memory(err);
    }
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->some_to_do, NULL);
    (void)pthread_cond_init(&queue->some_done, NULL);
    queue->to_do.end = &queue->to_do.first;
    queue->done.end = &queue->done.first;
    if (count == 1) {
        queue->only = workers;
    } else {
        PC_TRY(start_threads(queue, workers, count, err));
    }
    *ret_queue = PC_TAKE(queue);
    return PC_OK;
}

void pc_batch_queue_put(pc_batch_queue *queue, pc_batch_item *item)
{
    if (queue->only) {
        pc_batch_make_key(queue->only, item);
        append(&queue->done, item);
        return;
    }
    (void)pthread_mutex_lock(&queue->lock);
    append(&queue->to_do, item);
    (void)pthread_cond_signal(&queue->some_to_do);
    (void)pthread_mutex_unlock(&queue->lock);
}

pc_batch_item *pc_batch_queue_take(pc_batch_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->done.first && !queue->only) {
        (void)pthread_cond_wait(&queue->some_done, &queue->lock);
    }
    pc_batch_item *item = remove_first(&queue->done);

    (void)pthread_mutex_unlock(&queue->lock);
    return item;
}

pc_batch_item *pc_batch_queue_withdraw(pc_batch_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    pc_batch_item *item = remove_first(&queue->to_do);

    (void)pthread_mutex_unlock(&queue->lock);
    return item;
}

void pc_batch_queue_end(pc_batch_queue *queue)
{
    if (!queue) {
        return;
    }
    (void)pthread_mutex_lock(&queue->lock);
    queue->is_ending = true;
    (void)pthread_cond_broadcast(&queue->some_to_do);
    (void)pthread_mutex_unlock(&queue->lock);
    for (unsigned i = 0; i < queue->count; i++) {
        (void)pthread_join(queue->threads[i].thread, NULL);
    }
    (void)pthread_cond_destroy(&queue->some_done);
    (void)pthread_cond_destroy(&queue->some_to_do);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}
