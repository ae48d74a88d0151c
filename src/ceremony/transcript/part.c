/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "x509/auto.h"
#include "x509/openssl_error.h"

void pc_descriptor_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

pc_status pc_part_open(const char *path, int *ret_fd, pc_part *ret_part, pc_error *err)
{
    struct stat info = { .st_mode = 0 };
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    *ret_fd = fd;
    if (fd < 0) {
        return pc_fail_errno(err,
                             errno == ENOENT  ? PC_E_NOT_FOUND
                             : errno == ELOOP ? PC_E_INPUT
                                              : PC_E_IO,
                             errno, "cannot read \"%s\"", path);
    }
    if (fstat(fd, &info) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file", path);
    }
    *ret_part = (pc_part){ .name = path, .fd = fd, .len = info.st_size };
    return PC_OK;
}

pc_status pc_part_read(const pc_part *part, off_t offset, uint8_t *buffer, size_t size, size_t *ret_len, pc_error *err)
{
    const off_t rest = part->len > offset ? part->len - offset : 0;
    size_t most = rest < (off_t)size ? (size_t)rest : size;
    ssize_t len = 0;

    for (size_t done = 0;; done += (size_t)len) {
        *ret_len = done;
        if (done == most) {
            return PC_OK;
        }
        do {
            len = pread(part->fd, buffer + done, most - done, part->offset + offset + (off_t)done);
        } while (len < 0 && errno == EINTR);
        if (len <= 0) {
            return len == 0 ? pc_fail(err, PC_E_IO, "\"%s\" got shorter while it was read", part->name)
                            : pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", part->name);
        }
    }
}

pc_status pc_part_read_all(const pc_part *part, size_t max, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    if (part->len > (off_t)max) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is larger than %zu bytes", part->name, max);
    }
    uint8_t *bytes = pc_arena_alloc(arena, (size_t)part->len + 1);
    size_t len = 0;

    if (!bytes) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_read(part, 0, bytes, (size_t)part->len, &len, err));
    *ret_bytes = (pc_bytes){ bytes, len };
    return PC_OK;
}

static pc_status add_all(EVP_MD_CTX *context, const pc_part *part, pc_error *err)
{
    uint8_t piece[16 * 1024];
    size_t len = 0;

    for (off_t offset = 0; offset < part->len; offset += (off_t)len) {
        PC_TRY(pc_part_read(part, offset, piece, sizeof piece, &len, err));
        if (EVP_DigestUpdate(context, piece, len) != 1) {
            return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", part->name);
        }
    }
    return PC_OK;
}

pc_status pc_part_digest(const pc_part *part, pc_sha256 *ret_digest, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", part->name);
    }
    PC_TRY(add_all(context, part, err));
    return EVP_DigestFinal_ex(context, ret_digest->bytes, NULL) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", part->name);
}

pc_status pc_sha256_of_file(const char *path, pc_sha256 *ret_digest, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    PC_TRY(pc_part_open(path, &fd, &part, err));
    return pc_part_digest(&part, ret_digest, err);
}

#define LINE_MOST ((size_t)1024 * 1024 + 2) /* of a transcript, with the line feeds before and after it */

pc_status pc_part_last_line_digest(const pc_part *part, pc_sha256 *ret_digest, pc_error *err)
{
    const off_t offset = part->len > (off_t)LINE_MOST ? part->len - (off_t)LINE_MOST : 0;
    PC_AUTO(free) uint8_t *tail = malloc(LINE_MOST);
    size_t len = 0;

    if (!tail) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_read(part, offset, tail, LINE_MOST, &len, err));
    len -= len && tail[len - 1] == '\n';
    const uint8_t *before = memrchr(tail, '\n', len);
    const uint8_t *line = before ? before + 1 : tail;

    return pc_sha256_of((pc_bytes){ line, len - (size_t)(line - tail) }, ret_digest, err);
}
