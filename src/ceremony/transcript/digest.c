/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "x509/openssl_error.h"

PC_AUTO_DEFINE(digest_context, EVP_MD_CTX, EVP_MD_CTX_free);

pc_status pc_sha256_of(pc_bytes bytes, pc_sha256 *ret_digest, pc_error *err)
{
    /* EVP accepts no NULL, which an empty range may have. */
    return EVP_Digest(bytes.len ? bytes.data : (const uint8_t *)"", bytes.len, ret_digest->bytes, NULL, EVP_sha256(),
                      NULL) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute a SHA-256");
}

static void close_descriptor(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

PC_AUTO_DEFINE_VALUE(descriptor, int, close_descriptor);

/* O_NONBLOCK: a pipe in place of the file must not be waited for. */
static pc_status open_regular(const char *path, int *ret_fd, pc_error *err)
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
    return S_ISREG(info.st_mode) ? PC_OK : pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file", path);
}

static pc_status add_file(EVP_MD_CTX *context, int fd, const char *path, uint64_t *ret_size, pc_error *err)
{
    uint8_t piece[16 * 1024];

    *ret_size = 0;
    for (;;) {
        ssize_t len = read(fd, piece, sizeof piece);

        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", path);
        }
        if (len == 0) {
            return PC_OK;
        }
        if (EVP_DigestUpdate(context, piece, (size_t)len) != 1) {
            return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", path);
        }
        *ret_size += (uint64_t)len;
    }
}

pc_status pc_sha256_of_file(const char *path, pc_sha256 *ret_digest, uint64_t *ret_size, pc_error *err)
{
    PC_AUTO(descriptor) int fd = -1;
    PC_AUTO(digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint64_t size = 0;

    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", path);
    }
    PC_TRY(open_regular(path, &fd, err));
    PC_TRY(add_file(context, fd, path, &size, err));
    if (EVP_DigestFinal_ex(context, ret_digest->bytes, NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute the SHA-256 of \"%s\"", path);
    }
    if (ret_size) {
        *ret_size = size;
    }
    return PC_OK;
}

void pc_sha256_to_hex(const pc_sha256 *digest, char out[static PC_SHA256_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < PC_SHA256_LEN; i++) {
        out[2 * i] = digits[digest->bytes[i] >> 4];
        out[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    out[PC_SHA256_TEXT - 1] = '\0';
}

static uint8_t digit_value(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

bool pc_sha256_from_hex(const char *text, pc_sha256 *ret_digest)
{
    if (!text || strspn(text, "0123456789abcdef") != PC_SHA256_TEXT - 1 || text[PC_SHA256_TEXT - 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < PC_SHA256_LEN; i++) {
        ret_digest->bytes[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
    return true;
}

bool pc_sha256_equal(const pc_sha256 *left, const pc_sha256 *right)
{
    return memcmp(left->bytes, right->bytes, PC_SHA256_LEN) == 0;
}
