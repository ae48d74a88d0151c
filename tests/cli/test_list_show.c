/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert list and show: what is on a token as the token has it, and what is in a file. */
#include "harness.h"

#define PKCS11_TOOL "pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN

/* On "servers": a key with its certificate and root. */
static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=a", "--key-type", "ec-p256", "--out", "a.req"),
                0);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256",
                        "--out", "ca.cer"),
                0);
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--out", "a.cer"), 0);
    return 0;
}

static void an_empty_token_is_reported_as_empty(void **state)
{
    (void)state;
    token_make("blank");
    expect_golden(P11CERT("list", "--token", "blank"), 0, "list-empty");
}

static void a_key_without_certificate_waits_for_one(void **state)
{
    (void)state;
    expect_golden(P11CERT("list", "--token", "servers"), 0, "list-waiting");
}

static void a_root_with_its_key_is_shown_under_it(void **state)
{
    (void)state;
    expect_golden(P11CERT("list", "--token", "ca"), 0, "list-root");
}

static void a_bound_certificate_is_shown_under_its_key(void **state)
{
    (void)state;
    expect_exit(P11CERT("accept", "a.cer", "--chain", "ca.cer", "--token", "servers"), 0);
    expect_golden(P11CERT("list", "--token", "servers"), 0, "list-bound");
}

/* The root is on the token: list says so, and show must say the same. */
static void show_and_list_agree_on_the_chain(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("show", "--key", "a", "--token", "servers");
    expect_exit(result, 0);
    expect_contains(result, result->out, "issued by CN=Root\n");
    expect_lacks(result, result->out, "not on this token");
}

static void show_lists_every_attribute_of_a_key(void **state)
{
    (void)state;
    expect_golden(P11CERT("show", "--key", "Root", "--token", "ca"), 0, "show-key");
}

static void the_uri_that_show_prints_finds_the_key(void **state)
{
    char uri[512] = "";
    const run_result *result;

    (void)state;
    result = P11CERT("show", "--key", "a", "--token", "servers");
    const char *at = strstr(result->out, "--key '");

    assert_non_null(at);
    assert_int_equal(1, sscanf(at, "--key '%511[^']", uri));
    expect_exit(P11CERT("show", "--key", uri, "--token", "servers"), 0);
}

static void a_certificate_of_another_key_is_called_wrong(void **state)
{
    const run_result *result;

    (void)state;
    token_make_key("servers", "misled", "0a0b");
    (void)out_of(WORDS("openssl", "x509", "-in", "ca.cer", "-outform", "DER", "-out", "ca.der"));
    (void)out_of(WORDS(PKCS11_TOOL, "--write-object", "ca.der", "--type", "cert", "--id", "0a0b", "--label", "misled"));
    result = P11CERT("show", "--key", "misled", "--token", "servers");
    expect_exit(result, 0);
    expect_contains(result, result->out, "WRONG: it has the key's CKA_ID but a different public key");
}

/* What is known about the first certificate of a key. */
static const char *known_of_certificate(const char *token, const char *label, const char *plan)
{
    const run_result *result = run_with_fault(WORDS("show", "--key", label, "--token", token, "--json"), plan);

    expect_exit(result, 0);
    file_write("show.json", result->out, 0644);
    return out_of(WORDS("jq", "-c", ".keys[].certificates[0] | [.expired, .ca, .belongs, .chain_complete, .current]",
                        "show.json"));
}

/* With a value that is not shown, and with a public key that is not: nothing is known then, and nothing denied. */
static void what_the_token_does_not_show_of_a_certificate_is_unknown(void **state)
{
    static const char no_value[] = "C_GetAttributeValue=1+ length=0@0x11";
    const run_result *result;

    (void)state;
    assert_string_equal("[false,false,true,true,true]\n", known_of_certificate("servers", "a", ""));
    assert_string_equal("[null,null,null,null,null]\n", known_of_certificate("servers", "a", no_value));
    result = run_with_fault(WORDS("list", "--token", "servers"), no_value);
    expect_said(result, "    certificate object \"a\", CKA_ID |        UNREADABLE: |!WRONG|!issued by");
    result = run_with_fault(WORDS("list", "--token", "servers", "--table"), no_value);
    expect_said(result, "  ?           unknown\n|!none");
    token_make("halves");
    expect_exit(P11CERT("issue", "--token", "halves", "--self-signed", "--subject", "CN=halved", "--key-type",
                        "ec-p256", "--out", "halved.cer"),
                0);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "halves", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "pubkey", "--label", "halved"));
    assert_string_equal("[false,true,null,true,null]\n", known_of_certificate("halves", "halved", ""));
    result = P11CERT("list", "--token", "halves");
    expect_said(result, "    certificate CN=halved\n|not known whether it is the key's|!WRONG");
    result = P11CERT("list", "--token", "halves", "--table");
    expect_said(result, "  ?           unknown\n|!none");
}

static void labels_that_would_play_with_the_terminal_are_shown_harmless(void **state)
{
    const run_result *result;

    (void)state;
    token_make_key("servers", "\033[2Jgone", "0c0d");
    result = P11CERT("list", "--token", "servers");
    expect_exit(result, 0);
    expect_lacks(result, result->out, "\033");
    expect_contains(result, result->out, "gone\"");
}

/* Object handles come in no order that means anything; two runs and two machines should show the same. */
static void keys_are_listed_by_label(void **state)
{
    const char *first;
    const char *second;
    const run_result *result;

    (void)state;
    token_make("many");
    token_make_key("many", "delta", "04");
    token_make_key("many", "bravo", "02");
    token_make_key("many", "charlie", "03");
    token_make_key("many", "alpha", "01");
    result = P11CERT("list", "--token", "many");
    expect_exit(result, 0);
    first = strstr(result->out, "key \"");
    for (; first && (second = strstr(first + 1, "key \"")); first = second) {
        if (strncmp(first, second, 12) > 0) {
            (void)fprintf(stderr, "%s", result->out);
            fail_msg("the keys are not in the order of their labels");
        }
    }
}

#define TOOL(token) "pkcs11-tool", "--module", SOFTHSM, "--token-label", token, "--login", "--pin", USER_PIN

/* Made by openssl: one has ended, one ends in ten days, one in a year. */
static void make_end_request(const char *name)
{
    char subject[64];

    (void)snprintf(subject, sizeof subject, "/CN=%s", name);
    (void)out_of(WORDS("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-keyout", "end.key", "-subj", subject, "-out", "end.req"));
}

static void put_end_certificate(const char *name)
{
    (void)out_of(WORDS("openssl", "x509", "-in", "end.pem", "-outform", "DER", "-out", "end.der"));
    (void)out_of(WORDS(TOOL("ends"), "--write-object", "end.der", "--type", "cert", "--label", name));
}

static void put_ending(const char *name, const char *days)
{
    make_end_request(name);
    (void)out_of(
        WORDS("openssl", "x509", "-req", "-in", "end.req", "-signkey", "end.key", "-days", days, "-out", "end.pem"));
    put_end_certificate(name);
}

static void put_ended(const char *name)
{
    make_end_request(name);
    (void)out_of(WORDS(TEST_SUPPORT_DIR "/issue-ended", "end.req", "end.pem", "self", "end.key"));
    put_end_certificate(name);
}

static void what_expires_soon_is_reported_by_the_exit_code(void **state)
{
    static const struct {
        const char *span;
        int exit_code;
        size_t shown;
    } rows[] = { { "0", 0, 0 },  { "9d", 0, 0 },   { "11d", 1, 1 }, { "11", 1, 1 },
                 { "2w", 1, 1 }, { "14mo", 1, 2 }, { "2y", 1, 2 } };

    (void)state;
    token_make("ends");
    token_make_key("ends", "waiting", "01");
    expect_golden(P11CERT("list", "--token", "ends", "--expiring", "30d"), 0, "list-ending-none");
    put_ending("ten.local", "10");
    put_ending("year.local", "365");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = P11CERT("list", "--token", "ends", "--expiring", rows[i].span);

        expect_exit(result, rows[i].exit_code);
        assert_int_equal(rows[i].shown, count_of(result->out, "serial "));
        expect_lacks(result, result->out, "waiting");
    }
}

static void what_has_expired_is_among_what_expires(void **state)
{
    const run_result *result;

    (void)state;
    put_ended("gone.local");
    result = P11CERT("list", "--token", "ends", "--expiring", "0d");
    expect_exit(result, 1);
    expect_contains(result, result->out, "CN=gone.local");
    expect_contains(result, result->out, "(EXPIRED)");
    expect_contains(result, result->out, "1 certificate has expired");
    result = P11CERT("list", "--token", "ends", "--expiring", "1y", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\"expired\": true");
    expect_contains(result, result->out, "\"count\": 3");
}

static void a_word_that_is_not_a_duration_is_refused(void **state)
{
    static const char *const rows[] = { "", "-1", "30dd", " 30d", "30 d", "soon", "99999999999999999999" };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_exit(P11CERT("list", "--token", "ends", "--expiring", rows[i]), 2);
    }
}

static void a_request_and_a_certificate_in_files_are_shown(void **state)
{
    (void)state;
    expect_golden(P11CERT("show", "a.req"), 0, "show-request");
    expect_golden(P11CERT("show", "a.cer"), 0, "show-certificate");
    expect_golden(P11CERT("show", "ca.cer"), 0, "show-root");
}

static void showing_a_file_needs_no_token(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_exit(run_spied(WORDS("show", "a.req"), "C_Initialize", &calls), 0);
    assert_int_equal(0, calls);
}

static void what_cannot_be_shown_is_reported(void **state)
{
    (void)state;
    file_write("some.inf", "[NewRequest]\nSubject = \"CN=a\"\n", 0644);
    expect_golden(P11CERT("show", "some.inf"), 3, "show-inf");
    expect_golden(P11CERT("show", "none"), 4, "show-none");
    expect_golden(P11CERT("show", "--key", "nobody", "--token", "servers"), 4, "show-no-such-key");
}

static void nothing_logs_in_more_than_once(void **state)
{
    static const char *const rows[][8] = {
        { "list", "--token", "servers" },
        { "show", "--key", "a", "--token", "servers" },
    };
    size_t calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_exit(run_spied(rows[i], "C_Login", &calls), 0);
        assert_int_equal(1, calls);
    }
}

/* What check judges by, list and show find. */
static void objects_that_are_not_key_pairs_are_listed_and_shown(void **state)
{
    const run_result *result;

    (void)state;
    token_make("mixed");
    token_make_key("mixed", "pair", "01");
    token_make_key("mixed", "widow", "02");
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "mixed", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "privkey", "--id", "02"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "mixed", "--login", "--pin", USER_PIN,
                       "--keygen", "--key-type", "aes:32", "--label", "wrapkey", "--id", "44"));
    file_write("blob", "anything", 0600);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "mixed", "--login", "--pin", USER_PIN,
                       "--write-object", "blob", "--type", "data", "--label", "note", "--application-label", "other"));
    expect_golden(P11CERT("list", "--token", "mixed"), 0, "list-mixed");
    expect_golden(P11CERT("show", "--key", "wrapkey", "--token", "mixed"), 0, "show-secret-key");
    result = P11CERT("list", "--token", "mixed", "--json");
    expect_exit(result, 0);
    file_write("mixed.json", result->out, 0600);
    assert_string_equal("secret key, AES-256\npublic key, EC\ndata, of other\n",
                        out_of(WORDS("jq", "-r", ".other_objects[].kind", "mixed.json")));
    expect_exit(P11CERT("show", "--key", "nobody", "--token", "mixed"), 4);
    /* A public key does not belong in a list of what expires. */
    result = P11CERT("list", "--token", "mixed", "--expiring", "30d");
    expect_exit(result, 0);
    expect_lacks(result, result->out, "wrapkey");
}

/* By its label, or by its subject, which `list` prints: with its key if that is there, else alone. */
static void a_certificate_of_others_is_shown_by_its_name(void **state)
{
    static const char *const names[] = { "stranger", "CN=nobody" };

    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "openssl req -x509 -newkey rsa:2048 -nodes -keyout none.key -subj /CN=nobody "
                       "-outform DER -out stranger.der 2>/dev/null"));
    expect_exit(RUN(PKCS11_TOOL, "--write-object", "stranger.der", "--type", "cert", "--label", "stranger"), 0);
    for (size_t i = 0; i < 2; i++) {
        const run_result *result = P11CERT("show", "--token", "servers", "--key", names[i]);

        expect_exit(result, 0);
        expect_contains(result, result->out, "CN=nobody");
        expect_lacks(result, result->out, "CN=Root");
    }
    expect_exit(P11CERT("show", "--token", "servers", "--key", "none"), 4);
}

/* On a terminal of 80 columns, whatever is on the token. */
static void a_table_has_one_line_per_key(void **state)
{
    const run_result *result;

    (void)state;
    token_make_key("mixed", "\xe6\x9d\xb1\xe4\xba\xac", "05");
    token_make_key("mixed", "a-label-that-is-much-longer-than-any-terminal-of-eighty-columns-can-show.example.com",
                   "06");
    result = P11CERT("list", "--table", "--token", "mixed");
    expect_golden(result, 0, "list-table");
    /* A line for each key, and one for what is not in the table. */
    assert_int_equal(2 + token_count("mixed", "privkey"), count_of(result->out, "\n"));
    (void)out_of(WORDS("script", "-qec",
                       "stty cols 80; " P11CERT_PROGRAM " list --table --token mixed --pin-source file:user.pin",
                       "typed"));
    (void)out_of(WORDS("python3", "-c",
                       "import unicodedata as u\n"
                       "for line in open('typed', encoding='utf-8'):\n"
                       "    w = sum(2 if u.east_asian_width(c) in 'WF' else 1 for c in line.rstrip('\\r\\n'))\n"
                       "    assert w <= 80 or line.startswith('Script'), (w, line)"));
    result = P11CERT("list", "--table", "--token", "servers");
    expect_exit(result, 0);
    expect_contains(result, result->out, "no          20");
}

/* Without what starts with ESC and ends with 'm'. */
static const char *without_colours(const char *text)
{
    static char plain[65536];
    size_t len = 0;

    for (; *text && len + 1 < sizeof plain; text++) {
        if (*text == '\033') {
            text += strcspn(text, "m");
        } else {
            plain[len++] = *text;
        }
    }
    plain[len] = '\0';
    return plain;
}

/* A second may pass between two runs, and the last of a day. */
#define TIMELESS "sed -E 's/[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z/(a time)/g; s/[0-9]+ days left/(some) days left/'"

/* Each verb that prints verdicts or states; its text and its columns are the same with colour and without. */
static void colour_changes_no_text_in_any_verb(void **state)
{
    static const char *const commands[] = {
        "doctor --token servers --pin-source file:user.pin",
        "check a.cer --no-token",
        "retire --token servers --key coloured --dry-run",
        "copy --token servers --to ca --to-pin-source file:user.pin --check",
        "explain coloured.inf",
        "verify coloured.inf --signature coloured.inf.p7s --cert a.cer",
        "repair --token servers",
        "list --token servers",
        "list --token servers --table",
    };
    size_t coloured = 0;

    (void)state;
    file_write("coloured.inf", "[NewRequest]\nSubject = \"CN=a\"\nKey Exportable = TRUE\n", 0644);
    expect_exit(P11CERT("sign", "coloured.inf", "--token", "servers", "--key", "a", "--detached"), 0);
    token_make_key("servers", "coloured", "c010");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[512];
        static char plain[65536];

        (void)snprintf(line, sizeof line, P11CERT_PROGRAM " %s --color never 2>&1 | " TIMELESS, commands[i]);
        (void)snprintf(plain, sizeof plain, "%s", out_of(WORDS("sh", "-c", line)));
        (void)snprintf(line, sizeof line, P11CERT_PROGRAM " %s --color always 2>&1 | " TIMELESS, commands[i]);
        const char *bright = out_of(WORDS("sh", "-c", line));

        assert_string_equal(plain, without_colours(bright));
        assert_int_equal(0, count_of(plain, "\033["));
        coloured += strchr(bright, '\033') != NULL;
        assert_true(i > 5 || strchr(bright, '\033'));
    }
    assert_true(coloured >= 6);
}

/* One rule for every verb: --color before everything, then NO_COLOR, then the terminal. */
static void colour_goes_by_one_rule(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("check", "a.cer", "--no-token", "--color", "always");
    expect_contains(result, result->out, "\033[");
    result = P11CERT("check", "a.cer", "--no-token", "--color", "auto");
    expect_lacks(result, result->out, "\033[");
    expect_exit(P11CERT("check", "a.cer", "--no-token", "--color", "blue"), 2);
    static const char *const rows[][2] = { { "", "True" }, { "NO_COLOR=1", "False" }, { "TERM=dumb", "False" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[512];

        (void)snprintf(line, sizeof line, "TERM=xterm %s " P11CERT_PROGRAM " check a.cer --no-token; true", rows[i][0]);
        (void)out_of(WORDS("script", "-qec", line, "typed"));
        (void)snprintf(line, sizeof line, "assert (chr(27) + '[' in open('typed').read()) == %s", rows[i][1]);
        (void)out_of(WORDS("python3", "-c", line));
    }
    (void)out_of(WORDS("script", "-qec",
                       "stty cols 80; TERM=xterm " P11CERT_PROGRAM " check a.cer --no-token --color never; true",
                       "typed"));
    (void)out_of(
        WORDS("python3", "-c",
              "for line in open('typed'):\n"
              "    assert chr(27) not in line\n"
              "    assert len(line.rstrip()) <= 80 or line.startswith('Script') or ' ' not in line.strip(), line"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_token_is_reported_as_empty),
        cmocka_unit_test(a_key_without_certificate_waits_for_one),
        cmocka_unit_test(a_root_with_its_key_is_shown_under_it),
        cmocka_unit_test(a_bound_certificate_is_shown_under_its_key),
        cmocka_unit_test(show_and_list_agree_on_the_chain),
        cmocka_unit_test(what_the_token_does_not_show_of_a_certificate_is_unknown),
        cmocka_unit_test(show_lists_every_attribute_of_a_key),
        cmocka_unit_test(the_uri_that_show_prints_finds_the_key),
        cmocka_unit_test(a_certificate_of_another_key_is_called_wrong),
        cmocka_unit_test(labels_that_would_play_with_the_terminal_are_shown_harmless),
        cmocka_unit_test(keys_are_listed_by_label),
        cmocka_unit_test(what_expires_soon_is_reported_by_the_exit_code),
        cmocka_unit_test(what_has_expired_is_among_what_expires),
        cmocka_unit_test(a_word_that_is_not_a_duration_is_refused),
        cmocka_unit_test(a_request_and_a_certificate_in_files_are_shown),
        cmocka_unit_test(showing_a_file_needs_no_token),
        cmocka_unit_test(what_cannot_be_shown_is_reported),
        cmocka_unit_test(objects_that_are_not_key_pairs_are_listed_and_shown),
        cmocka_unit_test(a_certificate_of_others_is_shown_by_its_name),
        cmocka_unit_test(a_table_has_one_line_per_key),
        cmocka_unit_test(colour_goes_by_one_rule),
        cmocka_unit_test(nothing_logs_in_more_than_once),
        cmocka_unit_test(colour_changes_no_text_in_any_verb),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
