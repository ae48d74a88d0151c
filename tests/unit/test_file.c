/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Each case runs in its own empty folder, as the working directory. */
static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/p11cert-file.XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int count_files(void)
{
    DIR *open_folder = opendir(".");
    int count = 0;

    for (struct dirent *each; open_folder && (each = readdir(open_folder));) {
        count += strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0;
    }
    if (open_folder) {
        (void)closedir(open_folder);
    }
    return count;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const char *text)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    assert_int_equal(pc_file_read(arena, name, 1000, &bytes, NULL), PC_OK);
    assert_string_equal((const char *)bytes.data, text);
    assert_int_equal(bytes.len, strlen(text));
}

static void an_output_appears_only_when_it_is_committed(void **state)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    (void)state;
    assert_int_equal(pc_output_open("out", PC_FILE_NEW, 0644, &output, NULL), PC_OK);
    assert_int_equal(access("out", F_OK), -1);
    assert_int_equal(pc_output_commit(output, "whole", 5, NULL), PC_OK);
    assert_holds("out", "whole");
    assert_int_equal(count_files(), 1);
}

static void an_abandoned_output_leaves_nothing(void **state)
{
    pc_output *output = NULL;

    (void)state;
    assert_int_equal(pc_output_open("out", PC_FILE_NEW, 0644, &output, NULL), PC_OK);
    pc_output_free(output);
    assert_int_equal(count_files(), 0);
}

static void an_existing_file_is_refused_at_once(void **state)
{
    pc_output *output = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    put("out", "precious");
    assert_int_equal(pc_output_open("out", PC_FILE_NEW, 0644, &output, &err), PC_E_REFUSED);
    assert_null(output);
    assert_non_null(strstr(err.frames[0], "\"out\" exists"));
    assert_holds("out", "precious");
}

/* 255 bytes are the most on Linux; one that is replaced has a longer name beside it for a moment. */
static void a_name_that_cannot_be_used_is_reported_at_once(void **state)
{
    static const struct {
        size_t len;
        pc_file_mode mode;
        pc_status status;
    } rows[] = {
        { 0, PC_FILE_NEW, PC_E_USAGE }, { 0, PC_FILE_REPLACE, PC_E_USAGE }, { 255, PC_FILE_NEW, PC_OK },
        { 256, PC_FILE_NEW, PC_E_IO },  { 230, PC_FILE_REPLACE, PC_OK },    { 250, PC_FILE_REPLACE, PC_E_IO },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PC_AUTO(pc_output) pc_output *output = NULL;
        char name[300];

        memset(name, 'x', rows[i].len);
        name[rows[i].len] = '\0';
        assert_int_equal(pc_output_open(name, rows[i].mode, 0644, &output, NULL), rows[i].status);
        if (output) {
            assert_int_equal(pc_output_commit(output, "whole", 5, NULL), PC_OK);
            assert_holds(name, "whole");
            assert_int_equal(unlink(name), 0);
        }
    }
}

static void a_file_created_in_the_meantime_is_not_replaced(void **state)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    (void)state;
    assert_int_equal(pc_output_open("out", PC_FILE_NEW, 0644, &output, NULL), PC_OK);
    put("out", "precious");
    assert_int_equal(pc_output_commit(output, "ours", 4, NULL), PC_E_REFUSED);
    assert_holds("out", "precious");
}

static void replacing_puts_the_new_file_in_the_place_of_the_old(void **state)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    (void)state;
    put("out", "an older and longer text");
    assert_int_equal(pc_output_open("out", PC_FILE_REPLACE, 0644, &output, NULL), PC_OK);
    assert_holds("out", "an older and longer text");
    assert_int_equal(pc_output_commit(output, "new", 3, NULL), PC_OK);
    assert_holds("out", "new");
    assert_int_equal(count_files(), 1);
}

static void the_same_content_leaves_an_existing_file_unchanged(void **state)
{
    static const struct {
        const char *there; /* NULL: no file */
        pc_status status;
        bool unchanged;
        const char *then;
    } cases[] = {
        { NULL, PC_OK, false, "ours" },
        { "ours", PC_OK, true, "ours" },
        { "", PC_E_REFUSED, false, "" },
        { "our", PC_E_REFUSED, false, "our" },
        { "oursandmore", PC_E_REFUSED, false, "oursandmore" },
        { "theirs", PC_E_REFUSED, false, "theirs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PC_AUTO(pc_output) pc_output *output = NULL;
        struct stat before = { .st_ino = 0 };
        struct stat after = { .st_ino = 0 };

        (void)unlink("out");
        if (cases[i].there) {
            put("out", cases[i].there);
            assert_int_equal(stat("out", &before), 0);
        }
        assert_int_equal(pc_output_open("out", PC_FILE_SAME, 0644, &output, NULL), PC_OK);
        assert_int_equal(pc_output_commit(output, "ours", 4, NULL), cases[i].status);
        assert_int_equal(pc_output_is_unchanged(output), cases[i].unchanged);
        assert_holds("out", cases[i].then);
        assert_int_equal(stat("out", &after), 0);
        assert_true(!cases[i].there || before.st_ino == after.st_ino);
        assert_int_equal(count_files(), 1);
    }
}

static void a_difference_at_the_end_of_a_large_file_is_found(void **state)
{
    static char bytes[100001];
    PC_AUTO(pc_output) pc_output *same = NULL;
    PC_AUTO(pc_output) pc_output *other = NULL;

    (void)state;
    memset(bytes, 'a', sizeof bytes - 1);
    put("out", bytes);
    assert_int_equal(pc_output_open("out", PC_FILE_SAME, 0644, &same, NULL), PC_OK);
    assert_int_equal(pc_output_commit(same, bytes, sizeof bytes - 1, NULL), PC_OK);
    assert_true(pc_output_is_unchanged(same));
    bytes[sizeof bytes - 2] = 'b';
    assert_int_equal(pc_output_open("out", PC_FILE_SAME, 0644, &other, NULL), PC_OK);
    assert_int_equal(pc_output_commit(other, bytes, sizeof bytes - 1, NULL), PC_E_REFUSED);
}

static void a_folder_is_refused_when_it_is_opened(void **state)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    (void)state;
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(pc_output_open("folder", PC_FILE_SAME, 0644, &output, NULL), PC_E_IO);
    assert_int_equal(rmdir("folder"), 0);
}

static void an_output_has_the_requested_mode_less_the_umask(void **state)
{
    struct stat info;
    PC_AUTO(pc_output) pc_output *output = NULL;
    mode_t before = umask(027);

    (void)state;
    assert_int_equal(pc_output_open("out", PC_FILE_NEW, 0644, &output, NULL), PC_OK);
    assert_int_equal(pc_output_commit(output, "x", 1, NULL), PC_OK);
    (void)umask(before);
    assert_int_equal(stat("out", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void an_output_that_cannot_be_written_is_detected_when_it_is_opened(void **state)
{
    static const struct {
        const char *path;
        pc_status expected;
    } rows[] = {
        { "no-such-folder/out", PC_E_IO },
        { ".", PC_E_IO },
        { "pkcs11:token=a;object=b", PC_E_USAGE },
        { "/proc/out", PC_E_IO },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_output *output = NULL;

        assert_int_equal(pc_output_open(rows[i].path, PC_FILE_NEW, 0644, &output, NULL), rows[i].expected);
        assert_null(output);
    }
}

static pc_status write_to(const char *path, pc_file_mode mode, const char *text)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    PC_TRY(pc_output_open(path, mode, 0644, &output, NULL));
    return pc_output_commit(output, text, strlen(text), NULL);
}

static void expect_read(int fd, const char *text)
{
    char got[64] = "";

    assert_int_equal(read(fd, got, sizeof got - 1), strlen(text));
    assert_string_equal(got, text);
}

/* In either mode: nothing is replaced, so there is nothing to allow. */
static void a_pipe_is_written_to_and_stays(void **state)
{
    struct stat info;

    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(symlink("pipe", "link"), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);

    assert_true(reader >= 0);
    for (int mode = PC_FILE_NEW; mode <= PC_FILE_REPLACE; mode++) {
        assert_int_equal(write_to("pipe", (pc_file_mode)mode, "first"), PC_OK);
        expect_read(reader, "first");
        assert_int_equal(write_to("link", (pc_file_mode)mode, "second"), PC_OK);
        expect_read(reader, "second");
    }
    (void)close(reader);
    assert_int_equal(lstat("pipe", &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(lstat("link", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(count_files(), 2);
}

static void a_pipe_without_a_reader_is_reported_when_it_is_opened(void **state)
{
    pc_output *output = NULL;

    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(pc_output_open("pipe", PC_FILE_REPLACE, 0644, &output, NULL), PC_E_IO);
    assert_null(output);
}

static void a_device_is_written_to_and_stays(void **state)
{
    struct stat before;
    struct stat after;

    (void)state;
    assert_int_equal(lstat("/dev/null", &before), 0);
    assert_int_equal(write_to("/dev/null", PC_FILE_REPLACE, "text"), PC_OK);
    assert_int_equal(write_to("/dev/full", PC_FILE_REPLACE, "text"), PC_E_IO);
    assert_int_equal(lstat("/dev/null", &after), 0);
    assert_true(S_ISCHR(after.st_mode) && before.st_ino == after.st_ino);
}

static void an_open_descriptor_is_written_to_where_it_is(void **state)
{
    char path[32];
    int fd = open("appended", O_RDWR | O_CREAT | O_APPEND, 0600);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "old ", 4), 4);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_int_equal(symlink(path, "link"), 0);
    assert_int_equal(write_to(path, PC_FILE_REPLACE, "new "), PC_OK);
    assert_int_equal(write_to("link", PC_FILE_NEW, "newer"), PC_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    expect_read(fd, "old new newer");
    (void)close(fd);
}

/* The link of /dev/stdout itself must survive, wherever it leads. */
static void standard_output_goes_by_several_names(void **state)
{
    static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
    int kept = dup(STDOUT_FILENO);
    int fd = open("out", O_RDWR | O_CREAT, 0600);

    (void)state;
    assert_true(kept >= 0 && fd >= 0);
    (void)fflush(stdout);
    for (size_t i = 0; i < PC_COUNT(names); i++) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_true(dup2(fd, STDOUT_FILENO) >= 0);
        pc_status status = write_to(names[i], PC_FILE_REPLACE, names[i]);

        assert_true(dup2(kept, STDOUT_FILENO) >= 0);
        assert_int_equal(status, PC_OK);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        expect_read(fd, names[i]);
    }
    (void)close(fd);
    (void)close(kept);
    assert_int_equal(count_files(), 1);
}

static void expect_content(const char *name, const char *text)
{
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    expect_read(fd, text);
    (void)close(fd);
}

static void a_link_is_followed_to_the_file_that_it_names(void **state)
{
    struct stat info;

    (void)state;
    put("target", "old");
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(symlink("../target", "sub/inner"), 0);
    assert_int_equal(symlink("sub/inner", "outer"), 0);
    assert_int_equal(write_to("outer", PC_FILE_NEW, "new"), PC_E_REFUSED);
    expect_content("target", "old");
    assert_int_equal(write_to("outer", PC_FILE_REPLACE, "new"), PC_OK);
    expect_content("target", "new");
    assert_int_equal(lstat("outer", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(lstat("sub/inner", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

static void a_link_to_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("missing", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (int mode = PC_FILE_NEW; mode <= PC_FILE_REPLACE; mode++) {
        assert_int_equal(write_to("dangling", (pc_file_mode)mode, "text"), PC_E_IO);
        assert_int_equal(write_to("loop", (pc_file_mode)mode, "text"), PC_E_IO);
    }
    assert_int_equal(count_files(), 2);
}

static void unreadable_files_are_distinguished(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    (void)state;
    put("eleven", "0123456789x");
    assert_int_equal(pc_file_read(arena, "missing", 10, &bytes, NULL), PC_E_NOT_FOUND);
    assert_int_equal(pc_file_read(arena, ".", 10, &bytes, NULL), PC_E_INPUT);
    assert_int_equal(pc_file_read(arena, "/dev/zero", 10, &bytes, NULL), PC_E_INPUT);
    assert_int_equal(pc_file_read(arena, "eleven", 10, &bytes, NULL), PC_E_INPUT);
    assert_int_equal(pc_file_read(arena, "eleven", 11, &bytes, NULL), PC_OK);
    assert_int_equal(bytes.len, 11);
}

static void a_pipe_is_read_to_its_end_and_no_further_than_allowed(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };
    char path[32];
    int ends[2];

    (void)state;
    for (int too_much = 0; too_much < 2; too_much++) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], "0123456789", 10), 10);
        assert_int_equal(close(ends[1]), 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        assert_int_equal(pc_file_read(arena, path, too_much ? 9 : 10, &bytes, NULL), too_much ? PC_E_INPUT : PC_OK);
        (void)close(ends[0]);
    }
}

static void a_large_file_is_read_whole(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const size_t size = 300000;
    pc_bytes bytes = { .len = 0 };
    FILE *file = fopen("large", "w");

    (void)state;
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        assert_int_not_equal(fputc((int)(i % 251), file), EOF);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(pc_file_read(arena, "large", size, &bytes, NULL), PC_OK);
    assert_int_equal(bytes.len, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes.data[i], i % 251);
    }
}

static void a_missing_path_is_distinguished_from_one_that_cannot_be_examined(void **state)
{
    pc_error err = { .status = PC_OK };
    pc_path_kind kind = PC_PATH_OTHER;
    char far[PATH_MAX + 2];
    bool exists = true;

    (void)state;
    put("file", "x");
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    memset(far, 'x', sizeof far - 1);
    far[sizeof far - 1] = '\0';
    const struct {
        const char *path;
        pc_path_kind kind;
    } rows[] = {
        { "file", PC_PATH_FILE },         { "link", PC_PATH_FILE },        { ".", PC_PATH_FOLDER },
        { "pipe", PC_PATH_OTHER },        { "/dev/null", PC_PATH_OTHER },  { "-", PC_PATH_OTHER },
        { "nothing", PC_PATH_NOTHING },   { "dangling", PC_PATH_NOTHING }, { "file/below", PC_PATH_NOTHING },
        { "nothing/x", PC_PATH_NOTHING }, { far, PC_PATH_NOTHING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(pc_path_look(rows[i].path, &kind, NULL), PC_OK);
        assert_int_equal(kind, rows[i].kind);
        assert_int_equal(pc_path_exists(rows[i].path, &exists, NULL), PC_OK);
        assert_int_equal(exists, rows[i].kind != PC_PATH_NOTHING);
    }
    assert_int_equal(pc_path_look("loop", &kind, &err), PC_E_IO);
    assert_int_equal(err.origin, PC_ORIGIN_ERRNO);
    assert_int_equal(err.code, ELOOP);
    assert_int_equal(pc_path_exists("loop/below", &exists, NULL), PC_E_IO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_output_appears_only_when_it_is_committed),
        CASE(an_abandoned_output_leaves_nothing),
        CASE(an_existing_file_is_refused_at_once),
        CASE(a_name_that_cannot_be_used_is_reported_at_once),
        CASE(a_file_created_in_the_meantime_is_not_replaced),
        CASE(replacing_puts_the_new_file_in_the_place_of_the_old),
        CASE(the_same_content_leaves_an_existing_file_unchanged),
        CASE(a_difference_at_the_end_of_a_large_file_is_found),
        CASE(a_folder_is_refused_when_it_is_opened),
        CASE(an_output_has_the_requested_mode_less_the_umask),
        CASE(an_output_that_cannot_be_written_is_detected_when_it_is_opened),
        CASE(a_pipe_is_written_to_and_stays),
        CASE(a_pipe_without_a_reader_is_reported_when_it_is_opened),
        CASE(a_device_is_written_to_and_stays),
        CASE(an_open_descriptor_is_written_to_where_it_is),
        CASE(standard_output_goes_by_several_names),
        CASE(a_link_is_followed_to_the_file_that_it_names),
        CASE(a_link_to_nothing_is_refused),
        CASE(unreadable_files_are_distinguished),
        CASE(a_pipe_is_read_to_its_end_and_no_further_than_allowed),
        CASE(a_large_file_is_read_whole),
        CASE(a_missing_path_is_distinguished_from_one_that_cannot_be_examined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
