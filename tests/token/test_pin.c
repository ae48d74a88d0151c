/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/monotonic.h"
#include "base/secret_auto.h"
#include "run.h"
#include "token/pin.h"
#include "token/pin_program.h"
#include "token_store.h"

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_status read_pin(const char *source, char pin[static 512], pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *read = NULL;
    pc_status status = pc_pin_read(source, &(pc_token_access){ .prompt = NULL }, "PIN of token \"a\"", &read, err);

    if (status != PC_OK) {
        assert_null(read);
        return status;
    }
    assert_in_range(pc_secret_len(read), 1, 1023);
    memcpy(pin, pc_secret_bytes(read), pc_secret_len(read));
    pin[pc_secret_len(read)] = '\0';
    return PC_OK;
}

/* --- one line end is not part of the PIN, from any source --- */

static const struct {
    const char *name, *given;
    pc_status status;
    const char *pin;
} line_ends[] = {
    { "no line end", "1234", PC_OK, "1234" },
    { "unix", "1234\n", PC_OK, "1234" },
    { "windows", "1234\r\n", PC_OK, "1234" },
    { "two lines", "1234\n\n", PC_E_INPUT, NULL },
    { "another line", "1234\n5678", PC_E_INPUT, NULL },
    { "return alone", "1234\r", PC_E_INPUT, NULL },
    { "UTF-8 with a mark",
      "\xef\xbb\xbf"
      "1234",
      PC_E_INPUT, NULL },
    { "UTF-16 with a mark",
      "\xff\xfe"
      "1",
      PC_E_INPUT, NULL },
    { "UTF-16, most significant byte first", "\xfe\xff", PC_E_INPUT, NULL },
    { "what only resembles a mark",
      "\xef\xbb"
      "1234\xfe",
      PC_OK,
      "\xef\xbb"
      "1234\xfe" },
    { "blanks count", " 12 34 ", PC_OK, " 12 34 " },
    { "not ASCII", "p\xc3\xa4ss", PC_OK, "p\xc3\xa4ss" },
    { "one byte", "1\n", PC_OK, "1" },
    { "empty", "", PC_E_AUTH, NULL },
    { "an empty line", "\n", PC_E_AUTH, NULL },
    { "an empty line of windows", "\r\n", PC_E_AUTH, NULL },
};

static void judge_line_end(size_t row, const char *source)
{
    char pin[512] = "";
    pc_error err = { 0 };
    pc_status status = read_pin(source, pin, &err);

    if (status != line_ends[row].status) {
        print_error("%s from %s: %s\n", line_ends[row].name, source, err.frames[0]);
    }
    assert_int_equal(status, line_ends[row].status);
    if (status == PC_OK) {
        assert_string_equal(pin, line_ends[row].pin);
    } else {
        assert_true(error_says(&err, "no login was attempted"));
    }
}

static void file_gives_the_pin_without_its_line_end(void **state)
{
    char source[160];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(line_ends); i++) {
        token_store_write(&store, "pin", line_ends[i].given, strlen(line_ends[i].given));
        (void)snprintf(source, sizeof source, "file:%s/pin", store.folder);
        judge_line_end(i, source);
    }
}

static void descriptor_gives_the_pin_without_its_line_end(void **state)
{
    char source[32];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(line_ends); i++) {
        int ends[2];
        size_t half = strlen(line_ends[i].given) / 2;

        assert_int_equal(pipe(ends), 0);
        /* In two pieces, as a pipe may well deliver them. */
        assert_int_equal(write(ends[1], line_ends[i].given, half), half);
        assert_int_equal(write(ends[1], line_ends[i].given + half, strlen(line_ends[i].given) - half),
                         strlen(line_ends[i].given) - half);
        (void)close(ends[1]);
        (void)snprintf(source, sizeof source, "fd:%d", ends[0]);
        judge_line_end(i, source);
        (void)close(ends[0]);
    }
}

static void environment_gives_the_pin_without_its_line_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(line_ends); i++) {
        assert_int_equal(setenv("TEST_PIN", line_ends[i].given, 1), 0);
        judge_line_end(i, "env:TEST_PIN");
    }
}

/* --- the environment forgets --- */

static void environment_pin_is_removed_and_wiped(void **state)
{
    char assignment[64] = "TEST_PIN=canary-1177";
    char pin[512];

    (void)state;
    /* putenv: the environment holds this very buffer. */
    assert_int_equal(putenv(assignment), 0);
    assert_int_equal(read_pin("env:TEST_PIN", pin, NULL), PC_OK);
    assert_string_equal(pin, "canary-1177");
    assert_null(getenv("TEST_PIN"));
    for (size_t i = strlen("TEST_PIN="); i < sizeof assignment; i++) {
        assert_int_equal(assignment[i], 0);
    }
}

static void environment_pin_is_gone_at_the_second_read(void **state)
{
    char pin[512];
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(setenv("TEST_PIN", "1234", 1), 0);
    assert_int_equal(read_pin("env:TEST_PIN", pin, NULL), PC_OK);
    assert_int_equal(read_pin("env:TEST_PIN", pin, &err), PC_E_AUTH);
    assert_true(error_says(&err, "TEST_PIN"));
}

/* --- files that others can read --- */

static void file_that_others_can_reach_is_refused(void **state)
{
    static const struct {
        mode_t mode;
        pc_status status;
    } rows[] = {
        { 0600, PC_OK },        { 0400, PC_OK },        { 0700, PC_OK },        { 0640, PC_E_REFUSED },
        { 0620, PC_E_REFUSED }, { 0610, PC_E_REFUSED }, { 0604, PC_E_REFUSED }, { 0602, PC_E_REFUSED },
        { 0601, PC_E_REFUSED }, { 0644, PC_E_REFUSED }, { 0666, PC_E_REFUSED },
    };
    char path[128];
    char source[160];

    (void)state;
    (void)snprintf(source, sizeof source, "file:%s", token_store_path(&store, "mode", path));
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char pin[512];
        pc_error err = { 0 };

        token_store_write(&store, "mode", "canary-2288\n", 12);
        assert_int_equal(chmod(path, rows[i].mode), 0);
        assert_int_equal(read_pin(source, pin, &err), rows[i].status);
        assert_false(error_says(&err, "canary-2288"));
        assert_int_equal(unlink(path), 0);
    }
}

#define OTHER_USER 60125u

/* As root: a file that another user can change is not root's secret, and the error names its owner. */
static void file_of_another_user_is_refused_for_root(void **state)
{
    char path[128];
    char source[160];
    char pin[512];
    pc_error err = { 0 };

    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    (void)snprintf(source, sizeof source, "file:%s", token_store_path(&store, "foreign", path));
    token_store_write(&store, "foreign", "canary-4455\n", 12);
    assert_int_equal(chown(path, OTHER_USER, OTHER_USER), 0);
    assert_int_equal(read_pin(source, pin, &err), PC_E_REFUSED);
    assert_true(error_says(&err, "belongs to user 60125"));
    assert_true(error_says(&err, "`pin_source` fd:3"));
    assert_false(error_says(&err, "canary-4455"));
    assert_int_equal(unlink(path), 0);
}

/* `chmod` helps only a user who may change the file: not this process, and not in a pod. */
static void hint_for_an_open_file_can_be_followed(void **state)
{
    char path[] = "/tmp/p11cert-pin.XXXXXX";
    char source[64];
    int how = 0;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0 && write(fd, "1234", 4) == 4 && fchmod(fd, 0444) == 0);
    (void)close(fd);
    (void)snprintf(source, sizeof source, "file:%s", path);
    pc_error own = { 0 };
    char pin[512];

    assert_int_equal(read_pin(source, pin, &own), PC_E_REFUSED);
    assert_true(error_says(&own, "chmod 600"));
    pid_t pid = geteuid() == 0 ? fork() : 0;

    if (pid == 0 && geteuid() == 0) {
        pc_error err = { 0 };
        bool is_right = setresuid(OTHER_USER, OTHER_USER, OTHER_USER) == 0 &&
                        read_pin(source, pin, &err) == PC_E_REFUSED &&
                        error_says(&err, "fd:N, env:NAME or credential:NAME") && error_says(&err, "fsGroup") &&
                        !error_says(&err, "chmod");

        _exit(is_right ? 0 : 1);
    }
    if (pid > 0) {
        assert_int_equal(waitpid(pid, &how, 0), pid);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(how, 0);
}

static void what_is_not_a_file_is_refused(void **state)
{
    char pin[512];
    char source[160];

    (void)state;
    (void)snprintf(source, sizeof source, "file:%s/nothing-here", store.folder);
    assert_int_equal(read_pin(source, pin, NULL), PC_E_NOT_FOUND);
    (void)snprintf(source, sizeof source, "file:%s", store.folder);
    assert_int_equal(read_pin(source, pin, NULL), PC_E_INPUT);
    assert_int_equal(read_pin("fd:999", pin, NULL), PC_E_IO);
}

/* --- lengths --- */

static void pin_of_1023_bytes_is_the_longest(void **state)
{
    static const struct {
        size_t len;
        const char *line_end;
        pc_status status;
    } rows[] = {
        { 1023, "", PC_OK },        { 1023, "\n", PC_OK },        { 1023, "\r\n", PC_OK },    { 1024, "", PC_E_INPUT },
        { 1024, "\n", PC_E_INPUT }, { 1024, "\r\n", PC_E_INPUT }, { 1025, "\n", PC_E_INPUT }, { 1026, "", PC_E_INPUT },
        { 1026, "\n", PC_E_INPUT }, { 4096, "\n", PC_E_INPUT },
    };
    char source[160];
    char text[5000];

    (void)state;
    (void)snprintf(source, sizeof source, "file:%s/long", store.folder);
    for (size_t i = 0; i < PC_COUNT(rows) * 2; i++) {
        char pin[2048];
        size_t row = i / 2;
        size_t len = rows[row].len + strlen(rows[row].line_end);

        memset(text, '9', rows[row].len);
        memcpy(text + rows[row].len, rows[row].line_end, strlen(rows[row].line_end) + 1);
        token_store_write(&store, "long", text, len);
        assert_int_equal(setenv("TEST_PIN", text, 1), 0);
        assert_int_equal(read_pin(i % 2 ? "env:TEST_PIN" : source, pin, NULL), rows[row].status);
    }
}

/* --- invalid sources --- */

static void what_is_not_a_source_is_refused_and_not_repeated(void **state)
{
    static const char *const sources[] = { "canary-3399", "",      "pin:canary-3399", "fd:canary-3399",
                                           "fd:",         "fd:-1", "fd:65536",        "fd:3x" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(sources); i++) {
        char pin[512];
        pc_error err = { 0 };

        assert_int_equal(read_pin(sources[i], pin, &err), PC_E_USAGE);
        assert_true(strncmp(sources[i], "fd:", 3) == 0 || !error_says(&err, "canary-3399"));
    }
}

static void prompt_without_anybody_to_ask_is_refused(void **state)
{
    char pin[512];
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(read_pin("prompt", pin, &err), PC_E_AUTH);
    assert_true(error_says(&err, "`pin_source`"));
}

static pc_status fail_to_ask(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err)
{
    (void)context;
    (void)kind;
    (void)what;
    memcpy(pc_secret_bytes(pin), "1234", 4);
    pc_secret_set_len(pin, 4);
    return pc_fail(err, PC_E_AUTH, "interrupted");
}

static void prompt_that_fails_gives_no_pin(void **state)
{
    pc_secret *pin = NULL;

    (void)state;
    assert_int_equal(pc_pin_read("prompt", &(pc_token_access){ .prompt = fail_to_ask }, "PIN", &pin, NULL), PC_E_AUTH);
    assert_null(pin);
}

/* --- a program --- */

static const char *write_program(const char *name, const char *text, mode_t mode)
{
    static char path[128];

    (void)token_store_path(&store, name, path);
    token_store_write(&store, name, text, strlen(text));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void program_gives_the_pin_without_its_line_end(void **state)
{
    char source[160];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(line_ends); i++) {
        token_store_write(&store, "answer", line_ends[i].given, strlen(line_ends[i].given));
        (void)snprintf(source, sizeof source, "|/bin/cat %s/answer", store.folder);
        judge_line_end(i, source);
    }
}

static const struct {
    const char *name;
    const char *text; /* NULL: no such file */
    mode_t mode;
    pc_status status;
    const char *says;
} programs[] = {
    { "fails", "#!/bin/sh\nprintf 1234\nexit 3\n", 0700, PC_E_AUTH, "exited with code 3" },
    { "is killed", "#!/bin/sh\nprintf 1234\nkill -9 $$\n", 0700, PC_E_AUTH, "was ended by signal 9" },
    { "can be changed by others", "#!/bin/sh\nprintf 1234\n", 0722, PC_E_REFUSED, "can be changed by others" },
    { "is not there", NULL, 0, PC_E_NOT_FOUND, "cannot run the program" },
    { "says nothing", "#!/bin/sh\n", 0700, PC_E_AUTH, "is empty" },
    { "never stops", "#!/bin/sh\nexec yes\n", 0700, PC_E_INPUT, "has more than" },
    { "has its signals", "#!/bin/sh\ntrap - PIPE; kill -PIPE $$; printf 1234\n", 0700, PC_E_AUTH, "signal 13" },
};

static void program_that_gives_no_pin_is_an_error(void **state)
{
    char source[160];
    char pin[512];

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < PC_COUNT(programs); i++) {
        pc_error err = { 0 };

        (void)snprintf(source, sizeof source, "|%s",
                       programs[i].text ? write_program("program", programs[i].text, programs[i].mode)
                                        : "/nonexistent/program");
        pc_status status = read_pin(source, pin, &err);

        if (status != programs[i].status || !error_says(&err, programs[i].says)) {
            print_error("a program that %s: %s\n", programs[i].name, err.frames[0]);
        }
        assert_int_equal(status, programs[i].status);
        assert_true(error_says(&err, programs[i].says));
        assert_false(error_says(&err, "1234"));
    }
}

/* Ended by signals, and no longer in the table of processes. */
static void assert_no_process_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void program_that_does_not_end_is_ended(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        int limit_sec;
        const char *says;
    } rows[] = {
        { "gives no answer", "#!/bin/sh\nexec sleep 1000\n", 1, "did not answer within 1 seconds, and was ended" },
        { "ignores SIGTERM", "#!/bin/sh\ntrap '' TERM\nexec sleep 1000\n", 1, "did not answer within 1 seconds" },
        { "closes its output", "#!/bin/sh\ntrap '' TERM\necho 1234; exec >&-; exec sleep 1000\n", 60,
          "closed its output, did not end within 5 seconds, and was ended" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char path[128];
        char *words[] = { path, NULL };
        pc_error err = { 0 };
        PC_AUTO(pc_secret) pc_secret *pin = NULL;

        (void)snprintf(path, sizeof path, "%s", write_program("program", rows[i].text, 0700));
        assert_int_equal(pc_secret_new(64, &pin, NULL), PC_OK);
        const int64_t start = pc_monotonic_msec();
        pc_status status = pc_pin_program_read(words, rows[i].limit_sec, pin, &err);

        if (status != PC_E_AUTH || !error_says(&err, rows[i].says)) {
            print_error("a program that %s: %s\n", rows[i].name, err.frames[0]);
        }
        assert_int_equal(status, PC_E_AUTH);
        assert_true(error_says(&err, rows[i].says));
        assert_false(error_says(&err, "1234"));
        assert_true(pc_monotonic_msec() - start < 30000);
        assert_no_process_is_left();
    }
}

/* --- the window of a program --- */

static const char window[] = "#!/bin/sh\necho OK; while read -r command rest; do case $command in "
                             "SETPROMPT) echo OK; field=$rest ;; GETPIN) echo \"D $field\"; echo OK ;; *) echo OK ;; "
                             "esac; done\n";

/* What it is asked for has the word PIN or not; the kind decides. */
static void field_of_a_window_is_named_by_the_kind_of_secret(void **state)
{
    static const struct {
        pc_secret_kind kind;
        const char *field;
    } rows[] = {
        { PC_SECRET_USER_PIN, "User PIN:" },
        { PC_SECRET_SO_PIN, "SO PIN:" },
        { PC_SECRET_CA_PASSWORD, "CA password:" },
        { PC_SECRET_FILE_PASSWORD, "PFX password:" },
        { PC_SECRET_KIT_PASSWORD, "PFX password:" },
        { PC_SECRET_NEW_PIN, "New PIN:" },
        { PC_SECRET_SHARE, "Share:" },
    };
    char source[160];

    (void)state;
    (void)snprintf(source, sizeof source, "pinentry:%s", write_program("window", window, 0700));
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_secret) pc_secret *read = NULL;
        const pc_secret_request request = {
            .source = source, .access = NULL, .what = "password for \"PIN.pfx\"", .kind = rows[i].kind
        };

        assert_int_equal(pc_secret_read(&request, &read, NULL), PC_OK);
        assert_int_equal(pc_secret_len(read), strlen(rows[i].field));
        assert_memory_equal(pc_secret_bytes(read), rows[i].field, strlen(rows[i].field));
        assert_no_process_is_left();
    }
}

/* No shell: no word has a special meaning. */
static void program_is_run_without_a_shell(void **state)
{
    char source[160];
    char pin[512] = "";
    pc_error err = { 0 };

    (void)state;
    (void)snprintf(source, sizeof source, "|%s $HOME;id 'a b'",
                   write_program("words", "#!/bin/sh\nprintf '%s,' \"$@\"\n", 0700));
    assert_int_equal(read_pin(source, pin, &err), PC_OK);
    assert_string_equal(pin, "$HOME;id,'a,b',");
    assert_int_equal(read_pin("|cat pin", pin, &err), PC_E_USAGE);
    assert_true(error_says(&err, "absolute path"));
    assert_int_equal(read_pin("|", pin, &err), PC_E_USAGE);
}

/* --- a systemd credential --- */

static void credential_is_read_from_the_units_folder(void **state)
{
    char pin[512] = "";
    pc_error err = { 0 };

    (void)state;
    token_store_write(&store, "token-pin", "credential-pin\n", 15);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(read_pin("credential:token-pin", pin, &err), PC_E_NOT_FOUND);
    assert_true(error_says(&err, "LoadCredential="));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", store.folder, 1), 0);
    assert_int_equal(read_pin("credential:token-pin", pin, &err), PC_OK);
    assert_string_equal(pin, "credential-pin");
    assert_int_equal(read_pin("credential:other", pin, &err), PC_E_NOT_FOUND);
    assert_int_equal(read_pin("credential:../token-pin", pin, &err), PC_E_USAGE);
    assert_int_equal(read_pin("credential:", pin, &err), PC_E_USAGE);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_gives_the_pin_without_its_line_end),
        cmocka_unit_test(program_that_gives_no_pin_is_an_error),
        cmocka_unit_test(program_that_does_not_end_is_ended),
        cmocka_unit_test(field_of_a_window_is_named_by_the_kind_of_secret),
        cmocka_unit_test(program_is_run_without_a_shell),
        cmocka_unit_test(credential_is_read_from_the_units_folder),
        cmocka_unit_test(file_gives_the_pin_without_its_line_end),
        cmocka_unit_test(descriptor_gives_the_pin_without_its_line_end),
        cmocka_unit_test(environment_gives_the_pin_without_its_line_end),
        cmocka_unit_test(environment_pin_is_removed_and_wiped),
        cmocka_unit_test(environment_pin_is_gone_at_the_second_read),
        cmocka_unit_test(file_that_others_can_reach_is_refused),
        cmocka_unit_test(file_of_another_user_is_refused_for_root),
        cmocka_unit_test(hint_for_an_open_file_can_be_followed),
        cmocka_unit_test(what_is_not_a_file_is_refused),
        cmocka_unit_test(pin_of_1023_bytes_is_the_longest),
        cmocka_unit_test(what_is_not_a_source_is_refused_and_not_repeated),
        cmocka_unit_test(prompt_without_anybody_to_ask_is_refused),
        cmocka_unit_test(prompt_that_fails_gives_no_pin),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
