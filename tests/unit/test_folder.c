/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

/* Each case runs in its own empty folder, as the working directory. */
static char place[64];

static int make_place(void **state)
{
    (void)state;
    (void)snprintf(place, sizeof place, "/tmp/p11cert-folder.XXXXXX");
    return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int remove_place(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", place);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static int count_in(const char *path)
{
    DIR *listing = opendir(path);
    int count = 0;

    assert_non_null(listing);
    for (struct dirent *each; (each = readdir(listing));) {
        count += strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0;
    }
    (void)closedir(listing);
    return count;
}

static void it_appears_complete_and_only_for_its_owner(void **state)
{
    pc_folder *folder = NULL;
    struct stat info;

    (void)state;
    assert_int_equal(pc_folder_open("kit/", &folder, NULL), PC_OK);
    assert_int_equal(pc_folder_write(folder, "a", "text", 4, NULL), PC_OK);
    assert_int_not_equal(stat("kit", &info), 0);
    assert_int_equal(pc_folder_commit(folder, NULL), PC_OK);
    pc_folder_free(folder);
    assert_int_equal(stat("kit", &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat("kit/a", &info), 0);
    assert_int_equal(info.st_size, 4);
    assert_int_equal(count_in("."), 1);
}

static void an_abandoned_folder_leaves_no_trace(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_folder *folder = NULL;

    (void)state;
    assert_int_equal(pc_folder_open("kit", &folder, NULL), PC_OK);
    assert_int_equal(pc_folder_write(folder, "a", "text", 4, NULL), PC_OK);
    FILE *other = fopen(pc_folder_path(folder, "b", arena), "w");

    assert_non_null(other);
    assert_int_equal(fclose(other), 0);
    assert_int_equal(count_in("."), 1);
    pc_folder_free(folder);
    assert_int_equal(count_in("."), 0);
}

static void what_exists_is_refused_before_and_at_the_end(void **state)
{
    pc_folder *folder = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_folder_open("kit", &folder, NULL), PC_OK);
    assert_int_equal(mkdir("kit", 0755), 0);
    assert_int_equal(pc_folder_commit(folder, &err), PC_E_REFUSED);
    pc_folder_free(folder);
    folder = NULL;
    assert_int_equal(count_in("kit"), 0);
    assert_int_equal(pc_folder_open("kit", &folder, &err), PC_E_REFUSED);
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_int_equal(pc_folder_open("link", &folder, &err), PC_E_REFUSED);
    assert_null(folder);
    assert_int_equal(count_in("."), 2);
}

static void unusable_output_places_are_reported(void **state)
{
    static const struct {
        const char *path;
        pc_status status;
    } rows[] = {
        { "-", PC_E_USAGE },     { "", PC_E_USAGE },    { "pkcs11:token=a", PC_E_USAGE },
        { "none/kit", PC_E_IO }, { "/", PC_E_REFUSED },
    };
    pc_folder *folder = NULL;

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        assert_int_equal(pc_folder_open(rows[i].path, &folder, NULL), rows[i].status);
    }
    assert_int_equal(count_in("."), 0);
}

static void a_path_counts_as_inside_by_where_it_leads(void **state)
{
    static const struct {
        const char *path;
        bool inside;
    } rows[] = {
        { "kit/pw", true },      { "./kit/pw", true },        { "kit", true },
        { "kit/", true },        { "there/../kit/pw", true }, { "link/kit/pw", true },
        { "kit/deep/pw", true }, { "kit2/pw", false },        { "pw", false },
        { "there/pw", false },   { "../kit/pw", false },      { "/pw", false },
    };

    (void)state;
    assert_int_equal(mkdir("there", 0755), 0);
    assert_int_equal(symlink(".", "link"), 0);
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        bool inside = !rows[i].inside;

        print_message("  %s\n", rows[i].path);
        assert_int_equal(pc_folder_would_hold("kit", rows[i].path, &inside, NULL), PC_OK);
        assert_int_equal(inside, rows[i].inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_appears_complete_and_only_for_its_owner, make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_abandoned_folder_leaves_no_trace, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_exists_is_refused_before_and_at_the_end, make_place, remove_place),
        cmocka_unit_test_setup_teardown(unusable_output_places_are_reported, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_path_counts_as_inside_by_where_it_leads, make_place, remove_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
