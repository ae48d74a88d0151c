/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_X509_REQUEST_H
#define TEST_X509_REQUEST_H

/* Requests built from plain tables, and their parts as hex. Include after cmocka.h. */

#include <openssl/evp.h>
#include <string.h>

#include "base/bytes.h"
#include "x509/auto.h"
#include "x509/csr.h"
#include "x509_made.h"

#define COUNTED(array) (array), sizeof(array) / sizeof *(array)

static pc_name_attribute made_cn[] = { { .oid = "2.5.4.3", .key = "CN", .text = "server.contoso.com" } };
static pc_rdn made_rdns[] = { { made_cn, 1 } };

/* "CN=server.contoso.com" */
static inline pc_name made_subject(void)
{
    return (pc_name){ made_rdns, 1 };
}

/* As whoever receives it reads it. */
static inline X509_REQ *read_again(X509_REQ *csr)
{
    unsigned char *der = NULL;
    const int len = i2d_X509_REQ(csr, &der);
    const unsigned char *cursor = der;
    X509_REQ *read = len > 0 ? d2i_X509_REQ(NULL, &cursor, len) : NULL;

    assert_non_null(read);
    OPENSSL_free(der);
    X509_REQ_free(csr);
    return read;
}

/* Built and signed by a software key. */
static inline X509_REQ *made_csr(const pc_request *request, const pc_windows_claims *claims, EVP_PKEY *key)
{
    X509_REQ *csr = NULL;
    pc_error err = { .status = PC_OK };

    if (pc_csr_build(request, claims, key, &csr, &err) != PC_OK) {
        fail_msg("the request cannot be built: %s", err.frames[0]);
    }
    assert_true(X509_REQ_sign(csr, key, EVP_sha256()) > 0);
    return read_again(csr);
}

static inline void to_hex(pc_bytes bytes, char *out, size_t out_size)
{
    assert_true(bytes.len * 2 < out_size);
    out[0] = '\0';
    for (size_t i = 0; i < bytes.len; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes.data[i]);
    }
}

/* The one extension of that identifier, or NULL. */
static inline pc_kept_extension *extension_of(const STACK_OF(X509_EXTENSION) *list, const char *oid)
{
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    int at = X509v3_get_ext_by_OBJ(list, type, -1);

    if (at >= 0) {
        assert_int_equal(X509v3_get_ext_by_OBJ(list, type, at), -1);
    }
    ASN1_OBJECT_free(type);
    return at < 0 ? NULL : X509v3_get_ext(list, at);
}

/* Its content and criticality; "" if it is not there. Returns hex. */
static inline const char *extension_hex(const STACK_OF(X509_EXTENSION) *list, const char *oid, int *ret_critical,
                                        char hex[static 4096])
{
    pc_kept_extension *found = extension_of(list, oid);

    hex[0] = '\0';
    *ret_critical = found ? X509_EXTENSION_get_critical(found) : -1;
    if (found) {
        const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(found);

        to_hex((pc_bytes){ ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data) }, hex, 4096);
    }
    return hex;
}

#endif
