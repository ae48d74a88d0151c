/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_KEY_CA_H
#define PC_APP_KEY_CA_H

#include <p11cert/pending.h>

#include "base/arena.h"
#include "token/session.h"

/**
 * The CA of a key: the one that issued its last certificate by a protocol. It is recorded on the token, in a data
 * object that is private to the token's user, so that a renewal goes to the same CA from any machine. A token
 * that stores no data objects has no such record.
 */
typedef struct {
    const char *protocol;    /**< "certsrv", "est", ... */
    const char *address;     /**< of pc_ca_target */
    const char *spki_sha256; /**< hex: of the key's public half */
    pc_ca_spares spares;     /**< which an enrolment policy service gave */
} pc_key_ca;

/**
 * Record it, replacing any earlier record for this key. Writes nothing if that is the same.
 * @param label  of the key
 * @return PC_OK, also if the token stores no data objects; PC_E_TOKEN; PC_E_VERIFY; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_ca_save(const pc_token *token, const pc_key_ca *ca, const char *label, pc_arena *arena,
                                       pc_error *err);

/**
 * @param ret_ca  its address is NULL if no CA is recorded for the key
 * @return PC_OK; PC_E_INPUT (a record cannot be read, which may be this key's); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_ca_find(const pc_token *token, const char *spki_sha256, pc_arena *arena,
                                       pc_key_ca *ret_ca, pc_error *err);

/**
 * As pc_key_ca_find, but a record that cannot be read is not an error.
 * @param ret_unreadable  the label of one that may be this key's, safe to print; NULL: none
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_ca_look(const pc_token *token, const char *spki_sha256, pc_arena *arena,
                                       pc_key_ca *ret_ca, const char **ret_unreadable, pc_error *err);

/** Remove the record for the key. @return PC_OK, also if there is none; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_key_ca_remove(const pc_token *token, const char *spki_sha256, pc_arena *arena,
                                         pc_error *err);

/* --- the format ---------------------------------------------------------------------------------------------- */

/** As JSON; NULL when out of memory. */
const char *pc_key_ca_to_text(const pc_key_ca *ca, pc_arena *arena);

/** @return PC_OK; PC_E_INPUT if it is not such a record, whatever its bytes; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_key_ca_from_text(const char *text, size_t len, pc_arena *arena, pc_key_ca *ret_ca,
                                            pc_error *err);

#endif
