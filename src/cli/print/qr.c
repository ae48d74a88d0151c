/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/qr.h"

#include <stdbool.h>

#include <qrencode.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(qr_code, QRcode, QRcode_free);

#define QUIET 2 /* light modules around it; readers cope with less than the standard's four */

static bool is_light(const QRcode *code, int row, int column)
{
    const bool is_inside = row >= 0 && column >= 0 && row < code->width && column < code->width;

    return !is_inside || (code->data[row * code->width + column] & 1) == 0;
}

/* Light modules are drawn in the text colour. */
static const char *two_modules(bool upper, bool lower)
{
    return upper ? (lower ? "\xe2\x96\x88" : "\xe2\x96\x80") : (lower ? "\xe2\x96\x84" : " ");
}

void pc_print_qr(FILE *out, const char *text)
{
    PC_AUTO(qr_code) QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    for (int row = -QUIET; code && row < code->width + QUIET; row += 2) {
        for (int column = -QUIET; column < code->width + QUIET; column++) {
            (void)fputs(two_modules(is_light(code, row, column), is_light(code, row + 1, column)), out);
        }
        (void)fputc('\n', out);
    }
}
