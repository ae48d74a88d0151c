/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_AUDIT_AUDIT_H
#define PC_APP_AUDIT_AUDIT_H

#include <p11cert/audit.h>
#include <stddef.h>

/**
 * Before something is changed that is not on a token, such as a revocation in an issuance log. Nothing if there is no
 * log. To be followed by pc_audit_end.
 * @return PC_OK; PC_E_IO: the change must not be made.
 */
PC_MUST_CHECK pc_status pc_audit_begin(pc_error *err);

/**
 * The change was made, or failed.
 * @param act     "revoke"
 * @param object the object of the change, in words
 */
void pc_audit_end(const char *act, const char *object, pc_status status);

/**
 * A failure in one line, for the journal: new failed: cannot log in to token "servers": CKR_PIN_INCORRECT
 * @param verb  NULL: it is not known
 */
void pc_audit_word_failure(const char *verb, const pc_error *failure, char *words, size_t size);

#endif
