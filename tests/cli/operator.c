/* SPDX-License-Identifier: Apache-2.0 */
#include "operator.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sweep_share.h"

const row rows[] = {
    { "tokens", false, false, { "tokens" } },
    { "init", false, false, { "init", "other", "--so-pin-source", "file:so.pin" } },
    { "pin", true, false, { "pin", "--new-pin-source", "file:new.pin" } },
    { "sandbox", false, false, { "sandbox", "--folder", ">out.sandbox", "--keep" } },
    { "explain", false, false, { "explain", "<a.inf" } },
    { "explain --fix", false, false, { "explain", "<a.inf", "--fix", ">out.inf" } },
    { "explain --write", false, false, { "explain", "--write", "scom", "--fqdn", "a.b.com", "--out", ">out.inf" } },
    { "keygen", true, false, { "keygen", "--label", "k", "--key-type", "ec-p256" } },
    { "new", true, false, { "new", "<a.inf", "--label", "n", "--key-type", "ec-p256", "--out", ">out.req" } },
    { "batch",
      true,
      false,
      { "batch", "<a.inf", "--hosts", "<hosts.csv", "--key-type", "ec-p256", "--out", ">out.d" } },
    { "batch --issue-with",
      true,
      false,
      { "batch", "<a.inf", "--hosts", "<hosts.csv", "--key-type", "ec-p256", "--issue-with", "root", "--out",
        ">out.d" } },
    { "list", true, false, { "list" } },
    { "show", false, false, { "show", "<server.cer" } },
    { "show --key", true, false, { "show", "--key", "server" } },
    { "check", true, false, { "check", "<server.cer", "<root.pem", "--key", "server" } },
    { "check --html", true, false, { "check", "<server.cer", "--html", ">out.html", "--junit", ">out.xml" } },
    { "check --probe", true, false, { "check", "--probe" } },
    { "doctor", false, false, { "doctor" } },
    { "export",
      true,
      true,
      { "export", "--key", "server", "--out", ">out.pfx", "--password-source", "file:pfx.pass" } },
    { "import", true, false, { "import", "<server.pfx", "--label", "im", "--password-source", "file:pfx.pass" } },
    { "kit", true, true, { "kit", "--key", "server", "--out", ">out.kit", "--password-source", "file:pfx.pass" } },
    { "repair", true, false, { "repair", "--apply" } },
    { "retire", true, false, { "retire", "--key", "server", "--yes", "--allow-valid", "--record", ">out.record" } },
    { "sign", true, false, { "sign", "<data.txt", "--key", "server", "--out", ">out.p7m" } },
    { "sign --raw", true, false, { "sign", "<data.txt", "--raw", "--key", "server", "--out", ">out.sig" } },
    { "verify", false, false, { "verify", "<data.txt.p7m", "--trust", "<root.pem", "--out", ">out.txt" } },
    { "accept", true, false, { "accept", "<server.cer", "--chain", "<root.pem" } },
    { "issue", true, false, { "issue", "<server.req", "--ca", "root", "--out", ">out.cer" } },
    { "issue --issuance-log",
      true,
      false,
      { "issue", "<server.req", "--ca", "root", "--out", ">out.cer", "--issuance-log", ">out.log" } },
    { "issue --profile",
      true,
      false,
      { "issue", "<server.req", "--ca", "root", "--profile", "<tls.yaml", "--out", ">out.cer" } },
    { "issue --self-signed", true, false, { "issue", "--self-signed", "--subject", "CN=second", "--out", ">out.cer" } },
    { "crl", true, false, { "crl", "--first", "--ca", "root", "--out", ">out.crl" } },
    { "crl --issuance-log",
      true,
      false,
      { "crl", "--first", "--ca", "root", "--issuance-log", "<issued.log", "--out", ">out.crl" } },
    { "revoke", false, false, { "revoke", "<logged.cer", "--issuance-log", "<issued.log" } },
    { "copy", true, false, { "copy", "--key", "server", "--to", "backup", "--to-pin-source", "file:user.pin" } },
    { "ceremony lint", false, false, { "ceremony", "lint", "<c.yaml" } },
    { "ceremony print", false, false, { "ceremony", "print", "<c.yaml", "--html", "--out", ">out.html" } },
    { "ceremony rehearse", false, false, { "ceremony", "rehearse", "<c.yaml", "--out", ">out.rehearsal" } },
    { "ceremony plan", true, false, { "ceremony", "plan", "<c.yaml", "--site", "<site.yaml", "--allow-softhsm" } },
    { "ceremony run",
      true,
      false,
      { "ceremony", "run", "<c.yaml", "--site", "<site.yaml", "--out", ">out.run", "--unattended",
        "--allow-softhsm" } },
    { "ceremony sign-off", false, false, { "ceremony", "sign-off", "<finished" } },
    { "ceremony bundle", false, false, { "ceremony", "bundle", "<finished", "--out", ">out.tar" } },
    { "ceremony verify", false, false, { "ceremony", "verify", "<finished.tar" } },
    { "ceremony verify --rehearsal", false, false, { "ceremony", "verify", "<finished", "--rehearsal", "<rehearsal" } },
    { "ceremony replay", false, false, { "ceremony", "replay", "<finished" } },
    { "ceremony show", false, false, { "ceremony", "show", "<finished", "--out", ">out.html" } },
    { "ceremony shares",
      false,
      true,
      { "ceremony", "shares", "--threshold", "2", "--count", "3", "--new-pin-source", "file:new.pin", "--out",
        ">out.shares" } },
};

const size_t row_count = sizeof rows / sizeof *rows;

/* ---- the world, and back to its first state before each row ---- */

static const char ceremony[] =
    "ceremony: {id: demo, title: Demo}\n"
    "roles: [{name: operator, title: Token operator}]\n"
    "tokens: [{role: root, label: servers}]\n"
    "steps:\n"
    "  - {kind: keygen, token: root, key: ceremony, type: ec-p256, use: ca}\n"
    "  - {kind: self-sign, token: root, key: ceremony, subject: CN=Ceremony, profile: root, out: root.cer}\n"
    "  - {kind: close}\n";

/* A ceremony has its module and its PIN from here. */
static void write_site(const char *module, const char *pin_source)
{
    char text[512];

    (void)snprintf(text, sizeof text, "site: test\nproduction:\n  - {token: root, module: %s, pin-source: '%s'}\n",
                   module, pin_source);
    file_write("site.yaml", text, 0644);
}

/* What a row adds to: an issuance log with a certificate, and a ceremony that is finished and signed. */
static void prepare_records(void)
{
    write_site(SOFTHSM, "file:user.pin");
    expect_exit(P11CERT("issue", "server.req", "--ca", "root", "--out", "logged.cer", "--issuance-log", "issued.log"),
                0);
    expect_exit(P11CERT("ceremony", "rehearse", "-q", "c.yaml", "--out", "rehearsal"), 0);
    expect_exit(P11CERT("ceremony", "run", "-q", "c.yaml", "--site", "site.yaml", "--out", "finished", "--unattended",
                        "--allow-softhsm"),
                0);
    expect_exit(P11CERT("ceremony", "sign-off", "finished"), 0);
    expect_exit(P11CERT("sign", "finished/head.txt", "--key", "ceremony", "--allow-any-usage", "--detached", "--out",
                        "head.p7s"),
                0);
    expect_exit(P11CERT("ceremony", "sign-off", "finished", "--add", "head.p7s", "--name", "ada"), 0);
    expect_exit(P11CERT("ceremony", "bundle", "finished", "--out", "finished.tar"), 0);
    (void)out_of(WORDS("sh", "-c", "mkdir records && cp -a issued.log finished records"));
}

int operator_prepare(void **state)
{
    (void)world_new_with_token(state);
    token_make("backup");
    file_write("a.inf", "[NewRequest]\nSubject = \"CN=inf\"\nMachineKeySet = TRUE\n", 0644);
    file_write("hosts.csv", "fqdn\nh1.contoso.com\n", 0644);
    file_write("data.txt", "a line\n", 0644);
    file_write("pfx.pass", PASSWORD "\n", 0600);
    file_write("new.pin", "19283746\n", 0600);
    file_write("tls.yaml", "name: tls\nbase: tls-server\n", 0644);
    file_write("c.yaml", ceremony, 0644);
    assert_int_equal(0, setenv("P11CERT_MODULE", SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=root", "--out", "root.pem"), 0);
    expect_exit(P11CERT("new", "--subject", "CN=server", "--exportable", "--dns", "server", "--out", "server.req"), 0);
    expect_exit(P11CERT("issue", "server.req", "--ca", "root", "--out", "server.cer"), 0);
    expect_exit(P11CERT("accept", "server.cer", "--chain", "root.pem"), 0);
    expect_exit(P11CERT("export", "--key", "server", "--out", "server.pfx", "--password-source", "file:pfx.pass"), 0);
    expect_exit(P11CERT("sign", "data.txt", "--key", "server"), 0);
    (void)out_of(WORDS("cp", "-a", "tokens", "first"));
    prepare_records();
    assert_int_equal(0, setenv("P11CERT_FAULT_RUN", "1", 1)); /* a ceremony loads its module more than once */
    return 0;
}

void operator_begin(const row *now)
{
    (void)out_of(WORDS("sh", "-c", "rm -rf tokens out* ./-out* finished && cp -a first tokens && cp -a records/. ."));
    write_site(SOFTHSM, "file:user.pin");
    print_message("%s\n", now->name);
}

/* init names no token: the one that it makes has another label. */
static void use_token_of(const row *now)
{
    if (strcmp(now->name, "init") == 0) {
        (void)unsetenv("P11CERT_TOKEN");
    } else {
        assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    }
}

/* ---- what a row is ---- */

bool operator_is(const row *now, const char *name)
{
    return strcmp(now->name, name) == 0;
}

static char selected[64];

void operator_select(const char *word)
{
    (void)snprintf(selected, sizeof selected, "%s", word ? word : "");
}

bool operator_is_wanted(const row *now)
{
    static unsigned asked; /* goes on from test to test: each takes other rows */

    return *selected ? strstr(now->name, selected) != NULL : sweep_takes(asked++);
}

bool operator_is_batch(const row *now)
{
    return strncmp(now->name, "batch", 5) == 0;
}

bool operator_is_input(const row *now, size_t word)
{
    return now->words[word][0] == '<';
}

bool operator_is_output(const row *now, size_t word)
{
    return now->words[word][0] == '>';
}

bool operator_makes_folder(const row *now)
{
    static const char *const names[] = { "kit", "sandbox", "ceremony rehearse", "ceremony run", "ceremony shares" };
    bool is_named = operator_is_batch(now);

    EACH(i, names)
    {
        is_named = is_named || operator_is(now, names[i]);
    }
    return is_named;
}

bool operator_has_site(const row *now)
{
    return operator_is(now, "ceremony plan") || operator_is(now, "ceremony run");
}

bool operator_records(const row *now)
{
    return operator_is(now, "ceremony run");
}

bool operator_appends(const row *now, size_t word)
{
    return operator_is_batch(now) || strcmp(now->words[word], ">out.record") == 0 ||
           strcmp(now->words[word], ">out.log") == 0;
}

int operator_finding(const row *now)
{
    return strncmp(now->name, "check", 5) == 0 ? 1 : 0;
}

/* ---- a command line ---- */

const char *operator_word(const row *now, size_t i, const change *changed)
{
    if (i && i == changed->replaced) {
        return changed->file;
    }
    return strchr("<>", now->words[i][0]) ? now->words[i] + 1 : now->words[i];
}

/* Module and PIN source of a ceremony go to its site file. */
static size_t add_behind(const row *now, const change *changed, const char **words)
{
    const char *module = SOFTHSM;
    const char *pin_source = "file:user.pin";
    size_t count = 0;

    for (size_t i = 0; changed->behind[i]; i++) {
        if (operator_has_site(now) && strcmp(changed->behind[i], "--module") == 0) {
            module = changed->behind[++i];
        } else if (operator_has_site(now) && strcmp(changed->behind[i], "--pin-source") == 0) {
            pin_source = changed->behind[++i];
        } else {
            words[count++] = changed->behind[i];
        }
    }
    if (operator_has_site(now)) {
        write_site(module, pin_source);
    }
    return count;
}

void operator_line(const row *now, const change *changed, const char **words)
{
    size_t count = 0;

    for (size_t i = 0; changed->before[i]; i++) {
        words[count++] = changed->before[i];
    }
    words[count++] = P11CERT_PROGRAM;
    for (size_t i = 0; i < ROW_WORDS && now->words[i]; i++) {
        words[count++] = operator_word(now, i, changed);
    }
    count += add_behind(now, changed, words + count);
    words[count] = NULL;
    use_token_of(now);
}

const run_result *operator_run(const row *now, const change *changed)
{
    const char *words[40] = { "timeout", "60" };

    operator_line(now, changed, words + 2);
    return run_words(words);
}

void expect_one_of(const run_result *result, int first, int second)
{
    if (result->exit_code != second) {
        expect_exit(result, first);
    }
}

/* Are there bytes that a terminal interprets, or bytes of a file, on standard error? */
void expect_text(const run_result *result, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f) {
            fail_msg("$ %s: byte 0x%02x at %zu", result->line, byte, i);
        }
    }
}

/* The folder of a batch may be there already, and empty: whether it can be written is tried before the login. */
void expect_no_file(void)
{
    assert_string_equal("", out_of(WORDS("find", ".", "-path", "*out*", "-type", "f", "-size", "+0")));
}

void expect_nothing_made(void)
{
    expect_no_file();
    expect_exit(RUN("diff", "-r", "--exclude=*.lock", "--exclude=token.object", "first", "tokens"), 0);
}
