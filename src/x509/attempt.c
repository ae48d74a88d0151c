/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/attempt.h"

#include <openssl/err.h>

void pc_attempt_begin(void)
{
    (void)ERR_set_mark();
}

void pc_attempt_end(void)
{
    (void)ERR_pop_to_mark();
}

X509 *pc_certificate_parse(pc_bytes der)
{
    const unsigned char *rest = der.data;

    pc_attempt_begin();
    X509 *certificate = rest ? d2i_X509(NULL, &rest, (long)der.len) : NULL;

    pc_attempt_end();
    return certificate;
}

X509_REQ *pc_request_parse(pc_bytes der)
{
    const unsigned char *rest = der.data;

    pc_attempt_begin();
    X509_REQ *csr = rest ? d2i_X509_REQ(NULL, &rest, (long)der.len) : NULL;

    pc_attempt_end();
    return csr;
}

X509_NAME *pc_name_parse(pc_bytes der)
{
    const unsigned char *rest = der.data;

    pc_attempt_begin();
    X509_NAME *name = rest ? d2i_X509_NAME(NULL, &rest, (long)der.len) : NULL;

    pc_attempt_end();
    return name;
}

bool pc_public_keys_equal(const EVP_PKEY *left, const EVP_PKEY *right)
{
    pc_attempt_begin();
    bool same = left && right && EVP_PKEY_eq(left, right) == 1;

    pc_attempt_end();
    return same;
}

bool pc_request_signature_holds(X509_REQ *csr)
{
    pc_attempt_begin();
    EVP_PKEY *public_key = X509_REQ_get0_pubkey(csr);
    bool holds = public_key && X509_REQ_verify(csr, public_key) == 1;

    pc_attempt_end();
    return holds;
}

bool pc_certificate_signature_holds(X509 *certificate, EVP_PKEY *issuer_key)
{
    pc_attempt_begin();
    bool holds = X509_verify(certificate, issuer_key) == 1;

    pc_attempt_end();
    return holds;
}

bool pc_certificate_is_self_issued(X509 *certificate)
{
    pc_attempt_begin();
    bool is = X509_self_signed(certificate, 0) == 1;

    pc_attempt_end();
    return is;
}
