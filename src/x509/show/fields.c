/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/show/fields.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/windows.h"

/* Names that OpenSSL does not know. */
static const struct {
    const char *oid;
    const char *words;
} windows_names[] = {
    { PC_OID_OS_VERSION, "OS version" },
    { PC_OID_CLIENT_INFO, "client information" },
    { PC_OID_CSP, "cryptographic provider" },
    { PC_OID_NAME_VALUE_PAIR, "name and value" },
    { PC_OID_RENEWAL_CERTIFICATE, "certificate to be renewed" },
    { PC_OID_TEMPLATE_NAME, "certificate template, by name" },
    { PC_OID_TEMPLATE_VERSION, "certificate template, by version" },
    { PC_OID_APPLICATION_POLICIES, "application policies" },
    { PC_OID_SMIME_CAPABILITIES, "S/MIME capabilities" },
    { PC_OID_SID, "security identifier" },
    { PC_OID_UPN, "user principal name" },
    { PC_OID_GUID, "GUID" },
    { "1.3.6.1.4.1.311.21.1", "CA version" },
    { "1.3.6.1.4.1.311.21.2", "previous CA certificate hash" },
    { "1.3.6.1.4.1.311.2.1.14", "extension request (Microsoft)" },
};

const char *pc_oid_words(const char *oid)
{
    for (size_t i = 0; i < PC_COUNT(windows_names); i++) {
        if (strcmp(oid, windows_names[i].oid) == 0) {
            return windows_names[i].words;
        }
    }
    int nid = OBJ_txt2nid(oid);

    return nid == NID_undef ? NULL : OBJ_nid2ln(nid);
}

static pc_status add(const pc_show *show, const char *name, const char *safe)
{
    pc_shown_field *field = safe ? PC_PUSH(show->arena, show->part->fields, show->part->field_count) : NULL;

    if (!field) {
        return PC_E_MEMORY;
    }
    *field = (pc_shown_field){ .name = name, .value = safe };
    return PC_OK;
}

pc_status pc_show_bytes_as_text(const pc_show *show, const char *name, const void *value, size_t len)
{
    return add(show, name, pc_text_escape(show->arena, len ? value : "", len));
}

pc_status pc_show_text(const pc_show *show, const char *name, const char *value)
{
    return pc_show_bytes_as_text(show, name, value, strlen(value));
}

pc_status pc_show_string(const pc_show *show, const char *name, const ASN1_STRING *string)
{
    PC_AUTO(openssl_bytes) unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);

    return len < 0 ? PC_E_INPUT : pc_show_bytes_as_text(show, name, utf8, (size_t)len);
}

pc_status pc_show_integer(const pc_show *show, const char *name, const ASN1_INTEGER *integer)
{
    int64_t number = 0;

    if (ASN1_INTEGER_get_int64(&number, integer) != 1) {
        return pc_show_hex(show, name,
                           (pc_bytes){ ASN1_STRING_get0_data(integer), (size_t)ASN1_STRING_length(integer) });
    }
    return add(show, name, pc_arena_format(show->arena, "%lld", (long long)number));
}

pc_status pc_show_oid(const pc_show *show, const char *name, const ASN1_OBJECT *oid)
{
    char dotted[128];
    int len = OBJ_obj2txt(dotted, sizeof dotted, oid, 1);

    if (len <= 0 || (size_t)len >= sizeof dotted) {
        return PC_E_INPUT;
    }
    const char *words = pc_oid_words(dotted);

    return add(show, name,
               words ? pc_arena_format(show->arena, "%s (%s)", dotted, words) : pc_arena_string(show->arena, dotted));
}

pc_status pc_show_hex(const pc_show *show, const char *name, pc_bytes bytes)
{
    const char *hex = pc_text_hex(show->arena, bytes, '\0');

    return add(show, name, hex ? pc_arena_format(show->arena, "{hex}%s", hex) : NULL);
}

pc_status pc_show_lines(const pc_show *show, BIO *lines)
{
    char *text = NULL;
    long len = BIO_get_mem_data(lines, &text);

    while (len > 0) {
        const char *end = memchr(text, '\n', (size_t)len);
        long line = end ? end - text : len;
        long blanks = 0;

        while (blanks < line && text[blanks] == ' ') {
            blanks++;
        }
        if (blanks < line) {
            PC_TRY(pc_show_bytes_as_text(show, "", text + blanks, (size_t)(line - blanks)));
        }
        text += line + (end ? 1 : 0);
        len -= line + (end ? 1 : 0);
    }
    return PC_OK;
}

pc_status pc_show_identity(const pc_show *show, const ASN1_OBJECT *oid)
{
    char dotted[512];
    int len = OBJ_obj2txt(dotted, sizeof dotted, oid, 1);

    /* An identifier that is too long is truncated: it can only be damaged. */
    show->part->oid = pc_arena_string(show->arena, len > 0 ? dotted : "?");
    show->part->name = show->part->oid ? pc_oid_words(show->part->oid) : NULL;
    return show->part->oid ? PC_OK : PC_E_MEMORY;
}

pc_status pc_show_finish(const pc_show *show, pc_status status)
{
    ERR_clear_error();
    if (status != PC_OK) {
        show->part->field_count = 0;
    }
    return status == PC_E_MEMORY ? PC_E_MEMORY : PC_OK;
}

void *pc_show_unpack(const ASN1_STRING *der, const ASN1_ITEM *item)
{
    const unsigned char *cursor = ASN1_STRING_get0_data(der);
    const unsigned char *end = cursor + ASN1_STRING_length(der);
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &cursor, ASN1_STRING_length(der), item);

    if (value && cursor != end) {
        ASN1_item_free(value, item);
        return NULL;
    }
    return value;
}
