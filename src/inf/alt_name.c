/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_name.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/host_name.h"
#include "base/text.h"
#include "inf/quoted.h"
#include "inf/x500.h"

/* Only visible ASCII: no blanks, control characters or other bytes. */
static bool is_visible_ascii(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

/* "upn=a@b.com", "mailto:a@b.com", "URL:https://b.com/": the kind would become a part of the name. */
static pc_status check_no_kind(const char *text, pc_error *err)
{
    static const char *const words[] = { "dns", "email", "mail", "mailto", "rfc822name", "smtp", "upn", "url", "uri" };
    const pc_span first = { .start = text, .len = strcspn(text, "=:") };

    for (size_t i = 0; text[first.len] && i < PC_COUNT(words); i++) {
        if (pc_span_equal(first, words[i])) {
            return pc_fail(err, PC_E_INPUT, "\"%s\" begins with a word for the kind of the name; write only the name",
                           pc_quote(text).text);
        }
    }
    return PC_OK;
}

static pc_status check_dns(const char *text, pc_error *err)
{
    if (strchr(text, '=')) {
        return pc_fail(err, PC_E_INPUT, "the DNS name \"%s\" contains '=': a '&' is missing between two names",
                       pc_quote(text).text);
    }
    if (!is_visible_ascii(text) && strpbrk(text, " \t")) {
        return pc_fail(err, PC_E_INPUT, "the DNS name \"%s\" contains a space", pc_quote(text).text);
    }
    if (!is_visible_ascii(text)) {
        return pc_fail(err, PC_E_INPUT, "the DNS name \"%s\" is not ASCII; write its xn--… form", pc_quote(text).text);
    }
    if (!pc_is_host_name(strncmp(text, "*.", 2) == 0 ? text + 2 : text, PC_HOST_NAME_WINDOWS)) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\" is not a DNS name: labels of 1 to 63 letters, digits and '-', 253 characters in all",
                       pc_quote(text).text);
    }
    return PC_OK;
}

static pc_status check_ip(const char *text, pc_error *err)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not an IPv4 or IPv6 address", pc_quote(text).text);
}

static pc_status check_email(const char *text, pc_error *err)
{
    const char *sign = strrchr(text, '@');

    PC_TRY(check_no_kind(text, err));
    if (!sign || sign == text || memchr(text, '@', (size_t)(sign - text)) || !is_visible_ascii(text) ||
        !pc_is_host_name(sign + 1, PC_HOST_NAME_WINDOWS)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not an ASCII mail address such as name@example.com",
                       pc_quote(text).text);
    }
    return PC_OK;
}

static pc_status check_upn(const char *text, pc_error *err)
{
    const char *sign = strchr(text, '@');
    bool plain = pc_text_is_utf8(text, strlen(text));

    PC_TRY(check_no_kind(text, err));
    for (const char *each = text; *each; each++) {
        plain = plain && (unsigned char)*each > ' ' && *each != 0x7f;
    }
    if (!plain || !sign || sign == text || sign[1] == '\0' || strchr(sign + 1, '@')) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a user principal name such as user@domain", pc_quote(text).text);
    }
    return PC_OK;
}

static pc_status check_uri(const char *text, pc_error *err)
{
    size_t scheme = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    PC_TRY(pc_text_starts(text, "mailto:") ? PC_OK : check_no_kind(text, err));
    if (scheme == 0 || text[scheme] != ':' || text[scheme + 1] == '\0' || pc_is_digit(text[0]) ||
        !is_visible_ascii(text) || strpbrk(text, "<>\"{}|\\^`")) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not an ASCII URI such as https://example.com/", pc_quote(text).text);
    }
    return PC_OK;
}

static pc_status check_rid(const char *text, pc_error *err)
{
    if (!pc_text_is_oid(text)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a dotted object identifier", pc_quote(text).text);
    }
    return PC_OK;
}

/* Where a byte of a GUID is in the text form: the first three groups are numbers, lowest byte first in memory. */
static const unsigned char guid_places[16] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34 };

static pc_status read_guid(pc_arena *arena, const char *text, pc_alt_name *name, pc_error *err)
{
    size_t len = strlen(text);
    bool braced = len == 38 && text[0] == '{' && text[37] == '}';
    const char *bare = text + braced;
    uint8_t *bytes = pc_arena_alloc(arena, sizeof guid_places);
    bool fits = len == (braced ? 38u : 36u) && bare[8] == '-' && bare[13] == '-' && bare[18] == '-' && bare[23] == '-';

    if (!bytes) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; fits && i < sizeof guid_places; i++) {
        char digits[3] = { bare[guid_places[i]], bare[guid_places[i] + 1], '\0' };
        size_t one = 0;
        const uint8_t *byte = pc_text_from_hex(arena, digits, &one);

        fits = byte && one == 1;
        bytes[i] = fits ? byte[0] : 0;
    }
    if (!fits) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a GUID such as f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39",
                       pc_quote(text).text);
    }
    name->bytes = (pc_bytes){ .data = bytes, .len = sizeof guid_places };
    return PC_OK;
}

static pc_status read_directory(pc_arena *arena, const char *text, pc_alt_name *name, pc_error *err)
{
    PC_TRY(pc_x500_parse(arena, text, &pc_x500_default, &name->directory, err));
    if (name->directory.count == 0) {
        return pc_fail(err, PC_E_INPUT, "the directory name is empty");
    }
    return pc_x500_check_text(&name->directory, err);
}

static const struct {
    const char *key;
    pc_status (*check)(const char *text, pc_error *err);
    pc_status (*read)(pc_arena *arena, const char *text, pc_alt_name *name, pc_error *err);
} kinds[] = {
    [PC_ALT_DNS] = { "dns", check_dns, NULL },
    [PC_ALT_IP] = { "ipaddress", check_ip, NULL },
    [PC_ALT_EMAIL] = { "email", check_email, NULL },
    [PC_ALT_UPN] = { "upn", check_upn, NULL },
    [PC_ALT_URI] = { "url", check_uri, NULL },
    [PC_ALT_RID] = { "registeredid", check_rid, NULL },
    [PC_ALT_DIRECTORY] = { "directoryname", NULL, read_directory },
    [PC_ALT_GUID] = { "guid", NULL, read_guid },
};

const char *pc_alt_name_key(pc_alt_name_kind kind)
{
    return (size_t)kind < PC_COUNT(kinds) ? kinds[kind].key : "unknown";
}

static bool same_other(const pc_alt_name *a, const pc_alt_name *b)
{
    if (strcmp(a->oid, b->oid) != 0 || a->form != b->form) {
        return false;
    }
    return a->form == PC_OTHER_UTF8 ? strcmp(a->text, b->text) == 0 : pc_bytes_equal(a->bytes, b->bytes);
}

bool pc_alt_name_same(const pc_alt_name *a, const pc_alt_name *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case PC_ALT_DNS:
        return pc_text_equal(a->text, b->text);
    case PC_ALT_GUID:
        return pc_bytes_equal(a->bytes, b->bytes);
    case PC_ALT_OTHER:
        return same_other(a, b);
    default:
        return strcmp(a->text, b->text) == 0;
    }
}

pc_status pc_alt_name_read(pc_arena *arena, pc_alt_name_kind kind, const char *text, pc_alt_name *ret_name,
                           pc_error *err)
{
    pc_alt_name name = { .kind = kind };

    if ((size_t)kind >= PC_COUNT(kinds)) {
        return pc_fail(err, PC_E_INTERNAL, "there is no alternative name of kind %d", (int)kind);
    }
    if (text[0] == '\0') {
        return pc_fail(err, PC_E_INPUT, "the alternative name %s= is empty", kinds[kind].key);
    }
    PC_TRY(kinds[kind].check ? kinds[kind].check(text, err) : kinds[kind].read(arena, text, &name, err));
    name.text = pc_arena_string(arena, text);
    if (!name.text) {
        return pc_fail_memory(err);
    }
    *ret_name = name;
    return PC_OK;
}
