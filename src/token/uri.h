/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_URI_H
#define PC_TOKEN_URI_H

#include <p11-kit/uri.h>
#include <p11cert/key.h>
#include <p11cert/token.h>

#include "base/arena.h"

/** Whose label a bare word is that is given instead of a URI. */
typedef enum {
    PC_URI_TOKEN,
    PC_URI_OBJECT,
} pc_uri_subject;

PC_AUTO_DEFINE(pc_uri, P11KitUri, p11_kit_uri_free);

/**
 * Parse an RFC 7512 URI, or take a bare word as a label.
 *
 * Refused: a pin-value (never repeated in the error), a slot number, and attributes that p11-kit does not know, since
 * according to RFC 7512 section 2.3 a URI with an unknown attribute matches nothing.
 *
 * @return PC_OK; PC_E_USAGE; PC_E_MEMORY. The caller frees it with p11_kit_uri_free.
 */
PC_MUST_CHECK pc_status pc_uri_parse(const char *text, pc_uri_subject subject, P11KitUri **ret_uri, pc_error *err);

/** Does it identify a token only by its serial number? */
bool pc_uri_is_serial_alone(P11KitUri *uri);

/**
 * Do the slot-* and library-* attributes of a URI match this slot and its module? Asks the module only if there are
 * any.
 * @param functions  of the module
 * @return PC_OK; PC_E_TOKEN if the module does not say.
 */
PC_MUST_CHECK pc_status pc_uri_fits_place(P11KitUri *uri, const CK_FUNCTION_LIST *functions, CK_SLOT_ID slot,
                                          bool *ret_fits, pc_error *err);

/** Pad a field of CK_TOKEN_INFO or a similar structure with spaces, as PKCS#11 requires; some modules pad with NUL. */
void pc_uri_pad_field(unsigned char *field, size_t size);

/** The RFC 7512 URI of a token, in the arena: what --token takes. NULL when out of memory. */
const char *pc_uri_of_token(const pc_token_info *token, pc_arena *arena);

/** The RFC 7512 URI of a private key, with token, CKA_ID and label: what --key takes. NULL when out of memory. */
const char *pc_uri_of_key(const pc_token_info *token, const pc_key *key, pc_arena *arena);

/**
 * Can this be the label of a new key or token? CKA_LABEL and the label of C_InitToken are UTF-8 (PKCS#11 v2.40 sections
 * 4.2 and 5.5), and a label that begins with "pkcs11:" would be read as a URI.
 * @param whose  "key" or "token"
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_label_check(const char *label, const char *whose, pc_error *err);

/**
 * The same for a token: its label has 1 to 32 bytes, and no space at its end, which the padding of CK_TOKEN_INFO would
 * swallow (PKCS#11 v2.40 section 3.2).
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_token_label_check(const char *label, pc_error *err);

#endif
