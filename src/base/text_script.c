/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_script.h"

#include <string.h>

#include "base/cleanup.h"

static const char latin[] = "Latin";
static const char greek[] = "Greek";
static const char coptic[] = "Coptic";
static const char cyrillic[] = "Cyrillic";
static const char armenian[] = "Armenian";
static const char georgian[] = "Georgian";
static const char cherokee[] = "Cherokee";

/* Ascending. Unassigned characters in a range do no harm. */
static const struct {
    uint32_t first;
    uint32_t last;
    const char *script;
} ranges[] = {
    { 'A', 'Z', latin },
    { 'a', 'z', latin },
    { 0xaa, 0xaa, latin },
    { 0xba, 0xba, latin },
    { 0xc0, 0xd6, latin },
    { 0xd8, 0xf6, latin },
    { 0xf8, 0x2b8, latin },
    { 0x2e0, 0x2e4, latin },
    { 0x370, 0x373, greek },
    { 0x376, 0x37d, greek },
    { 0x37f, 0x37f, greek },
    { 0x386, 0x386, greek },
    { 0x388, 0x3e1, greek },
    { 0x3e2, 0x3ef, coptic },
    { 0x3f0, 0x3ff, greek },
    { 0x400, 0x482, cyrillic },
    { 0x48a, 0x52f, cyrillic },
    { 0x531, 0x556, armenian },
    { 0x560, 0x588, armenian },
    { 0x10a0, 0x10fa, georgian },
    { 0x10fc, 0x10ff, georgian },
    { 0x13a0, 0x13fd, cherokee },
    { 0x1c80, 0x1c8a, cyrillic },
    { 0x1c90, 0x1cbf, georgian },
    { 0x1d00, 0x1d25, latin },
    { 0x1d26, 0x1d2a, greek },
    { 0x1d2b, 0x1d2b, cyrillic },
    { 0x1d2c, 0x1d5c, latin },
    { 0x1d5d, 0x1d61, greek },
    { 0x1d62, 0x1d65, latin },
    { 0x1d66, 0x1d6a, greek },
    { 0x1d6b, 0x1d77, latin },
    { 0x1d78, 0x1d78, cyrillic },
    { 0x1d79, 0x1dbe, latin },
    { 0x1dbf, 0x1dbf, greek },
    { 0x1e00, 0x1eff, latin },
    { 0x1f00, 0x1ffe, greek },
    { 0x2071, 0x2071, latin },
    { 0x207f, 0x207f, latin },
    { 0x2090, 0x209c, latin },
    { 0x2126, 0x2126, greek },
    { 0x212a, 0x212b, latin },
    { 0x2132, 0x2132, latin },
    { 0x214e, 0x214e, latin },
    { 0x2160, 0x2188, latin },
    { 0x2c60, 0x2c7f, latin },
    { 0x2c80, 0x2cff, coptic },
    { 0x2d00, 0x2d2d, georgian },
    { 0xa4d0, 0xa4fd, "Lisu" },
    { 0xa640, 0xa66e, cyrillic },
    { 0xa680, 0xa69d, cyrillic },
    { 0xa722, 0xa787, latin },
    { 0xa78b, 0xa7ff, latin },
    { 0xab30, 0xab5a, latin },
    { 0xab5c, 0xab64, latin },
    { 0xab65, 0xab65, greek },
    { 0xab66, 0xab69, latin },
    { 0xab70, 0xabbf, cherokee },
    { 0xfb00, 0xfb06, latin },
    { 0xfb13, 0xfb17, armenian },
    { 0xff21, 0xff3a, latin },
    { 0xff41, 0xff5a, latin },
    { 0x10400, 0x1044f, "Deseret" },
    { 0x10780, 0x107ba, latin },
    { 0x1d400, 0x1d7cb, "mathematical" },
    { 0x1df00, 0x1df2a, latin },
    { 0x1e030, 0x1e08f, cyrillic },
};

const char *pc_text_script(uint32_t point)
{
    for (size_t i = 0; i < PC_COUNT(ranges) && point >= ranges[i].first; i++) {
        if (point <= ranges[i].last) {
            return ranges[i].script;
        }
    }
    return NULL;
}

/* Spaces and punctuation of ASCII, of Latin-1, and of the blocks that have nothing else. */
static bool ends_word(uint32_t point)
{
    if (point < 0x80) {
        return !pc_is_alnum((char)point);
    }
    return (point <= 0xbf && !pc_text_script(point)) || (point >= 0x2000 && point <= 0x206f) ||
           (point >= 0x3000 && point <= 0x303f);
}

bool pc_text_find_mixture(pc_span text, pc_text_mixture *ret_mixture)
{
    pc_text_mixture found = { .scripts = { NULL, NULL } };
    size_t start = 0;
    size_t taken = 1;
    size_t i = 0;

    for (; i < text.len; i += taken) {
        const uint32_t point = pc_text_decode(text.start + i, text.len - i, &taken);
        const char *script = pc_text_script(point);

        if (ends_word(point)) {
            if (found.scripts[1]) {
                break;
            }
            found.scripts[0] = NULL;
            start = i + taken;
        } else if (script && (!found.scripts[0] || (!found.scripts[1] && script != found.scripts[0]))) {
            const size_t nth = found.scripts[0] != NULL;

            found.scripts[nth] = script;
            found.points[nth] = point;
        }
    }
    if (!found.scripts[1]) {
        return false;
    }
    found.word = (pc_span){ text.start + start, i - start };
    *ret_mixture = found;
    return true;
}
