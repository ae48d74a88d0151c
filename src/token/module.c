/* SPDX-License-Identifier: Apache-2.0 */
#include "token/module.h"

#include <errno.h>
#include <p11-kit/p11-kit.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign.h"
#include "base/kept_error.h"
#include "base/standard_output.h"
#include "token/attributes.h"
#include "token/calls.h"
#include "token/ckr.h"
#include "token/label_log.h"
#include "token/registry.h"
#include "token/softhsm.h"
#include "token/uri.h"

/* A module runs inside this process and sees the PIN: anyone who can modify it controls the keys. */
static pc_status check_module_file(const char *path, pc_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno,
                             "cannot open the PKCS#11 module \"%s\"", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return pc_fail(err, PC_E_INPUT, "the PKCS#11 module \"%s\" is not a file", path);
    }
    if (pc_is_foreign(path, &info)) {
        (void)pc_fail(err, PC_E_REFUSED, "the PKCS#11 module \"%s\" can be changed by others (mode %03o, owner %u)",
                      path, (unsigned)(info.st_mode & 0777), (unsigned)info.st_uid);
        return pc_hint(err, PC_E_REFUSED,
                       "a module sees the PIN: only root or you should own it and be able to write "
                       "to it");
    }
    return PC_OK;
}

static pc_status load_path(const char *path, pc_module *module, pc_error *err)
{
    PC_TRY(check_module_file(path, err));
    PC_AUTO(free) char *absolute = realpath(path, NULL);

    if (!absolute) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot resolve \"%s\"", path);
    }
    module->is_softhsm = pc_softhsm_is_module(absolute);
    module->loaded = p11_kit_module_load(absolute, P11_KIT_MODULE_UNMANAGED | P11_KIT_MODULE_CRITICAL);
    if (!module->loaded) {
        const char *reason = p11_kit_message();

        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is not a PKCS#11 module: %s", path,
                      reason ? reason : "it cannot be loaded");
        return pc_hint(err, PC_E_INPUT, "`module` takes the vendor's library, such as /usr/lib/softhsm/libsofthsm2.so");
    }
    return PC_OK;
}

/* A single module that is marked as critical and cannot be loaded makes the whole registry fail; the library says
 * which. */
static pc_status registry_failed(pc_error *err)
{
    const char *reason = p11_kit_message();

    (void)pc_fail(err, PC_E_INPUT, "the p11-kit registry cannot be loaded: %s", reason ? reason : "no reason is known");
    return pc_hint(
        err, PC_E_INPUT,
        "a module marked `critical: yes` stops all others if it does not load: correct or remove its file in "
        "/usr/share/p11-kit/modules or /etc/pkcs11/modules, or name the module that you need by its path "
        "(`module` /PATH/MODULE.so)");
}

static pc_status not_registered(const char *name, pc_error *err)
{
    (void)pc_fail(err, PC_E_NOT_FOUND, "the p11-kit registry has no module \"%s\"", name);
    return pc_hint(err, PC_E_NOT_FOUND, "`p11-kit list-modules` shows the names; a path must contain a '/'");
}

static pc_status fail_as(const pc_error *why, pc_error *err)
{
    pc_error_pass(err, why);
    return why->status;
}

static pc_status load_by_file(const pc_registered_module *found, pc_module *module, const pc_error *why, pc_error *err)
{
    if (!found->path) {
        return fail_as(why, err);
    }
    module->registry_problem = strdup(why->frames[0]);
    module->own_init_args = found->init_args ? strdup(found->init_args) : NULL;
    if (!module->registry_problem || (found->init_args && !module->own_init_args)) {
        return pc_fail_memory(err);
    }
    return load_path(found->path, module, err);
}

/* p11-kit loads no module if one that is marked as critical does not load; when asked again, it loads all that precede
 * that one. The module needed may be a different one. */
static pc_status load_without_registry(const char *name, pc_module *module, const pc_error *why, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_registered_module *modules = NULL;
    size_t count = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_registry_read(arena, &modules, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(modules[i].name, name) == 0) {
            return load_by_file(&modules[i], module, why, err);
        }
    }
    return fail_as(why, err);
}

static pc_status use_registered(CK_FUNCTION_LIST *found, pc_module *module, pc_error *err)
{
    PC_AUTO(free) char *path = p11_kit_module_get_filename(found);

    if (path && path[0] == '/') {
        PC_TRY(check_module_file(path, err));
    }
    module->is_softhsm = path && pc_softhsm_is_module(path);
    module->loaded = found;
    return PC_OK;
}

static pc_status load_registered(const char *name, pc_module *module, pc_error *err)
{
    CK_FUNCTION_LIST **registry = p11_kit_modules_load(NULL, 0);
    CK_FUNCTION_LIST *found = registry ? p11_kit_module_for_name(registry, name) : NULL;
    pc_error why = { .status = PC_OK };

    if (found) {
        module->registry = registry;
        return use_registered(found, module, err);
    }
    (void)(registry ? not_registered(name, &why) : registry_failed(&why));
    if (registry) {
        p11_kit_modules_release(registry);
    }
    return load_without_registry(name, module, &why, err);
}

/* A module that cannot use the system's locks is still used, from one thread. */
static CK_RV initialise_unmanaged(CK_FUNCTION_LIST *functions, const char *init_args, bool *ret_one_thread)
{
    union {
        const char *text;
        void *reserved;
    } argument = { .text = init_args }; /* C_Initialize takes void *, but does not write */
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = argument.reserved };
    CK_RV rv = functions->C_Initialize(&args);

    if (rv == CKR_CANT_LOCK) {
        args.flags = 0;
        rv = functions->C_Initialize(init_args ? &args : NULL);
        *ret_one_thread = true;
    }
    return rv;
}

static pc_status initialise(pc_module *module, const char *init_args, bool may_be_open, pc_error *err)
{
    CK_RV rv;

    if (module->registry && init_args) {
        return pc_fail(err, PC_E_USAGE,
                       "a module from the p11-kit registry gets its init arguments from there (x-init-reserved); to "
                       "set others, specify the module's path");
    }
    rv = module->registry ? p11_kit_module_initialize(module->loaded)
                          : initialise_unmanaged(module->functions, init_args, &module->one_thread);
    if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED && may_be_open && pc_calls_are_shared(module->functions)) {
        rv = CKR_OK; /* for the first token that this run opened */
    }
    if (rv != CKR_OK) {
        return module->is_softhsm ? pc_softhsm_fail(PC_SOFTHSM_OPEN, rv, "C_Initialize", err)
                                  : pc_fail_ckr(err, rv, "C_Initialize");
    }
    module->initialised = true;
    return PC_OK;
}

static pc_status open_module(const char *name, const char *init_args, bool may_be_open, pc_module **ret_module,
                             pc_error *err)
{
    PC_AUTO(pc_module) pc_module *module = calloc(1, sizeof *module);

    if (!module) {
        return pc_fail_memory(err);
    }
    module->name = strdup(name);
    module->init_args = init_args ? strdup(init_args) : NULL;
    if (!module->name || (init_args && !module->init_args)) {
        return pc_fail_memory(err);
    }
    p11_kit_be_quiet();
    pc_standard_output_lend();
    module->has_standard_output = true;
    PC_TRY(strchr(name, '/') ? load_path(name, module, err) : load_registered(name, module, err));
    PC_TRY(pc_calls_take(module->loaded, &module->functions, err));
    module->labels = pc_label_log_open();
    /* An empty text says that there are none, whatever the registry or the environment says. */
    const char *text = init_args ? init_args : module->own_init_args;
    pc_status status = initialise(module, text && *text ? text : NULL, may_be_open, err);

    if (status != PC_OK) {
        return pc_note(err, status, "cannot initialise the PKCS#11 module \"%s\"", name);
    }
    *ret_module = PC_TAKE(module);
    return PC_OK;
}

pc_status pc_module_open(const char *name, const char *init_args, pc_module **ret_module, pc_error *err)
{
    return open_module(name, init_args, false, ret_module, err);
}

pc_status pc_module_open_beside(const char *name, const char *init_args, pc_module **ret_module, pc_error *err)
{
    return open_module(name, init_args, true, ret_module, err);
}

void pc_module_close(pc_module *module)
{
    if (!module) {
        return;
    }
    if (module->registry) {
        if (module->initialised) {
            (void)p11_kit_module_finalize(module->loaded);
        }
        p11_kit_modules_release(module->registry);
    } else if (module->loaded) {
        if (module->initialised && !pc_calls_are_shared(module->functions)) {
            (void)module->functions->C_Finalize(NULL);
        }
        p11_kit_module_release(module->loaded);
    }
    pc_calls_release(module->functions);
    if (module->has_standard_output) {
        pc_standard_output_return();
    }
    pc_label_log_close(module->labels);
    free(module->name);
    free(module->registry_problem);
    free(module->init_args);
    free(module->own_init_args);
    free(module);
}

/* A slot that the module counted but did not fill in must be noticed: slot 0 may belong to another token. */
static bool is_filled(const CK_SLOT_ID *ids, CK_ULONG count)
{
    CK_ULONG filled = 0;

    while (filled < count && ids[filled] != CK_UNAVAILABLE_INFORMATION) {
        filled++;
    }
    return filled == count;
}

/* Flags start as zero, since a module may only set bits in the existing value. */
static void prepare_info(CK_TOKEN_INFO *raw)
{
    memset(raw, 0, sizeof *raw);
    memset(raw->label, PC_BYTE_UNTOUCHED, sizeof raw->label);
    memset(raw->serialNumber, PC_BYTE_UNTOUCHED, sizeof raw->serialNumber);
}

static bool has_info(const CK_TOKEN_INFO *raw)
{
    return !pc_bytes_consist_of(PC_BYTES_OF(raw->label), PC_BYTE_UNTOUCHED) ||
           !pc_bytes_consist_of(PC_BYTES_OF(raw->serialNumber), PC_BYTE_UNTOUCHED);
}

/* One round trip unless there are a great many slots; the list may grow between two calls. */
static pc_status slot_ids(const pc_module *module, pc_arena *arena, CK_SLOT_ID **ret_ids, CK_ULONG *ret_count,
                          pc_error *err)
{
    CK_ULONG room = 64;

    for (int attempt = 0; attempt < 5; attempt++) {
        CK_SLOT_ID *ids = pc_arena_alloc(arena, room * sizeof *ids);
        CK_ULONG count = room;

        if (!ids) {
            return pc_fail_memory(err);
        }
        memset(ids, 0xff, room * sizeof *ids);
        CK_RV rv = module->functions->C_GetSlotList(CK_TRUE, ids, &count);

        if (rv == CKR_OK && count <= room && !is_filled(ids, count)) {
            return pc_fail(err, PC_E_TOKEN, "C_GetSlotList: the module counted slots and did not return them");
        }
        if (rv == CKR_OK && count <= room) {
            *ret_ids = ids;
            *ret_count = count;
            return PC_OK;
        }
        if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL) {
            return pc_fail_ckr(err, rv, "C_GetSlotList");
        }
        room = count > room && count + 16 < PC_MODULE_MAX_SLOTS ? count + 16 : PC_MODULE_MAX_SLOTS;
    }
    return pc_fail(err, PC_E_TOKEN, "C_GetSlotList: the slot list keeps changing");
}

/* CK_TOKEN_INFO fields are padded with spaces and not terminated; some modules pad with NUL. */
static void copy_field(const unsigned char *field, size_t len, char *out)
{
    while (len && (field[len - 1] == ' ' || field[len - 1] == '\0')) {
        len--;
    }
    memcpy(out, field, len);
    out[len] = '\0';
}

static void read_info(pc_slot *slot)
{
    CK_TOKEN_INFO *raw = &slot->raw;
    pc_token_info *info = &slot->info;

    pc_uri_pad_field(raw->label, sizeof raw->label);
    pc_uri_pad_field(raw->manufacturerID, sizeof raw->manufacturerID);
    pc_uri_pad_field(raw->model, sizeof raw->model);
    pc_uri_pad_field(raw->serialNumber, sizeof raw->serialNumber);

    copy_field(raw->label, sizeof raw->label, info->label);
    copy_field(raw->manufacturerID, sizeof raw->manufacturerID, info->manufacturer);
    copy_field(raw->model, sizeof raw->model, info->model);
    copy_field(raw->serialNumber, sizeof raw->serialNumber, info->serial);
    info->slot = slot->id;
    info->flags = raw->flags;
    info->min_pin_len = raw->ulMinPinLen;
    info->max_pin_len = raw->ulMaxPinLen;
}

static void note_sick(pc_module *module, CK_SLOT_ID slot, CK_RV rv)
{
    if (module->sick_count++ == 0) {
        module->sick_slot = slot;
        module->sick_rv = rv;
    }
}

pc_status pc_module_sick_slot(const pc_module *module, pc_error *err)
{
    if (module->sick_count == 0) {
        return PC_OK;
    }
    return pc_note(err, pc_fail_ckr(err, module->sick_rv, "C_GetTokenInfo"), "the token in slot %lu cannot be read",
                   module->sick_slot);
}

pc_status pc_module_slots(pc_module *module, pc_arena *arena, pc_slot **ret_slots, size_t *ret_count, pc_error *err)
{
    CK_SLOT_ID *ids = NULL;
    CK_ULONG count = 0;
    size_t kept = 0;

    PC_TRY(slot_ids(module, arena, &ids, &count, err));
    module->sick_count = 0;
    pc_slot *slots = pc_arena_alloc(arena, (count + 1) * sizeof *slots);

    if (!slots) {
        return pc_fail_memory(err);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        prepare_info(&slots[kept].raw);
        CK_RV rv = module->functions->C_GetTokenInfo(ids[i], &slots[kept].raw);

        if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED) {
            continue;
        }
        if (rv != CKR_OK) {
            note_sick(module, ids[i], rv);
            continue;
        }
        if (!has_info(&slots[kept].raw)) {
            return pc_fail(err, PC_E_TOKEN, "C_GetTokenInfo: the module returned CKR_OK and no information");
        }
        slots[kept].id = ids[i];
        read_info(&slots[kept++]);
    }
    *ret_slots = slots;
    *ret_count = kept;
    return PC_OK;
}

bool pc_slot_is_initialised(const pc_slot *slot)
{
    return (slot->info.flags & CKF_TOKEN_INITIALIZED) != 0 || slot->info.label[0] != '\0';
}

static pc_status names_by_file(pc_arena *arena, const char ***ret_names, size_t *ret_count, pc_error *err)
{
    pc_registered_module *modules = NULL;

    PC_TRY(pc_registry_read(arena, &modules, ret_count, err));
    const char **names = pc_arena_alloc(arena, (*ret_count + 1) * sizeof *names);

    for (size_t i = 0; names && i < *ret_count; i++) {
        names[i] = modules[i].name;
    }
    *ret_names = names;
    return names ? PC_OK : pc_fail_memory(err);
}

pc_status pc_module_names(pc_arena *arena, const char ***ret_names, size_t *ret_count, pc_error *err)
{
    p11_kit_be_quiet();
    pc_standard_output_lend();
    CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, 0);
    const char **names = NULL;
    size_t count = 0;
    pc_status status = PC_OK;

    for (size_t i = 0; modules && modules[i] && status == PC_OK; i++) {
        PC_AUTO(free) char *name = p11_kit_module_get_name(modules[i]);
        const char **slot = PC_PUSH(arena, names, count);

        if (!slot || !name || !(*slot = pc_arena_string(arena, name))) {
            status = pc_fail_memory(err);
        }
    }
    if (modules) {
        p11_kit_modules_release(modules);
    }
    pc_standard_output_return();
    if (!modules) {
        return names_by_file(arena, ret_names, ret_count, err);
    }
    if (status == PC_OK) {
        *ret_names = names;
        *ret_count = count;
    }
    return status;
}
