/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_CERTIFICATE_INDEX_H
#define PC_TOKEN_CERTIFICATE_INDEX_H

#include "token/certificate_object.h"

/** All certificates of a token, for callers that look up those of many keys without a call to the token for each. */
typedef struct {
    pc_certificate_objects by_id;      /**< sorted by CKA_ID */
    pc_certificate_objects by_subject; /**< sorted by CKA_SUBJECT */
} pc_certificate_index;

/** @param all  copied into the arena, with what it points to borrowed. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certificate_index_make(pc_certificate_objects all, pc_arena *arena,
                                                  pc_certificate_index *ret_index, pc_error *err);

/** Those with a CKA_ID; the index owns them. Empty if the CKA_ID is empty. */
pc_certificate_objects pc_certificate_index_of_id(const pc_certificate_index *index, pc_bytes id);

/** Those with a subject, a DER Name; if there are none, those of which the token does not show the subject, so that the
 * caller compares what is in the certificate. The index owns them. */
pc_certificate_objects pc_certificate_index_of_subject(const pc_certificate_index *index, pc_bytes subject);

#endif
