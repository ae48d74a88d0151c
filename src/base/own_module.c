/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own_module.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "p11cert/" P11CERT_SOVERSION

pc_status pc_own_module_find(const char *file, char path[static PC_OWN_MODULE_PATH_ROOM], pc_error *err)
{
    Dl_info info;
    const char *folder_end = NULL;

    if (dladdr((void *)(uintptr_t)pc_own_module_find, &info) != 0 && info.dli_fname) {
        folder_end = strrchr(info.dli_fname, '/');
    }
    int len = folder_end ? snprintf(path, PC_OWN_MODULE_PATH_ROOM, "%.*s/" FOLDER "/%s",
                                    (int)(folder_end - info.dli_fname), info.dli_fname, file)
                         : -1;

    if (len < 0 || (size_t)len >= PC_OWN_MODULE_PATH_ROOM || access(path, R_OK) != 0) {
        (void)pc_fail(err, PC_E_CRYPTO, "the module " FOLDER "/%s was not found next to libp11cert", file);
        return pc_hint(err, PC_E_CRYPTO, "install p11cert completely: its packages again, or `cmake --install build`");
    }
    return PC_OK;
}

/* A module of another version may have another table. */
static const void *table_of(const pc_own_module *module, void *handle)
{
    const union {
        void *symbol;
        pc_own_module_function *function;
    } entry = { .symbol = dlsym(handle, module->function) };
    size_t size = 0;
    const char *version = "";
    const void *table = entry.symbol ? entry.function(&size, &version) : NULL;

    return size == module->table_size && strcmp(version, module->version) == 0 ? table : NULL;
}

pc_status pc_own_module_open(pc_own_module *module, pc_error *err)
{
    char path[PC_OWN_MODULE_PATH_ROOM];

    if (atomic_load(&module->table)) {
        return PC_OK;
    }
    PC_TRY(pc_own_module_find(module->file, path, err));
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        const char *reason = dlerror();

        (void)pc_fail(err, PC_E_CRYPTO, "cannot load \"%s\": %s", path, reason ? reason : "no reason given");
        return pc_hint(err, PC_E_CRYPTO, "install the library that it needs");
    }
    const void *table = table_of(module, handle);

    if (!table) {
        (void)dlclose(handle);
        (void)pc_fail(err, PC_E_CRYPTO, "\"%s\" belongs to another version of p11cert than this libp11cert", path);
        return pc_hint(err, PC_E_CRYPTO,
                       "if p11cert has just been upgraded, run the command again; otherwise install it completely");
    }
    atomic_store(&module->table, table); /* two threads store the same */
    return PC_OK;
}
