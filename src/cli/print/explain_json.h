/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_EXPLAIN_JSON_H
#define PC_CLI_EXPLAIN_JSON_H

#include <jansson.h>

#include <p11cert/explain.h>

/** The contract of `p11cert explain --json`, p11cert-explain(1). NULL when out of memory. */
json_t *pc_json_explanation(const pc_explanation *explanation);

#endif
