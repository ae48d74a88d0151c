/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/ec_recovery.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>

#include "x509/auto.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(BN_CTX, BN_CTX, BN_CTX_free);
PC_AUTO_DEFINE(EC_GROUP, EC_GROUP, EC_GROUP_free);
PC_AUTO_DEFINE(EC_POINT, EC_POINT, EC_POINT_free);

/* x is r or r plus the order, and each x has two points; with a cofactor of 1 there are no others below the prime. */
#define CANDIDATES 4u
#define POINT_MOST 133u /* bytes of an uncompressed point on P-521 */

typedef struct {
    uint8_t bytes[POINT_MOST];
    size_t len;
} point_text;

typedef struct {
    point_text items[CANDIDATES];
    size_t count;
} candidates;

static pc_status group_of(pc_bytes parameters, EC_GROUP **ret_group, pc_error *err)
{
    const uint8_t *cursor = parameters.data;
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &cursor, (long)parameters.len);

    *ret_group = curve ? EC_GROUP_new_by_curve_name(OBJ_obj2nid(curve)) : NULL;
    ERR_clear_error();
    return *ret_group ? PC_OK : pc_fail(err, PC_E_INPUT, "CKA_EC_PARAMS does not name a curve that OpenSSL knows");
}

static bool write_point(const EC_GROUP *group, const EC_POINT *point, point_text *ret_text)
{
    ret_text->len =
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_text->bytes, sizeof ret_text->bytes, NULL);
    return ret_text->len > 0;
}

/* The leftmost bits of the hash, as many as the order has (FIPS 186-5 section 6.4.1). */
static BIGNUM *number_of(const EC_GROUP *group, pc_bytes message)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    const int surplus = (int)sizeof hash * 8 - EC_GROUP_order_bits(group);

    (void)SHA256(message.data, message.len, hash);
    PC_AUTO(BIGNUM) BIGNUM *number = BN_bin2bn(hash, sizeof hash, NULL);

    return number && (surplus <= 0 || BN_rshift(number, number, surplus) == 1) ? PC_TAKE(number) : NULL;
}

/** An equation to solve: Q = (s R - e G) / r. */
typedef struct {
    const EC_GROUP *group;
    const BIGNUM *r;
    const BIGNUM *s;
    BIGNUM *of_base;  /* -e / r */
    BIGNUM *of_point; /* s / r */
    BN_CTX *context;
} equation;

static bool prepare(const equation *given, const BIGNUM *number)
{
    const BIGNUM *order = EC_GROUP_get0_order(given->group);
    PC_AUTO(BIGNUM) BIGNUM *inverse = BN_mod_inverse(NULL, given->r, order, given->context);

    return inverse && BN_mod_mul(given->of_point, given->s, inverse, order, given->context) == 1 &&
           BN_mod_mul(given->of_base, number, inverse, order, given->context) == 1 &&
           BN_sub(given->of_base, order, given->of_base) == 1;
}

/* Adds the key whose nonce had the point with this x and parity; there may be no such point. */
static bool add_candidate(const equation *solved, const BIGNUM *x, int parity, candidates *all)
{
    PC_AUTO(EC_POINT) EC_POINT *nonce = EC_POINT_new(solved->group);
    PC_AUTO(EC_POINT) EC_POINT *key = EC_POINT_new(solved->group);

    if (!nonce || !key) {
        return false;
    }
    if (EC_POINT_set_compressed_coordinates(solved->group, nonce, x, parity, solved->context) != 1) {
        return true;
    }
    if (EC_POINT_mul(solved->group, key, solved->of_base, nonce, solved->of_point, solved->context) != 1) {
        return false;
    }
    if (EC_POINT_is_at_infinity(solved->group, key) == 1) {
        return true;
    }
    return write_point(solved->group, key, &all->items[all->count++]);
}

static bool add_candidates(const equation *solved, candidates *ret_all)
{
    PC_AUTO(BIGNUM) BIGNUM *x = BN_dup(solved->r);
    PC_AUTO(BIGNUM) BIGNUM *prime = BN_new();

    if (!x || !prime || EC_GROUP_get_curve(solved->group, prime, NULL, NULL, solved->context) != 1) {
        return false;
    }
    while (BN_cmp(x, prime) < 0 && ret_all->count < CANDIDATES) {
        if (!add_candidate(solved, x, 0, ret_all) || !add_candidate(solved, x, 1, ret_all) ||
            BN_add(x, x, EC_GROUP_get0_order(solved->group)) != 1) {
            return false;
        }
    }
    return true;
}

/* FIPS 186-5 section 6.4.2: from 1 to below the order. */
static bool is_in_range(const EC_GROUP *group, const BIGNUM *number)
{
    return !BN_is_zero(number) && !BN_is_negative(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
}

static pc_status list_candidates(const EC_GROUP *group, const pc_ec_signed *given, candidates *ret_all, pc_error *err)
{
    const uint8_t *cursor = given->signature.data;
    PC_AUTO(ECDSA_SIG) ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &cursor, (long)given->signature.len);
    PC_AUTO(BIGNUM) BIGNUM *hash = number_of(group, given->message);
    PC_AUTO(BIGNUM) BIGNUM *of_base = BN_new();
    PC_AUTO(BIGNUM) BIGNUM *of_point = BN_new();
    PC_AUTO(BN_CTX) BN_CTX *context = BN_CTX_new();

    ret_all->count = 0;
    if (!numbers) {
        ERR_clear_error();
        return pc_fail(err, PC_E_VERIFY, "the token's signature is not an ECDSA signature");
    }
    if (!hash || !of_base || !of_point || !context) {
        return pc_fail_memory(err);
    }
    const equation solved = { .group = group,
                              .r = ECDSA_SIG_get0_r(numbers),
                              .s = ECDSA_SIG_get0_s(numbers),
                              .of_base = of_base,
                              .of_point = of_point,
                              .context = context };

    if (!is_in_range(group, solved.r) || !is_in_range(group, solved.s)) {
        return pc_fail(err, PC_E_VERIFY, "a number of the token's signature is out of range");
    }
    bool done = prepare(&solved, hash) && add_candidates(&solved, ret_all);

    ERR_clear_error();
    return done ? PC_OK : pc_fail(err, PC_E_CRYPTO, "OpenSSL failed to compute a public key from a signature");
}

static bool contains(const candidates *all, const point_text *point)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].len == point->len && memcmp(all->items[i].bytes, point->bytes, point->len) == 0) {
            return true;
        }
    }
    return false;
}

pc_status pc_ec_base_point(pc_bytes parameters, pc_arena *arena, pc_bytes *ret_point, pc_error *err)
{
    PC_AUTO(EC_GROUP) EC_GROUP *group = NULL;
    point_text base;

    PC_TRY(group_of(parameters, &group, err));
    if (!write_point(group, EC_GROUP_get0_generator(group), &base)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL cannot encode the base point of a curve");
    }
    return pc_bytes_copy(arena, (pc_bytes){ base.bytes, base.len }, ret_point, err);
}

pc_status pc_ec_recover(pc_bytes parameters, const pc_ec_signed signatures[static 2], pc_arena *arena,
                        pc_bytes *ret_point, pc_error *err)
{
    PC_AUTO(EC_GROUP) EC_GROUP *group = NULL;
    candidates first;
    candidates second;
    const point_text *common = NULL;
    size_t count = 0;

    PC_TRY(group_of(parameters, &group, err));
    PC_TRY(list_candidates(group, &signatures[0], &first, err));
    PC_TRY(list_candidates(group, &signatures[1], &second, err));
    for (size_t i = 0; i < first.count; i++) {
        if (contains(&second, &first.items[i])) {
            common = &first.items[i];
            count++;
        }
    }
    return count == 1 ? pc_bytes_copy(arena, (pc_bytes){ common->bytes, common->len }, ret_point, err)
                      : pc_fail(err, PC_E_VERIFY, "two signatures by the private key do not show one public key");
}
