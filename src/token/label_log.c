/* SPDX-License-Identifier: Apache-2.0 */
#include "token/label_log.h"

#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/kept_error.h"
#include "token/filled_value.h"
#include "token/softhsm.h"

/* After the marks of lock.h, in the byte order of the machine. */
typedef struct {
    uint64_t file;  /* random, drawn when this part of the file is made; 0: not made yet */
    uint64_t count; /* entries written so far; the last ones are in the ring */
} header;

typedef struct {
    uint64_t number; /* pc_label_number */
    uint64_t folder; /* pc_softhsm_folder_number of the run */
    uint64_t run;    /* who wrote it */
} entry;

#define RING  16384u /* entries */
#define START ((off_t)PC_LOCK_MARKS_LEN)
#define LEN   ((off_t)sizeof(header) + (off_t)(RING * sizeof(entry)))

struct pc_label_log {
    pthread_mutex_t mutex;
    int fd;
    uint64_t run;
    uint64_t folder;
    header seen; /* as of the last look */
    bool is_lost;
    uint64_t *others; /* written by other runs: numbers, and numbers_in their folder; sorted, each once */
    size_t count;
    size_t room;
};

static bool read_at(int fd, void *bytes, size_t len, off_t offset)
{
    return pread(fd, bytes, len, offset) == (ssize_t)len;
}

static bool write_at(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset) == (ssize_t)len;
}

static bool draw(uint64_t *ret_value)
{
    return getrandom(ret_value, sizeof *ret_value, 0) == sizeof *ret_value;
}

static off_t offset_of(uint64_t position)
{
    return START + (off_t)sizeof(header) + (off_t)(position % RING * sizeof(entry));
}

/* --- one writer at a time --- */

/* A lock on the header, which belongs to no name (lock.c). It is held for a few system calls; whoever is stopped in
 * between must not stop the others. */
static bool lock_header(int fd, short type)
{
    struct flock place = { .l_type = type, .l_whence = SEEK_SET, .l_start = START, .l_len = sizeof(header) };
    const struct timespec pause = { .tv_nsec = 1000000 };

    for (unsigned tried = 0; tried < 2000; tried++) {
        if (fcntl(fd, F_OFD_SETLK, &place) == 0) {
            return true;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

/* With the header locked. */
static bool read_or_make(int fd, header *ret_header)
{
    struct stat info;

    if (fstat(fd, &info) != 0 || (info.st_size < START + LEN && ftruncate(fd, START + LEN) != 0) ||
        !read_at(fd, ret_header, sizeof *ret_header, START)) {
        return false;
    }
    if (ret_header->file != 0) {
        return true;
    }
    *ret_header = (header){ .count = 0 };
    return draw(&ret_header->file) && write_at(fd, ret_header, sizeof *ret_header, START);
}

static bool add_entry(const pc_label_log *log, uint64_t number)
{
    const entry one = { .number = number, .folder = log->folder, .run = log->run };
    header now;

    if (!read_or_make(log->fd, &now) || !write_at(log->fd, &one, sizeof one, offset_of(now.count))) {
        return false;
    }
    now.count++;
    return write_at(log->fd, &now, sizeof now, START);
}

/* An entry that cannot be made must not let other runs believe that nothing was written (lock.c). */
static void enter(pc_label_log *log, uint64_t number)
{
    (void)pthread_mutex_lock(&log->mutex);
    const bool is_locked = lock_header(log->fd, F_WRLCK);

    if (!is_locked || !add_entry(log, number)) {
        const int emptied = ftruncate(log->fd, 0);

        (void)emptied;
    }
    if (is_locked) {
        (void)lock_header(log->fd, F_UNLCK);
    }
    (void)pthread_mutex_unlock(&log->mutex);
}

/* --- following it --- */

static bool start(pc_label_log *log)
{
    log->fd = pc_lock_file_open();
    log->folder = pc_softhsm_folder_number();
    if (log->fd < 0 || !draw(&log->run) || !lock_header(log->fd, F_WRLCK)) {
        return false;
    }
    const bool is_read = read_or_make(log->fd, &log->seen);

    return lock_header(log->fd, F_UNLCK) && is_read;
}

pc_label_log *pc_label_log_open(void)
{
    pc_label_log *log = calloc(1, sizeof *log);

    if (!log) {
        return NULL;
    }
    (void)pthread_mutex_init(&log->mutex, NULL);
    if (!start(log)) {
        pc_label_log_close(log);
        return NULL;
    }
    return log;
}

void pc_label_log_close(pc_label_log *log)
{
    if (!log) {
        return;
    }
    if (log->fd >= 0) {
        (void)close(log->fd);
    }
    (void)pthread_mutex_destroy(&log->mutex);
    free(log->others);
    free(log);
}

/* Where the number is, or would be. */
static size_t place_of(const pc_label_log *log, uint64_t number)
{
    size_t low = 0;
    size_t high = log->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (log->others[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has(const pc_label_log *log, uint64_t number)
{
    const size_t place = place_of(log, number);

    return place < log->count && log->others[place] == number;
}

/* Multiplied by an odd number, so that it is hardly ever the number of another label. */
static uint64_t number_in(uint64_t folder, uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u + folder;
}

static bool remember(pc_label_log *log, uint64_t number)
{
    if (has(log, number)) {
        return true;
    }
    if (log->count == log->room) {
        const size_t room = log->room ? 2 * log->room : 64;
        uint64_t *larger = reallocarray(log->others, room, sizeof *larger);

        if (!larger) {
            return false;
        }
        log->others = larger;
        log->room = room;
    }
    const size_t place = place_of(log, number);

    memmove(log->others + place + 1, log->others + place, (log->count - place) * sizeof *log->others);
    log->others[place] = number;
    log->count++;
    return true;
}

static bool take_in(pc_label_log *log, const entry *one)
{
    return one->run == log->run || (remember(log, one->number) && remember(log, number_in(one->folder, one->number)));
}

static bool follow(pc_label_log *log)
{
    header now;
    entry one;

    if (!read_at(log->fd, &now, sizeof now, START) || now.file != log->seen.file) {
        return false;
    }
    while (log->seen.count < now.count) {
        if (!read_at(log->fd, &one, sizeof one, offset_of(log->seen.count)) || !take_in(log, &one)) {
            return false;
        }
        log->seen.count++;
    }
    return true;
}

/* Entries that were overwritten before or while they were read are lost. */
static bool follow_all(pc_label_log *log)
{
    const uint64_t first = log->seen.count;
    header after;

    return follow(log) && read_at(log->fd, &after, sizeof after, START) && after.file == log->seen.file &&
           after.count - first <= RING;
}

uint64_t pc_label_number(const pc_token *token, pc_bytes label)
{
    return pc_token_lock_number(token, pc_value_unfilled(CKA_LABEL, label));
}

static pc_label_news news_of(const pc_label_log *log, uint64_t number)
{
    if (has(log, number_in(log->folder, number))) {
        return PC_LABEL_WRITTEN;
    }
    return has(log, number) ? PC_LABEL_WRITTEN_ELSEWHERE : PC_LABEL_NEWS_NONE;
}

pc_label_news pc_label_log_ask(const pc_token *token, const char *label)
{
    pc_label_log *log = token->labels;
    pc_label_news news = PC_LABEL_NEWS_UNKNOWN;

    if (!log) {
        return news;
    }
    (void)pthread_mutex_lock(&log->mutex);
    log->is_lost = log->is_lost || !follow_all(log);
    if (!log->is_lost) {
        news = news_of(log, pc_label_number(token, pc_bytes_of_text(label)));
    }
    (void)pthread_mutex_unlock(&log->mutex);
    return news;
}

pc_status pc_label_log_check(const pc_token *token, const char *label, pc_error *err)
{
    if (pc_label_log_ask(token, label) != PC_LABEL_WRITTEN) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "another run on this machine has written a key \"%s\" to token \"%s\" since this one opened it, and "
                  "the module does not show that key; no key was created",
                  label, token->info.label);
    return pc_hint_resume(err, PC_E_REFUSED, "run the same command again: it uses the other key if that matches");
}

/* --- writing --- */

pc_label_writing pc_label_writing_begin(const pc_token *token, pc_bytes label)
{
    const pc_label_writing writing = { .log = token->labels, .number = pc_label_number(token, label) };

    if (writing.log) {
        enter(writing.log, writing.number);
    }
    return writing;
}

void pc_label_writing_end(pc_label_writing *writing)
{
    if (writing->log) {
        enter(writing->log, writing->number);
    }
    writing->log = NULL;
}
