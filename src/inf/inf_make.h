/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_MAKE_H
#define PC_INF_INF_MAKE_H

#include <p11cert/explain.h>
#include <p11cert/inf.h>
#include <p11cert/request.h>

#include "inf/x500.h"

/** What the effect of an entry is. */
typedef struct {
    pc_effect effect;
    const char *note; /**< NULL: none has been set */
} pc_inf_meaning;

/** What a file says, kept in addition to the request that is created from it, including what cannot be honoured. */
typedef struct {
    pc_inf_meaning *meanings;  /**< one for each entry, in inf's arena */
    const char *request_type;  /**< static; NULL if not stated */
    const char *hash;          /**< NULL if not said */
    const char *key_algorithm; /**< NULL if not said */
    unsigned key_bits;
    bool exportable_encrypted;
} pc_inf_said;

/** What kind of file it is, by its sections. */
pc_inf_kind pc_inf_kind_of(const pc_inf *inf);

/** Why no request can be created from a file that is not a PC_INF_REQUEST, as an error. @return its status. */
pc_status pc_inf_refuse(const pc_inf *inf, pc_error *err);

/** pc_inf_to_request for a file of the kind PC_INF_REQUEST; ret_said is filled as far as it was understood. */
PC_MUST_CHECK pc_status pc_inf_make_request(pc_inf *inf, pc_inf_said *ret_said, pc_request **ret_request,
                                            pc_error *err);

/** What a section means in a file from which no request is created. Static. */
const char *pc_inf_section_note(const char *section);

#endif
