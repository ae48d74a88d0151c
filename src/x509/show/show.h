/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SHOW_H
#define PC_X509_SHOW_H

#include <p11cert/show.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * The contents of an extension or a request attribute in readable form: Microsoft's, which OpenSSL does not know, with
 * our own tables, the others with OpenSSL's. The input is untrusted; an unreadable value has no fields, only hex. All
 * in the arena.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_show_extensions(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena,
                                                pc_shown *shown, pc_error *err);

/** Every value of every attribute of a request, except extension requests. @return as above. */
PC_MUST_CHECK pc_status pc_x509_show_attributes(const X509_REQ *csr, pc_arena *arena, pc_shown *shown, pc_error *err);

#endif
