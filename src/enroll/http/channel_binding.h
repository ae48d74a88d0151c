/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_CHANNEL_BINDING_H
#define PC_ENROLL_CHANNEL_BINDING_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#define PC_CHANNEL_BINDING_MAX (21u + EVP_MAX_MD_SIZE) /**< bytes */

/**
 * What binds a login to TLS connections on which the server presents this certificate: "tls-server-end-point:" and a
 * hash of the certificate (RFC 5929 section 4.1, RFC 5056 section 2.1). The hash function is that of the certificate's
 * signature, but SHA-256 instead of MD5 and SHA-1. For RSA-PSS it is the one that its parameters name for the message.
 *
 * For a signature without a hash function of its own, such as Ed25519, the RFC defines no binding. A login then has
 * none, as with other clients: a server that requires one cannot have such a certificate.
 *
 * @return its length in bytes; 0 if there is none.
 */
size_t pc_channel_binding_of(X509 *certificate, unsigned char binding[static PC_CHANNEL_BINDING_MAX]);

#endif
