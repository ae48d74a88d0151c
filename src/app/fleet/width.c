/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/width.h"

/* The time that an RSA key takes differs from key to key: fewer hosts would say little about a width. */
#define HOSTS_PER_JOB 4u

/* With 50 % more workers there should be 50 % more hosts; half of that counts as a gain. */
#define LEAST_GAIN 1.25

static void begin(pc_batch_width *width, int64_t now_usec)
{
    width->done = 0;
    width->began_usec = now_usec;
}

pc_batch_width pc_batch_width_start(unsigned jobs, unsigned most, int64_t now_usec)
{
    return (pc_batch_width){ .jobs = jobs, .most = most, .is_settled = jobs >= most, .began_usec = now_usec };
}

static unsigned step(const pc_batch_width *width)
{
    unsigned more = (width->jobs + 1) / 2;

    return more < width->most - width->jobs ? more : width->most - width->jobs;
}

unsigned pc_batch_width_note_done(pc_batch_width *width, int64_t now_usec)
{
    const int64_t elapsed_usec = now_usec - width->began_usec;

    width->done++;
    if (width->is_settled || width->done < HOSTS_PER_JOB * width->jobs || elapsed_usec <= 0) {
        return 0;
    }
    const double rate = (double)width->done / (double)elapsed_usec;

    width->is_settled = width->jobs >= width->most || (width->rate > 0 && rate < width->rate * LEAST_GAIN);
    width->rate = rate;
    begin(width, now_usec);
    return width->is_settled ? 0 : step(width);
}

void pc_batch_width_grow(pc_batch_width *width, unsigned added, unsigned wanted, int64_t now_usec)
{
    width->jobs += added;
    width->is_settled = width->is_settled || added < wanted;
    begin(width, now_usec);
}
