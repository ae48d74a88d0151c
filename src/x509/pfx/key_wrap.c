/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/key_wrap.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

#include "x509/openssl_error.h"

#define HEAP_SIZE  ((size_t)128 * 1024)
#define HEAP_LEAST 32u
#define PAIR_BITS  2048u
#define KEY_ROOM   ((size_t)16 * 1024) /* an RSA-16384 PKCS#8 has under 10 KB */
#define AES_BLOCK  16u

PC_AUTO_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free);
PC_AUTO_DEFINE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free);

pc_status pc_secure_heap_start(pc_error *err)
{
    if (CRYPTO_secure_malloc_initialized() || CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_LEAST) == 1) {
        return PC_OK;
    }
    ERR_clear_error();
    (void)pc_fail(err, PC_E_MEMORY, "memory for a private key (%zu bytes) cannot be locked", HEAP_SIZE);
    return pc_hint_resume(err, PC_E_MEMORY, "raise the limit of locked memory (ulimit -l) and run the command again");
}

pc_status pc_transport_pair_new(EVP_PKEY **ret_pair, pc_error *err)
{
    *ret_pair = EVP_RSA_gen(PAIR_BITS);
    return *ret_pair ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "a one-time RSA key cannot be generated");
}

pc_status pc_transport_key_open(EVP_PKEY *pair, pc_bytes wrapped, pc_secret **ret_key, pc_error *err)
{
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    PC_AUTO(pc_secret) pc_secret *key = NULL;

    PC_TRY(pc_secret_new((size_t)EVP_PKEY_get_size(pair), &key, err));
    size_t out = pc_secret_size(key);

    if (!context || EVP_PKEY_decrypt_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha1()) != 1 ||
        EVP_PKEY_decrypt(context, pc_secret_bytes(key), &out, wrapped.data, wrapped.len) != 1 ||
        out != PC_TRANSPORT_KEY_LEN) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the token did not return an AES-256 key under the one-time RSA key");
    }
    pc_secret_set_len(key, out);
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

pc_status pc_transport_key_new(pc_secret **ret_key, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *key = NULL;

    PC_TRY(pc_secret_new(PC_TRANSPORT_KEY_LEN, &key, err));
    if (RAND_priv_bytes(pc_secret_bytes(key), (int)PC_TRANSPORT_KEY_LEN) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random key could be generated");
    }
    pc_secret_set_len(key, PC_TRANSPORT_KEY_LEN);
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

/** A cipher and its direction. */
typedef struct {
    const EVP_CIPHER *cipher;
    pc_secret *key;
    const uint8_t *iv; /* NULL: the mode's default */
    bool encrypt;
} work;

static bool run_cipher(const work *run, pc_bytes in, pc_secret *out)
{
    PC_AUTO(EVP_CIPHER_CTX) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int put = 0;
    int rest = 0;

    if (!context || in.len + 2 * AES_BLOCK > pc_secret_size(out)) {
        return false;
    }
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_CipherInit_ex(context, run->cipher, NULL, pc_secret_bytes(run->key), run->iv, run->encrypt) != 1 ||
        EVP_CipherUpdate(context, pc_secret_bytes(out), &put, in.data, (int)in.len) != 1 || put < 0 ||
        EVP_CipherFinal_ex(context, pc_secret_bytes(out) + put, &rest) != 1) {
        return false;
    }
    pc_secret_set_len(out, (size_t)put + (size_t)rest);
    return true;
}

/* PKCS#7 padding to 8 bytes, the block size of RFC 3394. */
static bool drop_padding(pc_secret *plain)
{
    size_t len = pc_secret_len(plain);
    uint8_t count = len ? pc_secret_bytes(plain)[len - 1] : 0;

    if (count < 1 || count > 8 || count > len) {
        return false;
    }
    for (size_t i = len - count; i < len; i++) {
        if (pc_secret_bytes(plain)[i] != count) {
            return false;
        }
    }
    pc_secret_set_len(plain, len - count);
    return true;
}

pc_status pc_key_unwrap(pc_secret *transport, const uint8_t *iv, pc_bytes wrapped, pc_secret **ret_plain, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *plain = NULL;
    const work by_cbc = { .cipher = EVP_aes_256_cbc(), .key = transport, .iv = iv };
    const work by_kwp = { .cipher = EVP_aes_256_wrap_pad(), .key = transport };
    const work by_kw = { .cipher = EVP_aes_256_wrap(), .key = transport };

    PC_TRY(pc_secret_new(KEY_ROOM, &plain, err));
    bool whole =
        iv ? run_cipher(&by_cbc, wrapped, plain)
           : run_cipher(&by_kwp, wrapped, plain) || (run_cipher(&by_kw, wrapped, plain) && drop_padding(plain));

    if (!whole) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the %zu bytes that the token wrapped cannot be unwrapped",
                               wrapped.len);
    }
    ERR_clear_error();
    *ret_plain = PC_TAKE(plain);
    return PC_OK;
}

pc_status pc_key_wrap(pc_secret *transport, const uint8_t *iv, pc_secret *plain, pc_secret **ret_wrapped, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *wrapped = NULL;
    const work run = {
        .cipher = iv ? EVP_aes_256_cbc() : EVP_aes_256_wrap_pad(), .key = transport, .iv = iv, .encrypt = true
    };

    PC_TRY(pc_secret_new(KEY_ROOM, &wrapped, err));
    if (!run_cipher(&run, (pc_bytes){ pc_secret_bytes(plain), pc_secret_len(plain) }, wrapped)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the private key cannot be wrapped");
    }
    *ret_wrapped = PC_TAKE(wrapped);
    return PC_OK;
}

pc_status pc_pkcs8_read(pc_secret *plain, EVP_PKEY **ret_key, pc_error *err)
{
    const unsigned char *cursor = pc_secret_bytes(plain);
    PC_AUTO(PKCS8_PRIV_KEY_INFO)
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &cursor, (long)pc_secret_len(plain));
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the unwrapped data is not a private key");
    }
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

pc_status pc_pkcs8_write(const EVP_PKEY *key, pc_secret **ret_plain, pc_error *err)
{
    PC_AUTO(PKCS8_PRIV_KEY_INFO) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    PC_AUTO(pc_secret) pc_secret *plain = NULL;
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;

    if (len <= 0 || (size_t)len > KEY_ROOM) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the private key cannot be encoded");
    }
    PC_TRY(pc_secret_new(KEY_ROOM, &plain, err));
    unsigned char *cursor = pc_secret_bytes(plain);

    pc_secret_set_len(plain, (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &cursor));
    *ret_plain = PC_TAKE(plain);
    return PC_OK;
}

static pc_status add_number(const EVP_PKEY *key, const char *name, size_t least, pc_private_numbers *numbers,
                            pc_error *err)
{
    BIGNUM *number = BN_secure_new();
    size_t cursor = pc_secret_len(numbers->room);
    bool got = number && EVP_PKEY_get_bn_param(key, name, &number) == 1;
    size_t len = got ? (size_t)BN_num_bytes(number) : 0;

    len = len < least ? least : len;
    if (got && cursor + len <= pc_secret_size(numbers->room)) {
        pc_secret_set_len(numbers->room, cursor + len);
        got = BN_bn2binpad(number, pc_secret_bytes(numbers->room) + cursor, (int)len) == (int)len;
        numbers->len[numbers->count++] = len;
    }
    BN_clear_free(number);
    return got ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the numbers of the private key cannot be read");
}

/* An Ed25519 key's value is bytes, not a number (RFC 8032 section 5.1.5). */
static pc_status add_raw(const EVP_PKEY *key, pc_private_numbers *numbers, pc_error *err)
{
    size_t len = pc_secret_size(numbers->room);

    if (EVP_PKEY_get_raw_private_key(key, pc_secret_bytes(numbers->room), &len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the value of the private key cannot be read");
    }
    pc_secret_set_len(numbers->room, len);
    numbers->len[numbers->count++] = len;
    return PC_OK;
}

pc_status pc_private_numbers_of(const EVP_PKEY *key, pc_private_numbers *ret_numbers, pc_error *err)
{
    static const char *const rsa[] = { OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                       OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                       OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
    PC_AUTO(pc_secret) pc_secret *room = NULL;
    bool is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;

    PC_TRY(pc_secret_new(KEY_ROOM, &room, err));
    pc_private_numbers numbers = { .room = room };

    for (size_t i = 0; is_rsa && i < PC_COUNT(rsa); i++) {
        PC_TRY(add_number(key, rsa[i], 0, &numbers, err));
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1) {
        PC_TRY(add_raw(key, &numbers, err));
    } else if (!is_rsa) {
        PC_TRY(add_number(key, OSSL_PKEY_PARAM_PRIV_KEY, ((size_t)EVP_PKEY_get_bits(key) + 7) / 8, &numbers, err));
    }
    (void)PC_TAKE(room);
    *ret_numbers = numbers;
    return PC_OK;
}

pc_status pc_key_check_halves(EVP_PKEY *key, pc_error *err)
{
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

    return context && EVP_PKEY_pairwise_check(context) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_VERIFY, "this is not a key pair: its halves do not belong together");
}

pc_status pc_private_keys_equal(const EVP_PKEY *a, const EVP_PKEY *b, bool *ret_equal, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *first = NULL;
    PC_AUTO(pc_secret) pc_secret *second = NULL;

    PC_TRY(pc_pkcs8_write(a, &first, err));
    PC_TRY(pc_pkcs8_write(b, &second, err));
    size_t len = pc_secret_len(first);

    *ret_equal =
        len == pc_secret_len(second) && CRYPTO_memcmp(pc_secret_bytes(first), pc_secret_bytes(second), len) == 0;
    return PC_OK;
}
