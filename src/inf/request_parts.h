/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_REQUEST_PARTS_H
#define PC_INF_REQUEST_PARTS_H

#include <p11cert/request.h>

#include "inf/x500.h"

/** Parts of a request that only INF files can ask for. Texts and bytes given must live as long as the request. */

/** pc_request_set_subject with the flags of X500NameFlags. */
PC_MUST_CHECK pc_status pc_request_set_subject_by(pc_request *request, const char *x500, const pc_x500_options *options,
                                                  pc_error *err);

/** Add a name that has been read, unless the request already has it. @return as pc_request_add_alt_name. */
PC_MUST_CHECK pc_status pc_request_push_alt_name(pc_request *request, const pc_alt_name *name, pc_error *err);

/** Add an extension by its encoding. @return PC_OK; PC_E_INPUT if there are too many; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_request_add_raw(pc_request *request, const pc_raw_extension *raw, pc_error *err);

/** Is an extension with that OID requested by its encoding? */
pc_raw_extension *pc_request_find_raw(const pc_request *request, const char *oid);

#endif
