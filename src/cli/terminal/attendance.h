/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_ATTENDANCE_H
#define PC_CLI_ATTENDANCE_H

#include <p11cert/ceremony.h>

/**
 * Ask those who attend a ceremony, at the terminal of this process (/dev/tty), as pc_ceremony_talk.ask: y (or a name)
 * continues, d REASON is a deviation, pause and abort REASON end the run. After a line that is none of these, the
 * question is repeated.
 * @return PC_OK; PC_E_REFUSED if there is no terminal, or it ends.
 */
pc_status pc_attendance_ask(void *context, const pc_ceremony_question *question, pc_ceremony_answer *ret_answer,
                            pc_error *err);

#endif
