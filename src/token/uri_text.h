/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_URI_TEXT_H
#define PC_APP_URI_TEXT_H

#include <p11cert/key.h>
#include <p11cert/token.h>

#include "base/arena.h"

/** The RFC 7512 URI of a token, in the arena: what --token takes. NULL when out of memory. */
const char *pc_uri_of_token(const pc_token_info *token, pc_arena *arena);

/** The RFC 7512 URI of a private key, with token, CKA_ID and label: what --key takes. NULL when out of memory. */
const char *pc_uri_of_key(const pc_token_info *token, const pc_key *key, pc_arena *arena);

#endif
