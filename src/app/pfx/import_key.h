/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_IMPORT_KEY_H
#define PC_APP_IMPORT_KEY_H

#include <openssl/evp.h>
#include <p11cert/import.h>

#include "base/arena.h"
#include "token/key_template.h"
#include "token/key_transfer.h"
#include "token/session.h"

struct pc_key_import;

/**
 * How the private key gets to the token, if not from memory. @param ret_imported as set by pc_key_unwrap_in @return any
 * status; transport and notes are set in job->result.
 */
typedef pc_status (*pc_key_bring)(struct pc_key_import *job, pc_imported *ret_imported, pc_error *err);

/** A private key being moved to a token. Everything is borrowed; texts are in the arena. */
typedef struct pc_key_import {
    const pc_token *token;
    EVP_PKEY *private_key; /**< NULL if `bring` is set */
    pc_key_bring bring;    /**< NULL: from private_key */
    const void *bring_context;
    const char *origin;     /**< where the key comes from, for notes: "this file" */
    const char *label_hint; /**< what to do if another key has the label */
    const char *id_hint;    /**< what to do if another key has the given CKA_ID */
    pc_public_half half;    /**< its public half, in the form of token attributes */
    pc_key_plan plan;
    pc_bytes file_id;         /**< the CKA_ID in the file, which is kept if possible; empty if none */
    pc_import_result *result; /**< state, transport, mechanism and notes are set in it */
    pc_arena *arena;
    pc_key key;                /**< set: as it is on the token */
    bool id_is_shared;         /**< set: another run may use this CKA_ID too, since this run did not generate it */
    bool has_written;          /**< set: a private or public key object was written */
    unsigned long made_handle; /**< set: handle of the private key that this run made; 0 if the token reported none */
} pc_key_import;

/**
 * The key on the token: found there by its public half, or brought in, with its public object.
 * @return as pc_import_run.
 */
PC_MUST_CHECK pc_status pc_import_key(pc_key_import *job, pc_error *err);

/** Add a sentence to the result's notes. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_import_note(pc_import_result *result, const char *note, pc_error *err);

#endif
