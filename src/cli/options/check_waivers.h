/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CHECK_WAIVERS_H
#define PC_CLI_CHECK_WAIVERS_H

#include <popt.h>

#include <p11cert/policy.h>

#define PC_WAIVERS_MOST 64u

/** What --waive, --reason and --until said, in their order. */
typedef struct pc_given_waivers {
    struct pc_given_waivers *self; /**< popt hands out constant data only; this leads from it to here */
    pc_waiver items[PC_WAIVERS_MOST];
    size_t count;
    char *texts[3 * PC_WAIVERS_MOST]; /**< owned; what the items point to */
    size_t text_count;
    pc_error err; /**< of the first mistake */
} pc_given_waivers;

void pc_given_waivers_clear(pc_given_waivers *given);
#define PC_AUTO_WAIVERS __attribute__((cleanup(pc_given_waivers_clear)))

/** Entries of the table below, the last among them. */
#define PC_WAIVER_OPTIONS 5u

/** Fill a popt table that collects into `given`; to be included into that of a verb. */
void pc_waiver_options(pc_given_waivers *given, struct poptOption table[static PC_WAIVER_OPTIONS]);

/**
 * @return PC_OK; PC_E_USAGE (--reason or --until without --waive or twice, no reason, a rule waived twice);
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_given_waivers_check(const pc_given_waivers *given, pc_error *err);

#endif
