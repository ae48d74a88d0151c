/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_BEFORE_SOFTHSM_H
#define P11CERT_TESTS_BEFORE_SOFTHSM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

/** What a PKCS#11 module that stands before SoftHSM and changes its answers needs. */

#define UNAVAILABLE ((CK_ULONG)-1) /**< CK_UNAVAILABLE_INFORMATION */

extern CK_FUNCTION_LIST *real; /**< SoftHSM's functions; NULL before load_softhsm */

/** @return false if it cannot be loaded. May be called again. */
bool load_softhsm(void);

/** Does this environment variable, words separated by commas, have this word? */
bool has_word(const char *variable, const char *word);

#define FOUND_MOST 4096u

/** What SoftHSM found, and how much of it has been returned. */
typedef struct {
    CK_OBJECT_HANDLE items[FOUND_MOST];
    CK_ULONG count;
    CK_ULONG next;
} found_objects;

/** Add what the search in progress finds. */
CK_RV fetch_found(CK_SESSION_HANDLE session, found_objects *found);

#endif
