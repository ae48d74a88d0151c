/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_NEW_OPTIONS_H
#define PC_CLI_NEW_OPTIONS_H

#include <p11cert/new.h>

#include "cli/cli.h"
#include "cli/options/shared_options.h"

/** The options for the key and the request, the same for every verb that creates them: rows for groups. */
extern const pc_option pc_options_new_key[];
extern const pc_option pc_options_new_request[];
extern const pc_option pc_options_new_windows[];

enum { PC_NEW_NAME_KINDS = 5 };

/** The struct that they fill. */
typedef struct {
    const char *subject;
    const char *key_type;
    const char *label;
    const char *id;
    pc_texts names[PC_NEW_NAME_KINDS]; /**< in the order of the options: DNS, IP, email, UPN, URI */
    pc_texts ekus;
    const char *key_usage;
    const char *digest;
    pc_texts tolerate;
    pc_exportable_given exportable;
    bool windows;
} pc_new_given;

/**
 * Convert the given options to the library's form; inf, key, out and force are left unset. Borrows `given`; the list of
 * names belongs to the run's arena.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_new_options_take(pc_cli *cli, const pc_new_given *given, pc_new_order *ret_order);

#endif
