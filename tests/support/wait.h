/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_WAIT_H
#define TEST_SUPPORT_WAIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_LIMIT_SEC 120 /* for a machine under load; only a failing test waits that long */

static inline double wait_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A family on which a test is expected to fail has no reason to wait as long: P11CERT_TEST_WAIT_SEC. */
static inline double wait_limit(void)
{
    const char *given = getenv("P11CERT_TEST_WAIT_SEC");

    return given ? strtod(given, NULL) : WAIT_LIMIT_SEC;
}

/** What a test does after waiting in vain: it ends or, in a harness that counts failures, fails. */
#ifndef WAIT_GIVE_UP
#define WAIT_GIVE_UP() abort()
#endif

/** Ten milliseconds, unless the limit has passed since `begun`. */
static inline bool wait_goes_on(double begun)
{
    (void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    return wait_clock() - begun < wait_limit();
}

/**
 * Wait for a condition that another process brings about, however long that takes, never for a fixed time. The test
 * ends here and fails if it is not true after WAIT_LIMIT_SEC.
 */
#define WAIT_UNTIL(condition) \
    do { \
        const double wait_begun = wait_clock(); \
        while (!(condition)) { \
            if (!wait_goes_on(wait_begun)) { \
                (void)fprintf(stderr, "%s:%d: does not come true: %s\n", __FILE__, __LINE__, #condition); \
                WAIT_GIVE_UP(); \
            } \
        } \
    } while (0)

#endif
