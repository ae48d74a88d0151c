/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/ssh_signature.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "x509/auto.h"
#include "x509/openssl_error.h"

#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define END   "-----END SSH SIGNATURE-----"

static const char magic[] = "SSHSIG";
#define MAGIC_LEN (sizeof magic - 1)

PC_AUTO_DEFINE(param_builder, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
PC_AUTO_DEFINE(params, OSSL_PARAM, OSSL_PARAM_free);
PC_AUTO_DEFINE(ecdsa_signature, ECDSA_SIG, ECDSA_SIG_free);
PC_AUTO_DEFINE(encoder, EVP_ENCODE_CTX, EVP_ENCODE_CTX_free);

/* The parts of the blob, borrowed from it. */
typedef struct {
    pc_bytes key;
    pc_bytes name_space;
    pc_bytes reserved;
    pc_bytes hash;
    pc_bytes signature;
} blob_parts;

static bool is_text(pc_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

/* A string of RFC 4251 section 5: its length in four bytes, and its bytes. */
static bool take_string(pc_bytes *rest, pc_bytes *ret_string)
{
    if (rest->len < 4) {
        return false;
    }
    const size_t len =
        (size_t)rest->data[0] << 24 | (size_t)rest->data[1] << 16 | (size_t)rest->data[2] << 8 | (size_t)rest->data[3];

    if (len > rest->len - 4) {
        return false;
    }
    *ret_string = (pc_bytes){ rest->data + 4, len };
    *rest = (pc_bytes){ rest->data + 4 + len, rest->len - 4 - len };
    return true;
}

static pc_status fail_form(pc_error *err)
{
    return pc_fail(err, PC_E_VERIFY, "not an SSH signature as \"ssh-keygen -Y sign\" writes it");
}

static pc_status decode_base64(pc_bytes text, pc_arena *arena, pc_bytes *ret_blob, pc_error *err)
{
    PC_AUTO(encoder) EVP_ENCODE_CTX *decoder = EVP_ENCODE_CTX_new();
    uint8_t *blob = pc_arena_alloc(arena, text.len + 3);
    int len = 0;
    int last_len = 0;

    if (!decoder || !blob) {
        return pc_fail_memory(err);
    }
    EVP_DecodeInit(decoder);
    if (EVP_DecodeUpdate(decoder, blob, &len, text.data, (int)text.len) < 0 ||
        EVP_DecodeFinal(decoder, blob + len, &last_len) < 0) {
        return fail_form(err);
    }
    *ret_blob = (pc_bytes){ blob, (size_t)len + (size_t)last_len };
    return PC_OK;
}

static pc_status remove_armor(pc_bytes armored, pc_arena *arena, pc_bytes *ret_blob, pc_error *err)
{
    const size_t begin_len = strlen(BEGIN "\n");
    const uint8_t *end = armored.len ? memmem(armored.data, armored.len, "\n" END, strlen("\n" END)) : NULL;

    if (!end || armored.len < begin_len || memcmp(armored.data, BEGIN "\n", begin_len) != 0) {
        return fail_form(err);
    }
    const uint8_t *start = armored.data + begin_len;

    return end < start ? fail_form(err)
                       : decode_base64((pc_bytes){ start, (size_t)(end + 1 - start) }, arena, ret_blob, err);
}

static pc_status split_blob(pc_bytes blob, blob_parts *ret_parts, pc_error *err)
{
    static const uint8_t version[] = { 0, 0, 0, 1 };
    const size_t head_len = MAGIC_LEN + sizeof version;

    if (blob.len < head_len || memcmp(blob.data, magic, MAGIC_LEN) != 0 ||
        memcmp(blob.data + MAGIC_LEN, version, sizeof version) != 0) {
        return fail_form(err);
    }
    pc_bytes rest = { blob.data + head_len, blob.len - head_len };

    if (!take_string(&rest, &ret_parts->key) || !take_string(&rest, &ret_parts->name_space) ||
        !take_string(&rest, &ret_parts->reserved) || !take_string(&rest, &ret_parts->hash) ||
        !take_string(&rest, &ret_parts->signature) || rest.len != 0) {
        return fail_form(err);
    }
    return is_text(ret_parts->name_space, PC_SSH_NAMESPACE)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "a signature for another purpose: sign with ssh-keygen -Y sign -n %s",
                         PC_SSH_NAMESPACE);
}

static pc_status key_from(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, ret_key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the key in the SSH signature cannot be used");
    }
    return PC_OK;
}

static pc_status rsa_key(pc_bytes rest, EVP_PKEY **ret_key, pc_error *err)
{
    pc_bytes exponent = { NULL, 0 };
    pc_bytes modulus = { NULL, 0 };

    if (!take_string(&rest, &exponent) || !take_string(&rest, &modulus) || rest.len != 0) {
        return fail_form(err);
    }
    PC_AUTO(param_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    PC_AUTO(BIGNUM) BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    PC_AUTO(BIGNUM) BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);

    if (!builder || !e || !n || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the key in the SSH signature cannot be read");
    }
    return key_from("RSA", builder, ret_key, err);
}

static const struct {
    const char *ssh;
    const char *openssl;
    const EVP_MD *(*digest)(void);
} curves[] = {
    { "nistp256", "P-256", EVP_sha256 },
    { "nistp384", "P-384", EVP_sha384 },
    { "nistp521", "P-521", EVP_sha512 },
};

static pc_status ec_key(pc_bytes rest, EVP_PKEY **ret_key, const EVP_MD **ret_digest, pc_error *err)
{
    pc_bytes curve = { NULL, 0 };
    pc_bytes point = { NULL, 0 };
    PC_AUTO(param_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!builder || !take_string(&rest, &curve) || !take_string(&rest, &point) || rest.len != 0) {
        return fail_form(err);
    }
    for (size_t i = 0; i < PC_COUNT(curves); i++) {
        if (!is_text(curve, curves[i].ssh)) {
            continue;
        }
        *ret_digest = curves[i].digest();
        if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curves[i].openssl, 0) != 1 ||
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) != 1) {
            return pc_fail_openssl(err, PC_E_CRYPTO, "the key in the SSH signature cannot be read");
        }
        return key_from("EC", builder, ret_key, err);
    }
    return pc_fail(err, PC_E_INPUT, "the curve of the key in the SSH signature is not supported");
}

static pc_status ed25519_key(pc_bytes rest, EVP_PKEY **ret_key, pc_error *err)
{
    pc_bytes raw = { NULL, 0 };

    if (!take_string(&rest, &raw) || rest.len != 0) {
        return fail_form(err);
    }
    *ret_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data, raw.len);
    return *ret_key ? PC_OK : pc_fail_openssl(err, PC_E_VERIFY, "the key in the SSH signature cannot be used");
}

/* A key, how its signatures are verified, and the name of their algorithm. */
typedef struct {
    EVP_PKEY *key;
    const EVP_MD *digest; /* NULL: Ed25519 hashes itself */
    pc_bytes signature;   /* in OpenSSL's form */
} ssh_check;

static void ssh_check_clear(ssh_check *check)
{
    EVP_PKEY_free(check->key);
}

PC_AUTO_DEFINE_VALUE(ssh_check, ssh_check, ssh_check_clear);

/* r and s as DER. */
static pc_status ecdsa_der(pc_bytes rest, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    pc_bytes left = { NULL, 0 };
    pc_bytes right = { NULL, 0 };
    PC_AUTO(ecdsa_signature) ECDSA_SIG *pair = ECDSA_SIG_new();
    PC_AUTO(openssl_bytes) uint8_t *der = NULL;

    if (!pair || !take_string(&rest, &left) || !take_string(&rest, &right) || rest.len != 0) {
        return fail_form(err);
    }
    PC_AUTO(BIGNUM) BIGNUM *r = BN_bin2bn(left.data, (int)left.len, NULL);
    PC_AUTO(BIGNUM) BIGNUM *s = BN_bin2bn(right.data, (int)right.len, NULL);

    if (!r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
        return pc_fail_memory(err);
    }
    r = NULL; /* the pair owns them */
    s = NULL;
    int len = i2d_ECDSA_SIG(pair, &der);

    return len > 0 ? pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, ret_der, err) : pc_fail_memory(err);
}

static pc_status choose_rsa_digest(pc_bytes algorithm, const EVP_MD **ret_digest, pc_error *err)
{
    *ret_digest = is_text(algorithm, "rsa-sha2-512")   ? EVP_sha512()
                  : is_text(algorithm, "rsa-sha2-256") ? EVP_sha256()
                                                       : NULL;
    return *ret_digest ? PC_OK : pc_fail(err, PC_E_VERIFY, "an RSA signature that is not rsa-sha2-256 or rsa-sha2-512");
}

static pc_status prepare(const blob_parts *parts, pc_arena *arena, ssh_check *ret_check, pc_error *err)
{
    pc_bytes key = parts->key;
    pc_bytes signature = parts->signature;
    pc_bytes type = { NULL, 0 };
    pc_bytes algorithm = { NULL, 0 };
    pc_bytes value = { NULL, 0 };

    if (!take_string(&key, &type) || !take_string(&signature, &algorithm) || !take_string(&signature, &value) ||
        signature.len != 0) {
        return fail_form(err);
    }
    ret_check->signature = value;
    if (is_text(type, "ssh-rsa")) {
        PC_TRY(choose_rsa_digest(algorithm, &ret_check->digest, err));
        return rsa_key(key, &ret_check->key, err);
    }
    if (!pc_bytes_equal(type, algorithm)) {
        return fail_form(err);
    }
    if (is_text(type, "ssh-ed25519")) {
        return ed25519_key(key, &ret_check->key, err);
    }
    if (type.len > 11 && memcmp(type.data, "ecdsa-sha2-", 11) == 0) {
        PC_TRY(ecdsa_der(value, arena, &ret_check->signature, err));
        return ec_key(key, &ret_check->key, &ret_check->digest, err);
    }
    return pc_fail(err, PC_E_INPUT,
                   "an SSH signature of a kind of key that is not supported: use RSA, ECDSA or Ed25519");
}

static uint8_t *put_string(uint8_t *cursor, pc_bytes string)
{
    *cursor++ = (uint8_t)(string.len >> 24);
    *cursor++ = (uint8_t)(string.len >> 16);
    *cursor++ = (uint8_t)(string.len >> 8);
    *cursor++ = (uint8_t)string.len;
    if (string.len) {
        memcpy(cursor, string.data, string.len);
    }
    return cursor + string.len;
}

/* The data that the key signed: the purpose, and a digest of the message. */
static pc_status signed_data(const blob_parts *parts, pc_bytes message, pc_arena *arena, pc_bytes *ret_data,
                             pc_error *err)
{
    const EVP_MD *hash = is_text(parts->hash, "sha512")   ? EVP_sha512()
                         : is_text(parts->hash, "sha256") ? EVP_sha256()
                                                          : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (!hash) {
        return fail_form(err);
    }
    if (EVP_Digest(message.data, message.len, digest, &digest_len, hash, NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute a digest");
    }
    uint8_t *data = pc_arena_alloc(arena, MAGIC_LEN + 16 + parts->name_space.len + parts->reserved.len +
                                              parts->hash.len + digest_len);

    if (!data) {
        return pc_fail_memory(err);
    }
    memcpy(data, magic, MAGIC_LEN);
    uint8_t *cursor = put_string(data + MAGIC_LEN, parts->name_space);

    cursor = put_string(cursor, parts->reserved);
    cursor = put_string(cursor, parts->hash);
    cursor = put_string(cursor, (pc_bytes){ digest, digest_len });
    *ret_data = (pc_bytes){ data, (size_t)(cursor - data) };
    return PC_OK;
}

static pc_status verify(const ssh_check *check, pc_bytes data, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || EVP_DigestVerifyInit(context, NULL, check->digest, NULL, check->key) != 1 ||
        EVP_DigestVerify(context, check->signature.data, check->signature.len, data.data, data.len) != 1) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the SSH signature does not match the file that it should sign");
    }
    return PC_OK;
}

/* As ssh-keygen -l prints it: base64 without padding. */
static pc_status name_key(pc_bytes key, pc_arena *arena, const char **ret_identity, pc_error *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    uint8_t text[2 * EVP_MAX_MD_SIZE];

    if (EVP_Digest(key.data, key.len, digest, &digest_len, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute a digest");
    }
    (void)EVP_EncodeBlock(text, digest, (int)digest_len);
    *ret_identity = pc_arena_format(arena, "SHA256:%.*s", (int)strcspn((char *)text, "="), (char *)text);
    return *ret_identity ? PC_OK : pc_fail_memory(err);
}

pc_status pc_ssh_signature_verify(pc_bytes armored, pc_bytes message, pc_arena *arena, const char **ret_identity,
                                  pc_error *err)
{
    pc_bytes blob = { NULL, 0 };
    pc_bytes data = { NULL, 0 };
    blob_parts parts = { .key = { NULL, 0 } };
    PC_AUTO(ssh_check) ssh_check check = { .key = NULL };

    PC_TRY(remove_armor(armored, arena, &blob, err));
    PC_TRY(split_blob(blob, &parts, err));
    PC_TRY(prepare(&parts, arena, &check, err));
    PC_TRY(signed_data(&parts, message, arena, &data, err));
    PC_TRY(verify(&check, data, err));
    return name_key(parts.key, arena, ret_identity, err);
}
