/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/openssl_error.h"

#include <openssl/err.h>
#include <stdio.h>

pc_status pc_fail_openssl(pc_error *err, pc_status status, const char *format, ...)
{
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    char text[PC_ERROR_TEXT];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ERR_clear_error();
    if (reason) {
        return pc_fail_code(err, status, PC_ORIGIN_OPENSSL, code, "%s: %s", text, reason);
    }
    return pc_fail_code(err, status, PC_ORIGIN_OPENSSL, code, "%s", text);
}
