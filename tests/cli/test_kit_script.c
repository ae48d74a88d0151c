/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install.ps1 of a kit, run by PowerShell with what only Windows has replaced by functions that record their arguments
 * (install_script.ps1). Without PowerShell, nothing is run, and a message says so.
 */
#include "harness.h"

#define PASSWORD "correct horse Battery 9 staple"

static const char *const folders[] = { "a b ü", "a[1]", "[a-b]", "it's $HOME `e %OS%", "“x” & (y)", "kit." };

/* Of the kit in the folder "odd"; .NET opens its PFX with what the script reads from a file. */
#define ODD_PASSWORD  "  a'b\"c$d`e%f\\g^h&i!“j Grüße 🔑 €5  "
#define LONG_PASSWORD "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

static int make_world(void **state)
{
    if (!*PWSH) {
        print_message("not run here: no pwsh\n");
        return world_new(state);
    }
    (void)world_new_with_token(state);
    file_write("password", PASSWORD "\n", 0600);
    (void)setenv("EXPECTED", PASSWORD, 1);
    (void)setenv("HOME", world_folder(), 1);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=a.example", "--exportable", "--out", "a.req"), 0);
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj",
                       "/CN=Root", "-out", "ca.cer"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "a.req", "-CA", "ca.cer", "-CAkey", "ca.key", "-days", "90",
                       "-out", "a.cer"));
    expect_exit(P11CERT("accept", "a.cer", "--chain", "ca.cer", "--token", "servers"), 0);
    expect_exit(P11CERT("kit", "--key", "a.example", "--token", "servers", "--out", "aes", "--password-source",
                        "file:password"),
                0);
    expect_exit(P11CERT("kit", "--key", "a.example", "--token", "servers", "--out", "old", "--password-source",
                        "file:password", "--legacy"),
                0);
    expect_exit(P11CERT("kit", "--cert", "a.cer", "--chain", "ca.cer", "--out", "host"), 0);
    file_write("odd.password", ODD_PASSWORD, 0600);
    expect_exit(P11CERT("kit", "--key", "a.example", "--token", "servers", "--out", "odd", "--password-source",
                        "file:odd.password"),
                0);
    (void)out_of(WORDS("sh", "-e", "-c",
                       "for kit in empty changed lost; do cp -R aes \"$kit\"; done; : >empty/SHA256SUMS; "
                       "echo more >>changed/server.pfx; rm lost/server.pfx"));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)out_of(WORDS("cp", "-R", "aes", folders[i]));
    }
    return 0;
}

static const struct {
    const char *name;
    const char *kit;
    const char *world; /* what is not as it should be */
    const char *arguments[6];
    int exit_code;
    const char *words;
} rows[] = {
    { "a file gives the password",
      "aes",
      "good",
      { "-PasswordFile", "password" },
      0,
      "Import-PfxCertificate server.pfx password of 30 characters right|Done: |!Read-Host|!CALL New-Item HKLM" },
    { "without one it is asked for", "aes", "good", { NULL }, 0, "CALL Read-Host|characters right|Done: " },
    { "what is installed is not imported again", "aes", "installed", { NULL }, 0, "Done: |!Read-Host|!PfxCertificate" },
    { "installed without its key it is", "aes", "installed nokey", { NULL }, 1, "CALL Read-Host|has no private key" },
    { "PowerShell 7", "aes", "core", { NULL }, 3, "powershell.exe|Nothing was changed|!CALL" },
    { "not an administrator", "aes", "noadmin", { NULL }, 3, "Run as administrator|!CALL" },
    { "no SCOM here", "aes", "noservice", { NULL }, 3, "no HealthService|!CALL" },
    { "another computer", "aes", "othername", { NULL }, 3, "other.example.com|Nothing was changed|!CALL" },
    { "another computer, forced", "aes", "othername", { "-Force" }, 0, "Done: " },
    { "AES on an old Windows", "aes", "old", { NULL }, 3, "AES-256|--legacy|!Read-Host|!CALL" },
    { "TripleDES on an old Windows", "old", "old", { NULL }, 0, "CALL Read-Host|Done: " },
    { "no such password file", "aes", "good", { "-PasswordFile", "none" }, 3, "\"none\" does not exist|!CALL" },
    { "a wrong password", "aes", "badpassword", { NULL }, 1, "was not imported" },
    { "no sums to compare with", "empty", "good", { NULL }, 3, "SHA256SUMS is incomplete|Nothing was changed|!CALL" },
    { "a changed file", "changed", "good", { NULL }, 3, "server.pfx differs|Nothing was changed|!CALL" },
    { "a missing file", "lost", "good", { NULL }, 3, "server.pfx|!CALL" },
    { "a path of odd characters", "a b ü", "good", { "-LogPath", "a b ü/run[1].log" }, 0, "Done: " },
    { "a log that cannot be written",
      "aes",
      "good",
      { "-LogPath", "aes" },
      3,
      "The log \"aes\" cannot be written|Nothing was changed|!CALL" },
    { "what if", "aes", "good", { "-WhatIf" }, 0, "What if: import server.pfx|Nothing was changed|!CALL" },
    { "a KSP", "aes", "ksp", { NULL }, 1, "event 20069|!New-ItemProperty" },
    { "AT_SIGNATURE", "aes", "signature", { NULL }, 1, "AT_SIGNATURE|!New-ItemProperty" },
    { "a user's store", "aes", "userstore", { NULL }, 1, "user's store|!New-ItemProperty" },
    { "no registry key yet", "aes", "noregistry", { NULL }, 0, "CALL New-Item HKLM" },
    { "a serial number before", "aes", "before", { NULL }, 0, "Registry before: ChannelCertificateSerialNumber 01-02" },
    { "SCOM refuses", "aes", "event20068", { NULL }, 2, "Event 20068|did not appear|!Done" },
    { "SCOM is silent, with a log",
      "aes",
      "event0",
      { "-WaitSeconds", "10", "-LogPath", "run.log" },
      2,
      "did not appear|!Done" },
    { "a key on the host", "host", "nokey", { NULL }, 0, "CALL certutil -repairstore my |Done: |!Pfx" },
    { "a key on the host by its CSP",
      "host",
      "nokey",
      { "-Csp", "Contoso CSP" },
      0,
      "CALL certutil -repairstore -csp Contoso CSP my " },
    { "a key on the host that is not there", "host", "nokey norepair", { NULL }, 1, "-repairstore failed" },
};

/* --- all cases in one process: PowerShell takes seconds to start --- */

typedef struct {
    const char *kit;
    const char *world;
    const char *const *arguments; /* six */
} script_case;

static void add_case(char *list, size_t size, const script_case *added)
{
    size_t used = strlen(list);

    used += (size_t)snprintf(list + used, size - used, "%s/install.ps1\t%s", added->kit, added->world);
    for (size_t i = 0; i < 6 && added->arguments[i]; i++) {
        used += (size_t)snprintf(list + used, size - used, "\t%s", added->arguments[i]);
    }
    (void)snprintf(list + used, size - used, "\n");
}

static const run_result *run_cases(const char *list)
{
    file_write("cases", list, 0600);
    const run_result *result =
        run_words(WORDS(PWSH, "-NoProfile", "-NonInteractive", "-File", INSTALL_SCRIPT, "cases"));

    expect_exit(result, 0);
    return result;
}

/* From the mark of a case to the next one. */
static void cut(const char *text, size_t number, char *part, size_t size)
{
    char mark[32];

    (void)snprintf(mark, sizeof mark, "=== %zu\n", number);
    const char *begin = strstr(text, mark);

    assert_non_null(begin);
    (void)snprintf(mark, sizeof mark, "=== %zu\n", number + 1);
    const char *end = strstr(begin, mark);

    (void)snprintf(part, size, "%.*s", end ? (int)(end - begin) : (int)strlen(begin), begin);
}

static void judge_case(const run_result *all, size_t number, int exit_code, const char *words)
{
    char out[8192];
    char err[8192];
    char end[32];

    cut(all->out, number, out, sizeof out);
    cut(all->err, number, err, sizeof err);
    const run_result one = {
        .line = all->line, .out = out, .out_len = strlen(out), .err = err, .err_len = strlen(err)
    };

    (void)snprintf(end, sizeof end, "=== exit %d\n", exit_code);
    expect_contains(&one, out, end);
    expect_said(&one, words);
}

static void every_branch_of_the_script_ends_as_it_says(void **state)
{
    char list[8192] = "";

    (void)state;
    if (!*PWSH) {
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        add_case(list, sizeof list, &(script_case){ rows[i].kit, rows[i].world, rows[i].arguments });
    }
    const run_result *all = run_cases(list);

    expect_lacks(all, all->out, PASSWORD);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("  %s\n", rows[i].name);
        judge_case(all, i, rows[i].exit_code, rows[i].words);
    }
    assert_non_null(strstr(file_read("run.log", NULL), "CALL Restart-Service HealthService"));
    assert_null(strstr(file_read("run.log", NULL), PASSWORD));
    assert_non_null(strstr(file_read("a b ü/run[1].log", NULL), "CALL Restart-Service HealthService"));
}

static void the_folder_may_have_any_name(void **state)
{
    static const char *const arguments[6] = { "-PasswordFile", "password" };
    char list[2048] = "";

    (void)state;
    if (!*PWSH) {
        skip();
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        add_case(list, sizeof list, &(script_case){ folders[i], "good", arguments });
    }
    const run_result *all = run_cases(list);

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        print_message("  %s\n", folders[i]);
        judge_case(all, i, 0, "Import-Certificate root.cer|characters right|Done: ");
    }
}

/* The file of a password as it may come to Windows. */
static const struct {
    const char *name;
    const char *password;
    const char *saved; /* a shell script that writes $1 from $0, which has the password as UTF-8 */
    int exit_code;
    const char *words;
} password_files[] = {
    { "odd characters and blanks", ODD_PASSWORD, "cp \"$0\" \"$1\"", 0, "characters right" },
    { "UTF-8 with CR LF", LONG_PASSWORD, "(cat \"$0\"; printf '\\r\\n') >\"$1\"", 0, "of 64 characters right" },
    { "UTF-8 with a mark", "Grüße", "(printf '\\357\\273\\277'; cat \"$0\"; printf '\\r\\n') >\"$1\"", 0,
      "of 5 characters right" },
    { "UTF-16", ODD_PASSWORD,
      "(printf '\\377\\376'; (cat \"$0\"; printf '\\r\\n') | iconv -f UTF-8 -t UTF-16LE) >\"$1\"", 0,
      "characters right" },
    { "UTF-16, most significant byte first", ODD_PASSWORD,
      "(printf '\\376\\377'; iconv -f UTF-8 -t UTF-16BE \"$0\") >\"$1\"", 0, "characters right" },
    { "ANSI", "Grüße für 5 €", "iconv -f UTF-8 -t CP1252 \"$0\" >\"$1\"", 3,
      "is not UTF-8|save it as UTF-8. Nothing was changed|!CALL" },
    { "UTF-16 without a mark", LONG_PASSWORD, "iconv -f UTF-8 -t UTF-16LE \"$0\" >\"$1\"", 3,
      "control character. Nothing was changed|!CALL" },
    { "half of a UTF-16 character", "x", "printf '\\377\\376a' >\"$1\"", 3, "is not UTF-8|!CALL" },
    { "empty", "x", ": >\"$1\"", 3, "is empty. Nothing was changed|!CALL" },
    { "only a mark", "x", "printf '\\357\\273\\277\\r\\n' >\"$1\"", 3, "is empty|!CALL" },
    { "two lines", LONG_PASSWORD, "(cat \"$0\"; echo; echo x) >\"$1\"", 3, "more than one line|!CALL" },
    { "an empty line more", LONG_PASSWORD, "(cat \"$0\"; echo; echo) >\"$1\"", 3, "more than one line|!CALL" },
};

static void the_password_is_that_of_the_file_or_the_file_is_refused(void **state)
{
    char list[4096] = "";

    (void)state;
    if (!*PWSH) {
        skip();
    }
    add_case(list, sizeof list,
             &(script_case){ "odd", "opens as:odd.password",
                             (const char *const[6]){ "-PasswordFile", "odd.password" } });
    for (size_t i = 0; i < sizeof password_files / sizeof *password_files; i++) {
        char from[32];
        char to[32];
        char world[64];

        (void)snprintf(from, sizeof from, "%zu.password", i);
        (void)snprintf(to, sizeof to, "pass[%zu]", i);
        (void)snprintf(world, sizeof world, "as:%s", from);
        file_write(from, password_files[i].password, 0600);
        (void)out_of(WORDS("sh", "-e", "-c", password_files[i].saved, from, to));
        add_case(list, sizeof list, &(script_case){ "aes", world, (const char *const[6]){ "-PasswordFile", to } });
    }
    const run_result *all = run_cases(list);

    judge_case(all, 0, 0, "characters right|CALL opened: True|Done: ");
    for (size_t i = 0; i < sizeof password_files / sizeof *password_files; i++) {
        print_message("  %s\n", password_files[i].name);
        judge_case(all, i + 1, password_files[i].exit_code, password_files[i].words);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_branch_of_the_script_ends_as_it_says),
        cmocka_unit_test(the_folder_may_have_any_name),
        cmocka_unit_test(the_password_is_that_of_the_file_or_the_file_is_refused),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
