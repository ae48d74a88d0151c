/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_OPENSSL_ERROR_H
#define PC_X509_OPENSSL_ERROR_H

#include <p11cert/error.h>

/**
 * Start an error chain from OpenSSL's queue and clear the queue: the sentence, then the reason of the oldest entry,
 * which is the original cause. Returns status.
 */
pc_status pc_fail_openssl(pc_error *err, pc_status status, const char *format, ...) PC_PRINTF(3, 4);

#endif
