/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SIGN_CONTENT_H
#define PC_APP_SIGN_CONTENT_H

#include <p11cert/sign.h>

#include "base/file.h"
#include "x509/auto.h"
#include "x509/signature.h"

/** The content to be signed: a file that is read in parts, as often as needed. */
typedef struct {
    const char *path; /**< borrowed */
    BIO *bio;         /**< at its beginning when opened */
    uint64_t len;     /**< bytes */
} pc_content;

PC_MUST_CHECK pc_status pc_content_open(const char *path, pc_content *ret_content, pc_error *err);
void pc_content_clear(pc_content *content);
PC_AUTO_DEFINE_VALUE(pc_content, pc_content, pc_content_clear);

/** Return to the beginning. @return PC_OK; PC_E_IO. */
PC_MUST_CHECK pc_status pc_content_rewind(const pc_content *content, pc_error *err);

/** Which bytes of a file a bare signature covers. */
typedef struct {
    pc_sign_form form;
    const EVP_PKEY *public_key;
    pc_signature_form how;
} pc_bare_question;

/**
 * The bytes that are signed: for PC_SIGN_DIGEST those in the file; for PC_SIGN_RAW the file itself if it is small or
 * the key hashes by itself, else its digest.
 * @return PC_OK; PC_E_INPUT (no digest in it; too large for Ed25519); PC_E_IO; PC_E_MEMORY. In the arena.
 */
PC_MUST_CHECK pc_status pc_content_signed(const pc_content *content, const pc_bare_question *question, pc_arena *arena,
                                          pc_signed_bytes *ret_bytes, pc_error *err);

/** A single pass over the content. Borrowed. */
typedef struct {
    const pc_content *content;
    const EVP_MD *digest;
    pc_output *output; /**< receives the bytes that are read; NULL: none */
} pc_copy_order;

/** @param ret_digest of the bytes that were read, in the arena. @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_content_hash(const pc_copy_order *order, pc_arena *arena, pc_bytes *ret_digest,
                                        pc_error *err);

/** The digest with this name; if it is NULL, the digest that fits the key. @return PC_OK; PC_E_USAGE. */
PC_MUST_CHECK pc_status pc_sign_choose_digest(const char *name, const EVP_PKEY *key, pc_digest *ret_digest,
                                              pc_error *err);

#endif
