/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kit/kit.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/result.h"
#include "base/text.h"

void pc_kit_result_free(pc_kit_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_kit_result, pc_kit_result, pc_kit_result_free);

/* The name goes between double quotes in a line for Windows. No escape there serves both a command prompt and
 * PowerShell, for which typographic quotes (U+201C to U+201E) are quotes too. */
static bool survives_quotes(const char *csp)
{
    return *csp && !strpbrk(csp, "\"%$`") && csp[strlen(csp) - 1] != '\\' && !strstr(csp, "\xe2\x80\x9c") &&
           !strstr(csp, "\xe2\x80\x9d") && !strstr(csp, "\xe2\x80\x9e");
}

static pc_status check_csp(const char *csp, pc_arena *arena, pc_error *err)
{
    const char *escaped = csp ? pc_text_escape(arena, csp, strlen(csp)) : "";

    if (!escaped) {
        return pc_fail_memory(err);
    }
    if (csp && (!survives_quotes(csp) || strcmp(escaped, csp) != 0)) {
        return pc_fail(
            err, PC_E_USAGE,
            "\"%s\" cannot be the name of a CSP: it is empty, ends with \\, or contains a double quote, %%, $, "
            "` or a control character",
            csp);
    }
    return PC_OK;
}

/* The password must not be in the folder that it protects. */
static pc_status check_password_place(const char *folder, const char *path, pc_error *err)
{
    bool inside = false;

    if (!path) {
        return PC_OK;
    }
    PC_TRY(pc_folder_would_hold(folder, path, &inside, err));
    if (inside) {
        (void)pc_fail(err, PC_E_REFUSED, "the password file \"%s\" would be inside the kit \"%s\"", path, folder);
        return pc_hint(err, PC_E_REFUSED,
                       "name a file elsewhere: anyone who obtains the folder would have the private key");
    }
    return PC_OK;
}

static pc_status check_order(const pc_kit_order *order, pc_arena *arena, pc_error *err)
{
    const char *source = order->password_source;
    bool is_file = source && pc_text_starts(source, "file:");

    if ((order->friendly_name || order->inf) && !order->key) {
        return pc_fail(err, PC_E_USAGE, "%s is for a PFX, and without `key` there is none",
                       order->inf ? "`inf`" : "`friendly_name`");
    }
    if (!order->key && !order->certificate) {
        return pc_fail(err, PC_E_USAGE,
                       "neither a key nor a certificate is named; the certificate alone is enough if the key is on "
                       "the Windows computer already");
    }
    if (!order->key && (source || order->generate_password || order->accept_weak_password || order->legacy)) {
        return pc_fail(err, PC_E_USAGE,
                       "without a key there is no PFX, so neither a password nor its protection applies");
    }
    if (source && order->generate_password) {
        return pc_fail(err, PC_E_USAGE, "a password is either read from a source or generated into a file, not both");
    }
    PC_TRY(check_csp(order->csp, arena, err));
    PC_TRY(check_password_place(order->out, order->generate_password, err));
    return check_password_place(order->out, is_file ? source + strlen("file:") : NULL, err);
}

static pc_status fill(pc_kit *kit, const pc_folder *folder, const pc_token_access *access, pc_error *err)
{
    PC_TRY(pc_kit_write_certificates(kit, folder, err));
    if (kit->result->way == PC_KIT_PFX) {
        PC_TRY(pc_kit_write_pfx(kit, folder, access, err));
    }
    return pc_kit_write_texts(kit, folder, err);
}

/* A password that was generated for a PFX that is not created has no use. */
static pc_status give_up(const pc_kit *kit, pc_status status, pc_error *err)
{
    if (kit->result->password_file && kit->order->generate_password) {
        (void)unlink(kit->order->generate_password);
    }
    return pc_note(err, status, "the kit \"%s\" was not created", kit->order->out);
}

/* Any other folder is refused before a PIN is requested. */
static pc_status check_is_kit(const char *out, pc_arena *arena, pc_error *err)
{
    const char *sums = pc_arena_format(arena, "%s/SHA256SUMS", out);
    bool is_kit = false;

    if (!sums) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(sums, &is_kit, err));
    if (is_kit) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not replaced", out);
    return pc_hint(err, PC_E_REFUSED, "name a folder with `out` that does not exist");
}

static pc_status make(pc_kit *kit, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_folder) pc_folder *folder = NULL;

    /* First, so that an unwritable folder is detected before a PIN is requested. */
    PC_TRY(pc_folder_open_again(kit->order->out, &folder, &kit->is_there, err));
    PC_TRY(kit->is_there ? check_is_kit(kit->order->out, kit->arena, err) : PC_OK);
    PC_TRY(pc_kit_gather(kit, access, err));
    PC_TRY(pc_kit_describe(kit, err));
    PC_TRY(pc_kit_describe_way(kit, err));
    pc_status status = fill(kit, folder, access, err);

    if (kit->is_there) {
        return status == PC_OK ? pc_folder_compare(folder, "server.pfx", err) : status;
    }
    if (status == PC_OK) {
        status = pc_folder_commit(folder, err);
        kit->result->changed = status == PC_OK;
    }
    return status == PC_OK ? PC_OK : give_up(kit, status, err);
}

pc_status pc_kit_check_place(const char *folder, pc_error *err)
{
    bool is_there = false;

    PC_TRY(pc_path_exists(folder, &is_there, err));
    if (is_there) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists already, and a kit needs a new folder; nothing was done",
                      folder);
        return pc_hint(err, PC_E_REFUSED, "with `kit`, name a folder that does not exist yet");
    }
    return PC_OK;
}

pc_status pc_kit_on(const pc_token *token, const pc_kit_order *order, const pc_token_access *access,
                    pc_kit_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_kit_result) pc_kit_result *result = PC_RESULT_NEW(pc_kit_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_AUTO(pc_kit) pc_kit kit = { .order = order, .result = result, .arena = result->arena, .token = token };

    PC_TRY(check_order(order, result->arena, err));
    result->out = pc_arena_string(result->arena, order->out);
    if (!result->out) {
        return pc_fail_memory(err);
    }
    PC_TRY(make(&kit, access, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_kit_run(const pc_kit_order *order, const pc_token_access *access, pc_kit_result **ret_result,
                     pc_error *err)
{
    return pc_kit_on(NULL, order, access, ret_result, err);
}
