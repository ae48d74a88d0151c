/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include <errno.h>
#include <p11-kit/pkcs11.h>
#include <p11cert/repair.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "fault.h"
#include "known.h"
#include "must.h"
#include "scene.h"
#include "store_walk.h"
#include "sweep_share.h"

#define MAX_CALLS      512u
#define WORKERS        2u
#define RUN_LIMIT_SEC  60u /* a limit for hanging runs, on a machine under load */
#define FINDINGS_SHOWN 12u

/* A run, or one of several simultaneous ones, and how it ended. Shared between the processes. */
typedef struct {
    bool finished; /* the run completed and has a status */
    int signal;    /* that ended it; 0 if none */
    int exit_code;
    run_outcome outcome;
} fault_run;

/* One fault, and its outcome. Shared between the processes. */
typedef struct {
    fault_run runs[AT_ONCE];
    unsigned run_count;
    bool judged;
    char finding[160]; /* empty: no finding */
} fault_case;

typedef struct {
    const flow *swept;
    token_store reference;
    store_walk others; /* the objects of others in the reference store */
    store_walk start;  /* all objects in it */
    call_seen calls[MAX_CALLS];
    unsigned call_count;
    fault_list list;
    fault_case *cases;
    unsigned case_count; /* the first rows of the list */
} sweep;

/* --- processes --- */

static void run_body(const sweep *whole, const token_store *store, const char *plan, fault_run *each)
{
    pc_error err = { 0 };

    fault_plan(store, plan);
    each->outcome.status = whole->swept->run(&whole->reference, store, FAULT_MODULE, false, &err);
    if (each->outcome.status != PC_OK) {
        (void)error_text(&err, each->outcome.text, sizeof each->outcome.text);
    }
    each->finished = true;
}

/* Faults also crash modules that are not ours; their core dumps are of no use. */
static pid_t start(void)
{
    const struct rlimit none = { 0, 0 };

    (void)fflush(NULL);
    pid_t child = fork();

    MUST(child >= 0);
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)alarm(RUN_LIMIT_SEC);
    }
    return child;
}

static void wait_for(pid_t child, fault_run *each)
{
    int status = 0;

    MUST(waitpid(child, &status, 0) == child);
    each->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    each->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* The signal by which this kind of fault ends a run; 0 if none. */
static int signal_of(fault_kind kind)
{
    return kind == FAULT_CUT ? SIGINT : kind == FAULT_KILL || kind == FAULT_CUT_KILL ? SIGKILL : 0;
}

static void run_faulty(const sweep *whole, const token_store *store, const fault_row *row, fault_case *each)
{
    char plan[128];
    pid_t children[AT_ONCE];

    each->run_count = row->kind == FAULT_AT_ONCE ? AT_ONCE : 1;
    for (unsigned i = 0; i < each->run_count; i++) {
        const char *own = row->kind == FAULT_AT_ONCE ? fault_plan_at_once(row, i, whole->call_count, plan) : row->plan;

        children[i] = start();
        if (children[i] == 0) {
            run_body(whole, store, own, &each->runs[i]);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < each->run_count; i++) {
        wait_for(children[i], &each->runs[i]);
        each->runs[i].outcome.killed = each->runs[i].signal && each->runs[i].signal == signal_of(row->kind);
    }
}

/* --- judging --- */

static const char *judge_end(const fault_run *each)
{
    if (each->signal == SIGALRM) {
        return "HANG";
    }
    if (each->outcome.killed) {
        return NULL;
    }
    if (each->signal || each->exit_code || !each->finished) {
        return "CRASH";
    }
    if (strstr(each->outcome.text, TOKEN_STORE_PIN)) {
        return "the error text holds the PIN";
    }
    return each->outcome.status != PC_OK && !each->outcome.text[0] ? "fails without a word" : NULL;
}

/* One outcome for all: of simultaneous runs, the one that succeeded, with the messages of the others. */
static const char *judge_ends(const fault_row *row, const fault_case *each, run_outcome *ret_outcome)
{
    *ret_outcome = each->runs[0].outcome;
    for (unsigned i = 0; i < each->run_count; i++) {
        const run_outcome *outcome = &each->runs[i].outcome;
        const char *wrong = judge_end(&each->runs[i]);

        if (wrong) {
            return wrong;
        }
        ret_outcome->status = outcome->status == PC_OK ? PC_OK : ret_outcome->status;
    }
    if (row->kind == FAULT_AT_ONCE && ret_outcome->status != PC_OK) {
        return "of several runs at once, none succeeds";
    }
    return row->kind == FAULT_SHORT && ret_outcome->status != PC_OK
               ? "one handle at a time is not a fault, and it fails"
               : NULL;
}

static const char *judge_object(const sweep *whole, const store_walk *now, const walked_object *object)
{
    const char *gone = store_walk_find(now, object->name) ? "changed" : "gone";
    static char text[64];

    if (store_walk_has(now, object)) {
        return NULL;
    }
    if (store_walk_find(&whole->others, object->name)) {
        (void)snprintf(text, sizeof text, "an object of others is %s", gone);
        return text;
    }
    if (whole->swept->destroys && !store_walk_find(now, object->name)) {
        return NULL;
    }
    bool may_change = object->class < 8 && whole->swept->changes & FLOW_MAY_CHANGE(object->class);

    if (object->class == CKO_PRIVATE_KEY && (!may_change || !store_walk_find(now, object->name))) {
        (void)snprintf(text, sizeof text, "a private key is %s", gone);
        return text;
    }
    if (may_change) {
        return NULL;
    }
    (void)snprintf(text, sizeof text, "an object that was there is %s", gone);
    return text;
}

/* New objects of a class. */
static size_t count_new(const sweep *whole, const store_walk *now, unsigned long class)
{
    size_t count = 0;

    for (size_t i = 0; i < now->count; i++) {
        count += now->objects[i].class == class && !store_walk_find(&whole->start, now->objects[i].name);
    }
    return count;
}

/* Judged only by the files: no object of others changed, nothing lost, no second key, no one-time key left. */
static const char *judge_files(const sweep *whole, const store_walk *now, bool killed)
{
    for (size_t i = 0; i < whole->start.count; i++) {
        const char *wrong = judge_object(whole, now, &whole->start.objects[i]);

        if (wrong) {
            return wrong;
        }
    }
    if (count_new(whole, now, CKO_PRIVATE_KEY) > whole->swept->keys) {
        return "there are more keys than there should be";
    }
    if (count_new(whole, now, CKO_SECRET_KEY) > 0) {
        return "a one-time key is on the token";
    }
    return !killed && count_new(whole, now, WALK_NO_CLASS) + count_new(whole, now, WALK_EMPTY) > 0
               ? "an object is there that was not written whole"
               : NULL;
}

/* `repair --apply` removes what a run that was killed in the middle of a write has left. */
static const char *judge_wrecks(const sweep *whole, const token_store *store)
{
    const char *written = whole->swept->second_token ? whole->swept->second_token : "t";
    store_walk now;
    pc_error err = { 0 };
    pc_repair_result *result = NULL;
    const pc_token_access access = token_store_access(store, SOFTHSM_MODULE, written);

    store_walk_take(store, &now);
    if (count_new(whole, &now, WALK_NO_CLASS) == 0 &&
        count_new(whole, &now, CKO_PUBLIC_KEY) <= count_new(whole, &now, CKO_PRIVATE_KEY)) {
        return NULL;
    }
    pc_status status = pc_repair_run(&(pc_repair_order){ .apply = true }, &access, &result, &err);

    pc_repair_result_free(result);
    store_walk_take(store, &now);
    return status != PC_OK || count_new(whole, &now, WALK_NO_CLASS) > 0 ? "repair does not take the wreck away" : NULL;
}

/* A key that existed still exists. */
static const char *judge_kept_keys(const sweep *whole, const store_walk *before, const store_walk *after)
{
    for (size_t i = 0; i < before->count && !whole->swept->destroys; i++) {
        if (before->objects[i].class == CKO_PRIVATE_KEY && !store_walk_find(after, before->objects[i].name)) {
            return "run again, it took another key";
        }
    }
    return NULL;
}

/* The same run without faults must reach the intended state, with the existing key. */
static const char *judge_second_run(const sweep *whole, const token_store *store, const store_walk *before, bool cut)
{
    static run_outcome again;
    static store_walk after;
    pc_error err = { 0 };

    again.status = whole->swept->run(&whole->reference, store, SOFTHSM_MODULE, true, &err);
    if (again.status != PC_OK) {
        (void)error_text(&err, again.text, sizeof again.text);
        (void)fprintf(stderr, "%s", again.text);
        return "run again without a fault, it fails";
    }
    store_walk_take(store, &after);
    const char *wrong = judge_kept_keys(whole, before, &after);

    wrong = wrong ? wrong : judge_files(whole, &after, cut);
    wrong = wrong ? wrong : judge_wrecks(whole, store);
    wrong = wrong ? wrong : whole->swept->judge(&whole->reference, store, &again);
    if (!wrong && count_new(whole, &after, CKO_PRIVATE_KEY) != whole->swept->keys) {
        wrong = "run again, it has not the keys";
    }
    return wrong;
}

/* A killed run may leave its unfinished file; that must not disturb the next one. */
static void move_output_away(const token_store *store)
{
    char folder[128];
    char away[128];

    (void)rename(token_store_path(store, "out", folder), token_store_path(store, "killed", away));
}

static const char *judge_case(const sweep *whole, const token_store *store, const fault_row *row,
                              const fault_case *each)
{
    static run_outcome outcome;
    static store_walk now;
    const char *wrong = judge_ends(row, each, &outcome);
    bool cut = row->kind == FAULT_CUT_KILL && outcome.killed;

    store_walk_take(store, &now);
    wrong = wrong ? wrong : judge_files(whole, &now, cut);
    if (!wrong && !cut) {
        wrong = whole->swept->judge(&whole->reference, store, &outcome);
    }
    if (!wrong && outcome.killed) {
        move_output_away(store);
    }
    return wrong ? wrong : judge_second_run(whole, store, &now, cut);
}

static void run_case(const sweep *whole, const fault_row *row, fault_case *each)
{
    token_store store;
    fault_run end = { .signal = 0 };

    token_store_copy(&whole->reference, &store);
    run_faulty(whole, &store, row, each);
    pid_t child = start();

    if (child == 0) {
        (void)alarm(4 * RUN_LIMIT_SEC);
        const char *wrong = judge_case(whole, &store, row, each);

        (void)snprintf(each->finding, sizeof each->finding, "%s", wrong ? wrong : "");
        each->judged = true;
        _exit(0);
    }
    wait_for(child, &end);
    if (!each->judged) {
        (void)snprintf(each->finding, sizeof each->finding, "the judge did not come to an end (signal %d)", end.signal);
    }
    token_store_remove(&store);
}

static void run_all(const sweep *whole)
{
    pid_t workers[WORKERS];

    for (unsigned i = 0; i < WORKERS; i++) {
        (void)fflush(NULL);
        workers[i] = fork();
        MUST(workers[i] >= 0);
        if (workers[i] == 0) {
            for (unsigned j = i; j < whole->case_count; j += WORKERS) {
                run_case(whole, &whole->list.rows[j], &whole->cases[j]);
            }
            _exit(0);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        int status = 0;

        MUST(waitpid(workers[i], &status, 0) == workers[i] && status == 0);
    }
}

/* --- the calls --- */

/* "C_Login" is a call, "writes=3" the number of its writes. */
static void note_call(const char *word, unsigned long number, void *context)
{
    sweep *whole = context;

    MUST(number > 0 && number <= MAX_CALLS);
    call_seen *seen = &whole->calls[number - 1];

    if (strncmp(word, "writes=", 7) == 0) {
        seen->writes = (unsigned)strtoul(word + 7, NULL, 10);
        return;
    }
    whole->call_count = number > whole->call_count ? (unsigned)number : whole->call_count;
    (void)snprintf(seen->function, sizeof seen->function, "%s", word);
}

/* Records the calls of a run without faults. In a separate process, since the engine can be started only once in a
 * process. */
static void see_calls(sweep *whole, fault_run *honest)
{
    token_store store;

    token_store_copy(&whole->reference, &store);
    pid_t child = start();

    if (child == 0) {
        run_body(whole, &store, "call=1+ count=0", honest);
        _exit(0);
    }
    wait_for(child, honest);
    if (!honest->finished || honest->outcome.status != PC_OK) {
        (void)fprintf(stderr, "%s: without a fault: %s\n", whole->swept->name, honest->outcome.text);
    }
    MUST(honest->finished && honest->outcome.status == PC_OK);
    fault_each_line(&store, note_call, whole);
    MUST(whole->call_count > 0);
    token_store_remove(&store);
}

static const char *function_of(const sweep *whole, const fault_row *row)
{
    return row->call ? whole->calls[row->call - 1].function : "";
}

/* A qsort-like callback has no context; there is one sweep at a time. */
static const sweep *chosen_for;

static bool is_known_place(const flow *swept, const fault_row *row)
{
    return known_fault_find(swept, row->kind, function_of(chosen_for, row), NULL) != NULL;
}

static void keep_kind(sweep *whole, const char *kind)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < whole->list.count; i++) {
        if (!kind || strcmp(fault_kind_name(whole->list.rows[i].kind), kind) == 0) {
            whole->list.rows[kept++] = whole->list.rows[i];
        }
    }
    whole->list.count = kept;
}

static void choose_cases(sweep *whole)
{
    const char *plan = getenv("P11CERT_SWEEP_PLAN");

    whole->list = fault_list_all(whole->swept, whole->calls, whole->call_count);
    chosen_for = whole;
    keep_kind(whole, getenv("P11CERT_SWEEP_KIND"));
    if (!plan) {
        whole->case_count = fault_list_sample(&whole->list, whole->swept, is_known_place);
        return;
    }
    for (unsigned i = 0; i < whole->list.count; i++) {
        if (strcmp(whole->list.rows[i].plan, plan) == 0) {
            whole->list.rows[0] = whole->list.rows[i];
            whole->case_count = 1;
        }
    }
}

/* --- the sums --- */

typedef struct {
    unsigned by_status[PC_E_INTERNAL + 1];
    unsigned by_kind[FAULT_KINDS];
    unsigned runs;
    unsigned killed;
    unsigned findings;
    unsigned known;
    bool *shown; /* the rows of known_faults */
} sums;

static void count_runs(const fault_case *each, sums *total)
{
    for (unsigned i = 0; i < each->run_count; i++) {
        const fault_run *run = &each->runs[i];

        total->runs++;
        if (run->outcome.killed) {
            total->killed++;
        } else if (run->finished) {
            total->by_status[run->outcome.status]++;
        }
    }
}

static void count_finding(const sweep *whole, const fault_row *row, const fault_case *each, sums *total)
{
    const char *function = function_of(whole, row);
    const known_fault *known = known_fault_find(whole->swept, row->kind, function, each->finding);

    if (known) {
        total->known++;
        total->shown[known - known_faults] = true;
    } else if (total->findings++ < FINDINGS_SHOWN || getenv("P11CERT_SWEEP_ALL")) {
        (void)printf("  FINDING %s: %s (%s): %s\n%s", fault_kind_name(row->kind), row->plan, function, each->finding,
                     each->runs[0].outcome.text);
    }
}

/* The rows of others can then not occur. */
static bool is_partial(void)
{
    return getenv("P11CERT_SWEEP_PLAN") || getenv("P11CERT_SWEEP_KIND");
}

/* Rows that have been fixed. */
static unsigned count_past(const sweep *whole, const sums *total)
{
    unsigned past = 0;

    for (unsigned i = 0; i < known_fault_count && !is_partial(); i++) {
        if (!known_faults[i].by_chance && strcmp(known_faults[i].flow, whole->swept->name) == 0 && !total->shown[i]) {
            (void)printf("  NO LONGER: %s at %s: \"%s\": take it out of known.c\n",
                         fault_kind_name(known_faults[i].kind), known_faults[i].function, known_faults[i].finding);
            past++;
        }
    }
    return past;
}

static void print_sums(const sweep *whole, const sums *total, double seconds)
{
    (void)printf("%s: %u calls, %u runs of %u faults (seed %lu) in %.1f s, %u findings, %u known;", whole->swept->name,
                 whole->call_count, total->runs, whole->list.count, sweep_seed(), seconds, total->findings,
                 total->known);
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        (void)printf(" %s %u", fault_kind_name((fault_kind)i), total->by_kind[i]);
    }
    (void)printf("; killed %u", total->killed);
    for (unsigned i = 0; i <= PC_E_INTERNAL; i++) {
        if (total->by_status[i]) {
            (void)printf(", %s %u", pc_status_name((pc_status)i), total->by_status[i]);
        }
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

/* The seed makes the same choice while the code is the same; the plan of a finding runs it alone. */
static void print_repetition(const sweep *whole)
{
    (void)printf("  to repeat \"%s\": P11CERT_SWEEP_SEED=%lu %s; one finding alone: P11CERT_SWEEP_PLAN='PLAN' %s\n",
                 whole->swept->name, sweep_seed(), program_invocation_name, program_invocation_name);
    (void)fflush(stdout);
}

static unsigned report(const sweep *whole, double seconds)
{
    sums total = { .shown = calloc(known_fault_count + 1, sizeof(bool)) };

    MUST(total.shown);
    for (unsigned i = 0; i < whole->case_count; i++) {
        count_runs(&whole->cases[i], &total);
        total.by_kind[whole->list.rows[i].kind]++;
        if (whole->cases[i].finding[0]) {
            count_finding(whole, &whole->list.rows[i], &whole->cases[i], &total);
        }
    }
    print_sums(whole, &total, seconds);
    unsigned wrong = total.findings + count_past(whole, &total);

    if (wrong) {
        print_repetition(whole);
    }

    free(total.shown);
    return wrong;
}

static double now_sec(void)
{
    struct timespec time;

    MUST(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Also in a separate process: the preparation may use the library. */
static void prepare(sweep *whole)
{
    int status = 0;
    const char *token = whole->swept->makes_token ? "other" : "t";

    token_store_make(&whole->reference);
    token_store_add_token(&whole->reference, token);
    scene_add_bystanders(token);
    store_walk_take(&whole->reference, &whole->others);
    MUST(whole->others.count == 4);
    pid_t child = start();

    if (child == 0) {
        if (whole->swept->prepare) {
            whole->swept->prepare(&whole->reference);
        }
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child && status == 0);
    store_walk_take(&whole->reference, &whole->start);
}

static void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    MUST(memory != MAP_FAILED);
    return memory;
}

unsigned sweep_flow(const flow *swept)
{
    static sweep whole;
    double started = now_sec();
    fault_run *honest = shared_memory(sizeof *honest);

    whole = (sweep){ .swept = swept };
    prepare(&whole);
    see_calls(&whole, honest);
    choose_cases(&whole);
    size_t size = (whole.case_count + 1) * sizeof *whole.cases;

    whole.cases = shared_memory(size);
    run_all(&whole);
    unsigned findings = report(&whole, now_sec() - started);

    token_store_remove(&whole.reference);
    free(whole.list.rows);
    (void)munmap(whole.cases, size);
    (void)munmap(honest, sizeof *honest);
    return findings;
}
