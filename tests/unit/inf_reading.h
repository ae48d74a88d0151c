/* SPDX-License-Identifier: Apache-2.0 */
/* An INF file that a test reads: the file and its request, freed with the scope. */
#ifndef PC_TEST_INF_READING_H
#define PC_TEST_INF_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <p11cert/bytes.h>
#include <p11cert/inf.h>

#include "base/cleanup.h"

typedef struct {
    pc_inf *inf;
    pc_request *request;
} reading;

static inline void reading_clear(reading *read)
{
    pc_request_free(read->request);
    pc_inf_free(read->inf);
}

#define PC_READING __attribute__((cleanup(reading_clear))) reading

static inline reading read_bytes(pc_bytes bytes)
{
    reading read = { .inf = NULL };

    assert_int_equal(pc_inf_parse(bytes.data, bytes.len, "test.inf", &read.inf, NULL), PC_OK);
    assert_int_equal(pc_inf_to_request(read.inf, &read.request, NULL), PC_OK);
    return read;
}

/* The text stands below [NewRequest], MachineKeySet and a Subject set so that only what a row is about is found. */
static inline reading read_keys(const char *text)
{
    char whole[2048];
    int len = snprintf(whole, sizeof whole, "[NewRequest]\nMachineKeySet=TRUE\n%s\n%s", text,
                       strstr(text, "Subject") ? "" : "[NewRequest]\nSubject=CN=test\n");

    assert_true(len > 0 && (size_t)len < sizeof whole);
    return read_bytes((pc_bytes){ (const uint8_t *)whole, (size_t)len });
}

static inline const pc_finding *find(const pc_inf *inf, const char *id)
{
    for (size_t i = 0; i < inf->findings.count; i++) {
        if (strcmp(inf->findings.items[i].id, id) == 0) {
            return &inf->findings.items[i];
        }
    }
    return NULL;
}

#endif
