/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SHARE_H
#define PC_TOKEN_SHARE_H

#include <p11cert/token.h>

#include "base/secret_auto.h"

/**
 * A PIN in shares: a threshold of them restores it, and fewer reveal nothing (A. Shamir, "How to share a secret", 1979,
 * over GF(2^8) with the polynomial 0x11d, as in libgfshare: the Debian program gfcombine joins them too).
 *
 * A card is a line of hex digits, in groups of four with "-" between them: version (1), threshold, index, four bytes
 * that name the set, the share, and the first four bytes of a SHA-256 of everything before them, against typing errors.
 * The shared bytes are eight bytes of a SHA-256 of set and PIN, the length of the PIN, the PIN, and zeros up to a
 * multiple of eight, so that shares that do not belong together are detected before any login to a token, and a card
 * does not show the length.
 *
 * All of it lies in locked memory. libgfshare itself keeps shares and secret on the ordinary heap, which can be swapped
 * out: that is why the arithmetic is here.
 */

/** The PIN source that asks for shares. */
#define PC_PIN_SOURCE_SHARES "shares"

#define PC_SHARE_COUNT_MOST 64u
#define PC_SHARE_PIN_MOST   200u /**< bytes */

/**
 * @param threshold  2 to `count`
 * @param count      2 to PC_SHARE_COUNT_MOST
 * @param ret_cards  `count` places, all NULL; each becomes a card without a line end, freed by the caller, also after a
 *                   failure
 * @return PC_OK; PC_E_USAGE (a number out of range); PC_E_INPUT (an empty PIN or one over PC_SHARE_PIN_MOST);
 * PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_share_split(pc_secret *pin, unsigned threshold, unsigned count, pc_secret **ret_cards,
                                       pc_error *err);

/** Is this number of shares possible? @return PC_OK; PC_E_USAGE. */
PC_MUST_CHECK pc_status pc_share_check_numbers(unsigned threshold, unsigned count, pc_error *err);

/** The public data on a card. */
typedef struct {
    unsigned threshold;
    unsigned index;
    unsigned char set[4];
} pc_share_label;

/**
 * Read a card as it was typed: case, spaces and dashes do not matter.
 * @param ret_share  its bytes, for pc_share_join
 * @return PC_OK; PC_E_INPUT (not a card, or with a typing error); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_share_read(pc_secret *card, pc_secret **ret_share, pc_share_label *ret_label, pc_error *err);

/**
 * @param shares  from pc_share_read, of the same set and with different indices, as many as the threshold
 * @return PC_OK; PC_E_AUTH (they do not belong together; no login was tried); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_share_join(pc_secret *const *shares, unsigned count, pc_secret **ret_pin, pc_error *err);

/**
 * Ask the holders for their cards, one after another, until there are as many as the first card's threshold, and join
 * them. The PIN source "shares".
 * @param what  the PIN, for the prompts, whose kind is PC_SECRET_SHARE
 * @return as the prompt, pc_share_read and pc_share_join; PC_E_INPUT also if a card is of another set or was read
 * before.
 */
PC_MUST_CHECK pc_status pc_share_ask(const pc_token_access *access, const char *what, pc_secret **ret_pin,
                                     pc_error *err);

#endif
