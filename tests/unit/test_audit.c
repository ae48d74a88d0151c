/* SPDX-License-Identifier: Apache-2.0 */
/* Where the records of an audit log go: what is opened, what is refused, and that a record is complete or absent. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/audit/audit.h"
#include "app/audit/destination.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "token/act.h"
#include "token/ckr.h"

PC_AUTO_DEFINE(destination, pc_audit_destination, pc_audit_destination_close);

#define RECORD PC_AUDIT_MARK "\"n\":1}"

static char folder[] = "/tmp/p11cert-audit-XXXXXX";

static int new_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "log", "other", "link", "nowhere", "socket", "target" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(names); i++) {
        (void)unlink(names[i]);
    }
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void write_file(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(0, fclose(out));
}

static const char *read_file(const char *name)
{
    static char text[1024 * 1024];
    FILE *in = fopen(name, "r");

    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    assert_int_equal(0, fclose(in));
    return text;
}

static void put(const char *log)
{
    PC_AUTO(destination) pc_audit_destination *destination = NULL;
    pc_error err = { .status = PC_OK };

    assert_int_equal(PC_OK, pc_audit_destination_open(log, NULL, &destination, &err));
    assert_int_equal(PC_OK, pc_audit_destination_put(destination, RECORD, "words", &err));
}

static void records_are_appended_to_a_file_of_its_owner(void **state)
{
    struct stat info;

    (void)state;
    (void)umask(022);
    put("log");
    put("log");
    assert_string_equal(RECORD "\n" RECORD "\n", read_file("log"));
    assert_int_equal(0, stat("log", &info));
    assert_int_equal(0600, info.st_mode & 0777);
    assert_int_equal(0, unlink("log"));
}

static void a_line_that_was_cut_off_stays_and_the_next_one_is_whole(void **state)
{
    (void)state;
    write_file("log", RECORD "\n" PC_AUDIT_MARK "\"n");
    put("log");
    assert_string_equal(RECORD "\n" PC_AUDIT_MARK "\"n\n" RECORD "\n", read_file("log"));
    assert_int_equal(0, unlink("log"));
}

static void what_is_not_an_audit_log_is_refused_and_left_as_it_is(void **state)
{
    static const struct {
        const char *text;
        const char *hint;
    } rows[] = {
        { "{\"at\":\"2026-11-29T12:25:42.223961Z\",\"body\":{}}\n", "`issuance_log`" },
        { "-----BEGIN CERTIFICATE-----\n", "`log`" },
        { "{\"log\":\"p11cert-audit", "`log`" },
        { "x", "`log`" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(destination) pc_audit_destination *destination = NULL;
        pc_error err = { .status = PC_OK };

        write_file("other", rows[i].text);
        assert_int_equal(PC_E_INPUT, pc_audit_destination_open("other", NULL, &destination, &err));
        assert_non_null(strstr(err.hint, rows[i].hint));
        assert_string_equal(rows[i].text, read_file("other"));
    }
}

static void a_link_to_nothing_creates_nothing(void **state)
{
    PC_AUTO(destination) pc_audit_destination *destination = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(0, symlink("nowhere", "link"));
    assert_int_equal(PC_E_IO, pc_audit_destination_open("link", NULL, &destination, &err));
    assert_non_null(strstr(err.hint, "nothing was done"));
    assert_int_equal(-1, access("nowhere", F_OK));
    write_file("nowhere", "");
    put("link");
    assert_string_equal(RECORD "\n", read_file("nowhere"));
    assert_int_equal(0, unlink("link"));
    assert_int_equal(0, unlink("nowhere"));
}

static void what_is_not_a_file_is_refused(void **state)
{
    static const char *const paths[] = { "/dev/null", "/dev/full", "fifo" };

    (void)state;
    assert_int_equal(0, mkfifo("fifo", 0600));
    for (size_t i = 0; i < PC_COUNT(paths); i++) {
        PC_AUTO(destination) pc_audit_destination *destination = NULL;
        pc_error err = { .status = PC_OK };

        assert_int_equal(PC_E_INPUT, pc_audit_destination_open(paths[i], NULL, &destination, &err));
        assert_non_null(strstr(err.hint, "nothing was done"));
    }
    assert_int_equal(0, unlink("fifo"));
}

static void lack_of_space_is_reported_in_advance(void **state)
{
    PC_AUTO(destination) pc_audit_destination *destination = NULL;
    pc_error err = { .status = PC_OK };
    struct rlimit before;

    (void)state;
    put("log");
    assert_int_equal(PC_OK, pc_audit_destination_open("log", NULL, &destination, &err));
    assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4096, before.rlim_max }));
    pc_status status = pc_audit_destination_claim(destination, &err);

    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
    assert_int_equal(PC_E_IO, status);
    assert_non_null(strstr(err.frames[0], "cannot write the audit log \"log\""));
    assert_int_equal(PC_OK, pc_audit_destination_claim(destination, &err));
    assert_string_equal(RECORD "\n", read_file("log")); /* nothing of it is seen in the file */
    assert_int_equal(0, unlink("log"));
}

static void runs_at_once_write_whole_lines(void **state)
{
    enum { RUNS = 4, LINES = 50 };
    pid_t runs[RUNS];
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < RUNS; i++) {
        runs[i] = fork();
        if (runs[i] == 0) {
            for (int line = 0; line < LINES; line++) {
                put("log");
            }
            _exit(0);
        }
        assert_true(runs[i] > 0);
    }
    for (int i = 0; i < RUNS; i++) {
        int ended = -1;

        assert_int_equal(runs[i], waitpid(runs[i], &ended, 0));
        assert_int_equal(0, ended);
    }
    for (const char *line = read_file("log"); *line; line += sizeof RECORD) {
        assert_int_equal(0, strncmp(line, RECORD "\n", sizeof RECORD));
        lines++;
    }
    assert_int_equal(RUNS * LINES, lines);
    assert_int_equal(0, unlink("log"));
}

/* ---- the log of a run ---- */

static char told[4096];

static void tell(void *context, const char *words)
{
    (void)context;
    (void)snprintf(told, sizeof told, "%s", words);
}

static void start_run(void)
{
    static const pc_audit_order order = { .log = "log", .verb = "new", .tell = tell };

    assert_int_equal(PC_OK, pc_audit_start(&order, NULL));
}

static CK_RV know_nothing(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
    (void)session;
    (void)info;
    return CKR_FUNCTION_FAILED;
}

static CK_FUNCTION_LIST module = { .C_GetSessionInfo = know_nothing };

static CK_RV begin_act(const char *label, pc_running_act *ret_running)
{
    CK_ATTRIBUTE attributes[] = { { CKA_TOKEN, &(CK_BBOOL){ CK_TRUE }, sizeof(CK_BBOOL) },
                                  { CKA_LABEL, (char *)(uintptr_t)label, strlen(label) } };
    const pc_act_call call = {
        .name = "make-key", .calls = &module, .attributes = attributes, .count = PC_COUNT(attributes)
    };

    return pc_act_begin("C_GenerateKey", &call, ret_running);
}

static struct rlimit limit_files(rlim_t most)
{
    struct rlimit before;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &(struct rlimit){ most, before.rlim_max }));
    return before;
}

static void nothing_is_done_after_an_act_whose_record_is_lost(void **state)
{
    pc_error err = { .status = PC_OK };
    pc_running_act running;

    (void)state;
    start_run();
    assert_int_equal(CKR_OK, begin_act("web", &running));
    const struct rlimit before = limit_files(8); /* a part of the record fits */

    pc_act_end(&running, CKR_OK);
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
    assert_string_equal("", read_file("log"));
    assert_int_equal(PC_CKR_NOT_RECORDED, begin_act("web", &running));
    assert_int_equal(PC_E_IO, pc_audit_begin(NULL));
    assert_int_equal(PC_E_IO, pc_audit_stop(NULL, &err));
    assert_non_null(strstr(err.frames[0], "cannot write the audit log \"log\""));
    assert_string_equal("the last act is not in the audit log; nothing was done after it", err.frames[1]);
    assert_string_equal("", read_file("log"));
    assert_int_equal(0, unlink("log"));
}

static void a_failure_that_cannot_be_recorded_is_still_reported(void **state)
{
    pc_error failure = { .status = PC_OK };
    pc_error err = { .status = PC_OK };

    (void)state;
    (void)pc_fail(&failure, PC_E_AUTH, "the PIN is wrong");
    start_run();
    const struct rlimit before = limit_files(8);
    pc_status status = pc_audit_stop(&failure, &err);

    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
    assert_int_equal(PC_E_IO, status);
    assert_string_equal("the failure of the command is not in the audit log: the PIN is wrong", err.frames[1]);
    assert_int_equal(0, unlink("log"));
}

static void a_label_of_any_bytes_stays_on_one_line(void **state)
{
    pc_running_act running;

    (void)state;
    start_run();
    assert_int_equal(CKR_OK, begin_act("w\xff\n\"}", &running));
    pc_act_end(&running, CKR_OK);
    assert_null(strchr(told, '\n'));
    assert_int_equal(PC_OK, pc_audit_begin(NULL));
    pc_audit_end("revoke", "CN=\xff\nPRIORITY=0", PC_OK);
    assert_string_equal("revoke: CN=\\xff\\x0aPRIORITY=0: ok", told);
    assert_int_equal(PC_OK, pc_audit_stop(NULL, NULL));
    const char *text = read_file("log");

    assert_non_null(strstr(text, "\"label\":\"w\\\\xff\\\\x0a\\\"}\""));
    assert_non_null(strstr(text, "\"text\":\"CN=\\\\xff\\\\x0aPRIORITY=0\""));
    assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n') + 1, strchr(text, '\0'));
    assert_int_equal(0, unlink("log"));
}

/* ---- daemons ---- */

static int listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_true(fd >= 0);
    assert_int_equal(0, bind(fd, (const struct sockaddr *)&address, sizeof address));
    return fd;
}

static void the_journal_gets_each_record_with_its_words(void **state)
{
    PC_AUTO(destination) pc_audit_destination *destination = NULL;
    const pc_audit_sockets sockets = { .journal = "socket", .syslog = "socket" };
    pc_error err = { .status = PC_OK };
    char message[1024];

    (void)state;
    assert_int_equal(PC_E_IO, pc_audit_destination_open("journald", &sockets, &destination, &err));
    assert_non_null(strstr(err.hint, "nothing was done"));
    err = (pc_error){ .status = PC_OK };
    assert_int_equal(PC_E_IO, pc_audit_destination_open("syslog", &sockets, &destination, &err));
    assert_non_null(strstr(err.hint, "nothing was done"));
    int journal = listen_at("socket");

    assert_int_equal(PC_OK, pc_audit_destination_open("journald", &sockets, &destination, &err));
    assert_int_equal(PC_OK, pc_audit_destination_put(destination, RECORD, "make-key: \"web\"", &err));
    ssize_t len = recv(journal, message, sizeof message - 1, 0);

    assert_true(len > 0);
    message[len] = '\0';
    assert_string_equal("MESSAGE=make-key: \"web\"\nPRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=p11cert\n"
                        "P11CERT_RECORD=" RECORD "\n",
                        message);
    assert_int_equal(0, close(journal));
    assert_int_equal(PC_E_IO, pc_audit_destination_claim(destination, &err)); /* the daemon has ended */
    assert_int_equal(0, unlink("socket"));
}

static void a_failure_has_its_verb_and_code_in_words(void **state)
{
    pc_error failure = { .status = PC_OK };
    char words[256];

    (void)state;
    (void)pc_fail_code(&failure, PC_E_AUTH, PC_ORIGIN_PKCS11, 0xa0, "C_Login: CKR_PIN_INCORRECT (0xa0)");
    (void)pc_note(&failure, PC_E_AUTH, "cannot log in to token \"servers\"");
    pc_audit_word_failure("new", &failure, words, sizeof words);
    assert_string_equal("new failed: cannot log in to token \"servers\": CKR_PIN_INCORRECT", words);
    failure = (pc_error){ .status = PC_OK };
    (void)pc_fail(&failure, PC_E_REFUSED, "\"a.req\" exists");
    pc_audit_word_failure(NULL, &failure, words, sizeof words);
    assert_string_equal("the run failed: \"a.req\" exists: refused", words);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_appended_to_a_file_of_its_owner),
        cmocka_unit_test(a_line_that_was_cut_off_stays_and_the_next_one_is_whole),
        cmocka_unit_test(what_is_not_an_audit_log_is_refused_and_left_as_it_is),
        cmocka_unit_test(a_link_to_nothing_creates_nothing),
        cmocka_unit_test(what_is_not_a_file_is_refused),
        cmocka_unit_test(lack_of_space_is_reported_in_advance),
        cmocka_unit_test(runs_at_once_write_whole_lines),
        cmocka_unit_test(nothing_is_done_after_an_act_whose_record_is_lost),
        cmocka_unit_test(a_failure_that_cannot_be_recorded_is_still_reported),
        cmocka_unit_test(a_failure_has_its_verb_and_code_in_words),
        cmocka_unit_test(a_label_of_any_bytes_stays_on_one_line),
        cmocka_unit_test(the_journal_gets_each_record_with_its_words),
    };

    return cmocka_run_group_tests(tests, new_folder, remove_folder);
}
