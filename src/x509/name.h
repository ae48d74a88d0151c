/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_NAME_H
#define PC_X509_NAME_H

#include <p11cert/request.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

/**
 * A distinguished name as an OpenSSL name, in the order given. String types are chosen as on Windows: PrintableString
 * if the characters allow it, else UTF8String; IA5String for e-mail and DC.
 * @return PC_OK, with *ret_name owned by the caller; PC_E_INPUT (the error names the attribute), also for PC_VALUE_DER,
 *         which OpenSSL names do not support; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_name_build(const pc_name *name, X509_NAME **ret_name, pc_error *err);

/** DER of a name, in the arena. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_x509_name_der(const X509_NAME *name, pc_arena *arena, pc_bytes *ret_der, pc_error *err);

/** Whether two names are the same in DER, byte for byte: X509_NAME_cmp regards names that differ only in case as the
 * same. */
bool pc_x509_name_same_bytes(const X509_NAME *left, const X509_NAME *right);

/**
 * One human-readable line, "CN=a, O=b", in encoding order, with RFC 2253 escapes, UTF-8; safe to print. "(empty)" for
 * an empty name. In the arena; NULL when out of memory.
 */
const char *pc_x509_name_text(const X509_NAME *name, pc_arena *arena);

#endif
