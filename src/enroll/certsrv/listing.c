/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/listing.h"

#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/html.h"
#include "enroll/certsrv/number.h"

/* --- renewals -------------------------------------------------------------------------------- */

static pc_span skip_blanks(pc_span text)
{
    while (text.len > 0 && pc_is_space(*text.start)) {
        text = (pc_span){ .start = text.start + 1, .len = text.len - 1 };
    }
    return text;
}

/* "= 2" */
static bool read_assignment(pc_span text, unsigned long *ret_number)
{
    text = skip_blanks(text);
    if (text.len == 0 || *text.start != '=') {
        return false;
    }
    return pc_number_read(skip_blanks((pc_span){ .start = text.start + 1, .len = text.len - 1 }), ret_number) > 0;
}

/* Searched for in the bytes, since it is in a script. */
bool pc_certsrv_renewals(const uint8_t *bytes, size_t len, unsigned long *ret_newest)
{
    static const char name[] = "nRenewals";
    const char *end = (const char *)bytes + len;

    for (const char *rest = (const char *)bytes; (rest = pc_text_find(rest, (size_t)(end - rest), name)) != NULL;) {
        rest += strlen(name);
        if (read_assignment((pc_span){ .start = rest, .len = (size_t)(end - rest) }, ret_newest)) {
            return true;
        }
    }
    return false;
}

/* --- templates ------------------------------------------------------------------------------- */

/* The option's text is the display name; its value ends with it, "E;WebServer;1;...;Web Server". */
static const char *display_name(pc_arena *arena, const xmlNode *option, const char *value)
{
    const char *text = pc_html_text(arena, option);
    const char *last = strrchr(value, ';');

    if (!text) {
        return NULL;
    }
    text = *text ? text : last + 1;
    return pc_text_escape(arena, text, strlen(text));
}

static pc_status add_template(pc_arena *arena, const xmlNode *option, pc_ca_templates *templates, pc_error *err)
{
    const char *value = pc_html_attribute(option, "value");
    const char *name = value ? strchr(value, ';') : NULL;
    size_t len = name ? strcspn(name + 1, ";") : 0;

    if (len == 0 || templates->count >= PC_CERTSRV_TEMPLATES) {
        return PC_OK;
    }
    pc_ca_template *item = PC_PUSH(arena, templates->items, templates->count);

    if (item) {
        item->name = pc_text_escape(arena, name + 1, len);
        item->display = display_name(arena, option, value);
    }
    return item && item->name && item->display ? PC_OK : pc_fail_memory(err);
}

static bool is_named(const xmlNode *element, const char *name)
{
    const char *own = pc_html_attribute(element, "name");

    return own && pc_text_equal(own, name);
}

/* Within the list, or within a group in it. */
static bool is_in_list(const xmlNode *element)
{
    while (element && !pc_html_is(element, "select")) {
        element = element->parent;
    }
    return element && is_named(element, "lbCertTemplate");
}

pc_status pc_certsrv_templates(pc_arena *arena, const uint8_t *bytes, size_t len, pc_ca_templates *ret_templates,
                               pc_error *err)
{
    PC_AUTO(xml_document) xmlDoc *page = NULL;
    pc_ca_templates templates = { .items = NULL };

    PC_TRY(pc_html_parse(bytes, len, &page, err));
    for (const xmlNode *each = pc_html_first(page); each; each = pc_html_next(each)) {
        /* The field that is sent is hidden; the one that is typed into has another name. */
        templates.is_form |= is_named(each, "CertRequest") || is_named(each, "taRequest");
        if (pc_html_is(each, "option") && is_in_list(each)) {
            PC_TRY(add_template(arena, each, &templates, err));
        }
    }
    *ret_templates = templates;
    return PC_OK;
}
