/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_MUST_H
#define TEST_SUPPORT_MUST_H

#include <stdio.h>
#include <stdlib.h>

/* Preconditions that a test does not itself test: if one does not hold, the test ends here and fails. */
#define MUST(condition) \
    do { \
        if (!(condition)) { \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

#endif
