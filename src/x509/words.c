/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/words.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "x509/certificate.h"
#include "x509/openssl_error.h"

static const char *moment(int64_t sec, pc_arena *arena)
{
    char words[PC_TIME_TEXT];

    return pc_arena_string(arena, pc_text_time(sec, words) ? words : "unreadable");
}

const char *pc_time_words(const ASN1_TIME *time, pc_arena *arena)
{
    int64_t sec = 0;

    return pc_asn1_time_to_sec(time, &sec) ? moment(sec, arena) : pc_arena_string(arena, "unreadable");
}

const char *pc_time_now_words(pc_arena *arena)
{
    return moment((int64_t)time(NULL), arena);
}

const char *pc_serial_words(const X509 *certificate, pc_arena *arena)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const pc_bytes bytes = { ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial) };

    return pc_text_hex(arena, bytes, '\0');
}

static pc_status hex(const unsigned char *digest, unsigned len, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    const char *words = pc_text_hex(arena, (pc_bytes){ digest, len }, '\0');

    if (!words) {
        return pc_fail_memory(err);
    }
    *ret_hex = words;
    return PC_OK;
}

pc_status pc_sha256_words(pc_bytes bytes, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(bytes.data, bytes.len, digest, &len, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a SHA-256 cannot be computed");
    }
    return hex(digest, len, arena, ret_hex, err);
}

pc_status pc_certificate_digest_words(const X509 *certificate, const EVP_MD *digest, pc_arena *arena,
                                      const char **ret_hex, pc_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(certificate, digest, bytes, &len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the fingerprint of the certificate cannot be computed");
    }
    return hex(bytes, len, arena, ret_hex, err);
}

pc_status pc_first_common_name(const X509_NAME *name, pc_arena *arena, const char **ret_name, pc_error *err)
{
    int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    PC_AUTO(openssl_bytes) unsigned char *utf8 = NULL;
    int len = index >= 0 ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))) : 0;

    if (len <= 0 || memchr(utf8, '\0', (size_t)len)) {
        return PC_OK;
    }
    const char *text = pc_arena_text(arena, (const char *)utf8, (size_t)len);

    if (!text) {
        return pc_fail_memory(err);
    }
    *ret_name = text;
    return PC_OK;
}
