/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/weak_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "x509/algorithm.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

#define LEAST_RSA_BITS     2048
#define MOST_RSA_BITS      OPENSSL_RSA_MAX_MODULUS_BITS
#define LEAST_EXPONENT     65537
#define MOST_EXPONENT_BITS 256
#define LEAST_FACTOR       752 /* no factor of a modulus is smaller */
#define FERMAT_ROUNDS      100
#define CURVE_NAME_MOST    80

PC_AUTO_DEFINE(BN_CTX, BN_CTX, BN_CTX_free);

static bool is_rsa(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

/* --- RSA --- */

static const char *fault_of_size(int bits, pc_arena *arena)
{
    if (bits < LEAST_RSA_BITS) {
        return pc_arena_format(arena, "its RSA modulus has %d bits, and %d are the least (CA/B Forum TLS BR 6.1.5)",
                               bits, LEAST_RSA_BITS);
    }
    if (bits > MOST_RSA_BITS) {
        return pc_arena_format(arena, "its RSA modulus has %d bits, and OpenSSL verifies with at most %d", bits,
                               MOST_RSA_BITS);
    }
    return bits % 8 ? pc_arena_format(arena,
                                      "its RSA modulus has %d bits, which is not a multiple of 8 (CA/B Forum TLS BR "
                                      "6.1.5)",
                                      bits)
                    : "";
}

static const char *fault_of_exponent(const BIGNUM *exponent, pc_arena *arena)
{
    if (BN_num_bits(exponent) > MOST_EXPONENT_BITS) {
        return pc_arena_format(arena, "its RSA public exponent has more than %d bits (NIST SP 800-56B, section 6.2)",
                               MOST_EXPONENT_BITS);
    }
    const BN_ULONG word = BN_get_word(exponent); /* all ones if it does not fit */

    if (word < LEAST_EXPONENT) {
        return pc_arena_format(
            arena,
            "its RSA public exponent is %lu, and %d is the least (NIST SP 800-56B, section 6.2; CA/B "
            "Forum TLS BR 6.1.6)",
            (unsigned long)word, LEAST_EXPONENT);
    }
    return BN_is_odd(exponent) ? "" : "its RSA public exponent is even (CA/B Forum TLS BR 6.1.6)";
}

static const char *fault_of_factors(const BIGNUM *modulus, pc_arena *arena)
{
    for (BN_ULONG factor = 2; factor < LEAST_FACTOR; factor++) {
        if (BN_mod_word(modulus, factor) == 0) {
            return pc_arena_format(arena, "its RSA modulus has the factor %lu (CA/B Forum TLS BR 6.1.6)",
                                   (unsigned long)factor);
        }
    }
    return "";
}

static bool is_power_of_65537(BN_ULONG residue, BN_ULONG prime)
{
    BN_ULONG power = 1;

    do {
        if (power == residue) {
            return true;
        }
        power = power * LEAST_EXPONENT % prime;
    } while (power != 1);
    return false;
}

/* Primes of the faulty generator are powers of 65537 modulo each of these, and so is their product (Nemec et al., "The
 * Return of Coppersmith's Attack", section 3). Any other modulus has this property with a chance of less than 2^-27. */
static const char *fault_of_generator(const BIGNUM *modulus)
{
    static const unsigned char primes[] = { 3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                            47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                            107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };

    for (size_t i = 0; i < sizeof primes; i++) {
        if (!is_power_of_65537(BN_mod_word(modulus, primes[i]), primes[i])) {
            return "";
        }
    }
    return "its RSA modulus is from a generator whose keys can be computed (ROCA, CVE-2017-15361; CA/B Forum TLS BR "
           "6.1.1.3)";
}

/* The root, rounded down, by Newton's method from above. */
static bool find_root(BIGNUM *root, const BIGNUM *square, BN_CTX *context)
{
    PC_AUTO(BIGNUM) BIGNUM *next = BN_new();

    if (!next || !BN_set_word(root, 0) || !BN_set_bit(root, (BN_num_bits(square) + 1) / 2)) {
        return false;
    }
    for (;;) {
        if (!BN_div(next, NULL, square, root, context) || !BN_add(next, next, root) || !BN_rshift1(next, next)) {
            return false;
        }
        if (BN_cmp(next, root) >= 0) {
            return true;
        }
        BN_swap(next, root);
    }
}

static bool try_square(const BIGNUM *number, BIGNUM *root, BN_CTX *context, bool *ret_is)
{
    PC_AUTO(BIGNUM) BIGNUM *again = BN_new();

    if (!again || !find_root(root, number, context) || !BN_sqr(again, root, context)) {
        return false;
    }
    *ret_is = BN_cmp(again, number) == 0;
    return true;
}

/* Fermat's method: the modulus is the difference of two squares, and the first is close to it if the primes are close
 * to each other. */
static pc_status find_close_primes(const BIGNUM *modulus, bool *ret_found, pc_error *err)
{
    PC_AUTO(BN_CTX) BN_CTX *context = BN_CTX_new();
    PC_AUTO(BIGNUM) BIGNUM *middle = BN_new();
    PC_AUTO(BIGNUM) BIGNUM *rest = BN_new();
    PC_AUTO(BIGNUM) BIGNUM *root = BN_new();
    bool found = false;

    if (!context || !middle || !rest || !root || !try_square(modulus, middle, context, &found)) {
        return pc_fail_memory(err);
    }
    for (int i = 0; i < FERMAT_ROUNDS && !found; i++) {
        if (!BN_add_word(middle, 1) || !BN_sqr(rest, middle, context) || !BN_sub(rest, rest, modulus) ||
            !try_square(rest, root, context, &found)) {
            return pc_fail_memory(err);
        }
    }
    *ret_found = found;
    return PC_OK;
}

static pc_status fault_of_rsa(const EVP_PKEY *key, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *modulus = NULL;
    PC_AUTO(BIGNUM) BIGNUM *exponent = NULL;
    bool close = false;

    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1 ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the RSA key cannot be read");
    }
    const char *fault = fault_of_size(BN_num_bits(modulus), arena);

    fault = fault && !*fault ? fault_of_exponent(exponent, arena) : fault;
    fault = fault && !*fault ? fault_of_factors(modulus, arena) : fault;
    fault = fault && !*fault ? fault_of_generator(modulus) : fault;
    if (!fault) {
        return pc_fail_memory(err);
    }
    if (!*fault) {
        PC_TRY(find_close_primes(modulus, &close, err));
    }
    *ret_fault = *fault  ? fault
                 : close ? "its RSA primes are so close to each other that they can be computed (Fermat's method, "
                           "CVE-2022-26320; CA/B Forum TLS BR 6.1.1.3)"
                         : NULL;
    return PC_OK;
}

/* --- the others --- */

static pc_status fault_of_ec(const EVP_PKEY *key, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    char name[CURVE_NAME_MOST] = "";

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the name of the key's curve cannot be read");
    }
    const int nid = OBJ_txt2nid(name);

    if (nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1) {
        return PC_OK;
    }
    *ret_fault = pc_arena_format(arena,
                                 "its curve is %s, and only P-256, P-384 and P-521 are allowed (CA/B Forum TLS BR "
                                 "6.1.5)",
                                 name);
    return *ret_fault ? PC_OK : pc_fail_memory(err);
}

static bool is_other_allowed(const EVP_PKEY *key)
{
    return pc_algorithm_hashes_itself(key) || EVP_PKEY_is_a(key, "ED448");
}

pc_status pc_weak_key_fault(const EVP_PKEY *key, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    const char *fault = NULL;

    if (is_rsa(key)) {
        PC_TRY(fault_of_rsa(key, arena, &fault, err));
    } else if (EVP_PKEY_is_a(key, "EC")) {
        PC_TRY(fault_of_ec(key, arena, &fault, err));
    } else if (!is_other_allowed(key)) {
        fault = pc_arena_format(arena,
                                "its algorithm is %s, and only RSA, EC, Ed25519, Ed448 and ML-DSA are allowed (CA/B "
                                "Forum TLS BR 6.1.5; FIPS 186-5; FIPS 204)",
                                pc_algorithm_words(key));
        if (!fault) {
            return pc_fail_memory(err);
        }
    }
    *ret_fault = fault;
    return PC_OK;
}
