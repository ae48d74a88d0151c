/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/protection.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <string.h>

PC_AUTO_DEFINE(PBE2PARAM, PBE2PARAM, PBE2PARAM_free);
PC_AUTO_DEFINE(PBKDF2PARAM, PBKDF2PARAM, PBKDF2PARAM_free);
PC_AUTO_DEFINE(PBEPARAM, PBEPARAM, PBEPARAM_free);

#define OID_PBMAC1 "1.2.840.113549.1.5.14" /* RFC 9579 */

static const struct {
    int nid;
    const char *name;
} digests[] = {
    { NID_hmacWithSHA1, "SHA-1" },
    { NID_sha1, "SHA-1" },
    { NID_hmacWithSHA224, "SHA-224" },
    { NID_sha224, "SHA-224" },
    { NID_hmacWithSHA256, "SHA-256" },
    { NID_sha256, "SHA-256" },
    { NID_hmacWithSHA384, "SHA-384" },
    { NID_sha384, "SHA-384" },
    { NID_hmacWithSHA512, "SHA-512" },
    { NID_sha512, "SHA-512" },
    { NID_md5, "MD5" },
};

static const char *digest_name(int nid)
{
    for (size_t i = 0; i < PC_COUNT(digests); i++) {
        if (digests[i].nid == nid) {
            return digests[i].name;
        }
    }
    return NULL;
}

/* RFC 7292 appendix C. The first is what Windows before 10 wrote for certificates. */
static const struct {
    int nid;
    bool needs_legacy;
    pc_pfx_suite suite;
} own_schemes[] = {
    { NID_pbe_WithSHA1And40BitRC2_CBC, true, PC_PFX_OLD_CERTIFICATES },
    { NID_pbe_WithSHA1And128BitRC2_CBC, true, PC_PFX_OTHER },
    { NID_pbe_WithSHA1And40BitRC4, true, PC_PFX_OTHER },
    { NID_pbe_WithSHA1And128BitRC4, true, PC_PFX_OTHER },
    { NID_pbe_WithSHA1And2_Key_TripleDES_CBC, false, PC_PFX_OTHER },
    { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, false, PC_PFX_TRIPLE_DES_SHA1 },
};

static const struct {
    int nid;
    bool needs_legacy;
} ciphers[] = {
    { NID_aes_128_cbc, false },  { NID_aes_192_cbc, false }, { NID_aes_256_cbc, false },
    { NID_des_ede3_cbc, false }, { NID_des_cbc, true },      { NID_rc2_cbc, true },
};

static pc_status not_supported(const ASN1_OBJECT *algorithm, const char *file, pc_error *err)
{
    char name[80];

    (void)OBJ_obj2txt(name, sizeof name, algorithm, 0);
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" is protected with \"%s\", which p11cert does not support", file, name);
    return pc_hint(err, PC_E_INPUT,
                   "have it exported again with AES-256 and SHA-256, or with TripleDES and SHA-1: Windows offers both");
}

static pc_status bad_parameters(const char *file, pc_error *err)
{
    ERR_clear_error();
    return pc_fail(err, PC_E_INPUT, "\"%s\" is damaged: the parameters of its encryption cannot be read", file);
}

static pc_status read_rounds(const ASN1_INTEGER *integer, const char *file, uint64_t *ret_rounds, pc_error *err)
{
    uint64_t rounds = 0;

    if (ASN1_INTEGER_get_uint64(&rounds, integer) != 1 || rounds < 1) {
        ERR_clear_error();
        return pc_fail(err, PC_E_INPUT, "\"%s\" has an impossible number of rounds", file);
    }
    *ret_rounds = rounds;
    return PC_OK;
}

static pc_status check_salt(const ASN1_STRING *salt, const char *file, pc_error *err)
{
    return salt && ASN1_STRING_length(salt) <= PC_PFX_MAX_SALT
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "\"%s\" has an invalid salt: missing, or longer than %d bytes", file,
                         PC_PFX_MAX_SALT);
}

static pc_status describe(pc_pfx_protection *protection, const char *words, pc_error *err)
{
    protection->words = words;
    return words ? PC_OK : pc_fail_memory(err);
}

static pc_status read_pbes2(const X509_ALGOR *algorithm, const char *file, pc_arena *arena, pc_pfx_protection *read,
                            pc_error *err)
{
    PC_AUTO(PBE2PARAM) PBE2PARAM *pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);

    if (!pbes2) {
        return bad_parameters(file, err);
    }
    /* scrypt costs both memory and time, Windows does not read it, and a limit on rounds does not limit it. */
    if (OBJ_obj2nid(pbes2->keyfunc->algorithm) != NID_id_pbkdf2) {
        return not_supported(pbes2->keyfunc->algorithm, file, err);
    }
    PC_AUTO(PBKDF2PARAM)
    PBKDF2PARAM *pbkdf2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);

    if (!pbkdf2 || pbkdf2->salt->type != V_ASN1_OCTET_STRING) {
        return bad_parameters(file, err);
    }
    PC_TRY(check_salt(pbkdf2->salt->value.octet_string, file, err));
    PC_TRY(read_rounds(pbkdf2->iter, file, &read->rounds, err));
    const char *digest = digest_name(pbkdf2->prf ? OBJ_obj2nid(pbkdf2->prf->algorithm) : NID_hmacWithSHA1);
    int cipher = OBJ_obj2nid(pbes2->encryption->algorithm);

    for (size_t i = 0; digest && i < PC_COUNT(ciphers); i++) {
        if (ciphers[i].nid == cipher) {
            read->needs_legacy = ciphers[i].needs_legacy;
            read->suite =
                cipher == NID_aes_256_cbc && strcmp(digest, "SHA-256") == 0 ? PC_PFX_AES256_SHA256 : PC_PFX_OTHER;
            return describe(read,
                            pc_arena_format(arena, "%s, PBKDF2 with HMAC-%s, %llu rounds", OBJ_nid2sn(cipher), digest,
                                            (unsigned long long)read->rounds),
                            err);
        }
    }
    return not_supported(digest ? pbes2->encryption->algorithm : pbkdf2->prf->algorithm, file, err);
}

static pc_status read_own(const X509_ALGOR *algorithm, const char *file, pc_arena *arena, pc_pfx_protection *read,
                          pc_error *err)
{
    int nid = OBJ_obj2nid(algorithm->algorithm);

    for (size_t i = 0; i < PC_COUNT(own_schemes); i++) {
        if (own_schemes[i].nid != nid) {
            continue;
        }
        PC_AUTO(PBEPARAM) PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);

        if (!pbe) {
            return bad_parameters(file, err);
        }
        PC_TRY(check_salt(pbe->salt, file, err));
        PC_TRY(read_rounds(pbe->iter, file, &read->rounds, err));
        read->needs_legacy = own_schemes[i].needs_legacy;
        read->suite = own_schemes[i].suite;
        return describe(read,
                        pc_arena_format(arena, "%s, %llu rounds", OBJ_nid2sn(nid), (unsigned long long)read->rounds),
                        err);
    }
    return not_supported(algorithm->algorithm, file, err);
}

pc_status pc_pfx_protection_of(const X509_ALGOR *algorithm, const char *file, pc_arena *arena,
                               pc_pfx_protection *ret_protection, pc_error *err)
{
    pc_pfx_protection read = { .words = NULL };

    if (!algorithm || !algorithm->algorithm) {
        return bad_parameters(file, err);
    }
    PC_TRY(OBJ_obj2nid(algorithm->algorithm) == NID_pbes2 ? read_pbes2(algorithm, file, arena, &read, err)
                                                          : read_own(algorithm, file, arena, &read, err));
    *ret_protection = read;
    return PC_OK;
}

pc_status pc_pfx_protection_of_mac(const PKCS12 *pfx, const char *file, pc_arena *arena,
                                   pc_pfx_protection *ret_protection, pc_error *err)
{
    const ASN1_OCTET_STRING *mac = NULL;
    const ASN1_OCTET_STRING *salt = NULL;
    const X509_ALGOR *digest = NULL;
    const ASN1_INTEGER *rounds = NULL;
    pc_pfx_protection read = { .rounds = 1 };
    char oid[80] = "";

    PKCS12_get0_mac(&mac, &digest, &salt, &rounds, pfx);
    PC_TRY(check_salt(salt, file, err));
    if (rounds) {
        PC_TRY(read_rounds(rounds, file, &read.rounds, err));
    }
    const char *name = digest_name(OBJ_obj2nid(digest->algorithm));

    if (!name) {
        (void)OBJ_obj2txt(oid, sizeof oid, digest->algorithm, 1);
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" has a MAC with %s, which p11cert does not support", file,
                      strcmp(oid, OID_PBMAC1) == 0 ? "the new scheme PBMAC1 (RFC 9579)" : oid);
        return pc_hint(err, PC_E_INPUT, "have it exported again with a SHA-256 MAC, which Windows also reads");
    }
    read.suite = strcmp(name, "SHA-1") == 0     ? PC_PFX_TRIPLE_DES_SHA1
                 : strcmp(name, "SHA-256") == 0 ? PC_PFX_AES256_SHA256
                                                : PC_PFX_OTHER;
    PC_TRY(describe(&read, pc_arena_format(arena, "MAC with %s, %llu rounds", name, (unsigned long long)read.rounds),
                    err));
    *ret_protection = read;
    return PC_OK;
}

pc_status pc_pfx_spend(uint64_t *left, uint64_t rounds, const char *file, pc_error *err)
{
    if (rounds <= *left) {
        *left -= rounds;
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT,
                  "\"%s\" requires %llu rounds of key derivation, but only %llu are left of the %u that p11cert "
                  "allows per file; they were not run",
                  file, (unsigned long long)rounds, (unsigned long long)*left, PC_PFX_MAX_ROUNDS);
    return pc_hint(err, PC_E_INPUT, "no legitimate program uses so many: check where the file comes from");
}
