/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/algorithm.h"

#include <openssl/err.h>
#include <string.h>

#include "base/cleanup.h"
#include "x509/openssl_error.h"

static const char *const without_digest[] = { "ED25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };

/* OpenSSL names the lack of an algorithm; every other error is a failure to find out. */
pc_status pc_algorithm_is_known(const char *name, bool *ret_known, pc_error *err)
{
    ERR_set_mark();
    EVP_KEYMGMT *management = EVP_KEYMGMT_fetch(NULL, name, NULL);

    *ret_known = management != NULL;
    EVP_KEYMGMT_free(management);
    if (!*ret_known && ERR_GET_REASON(ERR_peek_last_error()) != ERR_R_UNSUPPORTED) {
        ERR_clear_last_mark();
        return pc_fail_openssl(err, PC_E_CRYPTO, "it is not known whether OpenSSL supports %s keys", name);
    }
    ERR_pop_to_mark();
    return PC_OK;
}

pc_status pc_algorithm_check(const char *name, pc_error *err)
{
    bool is_known = false;

    PC_TRY(pc_algorithm_is_known(name, &is_known, err));
    if (is_known) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_CRYPTO, "OpenSSL %s has no %s keys", OpenSSL_version(OPENSSL_VERSION_STRING), name);
    return pc_hint(err, PC_E_CRYPTO, "ML-DSA requires OpenSSL 3.5 or later, which Debian 13 has");
}

bool pc_algorithm_hashes_itself(const EVP_PKEY *key)
{
    for (size_t i = 0; i < PC_COUNT(without_digest); i++) {
        if (EVP_PKEY_is_a(key, without_digest[i]) == 1) {
            return true;
        }
    }
    return false;
}

const char *pc_algorithm_words(const EVP_PKEY *key)
{
    const char *name = EVP_PKEY_get0_type_name(key);

    return !name ? "unknown" : strcmp(name, "ED25519") == 0 ? "Ed25519" : name;
}
