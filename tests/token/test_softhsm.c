/* SPDX-License-Identifier: Apache-2.0 */
/* SoftHSM's files for a user without privileges: the unusable file is named, with a way to continue. */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <p11cert/init.h>

#include "must.h"
#include "run.h"
#include "token/module.h"
#include "token_store.h"

#define NOBODY 65534

static token_store store;

static void write_configuration(const char *name, const char *token_folder)
{
    char text[256];
    int len = snprintf(text, sizeof text, "# one's own\n directories.tokendir = %s/%s # here\nlog.level = ERROR\n",
                       store.folder, token_folder);
    char path[128];

    token_store_write(&store, name, text, (size_t)len);
    assert_int_equal(chmod(token_store_path(&store, name, path), 0644), 0);
}

static void make_folder(const char *name, mode_t mode)
{
    char path[128];

    assert_int_equal(mkdir(token_store_path(&store, name, path), 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int make_files(void **state)
{
    char path[128];

    (void)state;
    token_store_make(&store);
    assert_int_equal(chmod(store.folder, 0755), 0);
    make_folder("usable", 0777);
    make_folder("read-only", 0555);
    make_folder("closed", 0000);
    write_configuration("good.conf", "usable");
    write_configuration("read-only.conf", "read-only");
    write_configuration("closed.conf", "closed");
    write_configuration("missing.conf", "missing");
    write_configuration("unreadable.conf", "usable");
    assert_int_equal(chmod(token_store_path(&store, "unreadable.conf", path), 0000), 0);
    for (size_t i = 0; i < 3; i++) {
        static const char *const homes[] = { "home-none", "home-missing", "home-unreadable" };
        char name[64];

        make_folder(homes[i], 0755);
        (void)snprintf(name, sizeof name, "%s/.config", homes[i]);
        make_folder(name, 0755);
        (void)snprintf(name, sizeof name, "%s/.config/softhsm2", homes[i]);
        make_folder(name, 0755);
    }
    write_configuration("home-missing/.config/softhsm2/softhsm2.conf", "missing");
    write_configuration("home-unreadable/.config/softhsm2/softhsm2.conf", "usable");
    assert_int_equal(chmod(token_store_path(&store, "home-unreadable/.config/softhsm2/softhsm2.conf", path), 0000), 0);
    return 0;
}

static int remove_files(void **state)
{
    char path[128];

    (void)state;
    (void)chmod(token_store_path(&store, "closed", path), 0700);
    token_store_remove(&store);
    return 0;
}

static pc_status start_module(pc_error *err)
{
    PC_AUTO(pc_module) pc_module *module = NULL;

    return pc_module_open(SOFTHSM_MODULE, NULL, &module, err);
}

static pc_status type_pin(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err)
{
    (void)kind;
    (void)context;
    (void)what;
    (void)err;
    memcpy(pc_secret_bytes(pin), "1234", 4);
    pc_secret_set_len(pin, 4);
    return PC_OK;
}

static pc_status make_token(pc_error *err)
{
    const pc_init_order order = { .label = "a" };
    const pc_token_access access = { .module = SOFTHSM_MODULE, .prompt = type_pin };
    pc_init_outcome outcome;
    pc_token_info info;

    return pc_init_run(&order, &access, &outcome, &info, err);
}

/* The error that a user without privileges gets; empty on success. Root drops its privileges in a separate process. */
static void ask_as_nobody(pc_status (*act)(pc_error *err), const char *conf, const char *home, char said[static 4096])
{
    char path[128];
    int ends[2];
    size_t len = 0;
    ssize_t got = 0;

    MUST(pipe(ends) == 0);
    pid_t child = fork();

    MUST(child >= 0);
    if (child == 0) {
        pc_error err = { .status = PC_OK };
        char text[4096] = "";

        MUST(geteuid() != 0 || (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0));
        MUST(unsetenv("SOFTHSM2_CONF") == 0);
        MUST(!conf || setenv("SOFTHSM2_CONF", token_store_path(&store, conf, path), 1) == 0);
        MUST(setenv("HOME", token_store_path(&store, home ? home : "home-none", path), 1) == 0);
        if (act(&err) != PC_OK) {
            (void)error_text(&err, text, sizeof text);
        }
        MUST(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
        _exit(0);
    }
    (void)close(ends[1]);
    while (len < 4095 && (got = read(ends[0], said + len, 4095 - len)) > 0) {
        len += (size_t)got;
    }
    said[len] = '\0';
    (void)close(ends[0]);
    int status = 0;

    MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

typedef struct {
    const char *name;
    pc_status (*act)(pc_error *err);
    const char *conf; /* what SOFTHSM2_CONF names in the store; NULL: not set */
    const char *home;
    const char *says[4];
} situation;

static const situation own_files[] = {
    { "a configuration that is not there",
      start_module,
      "none.conf",
      NULL,
      { "cannot read its configuration", "/none.conf\": No such file", "SOFTHSM2_CONF names this file" } },
    { "a configuration that may not be read",
      start_module,
      "unreadable.conf",
      NULL,
      { "cannot read its configuration", "/unreadable.conf\": Permission denied", "SOFTHSM2_CONF names this file" } },
    { "a folder for a configuration",
      start_module,
      "usable",
      NULL,
      { "cannot read its configuration", "/usable\": Is a directory", "SOFTHSM2_CONF names this file" } },
    { "a token folder that is not there",
      start_module,
      "missing.conf",
      NULL,
      { "cannot open its token folder", "/missing\", set in", "/missing.conf\": No such file", "mkdir -m 700" } },
    { "a token folder that may not be entered",
      start_module,
      "closed.conf",
      NULL,
      { "cannot open its token folder", "/closed\", set in", "/closed.conf\": Permission denied",
        "your own folder as directories.tokendir" } },
    { "a token folder that may not be written",
      make_token,
      "read-only.conf",
      NULL,
      { "C_InitToken: CKR_DEVICE_ERROR (0x30)", "cannot write to its token folder", "/read-only\", set in",
        "Permission denied" } },
    { "one's own configuration with a token folder that is not there",
      start_module,
      NULL,
      "home-missing",
      { "cannot open its token folder", "/missing\", set in",
        "/home-missing/.config/softhsm2/softhsm2.conf\": No such" } },
};

/* As Debian installs it: for root and the group softhsm. */
static const situation system_files[] = {
    { "the system's configuration",
      start_module,
      NULL,
      "home-none",
      { "C_Initialize: CKR_GENERAL_ERROR (0x5)",
        "cannot read its configuration \"/etc/softhsm/softhsm2.conf\": Permission denied",
        "set SOFTHSM2_CONF to your own configuration", "member of the group \"softhsm\"" } },
    { "one's own that may not be read, then the system's",
      start_module,
      NULL,
      "home-unreadable",
      { "can read neither your configuration", "/home-unreadable/.config/softhsm2/softhsm2.conf\" nor the system's",
        "make your configuration readable" } },
};

static void judge(const situation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char said[4096];

        ask_as_nobody(rows[i].act, rows[i].conf, rows[i].home, said);
        for (size_t j = 0; j < PC_COUNT(rows[i].says) && rows[i].says[j]; j++) {
            if (!strstr(said, rows[i].says[j])) {
                fail_msg("%s: it does not say \"%s\" but\n%s", rows[i].name, rows[i].says[j], said);
            }
        }
        if (!strstr(said, "`p11cert sandbox` makes a private token")) {
            fail_msg("%s: it does not name the sandbox\n%s", rows[i].name, said);
        }
    }
}

static void what_this_user_cannot_use_is_named(void **state)
{
    (void)state;
    judge(own_files, PC_COUNT(own_files));
}

static void an_error_for_a_new_user_names_the_system_files(void **state)
{
    (void)state;
    if (geteuid() != 0 && access("/etc/softhsm/softhsm2.conf", R_OK) == 0) {
        print_message("[  NOTE    ] this user may read /etc/softhsm: only root can give that right up here\n");
        skip();
    }
    judge(system_files, PC_COUNT(system_files));
}

static void files_that_can_be_used_are_not_blamed(void **state)
{
    char said[4096];

    (void)state;
    ask_as_nobody(start_module, "good.conf", NULL, said);
    assert_string_equal(said, "");
    ask_as_nobody(start_module, "read-only.conf", NULL, said);
    assert_string_equal(said, "");
    ask_as_nobody(make_token, "good.conf", NULL, said);
    assert_string_equal(said, "");
}

/* A backend that SoftHSM was not built with: the files are fine, so only its own code can be reported. */
static void another_cause_keeps_its_own_words(void **state)
{
    char text[256];
    char path[128];
    char said[4096];
    int len =
        snprintf(text, sizeof text, "directories.tokendir = %s/usable\nobjectstore.backend = none\n", store.folder);

    (void)state;
    token_store_write(&store, "backend.conf", text, (size_t)len);
    assert_int_equal(chmod(token_store_path(&store, "backend.conf", path), 0644), 0);
    ask_as_nobody(start_module, "backend.conf", NULL, said);
    assert_non_null(strstr(said, "C_Initialize: CKR_GENERAL_ERROR (0x5)"));
    assert_null(strstr(said, "SoftHSM cannot"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_this_user_cannot_use_is_named),
        cmocka_unit_test(an_error_for_a_new_user_names_the_system_files),
        cmocka_unit_test(files_that_can_be_used_are_not_blamed),
        cmocka_unit_test(another_cause_keeps_its_own_words),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
