/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of operator.h: a signal while a verb works, and a reader that has closed the pipe. */
#include "operator.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM };

/* The call that writes to the store first: SoftHSM writes the token's file at each login. */
static const char *first_write_of(const row *now)
{
    return operator_is(now, "pin") ? "C_SetPIN" : operator_is(now, "init") ? "C_InitToken" : "C_Login";
}

static running start_held(const row *now, const char *function)
{
    char plan[64];
    const char *words[40];

    (void)snprintf(plan, sizeof plan, "%s=1 hold=120", function);
    operator_line(now, &(change){ .behind = { "--module", FAULT_MODULE } }, words);
    return run_start_with_fault(&(run_order){ .words = words }, plan, function, 1);
}

/* Ended by the signal; batch ends after the current host, with its own exit code. */
static void expect_ended_by(running *program, int signal)
{
    const run_result *result = run_finish(program);

    if (result->exit_code != 128 + signal) {
        assert_int_equal(signal, result->signal);
    }
}

static bool has_ended(const running *program)
{
    siginfo_t info = { .si_pid = 0 };

    return waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == program->pid;
}

/* What a ceremony has recorded so far is kept, and is all that there is. */
static void forget_record(const row *now)
{
    if (operator_records(now)) {
        assert_string_equal("ceremony.yaml\nsite.yaml\ntranscript.jsonl\n", out_of(WORDS("ls", "out.run")));
        (void)out_of(WORDS("rm", "-r", "out.run"));
    }
}

/* A process that is ended in a call that writes finishes that call, and does nothing more. */
static void a_signal_waits_for_the_call_that_writes_and_ends_every_verb(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        for (size_t j = 0; rows[i].logs_in && j < sizeof signals / sizeof *signals; j++) {
            operator_begin(&rows[i]);
            running program = start_held(&rows[i], first_write_of(&rows[i]));

            assert_int_equal(0, kill(program.pid, signals[j]));
            WAIT_UNTIL(holds_off(program.pid, signals[j]));
            gate_open();
            expect_ended_by(&program, signals[j]);
            forget_record(&rows[i]);
            expect_no_file();
            if (strcmp(first_write_of(&rows[i]), "C_Login") == 0) {
                expect_nothing_made();
            }
        }
    }
}

/* With the same site file, which names the module. */
static const run_result *run_again(const row *now)
{
    assert_int_equal(0, setenv("P11CERT_FAULT_MODULE", SOFTHSM, 1));
    const run_result *result = operator_run(now, &(change){ .behind = { "--module", FAULT_MODULE } });

    assert_int_equal(0, unsetenv("P11CERT_FAULT_MODULE"));
    return result;
}

/* The same command finishes the work. The PIN is the new one by then. */
static void what_a_signal_ended_the_same_command_finishes(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        if (!rows[i].logs_in || operator_is(&rows[i], "pin")) {
            continue;
        }
        operator_begin(&rows[i]);
        running program = start_held(&rows[i], first_write_of(&rows[i]));

        assert_int_equal(0, kill(program.pid, SIGTERM));
        WAIT_UNTIL(holds_off(program.pid, SIGTERM));
        gate_open();
        expect_ended_by(&program, SIGTERM);
        expect_one_of(run_again(&rows[i]), 0, operator_finding(&rows[i]));
    }
}

/* In a call that only reads, it ends the run there, and leaves nothing. */
static void a_signal_ends_every_verb_in_a_call_that_reads(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        if (!rows[i].logs_in && !operator_is(&rows[i], "tokens") && !operator_is(&rows[i], "doctor")) {
            continue;
        }
        operator_begin(&rows[i]);
        running program = start_held(&rows[i], "C_GetTokenInfo");

        assert_int_equal(0, kill(program.pid, SIGINT));
        WAIT_UNTIL(has_ended(&program));
        expect_ended_by(&program, SIGINT);
        forget_record(&rows[i]);
        expect_nothing_made();
    }
}

/* SIGPIPE does not end the process: the error says that the work is kept, as for any other lost report. */
static void a_reader_that_closes_the_pipe_loses_the_report(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        int ends[2];
        const char *words[40];

        operator_begin(&rows[i]);
        assert_int_equal(0, pipe2(ends, O_CLOEXEC));
        assert_int_equal(0, close(ends[0]));
        operator_line(&rows[i], &(change){ .behind = { "--json" } }, words);
        const run_result *result = run_order_now(&(run_order){ .words = words, .out_fd = ends[1] });

        (void)close(ends[1]);
        expect_exit(result, 3);
        expect_contains(result, result->err, "cannot write standard output");
        expect_contains(result, result->err, "what the command made or changed is kept");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_signal_waits_for_the_call_that_writes_and_ends_every_verb),
    cmocka_unit_test(what_a_signal_ended_the_same_command_finishes),
    cmocka_unit_test(a_signal_ends_every_verb_in_a_call_that_reads),
    cmocka_unit_test(a_reader_that_closes_the_pipe_loses_the_report),
};

OPERATOR_MAIN(tests)
