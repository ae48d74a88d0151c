/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/asked_once.h"

#include <string.h>

#include "base/secret_auto.h"
#include "base/text.h"
#include "token/pin.h"

static pc_status copy_secret(pc_secret *from, pc_secret *to, pc_error *err)
{
    size_t len = pc_secret_len(from);

    if (len > pc_secret_size(to)) {
        return pc_fail(err, PC_E_INTERNAL, "a PIN or password is longer than the room for it");
    }
    memcpy(pc_secret_bytes(to), pc_secret_bytes(from), len);
    pc_secret_set_len(to, len);
    return PC_OK;
}

/* The first time the password comes from where it was said to be. */
static pc_status read_password(pc_asked_once *asked, const char *what, pc_error *err)
{
    const char *source = asked->password_source ? asked->password_source : "prompt";

    if (asked->password) {
        return PC_OK;
    }
    return pc_secret_read(source, asked->given->prompt, asked->given->prompt_context, what, PC_SECRET_CA_PASSWORD,
                          &asked->password, err);
}

/* As pc_ca_session asks for it. Nothing else may be answered with it: the password of a PFX is asked here as well. */
static bool is_ca_password(const char *what)
{
    static const char end[] = " at the CA";
    size_t len = strlen(what);

    return pc_text_starts(what, "password of ") && len > strlen(end) && strcmp(what + len - strlen(end), end) == 0;
}

static pc_status ask_person(const pc_asked_once *asked, const char *what, pc_secret *pin, pc_error *err)
{
    if (!asked->given->prompt) {
        return pc_fail(err, PC_E_AUTH, "nobody can be asked for the %s", what);
    }
    return asked->given->prompt(asked->given->prompt_context, what, pin, err);
}

static pc_status answer(void *context, const char *what, pc_secret *pin, pc_error *err)
{
    pc_asked_once *asked = context;

    if (is_ca_password(what)) {
        PC_TRY(read_password(asked, what, err));
        return copy_secret(asked->password, pin, err);
    }
    if (!pc_text_starts(what, "PIN of token ")) {
        return ask_person(asked, what, pin, err);
    }
    return asked->pin ? copy_secret(asked->pin, pin, err)
                      : pc_fail(err, PC_E_AUTH, "the token wants a PIN that it did not want before");
}

pc_status pc_asked_once_init(const pc_token_access *access, const pc_ca_access *ca, const pc_token *token,
                             pc_asked_once *ret_asked, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *pin = NULL;

    if (token->pin) {
        PC_TRY(pc_secret_new(pc_secret_len(token->pin) ? pc_secret_len(token->pin) : 1, &pin, err));
        PC_TRY(copy_secret(token->pin, pin, err));
    }
    *ret_asked = (pc_asked_once){ .access = *access, .given = access };
    ret_asked->access.pin_source = "prompt";
    ret_asked->access.prompt = answer;
    ret_asked->access.prompt_context = ret_asked;
    if (ca) {
        ret_asked->ca = *ca;
        ret_asked->ca.password_source = "prompt";
        ret_asked->password_source = ca->password_source;
    }
    ret_asked->pin = PC_TAKE(pin);
    return PC_OK;
}

void pc_asked_once_clear(pc_asked_once *asked)
{
    pc_secret_free(asked->pin);
    pc_secret_free(asked->password);
    asked->pin = NULL;
    asked->password = NULL;
}
