/* SPDX-License-Identifier: Apache-2.0 */
#include "token/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"

#define WAIT_MS  60000u
#define PAUSE_MS 20u

/* FNV-1a: any evenly distributed hash will do, since two names that collide only wait for each other. */
static uint64_t spread(uint64_t so_far, const void *bytes, size_t len)
{
    const uint8_t *octets = bytes;

    for (size_t i = 0; i < len; i++) {
        so_far = (so_far ^ octets[i]) * 0x100000001b3u;
    }
    return so_far;
}

#define START 0xcbf29ce484222325u

static uint64_t number_of_token(const pc_token *token)
{
    const CK_TOKEN_INFO *raw = &token->raw;
    uint64_t number = spread(START, raw->label, sizeof raw->label);

    number = spread(number, raw->manufacturerID, sizeof raw->manufacturerID);
    number = spread(number, raw->model, sizeof raw->model);
    return spread(number, raw->serialNumber, sizeof raw->serialNumber);
}

/* A file in a world-writable folder: without O_CREAT if it exists, which protected_regular (sysctl(2)) would refuse to
 * all but its owner. It contains only marks; whoever creates it creates it for everybody. */
static int open_file(const char *path)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(path, flags | O_CREAT | O_EXCL, 0666);

    if (fd >= 0) {
        (void)fchmod(fd, 0666);
    } else {
        fd = open(path, flags);
    }
    struct stat info;

    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Returns -1 if no file can be opened. */
static int open_any(const char **ret_first)
{
    static const char *const usual[] = { "/run/lock/p11cert", "/tmp/p11cert.lock" };
    const char *given = getenv("P11CERT_LOCK");
    int fd = -1;

    if (given && *given) {
        *ret_first = given;
        return open_file(given);
    }
    *ret_first = usual[0];
    for (size_t i = 0; i < PC_COUNT(usual) && fd < 0; i++) {
        fd = open_file(usual[i]);
    }
    return fd;
}

bool pc_lock_is_possible(const char **ret_path)
{
    pc_token_lock lock = { .fd = open_any(ret_path) };
    bool is_possible = lock.fd >= 0;

    pc_token_lock_release(&lock);
    return is_possible;
}

/* One byte per token and name. */
static struct flock place_of(uint64_t number)
{
    return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1, .l_start = (off_t)(number >> 2) };
}

/* Open file description locks (fcntl(2)), so that each thread has its own. */
static bool take(int fd, uint64_t number)
{
    struct flock one = place_of(number);
    const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

    for (unsigned waited_ms = 0; waited_ms < WAIT_MS; waited_ms += PAUSE_MS) {
        if (fcntl(fd, F_OFD_SETLK, &one) == 0) {
            return true;
        }
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static pc_token_lock take_number(uint64_t number)
{
    const char *ignored = NULL;
    pc_token_lock lock = { .fd = open_any(&ignored), .number = number };

    if (lock.fd >= 0 && !take(lock.fd, number)) {
        pc_token_lock_release(&lock);
    }
    return lock;
}

uint64_t pc_token_lock_number(const pc_token *token, pc_bytes name)
{
    return spread(number_of_token(token), name.data, name.len);
}

static uint64_t number_of(const pc_token *token, const char *name)
{
    return pc_token_lock_number(token, (pc_bytes){ (const uint8_t *)name, strlen(name) });
}

int pc_lock_file_open(void)
{
    const char *ignored = NULL;

    return open_any(&ignored);
}

pc_token_lock pc_token_lock_take(const pc_token *token, const char *name)
{
    return take_number(number_of(token, name));
}

pc_token_lock pc_machine_lock_take(const char *name)
{
    return take_number(spread(START, name, strlen(name)));
}

void pc_token_lock_release(pc_token_lock *lock)
{
    if (lock->fd >= 0) {
        (void)close(lock->fd);
        lock->fd = -1;
    }
}

/* --- marks --- */

#define MARK_COUNT \
    (PC_LOCK_MARKS_LEN / sizeof(uint64_t)) /* names that share one only search once more than they need to */
#define MARK_RECENT_MSEC 10000

static off_t offset_of_mark(uint64_t number)
{
    return (off_t)(number % MARK_COUNT * sizeof(uint64_t));
}

static uint64_t mark_in(const pc_token_lock *lock)
{
    uint64_t value = 0;

    return pread(lock->fd, &value, sizeof value, offset_of_mark(lock->number)) == sizeof value ? value : 0;
}

static bool write_new_mark(const pc_token_lock *lock)
{
    uint64_t value = 0;

    return getrandom(&value, sizeof value, 0) == sizeof value &&
           pwrite(lock->fd, &value, sizeof value, offset_of_mark(lock->number)) == sizeof value;
}

/* A mark that cannot be changed (a disk error, a file size limit, a full disk that copies what it overwrites) must not
 * tell other runs that nothing was written: then all marks go, which needs no space, and everybody searches again. */
void pc_lock_mark_change(const pc_token_lock *lock)
{
    if (lock->fd >= 0 && !write_new_mark(lock)) {
        const int emptied = ftruncate(lock->fd, 0);

        (void)emptied; /* a package is built with _FORTIFY_SOURCE, where the cast of the call is a warning */
    }
}

static bool is_held(const pc_token_lock *lock)
{
    struct flock one = place_of(lock->number);

    return fcntl(lock->fd, F_OFD_GETLK, &one) != 0 || one.l_type != F_UNLCK;
}

/* A mark is made if there is none, so that the run that changes it finds its place in the file allocated, also on a
 * full disk. Whoever holds the lock may have changed the mark and not yet written to the token: therefore the lock is
 * looked at after the mark. */
pc_lock_mark pc_lock_mark_read(const pc_token *token, const char *name)
{
    const char *ignored = NULL;
    PC_AUTO(pc_token_lock)
    pc_token_lock lock = { .fd = open_any(&ignored), .number = number_of(token, name) };
    pc_lock_mark mark = { .read_msec = pc_monotonic_msec() };

    if (lock.fd < 0) {
        return mark;
    }
    if (mark_in(&lock) == 0) {
        pc_lock_mark_change(&lock);
    }
    mark.value = mark_in(&lock);
    mark.value = is_held(&lock) ? 0 : mark.value;
    return mark;
}

bool pc_lock_mark_is_current(const pc_token_lock *lock, const pc_lock_mark *mark)
{
    return mark->value != 0 && lock->fd >= 0 && mark_in(lock) == mark->value &&
           pc_monotonic_msec() - mark->read_msec <= MARK_RECENT_MSEC;
}
