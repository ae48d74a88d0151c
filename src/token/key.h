/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_H
#define PC_TOKEN_KEY_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/attributes.h"
#include "token/session.h"

/** By what a private key is to be found. Exactly one way is used: the public value, else id and label. */
typedef struct {
    const char *words; /**< the user's own words for it, for errors */
    const char *label; /**< NULL: any */
    pc_bytes id;       /**< no data: any; data without a length: keys without a CKA_ID */
    const pc_public_half *like; /**< the public half of the key that is meant; NULL: none */
    size_t max;                 /**< how many keys may match; 0 is 1 */
    bool half_may_lack; /**< a key that shares its CKA_ID with several public keys is given without its half */
    bool
        half_is_shown; /**< the private object is known to show the public half (RSA): the public one is not looked for */
} pc_key_selector;

/** Private keys, in an arena. */
typedef struct {
    pc_key *items;
    size_t count;
} pc_keys;

/**
 * A selector from `--key`: an RFC 7512 URI (object, id) or a bare word, which is a label. What the
 * URI says of a token must fit the one that is open.
 * @return PC_OK; PC_E_USAGE; PC_E_NOT_FOUND (a key on another token); PC_E_MEMORY. The selector points into the arena and
 *         at `text`.
 */
PC_MUST_CHECK pc_status pc_key_selector_parse(const pc_token *token, const char *text, pc_arena *arena,
                                              pc_key_selector *ret_selector, pc_error *err);

/**
 * Find private keys by template: one search, one fetch, one read each; the public object is looked
 * up only where the private one does not show the public half (EC).
 *
 * @return PC_OK with 0 to selector->max keys; PC_E_AMBIGUOUS if there are more, with the first ones listed; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_keys_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                     pc_keys *ret_keys, pc_error *err);

/** Exactly one private key. @return as pc_keys_find, and PC_E_NOT_FOUND. */
PC_MUST_CHECK pc_status pc_key_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                    pc_key *ret_key, pc_error *err);

/** Read one key object, private or public, in one round trip; the public half as far as this object shows it. */
PC_MUST_CHECK pc_status pc_key_read_object(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err);

/** Read a private key, its public half too, from the public object of its CKA_ID if need be. */
PC_MUST_CHECK pc_status pc_key_read(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err);

/**
 * The private key of a CKA_ID with its public half, in one search.
 * @param selector  only id and half_is_shown are used
 * @param ret_keys  all private keys with that id; a single one has its public half
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_read_pair(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                         pc_keys *ret_keys, pc_error *err);

/** What is on a token under a label. */
typedef struct {
    pc_key key;    /**< with its public half, if count is 1 */
    size_t count;  /**< 0 or 1 */
    bool has_half; /**< a public key without a private one is there: left by a generation that was cut off */
    pc_bytes half_id;
} pc_labelled_key;

/**
 * The private key of a label, in one search of all classes: where nothing is there it costs that search alone.
 * @return PC_OK; PC_E_AMBIGUOUS (several private keys); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_find_labelled(const pc_token *token, const char *label, pc_arena *arena,
                                             pc_labelled_key *ret_labelled, pc_error *err);

/** The CKA_* behind a flag. */
CK_ATTRIBUTE_TYPE pc_key_flag_attribute(pc_key_flag flag);

#endif
