/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "must.h"

#define MAX_CASES      4096u
#define MAX_CALLS      128u
#define WORKERS        2u
#define RUN_LIMIT_SEC  60u /* a bound for what hangs, on a machine under load */
#define FINDINGS_SHOWN 12u

/* Under AddressSanitizer a run takes many times as long: every seventh fault is injected there, which, seven
 * having no factor in common with the numbers of codes and lengths, still visits each call and each fault. */
#if defined(__SANITIZE_ADDRESS__)
#define STRIDE 7u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRIDE 7u
#endif
#endif
#ifndef STRIDE
#define STRIDE 1u
#endif

/* One fault, and what came of it. Shared between the processes. */
typedef struct {
    char plan[64];
    bool kills;
    bool finished; /* the run came to its end and has a status */
    int signal;    /* that ended it; 0 if none */
    int exit_code;
    run_outcome outcome;
    bool judged;
    char finding[160]; /* empty: all is well */
} fault_case;

typedef struct {
    const flow *swept;
    token_store reference;
    char calls[MAX_CALLS][32]; /* the functions called in a run without faults */
    unsigned call_count;
    fault_case *cases;
    unsigned case_count;
} sweep;

/* Of a slow flow every seventh too; P11CERT_SWEEP_ALL in the environment leaves none out. */
static unsigned stride_of(const flow *swept)
{
    return getenv("P11CERT_SWEEP_ALL") ? 1u : STRIDE * (swept->slow ? 7u : 1u);
}

/* --- processes --- */

static void run_body(const sweep *whole, const token_store *store, const char *plan, fault_case *each)
{
    pc_error err = { 0 };

    fault_plan(store, plan);
    each->outcome.status = whole->swept->run(&whole->reference, store, FAULT_MODULE, false, &err);
    if (each->outcome.status != PC_OK) {
        (void)error_text(&err, each->outcome.text, sizeof each->outcome.text);
    }
    each->finished = true;
}

/* Faults bring down modules that are not ours too; nothing is learnt from a core of each. */
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

static void wait_for(pid_t child, fault_case *each)
{
    int status = 0;

    MUST(waitpid(child, &status, 0) == child);
    each->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    each->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void run_faulty(const sweep *whole, const token_store *store, fault_case *each)
{
    pid_t child = start();

    if (child == 0) {
        run_body(whole, store, each->plan, each);
        _exit(0);
    }
    wait_for(child, each);
    each->outcome.killed = each->kills && each->signal == SIGKILL;
}

/* --- judging --- */

static const char *judge_end(const fault_case *each)
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

/* The same again without faults must reach the state that was wanted, with the key that was there. */
static const char *judge_second_run(const sweep *whole, const token_store *store)
{
    static run_outcome again;
    unsigned char before[128];
    unsigned char after[128];
    pc_error err = { 0 };
    size_t before_len = flow_server_point(before);

    again.status = whole->swept->run(&whole->reference, store, SOFTHSM_MODULE, true, &err);
    if (again.status != PC_OK) {
        (void)error_text(&err, again.text, sizeof again.text);
        (void)fprintf(stderr, "%s", again.text);
        return "run again without a fault, it fails";
    }
    const char *wrong = whole->swept->judge(&whole->reference, store, &again);
    size_t after_len = flow_server_point(after);

    if (!wrong && before_len && (before_len != after_len || memcmp(before, after, before_len) != 0)) {
        return "run again, it took another key";
    }
    return wrong;
}

/* A killed run may leave its unfinished file behind; the next one must not mind. */
static void judge_body(const sweep *whole, const token_store *store, fault_case *each)
{
    const char *wrong = judge_end(each);

    if (!wrong) {
        wrong = whole->swept->judge(&whole->reference, store, &each->outcome);
    }
    if (!wrong && !each->outcome.killed) {
        wrong = judge_second_run(whole, store);
    } else if (!wrong) {
        char folder[128];
        char away[128];

        (void)rename(token_store_path(store, "out", folder), token_store_path(store, "killed", away));
        wrong = judge_second_run(whole, store);
    }
    (void)snprintf(each->finding, sizeof each->finding, "%s", wrong ? wrong : "");
    each->judged = true;
}

static void run_case(const sweep *whole, fault_case *each)
{
    token_store store;
    fault_case end = { .kills = false };

    token_store_copy(&whole->reference, &store);
    run_faulty(whole, &store, each);
    pid_t child = start();

    if (child == 0) {
        (void)alarm(4 * RUN_LIMIT_SEC);
        judge_body(whole, &store, each);
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
    unsigned stride = stride_of(whole->swept);
    pid_t workers[WORKERS];

    for (unsigned i = 0; i < WORKERS; i++) {
        (void)fflush(NULL);
        workers[i] = fork();
        MUST(workers[i] >= 0);
        if (workers[i] == 0) {
            for (unsigned j = i * stride; j < whole->case_count; j += WORKERS * stride) {
                run_case(whole, &whole->cases[j]);
            }
            _exit(0);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        int status = 0;

        MUST(waitpid(workers[i], &status, 0) == workers[i] && status == 0);
    }
}

/* --- the faults --- */

PC_PRINTF(3, 4)
static void add_case(sweep *whole, bool kills, const char *format, ...)
{
    va_list args;

    MUST(whole->case_count < MAX_CASES);
    fault_case *each = &whole->cases[whole->case_count++];

    va_start(args, format);
    MUST(vsnprintf(each->plan, sizeof each->plan, format, args) < (int)sizeof each->plan);
    va_end(args);
    each->kills = kills;
}

/* DEVICE_ERROR, DEVICE_REMOVED, SESSION_HANDLE_INVALID, USER_NOT_LOGGED_IN, GENERAL_ERROR, HOST_MEMORY */
static const char *const codes[] = { "0x30", "0x32", "0xb3", "0x101", "0x05", "0x02" };
static const char *const lengths[] = { "+1", "+4096", "0x7fffffff", "-1", "0" };

/* CKA_VALUE, LABEL, ID, KEY_TYPE, EXTRACTABLE, EC_PARAMS, EC_POINT */
static const char *const types[] = { "0x11", "0x3", "0x102", "0x100", "0x162", "0x180", "0x181" };

static void add_codes(sweep *whole, unsigned call)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        add_case(whole, false, "call=%u return=%s", call, codes[i]);
        add_case(whole, false, "call=%u+ return=%s", call, codes[i]);
    }
    add_case(whole, false, "call=%u then=0x30", call);
    add_case(whole, false, "call=%u+ then=0x32", call);
    add_case(whole, true, "call=%u kill=0", call);
}

static void add_lies(sweep *whole, unsigned call)
{
    const char *function = whole->calls[call - 1];
    bool attributes = strcmp(function, "C_GetAttributeValue") == 0;
    bool counted = strcmp(function, "C_GetSlotList") == 0 || strcmp(function, "C_FindObjects") == 0 ||
                   strcmp(function, "C_Sign") == 0 || strcmp(function, "C_WrapKey") == 0;

    add_case(whole, false, "call=%u skip=0", call);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && (attributes || counted); i++) {
        add_case(whole, false, "call=%u length=%s", call, lengths[i]);
        for (size_t j = 0; j < sizeof types / sizeof *types && attributes; j++) {
            add_case(whole, false, "call=%u length=%s@%s", call, lengths[i], types[j]);
        }
    }
}

/* First pass: which calls are there, and can a signal cut one that changes the store? In a process of its own, since
 * the engine starts once in a process. */
static void count_calls(sweep *whole)
{
    static char log[8192];
    char *rest = NULL;
    token_store store;

    token_store_copy(&whole->reference, &store);
    fault_case *honest = &whole->cases[MAX_CASES];
    pid_t child = start();

    if (child == 0) {
        run_body(whole, &store, "call=1+ held=0", honest);
        _exit(0);
    }
    wait_for(child, honest);
    if (honest->outcome.status != PC_OK) {
        (void)fprintf(stderr, "%s: without a fault: %s\n", whole->swept->name, honest->outcome.text);
    }
    MUST(honest->finished && honest->outcome.status == PC_OK);
    (void)fault_log(&store, log, sizeof log);
    whole->call_count = 0;
    for (const char *name = strtok_r(log, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        MUST(whole->call_count < MAX_CALLS);
        (void)snprintf(whole->calls[whole->call_count++], sizeof whole->calls[0], "%s", name);
    }
    token_store_remove(&store);
}

/* --- the sums --- */

static unsigned report(const sweep *whole, double seconds)
{
    unsigned by_status[PC_E_INTERNAL + 1] = { 0 };
    unsigned stride = stride_of(whole->swept);
    unsigned runs = 0;
    unsigned killed = 0;
    unsigned findings = 0;

    for (unsigned i = 0; i < whole->case_count; i += stride) {
        const fault_case *each = &whole->cases[i];
        unsigned call = (unsigned)strtoul(each->plan + strlen("call="), NULL, 10);

        runs++;
        if (each->outcome.killed) {
            killed++;
        } else if (each->finished) {
            by_status[each->outcome.status]++;
        }
        if (each->finding[0] && findings++ < FINDINGS_SHOWN) {
            (void)printf("  FINDING %s (%s): %s\n%s", each->plan, whole->calls[call - 1], each->finding,
                         each->outcome.text);
        }
    }
    (void)printf("%s: %u calls, %u runs in %.1f s, %u findings; killed %u", whole->swept->name, whole->call_count, runs,
                 seconds, findings, killed);
    for (unsigned i = 0; i <= PC_E_INTERNAL; i++) {
        if (by_status[i]) {
            (void)printf(", %s %u", pc_status_name((pc_status)i), by_status[i]);
        }
    }
    (void)printf("\n");
    (void)fflush(stdout);
    return findings;
}

static double now(void)
{
    struct timespec time;

    MUST(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* In a process of its own too: preparing may use the library. */
static void prepare(sweep *whole)
{
    int status = 0;

    token_store_make(&whole->reference);
    pid_t child = start();

    if (child == 0) {
        whole->swept->prepare(&whole->reference);
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child && status == 0);
}

unsigned sweep_flow(const flow *swept)
{
    static sweep whole;
    const size_t size = (MAX_CASES + 1) * sizeof *whole.cases;
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double started = now();

    MUST(shared != MAP_FAILED);
    whole = (sweep){ .swept = swept, .cases = shared };
    prepare(&whole);
    count_calls(&whole);
    for (unsigned call = 1; call <= whole.call_count; call++) {
        add_codes(&whole, call);
        if (!swept->without_lies) {
            add_lies(&whole, call);
        }
    }
    run_all(&whole);
    unsigned findings = report(&whole, now() - started);

    token_store_remove(&whole.reference);
    (void)munmap(shared, size);
    return findings;
}
