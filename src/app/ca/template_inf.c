/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/template_inf.h"

#include <string.h>

#include <p11cert/request.h>

#include "base/text.h"

#define USUAL_USAGE (PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT)

static bool is_ml_dsa(const pc_template *item)
{
    return pc_text_starts(item->key_algorithm, "ML-DSA-");
}

/* ML-DSA keys encipher nothing (RFC 9881 section 3). */
static unsigned usage_of(const pc_template *item)
{
    const unsigned usage = item->key_usage ? item->key_usage : USUAL_USAGE;

    return is_ml_dsa(item) ? usage & ~(unsigned)(PC_KU_KEY_ENCIPHERMENT | PC_KU_DATA_ENCIPHERMENT | PC_KU_KEY_AGREEMENT)
                           : usage;
}

static const char *key_lines(pc_arena *arena, const pc_template *item)
{
    if (pc_text_starts(item->key_algorithm, "EC P-")) {
        return pc_arena_format(arena, "KeyAlgorithm = ECDSA_P%s\r\n", item->key_algorithm + strlen("EC P-"));
    }
    if (is_ml_dsa(item)) {
        return pc_arena_format(arena, "KeyAlgorithm = \"ML-DSA:%s\"\r\n", item->key_algorithm + strlen("ML-DSA-"));
    }
    return pc_arena_format(arena, "KeyAlgorithm = RSA\r\nKeyLength = %u\r\n%s",
                           item->key_bits > 2048 ? item->key_bits : 2048,
                           item->key_spec ? (item->key_spec == 1 ? "KeySpec = 1\r\n" : "KeySpec = 2\r\n") : "");
}

static const char *usage_lines(pc_arena *arena, const pc_template *item)
{
    const char *lines = item->usage_count ? "\r\n[EnhancedKeyUsageExtension]\r\n" : "";

    for (size_t i = 0; lines && i < item->usage_count; i++) {
        lines = pc_arena_format(arena, "%sOID = %s\r\n", lines, item->usages[i]);
    }
    return lines;
}

const char *pc_template_to_inf(pc_arena *arena, const pc_template *item, const char *url)
{
    bool is_ours = (item->subject_flags & PC_TEMPLATE_SUBJECT_BY_ENROLLEE) != 0;
    const char *key = key_lines(arena, item);
    const char *usages = usage_lines(arena, item);

    return !key || !usages
               ? NULL
               : pc_arena_format(arena,
                                 "; For the template \"%s\", as %s describes it.\r\n\r\n"
                                 "[Version]\r\nSignature = \"$Windows NT$\"\r\n\r\n"
                                 "[NewRequest]\r\n"
                                 "; %s\r\n"
                                 "Subject = \"CN=server.contoso.com\"\r\n"
                                 "%sKeyUsage = 0x%02x\r\nHashAlgorithm = %s\r\nExportable = FALSE\r\n%s%s"
                                 "RequestType = PKCS10\r\n%s"
                                 "\r\n[RequestAttributes]\r\nCertificateTemplate = \"%s\"\r\n",
                                 item->name, url,
                                 is_ours ? "The names are yours: replace this one."
                                         : "The CA takes the names from the directory; this one only labels the key.",
                                 key, usage_of(item), is_ml_dsa(item) ? "NoHash" : "sha256",
                                 item->general_flags & PC_TEMPLATE_GENERAL_MACHINE ? "MachineKeySet = TRUE\r\n" : "",
                                 item->private_key_flags & PC_TEMPLATE_KEY_PSS
                                     ? "AlternateSignatureAlgorithm = TRUE\r\n"
                                     : "",
                                 usages, item->name);
}
