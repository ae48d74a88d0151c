/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_FACT_H
#define P11CERT_FACT_H

/** A fact that may be unknown. Unknown is the zero value, so that nothing is claimed by default. */
typedef enum {
    PC_FACT_UNKNOWN,
    PC_FACT_FALSE,
    PC_FACT_TRUE,
} pc_fact;

#endif
