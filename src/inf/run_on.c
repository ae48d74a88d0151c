/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/run_on.h"

#include <string.h>

#include "base/cleanup.h"

/* certreq's keys, and what people write in their place. */
static const char *const name_keys[] = {
    "dns=", "email=",      "upn=",        "url=",     "ipaddress=", "registeredid=", "directoryname=", "guid=",
    "uri=", "ip address=", "rfc822name=", "dnsname=", NULL,
};

/* The keys, and what their values begin with: a notice may mention a key, but not with a value. "" is any value. */
static const struct {
    const char *key;
    const char *values[4];
} policy_keys[] = {
    { "OID=", { "0.", "1.", "2." } },
    { "URL=", { "http", "ldap", "ftp:", "file:" } },
    { "Notice=", { "" } },
};

/* An otherName's value shows that its key is an OID. */
static const char *const other_values[] = { "={utf8}", "={octet}", "={asn}", "={hex}" };

/* A name right after '?' or ';' in "?a=b;c=d" is a parameter of a URI. */
static bool is_parameter(pc_span uri, const char *key)
{
    for (const char *each = key; each > uri.start; each--) {
        if (strchr("?&;", each[-1])) {
            return true;
        }
        if (strchr("/=#", each[-1])) {
            return false;
        }
    }
    return false;
}

static bool starts_with(pc_span value, const char *place, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(value.start + value.len - place) >= len && pc_text_equal_n(place, len, word);
}

/* Of two positions, either of which may be NULL, the first in the text. */
static const char *first_of(const char *a, const char *b)
{
    return !a || (b && b < a) ? b : a;
}

const char *pc_run_on_key(pc_span value, const char *const *keys)
{
    const char *first = NULL;

    for (; *keys; keys++) {
        first = first_of(first, value.len ? pc_text_find(value.start, value.len, *keys) : NULL);
    }
    return first;
}

/* From "={utf8}" back to where the OID before it begins; NULL if there is none. */
static const char *find_other(pc_span value)
{
    for (size_t i = 0; i < PC_COUNT(other_values); i++) {
        const char *equals = value.len ? pc_text_find(value.start, value.len, other_values[i]) : NULL;
        const char *oid = equals;

        while (oid && oid > value.start && (pc_is_digit(oid[-1]) || oid[-1] == '.')) {
            oid--;
        }
        while (oid && oid < equals && *oid == '.') {
            oid++;
        }
        if (oid && oid < equals) {
            return oid;
        }
    }
    return NULL;
}

/* The longest key that ends with the '=' at `equals`, so that "ip address=" is not taken for "address=". */
static const char *key_before(pc_span value, const char *equals)
{
    const char *found = NULL;

    for (const char *const *key = name_keys; *key; key++) {
        size_t len = strlen(*key);

        if ((size_t)(equals + 1 - value.start) >= len && pc_text_equal_n(equals + 1 - len, len, *key)) {
            found = first_of(found, equals + 1 - len);
        }
    }
    return found;
}

const char *pc_run_on_name(pc_span value, bool is_uri)
{
    const char *end = value.start + value.len;

    for (const char *each = value.start; each < end; each++) {
        const char *key = *each == '=' ? key_before(value, each) : NULL;

        if (key && !(is_uri && is_parameter(value, key))) {
            const char *other = find_other((pc_span){ .start = value.start, .len = (size_t)(key - value.start) });

            return other ? other : key;
        }
    }
    return find_other(value);
}

static bool has_value_of(pc_span value, const char *place, size_t row)
{
    for (size_t i = 0; i < PC_COUNT(policy_keys[row].values) && policy_keys[row].values[i]; i++) {
        if (starts_with(value, place, policy_keys[row].values[i])) {
            return true;
        }
    }
    return false;
}

const char *pc_run_on_policy(pc_span value, bool is_uri)
{
    for (const char *each = value.start; each < value.start + value.len; each++) {
        for (size_t i = 0; i < PC_COUNT(policy_keys); i++) {
            bool is_key = starts_with(value, each, policy_keys[i].key) &&
                          has_value_of(value, each + strlen(policy_keys[i].key), i);

            if (is_key && !(is_uri && is_parameter(value, each))) {
                return each;
            }
        }
    }
    return NULL;
}

/* The arcs that the OIDs of key purposes and policies are in. */
const char *pc_run_on_oid(pc_span oid)
{
    static const char *const roots[] = { "1.3.6.1.5.5.7.", "1.3.6.1.4.1.", "1.3.6.1.5.2.3.", "2.5.29." };

    for (size_t i = 1; i < oid.len; i++) {
        for (size_t j = 0; j < PC_COUNT(roots); j++) {
            if (pc_is_digit(oid.start[i - 1]) && starts_with(oid, oid.start + i, roots[j])) {
                return oid.start + i;
            }
        }
    }
    return NULL;
}
