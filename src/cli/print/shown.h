/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_SHOWN_H
#define PC_CLI_SHOWN_H

#include <jansson.h>

#include <p11cert/show.h>

/**
 * Extensions or attributes as JSON: [ { "oid", "name", "critical", "fields": [ { "name", "value" } ], "hex" } ].
 * @param are_extensions  attributes have no "critical"
 */
json_t *pc_json_shown_parts(const pc_shown_part *parts, size_t count, bool are_extensions);

#endif
