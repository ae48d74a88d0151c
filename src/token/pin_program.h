/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_PROGRAM_H
#define PC_TOKEN_PIN_PROGRAM_H

#include <p11cert/secret.h>

#include <sys/types.h>

#define PC_PIN_PROGRAM_SEC 60  /**< seconds that a program has to answer */
#define PC_PIN_PERSON_SEC  600 /**< seconds that a person has to answer, in the window of a program */
#define PC_PIN_END_SEC     5   /**< seconds that a program has to end after its answer */

/**
 * Run a program that prints a PIN (RFC 7512 section 2.4: a pin-source that begins with '|'), and read its standard
 * output into `pin`, up to its size. No shell is involved: words are separated by spaces, and the first is the absolute
 * path of a program that only root or this user can change. Standard input is empty; standard error is this process's
 * own.
 *
 * @param command  what follows the '|'
 * @return PC_OK; PC_E_USAGE (not an absolute path, too many words); PC_E_NOT_FOUND; PC_E_REFUSED (others can change the
 *         program); PC_E_AUTH (it failed, or took longer than PC_PIN_PROGRAM_SEC, or did not end within PC_PIN_END_SEC
 * of its answer; it has been ended then); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pin_program_run(const char *command, pc_secret *pin, pc_error *err);

/**
 * The same for a program whose words are known, and which may ask a person.
 * @param words      end with NULL; the first is the absolute path of the program. None of them is a secret
 * @param limit_sec  seconds that it has to answer
 */
PC_MUST_CHECK pc_status pc_pin_program_read(char *const *words, int limit_sec, pc_secret *pin, pc_error *err);

/**
 * Start such a program with its standard input and output on these descriptors.
 * @return as pc_pin_program_run; the caller ends the process (base/process.h).
 */
PC_MUST_CHECK pc_status pc_pin_program_start(char *const *words, int input, int output, pid_t *ret_pid, pc_error *err);

#endif
