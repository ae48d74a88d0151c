/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoding.h"

#include <iconv.h>
#include <string.h>

#include "base/text.h"

typedef struct {
    const char *name;
    const char *mark; /* byte order mark */
    size_t mark_len;
    const char *iconv; /* NULL: UTF-8 already */
} encoding_row;

enum { UTF_8_BOM, UTF_16LE, UTF_16BE, ASCII, UTF_8, WINDOWS_1252 };

static const encoding_row encodings[] = {
    [UTF_8_BOM] = { "utf-8-bom", "\xef\xbb\xbf", 3, NULL },
    [UTF_16LE] = { "utf-16le", "\xff\xfe", 2, "UTF-16LE" },
    [UTF_16BE] = { "utf-16be", "\xfe\xff", 2, "UTF-16BE" },
    [ASCII] = { "ascii", "", 0, NULL },
    [UTF_8] = { "utf-8", "", 0, NULL },
    [WINDOWS_1252] = { "windows-1252", "", 0, "WINDOWS-1252" },
};

static bool is_ascii(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* The encoding that a byte order mark announces, or NULL. */
static const encoding_row *marked(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < PC_COUNT(encodings); i++) {
        const encoding_row *row = &encodings[i];

        if (row->mark_len && len >= row->mark_len && memcmp(bytes, row->mark, row->mark_len) == 0) {
            return row;
        }
    }
    return NULL;
}

static const encoding_row *detect(const uint8_t *bytes, size_t len)
{
    const encoding_row *row = marked(bytes, len);

    if (row) {
        return row;
    }
    if (is_ascii(bytes, len)) {
        return &encodings[ASCII];
    }
    return &encodings[pc_text_is_utf8((const char *)bytes, len) ? UTF_8 : WINDOWS_1252];
}

static pc_status keep_utf8(pc_arena *arena, const uint8_t *bytes, size_t len, pc_decoded *decoded, pc_error *err)
{
    if (!pc_text_is_utf8((const char *)bytes, len)) {
        return pc_fail(err, PC_E_INPUT, "it has a UTF-8 byte order mark, but is not valid UTF-8");
    }
    decoded->text = pc_arena_text(arena, (const char *)bytes, len);
    decoded->len = len;
    return decoded->text ? PC_OK : pc_fail_memory(err);
}

static pc_status convert_all(iconv_t converter, pc_arena *arena, pc_span input, pc_decoded *decoded, pc_error *err)
{
    /* One byte of Windows-1252 or two bytes of UTF-16 become at most three bytes of UTF-8. */
    size_t room = input.len * 3;
    char *text = pc_arena_alloc(arena, room + 1);
    char *from = pc_arena_copy(arena, input.start, input.len);
    char *out = text;
    size_t left = input.len;

    if (!text || !from) {
        return pc_fail_memory(err);
    }
    if (iconv(converter, &from, &left, &out, &room) == (size_t)-1 || left) {
        return pc_fail(err, PC_E_INPUT, "byte %zu is not a valid character in its encoding, %s", input.len - left + 1,
                       decoded->encoding);
    }
    decoded->text = text;
    decoded->len = (size_t)(out - text);
    return PC_OK;
}

static pc_status convert(pc_arena *arena, const encoding_row *row, pc_span input, pc_decoded *decoded, pc_error *err)
{
    if (row->mark_len == 2 && input.len % 2) {
        return pc_fail(err, PC_E_INPUT, "it is %s, but has an odd number of bytes: it is truncated", row->name);
    }
    iconv_t converter = iconv_open("UTF-8", row->iconv);

    if (converter == (iconv_t)-1) {
        return pc_fail(err, PC_E_INTERNAL, "this system's iconv cannot convert %s", row->iconv);
    }
    pc_status status = convert_all(converter, arena, input, decoded, err);

    (void)iconv_close(converter);
    return status;
}

pc_status pc_encoding_decode(pc_arena *arena, const uint8_t *bytes, size_t len, pc_decoded *ret_decoded, pc_error *err)
{
    const encoding_row *row = detect(bytes, len);
    pc_decoded decoded = { .encoding = row->name };
    pc_span rest = { .start = (const char *)bytes + row->mark_len, .len = len - row->mark_len };

    if (row->iconv) {
        PC_TRY(convert(arena, row, rest, &decoded, err));
    } else {
        PC_TRY(keep_utf8(arena, bytes + row->mark_len, rest.len, &decoded, err));
    }
    *ret_decoded = decoded;
    return PC_OK;
}

pc_status pc_encoding_resolve_mark(pc_arena *arena, const char *file, pc_bytes *bytes, pc_error *err)
{
    pc_decoded decoded = { .encoding = NULL };

    if (!marked(bytes->data, bytes->len)) {
        return PC_OK;
    }
    pc_status status = pc_encoding_decode(arena, bytes->data, bytes->len, &decoded, err);

    if (status != PC_OK) {
        return pc_note(err, status, "cannot read \"%s\"", file);
    }
    *bytes = (pc_bytes){ .data = (const uint8_t *)decoded.text, .len = decoded.len };
    return PC_OK;
}

pc_status pc_encoding_to_utf16le(pc_arena *arena, const char *text, pc_bytes *ret_bytes, pc_error *err)
{
    const encoding_row *row = &encodings[UTF_16LE];
    /* One byte of ASCII becomes two; longer UTF-8 sequences grow less. */
    size_t left = strlen(text);
    size_t size = row->mark_len + left * 2;
    size_t room = left * 2;
    char *bytes = pc_arena_alloc(arena, size);
    char *from = pc_arena_string(arena, text);

    if (!bytes || !from) {
        return pc_fail_memory(err);
    }
    iconv_t converter = iconv_open(row->iconv, "UTF-8");
    char *out = bytes + row->mark_len;

    if (converter == (iconv_t)-1) {
        return pc_fail(err, PC_E_INTERNAL, "this system's iconv cannot convert to %s", row->iconv);
    }
    memcpy(bytes, row->mark, row->mark_len);
    bool done = iconv(converter, &from, &left, &out, &room) != (size_t)-1 && !left;

    (void)iconv_close(converter);
    if (!done) {
        return pc_fail(err, PC_E_INPUT, "the text is not valid UTF-8");
    }
    ret_bytes->data = (const uint8_t *)bytes;
    ret_bytes->len = (size_t)(out - bytes);
    return PC_OK;
}
