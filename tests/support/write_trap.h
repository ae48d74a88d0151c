/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_WRITE_TRAP_H
#define TEST_SUPPORT_WRITE_TRAP_H

#include <stdbool.h>

/**
 * Signals that arrive in the middle of a write(2), wherever in the process it is: seccomp turns each write of this
 * thread into SIGSYS, whose handler writes instead. Once set, a thread's writes go through it for as long as it lives.
 */

/** From now on count the writes of this thread. */
void write_trap_count(void);

/** The same, and before the Nth the process gets the signal, or after it with `written`. */
void write_trap_set(unsigned long nth, int signal, bool written);

/** Returns how many there were. From now on they pass. */
unsigned long write_trap_end(void);

/**
 * SIGKILL at the Nth moment of the process's connections: before and after each send(2), and after each recv(2) that
 * gives something. To be set before there are other threads; where it is set again, the count continues.
 */
void network_trap_set(unsigned long nth);

#endif
