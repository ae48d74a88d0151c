/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_NATIVE_SIGNATURE_H
#define PC_SIGNER_NATIVE_SIGNATURE_H

#include <openssl/core_dispatch.h>

/** Signing as OpenSSL calls it (provider-signature(7)). Nothing else is offered: the public half verifies. */
extern const OSSL_DISPATCH pc_native_rsa_signature[];
extern const OSSL_DISPATCH pc_native_ecdsa_signature[];
extern const OSSL_DISPATCH pc_native_message_signature[];

#endif
