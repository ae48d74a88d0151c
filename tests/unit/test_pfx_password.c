/* SPDX-License-Identifier: Apache-2.0 */
/* The password of a PFX: which are weak, how one is made, and asking twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/files/pfx_password.h"

static pc_secret *secret_of(const char *text)
{
    pc_secret *secret = NULL;

    assert_int_equal(pc_secret_new(strlen(text) + 1, &secret, NULL), PC_OK);
    memcpy(pc_secret_bytes(secret), text, strlen(text));
    pc_secret_set_len(secret, strlen(text));
    return secret;
}

static const struct {
    const char *text;
    bool weak;
} passwords[] = {
    { "Passw0rd!", true },
    { "12345678901234", true },
    { "aaaaaaaaaaaaaaaa", true },
    { "abcdefghijklmnop", true },
    { "111222333444", true },
    { "Kx7#pQ2!vB9", true },
    { "Kx7#pQ2!vB9z", false },
    { "correct horse battery", false },
    { "gr\xc3\xb6\xc3\x9f"
      "er als zw\xc3\xb6lf",
      false },
    { "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", true },
};

static void weak_passwords_are_distinguished_from_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(passwords); i++) {
        PC_AUTO(pc_secret) pc_secret *secret = secret_of(passwords[i].text);

        if ((pc_password_weakness(secret) != NULL) != passwords[i].weak) {
            fail_msg("\"%s\" counts as %s", passwords[i].text, passwords[i].weak ? "strong" : "weak");
        }
    }
}

static void a_generated_password_is_never_weak_or_repeated(void **state)
{
    char first[PC_PASSWORD_MADE_LEN + 1] = "";

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        PC_AUTO(pc_secret) pc_secret *made = NULL;

        assert_int_equal(pc_password_make(&made, NULL), PC_OK);
        const char *text = (const char *)pc_secret_bytes(made);

        assert_int_equal(pc_secret_len(made), PC_PASSWORD_MADE_LEN);
        assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz234567-"), PC_PASSWORD_MADE_LEN);
        assert_true(text[5] == '-' && text[11] == '-' && text[17] == '-' && text[23] == '-' && !strchr(text + 24, '-'));
        assert_null(pc_password_weakness(made));
        assert_string_not_equal(first, text);
        memcpy(first, text, sizeof first);
    }
}

static void only_text_is_a_password(void **state)
{
    static const char *const wrong[] = { "\xff", "two\nlines", "tab\tbed", "del\x7f" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(wrong); i++) {
        PC_AUTO(pc_secret) pc_secret *secret = secret_of(wrong[i]);

        assert_int_equal(pc_password_check_text(secret, NULL), PC_E_INPUT);
    }
}

/** Somebody who types these at the keyboard, one after the other. */
typedef struct {
    const char *typed[3];
    unsigned asked;
} typist;

static pc_status type(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err)
{
    typist *person = context;
    const char *text = person->typed[person->asked++];

    (void)err;
    assert_int_equal(kind, PC_SECRET_FILE_PASSWORD);
    assert_non_null(strstr(what, person->asked == 1 ? "password for \"a.pfx\"" : "password for \"a.pfx\", once more"));
    memcpy(pc_secret_bytes(pin), text, strlen(text));
    pc_secret_set_len(pin, strlen(text));
    return PC_OK;
}

static pc_status ask(typist *person, pc_password_use use, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *password = NULL;
    const pc_token_access access = { .prompt = type, .prompt_context = person };

    const pc_password_source source = { .access = &access, .use = use };

    return pc_password_read(&source, "a.pfx", &password, err);
}

static void it_is_asked_twice_where_it_is_new(void **state)
{
    typist once = { .typed = { "one" } };
    typist same = { .typed = { "one", "one" } };
    typist other = { .typed = { "one", "oNe" } };
    typist empty = { .typed = { "" } };
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(ask(&once, PC_PASSWORD_OF_FILE, &err), PC_OK);
    assert_int_equal(once.asked, 1);
    assert_int_equal(ask(&same, PC_PASSWORD_OF_NEW_FILE, &err), PC_OK);
    assert_int_equal(same.asked, 2);
    assert_int_equal(ask(&other, PC_PASSWORD_OF_NEW_FILE, &err), PC_E_AUTH);
    assert_non_null(strstr(err.frames[0], "differ"));
    assert_int_equal(ask(&empty, PC_PASSWORD_OF_NEW_FILE, &err), PC_E_AUTH);
}

static void without_a_terminal_the_right_option_is_named(void **state)
{
    static const struct {
        pc_password_use use;
        const char *option;
    } rows[] = {
        { PC_PASSWORD_OF_FILE, "give `password_source` " },
        { PC_PASSWORD_OF_NEW_FILE, "give `password_source` " },
        { PC_PASSWORD_OF_NEW_KIT, "give `kit_password_source` " },
    };
    const pc_token_access access = { .prompt = NULL };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_secret) pc_secret *password = NULL;
        const pc_password_source source = { .access = &access, .use = rows[i].use };
        pc_error err = { .status = PC_OK };

        assert_int_equal(pc_password_read(&source, "a.pfx", &password, &err), PC_E_AUTH);
        assert_non_null(strstr(err.hint, rows[i].option));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_passwords_are_distinguished_from_others),
        cmocka_unit_test(a_generated_password_is_never_weak_or_repeated),
        cmocka_unit_test(only_text_is_a_password),
        cmocka_unit_test(it_is_asked_twice_where_it_is_new),
        cmocka_unit_test(without_a_terminal_the_right_option_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
