/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_OWN_MODULE_H
#define PC_BASE_OWN_MODULE_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/cleanup.h"

/**
 * The modules of p11cert's own, in a folder next to libp11cert. A large library that few verbs use is linked to such a
 * module instead of libp11cert: loading it would take most of the time of a verb that does not need it. The module
 * hands out a table of the library's functions.
 */

#define PC_OWN_MODULE_PATH_ROOM 4096u

/** The function of a module that returns its table, the table's size, and the version of p11cert that it belongs to. */
typedef const void *pc_own_module_function(size_t *ret_size, const char **ret_version);

/** A module with a table, as its user knows it: static, and passed to pc_own_module_open before each use. */
typedef struct {
    const char *file;            /**< "p11cert-curl.so" */
    const char *function;        /**< the name of its pc_own_module_function */
    size_t table_size;           /**< what the user takes for the table must be of that size, */
    const char *version;         /**< and of this version: P11CERT_VERSION */
    _Atomic(const void *) table; /**< NULL until the module is open; it stays open until the process ends */
} pc_own_module;

/** The path of a module. @return PC_OK; PC_E_CRYPTO (p11cert is not installed completely). */
PC_MUST_CHECK pc_status pc_own_module_find(const char *file, char path[static PC_OWN_MODULE_PATH_ROOM], pc_error *err);

/**
 * Open a module, unless it is open. Any thread may call it.
 * @return PC_OK, and module->table is set; PC_E_CRYPTO (not found; a library that it needs is missing; of another
 *         version than libp11cert, as during an upgrade).
 */
PC_MUST_CHECK pc_status pc_own_module_open(pc_own_module *module, pc_error *err);

#endif
