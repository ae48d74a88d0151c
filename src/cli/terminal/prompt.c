/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A signal handler receives only the number, so its text must be here. */
static volatile sig_atomic_t caught;

static void remember(int number)
{
    caught = number;
}

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

typedef struct {
    int fd;
    struct termios before;
    struct sigaction handlers[PC_COUNT(watched)];
    sigset_t mask; /* the original mask: signals are delivered only while we wait */
} terminal;

static bool silence(terminal *tty)
{
    struct sigaction catching = { .sa_handler = remember };
    struct termios silent;
    sigset_t held;

    if (tcgetattr(tty->fd, &tty->before) != 0) {
        return false;
    }
    caught = 0;
    (void)sigemptyset(&held);
    for (size_t i = 0; i < PC_COUNT(watched); i++) {
        (void)sigaddset(&held, watched[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &held, &tty->mask);
    for (size_t i = 0; i < PC_COUNT(watched); i++) {
        (void)sigaction(watched[i], &catching, &tty->handlers[i]); /* without SA_RESTART: it ends the read */
    }
    silent = tty->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    return tcsetattr(tty->fd, TCSAFLUSH, &silent) == 0;
}

static void restore(const terminal *tty)
{
    (void)tcsetattr(tty->fd, TCSAFLUSH, &tty->before);
    for (size_t i = 0; i < PC_COUNT(watched); i++) {
        (void)sigaction(watched[i], &tty->handlers[i], NULL);
    }
    if (caught) {
        (void)raise(caught); /* delivered as soon as it is unblocked */
    }
    (void)sigprocmask(SIG_SETMASK, &tty->mask, NULL);
}

/* Waits for input with the signals unblocked, so that none can arrive between the check of `caught` and the wait. */
static bool wait_for_input(const terminal *tty)
{
    struct pollfd input = { .fd = tty->fd, .events = POLLIN };

    while (!caught) {
        if (ppoll(&input, 1, NULL, &tty->mask) > 0) {
            return true;
        }
        if (errno != EINTR) {
            return true; /* read() will report the error */
        }
    }
    return false;
}

static pc_status read_line(const terminal *tty, const char *what, pc_secret *pin, pc_error *err)
{
    uint8_t *bytes = pc_secret_bytes(pin);
    size_t len = 0;

    while (len < pc_secret_size(pin)) {
        if (!wait_for_input(tty)) {
            return pc_fail(err, PC_E_AUTH, "the prompt for the %s was interrupted; nothing was tried", what);
        }
        ssize_t got = read(tty->fd, bytes + len, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || bytes[len] == '\n') {
            break;
        }
        len++;
    }
    pc_secret_set_len(pin, len);
    return PC_OK;
}

pc_status pc_prompt_terminal(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err)
{
    (void)context;
    (void)kind;
    terminal tty = { .fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) };

    if (tty.fd < 0 || !silence(&tty)) {
        if (tty.fd >= 0) {
            (void)close(tty.fd);
        }
        return pc_fail(err, PC_E_AUTH, "there is no terminal at which to ask for the %s", what);
    }
    (void)dprintf(tty.fd, "%s: ", what);
    pc_status status = read_line(&tty, what, pin, err);

    (void)dprintf(tty.fd, "\n");
    restore(&tty);
    (void)close(tty.fd);
    return status;
}
