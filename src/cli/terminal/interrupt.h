/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_INTERRUPT_H
#define PC_CLI_INTERRUPT_H

/**
 * From now on SIGINT, SIGTERM and SIGHUP remove the folder that is being filled, say so, and then end the program as
 * usual. A signal that is ignored, as under nohup(1), stays ignored.
 */
void pc_interrupt_clean_up(void);

/** Remove that folder, if there is one, and say so on standard error. Async-signal-safe. */
void pc_interrupt_remove_unfinished(void);

#endif
