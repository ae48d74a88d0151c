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

PC_AUTO_DEFINE_VALUE(reading, reading, reading_clear);

#define PC_READING PC_AUTO(reading) reading

static inline reading read_bytes(pc_bytes bytes)
{
    reading read = { .inf = NULL };

    assert_int_equal(pc_inf_parse(bytes.data, bytes.len, "test.inf", &read.inf, NULL), PC_OK);
    assert_int_equal(pc_inf_to_request(read.inf, &read.request, NULL), PC_OK);
    return read;
}

enum { WHOLE_MAX = 4096 };

/*
 * A whole file: the text below [NewRequest], with MachineKeySet and a Subject, so that only the finding of the row is
 * raised. A text that begins with [NewRequest] or ";;" is already a whole file.
 */
static inline const char *whole_text(const char *text, char whole[static WHOLE_MAX])
{
    int len = strncmp(text, "[NewRequest]", 12) == 0 || strncmp(text, ";;", 2) == 0
                  ? snprintf(whole, WHOLE_MAX, "%s", text)
                  : snprintf(whole, WHOLE_MAX, "[NewRequest]\nMachineKeySet=TRUE\n%s\n%s", text,
                             strstr(text, "Subject") ? "" : "[NewRequest]\nSubject=CN=test\n");

    assert_true(len > 0 && len < WHOLE_MAX);
    return whole;
}

static inline reading read_case(const char *text)
{
    char whole[WHOLE_MAX];

    return read_bytes((pc_bytes){ (const uint8_t *)whole, strlen(whole_text(text, whole)) });
}

static inline reading read_keys(const char *text)
{
    return read_case(text);
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
