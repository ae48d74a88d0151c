/* SPDX-License-Identifier: Apache-2.0 */
#include "token/registry.h"

#include <glob.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define PROGRAM     "p11cert"
#define OWN_FOLDER  ".config/pkcs11/modules"
#define SUFFIX      ".module"
#define SUFFIX_LEN  (sizeof SUFFIX - 1)
#define FOLDERS_MAX 3u

/* These two are compiled into p11-kit; pkg-config gives only the last of the folders. */
static const char *const system_folders[] = { "/etc/pkcs11/modules", P11CERT_REGISTRY_DIR };

typedef enum {
    SETTING_MODULE,
    SETTING_REMOTE,
    SETTING_INIT_ARGS,
    SETTING_ENABLE_IN,
    SETTING_DISABLE_IN,
    SETTING_COUNT,
} setting;

static const char *const setting_names[SETTING_COUNT] = {
    "module", "remote", "x-init-reserved", "enable-in", "disable-in",
};

/** A module's settings; NULL: not set yet. */
typedef struct {
    const char *name;
    const char *values[SETTING_COUNT];
} configured;

typedef struct {
    pc_arena *arena;
    configured *items;
    size_t count;
} configuration;

/* "NAME: VALUE"; a setting from an earlier file stays. */
static pc_status read_line(char *line, configured *module, pc_arena *arena, pc_error *err)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *colon = line[0] == '#' ? NULL : strchr(line, ':');

    if (!colon) {
        return PC_OK;
    }
    *colon = '\0';
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        pc_span value = pc_span_trim(pc_span_of(colon + 1));

        if (!module->values[i] && pc_span_equal(pc_span_trim(pc_span_of(line)), setting_names[i])) {
            module->values[i] = pc_arena_text(arena, value.start, value.len);
            return module->values[i] ? PC_OK : pc_fail_memory(err);
        }
    }
    return PC_OK;
}

static pc_status find_or_add(configuration *all, const char *path, configured **ret_module, pc_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *start = slash ? slash + 1 : path;
    const char *name = pc_arena_text(all->arena, start, strlen(start) - SUFFIX_LEN);

    if (!name) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].name, name) == 0) {
            *ret_module = &all->items[i];
            return PC_OK;
        }
    }
    configured *added = PC_PUSH(all->arena, all->items, all->count);

    if (!added) {
        return pc_fail_memory(err);
    }
    *added = (configured){ .name = name };
    *ret_module = added;
    return PC_OK;
}

static pc_status read_file(const char *path, configuration *all, pc_error *err)
{
    PC_AUTO(file) FILE *in = fopen(path, "re");
    configured *module = NULL;
    char line[4096];

    if (!in) {
        return PC_OK;
    }
    PC_TRY(find_or_add(all, path, &module, err));
    while (fgets(line, sizeof line, in)) {
        PC_TRY(read_line(line, module, all->arena, err));
    }
    return PC_OK;
}

static pc_status read_folder(const char *folder, configuration *all, pc_error *err)
{
    char pattern[PATH_MAX];
    glob_t found = { .gl_pathc = 0 };
    pc_status status = PC_OK;

    if (snprintf(pattern, sizeof pattern, "%s/*" SUFFIX, folder) >= (int)sizeof pattern ||
        glob(pattern, 0, NULL, &found) != 0) {
        globfree(&found);
        return PC_OK;
    }
    for (size_t i = 0; i < found.gl_pathc && status == PC_OK; i++) {
        status = read_file(found.gl_pathv[i], all, err);
    }
    globfree(&found);
    return status;
}

/* p11-kit does not read a user's folder for root either. */
static const char *own_folder(char out[static PATH_MAX])
{
    const char *home = geteuid() == 0 ? NULL : getenv("HOME");

    return home && *home && snprintf(out, PATH_MAX, "%s/" OWN_FOLDER, home) < PATH_MAX ? out : NULL;
}

/* Names in a list are separated by spaces or commas. */
static bool names_this_program(const char *list)
{
    for (const char *name = list; *name; name += strcspn(name, " ,\t")) {
        name += strspn(name, " ,\t");
        if (strcspn(name, " ,\t") == strlen(PROGRAM) && strncmp(name, PROGRAM, strlen(PROGRAM)) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_for_this_program(const configured *module)
{
    const char *enabled = module->values[SETTING_ENABLE_IN];
    const char *disabled = module->values[SETTING_DISABLE_IN];
    bool is_listed = module->values[SETTING_MODULE] || module->values[SETTING_REMOTE];

    return is_listed && (!enabled || names_this_program(enabled)) && !(disabled && names_this_program(disabled));
}

static pc_status describe(const configured *module, pc_arena *arena, pc_registered_module *ret_described, pc_error *err)
{
    const char *path = module->values[SETTING_REMOTE] ? NULL : module->values[SETTING_MODULE];

    if (path && path[0] != '/') {
        path = pc_arena_format(arena, "%s/%s", P11CERT_REGISTRY_MODULES_DIR, path);
        if (!path) {
            return pc_fail_memory(err);
        }
    }
    *ret_described = (pc_registered_module){
        .name = module->name,
        .path = path,
        .init_args = module->values[SETTING_INIT_ARGS],
    };
    return PC_OK;
}

pc_status pc_registry_read(pc_arena *arena, pc_registered_module **ret_modules, size_t *ret_count, pc_error *err)
{
    configuration all = { .arena = arena };
    char own[PATH_MAX];
    const char *folders[FOLDERS_MAX] = { own_folder(own), system_folders[0], system_folders[1] };
    size_t kept = 0;

    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        PC_TRY(folders[i] ? read_folder(folders[i], &all, err) : PC_OK);
    }
    pc_registered_module *modules = pc_arena_alloc(arena, (all.count + 1) * sizeof *modules);

    if (!modules) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < all.count; i++) {
        if (is_for_this_program(&all.items[i])) {
            PC_TRY(describe(&all.items[i], arena, &modules[kept++], err));
        }
    }
    *ret_modules = modules;
    *ret_count = kept;
    return PC_OK;
}
