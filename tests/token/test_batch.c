/* SPDX-License-Identifier: Apache-2.0 */
/* The PKCS#11 calls that a fleet costs, whatever the token contains; and a token that is reached through p11-kit's
 * remoting.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <p11cert/accept.h>
#include <p11cert/batch.h>
#include <p11cert/new.h>

#include "fault.h"
#include "judge.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "wait.h"

#define CLIENT_MODULE "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"

static token_store store;
static unsigned population;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "fleet");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static void populate(unsigned count)
{
    char prefix[32];
    raw_token raw;

    (void)snprintf(prefix, sizeof prefix, "other-%u", population);
    raw_open("fleet", &raw);
    raw_generate_many(&raw, prefix, NULL, count - population);
    raw_close(&raw);
    population = count;
}

static void write_hosts(const char *prefix, unsigned count)
{
    char text[1024] = "fqdn\n";

    for (unsigned i = 0; i < count; i++) {
        size_t len = strlen(text);

        (void)snprintf(text + len, sizeof text - len, "%s%u.contoso.com\n", prefix, i);
    }
    token_store_write(&store, "hosts.csv", text, strlen(text));
}

typedef struct {
    const char *prefix;
    const char *key_type;
    const char *module;
    unsigned count;
    unsigned jobs;
} fleet;

static pc_batch_result run_fleet(const fleet *wanted)
{
    char hosts[128];
    char out[128];
    const pc_token_access access = token_store_access(&store, wanted->module, "fleet");
    const pc_batch_order order = { .hosts = token_store_path(&store, "hosts.csv", hosts),
                                   .key_type = wanted->key_type,
                                   .out = token_store_path(&store, wanted->prefix, out),
                                   .jobs = wanted->jobs };
    const pc_batch_watch watch = { .context = NULL };
    pc_error err = { .status = PC_OK };
    pc_batch_result result;

    write_hosts(wanted->prefix, wanted->count);
    if (pc_batch_run(&order, &access, &watch, &result, &err) != PC_OK) {
        char text[2048];

        fail_msg("%s", error_text(&err, text, sizeof text));
    }
    assert_int_equal(result.worst, PC_OK);
    assert_int_equal(result.tally.done, wanted->count);
    return result;
}

/* Calls of a fleet of that size, of which the first two hosts are made, too; a failure that SoftHSM has by itself would
 * cost calls, and two sessions at once is what it has it by: so one job. */
static unsigned calls_of(const char *prefix, const char *key_type, unsigned count)
{
    fault_plan(&store, "");
    (void)run_fleet(
        &(fleet){ .prefix = prefix, .key_type = key_type, .module = FAULT_MODULE, .count = count, .jobs = 1 });
    return fault_calls(&store, NULL);
}

/* Calls to bind a certificate that openssl issues for a host's request; and with no key on the token for it. */
static unsigned accept_calls(const char *folder, bool is_its_own)
{
    char path[128];
    char said[2048];
    char request[160];
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "fleet");
    const char *const issue[] = {
        "sh",
        "-c",
        "cd \"$0\" && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=Outer -days 9 -out ca.pem "
        "2>/dev/null && openssl x509 -req -in \"$1\" -CA ca.pem -CAkey ca.key -set_serial 77 -days 5 -out host.pem "
        "2>/dev/null",
        store.folder,
        request,
        NULL
    };
    const pc_accept_order order = { .certificate = token_store_path(&store, is_its_own ? "host.pem" : "ca.pem", path) };
    pc_accept_result *result = NULL;
    pc_error err = { .status = PC_OK };

    (void)snprintf(request, sizeof request, "%s/%s0.contoso.com.req", folder, folder);
    assert_int_equal(run_program(issue, said, sizeof said), 0);
    fault_plan(&store, "");
    assert_int_equal(pc_accept_run(&order, &access, &result, &err), is_its_own ? PC_OK : PC_E_NOT_FOUND);
    pc_accept_result_free(result);
    return fault_calls(&store, NULL);
}

static const struct {
    unsigned population;
    const char *key_type;
    const char *few;
    const char *more;
    const char *again;
    unsigned per_host;
    unsigned accept; /* with the free slot that SoftHSM shows */
} costs[] = {
    { 10, "rsa-2048", "ra", "rb", "rb", 9, 20 },
    { 10, "ec-p256", "ea", "eb", "eb", 10, 22 },
    { 1000, "rsa-2048", "rc", "rd", "rd", 9, 20 },
    { 1000, "ec-p256", "ec", "ed", "ed", 10, 22 },
};

static void a_host_costs_the_same_calls_whatever_the_token_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        if (population < costs[i].population) {
            populate(costs[i].population);
        }
        unsigned few = calls_of(costs[i].few, costs[i].key_type, 1);
        unsigned more = calls_of(costs[i].more, costs[i].key_type, 4);

        assert_int_equal(more - few, 3 * costs[i].per_host);
        /* Opening, login, the worker's two sessions, the wrapping key, the search for the first key, closing; whether
         * the module can search by label and is logged in; and the mechanisms with the sizes of keys. */
        assert_int_equal(few - costs[i].per_host, 15 + 3 + 7 + 1 + 2);
        unsigned kept = calls_of(costs[i].again, costs[i].key_type, 4);

        assert_int_equal(kept, 16 + 4 * 8); /* a search, the pair, a search for certificates */
        assert_int_equal(fault_calls(&store, "C_Sign"), 0);
        assert_int_equal(fault_calls(&store, "C_Login"), 1);
        assert_int_equal(accept_calls(costs[i].few, true), costs[i].accept);
        /* The other form of the value, and whether the module can search by values at all. */
        assert_int_equal(accept_calls(costs[i].few, false), 22);
    }
}

static void one_request_for_a_key_that_is_there_costs_the_same_whatever_the_token_holds(void **state)
{
    static const unsigned populations[] = { 10, 1000 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char out[128];
        const pc_token_access access = token_store_access(&store, FAULT_MODULE, "fleet");
        const pc_new_order order = { .key = "ra0.contoso.com",
                                     .subject = "CN=again",
                                     .force = true,
                                     .out = token_store_path(&store, "again.req", out) };
        pc_error err = { .status = PC_OK };

        if (population < populations[i]) {
            populate(populations[i]);
        }
        fault_plan(&store, "");
        assert_int_equal(run_new(&order, &access, NULL, &err), PC_OK);
        assert_int_equal(fault_calls(&store, NULL), 15);
    }
}

static void many_jobs_make_one_key_per_host(void **state)
{
    raw_token raw;

    (void)state;
    pc_batch_result result = run_fleet(
        &(fleet){ .prefix = "many", .key_type = "ec-p256", .module = SOFTHSM_MODULE, .count = 20, .jobs = 8 });

    assert_int_equal(result.tally.jobs, 8);
    raw_open("fleet", &raw);
    for (unsigned i = 0; i < 20; i++) {
        char label[64];
        char name[96];
        char path[128];

        (void)snprintf(label, sizeof label, "many%u.contoso.com", i);
        (void)snprintf(name, sizeof name, "many/%s.req", label);
        assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, label), 1);
        X509_REQ *request = judge_request(token_store_path(&store, name, path));

        assert_non_null(request);
        assert_true(judge_key_is_labelled(X509_REQ_get0_pubkey(request), &raw, label));
        assert_int_equal(raw_flag(&raw, raw_labelled(&raw, CKO_PRIVATE_KEY, label), CKA_EXTRACTABLE), 0);
        assert_int_equal(raw_flag(&raw, raw_labelled(&raw, CKO_PRIVATE_KEY, label), CKA_COPYABLE), 0);
        X509_REQ_free(request);
    }
    raw_close(&raw);
}

static void run_fleets_with_own_handles(void)
{
    MUST(setenv("P11CERT_ANSWERS", "own-handles", 1) == 0);
    for (unsigned i = 0; i < 2; i++) {
        (void)run_fleet(&(fleet){ .prefix = i ? "ownr" : "owne",
                                  .key_type = i ? "rsa-2048" : "ec-p256",
                                  .module = ANSWER_MODULE,
                                  .count = 3,
                                  .jobs = 1 });
    }
    MUST(unsetenv("P11CERT_ANSWERS") == 0);
}

/* And removes them: the next run finds the keys and makes the requests again. */
static void expect_requests_of_own_handles(void)
{
    raw_token raw;

    raw_open("fleet", &raw);
    for (unsigned i = 0; i < 6; i++) {
        const char *prefix = i % 2 ? "ownr" : "owne";
        char label[64];
        char name[96];
        char path[128];

        (void)snprintf(label, sizeof label, "%s%u.contoso.com", prefix, i / 2);
        (void)snprintf(name, sizeof name, "%s/%s.req", prefix, label);
        X509_REQ *request = judge_request(token_store_path(&store, name, path));

        assert_non_null(request);
        assert_true(judge_key_is_labelled(X509_REQ_get0_pubkey(request), &raw, label));
        X509_REQ_free(request);
        assert_int_equal(unlink(path), 0);
    }
    raw_close(&raw);
}

/* Keys whose handles can be used neither by the reading session nor by the signing one: they are searched for by their
 * CKA_ID. */
static void keys_are_used_where_sessions_do_not_share_handles(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        run_fleets_with_own_handles();
        expect_requests_of_own_handles();
    }
}

/* The second key is read by its handle in the fourth call: two were for the first one and its proof, and the first for
 * whether the module can search by label. */
static const struct {
    const char *prefix;
    const char *plan;
    unsigned searches; /* for three labels, by which the module can search, and for those keys that are not read by
                          their handles */
} readings[] = {
    { "shown", "", 5 + 1 },
    { "unread", "C_GetAttributeValue=4 return=0x82", 5 + 2 },
    { "renamed", "C_GetAttributeValue=4 flip=0@0x102", 5 + 2 },
    { "reclassed", "C_GetAttributeValue=4 flip=0@0x0", 5 + 2 },
};

static void key_that_is_not_behind_its_handle_is_searched_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        fault_plan(&store, readings[i].plan);
        (void)run_fleet(&(fleet){
            .prefix = readings[i].prefix, .key_type = "rsa-2048", .module = FAULT_MODULE, .count = 3, .jobs = 1 });
        assert_int_equal(fault_calls(&store, "C_FindObjectsInit"), readings[i].searches);
    }
}

/* ---- p11-kit server ---- */

static pid_t server;

/* In the foreground, so that we can end it; it also ends with this process. */
static void become_server(const char *socket)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    MUST(freopen("/dev/null", "w", stdout));
    (void)execlp("p11-kit", "p11-kit", "server", "--foreground", "--provider", SOFTHSM_MODULE, "--name", socket,
                 "pkcs11:token=fleet", (char *)NULL);
    _exit(127);
}

/* Tested by another process: a module that was loaded before the server started would have to be loaded again. */
static bool is_served(void)
{
    const char *const words[] = { "pkcs11-tool", "--module", CLIENT_MODULE, "--list-token-slots", NULL };
    char said[4096];

    MUST(waitpid(server, NULL, WNOHANG) == 0);
    return run_program(words, said, sizeof said) == 0 && strstr(said, "fleet");
}

static int start_server(void **state)
{
    char socket[128];
    char address[256];

    (void)state;
    (void)token_store_path(&store, "remote.socket", socket);
    (void)snprintf(address, sizeof address, "unix:path=%s", socket);
    MUST(setenv("P11_KIT_SERVER_ADDRESS", address, 1) == 0);
    (void)fflush(NULL);
    server = fork();
    MUST(server >= 0);
    if (server == 0) {
        become_server(socket);
    }
    WAIT_UNTIL(is_served());
    return 0;
}

/* Whether the test failed or not. It serves each client with a separate process, which ends with the connection. */
static int end_server(void **state)
{
    (void)state;
    (void)kill(server, SIGTERM);
    MUST(waitpid(server, NULL, 0) == server);
    return 0;
}

static void a_token_behind_p11_kit_server_works_like_a_local_one(void **state)
{
    char path[128];
    raw_token raw;

    (void)state;
    (void)run_fleet(
        &(fleet){ .prefix = "remote", .key_type = "ec-p256", .module = CLIENT_MODULE, .count = 6, .jobs = 3 });
    pc_batch_result again = run_fleet(
        &(fleet){ .prefix = "remote", .key_type = "ec-p256", .module = CLIENT_MODULE, .count = 6, .jobs = 3 });

    assert_int_equal(again.tally.counts[PC_BATCH_KEPT], 6);
    raw_open("fleet", &raw);
    for (unsigned i = 0; i < 6; i++) {
        char label[64];
        char name[96];

        (void)snprintf(label, sizeof label, "remote%u.contoso.com", i);
        (void)snprintf(name, sizeof name, "remote/%s.req", label);
        X509_REQ *request = judge_request(token_store_path(&store, name, path));

        assert_non_null(request);
        assert_true(judge_key_is_labelled(X509_REQ_get0_pubkey(request), &raw, label));
        X509_REQ_free(request);
    }
    raw_close(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_costs_the_same_calls_whatever_the_token_holds),
        cmocka_unit_test(one_request_for_a_key_that_is_there_costs_the_same_whatever_the_token_holds),
        cmocka_unit_test(many_jobs_make_one_key_per_host),
        cmocka_unit_test(keys_are_used_where_sessions_do_not_share_handles),
        cmocka_unit_test(key_that_is_not_behind_its_handle_is_searched_for),
        cmocka_unit_test_setup_teardown(a_token_behind_p11_kit_server_works_like_a_local_one, start_server, end_server),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
