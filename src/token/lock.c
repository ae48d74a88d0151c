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

static uint64_t number_of(const pc_token *token)
{
    const CK_TOKEN_INFO *raw = &token->raw;
    uint64_t number = 0xcbf29ce484222325u;

    number = spread(number, raw->label, sizeof raw->label);
    number = spread(number, raw->manufacturerID, sizeof raw->manufacturerID);
    number = spread(number, raw->model, sizeof raw->model);
    return spread(number, raw->serialNumber, sizeof raw->serialNumber);
}

/* Returns -1 if there is no per-login runtime folder, or no file can be opened in it. */
static int open_file(const pc_token *token)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[512];

    if (!runtime || runtime[0] != '/') {
        return -1;
    }
    int len = snprintf(path, sizeof path, "%s/p11cert", runtime);

    if (len < 0 || (size_t)len + sizeof "/0123456789abcdef.lock" > sizeof path) {
        return -1;
    }
    (void)mkdir(path, 0700);
    (void)snprintf(path + len, sizeof path - (size_t)len, "/%016llx.lock", (unsigned long long)number_of(token));
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* One file per token, with one byte per name: open file description locks (fcntl(2)), so that each thread has its
 * own. */
static bool take(int fd, const char *name)
{
    struct flock one = { .l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_len = 1,
                         .l_start = (off_t)(spread(0xcbf29ce484222325u, name, strlen(name)) >> 2) };
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

pc_token_lock pc_token_lock_take(const pc_token *token, const char *name)
{
    pc_token_lock lock = { .fd = open_file(token) };

    if (lock.fd >= 0 && !take(lock.fd, name)) {
        pc_token_lock_release(&lock);
    }
    return lock;
}

void pc_token_lock_release(pc_token_lock *lock)
{
    if (lock->fd >= 0) {
        (void)close(lock->fd);
        lock->fd = -1;
    }
}
