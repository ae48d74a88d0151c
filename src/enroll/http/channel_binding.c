/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/channel_binding.h"

#include <openssl/err.h>
#include <string.h>

#define PREFIX     "tls-server-end-point:"
#define PREFIX_LEN (sizeof PREFIX - 1)

_Static_assert(PREFIX_LEN + EVP_MAX_MD_SIZE == PC_CHANNEL_BINDING_MAX, "room for the prefix and any hash");

/* NULL: there is none, or this OpenSSL does not have it. */
static const EVP_MD *hash_of(X509 *certificate)
{
    int hash = NID_undef;

    if (X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1 || hash == NID_undef) {
        return NULL;
    }
    return hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
}

size_t pc_channel_binding_of(X509 *certificate, unsigned char binding[static PC_CHANNEL_BINDING_MAX])
{
    const EVP_MD *hash = hash_of(certificate);
    unsigned len = 0;
    int done = hash ? X509_digest(certificate, hash, binding + PREFIX_LEN, &len) : 0;

    ERR_clear_error();
    if (done != 1) {
        return 0;
    }
    memcpy(binding, PREFIX, PREFIX_LEN);
    return PREFIX_LEN + len;
}
