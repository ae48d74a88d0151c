/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <string.h>
#include <unistd.h>

#include "must.h"

void fault_plan(const token_store *store, const char *plan)
{
    char path[128];

    (void)unlink(token_store_path(store, "calls.log", path));
    MUST(setenv("P11CERT_FAULT_MODULE", SOFTHSM_MODULE, 1) == 0);
    MUST(setenv("P11CERT_FAULT_LOG", path, 1) == 0);
    MUST(setenv("P11CERT_FAULT_PLAN", plan, 1) == 0);
}

void fault_each_line(const token_store *store, fault_line_visitor *visit, void *context)
{
    char path[128];
    char line[96];
    char function[64];
    unsigned long number;
    FILE *log = fopen(token_store_path(store, "calls.log", path), "re");

    while (log && fgets(line, sizeof line, log)) {
        MUST(sscanf(line, "%lu %63s", &number, function) == 2);
        visit(function, number, context);
    }
    if (log) {
        (void)fclose(log);
    }
}

typedef struct {
    const char *function;
    unsigned count;
} counting;

static void count_line(const char *function, unsigned long number, void *context)
{
    (void)number;
    counting *counted = context;

    counted->count += !counted->function || strcmp(counted->function, function) == 0;
}

unsigned fault_calls(const token_store *store, const char *function)
{
    counting counted = { .function = function };

    fault_each_line(store, count_line, &counted);
    return counted.count;
}

typedef struct {
    char *out;
    size_t room;
} collecting;

static void collect_line(const char *function, unsigned long number, void *context)
{
    (void)number;
    collecting *target = context;
    int put = snprintf(target->out, target->room, "%s\n", function);

    MUST(put > 0 && (size_t)put < target->room);
    target->out += put;
    target->room -= (size_t)put;
}

const char *fault_log(const token_store *store, char *out, size_t out_size)
{
    collecting target = { .out = out, .room = out_size };

    out[0] = '\0';
    fault_each_line(store, collect_line, &target);
    return out;
}
