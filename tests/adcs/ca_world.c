/* SPDX-License-Identifier: Apache-2.0 */
#include "ca_world.h"

#include <openssl/opensslv.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXTS_MAX 4096

ca_place ca;
static const char *kerberos[2];
static char *texts[TEXTS_MAX];
static size_t text_count;

const char *text_of(const char *format, ...)
{
    va_list args;

    assert_true(text_count < TEXTS_MAX);
    va_start(args, format);
    assert_true(vasprintf(&texts[text_count], format, args) >= 0);
    va_end(args);
    return texts[text_count++];
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);

    if (!value) {
        (void)fprintf(stderr, "%s is not set: run this test by tests/adcs/with\n", name);
        exit(1);
    }
    return strdup(value);
}

/* Only once: a world starts with an empty environment. */
static void read_environment(void)
{
    if (ca.dir) {
        return;
    }
    ca = (ca_place){
        .dir = from_environment("ADCS_DIR"),
        .https = from_environment("ADCS_HTTPS"),
        .certificate = from_environment("ADCS_CERTIFICATE"),
        .wrong_name = from_environment("ADCS_WRONG_NAME"),
        .expired = from_environment("ADCS_EXPIRED"),
        .middle = from_environment("ADCS_MIDDLE"),
        .old_tls = from_environment("ADCS_OLD_TLS"),
        .http = from_environment("ADCS_HTTP"),
        .proxy = from_environment("ADCS_PROXY"),
        .cacert = from_environment("ADCS_CACERT"),
        .pin = from_environment("ADCS_PIN"),
    };
    kerberos[0] = from_environment("KRB5_CONFIG");
    kerberos[1] = from_environment("KRB5CCNAME");
}

int ca_world_new(void **state)
{
    read_environment();
    (void)world_new_with_token(state);
    assert_int_equal(0, setenv("KRB5_CONFIG", kerberos[0], 1));
    assert_int_equal(0, setenv("KRB5CCNAME", kerberos[1], 1));
    assert_int_equal(0, mkdir("home", 0700));
    assert_int_equal(0, setenv("HOME", text_of("%s/home", world_folder()), 1));
    return 0;
}

int ca_world_remove(void **state)
{
    (void)world_remove(state);
    while (text_count > 0) {
        free(texts[--text_count]);
    }
    return 0;
}

const char *ca_url(const char *host, const char *where)
{
    return text_of("%s/%s/certsrv", host, where);
}

void shell(const char *format, ...)
{
    char *line = NULL;
    va_list args;

    va_start(args, format);
    assert_true(vasprintf(&line, format, args) >= 0);
    va_end(args);
    (void)out_of(WORDS("sh", "-ec", line));
    free(line);
}

void only_with_one_openssl(void)
{
    const char *count =
        out_of(WORDS("sh", "-c", text_of("curl --version | grep -c ' OpenSSL/%d[.]' || true", OPENSSL_VERSION_MAJOR)));

    if (atoi(count) == 0) {
        print_message("not here: a libcurl built on OpenSSL %d\n", OPENSSL_VERSION_MAJOR);
        skip();
    }
}

void make_request(const char *label)
{
    expect_exit(P11CERT("new", "--token", "servers", "--subject", text_of("CN=%s", label), "--dns", label, "--key-type",
                        "ec-p256", "--out", text_of("%s.req", label)),
                0);
}

const run_result *run_ca(const char *verb, const char *url, const char *const *words)
{
    const char *all[64] = { P11CERT_PROGRAM, verb, "--token", "servers", "--cacert", ca.cacert };
    size_t count = 6;

    if (url) {
        all[count++] = "--ca";
        all[count++] = url;
    }
    for (; *words; words++) {
        assert_true(count < 63);
        all[count++] = *words;
    }
    return run_words(all);
}

const char *number_in(const run_result *result)
{
    const char *at = strstr(result->out, ": request ");

    if (!at) {
        fail_msg("no number of a request in: %s%s", result->out, result->err);
        return "";
    }
    at += strlen(": request ");
    return text_of("%.*s", (int)strspn(at, "0123456789"), at);
}

void approve(const char *number)
{
    (void)out_of(WORDS(ADCS_FOLDER "/approve", ca.dir, number));
}

void deny(const char *number)
{
    (void)out_of(WORDS(ADCS_FOLDER "/approve", ca.dir, number, "deny"));
}

void reopen(const char *number)
{
    (void)out_of(WORDS(ADCS_FOLDER "/approve", ca.dir, number, "reopen"));
}

size_t records_on_token(void)
{
    return count_of(token_objects("servers", "data"), "'p11cert pending request'");
}

void expect_answer(const run_result *result, const ca_answer *answer, const char *file)
{
    expect_contains(result, result->err, answer->says);
    expect_exit(result, answer->exit_code);
    assert_int_equal(answer->records, records_on_token());
    assert_false(file_exists(file));
}

void forget_data(const char *application)
{
    shell("while pkcs11-tool --module %s --token-label servers --login --pin %s --delete-object --type data "
          "--application-label '%s' >/dev/null 2>&1; do :; done",
          SOFTHSM, USER_PIN, application);
}

void move_to_another_machine(void)
{
    shell("rm -rf home secret password *.req *.cer *.inf; mkdir home; ! find . -name '*.pending.json' | grep .");
}

void forget_seen(void)
{
    shell("rm -rf %s/seen/*", ca.dir);
}

void expect_bound(const char *label, const char *file)
{
    assert_int_equal(0, records_on_token());
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), text_of("label:      %s\n", label)));
    assert_int_equal(1, count_of(token_objects("servers", "cert"), text_of("label:      %s\n", label)));
    shell("openssl x509 -in '%s' -outform DER -out expected.der; "
          "pkcs11-tool --module %s --token-label servers --login --pin %s --read-object --type cert --label '%s' "
          "--output-file bound.der >/dev/null 2>&1; cmp expected.der bound.der; "
          "cat %s/ca/root.pem %s/ca/root0.pem >roots.pem; openssl verify -CAfile roots.pem -untrusted '%s' '%s'; "
          "rm expected.der bound.der roots.pem",
          file, SOFTHSM, USER_PIN, label, ca.dir, ca.dir, file, file);
}
