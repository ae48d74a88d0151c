/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "app/check/probe.h"
#include "family.h"
#include "must.h"

/*
 * What a token family does with keys of every protection, by bare PKCS#11 calls, and what p11cert's probe says about
 * it, compared with tokens/FAMILY/expected-matrix. An extracted value is not believed before OpenSSL has found the key
 * in it.
 *
 *   test_token_matrix EXPECTED       compare
 *   test_token_matrix --print        what the file has to say, without its reasons
 */

#define LINES_MOST 32

typedef struct {
    char text[256];
} line;

static line lines[LINES_MOST];
static size_t line_count;
static const char *expected_path;

/* --- the keys --- */

typedef struct {
    bool sensitive;
    bool extractable;
    bool modifiable;
} protection;

typedef struct {
    CK_OBJECT_HANDLE private_key;
    CK_OBJECT_HANDLE public_key;
} key_pair;

static key_pair make(const raw_token *raw, const protection *wanted)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_BBOOL sensitive = wanted->sensitive;
    CK_BBOOL extractable = wanted->extractable;
    CK_BBOOL modifiable = wanted->modifiable;
    CK_ULONG bits = 2048;
    CK_BYTE exponent[] = { 1, 0, 1 };
    CK_BYTE id[] = "matrix";
    CK_MECHANISM mechanism = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN };
    CK_ATTRIBUTE public_items[] = {
        { CKA_TOKEN, &yes, 1 },
        { CKA_VERIFY, &yes, 1 },
        { CKA_MODULUS_BITS, &bits, sizeof bits },
        { CKA_ID, id, 6 },
        { CKA_PUBLIC_EXPONENT, exponent, 3 },
    };
    CK_ATTRIBUTE private_items[] = {
        { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &yes, 1 },           { CKA_SIGN, &yes, 1 },
        { CKA_UNWRAP, &no, 1 }, { CKA_SENSITIVE, &sensitive, 1 },   { CKA_EXTRACTABLE, &extractable, 1 },
        { CKA_ID, id, 6 },      { CKA_MODIFIABLE, &modifiable, 1 },
    };
    key_pair pair = { 0, 0 };

    MUST(raw->functions->C_GenerateKeyPair(raw->session, &mechanism, public_items, PC_COUNT(public_items),
                                           private_items, PC_COUNT(private_items), &pair.public_key,
                                           &pair.private_key) == CKR_OK);
    return pair;
}

static void destroy(const raw_token *raw, const key_pair *pair)
{
    /* For NSS's token keys, the original disappears with its copy; at the end it is checked that nothing is left. */
    (void)raw->functions->C_DestroyObject(raw->session, pair->private_key);
    (void)raw->functions->C_DestroyObject(raw->session, pair->public_key);
}

/* --- judges --- */

static BIGNUM *number(const raw_token *raw, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
    CK_BYTE bytes[1024];
    size_t len = raw_read(raw, key, type, bytes, sizeof bytes);

    return len != (size_t)-1 && len > 0 ? BN_bin2bn(bytes, (int)len, NULL) : NULL;
}

/* The private exponent was read if it undoes the public one. */
static bool can_read(const raw_token *raw, const key_pair *pair)
{
    BIGNUM *d = number(raw, pair->private_key, CKA_PRIVATE_EXPONENT);
    BIGNUM *n = number(raw, pair->public_key, CKA_MODULUS);
    BIGNUM *two = BN_new();
    BIGNUM *power = BN_new();
    BIGNUM *e = BN_new();
    BN_CTX *context = BN_CTX_new();

    MUST(n && two && power && e && context && BN_set_word(two, 2) && BN_set_word(e, 65537));
    bool read = d && BN_mod_exp(power, two, e, n, context) && BN_mod_exp(power, power, d, n, context) &&
                BN_cmp(power, two) == 0;

    BN_free(d);
    BN_free(n);
    BN_free(two);
    BN_free(power);
    BN_free(e);
    BN_CTX_free(context);
    return read;
}

static CK_BYTE aes_key[32] = "an AES key that everybody knows";

static CK_OBJECT_HANDLE make_aes(const raw_token *raw)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE items[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_KEY_TYPE, &type, sizeof type },
        { CKA_TOKEN, &no, 1 },
        { CKA_WRAP, &yes, 1 },
        { CKA_VALUE, aes_key, sizeof aes_key },
    };
    CK_OBJECT_HANDLE handle = 0;

    MUST(raw->functions->C_CreateObject(raw->session, items, PC_COUNT(items), &handle) == CKR_OK);
    return handle;
}

static CK_BYTE iv[16];

static const struct {
    CK_MECHANISM mechanism;
    const char *cipher;
} wraps[] = {
    { { CKM_AES_KEY_WRAP_PAD, NULL, 0 }, "AES-256-WRAP-PAD" },
    { { CKM_AES_CBC_PAD, iv, sizeof iv }, "AES-256-CBC" },
};

/* Is there, under the known AES key, the private key of this modulus? */
static bool holds_key(pc_bytes wrapped, const char *cipher_name, const BIGNUM *modulus)
{
    unsigned char clear[8192];
    int out = 0;
    int more = 0;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool cbc = strcmp(cipher_name, "AES-256-CBC") == 0;
    BIGNUM *found = NULL;

    MUST(cipher && context && wrapped.len < sizeof clear);
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_DecryptInit_ex2(context, cipher, aes_key, cbc ? iv : NULL, NULL) == 1 &&
        EVP_DecryptUpdate(context, clear, &out, wrapped.data, (int)wrapped.len) == 1 &&
        EVP_DecryptFinal_ex(context, clear + out, &more) == 1) {
        const unsigned char *at = clear;
        EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, out + more);

        if (key) {
            (void)EVP_PKEY_get_bn_param(key, "n", &found);
        }
        EVP_PKEY_free(key);
    }
    bool holds = found && BN_cmp(found, modulus) == 0;

    BN_free(found);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return holds;
}

static bool can_wrap(const raw_token *raw, const key_pair *pair)
{
    CK_OBJECT_HANDLE aes = make_aes(raw);
    BIGNUM *modulus = number(raw, pair->public_key, CKA_MODULUS);
    bool wrapped = false;

    MUST(modulus);
    for (size_t i = 0; i < PC_COUNT(wraps) && !wrapped; i++) {
        CK_BYTE out[4096];
        CK_ULONG len = sizeof out;
        CK_MECHANISM mechanism = wraps[i].mechanism;

        wrapped = raw->functions->C_WrapKey(raw->session, &mechanism, aes, pair->private_key, out, &len) == CKR_OK &&
                  holds_key((pc_bytes){ out, len }, wraps[i].cipher, modulus);
    }
    raw_destroy(raw, aes);
    BN_free(modulus);
    return wrapped;
}

static bool can_set(const raw_token *raw, const key_pair *pair, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL bytes = value ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE items[] = { { type, &bytes, sizeof bytes } };

    return raw->functions->C_SetAttributeValue(raw->session, pair->private_key, items, 1) == CKR_OK &&
           raw_flag(raw, pair->private_key, type) == value;
}

static bool can_copy_extractable(const raw_token *raw, const key_pair *pair)
{
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE items[] = { { CKA_EXTRACTABLE, &yes, sizeof yes } };
    key_pair copy = { 0, pair->public_key };

    if (raw->functions->C_CopyObject(raw->session, pair->private_key, items, 1, &copy.private_key) != CKR_OK) {
        return false;
    }
    bool free = raw_flag(raw, copy.private_key, CKA_EXTRACTABLE) == 1 && can_wrap(raw, &copy);

    raw_destroy(raw, copy.private_key);
    return free;
}

/* --- the matrix --- */

static void add_line(const char *format, ...) PC_PRINTF(1, 2);
static void add_line(const char *format, ...)
{
    va_list args;

    MUST(line_count < LINES_MOST);
    va_start(args, format);
    MUST(vsnprintf(lines[line_count++].text, sizeof lines->text, format, args) < (int)sizeof lines->text);
    va_end(args);
}

/* "yes", "no"; with a '!' if PKCS#11 v2.40 requires the opposite. */
static const char *word(bool is, bool ought)
{
    return is == ought ? (is ? "yes" : "no") : (is ? "yes!" : "no!");
}

static void try_one(const raw_token *raw, const protection *wanted)
{
    key_pair pair = make(raw, wanted);
    bool read = can_read(raw, &pair);
    bool wrap = can_wrap(raw, &pair);
    bool unwrap = can_set(raw, &pair, CKA_UNWRAP, true);
    const char *extractable = wanted->extractable ? "-" : word(can_set(raw, &pair, CKA_EXTRACTABLE, true), false);

    destroy(raw, &pair);
    pair = make(raw, wanted);
    const char *sensitive = !wanted->sensitive ? "-" : word(can_set(raw, &pair, CKA_SENSITIVE, false), false);

    bool copy = can_copy_extractable(raw, &pair);

    destroy(raw, &pair);
    add_line("sensitive %d extractable %d modifiable %d: read %s, wrap %s, copy-extractable %s, set-extractable %s, "
             "unset-sensitive %s, set-unwrap %s",
             wanted->sensitive, wanted->extractable, wanted->modifiable,
             word(read, !wanted->sensitive && wanted->extractable), word(wrap, wanted->extractable),
             word(copy, wanted->extractable), extractable, sensitive, word(unwrap, wanted->modifiable));
}

static void try_all(void)
{
    raw_token raw;

    family_open(&raw);
    for (unsigned i = 0; i < 8; i++) {
        const protection wanted = { .sensitive = i & 4, .extractable = i & 2, .modifiable = i & 1 };

        try_one(&raw, &wanted);
    }
    family_close(&raw);
}

/* What the probe says, in the same words; it has seen session keys of p11cert's own template. */
static void probe_one(const pc_token *token, bool exportable)
{
    const pc_key_plan plan = { .kind = PC_KEY_RSA_2048, .exportable = exportable };
    pc_arena *arena = pc_arena_new();
    char text[256] = "";
    size_t used = 0;
    pc_probe probe;

    MUST(pc_probe_run(token, &plan, arena, &probe, NULL) == PC_OK && probe.made);
    for (size_t i = 0; i < probe.attempt_count; i++) {
        const pc_probe_attempt *attempt = &probe.attempts[i];
        bool departs = attempt->forbidden && attempt->deed == PC_DEED_DONE;

        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s%s", i ? ", " : "", attempt->id,
                                 pc_deed_name(attempt->deed),
                                 attempt->lie ? "!"
                                 : departs    ? "?"
                                              : "");
        MUST(used < sizeof text);
    }
    add_line("probe %s: %s", exportable ? "exportable" : "not-exportable", text);
    assert_true(probe.cleaned);
    pc_arena_free(arena);
}

static void probe_both(void)
{
    const pc_token_access access = family_access();
    pc_token *token = NULL;

    MUST(pc_token_open(&access, PC_TOKEN_READ, &token, NULL) == PC_OK);
    probe_one(token, false);
    probe_one(token, true);
    pc_token_close(token);
}

/* --- comparing --- */

/* The next line of the file that is not a comment, and the reason after it; false at the end. */
static bool next_expected(FILE *file, char *text, char *reason, size_t room)
{
    while (fgets(text, (int)room, file)) {
        text[strcspn(text, "\n")] = '\0';
        char *hash = strchr(text, '#');

        (void)snprintf(reason, room, "%s", hash ? hash + 1 : "");
        if (hash) {
            *hash = '\0';
        }
        for (size_t len = strlen(text); len && text[len - 1] == ' '; len--) {
            text[len - 1] = '\0';
        }
        if (*text) {
            return true;
        }
    }
    return false;
}

static void the_token_behaves_as_documented(void **state)
{
    char text[512];
    char reason[512];
    size_t at = 0;
    unsigned wrong = 0;

    (void)state;
    try_all();
    probe_both();
    FILE *file = fopen(expected_path, "re");

    MUST(file);
    for (; next_expected(file, text, reason, sizeof text); at++) {
        const char *actual = at < line_count ? lines[at].text : "(nothing more)";

        if (strcmp(text, actual) != 0) {
            print_error("written: %s\n is:     %s\n", text, actual);
            wrong++;
        } else if (strchr(text, '!') && strlen(reason) < 10) {
            print_error("departs from PKCS#11, and no reason is written: %s\n", text);
            wrong++;
        }
    }
    (void)fclose(file);
    assert_int_equal(wrong, 0);
    assert_int_equal(at, line_count);
}

static void nothing_is_left_on_the_token(void **state)
{
    raw_token raw;

    (void)state;
    family_open(&raw);
    assert_int_equal(raw_count(&raw, CKO_PRIVATE_KEY), 0);
    assert_int_equal(raw_count(&raw, CKO_PUBLIC_KEY), 0);
    assert_int_equal(raw_count(&raw, CKO_SECRET_KEY), 0);
    family_close(&raw);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_behaves_as_documented),
        cmocka_unit_test(nothing_is_left_on_the_token),
    };

    MUST(argc == 2);
    if (strcmp(argv[1], "--print") == 0) {
        try_all();
        probe_both();
        for (size_t i = 0; i < line_count; i++) {
            (void)puts(lines[i].text);
        }
        return 0;
    }
    expected_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
