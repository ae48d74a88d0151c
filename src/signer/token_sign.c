/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/token_sign.h"

#include <openssl/ecdsa.h>
#include <string.h>

#include "x509/attempt.h"
#include "x509/auto.h"

bool pc_key_needs_login(const pc_key *key)
{
    return key->flags[PC_KEY_ALWAYS_AUTHENTICATE] == PC_FACT_TRUE;
}

CK_RV pc_key_login(const pc_token *token)
{
    return token->functions->C_Login(token->session, CKU_CONTEXT_SPECIFIC,
                                     token->pin ? pc_secret_bytes(token->pin) : NULL,
                                     token->pin ? pc_secret_len(token->pin) : 0);
}

size_t pc_raw_signature_len(const EVP_PKEY *public_key)
{
    size_t bytes = ((size_t)EVP_PKEY_get_bits(public_key) + 7) / 8;

    return EVP_PKEY_is_a(public_key, "RSA") ? bytes : bytes * 2;
}

/* Longer than any: an ML-DSA-87 signature has 4,627 bytes (FIPS 204 section 4). */
#define SIGNATURE_MOST 8192u

/* A signature that is more than twice as long as PKCS#11's is in no other form of it. */
#define FORMS_MOST 2u

static bool is_zero(const uint8_t *bytes, size_t len)
{
    size_t zeros = 0;

    while (zeros < len && bytes[zeros] == 0) {
        zeros++;
    }
    return zeros == len;
}

/* A big-endian number in exactly `len` bytes; false if it does not fit. */
static bool put_number(pc_bytes number, size_t len, uint8_t *out)
{
    const size_t surplus = number.len > len ? number.len - len : 0;
    const size_t missing = number.len < len ? len - number.len : 0;

    if (!is_zero(number.data, surplus)) {
        return false;
    }
    memset(out, 0, missing);
    memcpy(out + missing, number.data + surplus, number.len - surplus);
    return true;
}

/* Two numbers in DER, as RFC 3279 section 2.2.3 has them. */
static bool ecdsa_from_der(pc_bytes made, size_t len, uint8_t *out)
{
    const uint8_t *end = made.data;
    const int half = (int)(len / 2);

    pc_attempt_begin();
    PC_AUTO(ECDSA_SIG) ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &end, (long)made.len);
    pc_attempt_end();

    return both && end == made.data + made.len && BN_bn2binpad(ECDSA_SIG_get0_r(both), out, half) == half &&
           BN_bn2binpad(ECDSA_SIG_get0_s(both), out + half, half) == half;
}

static bool ecdsa_from_numbers(pc_bytes made, size_t len, uint8_t *out)
{
    const pc_bytes r = { made.data, made.len / 2 };
    const pc_bytes s = { made.data + made.len / 2, made.len / 2 };

    return made.len % 2 == 0 && put_number(r, len / 2, out) && put_number(s, len / 2, out + len / 2);
}

static bool put_ecdsa(pc_bytes made, size_t len, uint8_t *out)
{
    return (made.len != len && ecdsa_from_der(made, len, out)) || ecdsa_from_numbers(made, len, out);
}

/* Those by RSA and ECDSA keys have one length, any other signature has at most that. */
static CK_RV bring_into_form(pc_bytes made, const pc_raw_signature *signature)
{
    const bool is_rsa = signature->key_type == CKK_RSA;
    const bool is_ecdsa = signature->key_type == CKK_EC;
    const size_t len = is_rsa || is_ecdsa ? signature->len : made.len;

    if (made.len == 0 || made.len > SIGNATURE_MOST || made.len > FORMS_MOST * signature->len || len > signature->len) {
        return PC_RV_SIGNATURE_LENGTH;
    }
    if (len > *signature->out_len) {
        return CKR_BUFFER_TOO_SMALL;
    }
    *signature->out_len = len;
    return (is_ecdsa ? put_ecdsa : put_number)(made, len, signature->out) ? CKR_OK : PC_RV_SIGNATURE_LENGTH;
}

static CK_RV call(const pc_token *token, const pc_bytes *message, uint8_t *made, CK_ULONG *len)
{
    union {
        const uint8_t *given;
        CK_BYTE *pointer;
    } bytes = { .given = message ? message->data : NULL }; /* PKCS#11 is not const-clean; C_Sign does not write there */

    return message ? token->functions->C_Sign(token->session, bytes.pointer, message->len, made, len)
                   : token->functions->C_SignFinal(token->session, made, len);
}

CK_RV pc_token_sign(const pc_token *token, const pc_bytes *message, const pc_raw_signature *signature)
{
    uint8_t made[SIGNATURE_MOST] = { 0 };
    CK_ULONG len = sizeof made;
    CK_RV rv = call(token, message, made, &len);

    return rv == CKR_OK ? bring_into_form((pc_bytes){ made, len }, signature) : rv;
}
