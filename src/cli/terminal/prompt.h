/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_PROMPT_H
#define PC_CLI_PROMPT_H

#include <p11cert/token.h>

/**
 * Ask at the terminal of this process (/dev/tty), without echo, straight into locked memory. The terminal is restored
 * even if a signal ends the prompt. A pc_pin_prompt.
 */
pc_status pc_prompt_terminal(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err);

#endif
