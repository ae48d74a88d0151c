/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/smime.h"

#include <openssl/objects.h>

#include "x509/openssl_error.h"
#include "x509/windows.h"

static const int ciphers[] = { NID_aes_256_cbc, NID_aes_192_cbc, NID_aes_128_cbc, NID_des_ede3_cbc };

pc_status pc_extension_add_smime_capabilities(pc_extension_list *list, pc_error *err)
{
    PC_AUTO(X509_ALGOR_stack) X509_ALGORS *capabilities = sk_X509_ALGOR_new_null();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    for (size_t i = 0; i < PC_COUNT(ciphers); i++) {
        if (!capabilities || PKCS7_simple_smimecap(capabilities, ciphers[i], 0) != 1) {
            return pc_fail_memory(err);
        }
    }
    int len = i2d_X509_ALGORS(capabilities, &der);

    return pc_extension_add_der(list, &(pc_extension_der){ PC_OID_SMIME_CAPABILITIES, false, der, len }, err);
}
