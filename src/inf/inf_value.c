/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_value.h"

#include <string.h>

#include "base/text.h"
#include "inf/quoted.h"

typedef enum {
    SETS_NOTHING,
    SETS_FORM,
    SETS_HEX,
    SETS_CRITICAL,
    NOT_HERE,
} tag_use;

static const struct tag_row {
    const char *name;
    tag_use use;
    pc_tagged_form form;
    const char *why;
} tags[] = {
    { "{text}", SETS_FORM, PC_TAGGED_TEXT, NULL },
    { "{utf8}", SETS_FORM, PC_TAGGED_UTF8, NULL },
    { "{octet}", SETS_FORM, PC_TAGGED_OCTET, NULL },
    { "{asn}", SETS_FORM, PC_TAGGED_DER, NULL },
    { "{hex}", SETS_HEX, PC_TAGGED_DER, NULL },
    { "{base64}", SETS_NOTHING, PC_TAGGED_DER, NULL },
    { "{critical}", SETS_CRITICAL, PC_TAGGED_DER, NULL },
    { "{file}", NOT_HERE, PC_TAGGED_DER,
      "an INF file that reads another file is not supported; write the value itself" },
    { "{decimal}", NOT_HERE, PC_TAGGED_DER, "write the DER in hex: {hex}02 01 05 is the number 5" },
};

static const struct tag_row *tag_at(const char *text)
{
    for (size_t i = 0; i < PC_COUNT(tags); i++) {
        if (pc_text_starts(text, tags[i].name)) {
            return &tags[i];
        }
    }
    return NULL;
}

bool pc_inf_is_tag(const char *text)
{
    return tag_at(text) != NULL;
}

static pc_status refuse_tag(const char *text, const struct tag_row *row, pc_error *err)
{
    pc_span tag = { .start = text, .len = strcspn(text, "}") };

    tag.len += text[tag.len] == '}';
    if (row && row->why) {
        return pc_fail(err, PC_E_INPUT, "the tag %s is not supported here: %s", row->name, row->why);
    }
    if (row) {
        return pc_fail(err, PC_E_INPUT, "the tag %s cannot follow the previous one", row->name);
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not a tag such as {text}", pc_quote_span(tag).text);
}

static bool apply(pc_tagged *tagged, const struct tag_row *row, bool *has_form)
{
    switch (row->use) {
    case SETS_FORM:
        if (*has_form || tagged->is_hex) {
            return false;
        }
        *has_form = true;
        tagged->form = row->form;
        return true;
    case SETS_HEX:
        tagged->is_hex = true;
        return tagged->form == PC_TAGGED_DER || tagged->form == PC_TAGGED_OCTET;
    case SETS_CRITICAL:
        tagged->is_critical = true;
        return true;
    case SETS_NOTHING:
        return tagged->form == PC_TAGGED_DER || tagged->form == PC_TAGGED_OCTET;
    case NOT_HERE:
        return false;
    }
    return false;
}

pc_status pc_tagged_read(const char *text, pc_tagged *ret_tagged, pc_error *err)
{
    pc_tagged tagged = { .form = PC_TAGGED_DER };
    bool has_form = false;

    for (;;) {
        while (pc_is_space(*text)) {
            text++;
        }
        if (*text != '{') {
            break;
        }
        const struct tag_row *row = tag_at(text);

        if (!row || !apply(&tagged, row, &has_form)) {
            return refuse_tag(text, row, err);
        }
        text += strlen(row->name);
        bool is_text = tagged.form == PC_TAGGED_UTF8 || tagged.form == PC_TAGGED_TEXT;

        if (is_text && !pc_text_starts(text, "{critical}")) {
            break; /* the rest is text, including its braces */
        }
    }
    tagged.rest = text;
    *ret_tagged = tagged;
    return PC_OK;
}

pc_status pc_tagged_bytes(pc_arena *arena, const pc_tagged *tagged, pc_bytes *ret_bytes, pc_error *err)
{
    pc_bytes bytes = { .len = 0 };
    pc_status status = PC_OK;

    if (tagged->is_hex) {
        bytes.data = pc_text_from_hex(arena, tagged->rest, &bytes.len);
        status = bytes.data ? PC_OK : PC_E_INPUT;
    } else {
        status = pc_der_from_base64(arena, tagged->rest, &bytes);
    }
    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    if (status != PC_OK) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not %s", pc_quote(tagged->rest).text,
                       tagged->is_hex ? "hex" : "base64; text needs a tag such as {text} in front");
    }
    *ret_bytes = bytes;
    return PC_OK;
}

static pc_status utf8_bytes(const pc_tagged *tagged, pc_bytes *ret_bytes, pc_error *err)
{
    size_t len = strlen(tagged->rest);

    if (!pc_text_is_utf8(tagged->rest, len)) {
        return pc_fail(err, PC_E_INPUT, "the text is not UTF-8");
    }
    *ret_bytes = (pc_bytes){ .data = (const uint8_t *)tagged->rest, .len = len };
    return PC_OK;
}

pc_status pc_tagged_der(pc_arena *arena, const pc_tagged *tagged, pc_bytes *ret_der, pc_error *err)
{
    pc_bytes der = { .len = 0 };

    PC_TRY(tagged->form == PC_TAGGED_UTF8 ? utf8_bytes(tagged, &der, err) : pc_tagged_bytes(arena, tagged, &der, err));
    if (tagged->form == PC_TAGGED_UTF8 || tagged->form == PC_TAGGED_OCTET) {
        der = pc_der_wrap(arena, tagged->form == PC_TAGGED_UTF8 ? PC_DER_UTF8_STRING : PC_DER_OCTET_STRING, der);
        if (!der.data) {
            return pc_fail_memory(err);
        }
    }
    if (!pc_der_is_one(der)) {
        return pc_fail(err, PC_E_INPUT, "its %zu bytes are not DER: one value with nothing after it", der.len);
    }
    *ret_der = der;
    return PC_OK;
}
