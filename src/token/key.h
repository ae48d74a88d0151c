/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_H
#define PC_TOKEN_KEY_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/attributes.h"
#include "token/session.h"

/** Search criteria for a private key: the public value, or ID and label; with a value, those choose among its keys. */
typedef struct {
    const char *words;                 /**< the key as the user named it, for errors */
    const char *member;                /**< of the order, with which the user named it; NULL: "key" */
    const char *label;                 /**< NULL: any */
    pc_bytes id;                       /**< NULL data: any; data with length 0: keys without a CKA_ID */
    const pc_public_half *public_half; /**< of the key; NULL: any */
    size_t max;                        /**< how many keys may match; 0 is 1 */
    bool
        half_may_lack; /**< a key that shares its CKA_ID with several public keys is returned without its public half */
    bool
        half_is_shown; /**< the private object is known to show the public half (RSA): the public one is not searched */
    bool half_is_proved; /**< a signature by the key is verified with its public half before anything relies on that
                            half: the first answer that has a public object with its CKA_ID is enough */
} pc_key_selector;

/** Private keys, in an arena. */
typedef struct {
    pc_key *items;
    size_t count;
    size_t leftover_count; /**< keys without key material (token/leftover.h) that the search met and ignored */
} pc_keys;

/**
 * A selector from `--key`: an RFC 7512 URI (object, id) or a bare word, which is a label. Token attributes in the URI
 * must match the open token.
 * @return PC_OK; PC_E_USAGE; PC_E_NOT_FOUND (a key on another token); PC_E_MEMORY. The selector refers to the arena and
 *         to `text`.
 */
PC_MUST_CHECK pc_status pc_key_selector_parse(const pc_token *token, const char *text, pc_arena *arena,
                                              pc_key_selector *ret_selector, pc_error *err);

/**
 * Find private keys by template: one search, one fetch, one read per key; the public object is looked up only if the
 * private one does not show the public half (EC).
 *
 * @return PC_OK with 0 to selector->max keys; PC_E_AMBIGUOUS if there are more (the error lists the first ones);
 *         PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_keys_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                     pc_keys *ret_keys, pc_error *err);

/** Exactly one private key. @return as pc_keys_find, and PC_E_NOT_FOUND. */
PC_MUST_CHECK pc_status pc_key_find(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                    pc_key *ret_key, pc_error *err);

/** A private key, and the certificate objects with its CKA_ID if the search for the key returned these too. */
typedef struct {
    pc_key key;
    CK_OBJECT_HANDLE *certificates; /**< in the arena */
    size_t certificate_count;
    bool has_certificates; /**< false: they were not searched for */
} pc_key_with_certificates;

/**
 * As pc_key_find. If the key is found through its public object (EC), a single search returns everything with its
 * CKA_ID; of an RSA key, the CKA_ID becomes known only when it has been found.
 */
PC_MUST_CHECK pc_status pc_key_find_with_certificates(const pc_token *token, const pc_key_selector *selector,
                                                      pc_arena *arena, pc_key_with_certificates *ret_found,
                                                      pc_error *err);

/** A key object of either class. */
typedef struct {
    pc_key key;
    CK_OBJECT_CLASS class; /**< CK_UNAVAILABLE_INFORMATION: the token does not show it */
} pc_key_object;

/** As pc_key_read_object, of an object whose class is not known, and may not be that of a key. */
PC_MUST_CHECK pc_status pc_key_read_classified(pc_object object, pc_arena *arena, pc_key_object *ret_object,
                                               pc_error *err);

/** Read one key object, private or public, in one round trip; the public half only if this object shows it. */
PC_MUST_CHECK pc_status pc_key_read_object(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err);

/** Read a private key with its public half, if necessary from the public object with its CKA_ID. */
PC_MUST_CHECK pc_status pc_key_read(pc_object object, pc_arena *arena, pc_key *ret_key, pc_error *err);

/**
 * The private key with a CKA_ID and its public half, in one search.
 * @param selector  only id and half_is_shown are used
 * @param ret_keys  all private keys with that ID; if there is exactly one, with its public half
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_read_pair(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                         pc_keys *ret_keys, pc_error *err);

/** The handles of a pair in one session. */
typedef struct {
    CK_OBJECT_HANDLE private_key;
    CK_OBJECT_HANDLE public_key; /**< CK_INVALID_HANDLE: the private object is known to show the public half */
} pc_pair_handles;

/** The same by handles, without a search. The caller compares the CKA_ID: the handle may belong to another object. */
PC_MUST_CHECK pc_status pc_key_read_handles(const pc_token *token, const pc_pair_handles *handles, pc_arena *arena,
                                            pc_keys *ret_keys, pc_error *err);

/** The keys with a label on a token. */
typedef struct {
    pc_key key;    /**< with its public half, if count is 1 */
    size_t count;  /**< 0 or 1 */
    bool has_half; /**< there is a public key without a private one, left by an interrupted key generation */
    pc_bytes half_id;
} pc_labelled_key;

/**
 * The private key with a label, in one search over all classes. If nothing is found, that search is the only cost.
 * @return PC_OK; PC_E_AMBIGUOUS (several private keys); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_find_labelled(const pc_token *token, const char *label, pc_arena *arena,
                                             pc_labelled_key *ret_labelled, pc_error *err);

/** The CKA_* behind a flag. */
CK_ATTRIBUTE_TYPE pc_key_flag_attribute(pc_key_flag flag);

#endif
