/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/windows.h"

#include <openssl/asn1t.h>
#include <string.h>

ASN1_SEQUENCE(PC_NAME_VALUE) = {
    ASN1_SIMPLE(PC_NAME_VALUE, name, ASN1_BMPSTRING),
    ASN1_SIMPLE(PC_NAME_VALUE, value, ASN1_BMPSTRING),
} ASN1_SEQUENCE_END(PC_NAME_VALUE)
IMPLEMENT_ASN1_FUNCTIONS(PC_NAME_VALUE)

ASN1_SEQUENCE(PC_CLIENT_INFO) = {
    ASN1_SIMPLE(PC_CLIENT_INFO, client_id, ASN1_INTEGER),
    ASN1_SIMPLE(PC_CLIENT_INFO, machine, ASN1_UTF8STRING),
    ASN1_SIMPLE(PC_CLIENT_INFO, user, ASN1_UTF8STRING),
    ASN1_SIMPLE(PC_CLIENT_INFO, process, ASN1_UTF8STRING),
} ASN1_SEQUENCE_END(PC_CLIENT_INFO)
IMPLEMENT_ASN1_FUNCTIONS(PC_CLIENT_INFO)

ASN1_SEQUENCE(PC_CSP_INFO) = {
    ASN1_SIMPLE(PC_CSP_INFO, key_spec, ASN1_INTEGER),
    ASN1_SIMPLE(PC_CSP_INFO, provider, ASN1_BMPSTRING),
    ASN1_SIMPLE(PC_CSP_INFO, signature, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(PC_CSP_INFO)
IMPLEMENT_ASN1_FUNCTIONS(PC_CSP_INFO)

ASN1_SEQUENCE(PC_TEMPLATE_INFO) = {
    ASN1_SIMPLE(PC_TEMPLATE_INFO, id, ASN1_OBJECT),
    ASN1_SIMPLE(PC_TEMPLATE_INFO, major, ASN1_INTEGER),
    ASN1_OPT(PC_TEMPLATE_INFO, minor, ASN1_INTEGER),
} ASN1_SEQUENCE_END(PC_TEMPLATE_INFO)
IMPLEMENT_ASN1_FUNCTIONS(PC_TEMPLATE_INFO)

/* ASN1_mbstring_copy chooses a type from a mask; with only one type in the mask, it must use that. */
bool pc_bmp_string_set(ASN1_BMPSTRING *string, const char *utf8)
{
    ASN1_STRING *slot = string;

    return ASN1_mbstring_copy(&slot, (const unsigned char *)utf8, (int)strlen(utf8), MBSTRING_UTF8, B_ASN1_BMPSTRING) ==
           V_ASN1_BMPSTRING;
}

bool pc_utf8_string_set(ASN1_UTF8STRING *string, const char *utf8)
{
    return ASN1_STRING_set(string, utf8, (int)strlen(utf8)) == 1;
}
