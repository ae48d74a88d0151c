/* SPDX-License-Identifier: Apache-2.0 */
#include "token/share.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define VERSION    1u
#define SET_LEN    4u
#define LABEL_LEN  (3u + SET_LEN) /* version, threshold, index, set */
#define CHECK_LEN  4u
#define PROOF_LEN  8u
#define UNIT       8u /* the length of the shared bytes is a multiple of this */
#define SHA256_LEN 32u
#define BYTES_MOST ((size_t)LABEL_LEN + PROOF_LEN + 1 + PC_SHARE_PIN_MOST + UNIT + CHECK_LEN)

/*
 * Not libgfshare: it allocates all its memory, including that of secret and coefficients, with malloc, and cannot be
 * given locked memory. Its random source is a function that returns nothing, so a generator that fails would go
 * unnoticed.
 */

/* --- GF(2^8), without branches and tables that depend on a secret ------------------------------ */

static uint8_t multiply(uint8_t left, uint8_t right)
{
    unsigned product = 0;
    unsigned shifted = left;
    unsigned bits = right;

    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= shifted & (0u - (bits >> bit & 1u));
        shifted = shifted << 1 ^ (0x11du & (0u - (shifted >> 7 & 1u)));
    }
    return (uint8_t)product;
}

/* The 254th power. */
static uint8_t invert(uint8_t value)
{
    uint8_t result = 1;

    for (unsigned bit = 0; bit < 7; bit++) {
        value = multiply(value, value);
        result = multiply(result, value);
    }
    return result;
}

/* --- the shared bytes ---------------------------------------------------------------------------- */

static pc_status digest(const uint8_t *bytes, size_t len, uint8_t out[static SHA256_LEN], pc_error *err)
{
    return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1
               ? PC_OK
               : pc_fail(err, PC_E_CRYPTO, "cannot compute a SHA-256");
}

/* The first bytes of a digest of the set and of everything after the proof, by which a correct result is recognised. */
static pc_status prove(const uint8_t *set, pc_secret *content, uint8_t *out, pc_error *err)
{
    const size_t len = pc_secret_len(content) - PROOF_LEN;
    PC_AUTO(pc_secret) pc_secret *text = NULL;
    uint8_t whole[SHA256_LEN];

    PC_TRY(pc_secret_new(SET_LEN + len, &text, err));
    memcpy(pc_secret_bytes(text), set, SET_LEN);
    memcpy(pc_secret_bytes(text) + SET_LEN, pc_secret_bytes(content) + PROOF_LEN, len);
    PC_TRY(digest(pc_secret_bytes(text), SET_LEN + len, whole, err));
    memcpy(out, whole, PROOF_LEN);
    OPENSSL_cleanse(whole, sizeof whole);
    return PC_OK;
}

static pc_status make_content(pc_secret *pin, const uint8_t *set, pc_secret **ret_content, pc_error *err)
{
    const size_t pin_len = pc_secret_len(pin);
    const size_t len = (PROOF_LEN + 1 + pin_len + UNIT - 1) / UNIT * UNIT;
    PC_AUTO(pc_secret) pc_secret *content = NULL;

    PC_TRY(pc_secret_new(len, &content, err));
    uint8_t *bytes = pc_secret_bytes(content);

    bytes[PROOF_LEN] = (uint8_t)pin_len;
    memcpy(bytes + PROOF_LEN + 1, pc_secret_bytes(pin), pin_len);
    pc_secret_set_len(content, len);
    PC_TRY(prove(set, content, bytes, err));
    *ret_content = PC_TAKE(content);
    return PC_OK;
}

/* --- cards --------------------------------------------------------------------------------------- */

static pc_status write_card(pc_secret *share, pc_secret **ret_card, pc_error *err)
{
    static const char digits[] = "0123456789abcdef";
    const size_t len = pc_secret_len(share);
    PC_AUTO(pc_secret) pc_secret *card = NULL;
    size_t out = 0;

    PC_TRY(pc_secret_new(len * 2 + len / 2 + 1, &card, err));
    uint8_t *text = pc_secret_bytes(card);

    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = pc_secret_bytes(share)[i];

        if (i && i % 2 == 0) {
            text[out++] = '-';
        }
        text[out++] = (uint8_t)digits[byte >> 4];
        text[out++] = (uint8_t)digits[byte & 15];
    }
    pc_secret_set_len(card, out);
    *ret_card = PC_TAKE(card);
    return PC_OK;
}

static int digit_value(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* @return false if there is anything but whole bytes in hex. */
static bool read_hex(pc_secret *card, pc_secret *share)
{
    uint8_t *bytes = pc_secret_bytes(share);
    size_t count = 0; /* in digits */

    for (size_t i = 0; i < pc_secret_len(card); i++) {
        const uint8_t c = pc_secret_bytes(card)[i];
        const int value = digit_value(c);

        if (c == ' ' || c == '-' || c == '\t') {
            continue;
        }
        if (value < 0 || count / 2 == BYTES_MOST) {
            return false;
        }
        bytes[count / 2] = (uint8_t)(bytes[count / 2] << 4 | value);
        count++;
    }
    pc_secret_set_len(share, count / 2);
    return count % 2 == 0;
}

static pc_status check_card(pc_secret *share, pc_error *err)
{
    const size_t len = pc_secret_len(share);
    const uint8_t *bytes = pc_secret_bytes(share);
    uint8_t sum[SHA256_LEN];

    if (len < LABEL_LEN + PROOF_LEN + UNIT + CHECK_LEN || (len - LABEL_LEN - CHECK_LEN) % UNIT != 0 ||
        bytes[0] != VERSION) {
        return pc_fail(err, PC_E_INPUT, "this is not a share: groups are missing, or it is something else");
    }
    PC_TRY(digest(bytes, len - CHECK_LEN, sum, err));
    if (CRYPTO_memcmp(sum, bytes + len - CHECK_LEN, CHECK_LEN) != 0) {
        return pc_fail(err, PC_E_INPUT, "the share has a typing error: its last two groups do not fit the others");
    }
    return bytes[1] >= 2 && bytes[2] >= 1
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "this is not a share: its threshold or its index is out of range");
}

pc_status pc_share_read(pc_secret *card, pc_secret **ret_share, pc_share_label *ret_label, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *share = NULL;

    PC_TRY(pc_secret_new(BYTES_MOST, &share, err));
    if (!read_hex(card, share)) {
        return pc_fail(err, PC_E_INPUT, "a share consists of hex digits in groups of four");
    }
    PC_TRY(check_card(share, err));
    const uint8_t *bytes = pc_secret_bytes(share);

    *ret_label = (pc_share_label){ .threshold = bytes[1], .index = bytes[2] };
    memcpy(ret_label->set, bytes + 3, SET_LEN);
    *ret_share = PC_TAKE(share);
    return PC_OK;
}

/* --- splitting --------------------------------------------------------------------------------- */

/* For each byte: the value at `index` of a polynomial whose constant term is that byte. The other coefficients are
 * random. */
static void evaluate(pc_secret *content, pc_secret *coefficients, unsigned threshold, uint8_t index, uint8_t *out)
{
    const size_t len = pc_secret_len(content);

    for (size_t i = 0; i < len; i++) {
        uint8_t value = 0;

        for (size_t degree = threshold - 1; degree > 0; degree--) {
            value = multiply((uint8_t)(value ^ pc_secret_bytes(coefficients)[(degree - 1) * len + i]), index);
        }
        out[i] = (uint8_t)(value ^ pc_secret_bytes(content)[i]);
    }
}

typedef struct {
    pc_secret *content;
    pc_secret *coefficients;
    unsigned threshold;
    const uint8_t *set;
} polynomial;

static pc_status make_card(const polynomial *shared, unsigned index, pc_secret **ret_card, pc_error *err)
{
    const size_t len = pc_secret_len(shared->content);
    PC_AUTO(pc_secret) pc_secret *share = NULL;
    uint8_t sum[SHA256_LEN];

    PC_TRY(pc_secret_new(BYTES_MOST, &share, err));
    uint8_t *bytes = pc_secret_bytes(share);

    bytes[0] = VERSION;
    bytes[1] = (uint8_t)shared->threshold;
    bytes[2] = (uint8_t)index;
    memcpy(bytes + 3, shared->set, SET_LEN);
    evaluate(shared->content, shared->coefficients, shared->threshold, (uint8_t)index, bytes + LABEL_LEN);
    PC_TRY(digest(bytes, LABEL_LEN + len, sum, err));
    memcpy(bytes + LABEL_LEN + len, sum, CHECK_LEN);
    pc_secret_set_len(share, LABEL_LEN + len + CHECK_LEN);
    return write_card(share, ret_card, err);
}

pc_status pc_share_check_numbers(unsigned threshold, unsigned count, pc_error *err)
{
    return count >= 2 && count <= PC_SHARE_COUNT_MOST && threshold >= 2 && threshold <= count
               ? PC_OK
               : pc_fail(err, PC_E_USAGE,
                         "%u of %u shares: there are 2 to %u, and at least 2 are required to join them", threshold,
                         count, PC_SHARE_COUNT_MOST);
}

static pc_status check_pin(const pc_secret *pin, pc_error *err)
{
    return pc_secret_len(pin) >= 1 && pc_secret_len(pin) <= PC_SHARE_PIN_MOST
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "a PIN in shares has 1 to %u bytes", PC_SHARE_PIN_MOST);
}

pc_status pc_share_split(pc_secret *pin, unsigned threshold, unsigned count, pc_secret **ret_cards, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *content = NULL;
    PC_AUTO(pc_secret) pc_secret *coefficients = NULL;
    uint8_t set[SET_LEN];

    PC_TRY(pc_share_check_numbers(threshold, count, err));
    PC_TRY(check_pin(pin, err));
    if (RAND_bytes(set, sizeof set) != 1) {
        return pc_fail(err, PC_E_CRYPTO, "no random bytes can be generated");
    }
    PC_TRY(make_content(pin, set, &content, err));
    const size_t random_len = (threshold - 1) * pc_secret_len(content);

    PC_TRY(pc_secret_new(random_len, &coefficients, err));
    if (RAND_priv_bytes(pc_secret_bytes(coefficients), (int)random_len) != 1) {
        return pc_fail(err, PC_E_CRYPTO, "no random bytes can be generated");
    }
    for (unsigned i = 0; i < count; i++) {
        PC_TRY(make_card(&(polynomial){ content, coefficients, threshold, set }, i + 1, &ret_cards[i], err));
    }
    return PC_OK;
}

/* --- joining ----------------------------------------------------------------------------------- */

/* The Lagrange coefficient of a share at 0. Indices are not secret. */
static uint8_t weight(pc_secret *const *shares, unsigned count, unsigned own)
{
    const uint8_t index = pc_secret_bytes(shares[own])[2];
    uint8_t result = 1;

    for (unsigned i = 0; i < count; i++) {
        const uint8_t other = pc_secret_bytes(shares[i])[2];

        if (i != own) {
            result = multiply(result, multiply(other, invert((uint8_t)(other ^ index))));
        }
    }
    return result;
}

static pc_status take_pin(pc_secret *content, const uint8_t *set, pc_secret **ret_pin, pc_error *err)
{
    const uint8_t *bytes = pc_secret_bytes(content);
    const size_t len = bytes[PROOF_LEN];
    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    uint8_t proof[PROOF_LEN];

    PC_TRY(prove(set, content, proof, err));
    if (CRYPTO_memcmp(proof, bytes, PROOF_LEN) != 0 || len == 0 || len > pc_secret_len(content) - PROOF_LEN - 1) {
        return pc_fail(err, PC_E_AUTH, "the shares do not belong together, or one was altered");
    }
    PC_TRY(pc_secret_new(len, &pin, err));
    memcpy(pc_secret_bytes(pin), bytes + PROOF_LEN + 1, len);
    pc_secret_set_len(pin, len);
    *ret_pin = PC_TAKE(pin);
    return PC_OK;
}

pc_status pc_share_join(pc_secret *const *shares, unsigned count, pc_secret **ret_pin, pc_error *err)
{
    const size_t len = pc_secret_len(shares[0]) - LABEL_LEN - CHECK_LEN;
    PC_AUTO(pc_secret) pc_secret *content = NULL;

    PC_TRY(pc_secret_new(len, &content, err));
    for (unsigned i = 0; i < count; i++) {
        const uint8_t factor = weight(shares, count, i);

        if (pc_secret_len(shares[i]) != len + LABEL_LEN + CHECK_LEN) {
            return pc_fail(err, PC_E_AUTH, "the shares do not belong together: they differ in length");
        }
        for (size_t j = 0; j < len; j++) {
            pc_secret_bytes(content)[j] ^= multiply(pc_secret_bytes(shares[i])[LABEL_LEN + j], factor);
        }
    }
    pc_secret_set_len(content, len);
    return take_pin(content, pc_secret_bytes(shares[0]) + 3, ret_pin, err);
}

/* --- prompting ------------------------------------------------------------------------------------ */

typedef struct {
    pc_secret *shares[PC_SHARE_COUNT_MOST];
    pc_share_label labels[PC_SHARE_COUNT_MOST];
    unsigned count;
} collection;

static void clear_collection(collection *held)
{
    for (unsigned i = 0; i < held->count; i++) {
        pc_secret_free(held->shares[i]);
    }
    held->count = 0;
}

PC_AUTO_DEFINE_VALUE(collection, collection, clear_collection);

static pc_status check_label(const collection *held, const pc_share_label *label, pc_error *err)
{
    if (label->threshold > PC_SHARE_COUNT_MOST) {
        return pc_fail(err, PC_E_INPUT, "a share of which %u are required", label->threshold);
    }
    for (unsigned i = 0; i < held->count; i++) {
        if (memcmp(held->labels[i].set, label->set, SET_LEN) != 0 || held->labels[i].threshold != label->threshold) {
            return pc_fail(err, PC_E_INPUT, "share %u is not of the same set as the previous one; nothing was tried",
                           label->index);
        }
        if (held->labels[i].index == label->index) {
            return pc_fail(err, PC_E_INPUT, "share %u was entered already; nothing was tried", label->index);
        }
    }
    return PC_OK;
}

static pc_status ask_one(const pc_token_access *access, const char *what, collection *held, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *card = NULL;
    PC_AUTO(pc_secret) pc_secret *share = NULL;
    pc_share_label label = { .threshold = 0 };
    char prompt[400];

    (void)snprintf(prompt, sizeof prompt, "share %u of the %s", held->count + 1, what);
    PC_TRY(pc_secret_new(4 * BYTES_MOST, &card, err));
    PC_TRY(access->prompt(access->prompt_context, PC_SECRET_SHARE, prompt, card, err));
    PC_TRY(pc_share_read(card, &share, &label, err));
    PC_TRY(check_label(held, &label, err));
    held->labels[held->count] = label;
    held->shares[held->count++] = PC_TAKE(share);
    return PC_OK;
}

pc_status pc_share_ask(const pc_token_access *access, const char *what, pc_secret **ret_pin, pc_error *err)
{
    PC_AUTO(collection) collection held = { .count = 0 };

    if (!access || !access->prompt) {
        return pc_fail(err, PC_E_AUTH, "no prompt is possible for the shares of the %s", what);
    }
    do {
        PC_TRY(ask_one(access, what, &held, err));
    } while (held.count < held.labels[0].threshold);
    return pc_share_join(held.shares, held.count, ret_pin, err);
}
