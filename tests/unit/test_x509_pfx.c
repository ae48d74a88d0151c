/* SPDX-License-Identifier: Apache-2.0 */
/* PFX files of every kind, honest and hostile, made by OpenSSL's own functions or byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "base/secret_auto.h"
#include "base/bytes.h"
#include "x509/pfx/protection.h"
#include "x509/pfx/read.h"
#include "x509/pfx/write.h"
#include "x509_made.h"

#define AES        NID_aes_256_cbc
#define TRIPLE     NID_pbe_WithSHA1And3_Key_TripleDES_CBC
#define NO_MAC     (-1)
#define OTHER_FORM 0x10000
#define PLAIN      (-1)
#define BOUND_SEC  5.0 /* of processor time, for files that must be refused before they cost anything */

typedef struct {
    EVP_PKEY *key;
    EVP_PKEY *other_key;
    EVP_PKEY *root_key;
    X509 *leaf;
    X509 *other;
    X509 *root;
} material;

static material made;

static int make_material(void **state)
{
    (void)state;
    made.key = made_key();
    made.other_key = made_key();
    made.root_key = made_key();
    made.root = made_certificate(&(made_plan){ "root", made.root_key, NULL, NULL, true, -1, 10 });
    made.leaf = made_certificate(&(made_plan){ "leaf", made.key, made.root, made.root_key, false, -1, 10 });
    made.other = made_certificate(&(made_plan){ "other", made.other_key, made.root, made.root_key, false, -1, 10 });
    return 0;
}

static int free_material(void **state)
{
    (void)state;
    EVP_PKEY_free(made.key);
    EVP_PKEY_free(made.other_key);
    EVP_PKEY_free(made.root_key);
    X509_free(made.leaf);
    X509_free(made.other);
    X509_free(made.root);
    return 0;
}

/* --- making files --- */

/** The contents of a file. */
typedef struct {
    const char *password; /* NULL: none */
    int key_cipher;
    int certificate_cipher;
    int rounds;
    int mac_rounds; /* or NO_MAC; with OTHER_FORM the MAC takes NULL for "", and "" for NULL */
    EVP_PKEY *keys[3];
    X509 *certificates[4];
} contents;

typedef struct {
    uint8_t bytes[16384];
    size_t len;
} file;

static void write_file(PKCS12 *pfx, file *out)
{
    unsigned char *at = out->bytes;
    int len = i2d_PKCS12(pfx, NULL);

    assert_in_range(len, 1, sizeof out->bytes);
    out->len = (size_t)i2d_PKCS12(pfx, &at);
}

static PKCS12 *build(const contents *with)
{
    STACK_OF(PKCS7) *safes = NULL;
    STACK_OF(PKCS12_SAFEBAG) *keys = NULL;
    STACK_OF(PKCS12_SAFEBAG) *certificates = NULL;

    for (size_t i = 0; with->certificates[i]; i++) {
        assert_non_null(PKCS12_add_cert(&certificates, with->certificates[i]));
    }
    if (certificates) {
        assert_int_equal(PKCS12_add_safe(&safes, certificates, with->certificate_cipher, with->rounds, with->password),
                         1);
    }
    for (size_t i = 0; with->keys[i]; i++) {
        assert_non_null(PKCS12_add_key(&keys, with->keys[i], 0, with->rounds, with->key_cipher, with->password));
    }
    if (keys) {
        assert_int_equal(PKCS12_add_safe(&safes, keys, PLAIN, 0, NULL), 1);
    }
    PKCS12 *pfx = PKCS12_add_safes(safes, 0);

    assert_non_null(pfx);
    if (with->mac_rounds != NO_MAC) {
        const char *mac_password = !(with->mac_rounds & OTHER_FORM) ? with->password : with->password ? NULL : "";

        assert_int_equal(PKCS12_set_mac(pfx, mac_password, -1, NULL, 0, with->mac_rounds & ~OTHER_FORM, EVP_sha256()),
                         1);
    }
    sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(certificates, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return pfx;
}

static void make_file(const contents *with, file *out)
{
    PKCS12 *pfx = build(with);

    write_file(pfx, out);
    PKCS12_free(pfx);
}

/* --- reading them --- */

typedef struct {
    pc_arena *arena;
    pc_pfx pfx;
    pc_status status;
    pc_error err;
} outcome;

static outcome read_file(pc_bytes bytes, const char *password)
{
    outcome result = { .arena = pc_arena_new() };
    PC_AUTO(pc_secret) pc_secret *secret = NULL;

    if (password) {
        assert_int_equal(pc_secret_new(strlen(password) + 1, &secret, NULL), PC_OK);
        memcpy(pc_secret_bytes(secret), password, strlen(password));
        pc_secret_set_len(secret, strlen(password));
    }
    result.status = pc_pfx_read(&(pc_file_bytes){ "f.pfx", bytes }, secret, result.arena, &result.pfx, &result.err);
    assert_true(result.status == PC_OK || result.err.frame_count > 0);
    assert_int_equal(ERR_peek_error(), 0);
    return result;
}

static void done(outcome *result)
{
    pc_pfx_clear(&result->pfx);
    pc_arena_free(result->arena);
}

static bool says(const outcome *result, const char *words)
{
    for (unsigned i = 0; i < result->err.frame_count; i++) {
        if (strstr(result->err.frames[i], words)) {
            return true;
        }
    }
    return strstr(result->err.hint, words) != NULL;
}

static void expect_refusal(const char *name, const file *from, const char *password, pc_status status,
                           const char *words)
{
    clock_t before = clock();
    outcome result = read_file((pc_bytes){ from->bytes, from->len }, password);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;

    if (result.status != status || !says(&result, words)) {
        fail_msg("%s: %s (%s)", name, pc_status_name(result.status), result.err.frames[0]);
    }
    if (seconds > BOUND_SEC) {
        fail_msg("%s: took %.1f s", name, seconds);
    }
    done(&result);
}

/* --- honest files --- */

static const struct {
    const char *name;
    contents with;
    const char *protection;
} honest[] = {
    { "AES",
      { "pass", AES, AES, 2048, 2048, { NULL }, { NULL } },
      "MAC with SHA-256, 2048 rounds; AES-256-CBC, PBKDF2 with HMAC-SHA-256, 2048 rounds" },
    { "TripleDES",
      { "pass", TRIPLE, TRIPLE, 2000, 2000, { NULL }, { NULL } },
      "MAC with SHA-256, 2000 rounds; PBE-SHA1-3DES, 2000 rounds" },
    { "certificates in the clear", { "pass", AES, PLAIN, 9, 9, { NULL }, { NULL } }, NULL },
    { "without MAC",
      { "pass", AES, AES, 9, NO_MAC, { NULL }, { NULL } },
      "no MAC; AES-256-CBC, PBKDF2 with HMAC-SHA-256, 9 rounds" },
    { "key in the clear", { "pass", PLAIN, PLAIN, 9, 9, { NULL }, { NULL } }, "MAC with SHA-256, 9 rounds" },
    { "a password beyond ASCII",
      { "gr\xc3\xb6\xc3\x9f"
        "e \xe2\x82\xac",
        TRIPLE,
        TRIPLE,
        9,
        9,
        { NULL },
        { NULL } },
      NULL },
    { "a password beyond ASCII, AES",
      { "gr\xc3\xb6\xc3\x9f"
        "e \xe2\x82\xac",
        AES,
        AES,
        9,
        9,
        { NULL },
        { NULL } },
      NULL },
    { "a password beyond the BMP", { "\xf0\x9f\x94\x91", TRIPLE, TRIPLE, 9, 9, { NULL }, { NULL } }, NULL },
    { "an empty password", { "", TRIPLE, TRIPLE, 9, 9, { NULL }, { NULL } }, NULL },
    { "no password", { NULL, TRIPLE, TRIPLE, 9, 9, { NULL }, { NULL } }, NULL },
    { "an empty password, no MAC", { "", TRIPLE, TRIPLE, 9, NO_MAC, { NULL }, { NULL } }, NULL },
    { "no password, no MAC", { NULL, TRIPLE, TRIPLE, 9, NO_MAC, { NULL }, { NULL } }, NULL },
    { "an empty password, none for the MAC", { "", TRIPLE, TRIPLE, 9, OTHER_FORM | 9, { NULL }, { NULL } }, NULL },
    { "no password, an empty one for the MAC", { NULL, TRIPLE, TRIPLE, 9, OTHER_FORM | 9, { NULL }, { NULL } }, NULL },
};

static void honest_files_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(honest); i++) {
        contents with = honest[i].with;
        file out;

        with.keys[0] = made.key;
        with.certificates[0] = made.root;
        with.certificates[1] = made.leaf;
        make_file(&with, &out);
        outcome result =
            read_file((pc_bytes){ out.bytes, out.len }, with.password && *with.password ? with.password : NULL);

        if (result.status != PC_OK || EVP_PKEY_eq(result.pfx.key, made.key) != 1 ||
            X509_cmp(result.pfx.leaf, made.leaf) != 0 || sk_X509_num(result.pfx.chain) != 1 ||
            (honest[i].protection && strcmp(result.pfx.protection, honest[i].protection) != 0)) {
            fail_msg("%s: %s, protected by %s", honest[i].name, result.err.frames[0], result.pfx.protection);
        }
        assert_true(pc_pfx_recognise((pc_bytes){ out.bytes, out.len }));
        assert_int_equal(result.pfx.has_mac, with.mac_rounds != NO_MAC);
        assert_int_equal(result.pfx.key_encrypted, with.key_cipher != PLAIN);
        done(&result);
    }
}

/* An empty password that was given, and none: users do not tell these apart. */
static void an_empty_password_opens_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(honest); i++) {
        contents with = honest[i].with;
        file out;

        if (with.password && *with.password) {
            continue;
        }
        with.keys[0] = made.key;
        with.certificates[0] = made.leaf;
        make_file(&with, &out);
        outcome result = read_file((pc_bytes){ out.bytes, out.len }, "");

        if (result.status != PC_OK || EVP_PKEY_eq(result.pfx.key, made.key) != 1) {
            fail_msg("%s: %s", honest[i].name, result.err.frames[0]);
        }
        done(&result);
    }
}

static void a_wrong_password_is_reported_as_such(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(honest); i++) {
        contents with = honest[i].with;
        file out;

        if (!with.password || with.key_cipher == PLAIN) {
            continue;
        }
        with.keys[0] = made.key;
        with.certificates[0] = made.leaf;
        make_file(&with, &out);
        expect_refusal(honest[i].name, &out, "Pass", PC_E_AUTH, "the password for \"f.pfx\" is wrong");
        if (*with.password) {
            expect_refusal(honest[i].name, &out, NULL, PC_E_AUTH, "\"f.pfx\" requires a password");
        }
    }
}

static void certificates_alone_are_read_too(void **state)
{
    const contents with = { "pass", AES, AES, 9, 9, { NULL }, { made.root, made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    outcome result = read_file((pc_bytes){ out.bytes, out.len }, "pass");

    assert_int_equal(result.status, PC_OK);
    assert_null(result.pfx.key);
    assert_int_equal(X509_cmp(result.pfx.leaf, made.leaf), 0);
    done(&result);
}

static void a_key_without_a_certificate_gives_no_leaf(void **state)
{
    const contents foreign = { "pass", AES, AES, 9, 9, { made.key }, { made.root, made.other } };
    const contents alone = { "pass", AES, AES, 9, 9, { made.key }, { NULL } };
    file out;

    (void)state;
    make_file(&foreign, &out);
    outcome result = read_file((pc_bytes){ out.bytes, out.len }, "pass");

    assert_int_equal(result.status, PC_OK);
    assert_non_null(result.pfx.key);
    assert_null(result.pfx.leaf);
    assert_int_equal(sk_X509_num(result.pfx.chain), 2);
    done(&result);
    make_file(&alone, &out);
    result = read_file((pc_bytes){ out.bytes, out.len }, "pass");
    assert_int_equal(result.status, PC_OK);
    assert_null(result.pfx.leaf);
    done(&result);
}

/* --- files that we wrote --- */

static void what_is_written_is_read_with_its_marks(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_secret) pc_secret *password = NULL;
    STACK_OF(X509) *chain = sk_X509_new_null();
    pc_bytes bytes = { .len = 0 };
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_true(sk_X509_push(chain, made.root) > 0);
    assert_int_equal(pc_secret_new(16, &password, &err), PC_OK);
    memcpy(pc_secret_bytes(password), "pass", 4);
    pc_secret_set_len(password, 4);
    const pc_pfx_plan plan = { made.key,
                               made.leaf,
                               chain,
                               "f\xc3\xbcr scom",
                               true,
                               false,
                               9,
                               password,
                               { (const uint8_t *)"0123456789abcdef", 16 } };

    assert_int_equal(pc_pfx_write(&plan, arena, &bytes, &err), PC_OK);
    outcome result = read_file(bytes, "pass");

    assert_int_equal(result.status, PC_OK);
    assert_string_equal(result.pfx.friendly_name, "f\xc3\xbcr scom");
    assert_string_equal(result.pfx.provider, "Microsoft RSA SChannel Cryptographic Provider");
    assert_true(result.pfx.has_key_usage && result.pfx.key_usage == 0x10 && result.pfx.machine_keyset);
    assert_true(pc_bytes_equal(result.pfx.local_id, plan.local_id));
    done(&result);
    sk_X509_free(chain);
}

/* --- hostile ones --- */

static void several_keys_are_refused_and_listed(void **state)
{
    const contents with = { "pass", AES, AES, 9, 9, { made.key, made.other_key }, { made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    expect_refusal("two keys", &out, "pass", PC_E_AMBIGUOUS, "contains 2 private keys: \"(no name)\", \"(no name)\"");
}

static void two_certificates_of_one_key_are_ambiguous(void **state)
{
    X509 *renewed = made_certificate(&(made_plan){ "renewed", made.key, made.root, made.root_key, false, -1, 20 });
    const contents with = { "pass", AES, AES, 9, 9, { made.key }, { made.leaf, renewed } };
    const contents twice = { "pass", AES, AES, 9, 9, { made.key }, { made.leaf, made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    expect_refusal("two certificates", &out, "pass", PC_E_AMBIGUOUS, "several certificates for its key");
    make_file(&twice, &out);
    outcome result = read_file((pc_bytes){ out.bytes, out.len }, "pass");

    assert_int_equal(result.status, PC_OK);
    done(&result);
    X509_free(renewed);
}

/* The rounds of the MAC are over the limit: no key is derived. */
static void a_time_bomb_in_the_mac_is_refused_at_once(void **state)
{
    static const uint64_t rounds[] = { PC_PFX_MAX_ROUNDS + 1, 1u << 31, UINT64_MAX };
    const contents with = { "pass", AES, AES, 9, 9, { made.key }, { made.leaf } };
    file out;

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rounds); i++) {
        PKCS12 *pfx = build(&with);
        const ASN1_INTEGER *held = NULL;
        union {
            const ASN1_INTEGER *given;
            ASN1_INTEGER *pointer;
        } both;

        PKCS12_get0_mac(NULL, NULL, NULL, &held, pfx);
        both.given = held;
        assert_int_equal(ASN1_INTEGER_set_uint64(both.pointer, rounds[i]), 1);
        write_file(pfx, &out);
        PKCS12_free(pfx);
        expect_refusal("MAC", &out, "pass", PC_E_INPUT, "rounds of key derivation");
    }
}

/* A safe with garbage, declared as encrypted with this algorithm. */
static void make_encrypted(X509_ALGOR *algorithm, file *out)
{
    STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
    PKCS7 *content = PKCS7_new();

    assert_int_equal(PKCS7_set_type(content, NID_pkcs7_encrypted), 1);
    PKCS7_ENC_CONTENT *inner = content->d.encrypted->enc_data;

    X509_ALGOR_free(inner->algorithm);
    inner->algorithm = algorithm;
    inner->content_type = OBJ_nid2obj(NID_pkcs7_data);
    inner->enc_data = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(inner->enc_data, (const unsigned char *)"0123456789abcdef", 16), 1);
    assert_true(sk_PKCS7_push(safes, content) > 0);
    PKCS12 *pfx = PKCS12_add_safes(safes, 0);

    write_file(pfx, out);
    PKCS12_free(pfx);
    sk_PKCS7_pop_free(safes, PKCS7_free);
}

static void bad_parameters_of_encryption_are_refused_before_they_cost_time(void **state)
{
    static unsigned char salt[2048];
    file out;

    (void)state;
    make_encrypted(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 2000000000, NULL, 0, NULL, NID_hmacWithSHA256), &out);
    expect_refusal("PBKDF2", &out, "pass", PC_E_INPUT, "rounds of key derivation");
    make_encrypted(PKCS5_pbe_set(TRIPLE, 2000000000, NULL, 0), &out);
    expect_refusal("PKCS#12's own", &out, "pass", PC_E_INPUT, "rounds of key derivation");
    make_encrypted(PKCS5_pbe_set(TRIPLE, 9, salt, sizeof salt), &out);
    expect_refusal("a long salt", &out, "pass", PC_E_INPUT, "an invalid salt");
    make_encrypted(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 1 << 14, 8, 1), &out);
    expect_refusal("scrypt", &out, "pass", PC_E_INPUT, "which p11cert does not support");
    make_encrypted(PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, 9, NULL, 0), &out);
    expect_refusal("MD5 and DES", &out, "pass", PC_E_INPUT, "which p11cert does not support");
    make_encrypted(PKCS5_pbe_set(TRIPLE, 9, NULL, 0), &out);
    expect_refusal("garbage without MAC", &out, "pass", PC_E_AUTH, "is wrong, or the file was changed");
}

/* All parts share one limit: each is under it, together they are over. */
static void the_rounds_of_all_parts_are_summed(void **state)
{
    uint64_t left = 100;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_pfx_spend(&left, 60, "f.pfx", &err), PC_OK);
    assert_int_equal(pc_pfx_spend(&left, 41, "f.pfx", &err), PC_E_INPUT);
    assert_int_equal(pc_pfx_spend(&left, 40, "f.pfx", &err), PC_OK);
    assert_int_equal(left, 0);
}

/* --- byte by byte --- */

/* Put a header before the data at the end of the buffer; returns the new beginning. */
static uint8_t *wrap(uint8_t *at, const uint8_t *end, uint8_t tag)
{
    size_t len = (size_t)(end - at);

    *--at = (uint8_t)len;
    if (len > 127) {
        *--at = (uint8_t)(len >> 8);
        *--at = 0x82;
    }
    *--at = tag;
    return at;
}

static uint8_t *prepend(uint8_t *at, const void *bytes, size_t len)
{
    at -= len;
    memcpy(at, bytes, len);
    return at;
}

#define OID_SAFE_CONTENTS "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x06"
#define OID_DATA          "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"

static void make_nested(unsigned depth, file *out)
{
    static uint8_t room[8192];
    const uint8_t *end = room + sizeof room;
    uint8_t *at = wrap(room + sizeof room, end, 0x30);

    for (unsigned i = 0; i < depth; i++) {
        at = prepend(wrap(at, end, 0xa0), OID_SAFE_CONTENTS, 13);
        at = wrap(wrap(at, end, 0x30), end, 0x30);
    }
    at = prepend(wrap(wrap(at, end, 0x04), end, 0xa0), OID_DATA, 11);
    at = wrap(wrap(wrap(wrap(at, end, 0x30), end, 0x30), end, 0x04), end, 0xa0);
    at = wrap(prepend(at, OID_DATA, 11), end, 0x30);
    at = wrap(prepend(at, "\x02\x01\x03", 3), end, 0x30);
    out->len = (size_t)(end - at);
    memcpy(out->bytes, at, out->len);
}

static void deep_nesting_is_refused(void **state)
{
    file out;

    (void)state;
    make_nested(2, &out);
    expect_refusal("two deep", &out, NULL, PC_E_INPUT, "neither a key nor a certificate");
    make_nested(9, &out);
    expect_refusal("nine deep", &out, NULL, PC_E_INPUT, "");
    make_nested(200, &out);
    expect_refusal("two hundred deep", &out, NULL, PC_E_INPUT, "");
}

/* DER as indefinite BER, in the manner of old Windows versions: constructed throughout, the content in chunks. */
static void make_indefinite(const file *from, file *out)
{
    const unsigned char *at = from->bytes;
    uint8_t *to = out->bytes;
    long len = 0;
    int tag = 0;
    int class = 0;

    (void)ASN1_get_object(&at, &len, &tag, &class, (long)from->len); /* PFX */
    const unsigned char *end = at + len;

    at += 3;                                                  /* version */
    (void)ASN1_get_object(&at, &len, &tag, &class, end - at); /* ContentInfo */
    const unsigned char *mac = at + len;

    at += 11;                                                 /* its type */
    (void)ASN1_get_object(&at, &len, &tag, &class, end - at); /* [0] */
    (void)ASN1_get_object(&at, &len, &tag, &class, end - at); /* OCTET STRING */
    memcpy(to, "\x30\x80\x02\x01\x03\x30\x80" OID_DATA "\xa0\x80\x24\x80", 22);
    to += 22;
    for (long left = len; left > 0;) {
        uint8_t chunk = (uint8_t)(left < 100 ? left : 100);

        *to++ = 0x04;
        *to++ = chunk;
        memcpy(to, at, chunk);
        at += chunk;
        to += chunk;
        left -= chunk;
    }
    memset(to, 0, 6);
    to += 6;
    memcpy(to, mac, (size_t)(end - mac));
    to += end - mac;
    memset(to, 0, 2);
    out->len = (size_t)(to + 2 - out->bytes);
}

static void indefinite_lengths_are_read(void **state)
{
    const contents with = { "pass", TRIPLE, TRIPLE, 2000, 2000, { made.key }, { made.leaf, made.root } };
    file der;
    file ber;

    (void)state;
    make_file(&with, &der);
    make_indefinite(&der, &ber);
    assert_true(pc_pfx_recognise((pc_bytes){ ber.bytes, ber.len }));
    outcome result = read_file((pc_bytes){ ber.bytes, ber.len }, "pass");

    assert_int_equal(result.status, PC_OK);
    assert_int_equal(EVP_PKEY_eq(result.pfx.key, made.key), 1);
    done(&result);
}

/* As some of Windows' own programs write them: the buffer was larger than the file. */
static void zero_bytes_after_a_file_are_ignored(void **state)
{
    const contents with = { "pass", AES, AES, 1, 1, { made.key }, { made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    memset(out.bytes + out.len, 0, 8);
    outcome result = read_file((pc_bytes){ out.bytes, out.len + 8 }, "pass");

    assert_int_equal(result.status, PC_OK);
    assert_int_equal(EVP_PKEY_eq(result.pfx.key, made.key), 1);
    done(&result);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    const contents with = { "pass", AES, AES, 1, 1, { made.key }, { made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    for (size_t len = 0; len < out.len; len++) {
        outcome result = read_file((pc_bytes){ out.bytes, len }, "pass");

        if (result.status != PC_E_INPUT) {
            fail_msg("cut to %zu bytes: %s", len, pc_status_name(result.status));
        }
        done(&result);
    }
}

/* A MAC covers the content; the rest may change without harm, but never the contents that are read. */
static void a_byte_changed_anywhere_changes_no_key(void **state)
{
    const contents with = { "pass", AES, AES, 1, 1, { made.key }, { made.leaf } };
    file out;

    (void)state;
    make_file(&with, &out);
    for (size_t i = 0; i < out.len; i++) {
        out.bytes[i] ^= 0x01;
        outcome result = read_file((pc_bytes){ out.bytes, out.len }, "pass");

        if (result.status == PC_OK &&
            (EVP_PKEY_eq(result.pfx.key, made.key) != 1 || X509_cmp(result.pfx.leaf, made.leaf) != 0)) {
            fail_msg("byte %zu changed gives another key", i);
        }
        if (result.status != PC_OK && result.status != PC_E_INPUT && result.status != PC_E_AUTH) {
            fail_msg("byte %zu changed: %s (%s)", i, pc_status_name(result.status), result.err.frames[0]);
        }
        done(&result);
        out.bytes[i] ^= 0x01;
    }
}

static void what_is_not_a_pfx_is_refused(void **state)
{
    static uint8_t huge[PC_PFX_MAX_SIZE + 1];
    const contents with = { "pass", AES, AES, 9, 9, { made.key }, { made.leaf } };
    unsigned char *der = NULL;
    file out;

    (void)state;
    make_file(&with, &out);
    outcome result = read_file(PC_BYTES_OF(huge), "pass");

    assert_int_equal(result.status, PC_E_INPUT);
    done(&result);
    out.bytes[out.len++] = 1;
    expect_refusal("a byte too many", &out, "pass", PC_E_INPUT, "more data after the end");
    int len = i2d_X509(made.leaf, &der);

    assert_true(len > 0);
    assert_false(pc_pfx_recognise((pc_bytes){ der, (size_t)len }));
    assert_false(pc_pfx_recognise((pc_bytes){ (const uint8_t *)"-----BEGIN", 10 }));
    assert_false(pc_pfx_recognise((pc_bytes){ (const uint8_t *)"\x30\x80\x02\x01\x03", 5 }));
    assert_false(pc_pfx_recognise((pc_bytes){ .len = 0 }));
    OPENSSL_free(der);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_files_are_read),
        cmocka_unit_test(an_empty_password_opens_each_form),
        cmocka_unit_test(a_wrong_password_is_reported_as_such),
        cmocka_unit_test(certificates_alone_are_read_too),
        cmocka_unit_test(a_key_without_a_certificate_gives_no_leaf),
        cmocka_unit_test(what_is_written_is_read_with_its_marks),
        cmocka_unit_test(several_keys_are_refused_and_listed),
        cmocka_unit_test(two_certificates_of_one_key_are_ambiguous),
        cmocka_unit_test(a_time_bomb_in_the_mac_is_refused_at_once),
        cmocka_unit_test(bad_parameters_of_encryption_are_refused_before_they_cost_time),
        cmocka_unit_test(the_rounds_of_all_parts_are_summed),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(indefinite_lengths_are_read),
        cmocka_unit_test(zero_bytes_after_a_file_are_ignored),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_byte_changed_anywhere_changes_no_key),
        cmocka_unit_test(what_is_not_a_pfx_is_refused),
    };

    return cmocka_run_group_tests(tests, make_material, free_material);
}
