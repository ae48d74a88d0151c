/* SPDX-License-Identifier: Apache-2.0 */
#include "token/pin_dialog.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "base/process.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "token/pin_program.h"

#define PINENTRY      "/usr/bin/pinentry"
#define LINE_MOST     1000u /* of the Assuan protocol, with the line feed */
#define CODE_OF_ERROR 0xffffUL
#define CODE_TIMEOUT  62UL /* GPG_ERR_TIMEOUT, GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED: gpg-error.h */
#define CODE_CANCELED 99UL
#define CODE_CLOSED   198UL

bool pc_pin_source_is(const char *source, const char *name)
{
    const size_t len = strlen(name);

    return strncmp(source, name, len) == 0 && (source[len] == '\0' || source[len] == ':');
}

bool pc_pin_source_asks(const char *source)
{
    return !source || strcmp(source, "prompt") == 0 || pc_pin_source_is(source, "pinentry") ||
           pc_pin_source_is(source, "askpass");
}

static pc_status refuse_path(const char *path, const char *source, pc_error *err)
{
    (void)pc_fail(err, PC_E_USAGE, "\"%s\" is not the absolute path of a program", path);
    return pc_hint(err, PC_E_USAGE, "write %s:/path/of/program; PATH is not searched", source);
}

/* --- pinentry --- */

/** A program that asks, and what it sends: it may be the secret. */
typedef struct {
    const char *path;
    pid_t pid;
    int fd;
    int64_t deadline_ms;
    pc_secret *line;
} dialog;

/* The end of its input ends a program of pinentry, which then restores the terminal. */
static void dialog_clear(dialog *asked)
{
    int how = 0;

    if (asked->fd >= 0) {
        (void)close(asked->fd);
    }
    if (asked->pid > 0 && pc_process_await(asked->pid, PC_PROCESS_TERM_MSEC, &how) == PC_PROCESS_RUNS) {
        pc_process_end(asked->pid);
    }
    pc_secret_free(asked->line);
}
PC_AUTO_DEFINE_VALUE(dialog, dialog, dialog_clear);

static pc_status fail_silent(const dialog *asked, pc_error *err)
{
    return pc_fail(err, PC_E_AUTH, "the program \"%s\" ended before it gave an answer", asked->path);
}

static pc_status wait_for_byte(const dialog *asked, pc_error *err)
{
    struct pollfd input = { .fd = asked->fd, .events = POLLIN };
    int ready = 0;

    do {
        int64_t left = asked->deadline_ms - pc_monotonic_msec();

        ready = left > 0 ? poll(&input, 1, (int)left) : 0;
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot wait for the program \"%s\"", asked->path);
    }
    return ready ? PC_OK
                 : pc_fail(err, PC_E_AUTH, "nobody answered in the window of \"%s\" within %d seconds", asked->path,
                           PC_PIN_PERSON_SEC);
}

/* A line may end with CR LF, which libassuan accepts too: in data, a CR is escaped. */
static void end_line(uint8_t *bytes, size_t len)
{
    bytes[len && bytes[len - 1] == '\r' ? len - 1 : len] = '\0';
}

/* Into locked memory, since any line may hold the secret; NUL-terminated, without its line end. */
static pc_status read_line(const dialog *asked, pc_error *err)
{
    uint8_t *bytes = pc_secret_bytes(asked->line);
    size_t len = 0;

    for (;;) {
        PC_TRY(wait_for_byte(asked, err));
        ssize_t got = read(asked->fd, bytes + len, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return fail_silent(asked, err);
        }
        if (bytes[len] == '\n') {
            break;
        }
        if (++len == LINE_MOST) {
            return pc_fail(err, PC_E_AUTH,
                           "the program \"%s\" does not speak the protocol of pinentry: a line is too long",
                           asked->path);
        }
    }
    end_line(bytes, len);
    return PC_OK;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = digit ? strchr(digits, digit >= 'a' ? digit - 'a' + 'A' : digit) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* A D line: '%' and two hex digits stand for a byte. What does not fit makes the secret too long, which the caller
 * refuses. */
static void take_data(const char *text, pc_secret *pin)
{
    uint8_t *bytes = pc_secret_bytes(pin);
    size_t len = pc_secret_len(pin);

    while (*text && len < pc_secret_size(pin)) {
        const int high = *text == '%' ? hex_value(text[1]) : -1;
        const int low = high >= 0 ? hex_value(text[2]) : -1;

        bytes[len++] = low >= 0 ? (uint8_t)(high * 16 + low) : (uint8_t)*text;
        text += low >= 0 ? 3 : 1;
    }
    pc_secret_set_len(pin, len);
}

/* "83886179 Operation cancelled <Pinentry>": the lower half of the number; 0: there is none. */
static unsigned long code_of(const char *answer)
{
    char digits[16];
    unsigned long code = 0;
    const size_t len = strspn(answer, "0123456789");

    if (len >= sizeof digits) {
        return 0;
    }
    memcpy(digits, answer, len);
    digits[len] = '\0';
    return pc_text_to_number(digits, UINT32_MAX, &code) ? code & CODE_OF_ERROR : 0;
}

static pc_status fail_answer(const dialog *asked, const char *answer, pc_error *err)
{
    const unsigned long code = code_of(answer);

    if (code == CODE_CANCELED || code == CODE_CLOSED) {
        return pc_fail(err, PC_E_AUTH, "the entry was cancelled");
    }
    if (code == CODE_TIMEOUT) {
        return pc_fail(err, PC_E_AUTH, "nobody answered in the window of \"%s\"", asked->path);
    }
    (void)pc_fail(err, PC_E_AUTH, "the program \"%s\" cannot ask: %s", asked->path, answer);
    return pc_hint(
        err, PC_E_AUTH,
        "it needs a desktop (DISPLAY or WAYLAND_DISPLAY) or a terminal; at a terminal, `pin_source` prompt needs no "
        "other program");
}

/** @param pin  where data go; NULL: there are none */
static pc_status read_answer(const dialog *asked, pc_secret *pin, pc_error *err)
{
    const char *line = (const char *)pc_secret_bytes(asked->line);

    for (;;) {
        PC_TRY(read_line(asked, err));
        if (strcmp(line, "OK") == 0 || pc_text_starts(line, "OK ")) {
            return PC_OK;
        }
        if (pc_text_starts(line, "ERR ")) {
            return fail_answer(asked, line + strlen("ERR "), err);
        }
        if (pin && pc_text_starts(line, "D ")) {
            take_data(line + strlen("D "), pin);
        }
    }
}

static pc_status send_line(const dialog *asked, const char *line, pc_error *err)
{
    size_t len = strlen(line);

    while (len > 0) {
        ssize_t sent = send(asked->fd, line, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return fail_silent(asked, err);
        }
        line += sent;
        len -= (size_t)sent;
    }
    return PC_OK;
}

/* The text, with what ends a line or begins an escape as %XX. */
static void write_command(const char *command, const char *text, char line[static LINE_MOST])
{
    size_t len = (size_t)snprintf(line, LINE_MOST, "%s ", command);

    for (; *text && len + 5 < LINE_MOST; text++) {
        const unsigned char byte = (unsigned char)*text;
        const bool is_plain = byte >= 0x20 && byte != '%' && byte != 0x7f;

        len += (size_t)snprintf(line + len, LINE_MOST - len, is_plain ? "%c" : "%%%02X", byte);
    }
    (void)snprintf(line + len, LINE_MOST - len, "\n");
}

static pc_status set(const dialog *asked, const char *command, const char *text, pc_error *err)
{
    char line[LINE_MOST];

    write_command(command, text, line);
    PC_TRY(send_line(asked, line, err));
    return read_answer(asked, NULL, err);
}

/* A program for a window ignores these, and some programs refuse them. If it has ended, the next command says so. */
static void set_option(const dialog *asked, const char *name, const char *value)
{
    char text[256];

    if (value && *value) {
        (void)snprintf(text, sizeof text, "%s=%s", name, value);
        pc_status ignored = set(asked, "OPTION", text, NULL);

        (void)ignored;
    }
}

static pc_status converse(const dialog *asked, const pc_dialog_question *question, pc_secret *pin, pc_error *err)
{
    const char *locale = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LC_CTYPE");

    PC_TRY(read_answer(asked, NULL, err)); /* the greeting */
    set_option(asked, "ttyname", "/dev/tty");
    set_option(asked, "ttytype", getenv("TERM"));
    set_option(asked, "lc-ctype", locale ? locale : getenv("LANG"));
    PC_TRY(set(asked, "SETTITLE", "p11cert", err));
    PC_TRY(set(asked, "SETDESC", question->what, err));
    PC_TRY(set(asked, "SETPROMPT", question->field, err));
    PC_TRY(send_line(asked, "GETPIN\n", err));
    PC_TRY(read_answer(asked, pin, err));
    (void)send_line(asked, "BYE\n", NULL);
    return PC_OK;
}

static pc_status start(const char *path, dialog *asked, pc_error *err)
{
    int ends[2];
    char *program = strdup(path);
    char *const words[] = { program, NULL };

    if (!program || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        free(program);
        return program ? pc_fail_errno(err, PC_E_IO, errno, "cannot make a socket") : pc_fail_memory(err);
    }
    asked->fd = ends[0];
    pc_status status = pc_pin_program_start(words, ends[1], ends[1], &asked->pid, err);

    (void)close(ends[1]);
    free(program);
    return status;
}

static pc_status hint_package(pc_status status, pc_error *err)
{
    return status == PC_E_NOT_FOUND
               ? pc_hint(err, status,
                         "install pinentry-gnome3, pinentry-qt or pinentry-curses, or name another program with "
                         "pinentry:/path/of/program")
               : status;
}

pc_status pc_pin_dialog_pinentry(const char *path, const pc_dialog_question *question, pc_secret *pin, pc_error *err)
{
    PC_AUTO(dialog)
    dialog asked = { .path = path ? path : PINENTRY,
                     .fd = -1,
                     .deadline_ms = pc_monotonic_msec() + (int64_t)PC_PIN_PERSON_SEC * 1000 };

    if (asked.path[0] != '/') {
        return refuse_path(asked.path, "pinentry", err);
    }
    PC_TRY(pc_secret_new(LINE_MOST + 1, &asked.line, err));
    pc_secret_set_len(pin, 0);
    PC_TRY(hint_package(start(asked.path, &asked, err), err));
    return converse(&asked, question, pin, err);
}

/* --- askpass --- */

pc_status pc_pin_dialog_askpass(const char *path, const pc_dialog_question *question, pc_secret *pin, pc_error *err)
{
    const char *chosen = path ? path : getenv("SSH_ASKPASS");
    PC_AUTO(free) char *program = chosen ? strdup(chosen) : NULL;
    PC_AUTO(free) char *text = NULL;

    if (!chosen || !*chosen) {
        (void)pc_fail(err, PC_E_USAGE, "the PIN source askpass requires a program, and SSH_ASKPASS names none");
        return pc_hint(err, PC_E_USAGE, "set SSH_ASKPASS, or write askpass:/path/of/program");
    }
    if (chosen[0] != '/') {
        return refuse_path(chosen, "askpass", err);
    }
    if (!program || asprintf(&text, "%s: ", question->what) < 0) {
        text = NULL;
        return pc_fail_memory(err);
    }
    char *const words[] = { program, text, NULL };

    return pc_pin_program_read(words, PC_PIN_PERSON_SEC, pin, err);
}
