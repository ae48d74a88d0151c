/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/kept_error.h"
#include "base/text.h"

const char *pc_judged_state_name(pc_judged_state state)
{
    static const char *const names[] = {
        [PC_JUDGED_PASS] = "pass",
        [PC_JUDGED_FAIL] = "fail",
        [PC_JUDGED_NOT_CHECKED] = "not checked",
        [PC_JUDGED_NOTE] = "note",
    };

    return (size_t)state < PC_COUNT(names) ? names[state] : names[PC_JUDGED_NOT_CHECKED];
}

static pc_status add(pc_ceremony_verify_result *verdict, const pc_judged *judged, pc_error *err)
{
    pc_judged *added = PC_PUSH(verdict->arena, verdict->items, verdict->count);

    if (!added || !judged->subject || !judged->text) {
        return pc_fail_memory(err);
    }
    *added = *judged;
    return PC_OK;
}

pc_status pc_verdict_add(pc_ceremony_verify_result *verdict, pc_judged_state state, pc_error *err, const char *subject,
                         const char *format, ...)
{
    PC_AUTO(free) char *text = NULL;
    va_list args;

    if (state == PC_JUDGED_FAIL && verdict->fail_count++ >= PC_VERDICT_FAILURES_MOST) {
        return PC_OK;
    }
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        text = NULL;
        return pc_fail_memory(err);
    }
    return add(verdict,
               &(pc_judged){ state, pc_text_escape(verdict->arena, subject, strlen(subject)),
                             pc_text_escape(verdict->arena, text, (size_t)len) },
               err);
}

pc_status pc_verdict_add_error(pc_ceremony_verify_result *verdict, pc_status status, const char *subject, pc_error *err)
{
    pc_error why = *err;

    if (status == PC_E_MEMORY || status == PC_E_IO || status == PC_E_CRYPTO || status == PC_E_INTERNAL) {
        return status;
    }
    pc_error_pass(err, &(pc_error){ .status = PC_OK });
    return why.frame_count > 1 ? pc_verdict_add(verdict, PC_JUDGED_FAIL, err, subject, "%s: %s",
                                                why.frames[why.frame_count - 1], why.frames[0])
                               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, subject, "%s", why.frames[0]);
}
