/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert kit: the contents of the folder, judged by openssl, sha256sum, iconv and a reader of PowerShell. */
#include "harness.h"
#include "powershell.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIT(...) P11CERT("kit", "--token", "servers", __VA_ARGS__)
#define SERIAL   "1f00000008c694dac94bcfdc4a000000000008"

/* A CA with an intermediate, run by openssl, and SCOM's certificate for the key "server.contoso.com". */
static const char make_certificates[] =
    "exec 2>&1; set -e\n"
    "printf 'keyUsage=critical,digitalSignature,keyEncipherment\\nextendedKeyUsage=serverAuth,clientAuth\\n' "
    ">scom.ext\n"
    "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n' >ca.ext\n"
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -subj '/CN=Outer Root' -days 60 -out root.pem\n"
    "openssl req -newkey rsa:2048 -nodes -keyout mid.key -subj '/CN=Middle CA' -out mid.req\n"
    "openssl x509 -req -in mid.req -CA root.pem -CAkey root.key -set_serial 7 -extfile ca.ext -days 50 -out mid.pem\n"
    "cat mid.pem root.pem >chain.pem\n";

#define ISSUE(request, serial, out) \
    WORDS("openssl", "x509", "-req", "-in", request, "-CA", "mid.pem", "-CAkey", "mid.key", "-set_serial", serial, \
          "-extfile", "scom.ext", "-days", "20", "-out", out)

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)out_of(WORDS("sh", "-c", make_certificates));
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=server.contoso.com", "--out", "a.req"), 0);
    (void)out_of(ISSUE("a.req", ("0x" SERIAL), "a.pem"));
    return 0;
}

static const char *shell(const char *script)
{
    return out_of(WORDS("sh", "-c", script));
}

/* The value in a .reg file, assembled and reversed by other programs. */
static const char read_registry[] =
    "iconv -f UTF-16 -t UTF-8 kit/import.reg | tr -d '\\r' | sed -e ':a' -e '/\\\\$/{N;s/\\\\\\n  //;ta' -e '}' | "
    "sed -n 's/^\"ChannelCertificateSerialNumber\"=hex://p' | "
    "awk -F, '{ for (i = NF; i > 0; i--) printf \"%s\", toupper($i) }'";

/* Requirements for every kit, whatever its contents. */
static void expect_sound_kit(const char *certificate)
{
    char script[1024];
    char value[256];
    struct stat info;

    assert_int_equal(0, stat("kit", &info));
    assert_int_equal(0700, info.st_mode & 07777);
    (void)shell(
        "cd kit && sha256sum --strict --quiet -c SHA256SUMS && [ $(ls | wc -l) = $(($(wc -l <SHA256SUMS) + 1)) ]");
    (void)snprintf(script, sizeof script, "openssl x509 -in %s -outform DER | cmp - kit/server.cer", certificate);
    (void)shell(script);
    (void)shell("! iconv -f UTF-16 -t UTF-8 kit/import.reg | grep -qv \"$(printf '\\r')$\"");
    (void)shell(
        "set -e; for file in kit/README.txt kit/install.ps1; do head -c 3 $file | od -An -tx1 | grep -q 'ef bb bf'; "
        "if grep -v \"$(printf '\\r')$\" $file; then exit 1; fi; iconv -f UTF-8 -t UTF-16 $file >/dev/null; done");
    (void)shell("! pygmentize -l powershell -f raw kit/install.ps1 | grep -q '^Token.Error'");
    powershell_expect_sound(file_read("kit/install.ps1", NULL));
    const char *thumbprint = powershell_literal(file_read("kit/install.ps1", NULL), "Thumbprint", value, sizeof value);

    (void)snprintf(script, sizeof script,
                   "openssl x509 -in %s -noout -fingerprint -sha1 | sed 's/.*=//; s/://g' | tr -d '\\n'", certificate);
    assert_string_equal(shell(script), thumbprint);
    (void)snprintf(script, sizeof script,
                   "iconv -f UTF-16 -t UTF-8 kit/import.reg | grep -q '\"ChannelCertificateHash\"=\"%s\"'", thumbprint);
    (void)shell(script);
}

static void expect_lists(const char *names)
{
    assert_string_equal(names, shell("LC_ALL=C ls kit | tr '\\n' ' '"));
}

static int begin_without_kit(void **state)
{
    (void)state;
    return system("rm -rf kit") == 0 ? 0 : -1;
}

static void drop_kit(void)
{
    (void)shell("rm -r kit");
    expect_lacks(RUN("ls"), folder_listing(), ".p11cert-");
}

static void a_key_without_certificate_has_no_kit(void **state)
{
    (void)state;
    expect_golden(KIT("--key", "server.contoso.com", "--out", "kit"), 4, "kit-no-certificate");
    assert_false(file_exists("kit"));
    expect_exit(P11CERT("accept", "--token", "servers", "a.pem"), 0);
}

static void a_missing_chain_is_reported(void **state)
{
    (void)state;
    expect_golden(KIT("--key", "server.contoso.com", "--out", "kit"), 0, "kit-no-chain");
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 server.cer ");
    expect_sound_kit("a.pem");
    const run_result *readme = RUN("cat", "kit/README.txt");

    expect_contains(readme, readme->out, "The certificate of the issuer \"CN=Middle CA\" is not in this folder");
    drop_kit();
    const run_result *partly = KIT("--key", "server.contoso.com", "--chain", "mid.pem", "--out", "kit");

    expect_exit(partly, 0);
    expect_contains(partly, partly->out, "missing: the certificate of the issuer CN=Outer Root");
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 intermediate-1.cer server.cer ");
    drop_kit();
}

static void issuers_come_from_files_or_from_the_token(void **state)
{
    (void)state;
    expect_exit(KIT("--key", "server.contoso.com", "--chain", "chain.pem", "--out", "kit"), 0);
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 intermediate-1.cer root.cer server.cer ");
    (void)shell("openssl x509 -in mid.pem -outform DER | cmp - kit/intermediate-1.cer && "
                "openssl x509 -in root.pem -outform DER | cmp - kit/root.cer");
    drop_kit();
    expect_exit(P11CERT("accept", "--token", "servers", "a.pem", "--chain", "chain.pem"), 0);
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 0);
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 intermediate-1.cer root.cer server.cer ");
    expect_sound_kit("a.pem");
    drop_kit();
    expect_golden(KIT("--key", "server.contoso.com", "--cert", "a.pem", "--chain", "a.pem", "--out", "kit"), 0,
                  "kit-hsm");
    drop_kit();
}

static void a_key_that_stays_gives_the_conflict_and_the_line_to_bind_it(void **state)
{
    size_t logins = 0;
    char value[256];
    const run_result *result = run_spied(WORDS("kit", "--token", "servers", "--key", "server.contoso.com", "--csp",
                                               "Luna CSP's", "--generate-password", "pw", "--out", "kit"),
                                         "C_Login", &logins);

    (void)state;
    expect_exit(result, 0);
    assert_int_equal(1, logins);
    expect_contains(result, result->out, "EXP-3");
    expect_contains(result, result->out, "certutil -repairstore -csp \"Luna CSP's\" my " SERIAL);
    assert_false(file_exists("pw"));
    assert_false(file_exists("kit/server.pfx"));
    expect_sound_kit("a.pem");
    const run_result *readme = RUN("cat", "kit/README.txt");

    expect_contains(readme, readme->out, "certutil -repairstore -csp \"Luna CSP's\" my " SERIAL "\r\n");
    expect_contains(readme, readme->out, "a KSP is not supported");
    expect_contains(readme, readme->out, "-File .\\install.ps1\r\n");
    assert_string_equal("Luna CSP's",
                        powershell_literal(file_read("kit/install.ps1", NULL), "$Csp", value, sizeof value));
    assert_string_equal("hsm", powershell_literal(file_read("kit/install.ps1", NULL), "Way", value, sizeof value));
    drop_kit();
}

static void what_exists_is_refused_before_a_pin_is_asked(void **state)
{
    size_t logins = 0;

    (void)state;
    assert_int_equal(0, mkdir("kit", 0755));
    expect_golden(run_spied(WORDS("kit", "--token", "servers", "--key", "server.contoso.com", "--out", "kit"),
                            "C_Login", &logins),
                  8, "kit-exists");
    assert_int_equal(0, logins);
    assert_int_equal(0, rmdir("kit"));
}

static void a_second_run_leaves_the_kit(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 0);
    (void)shell("stat -c '%n %i %Y' kit kit/* > before");
    result = KIT("--key", "server.contoso.com", "--out", "kit/", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    (void)shell("stat -c '%n %i %Y' kit kit/* | cmp - before; rm before");
    result = KIT("--key", "server.contoso.com", "--out", "kit");
    expect_exit(result, 0);
    expect_contains(result, result->out, "nothing was changed");
    /* Another content, a missing file, one too many. */
    (void)shell("cp kit/README.txt keep; echo more >> kit/README.txt");
    result = KIT("--key", "server.contoso.com", "--out", "kit");
    expect_golden(result, 8, "kit-other-file");
    (void)shell("rm kit/README.txt");
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 8);
    (void)shell("mv keep kit/README.txt; echo a > kit/stranger");
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 8);
    expect_exit(KIT("--key", "server.contoso.com", "--csp", "Other CSP", "--out", "kit"), 8);
    (void)shell("rm kit/stranger");
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 0);
    drop_kit();
}

static void the_password_must_be_outside_the_kit(void **state)
{
    (void)state;
    expect_golden(KIT("--key", "server.contoso.com", "--generate-password", "kit/pw", "--out", "kit"), 8,
                  "kit-password-inside");
    expect_exit(KIT("--key", "server.contoso.com", "--password-source", "file:./kit/../kit/pw", "--out", "kit"), 8);
    assert_false(file_exists("kit"));
}

static void wrong_words_are_refused(void **state)
{
    (void)state;
    expect_golden(KIT("--key", "server.contoso.com"), 2, "kit-no-out");
    expect_golden(KIT("--out", "kit"), 2, "kit-no-key");
    expect_golden(KIT("--key", "server.contoso.com", "--csp", "a\" & calc", "--out", "kit"), 2, "kit-csp");
    static const char *const wrong[] = { "a\nb", "", "50 %OS%", "$env:OS", "a`b", "a\\", "“a”" };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_exit(KIT("--key", "server.contoso.com", "--csp", wrong[i], "--out", "kit"), 2);
    }
    expect_exit(KIT("--cert", "a.pem", "--legacy", "--out", "kit"), 2);
    expect_exit(KIT("--cert", "a.pem", "--generate-password", "pw", "--out", "kit"), 2);
    expect_exit(KIT("--key", "server.contoso.com", "--password-source", "fd:3", "--generate-password", "pw", "--out",
                    "kit"),
                2);
    expect_exit(KIT("--key", "server.contoso.com", "--out", "none/kit"), 3);
    assert_false(file_exists("kit"));
}

static void a_certificate_that_does_not_fit_is_refused_and_the_current_one_taken(void **state)
{
    (void)state;
    expect_golden(KIT("--key", "server.contoso.com", "--cert", "mid.pem", "--out", "kit"), 3, "kit-other-key");
    (void)shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -subj /CN=Stranger -days 5 -out x.pem 2>&1");
    expect_golden(P11CERT("kit", "--cert", "a.pem", "--chain", "x.pem", "--out", "kit"), 3, "kit-wrong-chain");
    (void)out_of(ISSUE("a.req", "0x99", "renewed.pem"));
    expect_exit(P11CERT("accept", "--token", "servers", "renewed.pem"), 0);
    expect_exit(KIT("--key", "server.contoso.com", "--out", "kit"), 0);
    expect_sound_kit("renewed.pem");
    drop_kit();
    expect_exit(KIT("--key", "server.contoso.com", "--cert", "a.pem", "--out", "kit"), 0);
    expect_sound_kit("a.pem");
    drop_kit();
}

static void every_serial_is_that_of_the_certificate(void **state)
{
    static const char *const serials[] = {
        "0x1",
        "0x80",
        "0x1100",
        "0xff000000000000",
        "0x8000000000000001",
        "0x7f00000000000000000000000000ff00",
        ("0x" SERIAL),
        "0x9f00000008c694dac94bcfdc4a0000000000",
        "0x7fffffffffffffffffffffffffffffffffffff01",
        "0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof serials / sizeof *serials; i++) {
        print_message("  %s\n", serials[i]);
        (void)out_of(ISSUE("a.req", serials[i], "each.pem"));
        expect_exit(P11CERT("kit", "--cert", "each.pem", "--chain", "chain.pem", "--out", "kit"), 0);
        expect_sound_kit("each.pem");
        assert_string_equal(shell("openssl x509 -in each.pem -noout -serial | sed 's/serial=//' | tr -d '\\n'"),
                            shell(read_registry));
        drop_kit();
    }
}

static void a_certificate_alone_needs_no_token(void **state)
{
    (void)state;
    expect_golden(P11CERT("kit", "--cert", "a.pem", "--chain", "chain.pem", "--out", "kit", "--module", "/none.so"), 0,
                  "kit-host");
    const run_result *readme = RUN("cat", "kit/README.txt");

    expect_contains(readme, readme->out, "    certutil -repairstore my " SERIAL "\r\n");
    drop_kit();
}

/* The quotes are those that end '...' in PowerShell: plain and typographic ones. */
static void a_hostile_name_stays_a_name(void **state)
{
    static const char name[] = "x\xe2\x80\x99; calc; #' $(calc) \"`";
    char value[256];

    (void)state;
    (void)shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -days 5 -out hostile.pem -utf8 -subj "
                "\"/CN=x\xe2\x80\x99; calc; #' \\$(calc) \\\"\\`/O=..\\/..\\/etc @NAME@ #>\" 2>&1");
    expect_exit(P11CERT("kit", "--cert", "hostile.pem", "--out", "kit"), 0);
    expect_sound_kit("hostile.pem");
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 server.cer ");
    assert_string_equal(name,
                        powershell_literal(file_read("kit/install.ps1", NULL), "Name         ", value, sizeof value));
    assert_string_equal("host", powershell_literal(file_read("kit/install.ps1", NULL), "Way", value, sizeof value));
    drop_kit();
}

static void what_scom_would_refuse_is_reported(void **state)
{
    (void)state;
    (void)shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -days 5 -out plain.pem -subj "
                "/CN=plain.contoso.com 2>&1");
    const run_result *result = P11CERT("kit", "--cert", "plain.pem", "--out", "kit");

    expect_exit(result, 0);
    expect_contains(result, result->out, "SCOM will not use this certificate, EKU");
    const run_result *readme = RUN("cat", "kit/README.txt");

    expect_contains(readme, readme->out, "WARNING: Operations Manager will not use this certificate as it is");
    expect_contains(readme, readme->out, "The certificate is self-signed");
    drop_kit();
}

static void make_movable_key(void)
{
    static bool made;

    if (!made) {
        expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=move.contoso.com", "--exportable", "--out",
                            "m.req"),
                    0);
        (void)out_of(ISSUE("m.req", ("0x" SERIAL), "m.pem"));
        expect_exit(P11CERT("accept", "--token", "servers", "m.pem", "--chain", "chain.pem"), 0);
        made = true;
    }
}

static void expect_pfx_of(const char *certificate)
{
    char script[512];

    (void)snprintf(script, sizeof script,
                   "set -e; openssl pkcs12 -in kit/server.pfx -passin file:pw -nodes -out all.pem\n"
                   "openssl pkey -in all.pem -pubout >of-key; openssl x509 -in %s -noout -pubkey | cmp - of-key\n"
                   "openssl x509 -in all.pem -outform DER | cmp - kit/server.cer\n"
                   "grep -c '^subject' all.pem | tr -d '\\n'",
                   certificate);
    assert_string_equal("3", shell(script));
    assert_string_equal("600", shell("stat -c %a kit/server.pfx | tr -d '\\n'"));
}

static void a_key_that_may_move_gives_a_pfx_with_one_login(void **state)
{
    size_t logins = 0;
    char value[64];

    (void)state;
    make_movable_key();
    assert_int_equal(0, setenv("KIT_PIN", USER_PIN, 1));
    const run_result *result = run_spied(WORDS("kit", "--token", "servers", "--key", "move.contoso.com", "--pin-source",
                                               "env:KIT_PIN", "--generate-password", "pw", "--out", "kit"),
                                         "C_Login", &logins);

    assert_int_equal(0, unsetenv("KIT_PIN"));
    expect_exit(result, 0);
    assert_int_equal(1, logins);
    expect_lists("README.txt SHA256SUMS import.reg install.ps1 intermediate-1.cer root.cer server.cer server.pfx ");
    expect_sound_kit("m.pem");
    expect_pfx_of("m.pem");
    assert_string_equal("pfx", powershell_literal(file_read("kit/install.ps1", NULL), "Way", value, sizeof value));
    (void)shell("! grep -rqF \"$(cat pw)\" kit && rm pw");
    drop_kit();
}

static void the_password_may_be_given_and_the_pfx_be_an_old_one(void **state)
{
    (void)state;
    make_movable_key();
    file_write("pw", "Kx7-canary-92QfLm\n", 0600);
    expect_golden(KIT("--key", "move.contoso.com", "--password-source", "file:pw", "--legacy", "--friendly-name",
                      "SCOM gateway", "--out", "kit"),
                  0, "kit-pfx");
    expect_sound_kit("m.pem");
    (void)shell("openssl pkcs12 -in kit/server.pfx -passin file:pw -noout -info 2>&1 | grep -q "
                "'pbeWithSHA1And3-KeyTripleDES-CBC'");
    (void)shell("openssl pkcs12 -legacy -in kit/server.pfx -passin file:pw -nokeys | grep -q "
                "'friendlyName: SCOM gateway'");
    drop_kit();
    file_write("host.inf", "[NewRequest]\nSubject = \"CN=x\"\nFriendlyName = \"Gateway 7\"\n", 0644);
    expect_exit(KIT("--key", "move.contoso.com", "--password-source", "file:pw", "--inf", "host.inf", "--out", "kit"),
                0);
    (void)shell("openssl pkcs12 -in kit/server.pfx -passin file:pw -nokeys | grep -q 'friendlyName: Gateway 7'");
    (void)shell("! grep -rq canary kit && rm pw");
    drop_kit();
    expect_exit(KIT("--cert", "m.pem", "--inf", "host.inf", "--out", "kit"), 2);
}

static void nothing_is_left_of_a_kit_that_failed(void **state)
{
    (void)state;
    make_movable_key();
    file_write("pw", "short\n", 0600);
    expect_golden(KIT("--key", "move.contoso.com", "--password-source", "file:pw", "--out", "kit"), 8,
                  "kit-weak-password");
    const run_result *unasked = KIT("--key", "move.contoso.com", "--out", "kit");

    expect_exit(unasked, 5);
    expect_contains(unasked, unasked->err, "password for \"server.pfx\"");
    expect_exit(KIT("--key", "move.contoso.com", "--generate-password", "pw", "--out", "kit"), 8);
    assert_false(file_exists("kit"));
    (void)shell("rm pw; ! ls | grep -q p11cert");
}

/* The PIN comes late, through a pipe, and meanwhile somebody makes a folder of that name. */
static void a_folder_created_in_the_meantime_stays_and_no_password_is_left(void **state)
{
    static const char *const words[] = { P11CERT_PROGRAM,
                                         "kit",
                                         "--token",
                                         "servers",
                                         "--key",
                                         "move.contoso.com",
                                         "--pin-source",
                                         "file:pin.fifo",
                                         "--generate-password",
                                         "pw",
                                         "--out",
                                         "kit",
                                         NULL };
    const run_order order = { .words = words };

    (void)state;
    make_movable_key();
    assert_int_equal(0, mkfifo("pin.fifo", 0600));
    running program = run_start(&order);
    int fd = open("pin.fifo", O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(0, mkdir("kit", 0755));
    assert_int_equal((ssize_t)strlen(USER_PIN), write(fd, USER_PIN, strlen(USER_PIN)));
    assert_int_equal(0, close(fd));
    expect_golden(run_finish(&program), 8, "kit-came-meanwhile");
    assert_false(file_exists("pw"));
    assert_string_equal("", shell("ls kit"));
    (void)shell("rm pin.fifo; ! ls | grep -q p11cert");
}

static void the_script_knows_the_events(void **state)
{
    static const char *const events[] = { "20049", "20050", "20051", "20052", "20053", "20057", "20066",
                                          "20068", "20069", "20070", "20071", "20072", "20077", "21001",
                                          "21005", "21006", "21007", "21016", "21021", "21022", "21036" };

    (void)state;
    expect_exit(P11CERT("kit", "--cert", "a.pem", "--out", "kit"), 0);
    const run_result *script = RUN("cat", "kit/install.ps1");

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char row[16];

        (void)snprintf(row, sizeof row, "    %s = '", events[i]);
        assert_int_equal(1, count_of(script->out, row));
    }
    expect_lacks(script, script->out, "-Password '");
    expect_lacks(script, script->out, "@NAME@");
    drop_kit();
}

/* The private key is already in it, under a temporary name. */
static void nothing_is_left_of_a_kit_that_a_signal_ends(void **state)
{
    static const int endings[] = { SIGINT, SIGTERM, SIGHUP };

    (void)state;
    make_movable_key();
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const run_order order = { .words = WORDS(P11CERT_PROGRAM, "kit", "--token", "servers", "--key",
                                                 "move.contoso.com", "--generate-password", "cut.pw", "--out", "kit",
                                                 "--module", FAULT_MODULE) };
        running program = run_start_with_fault(&order, "C_WrapKey=2 hold=120", "C_WrapKey", 2);

        assert_non_null(strstr(folder_listing(), "kit.p11cert-"));
        assert_int_equal(0, kill(program.pid, endings[i]));
        const run_result *result = run_finish(&program);

        assert_int_equal(endings[i], result->signal);
        expect_contains(result, result->err, "interrupted; the unfinished folder was removed");
        expect_lacks(result, folder_listing(), "kit");
        expect_lacks(result, folder_listing(), "cut.pw");
    }
}

/* SIGXFSZ would end the program without a word, with the folder half full. */
static void a_limit_on_file_sizes_is_reported_like_a_full_disk(void **state)
{
    (void)state;
    const run_result *result =
        RUN("sh", "-c", "ulimit -f 2; exec \"$0\" kit --cert a.pem --chain chain.pem --out kit", P11CERT_PROGRAM);

    expect_exit(result, 3);
    expect_contains(result, result->err, "File too large");
    expect_lacks(result, folder_listing(), "kit");
    result = RUN("sh", "-c", "ulimit -f 16; exec \"$0\" new --token servers --subject CN=large --out large.req",
                 P11CERT_PROGRAM);
    expect_exit(result, 3);
    expect_contains(result, result->err, "File too large");
    expect_lacks(result, folder_listing(), "large");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_key_without_certificate_has_no_kit, begin_without_kit),
        cmocka_unit_test_setup(a_missing_chain_is_reported, begin_without_kit),
        cmocka_unit_test_setup(issuers_come_from_files_or_from_the_token, begin_without_kit),
        cmocka_unit_test_setup(a_key_that_stays_gives_the_conflict_and_the_line_to_bind_it, begin_without_kit),
        cmocka_unit_test_setup(what_exists_is_refused_before_a_pin_is_asked, begin_without_kit),
        cmocka_unit_test_setup(a_second_run_leaves_the_kit, begin_without_kit),
        cmocka_unit_test_setup(the_password_must_be_outside_the_kit, begin_without_kit),
        cmocka_unit_test_setup(wrong_words_are_refused, begin_without_kit),
        cmocka_unit_test_setup(a_certificate_that_does_not_fit_is_refused_and_the_current_one_taken, begin_without_kit),
        cmocka_unit_test_setup(every_serial_is_that_of_the_certificate, begin_without_kit),
        cmocka_unit_test_setup(a_certificate_alone_needs_no_token, begin_without_kit),
        cmocka_unit_test_setup(a_hostile_name_stays_a_name, begin_without_kit),
        cmocka_unit_test_setup(what_scom_would_refuse_is_reported, begin_without_kit),
        cmocka_unit_test_setup(a_key_that_may_move_gives_a_pfx_with_one_login, begin_without_kit),
        cmocka_unit_test_setup(the_password_may_be_given_and_the_pfx_be_an_old_one, begin_without_kit),
        cmocka_unit_test_setup(nothing_is_left_of_a_kit_that_failed, begin_without_kit),
        cmocka_unit_test_setup(nothing_is_left_of_a_kit_that_a_signal_ends, begin_without_kit),
        cmocka_unit_test_setup(a_limit_on_file_sizes_is_reported_like_a_full_disk, begin_without_kit),
        cmocka_unit_test_setup(a_folder_created_in_the_meantime_stays_and_no_password_is_left, begin_without_kit),
        cmocka_unit_test_setup(the_script_knows_the_events, begin_without_kit),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
