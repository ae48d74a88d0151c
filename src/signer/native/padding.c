/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/native/padding.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/bytes.h"

/* A number for which OpenSSL also has a name. */
typedef struct {
    int number;
    const char *word;
} named_number;

static const named_number modes[] = {
    { RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15 },
    { RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS },
};

static const named_number salts[] = {
    { RSA_PSS_SALTLEN_DIGEST, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST },
    { RSA_PSS_SALTLEN_MAX, OSSL_PKEY_RSA_PSS_SALT_LEN_MAX },
    { RSA_PSS_SALTLEN_AUTO, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO },
};

/* A decimal number as text, the form in which OpenSSL passes a salt length. */
static bool read_decimal(const char *text, int *ret_number)
{
    int number = 0;
    size_t len = 0;

    for (; text[len] >= '0' && text[len] <= '9' && len < 6; len++) {
        number = number * 10 + (text[len] - '0');
    }
    *ret_number = number;
    return len > 0 && text[len] == '\0';
}

static bool read_number(const OSSL_PARAM *param, const named_number *names, size_t count, int *ret_number)
{
    if (param->data_type != OSSL_PARAM_UTF8_STRING) {
        return OSSL_PARAM_get_int(param, ret_number) == 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(param->data, names[i].word) == 0) {
            *ret_number = names[i].number;
            return true;
        }
    }
    return read_decimal(param->data, ret_number);
}

static bool write_number(OSSL_PARAM *param, const named_number *names, size_t count, int number)
{
    char decimal[16];
    const char *word = decimal;

    if (param->data_type != OSSL_PARAM_UTF8_STRING) {
        return OSSL_PARAM_set_int(param, number) == 1;
    }
    (void)snprintf(decimal, sizeof decimal, "%d", number);
    for (size_t i = 0; i < count; i++) {
        word = names[i].number == number ? names[i].word : word;
    }
    return OSSL_PARAM_set_utf8_string(param, word) == 1;
}

pc_native_padding pc_native_padding_default(void)
{
    return (pc_native_padding){ .salt_len = RSA_PSS_SALTLEN_AUTO };
}

static bool set_mode(pc_native_padding *padding, const OSSL_PARAM *param)
{
    int mode = 0;

    if (!read_number(param, modes, PC_COUNT(modes), &mode) ||
        (mode != RSA_PKCS1_PADDING && mode != RSA_PKCS1_PSS_PADDING)) {
        return false;
    }
    padding->pss = mode == RSA_PKCS1_PSS_PADDING;
    return true;
}

static bool set_mask_digest(pc_native_padding *padding, const OSSL_PARAM *param)
{
    padding->mask_digest = param->data_type == OSSL_PARAM_UTF8_STRING ? EVP_get_digestbyname(param->data) : NULL;
    return padding->mask_digest != NULL;
}

bool pc_native_padding_set(pc_native_padding *padding, const OSSL_PARAM params[])
{
    const OSSL_PARAM *mode = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    const OSSL_PARAM *salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    const OSSL_PARAM *mask = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);

    return (!mode || set_mode(padding, mode)) &&
           (!salt || read_number(salt, salts, PC_COUNT(salts), &padding->salt_len)) &&
           (!mask || set_mask_digest(padding, mask));
}

static const char *name_of(const EVP_MD *digest)
{
    return digest ? EVP_MD_get0_name(digest) : "";
}

bool pc_native_padding_get(const pc_native_padding *padding, const EVP_MD *digest, OSSL_PARAM params[])
{
    OSSL_PARAM *mode = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    OSSL_PARAM *salt = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    OSSL_PARAM *mask = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    const EVP_MD *mask_digest = padding->mask_digest ? padding->mask_digest : digest;

    return (!mode ||
            write_number(mode, modes, PC_COUNT(modes), padding->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING)) &&
           (!salt || write_number(salt, salts, PC_COUNT(salts), padding->salt_len)) &&
           (!mask || OSSL_PARAM_set_utf8_string(mask, name_of(mask_digest)) == 1);
}

int pc_native_salt_len(const pc_native_padding *padding, const EVP_MD *digest, int key_bits)
{
    int digest_len = EVP_MD_get_size(digest);
    int room = (key_bits + 6) / 8 - digest_len - 2; /* RFC 8017 section 9.1.1, step 3 */

    switch (padding->salt_len) {
    case RSA_PSS_SALTLEN_DIGEST:
        return digest_len <= room ? digest_len : -1;
    case RSA_PSS_SALTLEN_AUTO:
    case RSA_PSS_SALTLEN_MAX:
        return room;
    default:
        /* AUTO_DIGEST_MAX, -4, is as much as there is room for, at most the digest's length. */
        return padding->salt_len >= 0 && padding->salt_len <= room ? padding->salt_len
               : padding->salt_len == -4                           ? (digest_len < room ? digest_len : room)
                                                                   : -1;
    }
}
