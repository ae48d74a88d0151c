/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_RULE_LISTING_H
#define PC_CLI_RULE_LISTING_H

#include <jansson.h>
#include <stdio.h>

#include <p11cert/policy.h>

/** `p11cert check --list-rules`: each rule, and under it the policies that require it, with their words. */
void pc_rule_listing_print(FILE *out, const pc_rule_listing *listing);

/** { "rules": [ { "id", "title", "uses": [ { "policy", "severity", "requirement" } ] } ] }. NULL when out of memory. */
json_t *pc_rule_listing_to_json(const pc_rule_listing *listing);

#endif
