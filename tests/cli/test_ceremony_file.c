/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert ceremony lint and print: what is wrong with a ceremony file, by line, and the paper that it becomes. */
#include "harness.h"

#define CEREMONY(...) P11CERT("ceremony", __VA_ARGS__)

static const char head[] = "ceremony:\n"
                           "  id: demo\n"
                           "  title: Demo\n"
                           "roles:\n"
                           "  - name: operator\n"
                           "  - name: witness\n"
                           "    count: 2\n"
                           "tokens:\n"
                           "  - role: root\n"
                           "    label: demo-root\n"
                           "inputs:\n"
                           "  - file: brought.req\n"
                           "steps:\n";

enum { FIRST_LINE_OF_STEPS = 14 };

static const char good[] = "  - kind: say\n"
                           "    text: Welcome\n"
                           "  - kind: keygen\n"
                           "    token: root\n"
                           "    key: root\n"
                           "    type: ec-p256\n"
                           "  - kind: self-sign\n"
                           "    token: root\n"
                           "    key: root\n"
                           "    subject: CN=Root\n"
                           "    out: root.cer\n"
                           "  - kind: close\n"
                           "    by: [operator, witness]\n";

static void write_script(const char *steps)
{
    char text[8192];

    (void)snprintf(text, sizeof text, "%s%s", head, steps);
    file_write("c.yaml", text, 0644);
}

static void a_good_file_has_no_findings(void **state)
{
    (void)state;
    write_script(good);
    const run_result *result = CEREMONY("lint", "c.yaml");

    expect_exit(result, 0);
    expect_contains(result, result->out, "Demo: 4 steps, no findings");
    expect_contains(result, result->out, out_of(WORDS("sh", "-c", "sha256sum c.yaml | cut -c1-64 | tr -d '\\n'")));
    result = CEREMONY("lint", "c.yaml", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"findings\": []");
}

/* Each row's steps have one mistake; the line is counted from the first line of steps. */
static const struct {
    const char *name;
    const char *steps;
    int line;
    const char *says;
} bad[] = {
    { "an unknown key", "  - kind: close\n    tilte: x\n", 1,
      "the key \"tilte\" is unknown here; did you mean \"title\"?" },
    { "an unknown kind", "  - kind: sya\n    text: x\n  - kind: close\n", 0, "did you mean say?" },
    { "a missing role", "  - kind: confirm\n    text: x\n    by: witnes\n  - kind: close\n", 0,
      "the role \"witnes\" is not listed in roles; did you mean \"witness\"?" },
    { "an output that is written twice",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: export-public, token: root, key: a, out: a.pub}\n"
      "  - {kind: export-public, token: root, key: a, out: a.pub}\n  - kind: close\n",
      2, "the file \"a.pub\" is already written in step 2, line 15" },
    { "an output over an input",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: export-public, token: root, key: a, out: brought.req}\n  - kind: close\n",
      1, "is an input and is not overwritten" },
    { "an output outside the folder",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: export-public, token: root, key: a, out: ../a.pub}\n  - kind: close\n",
      1, "is not the name of a file in this folder" },
    { "an output that is the transcript",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: export-public, token: root, key: a, out: transcript.jsonl}\n  - kind: close\n",
      1, "a name that the ceremony's folder uses itself" },
    { "a key that nobody makes", "  - {kind: prove, token: root, key: a}\n  - kind: close\n", 0,
      "no earlier step creates the key \"a\" on the token \"root\"" },
    { "a key that is made later",
      "  - {kind: prove, token: root, key: a}\n  - {kind: keygen, token: root, key: a, type: ec-p256}\n  - kind: "
      "close\n",
      0, "no earlier step creates the key" },
    { "a key that is made twice",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - kind: close\n",
      1, "is already on the token" },
    { "a key that was destroyed",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: retire, token: root, key: a, by: witness}\n"
      "  - {kind: prove, token: root, key: a}\n  - kind: close\n",
      2, "has been destroyed in step 2" },
    { "a key destroyed before one person",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: retire, token: root, key: a, by: operator}\n  - kind: close\n",
      1, "two people must confirm the destruction of a key; \"by\" names 1" },
    { "a use that does not exist",
      "  - {kind: keygen, token: root, key: a, type: ec-p256, use: default}\n  - kind: close\n", 0,
      "\"use\" must be sign, ca, decrypt or wrap" },
    { "a type that does not exist", "  - {kind: keygen, token: root, key: a, type: ec-p257}\n  - kind: close\n", 0,
      "is not a type of key" },
    { "a token that does not exist", "  - {kind: check-token, token: rot}\n  - kind: close\n", 0,
      "did you mean \"root\"?" },
    { "a request that nobody makes",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: issue, token: root, ca: a, request: b.req, out: b.cer}\n  - kind: close\n",
      1, "no earlier step writes the file \"b.req\"" },
    { "a key of another kind of step", "  - {kind: say, text: x, token: root}\n  - kind: close\n", 0,
      "a step of kind say has no \"token\"" },
    { "a step without what it requires", "  - {kind: keygen, token: root, key: a}\n  - kind: close\n", 0,
      "requires \"type\"" },
    { "a confirmation by nobody there",
      "  - {kind: confirm, text: x, by: operator, unattended: true}\n  - kind: close\n", 0, "cannot be unattended" },
    { "a certificate profile that does not exist",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: self-sign, token: root, key: a, subject: CN=a, profile: rot, out: a.cer}\n  - kind: close\n",
      1, "did you mean root?" },
    { "a certificate profile in a file that is not brought",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: self-sign, token: root, key: a, subject: CN=a, profile: /etc/passwd, out: a.cer}\n  - kind: close\n",
      1, "is neither a certificate profile nor a file that inputs list" },
    { "a second first CRL",
      "  - {kind: keygen, token: root, key: a, type: ec-p256, use: ca}\n"
      "  - {kind: self-sign, token: root, key: a, subject: CN=a, out: a.cer}\n"
      "  - {kind: crl, token: root, ca: a, out: a.crl}\n"
      "  - {kind: crl, token: root, ca: a, out: b.crl}\n  - kind: close\n",
      3, "\"previous\" must be \"a.crl\", the CRL that this CA issues in step 3" },
    { "a CRL that continues an older CRL",
      "  - {kind: keygen, token: root, key: a, type: ec-p256, use: ca}\n"
      "  - {kind: self-sign, token: root, key: a, subject: CN=a, out: a.cer}\n"
      "  - {kind: crl, token: root, ca: a, out: a.crl}\n"
      "  - {kind: crl, token: root, ca: a, previous: a.crl, out: b.crl}\n"
      "  - {kind: crl, token: root, ca: a, previous: a.crl, out: c.crl}\n  - kind: close\n",
      4, "\"previous\" must be \"b.crl\", the CRL that this CA issues in step 4" },
    { "no close", "  - {kind: say, text: x}\n", 0, "the last step must be of kind close" },
    { "a close that is not last", "  - kind: close\n  - {kind: say, text: x}\n  - kind: close\n", 0,
      "close must be the last step" },
    { "an init of a token in use",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n  - {kind: init, token: root}\n  - kind: close\n", 1,
      "is already used in step 1" },
    { "a name that is none",
      "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
      "  - {kind: self-sign, token: root, key: a, subject: 'CN', out: a.cer}\n  - kind: close\n",
      1, "step 2:" },
};

static void each_mistake_is_found_in_its_line(void **state)
{
    char place[32];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_script(bad[i].steps);
        const run_result *result = CEREMONY("lint", "c.yaml");

        (void)fprintf(stderr, "# %s\n", bad[i].name);
        expect_exit(result, 1);
        (void)snprintf(place, sizeof place, "c.yaml:%d: ", FIRST_LINE_OF_STEPS + bad[i].line);
        expect_contains(result, result->out, place);
        expect_contains(result, result->out, bad[i].says);
        expect_contains(result, result->out, "\n1 finding\n");
        expect_exit(CEREMONY("print", "c.yaml"), 3);
    }
}

static void what_is_not_the_form_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        { "", "is empty" },
        { "steps: [\n", "line 2: this is not valid YAML" },
        { "- a\n", "line 1: a ceremony file is a mapping" },
        { "a: &x 1\nb: *x\n", "YAML aliases are not accepted" },
        { "a: !!python/object:os.system x\n", "YAML tags are not accepted" },
        { "a: 1\na: 2\n", "line 2: the key \"a\" is already there, in line 1" },
        { "a: 1\n---\nb: 2\n", "a second document begins" },
        { "a: \"x\\0y\"\n", "contains a NUL" },
        { "a: [[[[[[[[x]]]]]]]]\n", "nested too deeply" },
        { "? [a]\n: x\n", "must be a text" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_write("c.yaml", rows[i].text, 0644);
        const run_result *result = CEREMONY("lint", "c.yaml");

        expect_exit(result, 3);
        expect_contains(result, result->err, rows[i].says);
    }
    expect_exit(CEREMONY("lint", "none.yaml"), 4);
}

static void names_from_the_file_are_harmless_on_a_terminal(void **state)
{
    (void)state;
    file_write("c.yaml", "ceremony: {id: a, title: \"\\e[2J\\u202Ex\"}\nsteps: [{kind: close, by: \"\\e[2J\"}]\n",
               0644);
    const run_result *result = CEREMONY("lint", "c.yaml");

    expect_exit(result, 1);
    expect_lacks(result, result->out, "\033");
    result = CEREMONY("print", "c.yaml");
    expect_exit(result, 3);
    expect_lacks(result, result->err, "\033");
}

/* What a reviewer does not see, or sees in another order, in each text that people read. */
static void characters_that_mislead_are_named(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } rows[] = {
        { "ceremony: {id: a, title: \"A\\u202Eb\"}\nsteps: [{kind: close}]\n", 1, "U+202E" },
        { "ceremony: {id: a, title: A, purpose: \"x\\u2066\"}\nsteps: [{kind: close}]\n", 1, "U+2066" },
        { "ceremony: {id: a, title: A}\nroles:\n  - {name: a}\n  - {name: \"a\\u200B\"}\nsteps: [{kind: close}]\n", 4,
          "U+200B" },
        { "ceremony: {id: a, title: A}\nroles:\n  - {name: a, title: \"Wit\\u2060ness\"}\nsteps: [{kind: close}]\n", 3,
          "U+2060" },
        { "ceremony: {id: a, title: A}\ntokens: [{role: t, label: \"a\\uFEFF\"}]\nsteps: [{kind: close}]\n", 2,
          "U+FEFF" },
        { "ceremony: {id: a, title: A}\nmaterials: [\"\\u200FA\"]\nsteps: [{kind: close}]\n", 2, "U+200F" },
        { "ceremony: {id: a, title: A}\nsteps:\n  - {kind: say, text: \"a\\u061C\"}\n  - {kind: close}\n", 3,
          "U+061C" },
        { "ceremony: {id: a, title: A}\nsteps:\n  - {kind: close, title: \"a\\U000E0041\"}\n", 3, "U+E0041" },
        /* In keys and values that no other rule judges, and in comments. */
        { "ceremony: {id: a, title: A}\nsteps:\n  - {kind: close, \"b\\u00ADy\": x}\n", 3, "U+00AD" },
        { "ceremony: {id: a, title: A}\n\nsteps:\n  - kind: say\n    text: | # \u202e\n      a\n  - kind: close\n", 5,
          "U+202E" },
        { "ceremony: {id: a, title: A}\nsteps:\n  # \u2066 - kind: retire\n  - {kind: close}\n", 3, "U+2066" },
        { "\ufeffceremony: {id: a, title: A}\nsteps: [{kind: close}]\n# \ufeff\n", 3, "U+FEFF" },
        { "ceremony: {id: a, title: A}\nsteps: [{kind: close}] # \xc2\x85\n", 2, "U+0085" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[80];

        (void)snprintf(expected, sizeof expected, " has the character %s, which is not seen", rows[i].says);
        file_write("c.yaml", rows[i].text, 0644);
        const run_result *result = CEREMONY("lint", "c.yaml");

        expect_exit(result, 1);
        expect_contains(result, result->out, expected);
        (void)snprintf(expected, sizeof expected, "c.yaml:%d: ", rows[i].line);
        expect_contains(result, result->out, expected);
    }
    file_write("c.yaml",
               "\ufeffceremony: {id: a, title: \"\\u00C9l\\u00E8ve \\u0418\\u0432\\u0430\\u043D\"}\nsteps:\n"
               "  - {kind: say, text: \"a\\n\\tb\"} # \u26a0\ufe0f \u0645\u06cc\u200c\u062f\n  - {kind: close}\n",
               0644);
    expect_exit(CEREMONY("lint", "c.yaml"), 0);
}

/* The paper shows one name, and another one runs. */
static void a_word_of_two_scripts_is_named(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } rows[] = {
        { "ceremony: {id: a, title: \"C\\u043Entoso Root\"}\nsteps: [{kind: close}]\n", 1,
          "the word \"C\u043entoso\" mixes Latin and Cyrillic letters (U+0043 and U+043E)" },
        { "ceremony: {id: a, title: A}\nroles:\n  - name: \u03bfperator\nsteps: [{kind: close}]\n", 3,
          "the word \"\u03bfperator\" mixes Greek and Latin letters (U+03BF and U+0070)" },
        { "ceremony: {id: a, title: A}\ntokens:\n  - role: t\n    label: t\n    keys: [b, r\u043e\u043et]\n"
          "steps: [{kind: close}]\n",
          5, "the word \"r\u043e\u043et\" mixes Latin and Cyrillic letters (U+0072 and U+043E)" },
        { "ceremony: {id: a, title: A}\ntokens: [{role: t, label: t}]\nsteps:\n  - kind: self-sign\n    token: t\n"
          "    key: k\n    subject: CN=Root,O=\u0421ontoso\n    out: a.cer\n  - {kind: close}\n",
          7, "the word \"\u0421ontoso\" mixes Cyrillic and Latin letters (U+0421 and U+006F)" },
        { "ceremony: {id: a, title: A}\ninputs: [{file: ro\u13a2t.cer}]\nsteps: [{kind: close}]\n", 2,
          "the word \"ro\u13a2t\" mixes Latin and Cherokee letters (U+0072 and U+13A2)" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[32];

        (void)snprintf(line, sizeof line, "c.yaml:%d: the word ", rows[i].line);
        file_write("c.yaml", rows[i].text, 0644);
        const run_result *result = CEREMONY("lint", "c.yaml");

        expect_exit(result, 1);
        expect_contains(result, result->out, rows[i].says);
        expect_contains(result, result->out, line);
    }
    file_write("c.yaml",
               "ceremony: {id: a, title: \"\u041a\u043e\u0440\u0435\u043d\u044c CA\", purpose: 10 k\u03a9}\n"
               "roles: [{name: \u0441\u0432, title: \"PIN-\u043a\u043e\u0434 \u00e9l\u00e8ve\"}]\n"
               "materials: [\u0394t]\nsteps:\n  - {kind: say, text: 1 \u03bcm}\n  - {kind: close}\n",
               0644);
    expect_exit(CEREMONY("lint", "c.yaml"), 0);
}

static void a_site_file_names_a_word_of_two_scripts(void **state)
{
    (void)state;
    write_script(good);
    file_write("site.yaml", "site: x\nproduction: []\npeople:\n  - {role: witness, name: Ad\u0430 Lovelace}\n", 0644);
    const run_result *result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm");

    expect_contains(result, result->err, "the word \"Ad\u0430\" mixes Latin and Cyrillic letters");
    expect_exit(result, 3);
}

static void printing_twice_gives_the_same_bytes(void **state)
{
    (void)state;
    write_script(good);
    expect_exit(CEREMONY("print", "c.yaml", "--out", "a"), 0);
    expect_exit(CEREMONY("print", "c.yaml", "--out", "b"), 0);
    expect_exit(RUN("cmp", "a", "b"), 0);
    expect_exit(CEREMONY("print", "c.yaml", "--out", "a"), 0);
    expect_exit(CEREMONY("print", "c.yaml", "--html", "--out", "a"), 8);
    expect_exit(RUN("cmp", "a", "b"), 0);
    expect_golden(CEREMONY("print", "c.yaml"), 0, "ceremony-print");
    expect_exit(RUN("sh", "-c", "for n in 1 2 3 4; do [ $(grep -c \"^Step $n \" a) = 1 ] || exit 1; done"), 0);
}

static void the_digest_of_the_script_is_on_every_page(void **state)
{
    (void)state;
    write_script(good);
    expect_exit(CEREMONY("print", "c.yaml", "--out", "pages"), 0);
    expect_exit(RUN("sh", "-c",
                    "pages=$(($(tr -cd '\\f' < pages | wc -c) + 1)); digest=$(sha256sum < c.yaml | cut -c1-64); "
                    "[ $pages -gt 3 ] && [ $(grep -c \"^Script SHA-256 $digest$\" pages) = $pages ] && "
                    "[ $(grep -c \"page [0-9]* of $pages$\" pages) = $pages ] && "
                    "[ $(wc -l < pages) = $((60 * pages)) ]"),
                0);
    remove("pages");
}

static void html_is_well_formed_and_has_no_address(void **state)
{
    (void)state;
    write_script("  - {kind: say, text: '<script>alert(1)</script> & \"quoted\"'}\n  - {kind: close}\n");
    expect_exit(CEREMONY("print", "c.yaml", "--html", "--out", "c.html"), 0);
    expect_exit(RUN("xmllint", "--html", "--noout", "c.html"), 0);
    expect_exit(RUN("grep", "-E", "http|<script|url\\(", "c.html"), 1);
    remove("c.html");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_has_no_findings),
        cmocka_unit_test(each_mistake_is_found_in_its_line),
        cmocka_unit_test(what_is_not_the_form_is_refused),
        cmocka_unit_test(names_from_the_file_are_harmless_on_a_terminal),
        cmocka_unit_test(characters_that_mislead_are_named),
        cmocka_unit_test(a_word_of_two_scripts_is_named),
        cmocka_unit_test(a_site_file_names_a_word_of_two_scripts),
        cmocka_unit_test(printing_twice_gives_the_same_bytes),
        cmocka_unit_test(the_digest_of_the_script_is_on_every_page),
        cmocka_unit_test(html_is_well_formed_and_has_no_address),
    };

    return cmocka_run_group_tests_name("cli ceremony file", tests, world_new, world_remove);
}
