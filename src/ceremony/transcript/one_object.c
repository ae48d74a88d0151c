/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/one_object.h"

#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "x509/attempt.h"

#define SEQUENCE 0x30
#define BEGIN    "-----BEGIN "

static const struct {
    const char *type;
    const char *line;  /* with which its block begins in PEM */
    const char *other; /* that of older programs; NULL: none */
    bool may_be_der;
} types[] = {
    { "certificate", BEGIN "CERTIFICATE-----", NULL, true },
    { "request", BEGIN "CERTIFICATE REQUEST-----", BEGIN "NEW CERTIFICATE REQUEST-----", true },
    { "crl", BEGIN "X509 CRL-----", NULL, true },
    { "public-key", BEGIN "PUBLIC KEY-----", NULL, false },
};

/* What is left after the first SEQUENCE; NULL if the bytes do not begin with one. */
static const uint8_t *after_sequence(pc_bytes bytes)
{
    const uint8_t *content = bytes.data;
    long len = 0;
    int tag = 0;
    int class = 0;

    if (bytes.len == 0 || bytes.len > INT_MAX || bytes.data[0] != SEQUENCE) {
        return NULL;
    }
    pc_attempt_begin();
    const int flags = ASN1_get_object(&content, &len, &tag, &class, (long)bytes.len);

    pc_attempt_end();
    if (flags != V_ASN1_CONSTRUCTED) { /* an error, or no definite length */
        return NULL;
    }
    const uint8_t *end = content + len;

    return ASN1_object_size(1, (int)len, V_ASN1_SEQUENCE) == end - bytes.data ? end : NULL;
}

bool pc_is_one_sequence(pc_bytes bytes)
{
    return bytes.len && after_sequence(bytes) == bytes.data + bytes.len;
}

static bool starts_with(pc_bytes text, const char *start)
{
    return text.len >= strlen(start) && memcmp(text.data, start, strlen(start)) == 0;
}

static bool is_one_block(pc_bytes text, const char *line, const char *other)
{
    size_t block_count = 0;
    size_t right_count = 0;

    while (text.len) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        const size_t len = end ? (size_t)(end + 1 - text.data) : text.len;

        block_count += starts_with(text, BEGIN);
        right_count += starts_with(text, line) || (other && starts_with(text, other));
        text = (pc_bytes){ text.data + len, text.len - len };
    }
    return block_count == 1 && right_count == 1;
}

bool pc_is_one_object(pc_bytes bytes, const char *type)
{
    for (size_t i = 0; i < PC_COUNT(types); i++) {
        if (strcmp(type, types[i].type) != 0) {
            continue;
        }
        if (bytes.len && bytes.data[0] == SEQUENCE) {
            const uint8_t *end = types[i].may_be_der ? after_sequence(bytes) : NULL;

            return end && pc_bytes_end_at(bytes, end);
        }
        return is_one_block(bytes, types[i].line, types[i].other);
    }
    return false;
}
