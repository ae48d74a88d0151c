/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PUBLIC_HALF_H
#define PC_TOKEN_PUBLIC_HALF_H

#include <p11cert/key.h>

#include "token/attributes.h"
#include "token/objects.h"

/** Takes modulus and exponent, or parameters and point, if the attributes have them; the rest is unchanged. */
void pc_public_half_take(const pc_attributes *attributes, pc_public_half *half);

/** Are all parts of the public key present? */
bool pc_public_half_is_whole(const pc_public_half *half);

/** A big-endian number without leading zeros; some modules return it with them. */
pc_bytes pc_unsigned_number(pc_bytes number);

/** An EC point without the OCTET STRING around it (PKCS#11 v2.40 section 2.3.3); some modules return it bare, or in a
 * BIT STRING. */
pc_bytes pc_bare_point(pc_bytes point);

/** Are both the same public key, as numbers or points, compressed or not? False if one of them is not shown. */
bool pc_public_half_equal(const pc_public_half *left, const pc_public_half *right);

/** Is the value that identifies the public key in one of the forms in which it is searched for? */
bool pc_public_value_is_usual(const pc_public_half *half);

/** The attribute by which an object with keys of a type is found: CKA_MODULUS, CKA_EC_POINT, CKA_VALUE. */
CK_ATTRIBUTE_TYPE pc_public_value_type(unsigned long key_type);

/** Its value; empty if it is not shown. */
pc_bytes pc_public_value(const pc_public_half *half);

/** Adds the value that identifies the public key: the modulus, or the point. */
void pc_public_half_add_value(const pc_public_half *half, pc_template *template);

/** Adds all parts of the public key: modulus and exponent, or parameters and point. */
void pc_public_half_add(const pc_public_half *half, pc_template *template);

/** As pc_key_describe. */
const char *pc_public_half_describe(const pc_public_half *half, char out[static 32]);

#endif
