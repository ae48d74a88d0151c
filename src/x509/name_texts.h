/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_NAME_TEXTS_H
#define PC_X509_NAME_TEXTS_H

#include "base/arena.h"
#include "x509/auto.h"

/**
 * What is wrong with a name in the certificate that programs or people would take for another one: in the subject, an
 * attribute that is empty or has a character that is not seen (pc_text_is_harmful), such as NUL; among the alternative
 * names, a DNS name that is not a host name, with "*." before it or not, an IP address that does not have 4 or 16
 * octets, and a mail address or URI that is empty or has anything but printable ASCII (RFC 5280, section 4.2.1.6).
 * Names of other kinds are left to those who read them.
 * @param ret_fault  NULL: nothing; else the rest of a sentence, in the arena
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_find_bad_name(X509 *certificate, pc_arena *arena, const char **ret_fault,
                                              pc_error *err);

#endif
