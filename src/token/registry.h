/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_REGISTRY_H
#define PC_TOKEN_REGISTRY_H

#include "base/arena.h"

/**
 * The contents of the files of p11-kit's registry. p11-kit loads all modules or, if one that is marked `critical: yes`
 * does not load, none; these files still say where the others are.
 */

typedef struct {
    const char *name;      /**< the name of its file without ".module", by which it is addressed */
    const char *path;      /**< NULL: it has none, because it runs in another process (remote) */
    const char *init_args; /**< x-init-reserved; NULL if there are none */
} pc_registered_module;

/**
 * The modules for this program. If several files have one name, a setting of the user overrides the system's, which
 * overrides the package's.
 *
 * @param ret_modules  sorted by folder, then name; in the arena
 * @return PC_OK, also if there are none; PC_E_MEMORY. A file that cannot be read is left out.
 *
 * Source: pkcs11.conf(5).
 */
PC_MUST_CHECK pc_status pc_registry_read(pc_arena *arena, pc_registered_module **ret_modules, size_t *ret_count,
                                         pc_error *err);

#endif
