/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/request.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct {
    const char *name;
    unsigned bits;
    bool is_rsa;
} kinds[] = {
    [PC_KEY_RSA_2048] = { "rsa-2048", 2048, true },     [PC_KEY_RSA_3072] = { "rsa-3072", 3072, true },
    [PC_KEY_RSA_4096] = { "rsa-4096", 4096, true },     [PC_KEY_EC_P256] = { "ec-p256", 256, false },
    [PC_KEY_EC_P384] = { "ec-p384", 384, false },       [PC_KEY_EC_P521] = { "ec-p521", 521, false },
    [PC_KEY_ED25519] = { "ed25519", 256, false },       [PC_KEY_ML_DSA_44] = { "ml-dsa-44", 10496, false },
    [PC_KEY_ML_DSA_65] = { "ml-dsa-65", 15616, false }, [PC_KEY_ML_DSA_87] = { "ml-dsa-87", 20736, false },
};

static const char *const digests[] = {
    [PC_DIGEST_SHA256] = "sha256",
    [PC_DIGEST_SHA384] = "sha384",
    [PC_DIGEST_SHA512] = "sha512",
};

static const struct {
    unsigned bit;
    const char *name;
} usages[] = {
    { PC_KU_DIGITAL_SIGNATURE, "digitalSignature" },
    { PC_KU_NON_REPUDIATION, "nonRepudiation" },
    { PC_KU_KEY_ENCIPHERMENT, "keyEncipherment" },
    { PC_KU_DATA_ENCIPHERMENT, "dataEncipherment" },
    { PC_KU_KEY_AGREEMENT, "keyAgreement" },
    { PC_KU_KEY_CERT_SIGN, "keyCertSign" },
    { PC_KU_CRL_SIGN, "cRLSign" },
    { PC_KU_ENCIPHER_ONLY, "encipherOnly" },
    { PC_KU_DECIPHER_ONLY, "decipherOnly" },
};

const char *pc_key_kind_name(pc_key_kind kind)
{
    return (size_t)kind < PC_COUNT(kinds) ? kinds[kind].name : "unknown";
}

pc_status pc_key_kind_from_name(const char *name, pc_key_kind *ret_kind, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        if (pc_text_equal(name, kinds[i].name)) {
            *ret_kind = (pc_key_kind)i;
            return PC_OK;
        }
    }
    return pc_fail(
        err, PC_E_USAGE,
        "there is no key type \"%s\"; choose one of rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384, ec-p521, "
        "ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87",
        name);
}

unsigned pc_key_kind_bits(pc_key_kind kind)
{
    return (size_t)kind < PC_COUNT(kinds) ? kinds[kind].bits : 0;
}

bool pc_key_kind_is_rsa(pc_key_kind kind)
{
    return (size_t)kind < PC_COUNT(kinds) && kinds[kind].is_rsa;
}

bool pc_key_kind_is_ml_dsa(pc_key_kind kind)
{
    return kind == PC_KEY_ML_DSA_44 || kind == PC_KEY_ML_DSA_65 || kind == PC_KEY_ML_DSA_87;
}

const char *pc_digest_name(pc_digest digest)
{
    return (size_t)digest < PC_COUNT(digests) ? digests[digest] : "unknown";
}

const char *pc_key_usage_name(unsigned bit)
{
    for (size_t i = 0; i < PC_COUNT(usages); i++) {
        if (usages[i].bit == bit) {
            return usages[i].name;
        }
    }
    return NULL;
}
