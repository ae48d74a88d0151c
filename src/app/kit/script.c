/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/kit/kit.h"
#include "app/kit/template.h"

/* 0x08,0x00,0x1f: the serial number as in the registry, last byte first. */
static const char *serial_bytes(const pc_kit *kit)
{
    size_t most = kit->serial.len * strlen("0xff,") + 1;
    char *text = pc_arena_alloc(kit->arena, most);
    size_t used = 0;

    for (size_t i = kit->serial.len; i > 0 && text; i--) {
        used += (size_t)snprintf(text + used, most - used, "0x%02x%s", kit->serial.data[i - 1], i > 1 ? "," : "");
    }
    return text;
}

/* 'intermediate-1.cer', 'intermediate-2.cer' */
static const char *intermediates(const pc_kit *kit)
{
    int count = sk_X509_num(kit->certificates.issuers) - (kit->certificates.ends_in_root ? 1 : 0);
    const char *text = "";

    for (int i = 0; i < count && text; i++) {
        text = pc_arena_format(kit->arena, "%s%s'%s'", text, i ? ", " : "", kit->issuer_files[i]);
    }
    return text;
}

/* A self-signed certificate is its own root. */
static const char *roots(const pc_kit *kit)
{
    return !kit->certificates.ends_in_root              ? ""
           : sk_X509_num(kit->certificates.issuers) > 0 ? "'root.cer'"
                                                        : "'server.cer'";
}

static bool is_complete(const pc_kit_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!values[i].value) {
            return false;
        }
    }
    return true;
}

pc_status pc_kit_script(const pc_kit *kit, const char **ret_text, pc_error *err)
{
    const pc_kit_result *result = kit->result;
    const pc_kit_value values[] = {
        { "CSP", pc_kit_quote(kit->arena, result->csp ? result->csp : "") },
        { "AES", kit->order->legacy ? "$false" : "$true" },
        { "WAY", pc_kit_quote(kit->arena, pc_kit_way_name(result->way)) },
        { "NAME", pc_kit_quote(kit->arena, result->name) },
        { "THUMBPRINT", pc_kit_quote(kit->arena, result->thumbprint) },
        { "SERIAL", pc_kit_quote(kit->arena, result->serial) },
        { "SERIAL_BYTES", serial_bytes(kit) },
        { "ROOTS", roots(kit) },
        { "INTERMEDIATES", intermediates(kit) },
    };
    const char *text = NULL;

    if (!is_complete(values, PC_COUNT(values))) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_kit_fill(kit->arena, pc_kit_install_ps1, values, PC_COUNT(values), &text, err));
    *ret_text = pc_kit_windows_text(kit->arena, text);
    return *ret_text ? PC_OK : pc_fail_memory(err);
}
