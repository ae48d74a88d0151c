/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kit/registry.h"

#include <string.h>

#include "base/encoding.h"

#define SERIAL_VALUE "\"ChannelCertificateSerialNumber\"=hex:"

/* regedit ends a line with ",\" after this many columns, and begins the next one with two spaces. */
enum { FULL_LINE = 77 };

static const char *hex_value(pc_arena *arena, pc_bytes serial)
{
    size_t most = strlen(SERIAL_VALUE) + serial.len * 3 + (serial.len * 3 / 70 + 1) * strlen("\\\r\n  ") + 1;
    char *text = pc_arena_alloc(arena, most);
    char *out = text;
    size_t column = strlen(SERIAL_VALUE);

    if (!text) {
        return NULL;
    }
    out = stpcpy(out, SERIAL_VALUE);
    for (size_t i = serial.len; i > 0; i--) {
        out += snprintf(out, most - (size_t)(out - text), "%02x%s", serial.data[i - 1], i > 1 ? "," : "");
        column += 3;
        if (column >= FULL_LINE && i > 1) {
            out = stpcpy(out, "\\\r\n  ");
            column = 2;
        }
    }
    return text;
}

pc_status pc_kit_registry(pc_arena *arena, pc_bytes serial, const char *thumbprint, pc_bytes *ret_bytes, pc_error *err)
{
    const char *value = hex_value(arena, serial);
    const char *text =
        value ? pc_arena_format(
                    arena,
                    "Windows Registry Editor Version 5.00\r\n\r\n"
                    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings]\r\n"
                    "%s\r\n\"ChannelCertificateHash\"=\"%s\"\r\n\r\n",
                    value, thumbprint)
              : NULL;

    return text ? pc_encoding_to_utf16le(arena, text, ret_bytes, err) : pc_fail_memory(err);
}
