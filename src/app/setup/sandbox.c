/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sandbox.h>

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <p11cert/init.h>

#include "app/files/pfx_password.h"
#include "base/file.h"
#include "base/text.h"
#include "token/softhsm.h"
#include "token/uri.h"

#define LONGEST_FOLDER 900u /* SoftHSM reads lines of at most 1023 bytes */

PC_AUTO_DEFINE(pc_sandbox, pc_sandbox, pc_sandbox_free);
PC_AUTO_DEFINE(fts, FTS, (void)fts_close);

void pc_sandbox_free(pc_sandbox *sandbox)
{
    if (sandbox) {
        pc_arena_free(sandbox->arena);
        free(sandbox);
    }
}

/* --- removing ---------------------------------------------------------------------------------- */

/* @return 0, or the errno of the failure to remove the entry. */
static int remove_entry(const FTSENT *entry)
{
    switch (entry->fts_info) {
    case FTS_D:
        return 0; /* removed after its contents */
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return entry->fts_errno == ENOENT ? 0 : entry->fts_errno;
    default:
        return remove(entry->fts_accpath) == 0 || errno == ENOENT ? 0 : errno;
    }
}

static pc_status remove_tree(const char *folder, pc_arena *arena, pc_error *err)
{
    char *const roots[] = { pc_arena_string(arena, folder), NULL };
    PC_AUTO(fts) FTS *tree = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL) : NULL;
    pc_status status = PC_OK;

    if (!tree) {
        return pc_fail_memory(err);
    }
    for (const FTSENT *entry; (entry = fts_read(tree));) {
        int failed = remove_entry(entry);

        if (failed && status == PC_OK) {
            status = pc_fail_errno(err, PC_E_IO, failed, "cannot remove \"%s\"", entry->fts_path);
        }
    }
    return status;
}

pc_status pc_sandbox_remove(const pc_sandbox *sandbox, pc_error *err)
{
    struct stat info;

    if (lstat(sandbox->folder, &info) != 0) {
        return errno == ENOENT
                   ? PC_OK
                   : pc_fail_errno(err, PC_E_IO, errno, "cannot examine the folder \"%s\"", sandbox->folder);
    }
    if (info.st_dev != sandbox->device || info.st_ino != sandbox->inode) {
        return pc_fail(err, PC_E_IO, "\"%s\" is no longer the folder of the sandbox, and was not removed",
                       sandbox->folder);
    }
    pc_status status = remove_tree(sandbox->folder, sandbox->arena, err);

    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the sandbox \"%s\" was not removed completely", sandbox->folder);
}

/* --- making ------------------------------------------------------------------------------------ */

static pc_status make_named_folder(const char *path, pc_error *err)
{
    if (mkdir(path, 0700) == 0) {
        return PC_OK;
    }
    if (errno == EEXIST) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists, and may contain other files", path);
        return pc_hint(err, PC_E_REFUSED, "with `folder`, name a folder that does not exist yet");
    }
    return pc_fail_errno(err, PC_E_IO, errno, "cannot create the folder \"%s\"", path);
}

static pc_status make_new_folder(pc_arena *arena, char **ret_path, pc_error *err)
{
    const char *place = getenv("TMPDIR");
    char *path = pc_arena_format(arena, "%s/p11cert-sandbox-XXXXXX", place && *place ? place : "/tmp");

    if (!path) {
        return pc_fail_memory(err);
    }
    if (!mkdtemp(path)) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot create a folder \"%s\"", path);
    }
    *ret_path = path;
    return PC_OK;
}

/* From here on there is a folder to be removed if the rest fails. */
static pc_status make_folder(const pc_sandbox_order *order, pc_sandbox *sandbox, pc_error *err)
{
    char *path = order->folder ? pc_arena_string(sandbox->arena, order->folder) : NULL;
    char absolute[PATH_MAX];
    struct stat info;

    if (order->folder && !path) {
        return pc_fail_memory(err);
    }
    PC_TRY(path ? make_named_folder(path, err) : make_new_folder(sandbox->arena, &path, err));
    bool is_seen = realpath(path, absolute) && lstat(absolute, &info) == 0;
    int error_number = errno;

    sandbox->folder = is_seen ? pc_arena_string(sandbox->arena, absolute) : NULL;
    if (!sandbox->folder) {
        (void)rmdir(path);
        return is_seen ? pc_fail_memory(err)
                       : pc_fail_errno(err, PC_E_IO, error_number, "cannot examine the folder \"%s\"", path);
    }
    sandbox->device = info.st_dev;
    sandbox->inode = info.st_ino;
    return PC_OK;
}

/* In SoftHSM's configuration '#' starts a comment and a second '=' ends the value; nothing quotes them. */
static pc_status check_folder_name(const char *folder, pc_error *err)
{
    if (!strpbrk(folder, "#=\r\n") && strlen(folder) <= LONGEST_FOLDER) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "SoftHSM's configuration cannot express the path \"%s\"", folder);
    return pc_hint(err, PC_E_INPUT,
                   "use `folder` or TMPDIR to choose a folder whose path has no '#', '=' or line break and is at most "
                   "%u bytes long",
                   LONGEST_FOLDER);
}

static const char *inside(const pc_sandbox *sandbox, const char *prefix, const char *name)
{
    return pc_arena_format(sandbox->arena, "%s%s/%s", prefix, sandbox->folder, name);
}

static pc_status write_file(const pc_sandbox *sandbox, const char *name, const void *bytes, size_t len, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *path = inside(sandbox, "", name);

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0600, &output, err));
    return pc_output_commit(output, bytes, len, err);
}

static pc_status write_pin(const pc_sandbox *sandbox, const char *name, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *pin = NULL;

    PC_TRY(pc_password_make(&pin, err));
    return write_file(sandbox, name, pc_secret_bytes(pin), pc_secret_len(pin), err);
}

static pc_status write_files(const pc_sandbox *sandbox, pc_error *err)
{
    const char *tokens = inside(sandbox, "", "tokens");
    const char *configuration =
        pc_arena_format(sandbox->arena,
                        "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
                        sandbox->folder);

    if (!tokens || !configuration) {
        return pc_fail_memory(err);
    }
    if (mkdir(tokens, 0700) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot create the folder \"%s\"", tokens);
    }
    PC_TRY(write_file(sandbox, "softhsm2.conf", configuration, strlen(configuration), err));
    PC_TRY(write_pin(sandbox, "so.pin", err));
    return write_pin(sandbox, "user.pin", err);
}

static pc_status name_variables(pc_sandbox *sandbox, pc_error *err)
{
    const pc_sandbox_variable variables[PC_SANDBOX_VARIABLES] = {
        { "SOFTHSM2_CONF", inside(sandbox, "", "softhsm2.conf") },
        { "P11CERT_MODULE", P11CERT_DEFAULT_MODULE },
        { "P11CERT_MODULE_INIT_ARGS", NULL }, /* for another module: SoftHSM refuses any */
        { "P11CERT_TOKEN", sandbox->label },
        { "P11CERT_PIN_SOURCE", inside(sandbox, "file:", "user.pin") },
        { "P11CERT_SANDBOX", sandbox->folder },
    };

    if (!variables[0].value || !variables[4].value) {
        return pc_fail_memory(err);
    }
    memcpy(sandbox->variables, variables, sizeof variables);
    return PC_OK;
}

static pc_status make_token(const pc_sandbox *sandbox, pc_error *err)
{
    const pc_init_order order = { .label = sandbox->label, .so_pin_source = inside(sandbox, "file:", "so.pin") };
    const pc_token_access access = { .module = P11CERT_DEFAULT_MODULE,
                                     .pin_source = inside(sandbox, "file:", "user.pin") };
    const char *current = getenv("SOFTHSM2_CONF");
    PC_AUTO(free) char *before = current ? strdup(current) : NULL;
    pc_init_outcome outcome = PC_INIT_THERE;
    pc_token_info info;

    if (!order.so_pin_source || !access.pin_source || (current && !before) ||
        setenv("SOFTHSM2_CONF", sandbox->variables[0].value, 1) != 0) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_init_run(&order, &access, &outcome, &info, err);
    int failed = before ? setenv("SOFTHSM2_CONF", before, 1) : unsetenv("SOFTHSM2_CONF");

    if (status == PC_E_NOT_FOUND) {
        return pc_hint(err, status, "install SoftHSM 2; on Debian: apt install softhsm2");
    }
    return status == PC_OK && failed ? pc_fail_memory(err) : status;
}

static pc_status check_order(const pc_sandbox_order *order, pc_error *err)
{
    PC_TRY(order->label ? pc_token_label_check(order->label, err) : PC_OK);
    if (!pc_softhsm_is_module(P11CERT_DEFAULT_MODULE)) {
        return pc_fail(err, PC_E_REFUSED, "the module that p11cert was built for, \"%s\", is not SoftHSM",
                       P11CERT_DEFAULT_MODULE);
    }
    return PC_OK;
}

static pc_status fill(pc_sandbox *sandbox, pc_error *err)
{
    PC_TRY(check_folder_name(sandbox->folder, err));
    PC_TRY(name_variables(sandbox, err));
    PC_TRY(write_files(sandbox, err));
    return make_token(sandbox, err);
}

pc_status pc_sandbox_make(const pc_sandbox_order *order, pc_sandbox **ret_sandbox, pc_error *err)
{
    PC_AUTO(pc_sandbox) pc_sandbox *sandbox = calloc(1, sizeof *sandbox);

    PC_TRY(check_order(order, err));
    if (!sandbox || !(sandbox->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    sandbox->label = pc_arena_string(sandbox->arena, order->label ? order->label : "sandbox");
    if (!sandbox->label) {
        return pc_fail_memory(err);
    }
    PC_TRY(make_folder(order, sandbox, err));
    pc_status status = fill(sandbox, err);

    if (status == PC_OK) {
        *ret_sandbox = PC_TAKE(sandbox);
        return PC_OK;
    }
    (void)pc_note(err, status, "the sandbox was not created");
    if (pc_sandbox_remove(sandbox, NULL) != PC_OK) {
        (void)pc_note(err, status, "the folder \"%s\" could not be removed again", sandbox->folder);
    }
    return status;
}
