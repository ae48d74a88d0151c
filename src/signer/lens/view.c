/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/lens/view.h"

#include <string.h>

#include "pair/public_key.h"
#include "signer/lens/lens.h"
#include "signer/token_sign.h"

/* The key with its public half in the form that PKCS#11 specifies. */
struct pc_lens_view {
    pc_key shown;
    pc_arena *arena; /* for `shown` */
};

void pc_lens_view_close(pc_lens_view *view)
{
    if (view) {
        pc_lens_close();
        pc_arena_free(view->arena);
        free(view);
    }
}

void pc_lens_close_state(void *state)
{
    pc_lens_view_close(state);
}

/* Modules return EC points with and without their OCTET STRING header; the lens shows OpenSSL's form. */
static pc_status describe_shown(const pc_signer_order *order, pc_lens_view *view, pc_error *err)
{
    view->arena = pc_arena_new();
    if (!view->arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_attributes(order->public_key, view->arena, &view->shown.half, err));
    view->shown.handle = order->key->handle;
    memcpy(view->shown.flags, order->key->flags, sizeof view->shown.flags);
    return PC_OK;
}

pc_status pc_lens_view_open(const pc_signer_order *order, char ret_uri[static 64], pc_lens_view **ret_view,
                            pc_error *err)
{
    PC_AUTO(pc_lens_view) pc_lens_view *view = calloc(1, sizeof *view);

    if (!view) {
        return pc_fail_memory(err);
    }
    PC_TRY(describe_shown(order, view, err));
    pc_lens_focus(order->token, &view->shown, pc_raw_signature_len(order->public_key), ret_uri);
    *ret_view = PC_TAKE(view);
    return PC_OK;
}

CK_RV pc_lens_refusal(const void *state, const char **ret_function)
{
    (void)state;
    *ret_function = pc_lens_last_function();
    return pc_lens_last_rv();
}
