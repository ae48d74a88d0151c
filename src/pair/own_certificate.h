/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_OWN_CERTIFICATE_H
#define PC_PAIR_OWN_CERTIFICATE_H

#include "token/certificate_object.h"
#include "token/key.h"
#include "x509/auto.h"

/**
 * "The certificate of this key": which certificates of a token belong to a key, and which of them is the current one.
 * All code that needs a key's certificate uses this, so that `list`, `check`, `renew`, `export`, `kit`, `issue`,
 * `batch`, `enroll` and a login to a CA choose the same one.
 *
 * A certificate is a key's own if
 *   - the object has the key's CKA_ID,
 *   - its public key is the key's public key, and
 *   - if it claims to be its own issuer (names, and authority key identifier if any), the key has signed it. The CKA_ID
 * alone proves nothing: writing a certificate object needs no PIN on most tokens, so anyone with access to the token
 * can write one with any CKA_ID. The last point excludes a root certificate that someone else forged for the public
 * key.
 *
 * The current one is the first of the own ones in this order (pc_certificate_is_more_current):
 *   1. those valid now before those that have expired or are not yet valid;
 *   2. the one issued last (notBefore): a renewal wins even if its CA lets it expire earlier;
 *   3. the one that expires last (notAfter);
 *   4. the higher serial number, so that the choice does not depend on the order in which a token lists its objects.
 * All other own certificates are superseded. They stay on the token, and stay valid until they expire: nothing here
 * revokes them.
 *
 * The current certificate need not be valid: if a key's only certificate has expired, it is still the current one, to
 * be renewed or listed. Callers that rely on it must check its validity: `issue` refuses a CA whose certificate is not
 * valid now; a login to a CA and `enroll` also refuse. The order does not consider the issuer: code that writes a
 * certificate as newly issued must verify the issuer's signature, and code that passes a certificate on as the key's,
 * or copies names from it, uses pc_sure_certificate: any CA can certify a public key that is not its customer's.
 */

/** A certificate object and its certificate. */
typedef struct {
    const pc_certificate_object *object; /**< borrowed, in the arena */
    X509 *certificate;                   /**< owned; NULL if the object does not contain a readable certificate */
} pc_token_certificate;

typedef struct {
    pc_token_certificate *items;
    size_t count;
    size_t unreadable; /**< pc_own_certificates: objects with the key's CKA_ID whose value is no certificate */
} pc_token_certificates;

/** Frees the certificates and leaves the list empty. */
void pc_token_certificates_clear(pc_token_certificates *certificates);
PC_AUTO_DEFINE_VALUE(pc_token_certificates, pc_token_certificates, pc_token_certificates_clear);

/** Parse each of the objects read from a token. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_token_certificates_parse(const pc_certificate_object *objects, size_t count, pc_arena *arena,
                                                    pc_token_certificates *ret_certificates, pc_error *err);

/** Sort by CKA_ID, for callers that process many keys. */
void pc_token_certificates_sort(pc_token_certificates *certificates);

/** Those of a sorted list that have this CKA_ID; still owned by the list. Empty if there are none, or if the CKA_ID is
 * empty. */
pc_token_certificates pc_token_certificates_of_id(const pc_token_certificates *sorted, pc_bytes id);

/** Is a certificate with the key's CKA_ID the key's own, as defined above? Leaves OpenSSL's error queue as it is. */
bool pc_certificate_is_own(X509 *certificate, const EVP_PKEY *public_key);

/**
 * All certificates on the token that are the key's own.
 * @return PC_OK, with an empty list if there is none; PC_E_INPUT if the token does not show the key's public half, so
 *         that nothing can be verified, and as pc_public_key_of; PC_E_TOKEN, also if none is the key's own and an
 * object with its CKA_ID cannot be read, so that it is not known whether the key has a certificate; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_own_certificates(const pc_token *token, const pc_key *key, pc_arena *arena,
                                            pc_token_certificates *ret_own, pc_error *err);

/**
 * Keep only certificates that the order behind `planned` could have produced: those with the same contents
 * (pc_certificate_same_terms) and signed by the issuer's key. The others are freed. The remaining ones may be written
 * as newly issued.
 */
void pc_own_certificates_keep_issued(pc_token_certificates *own, const X509 *planned, EVP_PKEY *issuer_key);

/** The current one of a key's own certificates; borrowed from the list. NULL if the list is empty. */
const pc_token_certificate *pc_current_certificate(const pc_token_certificates *own, int64_t now_sec);

/**
 * The current one among a token's parsed certificates, for callers that process many keys. Borrowed; NULL if the key
 * has none. `public_key` is the key's.
 */
const pc_token_certificate *pc_current_certificate_among(const pc_token_certificates *certificates, const pc_key *key,
                                                         const EVP_PKEY *public_key, int64_t now_sec);

/**
 * The same for a sorted list, with the key's public half taken from its attributes. NULL also for a key of a type that
 * p11cert cannot use.
 * @return PC_OK; PC_E_INPUT if there are certificates with its CKA_ID, but the token does not show its public half;
 *         PC_E_TOKEN if none is its own and one of them cannot be read; PC_E_CRYPTO or PC_E_MEMORY if OpenSSL failed.
 *         In each case it is not known whether the key has a certificate.
 */
PC_MUST_CHECK pc_status pc_current_certificate_of(const pc_token_certificates *sorted, const pc_key *key,
                                                  int64_t now_sec, const pc_token_certificate **ret_current,
                                                  pc_error *err);

/** The key whose certificate is meant. */
typedef struct {
    const pc_key *key;
    const EVP_PKEY *public_key; /**< that of the key */
    int64_t now_sec;
} pc_certificate_owner;

/**
 * The same, where a certificate by a CA that is not the key's would do harm. If several are valid now, only those
 * signed by a certificate on the token count, if there are any. If these name different issuers, none is chosen.
 *
 * @param certificates all on the token, including those of issuers
 * @param arena         for the error's text
 * @param ret_current   borrowed; NULL if the key has none
 * @return PC_OK; PC_E_AMBIGUOUS, with issuers and serial numbers, and without a hint; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_sure_certificate(const pc_token_certificates *certificates,
                                            const pc_certificate_owner *owner, pc_arena *arena,
                                            const pc_token_certificate **ret_current, pc_error *err);

#endif
