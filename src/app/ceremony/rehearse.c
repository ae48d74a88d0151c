/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <p11cert/init.h>
#include <p11cert/sandbox.h>

#include "app/ceremony/ceremony.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"

PC_AUTO_DEFINE(pc_ceremony_result, pc_ceremony_result, pc_ceremony_result_free);
PC_AUTO_DEFINE(pc_sandbox, pc_sandbox, pc_sandbox_free);

static const int endings[] = { SIGINT, SIGTERM, SIGHUP };

/* A token that the script expects to be initialised must be initialised here too. */
static pc_status make_token(const pc_ceremony *ceremony, const pc_script_token *token, pc_error *err)
{
    const pc_init_order order = { .label = token->label,
                                  .so_pin_source = pc_ceremony_so_pin_source(ceremony, token->role) };
    pc_init_outcome outcome = PC_INIT_THERE;
    pc_token_info info;
    pc_token_access access;

    if (pc_site_find(ceremony->site, false, token->role) || pc_ceremony_has_init(ceremony->script, token->role)) {
        return PC_OK;
    }
    PC_TRY(pc_ceremony_access(ceremony, token->role, &access, err));
    access.token = NULL;
    return pc_init_run(&order, &access, &outcome, &info, err);
}

static pc_status conduct_in(pc_ceremony *ceremony, pc_ceremony_result *result, pc_error *err)
{
    for (size_t i = 0; i < ceremony->script->tokens.count; i++) {
        PC_TRY(make_token(ceremony, &ceremony->script->tokens.items[i], err));
    }
    return pc_ceremony_conduct(ceremony, result, err);
}

/* SoftHSM finds its tokens only through this variable; its previous value is restored. */
static pc_status conduct_with_store(pc_ceremony *ceremony, const char *store, pc_ceremony_result *result, pc_error *err)
{
    const char *configuration = pc_arena_format(ceremony->arena, "%s/softhsm2.conf", store);
    const char *current = getenv("SOFTHSM2_CONF");
    PC_AUTO(free) char *before = current ? strdup(current) : NULL;

    if (!configuration || (current && !before) || setenv("SOFTHSM2_CONF", configuration, 1) != 0) {
        return pc_fail_memory(err);
    }
    ceremony->store = store;
    pc_status status = conduct_in(ceremony, result, err);
    int failed = before ? setenv("SOFTHSM2_CONF", before, 1) : unsetenv("SOFTHSM2_CONF");

    return status == PC_OK && failed ? pc_fail_memory(err) : status;
}

/* Tokens that an earlier rehearsal has left. */
static pc_status rehearse_on_kept(pc_ceremony *ceremony, const char *store, pc_ceremony_result *result, pc_error *err)
{
    const char *configuration = pc_arena_format(ceremony->arena, "%s/softhsm2.conf", store);
    struct stat info;

    if (!configuration) {
        return pc_fail_memory(err);
    }
    if (stat(configuration, &info) != 0) {
        return pc_fail_errno(err, PC_E_INPUT, errno, "\"%s\" does not contain the tokens of a rehearsal", store);
    }
    return conduct_with_store(ceremony, store, result, err);
}

/* A signal that ends the program would leave the tokens, so it waits for the end of a step (pc_ceremony_is_to_end), and
 * takes effect once they are deleted. */
static void hold_signals(sigset_t *ret_before)
{
    sigset_t held;

    (void)sigemptyset(&held);
    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        (void)sigaddset(&held, endings[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &held, ret_before);
}

/* An ignored signal can be pending too: nohup(1). */
bool pc_ceremony_is_to_end(void)
{
    struct sigaction action;
    sigset_t pending;

    (void)sigpending(&pending);
    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        if (sigismember(&pending, endings[i]) == 1 && sigaction(endings[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN) {
            return true;
        }
    }
    return false;
}

/* Made for this rehearsal; removed afterwards, unless they are to be kept. */
static pc_status rehearse_on_new(pc_ceremony *ceremony, const char *kept, pc_ceremony_result *result, pc_error *err)
{
    PC_AUTO(pc_sandbox) pc_sandbox *sandbox = NULL;
    const pc_sandbox_order order = { .label = "p11cert rehearsal", .folder = kept };

    PC_TRY(pc_sandbox_make(&order, &sandbox, err));
    pc_status status = conduct_with_store(ceremony, sandbox->folder, result, err);

    if (status == PC_OK) {
        return kept ? PC_OK : pc_sandbox_remove(sandbox, err);
    }
    return pc_sandbox_remove(sandbox, NULL) == PC_OK
               ? status
               : pc_note(err, status, "the folder \"%s\" of the rehearsal's tokens could not be deleted",
                         sandbox->folder);
}

pc_status pc_ceremony_rehearse(const pc_ceremony_order *order, pc_ceremony_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_ceremony_result) pc_ceremony_result *result = PC_RESULT_NEW(pc_ceremony_result);
    pc_ceremony ceremony;
    bool is_there = false;
    bool has_tokens = false;
    sigset_t before;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_prepare(order, PC_CEREMONY_REHEARSAL, result->arena, &ceremony, err));
    PC_TRY(pc_path_exists(order->out, &is_there, err));
    if (is_there) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists; a rehearsal always starts from the beginning", order->out);
        return pc_hint(err, PC_E_REFUSED, "name a folder that does not exist with `out`");
    }
    PC_TRY(order->tokens ? pc_path_exists(order->tokens, &has_tokens, err) : PC_OK);
    hold_signals(&before);
    pc_status status = has_tokens ? rehearse_on_kept(&ceremony, order->tokens, result, err)
                                  : rehearse_on_new(&ceremony, order->tokens, result, err);

    pc_ceremony_pins_clear(ceremony.pins);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    PC_TRY(status);
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
