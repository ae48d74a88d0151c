/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

#include <string.h>

const known_fault known_faults[] = {
    { "renew", FAULT_UNTOUCHED, "C_GetAttributeValue", "run again without a fault, it fails",
      "where the CA's answer could not be recorded, the operator is asked what the CA has", true },
    { "renew, with a new key", FAULT_UNTOUCHED, "C_GetAttributeValue", "run again without a fault, it fails",
      "where the CA's answer could not be recorded, the operator is asked what the CA has", true },
    { "renew, with a new key", FAULT_UNTOUCHED, "C_GetAttributeValue",
      "said to be done, and there are other certificates than these",
      "a record that cannot be read is not removed, and no message mentions it", true },
};

const unsigned known_fault_count = sizeof known_faults / sizeof *known_faults;

const known_fault *known_fault_find(const flow *swept, fault_kind kind, const char *function, const char *finding)
{
    for (unsigned i = 0; i < known_fault_count; i++) {
        const known_fault *known = &known_faults[i];

        if (known->kind == kind && strcmp(known->flow, swept->name) == 0 &&
            (!known->function || strcmp(known->function, function) == 0) &&
            (finding ? strstr(finding, known->finding) != NULL : !known->by_chance)) {
            return known;
        }
    }
    return NULL;
}
