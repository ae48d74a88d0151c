/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/error.h>

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct {
    const char *name;
    int exit_code;
} statuses[] = {
    [PC_OK] = { "ok", 0 },
    [PC_E_USAGE] = { "usage", 2 },
    [PC_E_INPUT] = { "input", 3 },
    [PC_E_IO] = { "io", 3 },
    [PC_E_NOT_FOUND] = { "not-found", 4 },
    [PC_E_AMBIGUOUS] = { "ambiguous", 4 },
    [PC_E_AUTH] = { "auth", 5 },
    [PC_E_LOCKED] = { "locked", 5 },
    [PC_E_TOKEN] = { "token", 6 },
    [PC_E_CRYPTO] = { "crypto", 6 },
    [PC_E_VERIFY] = { "verify", 6 },
    [PC_E_CA] = { "ca", 7 },
    [PC_E_REFUSED] = { "refused", 8 },
    [PC_E_MEMORY] = { "memory", 9 },
    [PC_E_INTERNAL] = { "internal", 9 },
};

const char *pc_status_name(pc_status status)
{
    return (size_t)status < PC_COUNT(statuses) ? statuses[status].name : "internal";
}

int pc_status_exit_code(pc_status status)
{
    return (size_t)status < PC_COUNT(statuses) ? statuses[status].exit_code : 9;
}

PC_PRINTF(2, 0)
static void format_safely(char out[static PC_ERROR_TEXT], const char *format, va_list args)
{
    /* Longer than the result, so that a truncated sentence is detected and ends in "...". */
    char raw[PC_ERROR_TEXT + 8] = "";

    (void)vsnprintf(raw, sizeof raw, format, args);
    pc_text_escape_into(raw, strlen(raw), out, PC_ERROR_TEXT);
}

/** The code of a failure, and the interface that it belongs to. */
typedef struct {
    pc_error_origin origin;
    unsigned long code;
} failure_code;

PC_PRINTF(4, 0)
static pc_status start(pc_error *err, pc_status status, failure_code failure, const char *format, va_list args)
{
    if (err) {
        err->status = status;
        err->origin = failure.origin;
        err->code = failure.code;
        err->frame_count = 1;
        err->hint[0] = '\0';
        err->resumes = false;
        format_safely(err->frames[0], format, args);
    }
    return status;
}

pc_status pc_fail(pc_error *err, pc_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)start(err, status, (failure_code){ PC_ORIGIN_NONE, 0 }, format, args);
    va_end(args);
    return status;
}

/* More than five parameters, since the sentence takes any number of them. */
pc_status pc_fail_code(pc_error *err, pc_status status, pc_error_origin origin, unsigned long code, const char *format,
                       ...)
{
    va_list args;

    va_start(args, format);
    (void)start(err, status, (failure_code){ origin, code }, format, args);
    va_end(args);
    return status;
}

/* The reason matters most to the user: a long sentence is truncated to make room for it. */
static void append_reason(char frame[static PC_ERROR_TEXT], int error_number)
{
    char buffer[128];
    const char *reason = strerror_r(error_number, buffer, sizeof buffer);
    size_t room = PC_ERROR_TEXT - strlen(reason) - sizeof ": ";
    char sentence[PC_ERROR_TEXT];

    memcpy(sentence, frame, PC_ERROR_TEXT);
    pc_text_escape_into(sentence, strlen(sentence), frame, room + 1);
    size_t len = strlen(frame);

    (void)snprintf(frame + len, PC_ERROR_TEXT - len, ": %s", reason);
}

pc_status pc_fail_errno(pc_error *err, pc_status status, int error_number, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)start(err, status, (failure_code){ PC_ORIGIN_ERRNO, (unsigned long)error_number }, format, args);
    va_end(args);
    if (err) {
        append_reason(err->frames[0], error_number);
    }
    return status;
}

pc_status pc_fail_memory(pc_error *err)
{
    return pc_fail(err, PC_E_MEMORY, "out of memory");
}

pc_status pc_note(pc_error *err, pc_status status, const char *format, ...)
{
    if (err) {
        /* A full chain keeps its innermost cause and replaces its outermost sentence. */
        unsigned slot = err->frame_count < PC_ERROR_FRAMES ? err->frame_count++ : PC_ERROR_FRAMES - 1;
        va_list args;

        va_start(args, format);
        format_safely(err->frames[slot], format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}

pc_status pc_hint(pc_error *err, pc_status status, const char *format, ...)
{
    if (err) {
        va_list args;

        va_start(args, format);
        format_safely(err->hint, format, args);
        va_end(args);
        err->resumes = false;
    }
    return status;
}

pc_status pc_hint_resume(pc_error *err, pc_status status, const char *format, ...)
{
    if (err) {
        va_list args;

        va_start(args, format);
        format_safely(err->hint, format, args);
        va_end(args);
        err->resumes = true;
    }
    return status;
}
