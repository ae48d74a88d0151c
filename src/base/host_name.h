/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_HOST_NAME_H
#define PC_BASE_HOST_NAME_H

#include <stdbool.h>

typedef enum {
    PC_HOST_NAME_STRICT,  /**< letters, digits and '-' */
    PC_HOST_NAME_WINDOWS, /**< '_' as well, which Windows host names may have */
} pc_host_name_rule;

/**
 * Is it a host name: labels of 1 to 63 characters that neither begin nor end with '-', at most 253 characters in all?
 * What passes is safe as a file name too: no '/', no '.' at the start, no control character.
 *
 * Source: RFC 1123 section 2.1.
 */
bool pc_is_host_name(const char *text, pc_host_name_rule rule);

#endif
