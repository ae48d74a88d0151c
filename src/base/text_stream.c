/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_stream.h"

#include <iconv.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
    char mark[3];
    size_t mark_len;
    const char *charset;
} marks[] = {
    { "\xef\xbb\xbf", 3, NULL },
    { "\xff\xfe", 2, "UTF-16LE" },
    { "\xfe\xff", 2, "UTF-16BE" },
};

pc_text_stream pc_text_stream_open(FILE *in)
{
    pc_text_stream stream = { .in = in };
    int byte = getc_unlocked(in);

    /* Their first bytes differ, so at most one mark can match. */
    for (size_t i = 0; i < PC_COUNT(marks); i++) {
        while (byte != EOF && stream.ready_count < marks[i].mark_len &&
               byte == (unsigned char)marks[i].mark[stream.ready_count]) {
            stream.ready[stream.ready_count++] = (char)byte;
            byte = stream.ready_count < marks[i].mark_len ? getc_unlocked(in) : EOF;
        }
        if (stream.ready_count == marks[i].mark_len) {
            stream.charset = marks[i].charset;
            stream.ready_count = 0;
            return stream;
        }
        if (stream.ready_count) {
            break;
        }
    }
    if (byte != EOF) {
        stream.ready[stream.ready_count++] = (char)byte;
    }
    return stream;
}

/* Reads two bytes into `unit`; returns how many there were. */
static size_t read_unit(pc_text_stream *stream, char unit[static 2])
{
    size_t count = 0;

    for (int byte = 0; count < 2 && (byte = getc_unlocked(stream->in)) != EOF; count++) {
        unit[count] = (char)byte;
    }
    return count;
}

static bool is_first_of_pair(const pc_text_stream *stream, const char unit[static 2])
{
    unsigned high = (unsigned char)unit[strcmp(stream->charset, "UTF-16BE") == 0 ? 0 : 1];

    return high >= 0xd8 && high <= 0xdb;
}

/* Reads one character of UTF-16 into stream->ready, or the marker for an invalid one. */
static void convert(pc_text_stream *stream)
{
    char character[4];
    size_t left = read_unit(stream, character);
    char *from = character;
    char *out = stream->ready;
    size_t room = sizeof stream->ready;

    if (left == 2 && is_first_of_pair(stream, character)) {
        left += read_unit(stream, character + 2);
    }
    if (left == 0) {
        return;
    }
    iconv_t converter = iconv_open("UTF-8", stream->charset);
    bool is_whole = converter != (iconv_t)-1 && iconv(converter, &from, &left, &out, &room) == 0 && left == 0;

    if (converter != (iconv_t)-1) {
        (void)iconv_close(converter);
    }
    if (!is_whole) {
        out = stream->ready;
        *out++ = (char)PC_TEXT_STREAM_BROKEN;
    }
    stream->ready_count = (size_t)(out - stream->ready);
}

int pc_text_stream_next(pc_text_stream *stream)
{
    if (stream->ready_count == 0 && stream->charset) {
        convert(stream);
    }
    if (stream->ready_count == 0) {
        return stream->charset ? EOF : getc_unlocked(stream->in);
    }
    int byte = (unsigned char)stream->ready[0];

    stream->ready_count--;
    memmove(stream->ready, stream->ready + 1, stream->ready_count);
    return byte;
}

void pc_text_stream_back(pc_text_stream *stream, int byte)
{
    if (byte == EOF || stream->ready_count == sizeof stream->ready) {
        return;
    }
    memmove(stream->ready + 1, stream->ready, stream->ready_count);
    stream->ready[0] = (char)byte;
    stream->ready_count++;
}
