/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_MODULE_H
#define PC_TOKEN_MODULE_H

#include <p11-kit/pkcs11.h>

#include <p11cert/token.h>

#include "base/arena.h"

/** A PKCS#11 module, loaded and initialised. */
typedef struct pc_module {
    CK_FUNCTION_LIST *functions; /**< through which every call to the module is made (token/calls.h) */
    CK_FUNCTION_LIST *loaded;    /**< the module's own, for p11-kit */
    char *name;                  /**< as given: a path, or a name in the registry */
    CK_FUNCTION_LIST **registry; /**< p11-kit's modules if it came from the registry, else NULL */
    bool is_softhsm;             /**< SoftHSM 2, recognised by its file name */
    bool initialised;
    bool has_standard_output; /**< descriptor 1 leads to standard error until it is closed */
    size_t sick_count;        /**< slots whose token could not be read by pc_module_slots */
    CK_SLOT_ID sick_slot;     /**< the first of these, and the reason */
    CK_RV sick_rv;
    char *init_args; /**< as given; NULL: none */
    char
        *own_init_args; /**< NULL, or the setting in the registry's file for a module that was loaded without p11-kit */
    char *registry_problem;      /**< why p11-kit could not load its registry, if the module was loaded without it */
    struct pc_label_log *labels; /**< followed since before it was initialised (label_log.h); NULL: there is none */
    bool one_thread;             /**< it cannot lock: only one thread may call it */
} pc_module;

/** A slot that holds a token. */
typedef struct {
    CK_SLOT_ID id;
    CK_TOKEN_INFO raw;
    pc_token_info info;
} pc_slot;

#define PC_MODULE_MAX_SLOTS 1024u

/**
 * Load and initialise. A name with a '/' is a path: it must be a regular file that only root or this user can write.
 * Any other name is looked up in the p11-kit registry; if another module in it, which is marked as critical, keeps
 * p11-kit from loading any, the registry's files are read instead, and registry_problem is set.
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT (not a module); PC_E_REFUSED (others can write it); PC_E_TOKEN, also if
 *         this process already has it open; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_module_open(const char *name, const char *init_args, pc_module **ret_module, pc_error *err);

/**
 * The same, also for a module that this process has open: it keeps its init arguments and its configuration, and the
 * last to close it finalises it.
 */
PC_MUST_CHECK pc_status pc_module_open_beside(const char *name, const char *init_args, pc_module **ret_module,
                                              pc_error *err);

/** Finalises and unloads. Accepts NULL. */
void pc_module_close(pc_module *module);

PC_AUTO_DEFINE(pc_module, pc_module, pc_module_close);

/**
 * All slots with a token that can be read, in the arena. A slot whose token cannot be read is left out, and counted in
 * the module: it must not prevent work with the others.
 * @return PC_OK, PC_E_TOKEN, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_module_slots(pc_module *module, pc_arena *arena, pc_slot **ret_slots, size_t *ret_count,
                                        pc_error *err);

/** The failure of a slot that was left out. @return PC_OK if there is none; the status of its code. */
PC_MUST_CHECK pc_status pc_module_sick_slot(const pc_module *module, pc_error *err);

/** Names of the modules in the p11-kit registry, in the arena. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_module_names(pc_arena *arena, const char ***ret_names, size_t *ret_count, pc_error *err);

/** Has the token been initialised? Some HSMs leave the flag unset, so having a label also counts. */
bool pc_slot_is_initialised(const pc_slot *slot);

#endif
