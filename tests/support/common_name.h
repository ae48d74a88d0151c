/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_COMMON_NAME_H
#define TEST_SUPPORT_COMMON_NAME_H

#include <openssl/x509.h>

#include "must.h"

/* The name "CN=common_name", and the same as a certificate's or a request's. From OpenSSL 4 on a name inside one of
 * them cannot be written to, only set. */

static inline X509_NAME *name_of_common(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    union {
        const char *text;
        const unsigned char *bytes;
    } value = { .text = text };

    MUST(name && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, value.bytes, -1, -1, 0) == 1);
    return name;
}

static inline void set_subject(X509 *certificate, const char *text)
{
    X509_NAME *name = name_of_common(text);

    MUST(X509_set_subject_name(certificate, name) == 1);
    X509_NAME_free(name);
}

static inline void set_issuer(X509 *certificate, const char *text)
{
    X509_NAME *name = name_of_common(text);

    MUST(X509_set_issuer_name(certificate, name) == 1);
    X509_NAME_free(name);
}

static inline void set_request_subject(X509_REQ *request, const char *text)
{
    X509_NAME *name = name_of_common(text);

    MUST(X509_REQ_set_subject_name(request, name) == 1);
    X509_NAME_free(name);
}

#endif
