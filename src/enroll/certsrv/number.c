/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/number.h"

#include <string.h>

#define DIGITS_MAX 10u /* 4294967295 */

size_t pc_number_read(pc_span text, unsigned long *ret_number)
{
    char digits[DIGITS_MAX + 1] = "";
    size_t len = 0;

    while (len < text.len && pc_is_digit(text.start[len])) {
        len++;
    }
    if (len == 0 || len > DIGITS_MAX) {
        return 0;
    }
    memcpy(digits, text.start, len);
    return pc_text_to_number(digits, 0xffffffff, ret_number) ? len : 0;
}

unsigned long pc_number_only(pc_span text)
{
    unsigned long only = 0;

    for (size_t start = 0; start < text.len;) {
        size_t len = 0;
        unsigned long number = 0;

        while (start + len < text.len && pc_is_alnum(text.start[start + len])) {
            len++;
        }
        if (len && pc_number_read((pc_span){ .start = text.start + start, .len = len }, &number) == len && number) {
            if (only && only != number) {
                return 0;
            }
            only = number;
        }
        start += len ? len : 1;
    }
    return only;
}
