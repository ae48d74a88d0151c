/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/examples/new-scom-template.ps1, run by PowerShell with the cmdlets of Windows replaced by functions that record
 * their arguments (template_script.ps1). Without PowerShell, nothing is run, and a message says so.
 */
#include "harness.h"

#define GROUP "-EnrollGroup", "CONTOSO\\SCOM"

static const struct {
    const char *name;
    const char *world; /* what exists, and what fails */
    const char *arguments[8];
    int exit_code;
    const char *words;
} rows[] = {
    { "a template is made",
      "good",
      { GROUP },
      0,
      "CALL New-ADObject msPKI-Enterprise-Oid |CALL New-ADObject pKICertificateTemplate OperationsManagerCert in "
      "CN=Certificate "
      "Templates,CN=Public Key Services,CN=Services,CN=Configuration,DC=contoso,DC=com|"
      "  pKIExtendedKeyUsage=1.3.6.1.5.5.7.3.1;1.3.6.1.5.5.7.3.2|  pKIKeyUsage=A0-00|"
      "  pKICriticalExtensions=2.5.29.15|  pKIExpirationPeriod=00-80-72-0E-5D-C2-FD-FF|"
      "  pKIOverlapPeriod=00-80-A6-0A-FF-DE-FF-FF|  msPKI-Private-Key-Flag=16|  msPKI-Certificate-Name-Flag=1|"
      "ExtendedRight Allow 0e10c968-78fb-11d2-90d4-00c04f79dc55|Set-Acl AD:\\CN=OperationsManagerCert,|"
      "Next, on the CA: Add-CATemplate|Done." },
    { "and issued by this CA",
      "good ca",
      { GROUP, "-Publish", "-Name", "Own-1", "-KeySize", "4096" },
      0,
      "CALL New-ADObject pKICertificateTemplate Own-1 |  msPKI-Minimal-Key-Size=4096|CALL Add-CATemplate Own-1|"
      "!Next,|Done." },
    { "an identifier that is taken is not used", "good taken", { GROUP }, 0, "CALL taken|Done." },
    { "an existing template is not changed",
      "there ca published",
      { GROUP, "-Publish" },
      0,
      "exists with these settings|!New-ADObject|!Add-CATemplate|AddAccessRule|Done." },
    { "other settings", "there weak", { GROUP }, 2, "msPKI-Minimal-Key-Size: \"1024\" instead of \"2048\"|!CALL" },
    { "no settings", "there bare", { GROUP }, 2, "pKIKeyUsage: \"\" instead of \"A0-00\"|!CALL|!flags:" },
    { "what if",
      "good ca",
      { GROUP, "-Publish", "-WhatIf" },
      0,
      "What if: create|What if: let|What if: have this CA issue it|Nothing was changed|!CALL" },
    { "what if it is there", "there", { GROUP, "-WhatIf" }, 0, "exists with these|!What if: create|!CALL" },
    { "no group", "good", { NULL }, 3, "-EnrollGroup|Nothing was changed|!CALL" },
    { "a group that is not there", "good nogroup", { GROUP }, 3, "There is no group|Nothing was changed|!CALL" },
    { "everybody", "good everybody", { GROUP }, 3, "contains everyone|Nothing was changed|!CALL" },
    { "all computers", "good computers", { GROUP }, 3, "contains everyone|Nothing was changed|!CALL" },
    { "everybody, meant", "good everybody", { GROUP, "-AllowEveryone" }, 0, "AddAccessRule S-1-5-11|Done." },
    { "a name with a quote", "good", { GROUP, "-Name", "a'b" }, 3, "The name may|Nothing was changed|!CALL" },
    { "a short key", "good", { GROUP, "-KeySize", "1024" }, 3, "2048 bits|Nothing was changed|!CALL" },
    { "no time at all", "good", { GROUP, "-ValidityDays", "0" }, 3, "1 to 3650 days|Nothing was changed|!CALL" },
    { "no module", "nomodule", { GROUP }, 3, "Get-ADRootDSE is not available|Nothing was changed|!CALL" },
    { "not the CA", "good", { GROUP, "-Publish" }, 3, "Add-CATemplate is not available|Nothing was changed|!CALL" },
    { "no directory", "nodirectory", { GROUP }, 3, "cannot be read|Nothing was changed|!CALL" },
    { "no number of the forest", "nobase", { GROUP }, 1, "no object identifier in|Nothing was changed|!CALL" },
    { "no right to make it", "denyoid", { GROUP }, 1, "Access is denied|Nothing was changed|!CALL|!Done." },
    { "the template fails", "denytemplate", { GROUP }, 1, "without a template|!pKICertificateTemplate|!Done." },
    { "the right fails", "denyacl", { GROUP }, 1, "The template exists; run|!Set-Acl|!Done." },
    { "the CA fails",
      "good ca denypublish",
      { GROUP, "-Publish" },
      1,
      "CA is not running|the group may enroll|!Done." },
};

static void every_branch_of_the_script_ends_as_it_says(void **state)
{
    (void)state;
    if (!*PWSH) {
        print_message("not run here: no pwsh\n");
        skip();
    }
    (void)setenv("HOME", world_folder(), 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[20] = { PWSH,         "-NoProfile",    "-NonInteractive",
                                  "-File",      TEMPLATE_RUNNER, TEMPLATE_SCRIPT,
                                  rows[i].world };

        print_message("  %s\n", rows[i].name);
        memcpy(words + 7, rows[i].arguments, sizeof rows[i].arguments);
        const run_result *result = run_words(words);

        expect_exit(result, rows[i].exit_code);
        expect_said(result, rows[i].words);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_branch_of_the_script_ends_as_it_says),
    };

    return cmocka_run_group_tests(tests, world_new, world_remove);
}
