/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RETIRE_EARLIER_H
#define PC_APP_RETIRE_EARLIER_H

#include <p11cert/retire.h>

#include "token/session.h"

/**
 * Find out whether an earlier run retired a key that is no longer on the token, by the record of that run: the last
 * line about a key of this name on this token (by its label and serial number) has the event "done", and no key on the
 * token has the CKA_ID or the public key of that line. A line that cannot be read is no proof, and neither is one
 * before it.
 *
 * @param order   with a record
 * @param result  on success, if there is proof, label, id, kind, spki_sha256 and retired_at are set; else nothing is
 * @return PC_OK, also without proof and if there is no such file; PC_E_INPUT, PC_E_IO (the record cannot be read);
 *         PC_E_REFUSED (it was retired, and is on the token again under another name); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_retire_find_earlier(const pc_token *token, const pc_retire_order *order,
                                               pc_retire_result *result, pc_error *err);

#endif
