/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_DIALOG_H
#define PC_TOKEN_PIN_DIALOG_H

#include <p11cert/secret.h>

/**
 * Ask a person for a secret in a window of another program. Both programs are run without a shell, as
 * pc_pin_program_read does; what they are asked for is no secret, and the answer goes from a pipe into locked memory.
 * There is one question, and PC_PIN_PERSON_SEC seconds to answer it.
 */

/** What the person sees. None of it is a secret. */
typedef struct {
    const char *what;  /**< "PIN of token \"servers\"" */
    const char *field; /**< the name of the field for the answer: "User PIN:"; askpass shows none */
} pc_dialog_question;

/** Is it this source, alone or with a colon and a path? */
bool pc_pin_source_is(const char *source, const char *name);

/** Is it `prompt`, or one of the two below? Then a person answers. NULL: prompt. */
bool pc_pin_source_asks(const char *source);

/**
 * `pinentry` or `pinentry:PATH`: GnuPG's programs for this, which speak the Assuan protocol (the manual of pinentry,
 * chapter "Protocol"). Default: /usr/bin/pinentry. It may use the terminal of this process.
 *
 * @param path  NULL: the default
 * @param pin   has room for the secret
 * @return PC_OK; PC_E_AUTH (the person cancelled, or did not answer; the program failed); PC_E_USAGE (not an absolute
 *         path); PC_E_NOT_FOUND; PC_E_REFUSED (others can change the program); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pin_dialog_pinentry(const char *path, const pc_dialog_question *question, pc_secret *pin,
                                               pc_error *err);

/**
 * `askpass` or `askpass:PATH`: a program that takes the question as its argument and prints the answer, as ssh uses it
 * (ssh(1), SSH_ASKPASS). Default: the program in SSH_ASKPASS.
 * @return as above; PC_E_USAGE also if there is no program.
 */
PC_MUST_CHECK pc_status pc_pin_dialog_askpass(const char *path, const pc_dialog_question *question, pc_secret *pin,
                                              pc_error *err);

#endif
