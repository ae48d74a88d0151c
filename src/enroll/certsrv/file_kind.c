/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/file_kind.h"

#include <string.h>

#include "base/text.h"

/* X.690 section 8.1.3: a definite length in one to four bytes. */
static pc_certsrv_file der_kind(const uint8_t *bytes, size_t len)
{
    size_t length_len = 0;
    size_t value_len = 0;

    if (len < 2 || bytes[0] != 0x30 || bytes[1] < 0x81 || bytes[1] > 0x84) {
        return PC_CERTSRV_FILE_NONE; /* nothing shorter than 128 bytes is a certificate */
    }
    length_len = bytes[1] & 0x7f;
    if (len < 2 + length_len) {
        return PC_CERTSRV_FILE_CUT;
    }
    for (size_t i = 0; i < length_len; i++) {
        value_len = value_len << 8 | bytes[2 + i];
    }
    return len == 2 + length_len + value_len ? PC_CERTSRV_FILE_DER : PC_CERTSRV_FILE_CUT;
}

pc_certsrv_file pc_certsrv_file_kind(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    static const char begin[] = "-----BEGIN ";
    size_t blank = 0;

    while (blank < len && (pc_is_space(text[blank]) || text[blank] == '\r' || text[blank] == '\n')) {
        blank++;
    }
    if (len - blank < strlen(begin) || memcmp(text + blank, begin, strlen(begin)) != 0) {
        return der_kind(bytes, len);
    }
    return memmem(text + blank, len - blank, "-----END ", 9) ? PC_CERTSRV_FILE_PEM : PC_CERTSRV_FILE_CUT;
}
