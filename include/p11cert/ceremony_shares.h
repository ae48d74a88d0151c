/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_SHARES_H
#define P11CERT_CEREMONY_SHARES_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a PIN is split. Borrowed. */
typedef struct {
    unsigned threshold;     /**< how many shares restore the PIN, 2 to `count` */
    unsigned count;         /**< how many there are, 2 to 64 */
    const char *pin_source; /**< where to read the PIN; NULL: prompt, which asks twice */
    const char *folder;     /**< path of the new folder, with a file for each holder: share-1.txt */
} pc_ceremony_shares_order;

/**
 * Split a PIN into shares, of which a threshold restores it and fewer reveal nothing (A. Shamir, 1979). The PIN source
 * "shares" joins them. No token is used.
 * @param access  its prompt is used
 * @return PC_OK; PC_E_USAGE (a number out of range); PC_E_INPUT (a PIN over 200 bytes); PC_E_REFUSED (the folder
 * exists); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY; as pc_pin_read.
 */
PC_MUST_CHECK pc_status pc_ceremony_shares_run(const pc_ceremony_shares_order *order, const pc_token_access *access,
                                               pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
