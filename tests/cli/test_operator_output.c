/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of operator.h: where an output leads, a disk that is full, names and labels of odd bytes. */
#include "operator.h"

#include <sys/stat.h>
#include <unistd.h>

#define EACH_OUTPUT(i, word) \
    EACH_ROW(i) \
    for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) \
        if (operator_is_output(&rows[i], word))

/* 125: sandbox, whose other exit codes are its command's. */
static int code_of(const row *now, int exit_code)
{
    return operator_is(now, "sandbox") ? 125 : exit_code;
}

static bool is_log(const row *now, size_t word)
{
    return strcmp(now->words[word], ">out.log") == 0;
}

static void prepare_with(const row *now, const char *script)
{
    operator_begin(now);
    (void)out_of(WORDS("sh", "-c", script));
}

static void expect_success(const row *now, const run_result *result)
{
    expect_one_of(result, 0, operator_finding(now));
}

/* ---- no room, no permission ---- */

/* What the program prints goes through a pipe: the limit is for files, and the harness keeps it in one. */
#define NO_ROOM "{ (ulimit -f 0; exec \"$@\") 2>&1; echo $? >code; } | cat >&2; exit \"$(cat code)\""

static void a_full_disk_is_found_before_anything_is_made(void **state)
{
    (void)state;
    EACH_OUTPUT(i, word)
    {
        operator_begin(&rows[i]);
        const run_result *result = operator_run(&rows[i], &(change){ .before = SHELL(NO_ROOM) });

        expect_exit(result, code_of(&rows[i], 3));
        expect_contains(result, result->err, "File too large");
        expect_nothing_made();
        /* SoftHSM writes the token's file at each login, and batch has logged in. */
        (void)out_of(WORDS("sh", "-c", "rm -rf tokens && cp -a first tokens"));
        expect_success(&rows[i], operator_run(&rows[i], &(change){ .file = NULL }));
    }
}

/* The device accepts nothing: the row's own file can still be created afterwards. */
static void a_device_that_is_full_is_named(void **state)
{
    (void)state;
    EACH_OUTPUT(i, word)
    {
        if (operator_makes_folder(&rows[i]) || is_log(&rows[i], word)) {
            continue;
        }
        operator_begin(&rows[i]);
        const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = "/dev/full" });

        expect_exit(result, 3);
        expect_contains(result, result->err, "\"/dev/full\"");
        expect_contains(result, result->err, "No space left on device");
        result = operator_run(&rows[i], &(change){ .file = NULL });
        if (operator_is(&rows[i], "issue --issuance-log")) {
            expect_exit(result, 8); /* the log has the certificate that was lost */
        } else {
            expect_success(&rows[i], result);
        }
    }
}

/* Root may write everywhere, unless it drops that privilege. */
static void a_folder_that_cannot_be_written_is_found_before_anything_is_made(void **state)
{
    static const char *const as_root[6] = { "setpriv", "--bounding-set=-all" };
    static const char *const as_user[6] = { NULL };

    (void)state;
    EACH_OUTPUT(i, word)
    {
        change changed = { .replaced = word, .file = "out.d/out.x" };

        memcpy(changed.before, geteuid() == 0 ? as_root : as_user, sizeof changed.before);
        prepare_with(&rows[i], "mkdir -m 0555 out.d");
        const run_result *result = operator_run(&rows[i], &changed);

        expect_exit(result, code_of(&rows[i], 3));
        expect_contains(result, result->err, "out.d/out.x");
        expect_contains(result, result->err, "Permission denied");
        expect_nothing_made();
    }
}

/* ---- destinations: one rule for every output ---- */

static void a_link_is_followed_to_the_file_that_it_names(void **state)
{
    (void)state;
    EACH_OUTPUT(i, word)
    {
        prepare_with(&rows[i], "mkdir out.d && echo kept >out.d/real && ln -s out.d/real out.link");
        const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = "out.link" });

        assert_string_equal("out.d/real\n", out_of(WORDS("readlink", "out.link")));
        assert_int_equal(1, count_of(file_read("out.d/real", NULL), "kept"));
        if (strcmp(rows[i].words[word], ">out.record") == 0) {
            expect_exit(result, 0);
            assert_int_equal(1, count_of(file_read("out.d/real", NULL), "\"event\":\"done\""));
        } else if (is_log(&rows[i], word)) {
            expect_exit(result, 6); /* the line "kept" is not one of a log */
        } else if (operator_is_batch(&rows[i])) {
            expect_exit(result, 3);
        } else {
            expect_exit(result, code_of(&rows[i], 8));
        }
    }
}

static void a_link_to_nothing_or_to_itself_is_refused(void **state)
{
    static const char *const targets[] = { "out.none", "out.link", "none/out.none" };

    (void)state;
    EACH_OUTPUT(i, word)
    {
        EACH(j, targets)
        {
            operator_begin(&rows[i]);
            assert_int_equal(0, symlink(targets[j], "out.link"));
            const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = "out.link" });

            if (operator_makes_folder(&rows[i]) && !operator_is_batch(&rows[i])) {
                expect_one_of(result, code_of(&rows[i], 8), 3);
            } else {
                expect_exit(result, 3);
            }
            expect_contains(result, result->err, "out.link");
            expect_nothing_made();
            assert_false(file_exists("out.none"));
        }
    }
}

static void a_device_is_written_to(void **state)
{
    static const char *const devices[] = { "/dev/null", "out.link" };

    (void)state;
    EACH_OUTPUT(i, word)
    {
        EACH(j, devices)
        {
            if (operator_makes_folder(&rows[i])) {
                continue;
            }
            prepare_with(&rows[i], "ln -s /dev/null out.link");
            const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = devices[j] });

            if (is_log(&rows[i], word)) {
                expect_exit(result, 3); /* it is read, too */
                expect_contains(result, result->err, "is not a regular file");
            } else {
                expect_success(&rows[i], result);
            }
            assert_string_equal("/dev/null\n", out_of(WORDS("readlink", "out.link")));
        }
    }
}

#define READ_PIPE "timeout 60 cat out.fifo >out.got & \"$@\"; code=$?; wait; exit $code"

static void a_pipe_is_written_to_if_somebody_reads_it(void **state)
{
    (void)state;
    EACH_OUTPUT(i, word)
    {
        size_t len = 0;

        if (operator_makes_folder(&rows[i]) || is_log(&rows[i], word)) {
            continue;
        }
        prepare_with(&rows[i], "mkfifo out.fifo");
        expect_success(&rows[i],
                       operator_run(&rows[i],
                                    &(change){ .before = SHELL(READ_PIPE), .replaced = word, .file = "out.fifo" }));
        (void)file_read("out.got", &len);
        assert_true(len > 0);
        prepare_with(&rows[i], "mkfifo out.fifo");
        const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = "out.fifo" });

        expect_exit(result, 3);
        expect_contains(result, result->err, "no program reads this pipe");
        expect_nothing_made();
    }
}

/* ---- names ---- */

/* Neither a byte that a terminal obeys, nor C1 controls, marks that turn the direction of text, or other than UTF-8. */
static void expect_printable(const run_result *result)
{
    static const char script[] =
        "import sys, unicodedata\n"
        "for name in sys.argv[1:]:\n"
        "    text = open(name, 'rb').read().decode('utf-8')\n"
        "    bad = [c for c in text if unicodedata.category(c) in ('Cc', 'Cf') and c != '\\n']\n"
        "    assert not bad, (name, bad)\n";
    FILE *out = fopen("printed", "w");

    assert_non_null(out);
    assert_int_equal(result->out_len, fwrite(result->out, 1, result->out_len, out));
    assert_int_equal(result->err_len, fwrite(result->err, 1, result->err_len, out));
    assert_int_equal(0, fclose(out));
    expect_exit(RUN("python3", "-c", script, "printed"), 0);
}

/* One value, or lines of which each is one. */
static void expect_json(const run_result *result)
{
    file_write("printed", result->out, 0644);
    expect_exit(RUN("python3", "-c",
                    "import json\n"
                    "text = open('printed').read()\n"
                    "try:\n"
                    "    json.loads(text)\n"
                    "except ValueError:\n"
                    "    assert all([json.loads(line) for line in text.removesuffix('\\n').split('\\n')])\n"),
                0);
}

#define ODD   "new\nline \xc2\x9b"
#define BYTES ODD "31m \xe2\x80\xaegnp \x1b[31m \x07"

static void an_odd_file_name_is_used_and_printed_safely(void **state)
{
    static const char *const names[] = { "out" BYTES, "out" BYTES "\xff", "-out" };

    (void)state;
    EACH_OUTPUT(i, word)
    {
        EACH(j, names)
        {
            operator_begin(&rows[i]);
            const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = names[j] });

            expect_printable(result);
            if (operator_is(&rows[i], "sandbox") && strchr(names[j], '\n')) {
                expect_exit(result, 125); /* SoftHSM's configuration can name no such folder */
                continue;
            }
            expect_success(&rows[i], result);
            assert_int_equal(0, access(names[j], F_OK));
            operator_begin(&rows[i]);
            result = operator_run(&rows[i], &(change){ .behind = { "--json" }, .replaced = word, .file = names[j] });
            expect_success(&rows[i], result);
            expect_json(result);
            expect_printable(result);
        }
    }
}

/* Each JSON text that is a path, or begins with it, is the path as it was given: one rule for all verbs. What a report
 * says in words is text, and is escaped. */
static void expect_same_paths(const char *plain, const char *odd)
{
    static const char script[] =
        "import json, os, sys\n"
        "plain, odd = (os.fsencode(name) for name in sys.argv[1:])\n"
        "def texts(value, place=()):\n"
        "    if isinstance(value, str):\n"
        "        yield place, value\n"
        "    for key, each in (value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, "
        "list)"
        " else ()):\n"
        "        yield from texts(each, place + (key,))\n"
        "def load(name):\n"
        "    return json.JSONDecoder().raw_decode(open(name).read())[0]\n" /* of several lines, the first */
        "first, second = (dict(texts(load(name))) for name in ('printed.plain', 'printed.odd'))\n"
        "for place, text in first.items():\n"
        "    if place[0] in ('items', 'name', 'reports') or not text.startswith(plain.decode()) or ' ' in text:\n"
        "        continue\n"
        "    rest = text[len(plain.decode()):]\n"
        "    try:\n"
        "        wanted = odd.decode() + rest\n"
        "    except UnicodeDecodeError:\n"
        "        wanted = second[place] if second[place].endswith('\\\\xff' + rest) else None\n"
        "    assert second[place] == wanted, (place, second[place], wanted)\n";

    expect_exit(RUN("python3", "-c", script, plain, odd), 0);
}

static void keep_json(const row *now, size_t word, const char *name, const char *file)
{
    static char copy[512];

    operator_begin(now);
    if (operator_is_input(now, word)) {
        (void)snprintf(copy, sizeof copy, "cp -a -- %s \"$0\"", now->words[word] + 1);
        (void)out_of(WORDS("sh", "-c", copy, name));
    }
    const run_result *result = operator_run(now, &(change){ .behind = { "--json" }, .replaced = word, .file = name });

    expect_success(now, result);
    file_write(file, result->out, 0644);
}

static void a_path_in_json_is_as_it_was_given(void **state)
{
    static const char *const names[] = { "out" BYTES, "out" BYTES "\xff" };

    (void)state;
    EACH_ROW(i)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            bool is_path = operator_is_input(&rows[i], word) || operator_is_output(&rows[i], word);

            for (size_t j = 0; is_path && !operator_is(&rows[i], "sandbox") && j < 2; j++) {
                keep_json(&rows[i], word, "out-plain", "printed.plain");
                keep_json(&rows[i], word, names[j], "printed.odd");
                expect_same_paths("out-plain", names[j]);
            }
        }
    }
}

static void a_name_that_is_too_long_is_found_before_anything_is_made(void **state)
{
    char name[301];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    memcpy(name, "out", 3);
    name[sizeof name - 1] = '\0';
    EACH_OUTPUT(i, word)
    {
        operator_begin(&rows[i]);
        const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = name });

        expect_exit(result, code_of(&rows[i], 3));
        expect_contains(result, result->err, "File name too long");
        expect_nothing_made();
    }
}

static void an_input_of_an_odd_name_that_is_missing_is_printed_safely(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            if (operator_is_input(&rows[i], word)) {
                operator_begin(&rows[i]);
                const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = BYTES "\xff" });

                expect_one_of(result, strcmp(rows[i].words[word], "<tls.yaml") == 0 ? 2 : 3, 4);
                expect_printable(result);
            }
        }
    }
}

/* ---- labels ---- */

static void a_label_of_odd_characters_is_kept_and_printed_safely(void **state)
{
    static const char *const labels[] = { BYTES, "-dash", " blank " };

    (void)state;
    EACH(i, labels)
    {
        char option[128];
        const char *const key = (snprintf(option, sizeof option, "--key=%s", labels[i]), option);
        const char *const label = labels[i];
        const char *const lines[][9] = {
            { "keygen", "--key-type", "ec-p256", "--label", label },
            { "keygen", "--key-type", "ec-p256", "--label", label },
            { "new", "--subject", "CN=odd", "--key-type", "ec-p256", "--label", label, "--out", "out.req" },
            { "issue", "out.req", "--ca", "root", "--out", "out.cer" },
            { "accept", "out.cer", "--chain", "root.pem" },
            { "list" },
            { "show", key },
            { "sign", "data.txt", key, "--out", "out.p7m" },
            { "kit", key, "--out", "out.kit" },
            { "copy", key, "--check", "--to", "backup", "--to-pin-source", "file:user.pin" },
            { "retire", key, "--yes", "--allow-valid", "--record", "out.record" },
        };

        operator_begin(&(row){ .name = "a label" });
        assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
        EACH(j, lines)
        {
            const char *words[16] = { P11CERT_PROGRAM };
            size_t count = 1;

            for (; count < 10 && lines[j][count - 1]; count++) {
                words[count] = lines[j][count - 1];
            }
            words[count] = j % 2 ? "--json" : NULL;
            const run_result *result = run_words(words);

            expect_one_of(result, 0, strcmp(words[1], "copy") == 0 ? 1 : 0); /* there is no copy */
            expect_printable(result);
        }
    }
}

static void a_label_that_is_not_utf8_or_would_be_a_uri_is_refused(void **state)
{
    static const char *const labels[] = { "\xff\xfe", "pkcs11:object=x", "" };

    (void)state;
    EACH(i, labels)
    {
        const char *const lines[][8] = {
            { "keygen", "--key-type", "ec-p256", "--label", labels[i] },
            { "new", "a.inf", "--key-type", "ec-p256", "--label", labels[i], "--out", "out.req" },
            { "import", "server.pfx", "--password-source", "file:pfx.pass", "--label", labels[i] },
            { "issue", "--self-signed", "--subject", "CN=odd", "--ca", labels[i], "--out", "out.cer" },
            { "init", labels[i], "--so-pin-source", "file:so.pin" },
        };

        EACH(j, lines)
        {
            const char *words[12] = { P11CERT_PROGRAM };

            operator_begin(&(row){ .name = lines[j][0] });
            for (size_t k = 0; k < 8 && lines[j][k]; k++) {
                words[k + 1] = lines[j][k];
            }
            const run_result *result = run_words(words);

            expect_exit(result, 2);
            expect_contains(result, result->err, "label");
            expect_printable(result);
            expect_nothing_made();
        }
    }
}

static bool names_ca(const char *word)
{
    return strcmp(word, "--ca") == 0 || strcmp(word, "--issue-with") == 0;
}

/* Two keys have the label that a row names. */
static void an_ambiguous_label_is_refused_with_all_that_match(void **state)
{
    (void)state;
    operator_begin(&(row){ .name = "twins" });
    token_make_key("servers", "server", "7777");
    token_make_key("servers", "root", "7778");
    (void)out_of(WORDS("sh", "-c", "rm -rf twins && cp -a tokens twins"));
    EACH_ROW(i)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            bool names_key = strcmp(rows[i].words[word], "--key") == 0 || names_ca(rows[i].words[word]);

            if (!names_key) {
                continue;
            }
            operator_begin(&rows[i]);
            (void)out_of(WORDS("sh", "-c", "rm -rf tokens && cp -a twins tokens"));
            const run_result *result = operator_run(&rows[i], &(change){ .file = NULL });

            expect_exit(result, 4);
            expect_contains(result, result->err, "several private keys match");
            expect_contains(result, result->err, names_ca(rows[i].words[word]) ? "7778" : "7777");
            expect_no_file();
            expect_exit(RUN("diff", "-r", "--exclude=*.lock", "--exclude=token.object", "twins", "tokens"), 0);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_full_disk_is_found_before_anything_is_made),
    cmocka_unit_test(a_device_that_is_full_is_named),
    cmocka_unit_test(a_folder_that_cannot_be_written_is_found_before_anything_is_made),
    cmocka_unit_test(a_link_is_followed_to_the_file_that_it_names),
    cmocka_unit_test(a_link_to_nothing_or_to_itself_is_refused),
    cmocka_unit_test(a_device_is_written_to),
    cmocka_unit_test(a_pipe_is_written_to_if_somebody_reads_it),
    cmocka_unit_test(an_odd_file_name_is_used_and_printed_safely),
    cmocka_unit_test(a_path_in_json_is_as_it_was_given),
    cmocka_unit_test(a_name_that_is_too_long_is_found_before_anything_is_made),
    cmocka_unit_test(an_input_of_an_odd_name_that_is_missing_is_printed_safely),
    cmocka_unit_test(a_label_of_odd_characters_is_kept_and_printed_safely),
    cmocka_unit_test(a_label_that_is_not_utf8_or_would_be_a_uri_is_refused),
    cmocka_unit_test(an_ambiguous_label_is_refused_with_all_that_match),
};

OPERATOR_MAIN(tests)
