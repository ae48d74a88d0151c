/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install.ps1 of a kit, run by PowerShell with what only Windows has replaced by functions that record their arguments
 * (install_script.ps1). Without PowerShell, nothing is run, and a message says so.
 */
#include "harness.h"

#define PASSWORD "correct horse Battery 9 staple"

static int make_world(void **state)
{
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
    (void)out_of(WORDS("sh", "-e", "-c",
                       "for kit in empty changed lost 'a b ü'; do cp -R aes \"$kit\"; done; : >empty/SHA256SUMS; "
                       "echo more >>changed/server.pfx; rm lost/server.pfx"));
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

static void every_branch_of_the_script_ends_as_it_says(void **state)
{
    (void)state;
    if (!*PWSH) {
        print_message("not run here: no pwsh\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char script[64];
        const char *words[20] = {
            PWSH, "-NoProfile", "-NonInteractive", "-File", INSTALL_SCRIPT, script, rows[i].world
        };

        print_message("  %s\n", rows[i].name);
        (void)snprintf(script, sizeof script, "%s/install.ps1", rows[i].kit);
        memcpy(words + 7, rows[i].arguments, sizeof rows[i].arguments);
        const run_result *result = run_words(words);

        expect_exit(result, rows[i].exit_code);
        expect_said(result, rows[i].words);
        expect_lacks(result, result->out, PASSWORD);
    }
    assert_non_null(strstr(file_read("run.log", NULL), "CALL Restart-Service HealthService"));
    assert_null(strstr(file_read("run.log", NULL), PASSWORD));
    assert_non_null(strstr(file_read("a b ü/run[1].log", NULL), "CALL Restart-Service HealthService"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_branch_of_the_script_ends_as_it_says),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
