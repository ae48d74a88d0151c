/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/providers.h"

#include "base/text.h"

/* The legacy providers that come with Windows, by the type that belongs to each. */
static const struct {
    const char *name;
    unsigned type;
} legacy_providers[] = {
    { PC_PROVIDER_SCHANNEL, 12 },
    { "Microsoft Enhanced Cryptographic Provider v1.0", 1 },
    { "Microsoft Strong Cryptographic Provider", 1 },
    { "Microsoft Enhanced RSA and AES Cryptographic Provider", 24 },
};

unsigned pc_provider_legacy_type(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(legacy_providers); i++) {
        if (pc_text_equal(name, legacy_providers[i].name)) {
            return legacy_providers[i].type;
        }
    }
    return 0;
}

bool pc_provider_is_key_storage(const char *name)
{
    if (pc_text_equal(name, "Microsoft Platform Crypto Provider")) {
        return true;
    }
    for (; *name; name++) {
        if (pc_text_starts(name, "Key Storage Provider")) {
            return true;
        }
    }
    return false;
}
