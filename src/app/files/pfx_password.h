/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PFX_PASSWORD_H
#define PC_APP_PFX_PASSWORD_H

#include <p11cert/token.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/secret_auto.h"
#include "x509/pfx/read.h"

/** Windows accepts 32 characters; that many random ones have over 128 bits. */
#define PC_PASSWORD_MADE_LEN 30u

/**
 * Whether the password of a PFX is too weak for a file that is sent to another machine. At least 12 characters and
 * about 50 bits, estimated from the kinds of characters, not counting repeats and sequences (aaaa, 1234).
 * @return NULL if not; else the reason, static, which reveals nothing about the password.
 */
const char *pc_password_weakness(pc_secret *password);

/** 26 characters of base32 in groups, "k3xq7-…": 130 random bits. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_password_make(pc_secret **ret_password, pc_error *err);

/** Can this text be the password of a PFX: UTF-8, without control characters? @return PC_OK; PC_E_INPUT. */
PC_MUST_CHECK pc_status pc_password_check_text(pc_secret *password, pc_error *err);

/** What the password is for: a new one must be typed twice. */
typedef enum {
    PC_PASSWORD_OF_FILE,     /**< of an existing PFX */
    PC_PASSWORD_OF_NEW_FILE, /**< of one to be written */
    PC_PASSWORD_OF_NEW_KIT,  /**< the same, in the kit of a renewal, which has a separate option for it */
} pc_password_use;

/** Where the password of a file comes from. */
typedef struct {
    const char *source;            /**< as pc_pin_read takes it; NULL: prompt */
    const pc_token_access *access; /**< who can be asked */
    pc_password_use use;
} pc_password_source;

/**
 * Prompt for the password of a file, or read it from its source.
 * @return as pc_pin_read; PC_E_AUTH if the two entries differ.
 */
PC_MUST_CHECK pc_status pc_password_read(const pc_password_source *source, const char *file, pc_secret **ret_password,
                                         pc_error *err);

/**
 * Read a PFX, with the password that its source gives. Without a source, prompt only if the file needs one.
 * @return as pc_pfx_read and pc_password_read.
 */
PC_MUST_CHECK pc_status pc_pfx_open(const pc_file_bytes *file, const pc_password_source *password, pc_arena *arena,
                                    pc_pfx *ret_pfx, pc_error *err);

#endif
