/* SPDX-License-Identifier: Apache-2.0 */
#include "write_trap.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARGUMENT(registers, n) \
    ((registers)->gregs[(n) == 0 ? REG_RDI : (n) == 1 ? REG_RSI : (n) == 2 ? REG_RDX : REG_R10])
#define RESULT(registers) ((registers)->gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARGUMENT(registers, n) ((registers)->regs[n])
#define RESULT(registers)      ((registers)->regs[0])
#else
#error "where does this machine keep the arguments of a system call?"
#endif

static __thread struct {
    int is_installed;
    int is_counting;
    unsigned long count;
    unsigned long nth;
    int signal;
    bool written; /* the signal comes after the write */
} trap;

static struct {
    unsigned long count;
    unsigned long nth;
} network; /* of the whole process, whose threads inherit the filter */

/* writev is not trapped. */
static long write_all(int fd, char *bytes, size_t len)
{
    const struct iovec part = { bytes, len };
    ssize_t put = len ? writev(fd, &part, 1) : 0;

    return put < 0 ? -errno : put;
}

/* To the process, as from a terminal: this thread may have blocked it. */
static void send_signal(bool written)
{
    if (trap.is_counting && trap.nth && trap.count == trap.nth && trap.written == written) {
        (void)kill(getpid(), trap.signal);
    }
}

static long on_write(int fd, char *bytes, size_t len)
{
    trap.count += (unsigned long)trap.is_counting;
    send_signal(false);
    long result = write_all(fd, bytes, len);

    send_signal(true);
    return result;
}

static void pass_moment(void)
{
    if (++network.count == network.nth) {
        (void)kill(getpid(), SIGKILL);
    }
}

/* sendmsg and recvmsg are not trapped. */
static long on_send(int fd, struct msghdr *message, int flags)
{
    pass_moment();
    ssize_t put = sendmsg(fd, message, flags);

    pass_moment();
    return put < 0 ? -errno : put;
}

static long on_receive(int fd, struct msghdr *message, int flags)
{
    ssize_t got = recvmsg(fd, message, flags);

    if (got >= 0) { /* until then nothing has happened */
        pass_moment();
    }
    return got < 0 ? -errno : got;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    mcontext_t *registers = &interrupted->uc_mcontext;
    int kept = errno;
    int fd = (int)ARGUMENT(registers, 0);
    char *bytes = (char *)(uintptr_t)ARGUMENT(registers, 1); /* NOLINT: a register holds the pointer */
    size_t len = (size_t)ARGUMENT(registers, 2);
    int flags = (int)ARGUMENT(registers, 3);
    struct iovec part = { bytes, len };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

    (void)signal;
    RESULT(registers) = info->si_syscall == SYS_write    ? on_write(fd, bytes, len)
                        : info->si_syscall == SYS_sendto ? on_send(fd, &message, flags)
                                                         : on_receive(fd, &message, flags);
    errno = kept;
}

/* The filter for these two calls; for a single call, it is given twice. */
static void install(unsigned first, unsigned second)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = { .len = sizeof code / sizeof *code, .filter = code };
    struct sigaction action = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO };

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        perror("write trap: seccomp");
        abort();
    }
}

/* A thread that blocks all signals would be killed by the first write. */
void write_trap_set(unsigned long nth, int signal, bool written)
{
    sigset_t own;

    (void)sigemptyset(&own);
    (void)sigaddset(&own, SIGSYS);
    (void)pthread_sigmask(SIG_UNBLOCK, &own, NULL);
    if (!trap.is_installed) {
        install(SYS_write, SYS_write);
        trap.is_installed = 1;
    }
    trap.is_counting = 1;
    trap.count = 0;
    trap.nth = nth;
    trap.signal = signal;
    trap.written = written;
}

void write_trap_count(void)
{
    write_trap_set(0, 0, false);
}

unsigned long write_trap_end(void)
{
    trap.is_counting = 0;
    return trap.count;
}

void network_trap_set(unsigned long nth)
{
    static int is_installed;

    network.nth = nth;
    if (!is_installed) {
        is_installed = 1;
        install(SYS_sendto, SYS_recvfrom);
    }
}
