/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

#include <string.h>

/* The last row stays. */
const known_fault known_faults[] = {
    { .flow = "copy",
      .kind = FAULT_LIE,
      .finding = "and a certificate is missing",
      .why = "the search for certificates with the key's CKA_ID ends as if there were none, or one has no label",
      .by_chance = true },
    { .flow = NULL },
};

const unsigned known_fault_count = sizeof known_faults / sizeof *known_faults - 1;

const known_fault *known_fault_find(const flow *swept, fault_kind kind, const char *function, const char *finding)
{
    for (const known_fault *known = known_faults; known->flow; known++) {
        if (known->kind == kind && strcmp(known->flow, swept->name) == 0 &&
            (!known->function || strcmp(known->function, function) == 0) &&
            (finding ? strstr(finding, known->finding) != NULL : !known->by_chance)) {
            return known;
        }
    }
    return NULL;
}
