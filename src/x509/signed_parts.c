/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/signed_parts.h"

#include <openssl/asn1.h>

#include "x509/attempt.h"

/* Takes the element at the beginning of `rest`, which afterwards begins after it. */
static bool take(pc_bytes *rest, int tag, pc_bytes *ret_whole, pc_bytes *ret_contents)
{
    const unsigned char *contents = rest->data;
    long len = 0;
    int found = 0;
    int class = 0;

    pc_attempt_begin();
    const int flags = ASN1_get_object(&contents, &len, &found, &class, (long)rest->len);

    pc_attempt_end();
    if (flags & 0x81 || found != tag || class != V_ASN1_UNIVERSAL) { /* an error, or an indefinite length */
        return false;
    }
    const size_t whole = (size_t)(contents - rest->data) + (size_t)len;

    *ret_whole = (pc_bytes){ rest->data, whole };
    *ret_contents = (pc_bytes){ contents, (size_t)len };
    *rest = (pc_bytes){ rest->data + whole, rest->len - whole };
    return true;
}

bool pc_signed_parts_of(pc_bytes der, pc_signed_parts *ret_parts)
{
    pc_bytes outer = der;
    pc_bytes rest = { NULL, 0 };
    pc_bytes whole = { NULL, 0 };
    pc_bytes contents = { NULL, 0 };
    pc_signed_parts parts = { .signature = { NULL, 0 } };

    if (!take(&outer, V_ASN1_SEQUENCE, &whole, &rest) || outer.len != 0 ||
        !take(&rest, V_ASN1_SEQUENCE, &parts.to_be_signed, &contents) ||
        !take(&rest, V_ASN1_SEQUENCE, &parts.algorithm, &contents) ||
        !take(&rest, V_ASN1_BIT_STRING, &whole, &contents) || rest.len != 0 || contents.len < 1 ||
        contents.data[0] != 0) {
        return false;
    }
    parts.signature = (pc_bytes){ contents.data + 1, contents.len - 1 };
    *ret_parts = parts;
    return true;
}
