/* SPDX-License-Identifier: Apache-2.0 */
#include "token/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
 * all but its owner. Its content has no meaning; whoever creates it creates it for everybody. */
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

/* One byte per token and name: open file description locks (fcntl(2)), so that each thread has its own. */
static bool take(int fd, uint64_t number)
{
    struct flock one = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1, .l_start = (off_t)(number >> 2) };
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
    pc_token_lock lock = { .fd = open_any(&ignored) };

    if (lock.fd >= 0 && !take(lock.fd, number)) {
        pc_token_lock_release(&lock);
    }
    return lock;
}

pc_token_lock pc_token_lock_take(const pc_token *token, const char *name)
{
    return take_number(spread(number_of_token(token), name, strlen(name)));
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
