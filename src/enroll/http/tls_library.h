/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_TLS_LIBRARY_H
#define PC_ENROLL_TLS_LIBRARY_H

#include <p11cert/error.h>

/**
 * Can libcurl present a certificate whose key is on a token? libcurl gets the certificate and the key as OpenSSL
 * objects. Two major versions of OpenSSL can be loaded in one process, but objects of one crash the other.
 *
 * @param address  of the CA; over plain HTTP no certificate is presented, so any libcurl will do
 * @return PC_OK; PC_E_CRYPTO, which names both libraries.
 */
PC_MUST_CHECK pc_status pc_tls_library_check(const char *address, pc_error *err);

/**
 * Is this libcurl's TLS library OpenSSL of the given major version?
 *
 * @param ssl_version  as in curl_version_info_data: "OpenSSL/3.0.19"; a build with several lists those that are not in
 *                     use in parentheses: "(GnuTLS/3.7.9) OpenSSL/3.0.19"; NULL if libcurl has none
 */
bool pc_tls_library_is_openssl(const char *ssl_version, unsigned major);

#endif
