/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CONFIRM_H
#define PC_CLI_CONFIRM_H

#include <p11cert/error.h>

/**
 * Ask the user at the terminal of this process (/dev/tty) to type a word, which is shown. Pressing only Enter confirms
 * nothing.
 * @param question  "type the key's label to destroy these objects"
 * @return PC_OK if exactly that word was typed; PC_E_REFUSED if something else was, or there is no terminal.
 */
PC_MUST_CHECK pc_status pc_confirm_word(const char *question, const char *word, pc_error *err);

#endif
