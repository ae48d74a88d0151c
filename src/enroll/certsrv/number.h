/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_NUMBER_H
#define PC_ENROLL_NUMBER_H

#include "base/text.h"

/** Numbers of requests and renewals as pages write them: decimal, 32 bits ([MS-WCCE] section 2.2.2.1). */

/** The number that the text starts with. @return its length in bytes; 0 if it starts with none. */
size_t pc_number_read(pc_span text, unsigned long *ret_number);

/** The only number in the text that is a separate word and not 0; 0 if there is none, or two that differ. */
unsigned long pc_number_only(pc_span text);

#endif
