/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/tls_library.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "enroll/http/curl_calls.h"

bool pc_tls_library_is_openssl(const char *ssl_version, unsigned major)
{
    char ours[32];

    (void)snprintf(ours, sizeof ours, "OpenSSL/%u.", major);
    for (const char *word = ssl_version; word && *word;) {
        if (pc_text_starts(word, ours)) {
            return true;
        }
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return false;
}

pc_status pc_tls_library_check(const char *address, pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    const curl_version_info_data *curl = pc_curl()->version_info(CURLVERSION_NOW);

    if (pc_text_starts(address, "http://") || pc_tls_library_is_openssl(curl->ssl_version, OPENSSL_version_major())) {
        return PC_OK;
    }
    (void)pc_fail(
        err, PC_E_CRYPTO,
        "libcurl %s uses \"%s\" for TLS, and p11cert OpenSSL %s: a certificate whose key is on a token can be "
        "presented to the CA only if both use the same major version of OpenSSL; nothing was sent",
        curl->version, curl->ssl_version ? curl->ssl_version : "nothing", OpenSSL_version(OPENSSL_VERSION_STRING));
    return pc_hint(err, PC_E_CRYPTO,
                   "log in with a Kerberos ticket or a password, or install a libcurl that is built with that OpenSSL");
}
