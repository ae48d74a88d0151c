/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/secret.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/secret_auto.h"

/* The header is in ordinary memory; the bytes have their own pages, since locking and MADV_DONTDUMP work on pages. */
struct pc_secret {
    uint8_t *bytes;
    size_t size;
    size_t len;
};

static pc_status map_locked(size_t size, uint8_t **ret_bytes, pc_error *err)
{
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED) {
        return pc_fail_errno(err, PC_E_MEMORY, errno, "cannot allocate %zu bytes for a secret", size);
    }
    if (mlock(bytes, size) != 0) {
        int reason = errno;

        (void)munmap(bytes, size);
        (void)pc_fail_errno(err, PC_E_MEMORY, reason, "memory for a secret cannot be locked");
        return pc_hint_resume(err, PC_E_MEMORY,
                              "raise the limit on locked memory (ulimit -l) and run the command "
                              "again");
    }
    (void)madvise(bytes, size, MADV_DONTDUMP);
    (void)madvise(bytes, size, MADV_WIPEONFORK);
    *ret_bytes = bytes;
    return PC_OK;
}

pc_status pc_secret_new(size_t size, pc_secret **ret_secret, pc_error *err)
{
    if (size == 0 || size > PC_SECRET_MAX) {
        return pc_fail(err, PC_E_INTERNAL, "a secret of %zu bytes was requested", size);
    }
    PC_AUTO(pc_secret) pc_secret *secret = calloc(1, sizeof *secret);

    if (!secret) {
        return pc_fail_memory(err);
    }
    secret->size = size;
    PC_TRY(map_locked(size, &secret->bytes, err));
    *ret_secret = PC_TAKE(secret);
    return PC_OK;
}

void pc_secret_free(pc_secret *secret)
{
    if (!secret) {
        return;
    }
    if (secret->bytes) {
        explicit_bzero(secret->bytes, secret->size);
        (void)munmap(secret->bytes, secret->size);
    }
    free(secret);
}

uint8_t *pc_secret_bytes(pc_secret *secret)
{
    return secret->bytes;
}

size_t pc_secret_size(const pc_secret *secret)
{
    return secret->size;
}

size_t pc_secret_len(const pc_secret *secret)
{
    return secret->len;
}

void pc_secret_set_len(pc_secret *secret, size_t len)
{
    secret->len = len < secret->size ? len : secret->size;
    explicit_bzero(secret->bytes + secret->len, secret->size - secret->len);
}

pc_status pc_secret_copy(const pc_secret *secret, pc_secret **ret_copy, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *copy = NULL;

    PC_TRY(pc_secret_new(secret->size, &copy, err));
    memcpy(copy->bytes, secret->bytes, secret->len);
    copy->len = secret->len;
    *ret_copy = PC_TAKE(copy);
    return PC_OK;
}

bool pc_secret_equal(const pc_secret *a, const pc_secret *b)
{
    uint8_t differing = 0;

    for (size_t i = 0; a->len == b->len && i < a->len; i++) {
        differing |= a->bytes[i] ^ b->bytes[i];
    }
    return a->len == b->len && differing == 0;
}

pc_status pc_secret_guard_process(pc_error *err)
{
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return pc_fail_errno(err, PC_E_INTERNAL, errno, "core dumps cannot be disabled");
    }
    return PC_OK;
}
