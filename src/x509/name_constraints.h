/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_NAME_CONSTRAINTS_H
#define PC_X509_NAME_CONSTRAINTS_H

#include "base/arena.h"
#include "x509/extensions.h"

/**
 * Name constraints (RFC 5280 section 4.2.1.10). The text of an IP constraint is "address/mask" or "address/bits";
 * without a mask it means that single address.
 * @return PC_OK; PC_E_INPUT (the error names the part that cannot be encoded); PC_E_MEMORY. The list is unchanged on
 *         failure.
 */
PC_MUST_CHECK pc_status pc_extension_add_name_constraints(pc_extension_list *list,
                                                          const pc_name_constraints *constraints, pc_error *err);

/**
 * Whether the name constraints of a CA rule out a certificate that it, or a CA below it, issues: each name of the
 * subject and of the alternative names, permitted and excluded, as X509_verify_cert compares them (RFC 5280 section
 * 6.1.4); besides, a wildcard that covers an excluded name, and name constraints that permit what the CA's do not. What
 * libcrypto cannot compare is ruled out, too.
 * @param authority      the certificate of the CA
 * @param ret_violation  in the arena: what is violated; NULL: nothing
 * @return PC_OK; PC_E_INPUT if the constraints cannot be read; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_name_constraints_violation(X509 *certificate, X509 *authority, pc_arena *arena,
                                                      const char **ret_violation, pc_error *err);

#endif
