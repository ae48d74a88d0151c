/* SPDX-License-Identifier: Apache-2.0 */
#include "app/sign/content.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "signer/sign.h"
#include "x509/algorithm.h"
#include "x509/openssl_error.h"

#define MESSAGE_MOST ((size_t)16 * 1024 * 1024) /* bytes of a message that is passed to the key as a whole */

/* --- the file --- */

pc_status pc_content_open(const char *path, pc_content *ret_content, pc_error *err)
{
    PC_AUTO(file) FILE *file = NULL;

    PC_TRY(pc_file_open(path, &file, err));
    const off_t end = fseeko(file, 0, SEEK_END) == 0 ? ftello(file) : -1;

    if (end < 0 || fseeko(file, 0, SEEK_SET) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", path);
    }
    BIO *bio = BIO_new_fp(file, BIO_CLOSE);

    if (!bio) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(file);
    *ret_content = (pc_content){ .path = path, .bio = bio, .len = (uint64_t)end };
    return PC_OK;
}

void pc_content_clear(pc_content *content)
{
    (void)BIO_free(PC_TAKE(content->bio));
}

pc_status pc_content_rewind(const pc_content *content, pc_error *err)
{
    return BIO_seek(content->bio, 0) >= 0 ? PC_OK
                                          : pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", content->path);
}

/* --- the bytes that are signed --- */

static pc_status read_whole(const pc_content *content, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    uint8_t *bytes = pc_arena_alloc(arena, (size_t)content->len + 1);
    size_t len = 0;

    if (!bytes) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_content_rewind(content, err));
    if (content->len > 0 &&
        (BIO_read_ex(content->bio, bytes, (size_t)content->len, &len) != 1 || len != content->len)) {
        return pc_fail(err, PC_E_IO, "cannot read \"%s\", or it changed in the meantime", content->path);
    }
    bytes[len] = 0;
    *ret_bytes = (pc_bytes){ bytes, len };
    return PC_OK;
}

static pc_status copy_part(const pc_copy_order *order, EVP_MD_CTX *context, pc_bytes part, pc_error *err)
{
    if (EVP_DigestUpdate(context, part.data, part.len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "\"%s\" cannot be hashed", order->content->path);
    }
    return order->output ? pc_output_write(order->output, part.data, part.len, err) : PC_OK;
}

pc_status pc_content_hash(const pc_copy_order *order, pc_arena *arena, pc_bytes *ret_digest, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    const pc_content *content = order->content;
    uint8_t part[16384];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    size_t len = 0;
    uint64_t read = 0;

    PC_TRY(pc_content_rewind(content, err));
    if (!context || EVP_DigestInit_ex(context, order->digest, NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "\"%s\" cannot be hashed", content->path);
    }
    while (BIO_read_ex(content->bio, part, sizeof part, &len) == 1) {
        PC_TRY(copy_part(order, context, (pc_bytes){ part, len }, err));
        read += len;
    }
    if (read != content->len) {
        return pc_fail(err, PC_E_IO, "cannot read \"%s\", or it changed in the meantime", content->path);
    }
    if (EVP_DigestFinal_ex(context, digest, &digest_len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "\"%s\" cannot be hashed", content->path);
    }
    return pc_bytes_copy(arena, (pc_bytes){ digest, digest_len }, ret_digest, err);
}

/* In bytes, or in hex, as printed by sha256sum(1): the text after the first blank is a name. */
static pc_status read_digest(const pc_content *content, const EVP_MD *md, pc_arena *arena, pc_bytes *ret_digest,
                             pc_error *err)
{
    pc_bytes bytes = { .len = 0 };
    const size_t expected = (size_t)EVP_MD_get_size(md);

    if (content->len <= 8192) {
        PC_TRY(read_whole(content, arena, &bytes, err));
    }
    if (bytes.len == expected) {
        *ret_digest = bytes;
        return PC_OK;
    }
    const char *text = (const char *)bytes.data;
    const char *word = bytes.len > 0 ? pc_arena_text(arena, text, strcspn(text, " \t\r\n")) : "";
    size_t len = 0;
    const uint8_t *digest = word && strlen(word) == 2 * expected ? pc_text_from_hex(arena, word, &len) : NULL;

    if (!digest || len != expected) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" does not contain a %s digest: %zu bytes, or as many in hex",
                       content->path, EVP_MD_get0_name(md), expected);
    }
    *ret_digest = (pc_bytes){ digest, len };
    return PC_OK;
}

pc_status pc_content_signed(const pc_content *content, const pc_bare_question *question, pc_arena *arena,
                            pc_signed_bytes *ret_bytes, pc_error *err)
{
    const EVP_MD *md = pc_signature_digest(question->public_key, question->how.digest);

    ret_bytes->is_digest = question->form == PC_SIGN_DIGEST || (md && content->len > MESSAGE_MOST);
    if (question->form == PC_SIGN_DIGEST && !md) {
        return pc_fail(err, PC_E_INPUT, "an %s key signs whole messages, not a digest",
                       pc_algorithm_words(question->public_key));
    }
    if (question->form == PC_SIGN_DIGEST) {
        return read_digest(content, md, arena, &ret_bytes->bytes, err);
    }
    if (!md && content->len > MESSAGE_MOST) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is too large: an %s key signs at most %zu bytes at once", content->path,
                       pc_algorithm_words(question->public_key), MESSAGE_MOST);
    }
    const pc_copy_order order = { .content = content, .digest = md };

    return ret_bytes->is_digest ? pc_content_hash(&order, arena, &ret_bytes->bytes, err)
                                : read_whole(content, arena, &ret_bytes->bytes, err);
}

pc_status pc_sign_choose_digest(const char *name, const EVP_PKEY *key, pc_digest *ret_digest, pc_error *err)
{
    if (!name) {
        *ret_digest = pc_digest_of_key(key);
        return PC_OK;
    }
    for (pc_digest digest = PC_DIGEST_SHA256; digest <= PC_DIGEST_SHA512; digest++) {
        if (pc_text_equal(pc_digest_name(digest), name)) {
            *ret_digest = digest;
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_USAGE, "\"%s\" is not a digest: sha256, sha384 or sha512", name);
}
