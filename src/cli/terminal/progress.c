/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/progress.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/print/error_text.h"
#include "cli/print/output.h"

#define BAR_MOST    30
#define REDRAW_MSEC 100

/* A signal handler receives no context. */
static volatile sig_atomic_t caught;

static void remember(int number)
{
    caught = number;
}

void pc_progress_catch_signals(void)
{
    struct sigaction action = { .sa_handler = remember, .sa_flags = (int)SA_RESETHAND | SA_RESTART };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int pc_progress_signal(void)
{
    return (int)caught;
}

static int64_t now_msec(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pc_progress_start(pc_progress *progress, bool is_quiet)
{
    const char *terminal = getenv("TERM");

    *progress = (pc_progress){ .is_quiet = is_quiet, .started_msec = now_msec() };
    progress->is_terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

void pc_progress_end(pc_progress *progress)
{
    if (progress->is_drawn) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->is_drawn = false;
    }
}

static int columns(void)
{
    struct winsize size = { .ws_col = 0 };

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void draw_bar(const pc_batch_tally *tally, int room)
{
    int width = room > BAR_MOST ? BAR_MOST : room;
    int filled = (int)(tally->done * (size_t)(width > 0 ? width : 0) / tally->total);

    if (width < 5) {
        return;
    }
    (void)fputc('[', stderr);
    for (int i = 0; i < width; i++) {
        (void)fputc(i < filled ? '#' : '.', stderr);
    }
    (void)fputs("] ", stderr);
}

static void word_time(int64_t sec, char out[static 16])
{
    if (sec >= 3600) {
        (void)snprintf(out, 16, "%d:%02d:%02d", (int)(sec / 3600 % 1000), (int)(sec / 60 % 60), (int)(sec % 60));
    } else {
        (void)snprintf(out, 16, "%d:%02d", (int)(sec / 60), (int)(sec % 60));
    }
}

/* "[####......] 40/100, 9.8/s, 0:06 left, 1 failed" */
static void draw(pc_progress *progress, const pc_batch_tally *tally, int64_t now)
{
    int64_t spent = now > progress->started_msec ? now - progress->started_msec : 1;
    double rate = (double)tally->done * 1000.0 / (double)spent;
    size_t failed = tally->counts[PC_BATCH_FAILED];
    char text[96];
    char left[16];
    int len = 0;

    if (tally->total) {
        word_time((int64_t)((double)(tally->total - tally->done) / rate), left);
        len = snprintf(text, sizeof text, "%zu/%zu, %.1f/s, %s left", tally->done, tally->total, rate, left);
    } else {
        len = snprintf(text, sizeof text, "%zu done, %.1f/s", tally->done, rate);
    }
    if (failed && len < (int)sizeof text) {
        (void)snprintf(text + len, sizeof text - (size_t)len, ", %zu FAILED", failed);
    }
    (void)fputs("\r\033[K", stderr);
    if (tally->total) {
        draw_bar(tally, columns() - (int)strlen(text) - 4);
    }
    (void)fputs(text, stderr);
    (void)fflush(stderr);
    progress->is_drawn = true;
    progress->drawn_msec = now;
}

static void print_line(FILE *out, const pc_batch_line *line)
{
    pc_print_safe(out, line->host && *line->host ? line->host : "(no host)");
    (void)fprintf(out, ": %s\n", pc_batch_outcome_name(line->outcome));
    if (line->err) {
        pc_print_error_chain(out, "    ", "    ", line->err);
    }
}

void pc_progress_line(pc_progress *progress, const pc_batch_line *line, const pc_batch_tally *tally)
{
    bool has_failed = line->outcome == PC_BATCH_FAILED;
    int64_t now = now_msec();

    if (progress->is_quiet) {
        if (has_failed && progress->errors) {
            print_line(progress->errors, line);
        }
        return;
    }
    if (!progress->is_terminal || has_failed) {
        pc_progress_end(progress);
        print_line(stderr, line);
    }
    if (progress->is_terminal &&
        (now - progress->drawn_msec >= REDRAW_MSEC || has_failed || tally->done == tally->total)) {
        draw(progress, tally, now);
    }
}
