/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_OWN_CERTIFICATE_H
#define PC_PAIR_OWN_CERTIFICATE_H

#include "token/certificate_object.h"
#include "token/key.h"
#include "x509/auto.h"

/**
 * "The certificate of this key": which certificates of a token belong to a key, and which of them is the current one.
 * Everything that needs a key's certificate asks here, so that `list`, `check`, `renew`, `export`, `kit`, `issue`,
 * `batch`, `enroll` and a login to a CA take the same one.
 *
 * A certificate is a key's own if
 *   - the object has the key's CKA_ID,
 *   - its public key is the key's public key, and
 *   - where it says that it is its own issuer (names, and authority key identifier if any), the key has signed it.
 * The CKA_ID alone proves nothing: writing a certificate object needs no PIN on most tokens, so anybody who reaches the
 * token can put one there under any CKA_ID. The last point keeps out a root certificate that somebody else made up for
 * the public key.
 *
 * The current one is the first of the own ones in this order (pc_certificate_is_more_current):
 *   1. those valid now before those that have expired or are not yet valid;
 *   2. the one issued last (notBefore): a renewal counts even if its CA lets it end sooner;
 *   3. the one that ends last (notAfter);
 *   4. the higher serial number, so that the choice does not depend on the order in which a token lists its objects.
 * All other own certificates are superseded. They stay on the token, and stay valid until they end: nothing here revokes
 * them.
 *
 * The current certificate need not be valid: a key whose only certificate has expired still has that one, to be renewed
 * or listed. Who relies on it must look: `issue` refuses a CA whose certificate is not valid now, a login to a CA and
 * `enroll` refuse too. The order says nothing about the issuer: who writes a certificate out as newly issued must check
 * its issuer's signature.
 */

/** A certificate object and what it holds. */
typedef struct {
    const pc_certificate_object *object; /**< borrowed, in the arena */
    X509 *certificate;                   /**< owned; NULL if the object does not hold a certificate that can be read */
} pc_held_certificate;

typedef struct {
    pc_held_certificate *items;
    size_t count;
} pc_held_certificates;

/** Frees the certificates and leaves the list empty. */
void pc_held_certificates_clear(pc_held_certificates *held);
#define PC_AUTO_HELD_CERTIFICATES __attribute__((cleanup(pc_held_certificates_clear)))

/** Parse objects that were read from a token, each once. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_held_certificates_parse(const pc_certificate_object *objects, size_t count, pc_arena *arena,
                                                   pc_held_certificates *ret_held, pc_error *err);

/** Is a certificate with the key's CKA_ID the key's own, as said above? Leaves OpenSSL's error queue as it is. */
bool pc_certificate_is_own(X509 *certificate, const EVP_PKEY *public_key);

/**
 * All certificates on the token that are the key's own.
 * @return PC_OK, with none if there is none; PC_E_INPUT if the token does not show the key's public half, so that nothing
 *         can be proved, and as pc_public_key_of; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_own_certificates(const pc_token *token, const pc_key *key, pc_arena *arena,
                                            pc_held_certificates *ret_own, pc_error *err);

/**
 * Keep only what the order behind `planned` can have made: certificates that say the same (pc_certificate_same_terms) and
 * that the issuer's key has signed. The rest is freed. What remains may be written out as newly issued.
 */
void pc_own_certificates_keep_issued(pc_held_certificates *own, const X509 *planned, EVP_PKEY *issuer_key);

/** The current one of a key's own certificates; borrowed from the list. NULL if the list is empty. */
const pc_held_certificate *pc_current_certificate(const pc_held_certificates *own, int64_t now_sec);

/**
 * The current one among certificates of a token that are parsed already, for whoever goes through many keys. Borrowed;
 * NULL if the key has none. `public_key` is the key's.
 */
const pc_held_certificate *pc_current_certificate_among(const pc_held_certificates *held, const pc_key *key,
                                                        const EVP_PKEY *public_key, int64_t now_sec);

#endif
