/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert batch: a fleet made, stopped, killed and resumed; hostile lists; certificates that come back. */
#include "harness.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH(...) P11CERT("batch", "--token", "servers", "--key-type", "ec-p256", __VA_ARGS__)
#define EC         "--token", "servers", "--key-type", "ec-p256"

static const char *manifest_of(const char *folder)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/manifest.jsonl", folder);
    return file_read(path, NULL);
}

/* A list of hosts PREFIX1.contoso.com, ... */
static void write_list(const char *path, const char *prefix, unsigned count)
{
    FILE *list = fopen(path, "we");

    assert_non_null(list);
    (void)fputs("fqdn\n", list);
    for (unsigned i = 1; i <= count; i++) {
        (void)fprintf(list, "%s%u.contoso.com\n", prefix, i);
    }
    assert_int_equal(0, fclose(list));
}

static size_t keys_labelled(const char *label)
{
    char words[128];

    (void)snprintf(words, sizeof words, "label:      %s\n", label);
    return count_of(token_objects("servers", "privkey"), words);
}

/* The CKA_ID that pkcs11-tool shows of the private key of a label. */
static const char *id_of_key(const char *keys, const char *label)
{
    static char id[64];
    char line[160];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    const char *at = strstr(keys, line);

    assert_non_null(at);
    assert_int_equal(1, sscanf(strstr(at, "ID:"), "ID: %63s", id));
    return id;
}

/* Each host has one key, and a request that openssl verifies, of that very key. */
static void expect_fleet(const char *folder, const char *prefix, unsigned count)
{
    const char *keys = token_objects("servers", "privkey");

    for (unsigned i = 1; i <= count; i++) {
        char path[256];
        char label[128];
        char line[160];

        (void)snprintf(label, sizeof label, "%s%u.contoso.com", prefix, i);
        (void)snprintf(path, sizeof path, "%s/%s.req", folder, label);
        (void)snprintf(line, sizeof line, "label:      %s\n", label);
        assert_int_equal(1, count_of(keys, line));
        const run_result *request = RUN("openssl", "req", "-in", path, "-noout", "-subject", "-nameopt", "RFC2253");

        expect_request_verifies(path);
        expect_exit(request, 0);
        (void)snprintf(line, sizeof line, "subject=CN=%s\n", label);
        expect_contains(request, request->out, line);
        const char *in_request = out_of(WORDS("openssl", "req", "-in", path, "-noout", "-pubkey"));
        const char *on_token =
            out_of(WORDS("sh", "-c",
                         "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                         " --read-object --type pubkey --id \"$1\" | openssl pkey -pubin -inform DER",
                         "sh", id_of_key(keys, label)));

        assert_string_equal(in_request, on_token);
    }
}

/* ---- what it makes ---- */

static void a_list_becomes_keys_and_requests(void **state)
{
    (void)state;
    file_write("a.csv",
               "\xef\xbb\xbf"
               "fqdn,dns,ip\r\nA1.contoso.com,\"www.contoso.com; a1\",10.0.0.1 fd00::1\r\n"
               "a2.contoso.com,,\r\n",
               0644);
    expect_golden(BATCH("--hosts", "a.csv", "--out", "a", "--jobs", "1"), 0, "batch-made");
    expect_fleet("a", "a", 2);
    const char *text = out_of(WORDS("openssl", "req", "-in", "a/a1.contoso.com.req", "-noout", "-text"));

    assert_non_null(
        strstr(text,
               "DNS:a1.contoso.com, DNS:www.contoso.com, DNS:a1, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1"));
    assert_int_equal(2, count_of(manifest_of("a"), "\"outcome\":\"made\""));
    assert_non_null(strstr(manifest_of("a"), "CKR_ATTRIBUTE_SENSITIVE"));
}

static void a_second_run_keeps_what_exists(void **state)
{
    size_t calls = 0;

    (void)state;
    const run_result *again =
        run_spied(WORDS("batch", EC, "--hosts", "a.csv", "--out", "a", "--jobs", "1"), "C_GenerateKeyPair", &calls);

    expect_golden(again, 0, "batch-kept");
    assert_int_equal(0, calls);
    assert_int_equal(2, count_of(manifest_of("a"), "\"outcome\":\"kept\""));
}

static void the_manifest_names_key_and_digest(void **state)
{
    const char *line = strstr(manifest_of("a"), "\"host\":\"a2.contoso.com\",\"outcome\":\"made\"");
    const char *digest = out_of(WORDS("sh", "-c",
                                      "openssl req -in a/a2.contoso.com.req -noout -pubkey | openssl pkey -pubin "
                                      "-outform DER | sha256sum | cut -c1-64 | tr -d '\\n'"));
    char wanted[128];

    (void)state;
    assert_non_null(line);
    (void)snprintf(wanted, sizeof wanted, "\"spki_sha256\":\"%s\"", digest);
    assert_non_null(strstr(line, wanted));
    const char *id = strstr(line, "\"id\":\"") + strlen("\"id\":\"");

    (void)snprintf(wanted, sizeof wanted, "ID:         %.32s", id);
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), wanted));
}

static void a_lost_request_is_written_again_for_the_same_key(void **state)
{
    const char *before = out_of(WORDS("openssl", "req", "-in", "a/a1.contoso.com.req", "-noout", "-pubkey"));

    (void)state;
    assert_int_equal(0, unlink("a/a1.contoso.com.req"));
    const run_result *again = BATCH("--hosts", "a.csv", "--out", "a");

    expect_exit(again, 0);
    expect_contains(again, again->out, "1 resumed, 1 kept");
    assert_string_equal(before, out_of(WORDS("openssl", "req", "-in", "a/a1.contoso.com.req", "-noout", "-pubkey")));
    assert_int_equal(2, token_count("servers", "privkey"));
}

static void a_different_request_is_not_replaced(void **state)
{
    const char *before = file_read("a/a1.contoso.com.req", NULL);

    (void)state;
    file_write("other.csv", "fqdn,dns\na1.contoso.com,else.contoso.com\na2.contoso.com,\n", 0644);
    const run_result *result = BATCH("--hosts", "other.csv", "--out", "a", "--jobs", "1");

    expect_golden(result, 8, "batch-other-request");
    assert_string_equal(before, file_read("a/a1.contoso.com.req", NULL));
}

/* --key and --label are options of `new`, and would help nobody here. */
static void a_key_of_another_kind_is_refused_with_words_for_a_batch(void **state)
{
    (void)state;
    const run_result *result =
        P11CERT("batch", "--hosts", "a.csv", "--out", "kind", "--token", "servers", "--key-type", "ec-p384");

    expect_exit(result, 8);
    expect_contains(result, result->err, "another label (in the list, or the INF's KeyContainer) creates a new key");
    expect_lacks(result, result->err, "--label");
    assert_int_equal(2, token_count("servers", "privkey"));
}

static void a_template_gives_what_the_list_does_not(void **state)
{
    (void)state;
    file_write(
        "t.inf",
        "[NewRequest]\nSubject = \"CN=template,O=Contoso\"\nKeyLength = 2048\nKeyUsage = 0x80\nKeyContainer = shared\n"
        "[Extensions]\n2.5.29.17 = \"{text}\"\n_continue_ = \"dns=template.contoso.com&\"\n_continue_ = "
        "\"email=ops@contoso.com\"\n",
        0644);
    file_write("t.jsonl",
               "{\"fqdn\":\"t1.contoso.com\"}\n\n{\"fqdn\":\"t2.contoso.com\",\"dns\":[\"x.contoso.com\"],"
               "\"label\":\"second\",\"template\":null}\n",
               0644);
    expect_exit(RUN("sh", "-c",
                    "cat t.jsonl | " P11CERT_PROGRAM
                    " batch t.inf --hosts - --out t --token servers --key-type ec-p256"),
                0);
    const char *text =
        out_of(WORDS("openssl", "req", "-in", "t/t2.contoso.com.req", "-noout", "-text", "-nameopt", "RFC2253"));

    assert_non_null(strstr(text, "Subject: O=Contoso,CN=t2.contoso.com"));
    assert_non_null(strstr(text, "email:ops@contoso.com, DNS:t2.contoso.com, DNS:x.contoso.com"));
    assert_null(strstr(text, "template"));
    assert_int_equal(1, keys_labelled("t1.contoso.com"));
    assert_int_equal(1, keys_labelled("second"));
}

static void a_host_may_name_a_template_beside_the_first(void **state)
{
    (void)state;
    file_write("u.inf", "[NewRequest]\nSubject = \"CN=u,O=Other\"\nKeyUsage = 0x80\n", 0644);
    file_write(
        "u.csv",
        "fqdn,template\nu1.contoso.com,u.inf\nu2.contoso.com,../t.inf\nu3.contoso.com,none.inf\nu4.contoso.com,\n",
        0644);
    const run_result *result = P11CERT("batch", "t.inf", EC, "--hosts", "u.csv", "--out", "u");

    expect_exit(result, 3);
    expect_contains(result, result->err, "not the plain name of a file");
    expect_contains(result, result->out, "2 made, 2 failed");
    assert_non_null(strstr(out_of(WORDS("openssl", "req", "-in", "u/u1.contoso.com.req", "-noout", "-subject",
                                        "-nameopt", "RFC2253")),
                           "O=Other"));
}

static void a_folder_of_inf_files_is_a_fleet(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir("infs", 0755));
    file_write("infs/f1.inf", "[NewRequest]\nSubject = \"CN=f1.contoso.com\"\nKeyUsage = 0x80\n", 0644);
    file_write("infs/f2.INF", "[NewRequest]\nSubject = \"CN=f2.contoso.com\"\nKeyUsage = 0x80\nKeyContainer = f2key\n",
               0644);
    file_write("infs/bad.inf", "[Version]\nSignature = x\n", 0644);
    file_write("infs/readme.txt", "no host\n", 0644);
    const run_result *result = BATCH("infs", "--out", "f");

    expect_exit(result, 3);
    expect_contains(result, result->out, "3 hosts: 2 made, 1 failed");
    assert_int_equal(1, keys_labelled("f1.contoso.com"));
    assert_int_equal(1, keys_labelled("f2key"));
    assert_true(file_exists("f/f1.req") && file_exists("f/f2.req") && !file_exists("f/bad.req"));
}

/* As PowerShell 5 writes a list: UTF-16LE with a byte order mark, CR LF. */
static void list_of_utf16_is_read(void **state)
{
    static const char *const lists[] = { "fqdn,dns\r\nwide1.contoso.com,a.contoso.com\r\n",
                                         "{\"fqdn\":\"wide2.contoso.com\"}\r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        file_write("list.utf8", lists[i], 0644);
        assert_int_equal(
            0,
            RUN("sh", "-c", "{ printf '\\377\\376'; iconv -f UTF-8 -t UTF-16LE list.utf8; } >list.utf16")->exit_code);
        expect_exit(BATCH("--hosts", "list.utf16", "--out", "utf16"), 0);
    }
    assert_true(file_exists("utf16/wide1.contoso.com.req") && file_exists("utf16/wide2.contoso.com.req"));
}

/* ---- what goes wrong ---- */

static const struct {
    const char *text;
    int exit_code;
    const char *said;
    const char *made; /* how many of its hosts are made anyway */
} lists[] = {
    { "h1.contoso.com\nh2.contoso.com\n", 3, "no header line", NULL },
    { "", 3, "no header line", NULL },
    { "fqdn,owner\nh1.contoso.com,me\n", 3, "the columns are fqdn, dns, ip, label and template", NULL },
    { "fqdn,fqdn\nh1.contoso.com,h2\n", 3, "twice", NULL },
    { "\xff\xfe"
      "f",
      3, "not UTF-8 or UTF-16", NULL },
    { "\xef\xbb"
      "fqdn",
      3, "not UTF-8 or UTF-16", NULL },
    { "fqdn\n../x\n/etc/passwd\n.hidden\na/b\nh3.contoso.com\n", 3, "is not a host name", "1 made, 4 failed" },
    { "fqdn\n=cmd|'/C calc'!A0\n+1\n@SUM(1)\nh4.contoso.com\n", 3, "is not a host name", "1 made, 3 failed" },
    { "fqdn\nh5\x01.contoso.com\nh5\x80.contoso.com\nh5.contoso.com\n", 3, "a character that is not seen",
      "1 made, 2 failed" },
    { "fqdn,label\nu1.contoso.com,w\u200beb\nu2.contoso.com,\u202eweb\nu3.contoso.com,w\u00e9b\n", 3,
      "a character that is not seen", "1 made, 2 failed" },
    { "{\"fqdn\":\"u4.contoso.com\",\"label\":\"w\\u2060eb\"}\n{\"fqdn\":\"u5.contoso.com\"}\n", 3,
      "a character that is not seen", "1 made, 1 failed" },
    { "fqdn,dns\nh6.contoso.com,a,b,c\nh7.contoso.com,not a name=\nh8.contoso.com,\n", 3, "more values",
      "1 made, 2 failed" },
    { "fqdn,dns\n\"h9.contoso.com\"x,\nh10.contoso.com,\n", 3, "RFC 4180", "1 made, 1 failed" },
    { "fqdn,dns\nh11.contoso.com,\n\"h12.contoso.com,\nh13.contoso.com,\n", 3, "is not closed", "1 made, 1 failed" },
    { "fqdn\rh14.contoso.com\rh15.contoso.com", 0, "", "2 made" },
    { "{\"fqdn\":\"h16.contoso.com\"}\n{\"fqdn\":1}\n{\"fqdn\":\"h17.contoso.com\",\"x\":1}\n[1]\n{\"fqdn\":\"a\","
      "\"fqdn\":\"b\"}\n{",
      3, "one JSON object", "1 made, 5 failed" },
    { "fqdn\n\xd1\x85.contoso.com\n-a.contoso.com\na-.contoso.com\na..b\n*.contoso.com\nh18.contoso.com\n", 3,
      "RFC 1123", "1 made, 5 failed" },
};

static void hostile_lists_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        file_write("hostile.csv", lists[i].text, 0644);
        const run_result *result = BATCH("--hosts", "hostile.csv", "--out", "hostile");

        expect_exit(result, lists[i].exit_code);
        expect_contains(result, result->err, lists[i].said);
        if (lists[i].made) {
            expect_contains(result, result->out, lists[i].made);
        }
    }
    assert_false(file_exists("x.req"));
    assert_false(file_exists("hostile/.hidden.req"));
}

static void a_line_of_a_megabyte_fails_only_its_host(void **state)
{
    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "(echo fqdn; head -c 1000000 /dev/zero | tr '\\0' a; echo; echo m1.contoso.com) >m.csv; "
                       "(echo '{\"fqdn\":\"m2.contoso.com\"}'; head -c 1000000 /dev/zero | tr '\\0' '{'; echo; "
                       "echo '{\"fqdn\":\"m3.contoso.com\"}') >m.jsonl; head -c 65536 /dev/urandom >m.bin"));
    const run_result *result = BATCH("--hosts", "m.csv", "--out", "m");

    expect_exit(result, 3);
    expect_contains(result, result->err, "longer than 64 KiB");
    expect_contains(result, result->out, "1 made, 1 failed");
    result = BATCH("--hosts", "m.jsonl", "--out", "m");
    expect_exit(result, 3);
    expect_contains(result, result->out, "2 made, 1 failed");
    expect_exit(BATCH("--hosts", "m.bin", "--out", "m"), 3);
    assert_int_equal(3, keys_labelled("m1.contoso.com") + keys_labelled("m2.contoso.com") +
                            keys_labelled("m3.contoso.com"));
}

static void a_host_listed_twice_has_one_key(void **state)
{
    (void)state;
    file_write("twice.csv", "fqdn\nd1.contoso.com\nD1.contoso.com\nd1.contoso.com\n", 0644);
    const run_result *result = BATCH("--hosts", "twice.csv", "--out", "d", "--jobs", "3");

    expect_exit(result, 0);
    expect_contains(result, result->out, "1 made, 2 kept");
    assert_int_equal(1, keys_labelled("d1.contoso.com"));
}

static void two_hosts_do_not_share_a_key(void **state)
{
    (void)state;
    file_write("share.csv", "fqdn,label\ns1.contoso.com,shared\ns2.contoso.com,shared\n", 0644);
    const run_result *result = BATCH("--hosts", "share.csv", "--out", "s");

    expect_exit(result, 8);
    expect_contains(result, result->err, "created for another subject");
    assert_false(file_exists("s/s2.contoso.com.req"));
}

static void one_may_stop_at_the_first_failure(void **state)
{
    (void)state;
    file_write("stop.csv", "fqdn\nnot_a_host\nstop1.contoso.com\n", 0644);
    const run_result *result = BATCH("--hosts", "stop.csv", "--out", "stop", "--stop-at-failure");

    expect_exit(result, 3);
    expect_contains(result, result->out, "stopped before the end");
    assert_int_equal(0, keys_labelled("stop1.contoso.com"));
}

static void quiet_says_what_failed_and_json_is_the_manifest(void **state)
{
    (void)state;
    file_write("q.csv", "fqdn\nq1.contoso.com\nbad_host\n", 0644);
    const run_result *result = BATCH("--hosts", "q.csv", "--out", "q", "--quiet");

    expect_exit(result, 3);
    assert_string_equal("", result->out);
    assert_int_equal(0, strncmp(result->err, "bad_host: failed\n", 17));
    expect_lacks(result, result->err, "q1.contoso.com");
    assert_int_equal(0, rename("q/manifest.jsonl", "q/first"));
    result = BATCH("--hosts", "q.csv", "--out", "q", "--json");
    expect_exit(result, 3);
    const char *manifest = manifest_of("q");

    assert_int_equal(0, strncmp(result->out, manifest, strlen(manifest)));
    assert_string_equal(result->out + strlen(manifest),
                        "{\"changed\":false,\"stopped\":false,\"counts\":{\"made\":0,\"resumed\":0,\"kept\":1,"
                        "\"issued\":0,\"bound\":0,\"failed\":1},\"status\":\"failed\"}\n");
    assert_string_equal("", result->err);
}

/* The last line says whether a playbook has changed anything. */
static void the_last_line_of_json_is_about_the_whole_run(void **state)
{
    (void)state;
    file_write("j.csv", "fqdn\nj1.contoso.com\nj2.contoso.com\n", 0644);
    const run_result *result = BATCH("--hosts", "j.csv", "--out", "j", "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, "{\"changed\":true,\"stopped\":false,\"counts\":{\"made\":2,");
    expect_contains(result, result->out, "\"failed\":0},\"status\":\"ok\"}\n");
    assert_int_equal(3, count_of(result->out, "\n"));
    result = BATCH("--hosts", "j.csv", "--out", "j", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "{\"changed\":false,");
    result = BATCH("--hosts", "nowhere.csv", "--out", "j", "--json");
    expect_exit(result, 4);
    expect_lacks(result, result->out, "\"changed\"");
}

static void on_a_terminal_a_bar_is_drawn_and_removed(void **state)
{
    (void)state;
    file_write("bar.csv", "fqdn\nbar1.contoso.com\nbar2.contoso.com\nbar_bad\n", 0644);
    const run_result *result = RUN("script", "-qec",
                                   "TERM=xterm " P11CERT_PROGRAM " batch --token servers --key-type ec-p256 "
                                   "--jobs 1 --hosts bar.csv --out bar >bar.out",
                                   "/dev/null");

    expect_contains(result, result->out, "] 3/3, ");
    expect_contains(result, result->out, "/s, 0:00 left, 1 FAILED");
    expect_contains(result, result->out, "bar_bad: failed");
    expect_lacks(result, result->out, "bar1.contoso.com: made");
    assert_non_null(strstr(file_read("bar.out", NULL), "3 hosts: 2 made, 1 failed"));
    assert_string_equal(result->out + result->out_len - 4, "\r\033[K");
}

static void two_runs_do_not_work_in_one_folder(void **state)
{
    (void)state;
    const run_result *result =
        RUN("flock", "a/manifest.jsonl", P11CERT_PROGRAM, "batch", EC, "--hosts", "a.csv", "--out", "a");

    expect_exit(result, 8);
    expect_contains(result, result->err, "another run is working");
}

/* Has it requested the lock of its token? Then it searches for the label next. */
static bool waits_for_lock(pid_t pid)
{
    char command[128];

    (void)snprintf(command, sizeof command, "ls -l /proc/%ld/fd", (long)pid);
    return strstr(RUN("sh", "-c", command)->out, "p11cert.lock") != NULL;
}

/* The label is free for both until one of them has made its key: the other then uses that key. */
static void a_batch_and_a_new_do_not_make_two_keys_of_a_label(void **state)
{
    (void)state;
    write_list("w.csv", "w", 1);
    const run_order batch = { .words = WORDS(P11CERT_PROGRAM, "batch", EC, "--hosts", "w.csv", "--out", "w", "--module",
                                             FAULT_MODULE) };
    const run_order new = { .words = WORDS(P11CERT_PROGRAM, "new", EC, "--subject", "CN=w1.contoso.com", "--label",
                                           "w1.contoso.com", "--out", "w1.req") };
    running program = run_start_with_fault(&batch, "C_GenerateKeyPair=1 hold=120", "C_GenerateKeyPair", 1);
    running second = run_start(&new);

    WAIT_UNTIL(waits_for_lock(second.pid));
    gate_open();
    const run_result *beside = run_finish(&second);

    expect_exit(run_finish(&program), 0);
    expect_exit(beside, 0);
    expect_contains(beside, beside->out, "reused from an earlier run");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      w1.contoso.com"));
    char *lock = strdup(getenv("P11CERT_LOCK"));

    assert_int_equal(0, setenv("P11CERT_LOCK", "/dev/null/none", 1)); /* having no place for a lock is not a failure */
    beside = P11CERT("new", EC, "--subject", "CN=w1.contoso.com", "--label", "w1.contoso.com", "--out", "w1-again.req");
    assert_int_equal(0, setenv("P11CERT_LOCK", lock, 1));
    free(lock);
    expect_exit(beside, 0);
    expect_contains(beside, beside->err, "\"/dev/null/none\" cannot be opened");
}

/* ---- faults, kills, stops ---- */

/* With one job: if another thread is in C_GenerateKeyPair, SoftHSM may keep half of the pair. */
static const struct {
    const char *name;
    const char *plan;
} kills[] = {
    { "k1", "C_GenerateKeyPair=2 kill=0" },   { "k2", "C_FindObjectsInit=4 kill=0" },
    { "k3", "C_WrapKey=2 kill=0" },           { "k4", "C_Sign=2 kill=0" },
    { "k5", "C_SignInit=1 kill=0" },          { "k6", "C_CloseSession=1 kill=0" },
    { "k7", "C_GetAttributeValue=5 kill=0" }, { "k8", "C_GenerateKeyPair=4 kill=0" },
};

static void a_run_that_was_killed_is_resumed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++) {
        write_list("k.csv", kills[i].name, 4);
        const run_result *killed =
            run_with_fault(WORDS("batch", EC, "--hosts", "k.csv", "--out", kills[i].name, "--jobs", "1"),
                           kills[i].plan);

        assert_int_equal(SIGKILL, killed->signal);
        expect_exit(BATCH("--hosts", "k.csv", "--out", kills[i].name), 0);
        expect_fleet(kills[i].name, kills[i].name, 4);
    }
}

/* Only between calls: SoftHSM itself does not survive a kill inside C_Login or C_GenerateKeyPair (docs/tokens.md). */
static void kills_between_calls_lose_nothing(void **state)
{
    static const char *const plans[] = { "call=9 kill=0", "call=14 kill=0", "call=21 kill=0", "call=34 kill=0",
                                         "call=55 kill=0" };

    (void)state;
    write_list("z.csv", "z", 12);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const run_result *killed =
            run_with_fault(WORDS("batch", EC, "--hosts", "z.csv", "--out", "z", "--jobs", "1"), plans[i]);

        assert_int_equal(SIGKILL, killed->signal);
    }
    expect_exit(BATCH("--hosts", "z.csv", "--out", "z"), 0);
    expect_fleet("z", "z", 12);
}

static void a_token_that_is_lost_ends_the_run_and_says_so(void **state)
{
    (void)state;
    write_list("l.csv", "l", 6);
    const run_result *lost = run_with_fault(WORDS("batch", EC, "--hosts", "l.csv", "--out", "l", "--jobs", "1"),
                                            "C_GenerateKeyPair=3+ return=0xe0; C_FindObjectsInit=8+ return=0xe0");

    expect_exit(lost, 6);
    expect_contains(lost, lost->err, "the token was lost after 3 hosts");
    expect_contains(lost, lost->err, "CKR_TOKEN_NOT_PRESENT");
    assert_int_equal(2, count_of(manifest_of("l"), "\"outcome\":\"made\""));
    expect_exit(BATCH("--hosts", "l.csv", "--out", "l"), 0);
    expect_fleet("l", "l", 6);
}

static void a_fault_of_one_host_is_its_own(void **state)
{
    (void)state;
    write_list("o.csv", "o", 5);
    const run_result *result = run_with_fault(WORDS("batch", EC, "--hosts", "o.csv", "--out", "o", "--jobs", "1"),
                                              "C_GenerateKeyPair=2 return=0x30; C_Sign=3 return=0x30");

    expect_exit(result, 6);
    expect_contains(result, result->out, "3 made, 2 failed");
    result = BATCH("--hosts", "o.csv", "--out", "o");
    expect_exit(result, 0);
    expect_contains(result, result->out, "1 made, 1 resumed, 3 kept");
    expect_fleet("o", "o", 5);
}

/* No locks, no further sessions: then it is one thread and what sessions there are. */
static const struct {
    const char *name;
    const char *plan;
} poor_modules[] = {
    { "p1", "C_Initialize=1 return=0x0a" },
    { "p2", "C_OpenSession=2+ return=0xb1" },
    { "p3", "C_OpenSession=4+ return=0xb1" },
    { "p4", "C_OpenSession=5 return=0xb1" },
};

static void a_module_that_supports_little_is_asked_for_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof poor_modules / sizeof *poor_modules; i++) {
        write_list("p.csv", poor_modules[i].name, 3);
        const run_result *result =
            run_with_fault(WORDS("batch", EC, "--hosts", "p.csv", "--out", poor_modules[i].name, "--jobs", "4"),
                           poor_modules[i].plan);

        expect_exit(result, 0);
        expect_fleet(poor_modules[i].name, poor_modules[i].name, 3);
    }
}

/* The one session is given up after the second host's failure, and with it the key that tries to wrap the others'. */
static void a_borrowed_session_takes_its_wrapping_key_along(void **state)
{
    (void)state;
    write_list("b.csv", "b", 4);
    expect_exit(run_with_fault(WORDS("batch", EC, "--hosts", "b.csv", "--out", "b", "--jobs", "4"),
                               "C_OpenSession=2 return=0xb1; C_Sign=2 return=0x30"),
                6);
    assert_int_equal(4, count_of(manifest_of("b"), "and so was wrapping it (CKR_KEY_UNEXTRACTABLE)"));
}

/* In the third signature two hosts are done and more are under way. */
static void ctrl_c_stops_at_a_whole_host(void **state)
{
    (void)state;
    write_list("c.csv", "c", 50);
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "batch", EC, "--hosts", "c.csv", "--out", "c", "--module",
                                             FAULT_MODULE) };
    running program = run_start_with_fault(&order, "C_Sign=3 hold=120", "C_Sign", 3);

    /* The signal waits until the call returns, or is delivered to a thread that is not in a call. */
    assert_int_equal(0, kill(program.pid, SIGINT));
    gate_open();
    const run_result *stopped = run_finish(&program);

    expect_exit(stopped, 128 + SIGINT);
    expect_contains(stopped, stopped->out, "stopped before the end");
    size_t made = count_of(manifest_of("c"), "\"outcome\":\"made\"");
    size_t keys = count_of(token_objects("servers", "privkey"), "label:      c");

    assert_in_range(made, 3, 49);
    assert_int_equal(made, keys); /* no key without its request */
    expect_exit(BATCH("--hosts", "c.csv", "--out", "c"), 0);
    expect_fleet("c", "c", 50);
}

/* ---- shards ---- */

static void shards_part_the_list_as_documented(void **state)
{
    size_t sum = 0;

    (void)state;
    write_list("sh.csv", "sh", 12);
    for (unsigned i = 1; i <= 3; i++) {
        char shard[8];
        char folder[8];

        (void)snprintf(shard, sizeof shard, "%u/3", i);
        (void)snprintf(folder, sizeof folder, "sh%u", i);
        expect_exit(BATCH("--hosts", "sh.csv", "--out", folder, "--shard", shard), 0);
        /* The rule of the manual page, computed in another way: a line for each host, with the relevant digits of its
         * digest.
         */
        const char *digests =
            out_of(WORDS("sh", "-c",
                         "for f in $0/*.req; do printf %s $(basename $f .req) | sha256sum | cut -c1-16; "
                         "done",
                         folder));

        for (const char *at = digests; *at; at = strchr(at, '\n') + 1, sum++) {
            assert_int_equal(i, strtoull(at, NULL, 16) % 3 + 1);
        }
    }
    assert_int_equal(12, sum);
    expect_exit(BATCH("--hosts", "sh.csv", "--out", "sh", "--shard", "4/3"), 2);
    expect_exit(BATCH("--hosts", "sh.csv", "--out", "sh", "--shard", "0/3"), 2);
    expect_exit(BATCH("--hosts", "sh.csv", "--out", "sh", "--shard", "1"), 2);
}

/* ---- certificates ---- */

static void with_a_ca_certificates_are_issued_and_bound(void **state)
{
    (void)state;
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Fleet CA", "--key-type", "ec-p256", "--ca", "ca",
                        "--token", "servers", "--out", "ca.cer"),
                0);
    write_list("i.csv", "i", 3);
    size_t before = token_count("servers", "cert");
    const run_result *result = BATCH("--hosts", "i.csv", "--out", "i", "--issue-with", "ca", "--days", "30");

    expect_exit(result, 0);
    expect_contains(result, result->out, "3 issued");
    assert_int_equal(before + 3, token_count("servers", "cert"));
    expect_exit(RUN("openssl", "verify", "-CAfile", "ca.cer", "i/i1.contoso.com.cer", "i/i2.contoso.com.cer",
                    "i/i3.contoso.com.cer"),
                0);
    result = BATCH("--hosts", "i.csv", "--out", "i", "--issue-with", "ca");
    expect_contains(result, result->out, "3 kept");
    assert_int_equal(0, unlink("i/i2.contoso.com.cer"));
    result = BATCH("--hosts", "i.csv", "--out", "i", "--issue-with", "ca");
    expect_exit(result, 0);
    expect_contains(result, result->out, "2 kept, 1 issued");
    expect_exit(RUN("openssl", "verify", "-CAfile", "ca.cer", "i/i2.contoso.com.cer"), 0);
    assert_int_equal(before + 3, token_count("servers", "cert"));
}

/* The CA's token has a PIN of its own, and nothing is written to it. */
static void the_ca_may_be_on_another_token(void **state)
{
    (void)state;
    token_make("cas");
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Root elsewhere", "--key-type", "ec-p256", "--ca",
                        "elsewhere", "--token", "cas", "--out", "elsewhere.cer"),
                0);
    write_list("else.csv", "else", 2);
    const size_t objects = token_count("cas", "cert");

    /* The second run writes the certificates from the hosts' token. */
    for (size_t i = 0; i < 2; i++) {
        expect_exit(BATCH("--hosts", "else.csv", "--out", i ? "else-again" : "else", "--issue-with", "elsewhere",
                          "--issue-token", "cas", "--issue-pin-source", "file:user.pin"),
                    0);
    }
    expect_exit(RUN("openssl", "verify", "-CAfile", "elsewhere.cer", "else/else1.contoso.com.cer",
                    "else/else2.contoso.com.cer"),
                0);
    expect_exit(RUN("cmp", "else/else2.contoso.com.cer", "else-again/else2.contoso.com.cer"), 0);
    assert_int_equal(objects, token_count("cas", "cert"));
}

static void by_native_the_ca_may_be_on_another_token(void **state)
{
    (void)state;
    write_list("nat.csv", "nat", 2);
    expect_exit(BATCH("--hosts", "nat.csv", "--out", "nat", "--issue-with", "elsewhere", "--issue-token", "cas",
                      "--issue-pin-source", "file:user.pin", "--signer", "native"),
                0);
    expect_exit(RUN("openssl", "verify", "-CAfile", "elsewhere.cer", "nat/nat1.contoso.com.cer"), 0);
}

static void the_other_token_of_the_ca_must_be_reached(void **state)
{
    (void)state;
    write_list("out.csv", "out", 1);
    const run_result *result = BATCH("--hosts", "out.csv", "--out", "out", "--issue-with", "elsewhere");

    expect_exit(result, 4);
    expect_contains(result, result->err, "name that with --issue-token");
    expect_exit(BATCH("--hosts", "out.csv", "--out", "out", "--issue-token", "cas"), 2);
    expect_exit(BATCH("--hosts", "out.csv", "--out", "out", "--issue-with", "ca", "--issue-token", "servers",
                      "--issue-pin-source", "file:user.pin"),
                2);
    result = BATCH("--hosts", "out.csv", "--out", "out", "--issue-with", "elsewhere", "--issue-token", "nowhere",
                   "--issue-pin-source", "file:user.pin");
    expect_exit(result, 4);
    file_write("wrong.pin", "00000000", 0600);
    result = BATCH("--hosts", "out.csv", "--out", "out", "--issue-with", "elsewhere", "--issue-token", "cas",
                   "--issue-pin-source", "file:wrong.pin");
    expect_exit(result, 5);
    expect_contains(result, result->err, "CKR_PIN_INCORRECT");
    result = BATCH("--hosts", "out.csv", "--out", "out", "--issue-with", "elsewhere", "--issue-pin=1234");
    expect_exit(result, 2);
    expect_contains(result, result->err, "--issue-pin-source prompt");
    expect_lacks(result, result->err, "1234");
    assert_int_equal(-1, access("out/out1.contoso.com.req", F_OK));
}

static void issuing_that_was_killed_is_resumed(void **state)
{
    static const char *const plans[] = { "C_CreateObject=1 kill=0", "C_CreateObject=2 then=0x30", "C_Sign=2 kill=0",
                                         "C_Sign=3 kill=0", "C_GetAttributeValue=9 kill=0" };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        char name[16];
        size_t before = token_count("servers", "cert");

        (void)snprintf(name, sizeof name, "ik%c", (char)('a' + i));
        write_list("ik.csv", name, 3);
        (void)run_with_fault(WORDS("batch", EC, "--hosts", "ik.csv", "--out", name, "--issue-with", "ca", "--jobs",
                                   "1"),
                             plans[i]);
        expect_exit(BATCH("--hosts", "ik.csv", "--out", name, "--issue-with", "ca"), 0);
        expect_fleet(name, name, 3);
        assert_int_equal(before + 3, token_count("servers", "cert"));
    }
}

static size_t lines_with(const char *file, const char *words)
{
    return count_of(file_read(file, NULL), words);
}

/* As `issue` does: the certificate is the profile's, and the log and the linter are consulted before the CA signs. */
static void hosts_are_issued_by_profile_log_and_linter(void **state)
{
    (void)state;
    write_list("pr.csv", "pr", 2);
    const run_result *result = BATCH("--hosts", "pr.csv", "--out", "pr", "--issue-with", "ca", "--profile",
                                     "tls-server", "--issuance-log", "ca.log", "--linter", "grep -q BEGIN");

    expect_exit(result, 0);
    expect_contains(result, result->out, "2 issued");
    expect_exit(RUN("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.cer",
                    "pr/pr1.contoso.com.cer"),
                0);
    result = RUN("openssl", "x509", "-in", "pr/pr1.contoso.com.cer", "-noout", "-ext", "extendedKeyUsage");
    expect_contains(result, result->out, "TLS Web Server Authentication");
    expect_lacks(result, result->out, "Client");
    assert_int_equal(2, lines_with("ca.log", "\"kind\":\"issued\""));
    assert_int_equal(2, lines_with("pr/manifest.jsonl", "CA-REVOC: "));
    result = BATCH("--hosts", "pr.csv", "--out", "pr", "--issue-with", "ca", "--profile", "tls-server",
                   "--issuance-log", "ca.log");
    expect_exit(result, 0);
    expect_contains(result, result->out, "2 kept");
}

static const run_result *issue_to_one(const char *name, const char *const *words, size_t *ret_signatures)
{
    const char *all[24] = { "batch", EC, "--hosts", "one.csv", "--out", name, "--issue-with", "ca", "--jobs", "1" };
    size_t count = 0;

    while (all[count]) {
        count++;
    }
    while (*words) {
        all[count++] = *words++;
    }
    write_list("one.csv", name, 1);
    return run_spied(all, "C_Sign", ret_signatures);
}

/* The request is signed by its own key, the certificate by nobody. */
static void what_a_linter_or_a_log_refuses_is_not_signed(void **state)
{
    size_t signatures = 0;
    size_t requests = 0;

    (void)state;
    write_list("one.csv", "bare", 1);
    (void)run_spied(WORDS("batch", EC, "--hosts", "one.csv", "--out", "bare"), "C_Sign", &requests);
    const run_result *result = issue_to_one("li", WORDS("--linter", "false"), &signatures);

    expect_exit(result, 8);
    expect_contains(result, result->err, "the linter \"false\" ended with exit code 1");
    assert_int_equal(requests, signatures);
    assert_false(file_exists("li/li1.contoso.com.cer"));

    expect_exit(issue_to_one("kn", WORDS("--issuance-log", "known.log"), &signatures), 0);
    assert_int_equal(requests + 2, signatures); /* the CA's, and the key's own proof before the certificate is bound */
    assert_int_equal(0, unlink("kn/kn1.contoso.com.cer"));
    (void)out_of(WORDS("sh", "-c",
                       "id=$(sed -n 's/.*\"id\":\"\\([0-9a-f]*\\).*/\\1/p' kn/manifest.jsonl); test -n \"$id\"; "
                       "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                       " --delete-object --type cert --id $id"));
    result = issue_to_one("kn", WORDS("--issuance-log", "known.log"), &signatures);
    expect_exit(result, 8);
    expect_contains(result, result->err, "has issued a certificate for this key");
    assert_int_equal(0, signatures);
    expect_exit(issue_to_one("kn", WORDS("--issuance-log", "known.log", "--allow-known-key"), &signatures), 0);
    assert_int_equal(2, signatures);
}

static void options_for_issuing_require_a_ca(void **state)
{
    static const char *const rows[][2] = { { "--profile", "scom" },
                                           { "--issuance-log", "no.log" },
                                           { "--linter", "true" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = BATCH("--hosts", "z.csv", "--out", "no", rows[i][0], rows[i][1]);

        expect_exit(result, 2);
        expect_contains(result, result->err, "requires --issue-with");
    }
    const run_result *result = BATCH("--hosts", "z.csv", "--out", "no", "--issue-with", "ca", "--profile", "root");

    expect_exit(result, 2);
    expect_contains(result, result->err, "is for a CA, not for a host");
    assert_false(file_exists("no.log"));
}

/* Another certificate under the CKA_ID of a host's key is not written out as that host's. */
static void a_certificate_of_another_key_belongs_to_no_host(void **state)
{
    (void)state;
    write_list("mx.csv", "mx", 1);
    expect_exit(BATCH("--hosts", "mx.csv", "--out", "mx"), 0);
    (void)out_of(WORDS("sh", "-c",
                       "id=$(sed -n 's/.*\"id\":\"\\([0-9a-f]*\\).*/\\1/p' mx/manifest.jsonl); test -n \"$id\"; "
                       "openssl req -x509 -newkey rsa:2048 -nodes -keyout fk -subj /CN=foreign -days 9 -outform DER "
                       "-out f.der 2>/dev/null; "
                       "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                       " --write-object f.der --type cert --id $id --label foreign"));
    const run_result *result = BATCH("--hosts", "mx.csv", "--out", "mx", "--issue-with", "ca");

    expect_exit(result, 0);
    expect_contains(result, result->out, "1 issued");
    expect_exit(RUN("openssl", "verify", "-CAfile", "ca.cer", "mx/mx1.contoso.com.cer"), 0);
}

static void what_comes_back_is_bound_in_one_login(void **state)
{
    size_t logins = 0;
    size_t before = token_count("servers", "cert");

    (void)state;
    (void)out_of(WORDS(
        "sh", "-c",
        "mkdir back; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k -subj "
        "'/CN=Outer' "
        "-days 30 -out outer.pem 2>/dev/null; n=100; for h in z1 z2 z3; do n=$((n+1)); openssl x509 -req -in "
        "z/$h.contoso.com.req -CA outer.pem -CAkey k -set_serial $n -days 20 -out back/$h.contoso.com.cer 2>/dev/null; "
        "done; cp outer.pem back/foreign.pem; echo torn >back/torn.crt; cp z/z4.contoso.com.req back"));
    const run_result *result = run_spied(WORDS("batch", "accept", "back", "--token", "servers"), "C_Login", &logins);

    expect_exit(result, result->exit_code == 3 ? 3 : 4); /* of whichever the folder gives first */
    expect_contains(result, result->out, "5 certificates: 3 bound, 2 failed");
    assert_int_equal(1, logins);
    assert_int_equal(before + 3, token_count("servers", "cert"));
    assert_int_equal(0, unlink("back/foreign.pem"));
    assert_int_equal(0, unlink("back/torn.crt"));
    result = P11CERT("batch", "accept", "back", "--chain", "outer.pem", "--token", "servers");
    expect_exit(result, 0);
    expect_contains(result, result->out, "3 certificates: ");
    result = P11CERT("batch", "accept", "back", "--chain", "outer.pem", "--token", "servers");
    expect_exit(result, 0);
    expect_contains(result, result->out, "3 kept");
    assert_int_equal(before + 4, token_count("servers", "cert"));
    expect_golden(P11CERT("batch", "accept", "tokens", "--token", "servers"), 4, "batch-accept-nothing");
}

static void wrong_words_are_reported(void **state)
{
    (void)state;
    expect_golden(P11CERT("batch", "--out", "x"), 2, "batch-no-source");
    expect_exit(P11CERT("batch", "t.inf", "--hosts", "a.csv"), 2);
    expect_exit(P11CERT("batch", "--hosts", "a.csv", "--out", "x", "--days", "3"), 2);
    expect_exit(P11CERT("batch", "one", "two", "--out", "x"), 2);
    expect_exit(BATCH("--hosts", "none.csv", "--out", "x"), 4);
    expect_exit(BATCH("none", "--out", "x"), 4);
    expect_exit(P11CERT("batch", "none.inf", EC, "--hosts", "a.csv", "--out", "x"), 4);
    assert_false(file_exists("x"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_becomes_keys_and_requests),
        cmocka_unit_test(a_second_run_keeps_what_exists),
        cmocka_unit_test(the_manifest_names_key_and_digest),
        cmocka_unit_test(a_lost_request_is_written_again_for_the_same_key),
        cmocka_unit_test(a_different_request_is_not_replaced),
        cmocka_unit_test(a_key_of_another_kind_is_refused_with_words_for_a_batch),
        cmocka_unit_test(a_template_gives_what_the_list_does_not),
        cmocka_unit_test(a_host_may_name_a_template_beside_the_first),
        cmocka_unit_test(a_folder_of_inf_files_is_a_fleet),
        cmocka_unit_test(list_of_utf16_is_read),
        cmocka_unit_test(hostile_lists_do_no_harm),
        cmocka_unit_test(a_line_of_a_megabyte_fails_only_its_host),
        cmocka_unit_test(a_host_listed_twice_has_one_key),
        cmocka_unit_test(two_hosts_do_not_share_a_key),
        cmocka_unit_test(one_may_stop_at_the_first_failure),
        cmocka_unit_test(quiet_says_what_failed_and_json_is_the_manifest),
        cmocka_unit_test(the_last_line_of_json_is_about_the_whole_run),
        cmocka_unit_test(on_a_terminal_a_bar_is_drawn_and_removed),
        cmocka_unit_test(two_runs_do_not_work_in_one_folder),
        cmocka_unit_test(a_batch_and_a_new_do_not_make_two_keys_of_a_label),
        cmocka_unit_test(a_run_that_was_killed_is_resumed),
        cmocka_unit_test(kills_between_calls_lose_nothing),
        cmocka_unit_test(a_token_that_is_lost_ends_the_run_and_says_so),
        cmocka_unit_test(a_fault_of_one_host_is_its_own),
        cmocka_unit_test(a_module_that_supports_little_is_asked_for_little),
        cmocka_unit_test(a_borrowed_session_takes_its_wrapping_key_along),
        cmocka_unit_test(ctrl_c_stops_at_a_whole_host),
        cmocka_unit_test(shards_part_the_list_as_documented),
        cmocka_unit_test(with_a_ca_certificates_are_issued_and_bound),
        cmocka_unit_test(the_ca_may_be_on_another_token),
        cmocka_unit_test(by_native_the_ca_may_be_on_another_token),
        cmocka_unit_test(the_other_token_of_the_ca_must_be_reached),
        cmocka_unit_test(issuing_that_was_killed_is_resumed),
        cmocka_unit_test(hosts_are_issued_by_profile_log_and_linter),
        cmocka_unit_test(what_a_linter_or_a_log_refuses_is_not_signed),
        cmocka_unit_test(options_for_issuing_require_a_ca),
        cmocka_unit_test(a_certificate_of_another_key_belongs_to_no_host),
        cmocka_unit_test(what_comes_back_is_bound_in_one_login),
        cmocka_unit_test(wrong_words_are_reported),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
