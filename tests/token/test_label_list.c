/* SPDX-License-Identifier: Apache-2.0 */
/* All labels of a token, read at once: how long they are relied on, and what a fleet saves and never risks by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <p11cert/batch.h>
#include <p11cert/new.h>

#include "fault.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "token/label_list.h"

static const pc_label_list_limit unlimited = { .usec = 60000000 };
static const pc_label_list_limit short_time = { .usec = 20000 };

static token_store store;

static int make_store(void **state)
{
    char path[128];
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "fleet");
    raw_open("fleet", &raw);
    raw_generate_many(&raw, "other", NULL, 20);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "filled  ", .id = "filled" }, NULL);
    raw_close(&raw);
    assert_int_equal(0, setenv("P11CERT_LOCK", token_store_path(&store, "lock", path), 1));
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_token *open_token(const char *module)
{
    const pc_token_access access = token_store_access(&store, module, "fleet");
    pc_token *token = NULL;

    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    return token;
}

/* --- the list and its marks --- */

static bool is_absent(const pc_token *token, const pc_label_list *list, const char *label)
{
    const pc_label_absence absence = pc_label_list_look(list, token, label);

    return pc_label_is_absent(token, label, &absence);
}

static void a_label_is_absent_unless_a_key_has_it(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);
    char label[32];

    (void)state;
    assert_non_null(list);
    assert_true(is_absent(token, list, "new.contoso.com"));
    assert_false(is_absent(token, list, "other-0"));
    assert_false(is_absent(token, list, "other-19"));
    assert_false(is_absent(token, list, "filled"));
    for (unsigned i = 0; i < 600; i++) {
        (void)snprintf(label, sizeof label, "added-%u", (i * 7919) % 600);
        assert_true(is_absent(token, list, label));
        assert_true(pc_label_list_add(list, token, label));
        assert_true(pc_label_list_add(list, token, label));
        assert_false(is_absent(token, list, label));
    }
    for (unsigned i = 0; i < 600; i++) {
        (void)snprintf(label, sizeof label, "added-%u", i);
        assert_false(is_absent(token, list, label));
    }
}

/* As another process, which has the same lock file open by itself. */
typedef struct {
    pc_token token;
    pc_label_log *log;
} other_run;

static void begin_other_run(const pc_token *token, other_run *run)
{
    run->log = pc_label_log_open();
    assert_non_null(run->log);
    run->token = *token;
    run->token.labels = run->log;
}

static void end_other_run(other_run *run)
{
    pc_label_log_close(run->log);
}

static void write_label(const other_run *run, const char *label)
{
    PC_WRITES_LABEL(&run->token, pc_bytes_of_text(label));
}

static void a_label_is_not_absent_once_another_run_has_begun_to_write_it(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);
    pc_error err = { .status = PC_OK };
    other_run other;

    (void)state;
    begin_other_run(token, &other);
    assert_true(is_absent(token, list, "new"));
    assert_int_equal(pc_label_log_check(token, "new", NULL), PC_OK);
    {
        PC_WRITES_LABEL(&other.token, pc_bytes_of_text("new"));
        assert_false(is_absent(token, list, "new"));
        assert_int_equal(pc_label_log_ask(token, "new"), PC_LABEL_WRITTEN);
    }
    assert_int_equal(pc_label_log_check(token, "new", &err), PC_E_REFUSED);
    assert_true(error_says(&err, "another run on this machine has written a key \"new\""));
    assert_true(is_absent(token, list, "another"));
    assert_int_equal(pc_label_log_ask(&other.token, "new"), PC_LABEL_NEWS_NONE);
    end_other_run(&other);
}

/* A label that others wrote before the module was initialised is shown by the module. */
static void labels_written_before_the_module_was_initialised_are_not_reported(void **state)
{
    PC_AUTO(pc_token) pc_token *first = open_token(SOFTHSM_MODULE);
    other_run early;
    other_run late;

    (void)state;
    begin_other_run(first, &early);
    write_label(&early, "early");
    begin_other_run(first, &late);
    assert_int_equal(pc_label_log_ask(&late.token, "early"), PC_LABEL_NEWS_NONE);
    assert_int_equal(pc_label_log_ask(first, "early"), PC_LABEL_WRITTEN);
    end_other_run(&early);
    end_other_run(&late);
}

static void begin_run_on_a_copy(const pc_token *token, other_run *run)
{
    char path[128];
    char text[256];

    const char *before = getenv("SOFTHSM2_CONF");
    PC_AUTO(free) char *kept = before ? strdup(before) : NULL;

    MUST(kept != NULL);
    MUST(mkdir(token_store_path(&store, "copy", path), 0700) == 0);
    (void)snprintf(text, sizeof text, "directories.tokendir = %s\n", path);
    token_store_write(&store, "copy.conf", text, strlen(text));
    MUST(setenv("SOFTHSM2_CONF", token_store_path(&store, "copy.conf", path), 1) == 0);
    begin_other_run(token, run);
    MUST(setenv("SOFTHSM2_CONF", kept, 1) == 0);
}

/* It has the same label and serial number. A key is not refused for what was written to the copy; but it may be this
 * token that was reached in another way, so that the label is searched for. */
static void what_is_written_to_a_copy_of_the_token_refuses_no_key(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);
    other_run copy;

    (void)state;
    begin_run_on_a_copy(token, &copy);
    write_label(&copy, "copied");
    assert_int_equal(pc_label_log_ask(token, "copied"), PC_LABEL_WRITTEN_ELSEWHERE);
    assert_int_equal(pc_label_log_check(token, "copied", NULL), PC_OK);
    assert_false(is_absent(token, list, "copied"));
    assert_true(is_absent(token, list, "not copied"));
    end_other_run(&copy);
}

/* Two entries for each label; the ring has room for 16,384. */
static void a_log_that_has_lost_entries_knows_nothing(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    char label[32];
    other_run other;

    (void)state;
    begin_other_run(token, &other);
    for (unsigned i = 0; i < 8192; i++) {
        (void)snprintf(label, sizeof label, "many-%u", i);
        write_label(&other, label);
    }
    assert_int_equal(pc_label_log_ask(token, "many-0"), PC_LABEL_WRITTEN);
    assert_int_equal(pc_label_log_ask(token, "many-8191"), PC_LABEL_WRITTEN);
    assert_int_equal(pc_label_log_ask(token, "many-8192"), PC_LABEL_NEWS_NONE);
    for (unsigned i = 0; i < 8193; i++) {
        write_label(&other, "again");
    }
    assert_int_equal(pc_label_log_ask(token, "many-0"), PC_LABEL_NEWS_UNKNOWN);
    assert_int_equal(pc_label_log_ask(token, "never"), PC_LABEL_NEWS_UNKNOWN);
    end_other_run(&other);
}

/* A run that cannot make its entry empties the file; the next one makes it anew. */
static void an_emptied_log_knows_nothing(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    other_run other;
    char path[128];

    (void)state;
    assert_int_equal(pc_label_log_ask(token, "emptied"), PC_LABEL_NEWS_NONE);
    MUST(truncate(token_store_path(&store, "lock", path), 0) == 0);
    begin_other_run(token, &other);
    assert_int_equal(pc_label_log_ask(token, "emptied"), PC_LABEL_NEWS_UNKNOWN);
    assert_int_equal(pc_label_log_ask(&other.token, "emptied"), PC_LABEL_NEWS_NONE);
    end_other_run(&other);
}

static void a_list_from_long_ago_is_not_relied_on(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);
    pc_label_absence absence = pc_label_list_look(list, token, "late");

    (void)state;
    assert_true(pc_label_is_absent(token, "late", &absence));
    absence.read_msec -= PC_LABEL_ABSENCE_MSEC + 1;
    assert_false(pc_label_is_absent(token, "late", &absence));
}

static void without_a_lock_file_there_is_no_list(void **state)
{
    char path[128];

    (void)state;
    assert_int_equal(0, setenv("P11CERT_LOCK", "/nonexistent/lock", 1));
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);

    assert_int_equal(0, setenv("P11CERT_LOCK", token_store_path(&store, "lock", path), 1));
    assert_null(list);
    assert_int_equal(pc_label_log_ask(token, "other"), PC_LABEL_NEWS_UNKNOWN);
    assert_int_equal(pc_label_log_check(token, "other", NULL), PC_OK);
}

/* A failed search, a label that is left as it was, a token that shows no labels, and one that answers too slowly. */
static void no_list_is_made_if_labels_cannot_be_read(void **state)
{
    static const char *const plans[] = { "C_FindObjectsInit=2 return=0x30", "C_GetAttributeValue=30 return=0x30",
                                         "C_GetAttributeValue=1+ return=0x12 length=-1@0x3",
                                         "C_GetAttributeValue=1+ sleep=5" };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        fault_plan(&store, plans[i]);
        PC_AUTO(pc_token) pc_token *token = open_token(FAULT_MODULE);
        PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, i == 3 ? short_time : unlimited);

        assert_null(list);
    }
}

/* Both by the time that they take and by what the first search takes. */
static void reading_gives_up_when_the_first_labels_predict_that_it_is_late(void **state)
{
    static const pc_label_list_limit limits[] = { { .usec = 100000 }, { .usec = 60000000, .searches = 5 } };

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        fault_plan(&store, "C_GetAttributeValue=1+ sleep=5");
        PC_AUTO(pc_token) pc_token *token = open_token(FAULT_MODULE);
        PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, limits[i]);

        assert_null(list);
        assert_in_range(fault_calls(&store, "C_GetAttributeValue"), 1, 16);
    }
}

static void a_token_without_private_keys_has_no_list(void **state)
{
    (void)state;
    token_store_add_token(&store, "empty");
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "empty");
    PC_AUTO(pc_token) pc_token *token = NULL;

    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    PC_AUTO(pc_label_list) pc_label_list *list = pc_label_list_read(token, unlimited);

    assert_null(list);
}

/* --- a fleet --- */

#define HOSTS 120u

typedef struct {
    const char *prefix;
    const char *out;
    const char *module;
    unsigned jobs;
    void (*on_line)(void *context, const pc_batch_line *line, const pc_batch_tally *tally);
} fleet;

static void write_hosts(const char *prefix)
{
    char text[HOSTS * 32] = "fqdn\n";
    char name[64];

    for (unsigned i = 0; i < HOSTS; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u.contoso.com\n", prefix, i);
    }
    (void)snprintf(name, sizeof name, "%s.csv", prefix);
    token_store_write(&store, name, text, strlen(text));
}

static pc_batch_result run_fleet(const fleet *wanted)
{
    char list[64];
    char hosts[128];
    char out[128];
    const pc_token_access access = token_store_access(&store, wanted->module, "fleet");
    const pc_batch_watch watch = { .on_line = wanted->on_line };
    pc_error err = { .status = PC_OK };
    pc_batch_result result;

    (void)snprintf(list, sizeof list, "%s.csv", wanted->prefix);
    const pc_batch_order order = { .hosts = token_store_path(&store, list, hosts),
                                   .key_type = "ec-p256",
                                   .out = token_store_path(&store, wanted->out, out),
                                   .jobs = wanted->jobs };

    if (pc_batch_run(&order, &access, &watch, &result, &err) != PC_OK) {
        char text[2048];

        fail_msg("%s", error_text(&err, text, sizeof text));
    }
    assert_int_equal(result.tally.done, HOSTS);
    return result;
}

static void expect_one_key_for_each(const char *prefix)
{
    raw_token raw;

    raw_open("fleet", &raw);
    for (unsigned i = 0; i < HOSTS; i++) {
        char label[64];

        (void)snprintf(label, sizeof label, "%s%u.contoso.com", prefix, i);
        assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, label), 1);
        assert_int_equal(raw_count_labelled(&raw, CKO_PUBLIC_KEY, label), 1);
    }
    raw_close(&raw);
}

/* Where a search takes long, the labels are read once. */
static void a_fleet_on_a_token_that_searches_slowly_reads_the_labels(void **state)
{
    (void)state;
    write_hosts("slow");
    fault_plan(&store, "C_FindObjectsInit=1+ sleep=20");
    pc_batch_result result = run_fleet(&(fleet){ .prefix = "slow", .out = "slow", .module = FAULT_MODULE, .jobs = 1 });
    assert_int_equal(result.tally.counts[PC_BATCH_MADE], HOSTS);
    assert_in_range(fault_calls(&store, "C_FindObjectsInit"), 1, 8);
    expect_one_key_for_each("slow");
}

/* Where reading takes long, every label is searched for. */
static void a_fleet_on_a_token_that_reads_slowly_searches(void **state)
{
    (void)state;
    write_hosts("read");
    fault_plan(&store, "C_GetAttributeValue=1+ sleep=8");
    pc_batch_result result = run_fleet(&(fleet){ .prefix = "read", .out = "read", .module = FAULT_MODULE, .jobs = 1 });
    assert_int_equal(result.tally.counts[PC_BATCH_MADE], HOSTS);
    assert_true(fault_calls(&store, "C_FindObjectsInit") >= HOSTS);
    expect_one_key_for_each("read");
}

static pid_t start_fleet(const fleet *wanted)
{
    (void)fflush(NULL);
    const pid_t child = fork();

    MUST(child >= 0);
    if (child == 0) {
        (void)run_fleet(wanted);
        _exit(0);
    }
    return child;
}

static void wait_for(pid_t child)
{
    int status = 0;

    MUST(waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

/* Two runs of the same list at once, each with its own folder. SoftHSM may hide a key that the other has made; the host
 * is then refused, and the same command continues with that key. */
static void two_fleets_of_the_same_hosts_make_each_key_once(void **state)
{
    const fleet one = { .prefix = "twin", .out = "one", .module = FAULT_MODULE, .jobs = 4 };
    const fleet two = { .prefix = "twin", .out = "two", .module = FAULT_MODULE, .jobs = 4 };

    (void)state;
    write_hosts("twin");
    fault_plan(&store, "C_FindObjectsInit=1+ sleep=5");
    const pid_t first = start_fleet(&one);
    const pid_t second = start_fleet(&two);

    wait_for(first);
    wait_for(second);
    expect_one_key_for_each("twin");
    fault_plan(&store, "");
    assert_int_equal(run_fleet(&one).worst, PC_OK);
    assert_int_equal(run_fleet(&two).worst, PC_OK);
    expect_one_key_for_each("twin");
}

/* Another run, in a process that began before this one opened the module. */
static struct {
    pid_t process;
    int go[2];
} rival;

static void start_rival(const char *label)
{
    char out[128];
    char go = 0;

    MUST(pipe(rival.go) == 0);
    (void)fflush(NULL);
    rival.process = fork();
    MUST(rival.process >= 0);
    if (rival.process == 0) {
        const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "fleet");
        const pc_new_order order = { .subject = "CN=late119.contoso.com",
                                     .label = label,
                                     .key_type = "ec-p256",
                                     .out = token_store_path(&store, "rival.req", out) };

        MUST(read(rival.go[0], &go, 1) == 1);
        _exit(run_new(&order, &access, NULL, NULL) == PC_OK ? 0 : 1);
    }
}

/* When the labels have long been read, the rival makes the key of the last host. SoftHSM does not notice that. */
static void let_rival_make_its_key(void *context, const pc_batch_line *line, const pc_batch_tally *tally)
{
    (void)context;
    if (tally->done == HOSTS / 2) {
        MUST(write(rival.go[1], "g", 1) == 1);
        wait_for(rival.process);
    }
    if (strcmp(line->host, "late119.contoso.com") == 0 && line->outcome != PC_BATCH_RESUMED) {
        assert_int_equal(line->outcome, PC_BATCH_FAILED);
        assert_int_equal(line->err->status, PC_E_REFUSED);
        assert_true(error_says(line->err, "another run on this machine has written a key \"late119.contoso.com\""));
    }
}

static void key_that_another_run_made_in_the_meantime_is_not_made_again(void **state)
{
    const fleet late = {
        .prefix = "late", .out = "late", .module = FAULT_MODULE, .jobs = 1, .on_line = let_rival_make_its_key
    };
    fleet again = late;

    (void)state;
    again.on_line = NULL;
    write_hosts("late");
    start_rival("late119.contoso.com");
    fault_plan(&store, "C_FindObjectsInit=1+ sleep=20");
    (void)run_fleet(&late);
    assert_in_range(fault_calls(&store, "C_FindObjectsInit"), 1, 60);
    expect_one_key_for_each("late");
    fault_plan(&store, "");
    assert_int_equal(run_fleet(&again).worst, PC_OK);
    expect_one_key_for_each("late");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_absent_unless_a_key_has_it),
        cmocka_unit_test(a_label_is_not_absent_once_another_run_has_begun_to_write_it),
        cmocka_unit_test(labels_written_before_the_module_was_initialised_are_not_reported),
        cmocka_unit_test(what_is_written_to_a_copy_of_the_token_refuses_no_key),
        cmocka_unit_test(a_log_that_has_lost_entries_knows_nothing),
        cmocka_unit_test(an_emptied_log_knows_nothing),
        cmocka_unit_test(a_list_from_long_ago_is_not_relied_on),
        cmocka_unit_test(without_a_lock_file_there_is_no_list),
        cmocka_unit_test(no_list_is_made_if_labels_cannot_be_read),
        cmocka_unit_test(reading_gives_up_when_the_first_labels_predict_that_it_is_late),
        cmocka_unit_test(a_token_without_private_keys_has_no_list),
        cmocka_unit_test(a_fleet_on_a_token_that_searches_slowly_reads_the_labels),
        cmocka_unit_test(a_fleet_on_a_token_that_reads_slowly_searches),
        cmocka_unit_test(two_fleets_of_the_same_hosts_make_each_key_once),
        cmocka_unit_test(key_that_another_run_made_in_the_meantime_is_not_made_again),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
