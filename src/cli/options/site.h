/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_SITE_H
#define PC_CLI_SITE_H

#include <p11cert/error.h>

#include "base/arena.h"

/** The settings in a site's entry in a configuration file, each in the form of its option; NULL: not set. */
typedef struct {
    const char *name;
    const char *module;
    const char *module_init_args;
    const char *token;
    const char *pin_source;
    const char *signer;
    const char *ca;
    const char *policy;
    const char *file; /**< the file that contains it */
} pc_site;

/**
 * Find a site in the user's configuration file, then in the machine's: $XDG_CONFIG_HOME/p11cert/config.yaml (or
 * ~/.config/…) and /etc/p11cert/config.yaml; or only in $P11CERT_CONFIG.
 * @param name      NULL: the one that a file names as its default, if any does
 * @param ret_site  in the arena; NULL if no site was named and there is no default
 * @return PC_OK; PC_E_NOT_FOUND (the named site); PC_E_INPUT (a file); PC_E_REFUSED (others can change a file);
 * PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_site_find(const char *name, pc_arena *arena, const pc_site **ret_site, pc_error *err);

/**
 * The audit log that a configuration file names with `log`, whichever site is used: the user's file before the
 * machine's, or only $P11CERT_CONFIG.
 * @param ret_log   in the arena; NULL: none
 * @param ret_file the file that contains it
 * @return as pc_site_find; PC_E_INPUT also if it is a path that does not begin with '/'.
 */
PC_MUST_CHECK pc_status pc_site_log(pc_arena *arena, const char **ret_log, const char **ret_file, pc_error *err);

typedef struct {
    const char **items;
    size_t count;
} pc_site_name_list;

/**
 * The names of all sites that pc_site_find finds.
 * @param ret_names  in the arena
 * @return as pc_site_find, but never PC_E_NOT_FOUND.
 */
PC_MUST_CHECK pc_status pc_site_names(pc_arena *arena, pc_site_name_list *ret_names, pc_error *err);

/** The setting of a site for an option; NULL if there is none. @param environment of the option; NULL if it has none */
const char *pc_site_setting(const pc_site *site, const char *option, const char *environment);

#endif
