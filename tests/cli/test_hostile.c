/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Malicious input: certificates, objects on the token, records, lists and names. Each case requires the right exit code
 * within limited time, only readable text on terminal and disk, and nothing half done.
 */
#include "harness.h"

#include <openssl/x509v3.h>

#include "../support/raw_token.h"
#include "../support/token_store.h"

#define BOUND        "timeout", "30", P11CERT_PROGRAM
#define BOUNDED(...) RUN(BOUND, __VA_ARGS__)

static const char *const evil_texts[] = {
    "\x1b[31mred\x1b]0;title\x07",
    "line\r\nbreak: x",
    "\xe2\x80\xaegnp.exe",
    ("\xc2\x9b"
     "31m"),
    "\xe2\x80\xa8",
    "\xe2\x80\x99;calc;\xe2\x80\x98",
    "';calc;'",
    "`whoami` $(calc) ${env:x}",
    "<script>alert(1)</script>]]>&amp;",
    "=cmd|'/C calc'!A1",
    "../../etc/passwd",
    "%s%n",
    "",
};

#define EACH(i, rows) for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)

/* ---- requirements for every text ---- */

/* Control characters but the end of a line, in ASCII and in C1, and what turns or ends a line (Unicode TR 9, 14). */
static bool is_harmful(const unsigned char *at)
{
    bool c0 = (*at < 0x20 && *at != '\n') || *at == 0x7f;
    bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
    bool turns = at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
                                   (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));

    return c0 || c1 || turns;
}

static void expect_harmless(const run_result *result, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool ends_line = text[i] == '\r' && text[i + 1] == '\n';

        if (!ends_line && is_harmful((const unsigned char *)text + i)) {
            fail_msg("$ %s\nbyte 0x%02x at %zu of: %s", result->line, (unsigned char)text[i], i, text);
        }
    }
}

static void expect_sane(const run_result *result, int least, int most)
{
    if (result->exit_code < least || result->exit_code > most) {
        expect_exit(result, most);
    }
    expect_harmless(result, result->out, result->out_len);
    expect_harmless(result, result->err, result->err_len);
}

static void expect_json(const run_result *result)
{
    expect_harmless(result, result->out, result->out_len);
    expect_harmless(result, result->err, result->err_len);
    file_write("json", result->out, 0600);
    expect_exit(RUN("python3", "-c", "import json; json.load(open('json', encoding='utf-8'))"), 0);
}

static void expect_texts_of_kit_harmless(const run_result *result)
{
    static const char *const names[] = { "kit/README.txt", "kit/install.ps1", "kit/SHA256SUMS" };

    EACH(i, names)
    {
        size_t len = 0;
        const char *text = file_read(names[i], &len);

        expect_harmless(result, text, len);
    }
}

/* ---- certificates ---- */

static X509 *certificate_of(const char *name, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_NAME_new();
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *dns = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    assert_true(certificate && subject && names && dns && text);
    assert_int_equal(1, ASN1_STRING_set(text, name, -1));
    GENERAL_NAME_set0_value(dns, GEN_DNS, text);
    assert_int_equal(1, sk_GENERAL_NAME_push(names, dns));
    assert_int_equal(1, X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0));
    if (*name) {
        const unsigned char *bytes = (const unsigned char *)name;

        assert_int_equal(1, X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_UTF8STRING, bytes, -1, -1, 0));
    }
    assert_int_equal(1, X509_set_version(certificate, 2));
    assert_int_equal(1, X509_set_subject_name(certificate, subject));
    assert_int_equal(1, X509_set_issuer_name(certificate, subject));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400));
    assert_int_equal(1, X509_set_pubkey(certificate, key));
    GENERAL_NAMES_free(names);
    X509_NAME_free(subject);
    return certificate;
}

static void sign_and_write(X509 *certificate, EVP_PKEY *key, const char *path)
{
    FILE *out = fopen(path, "we");

    assert_non_null(out);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(1, i2d_X509_fp(out, certificate));
    assert_int_equal(0, fclose(out));
}

static void make_certificate(const char *name, size_t serial_len, const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_of(name, key);
    unsigned char *bytes = malloc(serial_len);

    assert_non_null(bytes);
    memset(bytes, 0x55, serial_len);
    assert_int_equal(1, ASN1_STRING_set(X509_get_serialNumber(certificate), bytes, (int)serial_len));
    sign_and_write(certificate, key, path);
    free(bytes);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void a_certificate_s_names_are_escaped_wherever_they_go(void **state)
{
    (void)state;
    EACH(i, evil_texts)
    {
        make_certificate(evil_texts[i], 8, "evil.cer");
        expect_sane(BOUNDED("show", "evil.cer"), 0, 0);
        expect_json(BOUNDED("show", "evil.cer", "--json"));
        expect_sane(BOUNDED("check", "--no-token", "evil.cer", "--html", "evil.html", "--junit", "evil.xml", "--force"),
                    1, 1);
        expect_exit(RUN("xmllint", "--noout", "evil.xml"), 0);
        const run_result *kit = BOUNDED("kit", "--cert", "evil.cer", "--out", "kit");

        expect_sane(kit, 0, 0);
        expect_harmless(kit, file_read("evil.html", NULL), strlen(file_read("evil.html", NULL)));
        expect_lacks(kit, file_read("evil.html", NULL), "<script>alert");
        expect_texts_of_kit_harmless(kit);
        expect_exit(RUN("rm", "-r", "kit"), 0);
    }
}

static void a_serial_number_of_any_length_uses_only_its_share_of_memory(void **state)
{
    (void)state;
    make_certificate("long", 100000, "long.cer");
    expect_sane(BOUNDED("kit", "--cert", "long.cer", "--out", "long"), 0, 0);
    const char *script = file_read("long/install.ps1", NULL);

    assert_int_equal(100000, count_of(script, "0x55"));
    assert_null(strstr(script, "0x55,)"));
}

/* ---- the token ---- */

static void create_record(const raw_token *raw, const char *text)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_OBJECT_HANDLE object = 0;
    CK_BBOOL yes = CK_TRUE;
    char application[] = "p11cert pending request";
    char label[] = "\x1b[31mrecord";
    union {
        const char *given;
        void *pointer;
    } bytes = { .given = text };
    CK_ATTRIBUTE attributes[] = {
        { CKA_CLASS, &class, sizeof class }, { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &yes, sizeof yes },   { CKA_APPLICATION, application, strlen(application) },
        { CKA_LABEL, label, strlen(label) }, { CKA_VALUE, bytes.pointer, strlen(text) },
    };

    const CK_ULONG count = sizeof attributes / sizeof *attributes;

    assert_int_equal(CKR_OK, raw->functions->C_CreateObject(raw->session, attributes, count, &object));
}

/* A token that the test's own process writes to, with the PIN that tests/support/raw_token.c logs in by. */
static void make_hostile_token(void)
{
    static const struct {
        unsigned char bytes[6];
        size_t len;
    } values[] = {
        { "", 0 }, { "", 1 }, { "\x30\x84\xff\xff\xff\xff", 6 }, { "\x30\x80\x30\x80\x30\x80", 6 }, { "\x1b[31m", 5 },
    };
    raw_token raw;

    raw_make_token("hostile", TOKEN_STORE_SO_PIN, TOKEN_STORE_PIN);
    file_write("hostile.pin", TOKEN_STORE_PIN, 0600);
    raw_open("hostile", &raw);
    EACH(i, evil_texts)
    {
        (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = evil_texts[i], .id = "\x1b" }, NULL);
    }
    EACH(i, values)
    {
        raw_write_certificate(&raw, "\x1b[31mcertificate", "\x1b", (pc_bytes){ values[i].bytes, values[i].len });
    }
    raw_close(&raw);
}

#define ON_HOSTILE "--token", "hostile", "--pin-source", "file:hostile.pin"

static void objects_of_a_token_are_escaped_and_passed_over(void **state)
{
    (void)state;
    make_hostile_token();
    expect_sane(BOUNDED("list", ON_HOSTILE), 0, 0);
    expect_json(BOUNDED("list", "--json", ON_HOSTILE));
    /* What cannot be read may well have ended. */
    expect_sane(BOUNDED("list", "--expiring", "30d", ON_HOSTILE), 1, 1);
    expect_sane(BOUNDED("repair", ON_HOSTILE), 1, 8);
    expect_json(BOUNDED("repair", "--json", ON_HOSTILE));
    expect_sane(BOUNDED("doctor", ON_HOSTILE), 0, 6);
    EACH(i, evil_texts)
    {
        expect_sane(BOUNDED("show", "--key", evil_texts[i], ON_HOSTILE), 0, 4);
    }
}

/* A record with everything that it needs, except for the address of the CA. */
#define RECORD(digit, ca) \
    "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"ca\":\"" ca \
    "\",\"request-id\":\"17\",\"submitted-at\":\"x\"," \
    "\"request-sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"request\":\"\"," \
    "\"spki-sha256\":\"" digit "000000000000000000000000000000000000000000000000000000000000000\"," \
    "\"key-label\":\"\\u001b[31m../../x\\u202e\",\"key-id\":\"01\"}"

static void records_that_others_wrote_are_not_followed(void **state)
{
    static const char good[] = RECORD("6", "https://127.0.0.1:1/");
    static const char *const records[] = {
        RECORD("1", "https://user:sEcReT@127.0.0.1:1/"),
        RECORD("2", "http+file:///etc/passwd"),
        RECORD("3", "httpx"),
        RECORD("4", "gopher://127.0.0.1:1/"),
        RECORD("5", "https://127.0.0.1:1/\\u001b[31m"),
        "{",
        "[[[[",
        "\xff",
    };
    raw_token raw;

    (void)state;
    raw_open("hostile", &raw);
    EACH(i, records)
    {
        create_record(&raw, records[i]);
    }
    expect_sane(BOUNDED("retrieve", "--all", "--auth", "none", "--connect-timeout", "2s", ON_HOSTILE), 3, 3);
    create_record(&raw, good);
    raw_close(&raw);
    expect_sane(BOUNDED("retrieve", "--all", "--auth", "none", "--connect-timeout", "2s", ON_HOSTILE), 7, 7);
    const run_result *list = BOUNDED("list", "--json", ON_HOSTILE);

    expect_json(list);
    expect_lacks(list, list->out, "sEcReT");
    assert_int_equal(1, count_of(list->out, "\"request_id\": \"17\""));
}

/* ---- lists of hosts ---- */

static void bad_rows_of_a_list_stop_no_good_one_and_make_no_file(void **state)
{
    static const char *const lists[] = {
        "fqdn\n../x\n/etc/x\n..\n-rf\n\x1b[31m\nx\x7f\ny\xff\n=cmd|'/C calc'!A1\na.example.\n*.example\n"
        "b\xc3\xbc.example\ngood0.example\n",
        "fqdn,template\nx.example,../t.inf\ny.example,/etc/passwd\nz.example,.t\ngood1.example,\n",
        "fqdn,label\nx.example,\x1b[31m\ngood2.example,\n",
        "fqdn,ip\nx.example,999.1.1.1\ny.example,::1::\ngood3.example,\n",
        "{\"fqdn\":\"a\\u0000b\"}\n[]\n{\"fqdn\":[]}\n{\"fqdn\":\"a\",\"fqdn\":\"b\"}\n{\"x\":{}}\n{\"fqdn\":"
        "\"\\u001b\"}\n"
        "{\"fqdn\":\"good4.example\"}\n",
    };

    (void)state;
    EACH(i, lists)
    {
        char folder[16];
        char listing[64];

        (void)snprintf(folder, sizeof folder, "fleet%zu", i);
        (void)snprintf(listing, sizeof listing, "good%zu.example.req\nmanifest.jsonl\n", i);
        file_write("hosts", lists[i], 0600);
        expect_sane(BOUNDED("batch", "--hosts", "hosts", "--key-type", "ec-p256", "--out", folder, "--token",
                            "servers"),
                    3, 3);
        assert_string_equal(listing, out_of(WORDS("ls", "-A", folder)));
    }
}

static void an_endless_row_uses_only_its_share_of_memory(void **state)
{
    static char text[1000100];

    (void)state;
    memset(text, 'x', 1000000);
    memcpy(text, "fqdn\n", 5);
    (void)strcpy(text + 1000000, "\nlast.example\n");
    file_write("hosts", text, 0600);
    expect_sane(BOUNDED("batch", "--hosts", "hosts", "--key-type", "ec-p256", "--out", "longrow", "--token", "servers"),
                3, 3);
    assert_true(file_exists("longrow/last.example.req"));
}

/* ---- names of files, addresses, profiles ---- */

static const char *text_of(char c, size_t len)
{
    static char text[5001];

    memset(text, c, len);
    text[len] = '\0';
    return text;
}

static void an_impossible_name_is_reported_before_a_key_is_made(void **state)
{
    size_t keys = token_count("servers", "privkey");
    const struct {
        const char *name;
        int exit_code;
    } rows[] = { { "", 2 }, { strdup(text_of('x', 300)), 3 }, { strdup(text_of('/', 5000)), 3 } };

    (void)state;
    EACH(i, rows)
    {
        expect_sane(BOUNDED("new", "--subject", "CN=x", "--key-type", "ec-p256", "--token", "servers", "--out",
                            rows[i].name),
                    rows[i].exit_code, rows[i].exit_code);
        expect_sane(BOUNDED("ca-chain", "--ca", "https://127.0.0.1:1/", "--auth", "none", "--out", rows[i].name),
                    rows[i].exit_code, rows[i].exit_code);
    }
    /* With the name that a file aside would have, it is too long. */
    expect_sane(BOUNDED("new", "--subject", "CN=x", "--key-type", "ec-p256", "--token", "servers", "--force", "--out",
                        text_of('y', 250)),
                3, 3);
    assert_int_equal(keys, token_count("servers", "privkey"));
    free((void *)(uintptr_t)rows[1].name);
    free((void *)(uintptr_t)rows[2].name);
}

static void an_address_that_is_not_a_cas_is_refused(void **state)
{
    static const char *const addresses[] = {
        "https://u:p@127.0.0.1:1/",
        "https://127.0.0.1:1\\@x/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/",
        "https://[::1/",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:1/a\r\nX: y",
        "https://127.0.0.1:1/?x",
        "javascript:alert(1)",
        "",
    };

    (void)state;
    EACH(i, addresses)
    {
        expect_sane(BOUNDED("ca-chain", "--templates", "--auth", "none", "--ca", addresses[i]), 2, 2);
    }
}

static void a_malicious_profile_is_refused_with_a_reason(void **state)
{
    static const char *const profiles[] = {
        "name: &a b\nbase: *a\n",
        "? [a]\n: b\n",
        "name: x\n\"\\e[31m\\u202e\": y\n",
        "name: x\nrules:\n  - id: \"\\e[31m\"\n",
        "\x1b",
        "name: x\nbase: ../../etc/passwd\n",
    };

    (void)state;
    make_certificate("leaf", 8, "leaf.cer");
    EACH(i, profiles)
    {
        file_write("profile", profiles[i], 0600);
        const run_result *result = BOUNDED("check", "--no-token", "leaf.cer", "--policy", "./profile");

        expect_sane(result, 3, 3);
        expect_lacks(result, result->err, "Backtrace");
    }
    file_write("profile", text_of('{', 5000), 0600);
    expect_sane(BOUNDED("check", "--no-token", "leaf.cer", "--policy", "./profile"), 3, 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_s_names_are_escaped_wherever_they_go),
        cmocka_unit_test(a_serial_number_of_any_length_uses_only_its_share_of_memory),
        cmocka_unit_test(objects_of_a_token_are_escaped_and_passed_over),
        cmocka_unit_test(records_that_others_wrote_are_not_followed),
        cmocka_unit_test(bad_rows_of_a_list_stop_no_good_one_and_make_no_file),
        cmocka_unit_test(an_endless_row_uses_only_its_share_of_memory),
        cmocka_unit_test(an_impossible_name_is_reported_before_a_key_is_made),
        cmocka_unit_test(an_address_that_is_not_a_cas_is_refused),
        cmocka_unit_test(a_malicious_profile_is_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
