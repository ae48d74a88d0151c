/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_NATIVE_DISPATCH_H
#define PC_SIGNER_NATIVE_DISPATCH_H

/** A function in an OSSL_DISPATCH: OpenSSL keeps all of them as void (*)(void), whatever their type. */
#define PC_DISPATCH(function) (void (*)(void))(function)

#endif
