/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Places that only errors may take, so that a flood of remarks does not hide what must be fixed. */
enum { KEPT_FOR_ERRORS = 100 };

#define TOO_MANY "inf.too-many"

static const char *const severities[] = {
    [PC_SEVERITY_INFO] = "info",
    [PC_SEVERITY_WARNING] = "warning",
    [PC_SEVERITY_ERROR] = "error",
};

const char *pc_severity_name(pc_severity severity)
{
    return (size_t)severity < PC_COUNT(severities) ? severities[severity] : "error";
}

const pc_finding *pc_inf_first_error(const pc_inf *inf)
{
    for (size_t i = 0; i < inf->findings.count; i++) {
        if (inf->findings.items[i].severity == PC_SEVERITY_ERROR) {
            return &inf->findings.items[i];
        }
    }
    return NULL;
}

bool pc_inf_find_is_full(const pc_inf *inf, pc_severity severity)
{
    size_t places = PC_INF_MAX_FINDINGS - 1 - (severity == PC_SEVERITY_ERROR ? 0 : KEPT_FOR_ERRORS);

    return inf->findings.count >= places;
}

static void leave_out(pc_findings *findings, pc_severity severity)
{
    if (findings->left_out == 0 || severity > findings->left_out_worst) {
        findings->left_out_worst = severity;
    }
    findings->left_out++;
}

static pc_status push(pc_inf *inf, const pc_finding *head, const char *message)
{
    char *safe_message = pc_text_escape(inf->arena, message, strlen(message));
    char *safe_fix = head->fix ? pc_text_escape(inf->arena, head->fix, strlen(head->fix)) : NULL;
    pc_finding *slot = safe_message && safe_fix ? PC_PUSH(inf->arena, inf->findings.items, inf->findings.count) : NULL;

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = *head;
    slot->message = safe_message;
    slot->fix = safe_fix[0] ? safe_fix : NULL;
    if (!slot->fix) {
        slot->edit = (pc_edit){ .action = PC_EDIT_NONE };
    }
    return PC_OK;
}

pc_status pc_inf_find(pc_inf *inf, const pc_finding *head, const char *format, ...)
{
    char message[1024];
    va_list args;

    if (pc_inf_find_is_full(inf, head->severity)) {
        leave_out(&inf->findings, head->severity);
        return PC_OK;
    }
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return push(inf, head, message);
}

/* Stable, and quick where the findings come in nearly the right order, as they do. */
static void sort_by_line(pc_findings *findings)
{
    for (size_t i = 1; i < findings->count; i++) {
        pc_finding moving = findings->items[i];
        size_t index = i;

        for (; index > 0 && findings->items[index - 1].line > moving.line; index--) {
            findings->items[index] = findings->items[index - 1];
        }
        findings->items[index] = moving;
    }
}

pc_status pc_inf_findings_seal(pc_inf *inf)
{
    const pc_finding head = {
        .id = TOO_MANY,
        .severity = inf->findings.left_out_worst,
        .fix = "fix what is listed, then check the file again",
    };
    char message[128];

    sort_by_line(&inf->findings);
    if (inf->findings.left_out == 0) {
        return PC_OK;
    }
    (void)snprintf(message, sizeof message, "%zu more findings are not listed; the highest severity among them is %s",
                   inf->findings.left_out, pc_severity_name(inf->findings.left_out_worst));
    return push(inf, &head, message);
}

void pc_inf_findings_unseal(pc_inf *inf)
{
    pc_findings *findings = &inf->findings;

    if (findings->count && strcmp(findings->items[findings->count - 1].id, TOO_MANY) == 0) {
        findings->count--;
    }
}
