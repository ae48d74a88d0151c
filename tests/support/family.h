/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_FAMILY_H
#define TEST_SUPPORT_FAMILY_H

#include <p11cert/token.h>

#include "raw_token.h"

/** The token that tokens/with has made for this test: the P11CERT_ variables lead to it. */

/** How the library under test reaches it. */
pc_token_access family_access(void);

/** By bare PKCS#11 calls: logged in, read-write. To be closed by family_close; the other functions of raw_token.h work
 * on it.
 */
void family_open(raw_token *ret_raw);
void family_close(raw_token *raw);

#endif
