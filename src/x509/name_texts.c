/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/name_texts.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/host_name.h"
#include "base/text.h"
#include "x509/openssl_error.h"

#define NOT_THERE (-1) /* of X509_get_ext_d2i, for an extension that the certificate does not have */

/* "*." of a DNS name: the whole first label (RFC 9525 section 6.3). */
static bool is_dns_name(pc_span text)
{
    char name[256];

    if (text.len >= sizeof name || memchr(text.start, '\0', text.len)) {
        return false;
    }
    memcpy(name, text.start, text.len);
    name[text.len] = '\0';
    return pc_is_host_name(strncmp(name, "*.", 2) == 0 ? name + 2 : name, PC_HOST_NAME_WINDOWS);
}

static bool is_plain(pc_span text)
{
    return text.len && pc_text_plain_len(text.start, text.len) == text.len && !memchr(text.start, ' ', text.len);
}

static pc_span span_of(const ASN1_STRING *string)
{
    return (pc_span){ (const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string) };
}

/* What the name must be and is not; NULL if it is. */
static const char *kind_missed(const GENERAL_NAME *name, pc_span *ret_text)
{
    switch (name->type) {
    case GEN_DNS:
        *ret_text = span_of(name->d.dNSName);
        return is_dns_name(*ret_text) ? NULL : "host name";
    case GEN_IPADD:
        *ret_text = span_of(name->d.iPAddress);
        return ret_text->len == 4 || ret_text->len == 16 ? NULL : "address of IPv4 or IPv6";
    case GEN_EMAIL:
        *ret_text = span_of(name->d.rfc822Name);
        return is_plain(*ret_text) && memchr(ret_text->start, '@', ret_text->len) ? NULL : "mail address";
    case GEN_URI:
        *ret_text = span_of(name->d.uniformResourceIdentifier);
        return is_plain(*ret_text) ? NULL : "URI";
    default:
        return NULL;
    }
}

static pc_status judge_alt_name(const GENERAL_NAME *name, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    pc_span text = { "", 0 };
    const char *missed = kind_missed(name, &text);

    if (missed) {
        const char *safe = pc_text_escape(arena, text.start, text.len);

        *ret_fault =
            safe ? pc_arena_format(arena, "its alternative name \"%s\" is not a valid %s", safe, missed) : NULL;
        return *ret_fault ? PC_OK : pc_fail_memory(err);
    }
    return PC_OK;
}

/* NUL is not a character of a text, and ends it for many programs. */
static bool is_bad_text(pc_span text)
{
    return text.len == 0 || memchr(text.start, '\0', text.len) || !pc_text_is_utf8(text.start, text.len) ||
           pc_text_find_harmful(text, "");
}

static pc_status judge_attribute(const X509_NAME_ENTRY *entry, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *utf8 = NULL;
    char name[80] = "";
    const int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    const pc_span text = { (const char *)utf8, len > 0 ? (size_t)len : 0 };

    (void)OBJ_obj2txt(name, sizeof name, X509_NAME_ENTRY_get_object(entry), 0);
    if (len < 0) {
        return pc_fail_openssl(err, PC_E_INPUT, "%s of the subject cannot be read as text", name);
    }
    if (!is_bad_text(text)) {
        return PC_OK;
    }
    const char *safe = pc_text_escape(arena, text.len ? text.start : "", text.len);

    *ret_fault = !safe ? NULL
                 : text.len
                     ? pc_arena_format(arena, "%s of its subject, \"%s\", has a character that is not seen", name, safe)
                     : pc_arena_format(arena, "%s of its subject is empty", name);
    return *ret_fault ? PC_OK : pc_fail_memory(err);
}

pc_status pc_x509_find_bad_name(X509 *certificate, pc_arena *arena, const char **ret_fault, pc_error *err)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int critical = NOT_THERE;
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
    const char *fault = !names && critical != NOT_THERE ? "its alternative names cannot be read" : NULL;

    for (int i = 0; i < X509_NAME_entry_count(subject) && !fault; i++) {
        PC_TRY(judge_attribute(X509_NAME_get_entry(subject, i), arena, &fault, err));
    }
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !fault; i++) {
        PC_TRY(judge_alt_name(sk_GENERAL_NAME_value(names, i), arena, &fault, err));
    }
    *ret_fault = fault;
    return PC_OK;
}
