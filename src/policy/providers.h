/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROVIDERS_H
#define PC_POLICY_PROVIDERS_H

#include <stdbool.h>

#define PC_PROVIDER_SCHANNEL "Microsoft RSA SChannel Cryptographic Provider"

/** The type of a legacy provider (CSP) that comes with Windows, by its name without regard to case; 0: no such one. */
unsigned pc_provider_legacy_type(const char *name);

/** Is it, by its name, a key storage provider (KSP) of CNG? */
bool pc_provider_is_key_storage(const char *name);

#endif
