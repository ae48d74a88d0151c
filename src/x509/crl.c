/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/crl.h"

#include <limits.h>
#include <openssl/err.h>
#include <time.h>

#include "base/bytes.h"
#include "x509/openssl_error.h"

static X509_CRL *read_der(pc_bytes der)
{
    const uint8_t *cursor = der.data;
    PC_AUTO(X509_CRL) X509_CRL *crl = d2i_X509_CRL(NULL, &cursor, (long)der.len);

    return crl && pc_bytes_end_at(der, cursor) ? PC_TAKE(crl) : NULL;
}

static X509_CRL *read_pem(pc_bytes bytes)
{
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);

    return in ? PEM_read_bio_X509_CRL(in, NULL, NULL, NULL) : NULL;
}

pc_status pc_crl_read(pc_bytes bytes, const char *from, X509_CRL **ret_crl, pc_error *err)
{
    X509_CRL *crl = bytes.len == 0 || bytes.len > INT_MAX ? NULL
                    : bytes.data[0] == 0x30               ? read_der(bytes)
                                                          : read_pem(bytes);

    if (!crl) {
        ERR_clear_error();
        return pc_fail(err, PC_E_INPUT, "%s is not a readable CRL", from);
    }
    *ret_crl = crl;
    return PC_OK;
}

pc_status pc_crl_verify(X509_CRL *crl, X509 *issuer, pc_error *err)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0) {
        return pc_fail(err, PC_E_VERIFY, "the issuer named in the CRL is not the subject of the CA's certificate");
    }
    if (!key || X509_CRL_verify(crl, key) != 1) {
        ERR_clear_error();
        return pc_fail(err, PC_E_VERIFY,
                       "the signature of the CRL does not verify with the key of the CA's "
                       "certificate");
    }
    if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0) {
        return pc_fail(err, PC_E_VERIFY, "the CRL is a delta CRL, which is incomplete without its base CRL");
    }
    return PC_OK;
}

bool pc_crl_is_stale(const X509_CRL *crl)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

    return !next || ASN1_TIME_cmp_time_t(next, time(NULL)) <= 0;
}

pc_status pc_crl_to_der(const X509_CRL *crl, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509_CRL(crl, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be encoded");
    }
    const uint8_t *copy = pc_arena_copy(arena, der, (size_t)len);

    if (!copy) {
        return pc_fail_memory(err);
    }
    ret_der->data = copy;
    ret_der->len = (size_t)len;
    return PC_OK;
}
