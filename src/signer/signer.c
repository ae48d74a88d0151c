/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/signer.h"

#include <openssl/err.h>
#include <string.h>

#include "pair/public_key.h"
#include "signer/token_sign.h"
#include "token/ckr.h"
#include "token/key_template.h"
#include "x509/openssl_error.h"

const pc_signer_kind *const pc_signer_kinds[] = {
#ifdef P11CERT_ENGINES_DIR /* if built with engines */
    &pc_signer_engine,
#endif
    &pc_signer_native,
    &pc_signer_provider,
};
const size_t pc_signer_kind_count = PC_COUNT(pc_signer_kinds);

/* How the signatures reach the token. */
typedef struct {
    const pc_signer_kind *kind;
    void *state;
    EVP_PKEY *private_key;
} signer_route;

struct pc_signer {
    signer_route *route; /* kept separately, because it can change while the signer is used */
    EVP_PKEY *public_key;
    const pc_token *token;
    pc_key key; /* the parts that another kind of signer needs; without texts */
};

pc_status pc_signer_choose(const char *name, const pc_signer_kind **ret_kind, pc_error *err)
{
    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        if (!name || strcmp(name, pc_signer_kinds[i]->name) == 0) {
            *ret_kind = pc_signer_kinds[i];
            return PC_OK;
        }
    }
    (void)pc_fail(err, PC_E_USAGE, "this build of p11cert has no signer \"%s\"", name);
    return pc_hint(err, PC_E_USAGE,
                   "its default is \"%s\"; OpenSSL 4 has no engines, and OpenSSL 3 can be built without",
                   pc_signer_kinds[0]->name);
}

pc_status pc_signer_check(const char *name, pc_error *err)
{
    const pc_signer_kind *kind = NULL;

    PC_TRY(pc_signer_choose(name, &kind, err));
    return kind->load(err);
}

bool pc_signer_runs_in_threads(const pc_token *token)
{
    const pc_signer_kind *kind = NULL;

    return pc_signer_choose(token->signer, &kind, NULL) == PC_OK && !kind->one_at_a_time;
}

bool pc_signer_is_raw_only(const pc_token *token)
{
    const pc_signer_kind *kind = NULL;

    return token->signer && pc_signer_choose(token->signer, &kind, NULL) == PC_OK && kind->raw_only;
}

bool pc_signer_supports(const pc_token *token, unsigned long key_type)
{
    const pc_signer_kind *kind = NULL;

    return pc_signer_choose(token->signer, &kind, NULL) == PC_OK && kind->supports(key_type);
}

static pc_status hint_at_signer(unsigned long key_type, pc_status status, pc_error *err)
{
    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        if (pc_signer_kinds[i]->supports(key_type)) {
            return pc_hint(err, status, "`signer` %s signs with %s", pc_signer_kinds[i]->name,
                           pc_signer_kinds[i]->signs);
        }
    }
    return status;
}

pc_status pc_signer_check_kind(const char *name, pc_key_kind key_kind, pc_error *err)
{
    const unsigned long key_type = pc_key_kind_type(key_kind);
    const pc_signer_kind *kind = NULL;

    PC_TRY(pc_signer_choose(name, &kind, err));
    PC_TRY(kind->load(err));
    if (kind->supports(key_type)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "the signer \"%s\" cannot sign with an %s key, only with %s; no key was created",
                  kind->name, pc_key_kind_name(key_kind), kind->signs);
    return hint_at_signer(key_type, PC_E_INPUT, err);
}

static pc_status check_key_type(const pc_signer_kind *kind, const pc_key *key, pc_error *err)
{
    char description[32];

    if (kind->supports(key->half.key_type)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "the key \"%s\" is of type %s, and the signer \"%s\" signs with %s only", key->label,
                  pc_key_describe(key, description), kind->name, kind->signs);
    return hint_at_signer(key->half.key_type, PC_E_INPUT, err);
}

pc_status pc_signer_open(const pc_token *token, const pc_key *key, pc_signer **ret_signer, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = calloc(1, sizeof *signer);

    if (!signer || !(signer->route = calloc(1, sizeof *signer->route))) {
        return pc_fail_memory(err);
    }
    signer_route *route = signer->route;

    PC_TRY(pc_signer_choose(token->signer, &route->kind, err));
    PC_TRY(check_key_type(route->kind, key, err));
    PC_TRY(pc_public_key_of(key, &signer->public_key, err));
    const pc_signer_order order = { .token = token, .key = key, .public_key = signer->public_key };

    PC_TRY(route->kind->open(&order, &route->state, &route->private_key, err));
    signer->token = token;
    signer->key = (pc_key){ .handle = key->handle, .label = "", .half.key_type = key->half.key_type };
    memcpy(signer->key.flags, key->flags, sizeof key->flags);
    *ret_signer = PC_TAKE(signer);
    return PC_OK;
}

static void close_route(signer_route *route)
{
    EVP_PKEY_free(route->private_key);
    if (route->state) {
        route->kind->close(route->state);
    }
    route->private_key = NULL;
    route->state = NULL;
}

void pc_signer_close(pc_signer *signer)
{
    if (!signer) {
        return;
    }
    if (signer->route) {
        close_route(signer->route);
    }
    free(signer->route);
    EVP_PKEY_free(signer->public_key);
    free(signer);
}

/* The engine has the digest only, so it cannot request a mechanism that hashes the message itself. */
bool pc_signer_change_route(const pc_signer *signer)
{
    signer_route *current = signer->route;
    signer_route other = { .kind = &pc_signer_native };
    const pc_signer_order order = { .token = signer->token, .key = &signer->key, .public_key = signer->public_key };
    const char *function = NULL;
    CK_RV rv = current->kind->refusal(current->state, &function);
    bool is_of_mechanism = rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID;

    if (signer->token->signer || current->kind == other.kind || !is_of_mechanism ||
        strcmp(function, "C_SignInit") != 0 ||
        other.kind->open(&order, &other.state, &other.private_key, NULL) != PC_OK) {
        return false;
    }
    ERR_clear_error();
    close_route(current);
    *current = other;
    return true;
}

EVP_PKEY *pc_signer_private(const pc_signer *signer)
{
    return signer->route->private_key;
}

EVP_PKEY *pc_signer_public(const pc_signer *signer)
{
    return signer->public_key;
}

bool pc_signer_has_refused(const pc_signer *signer)
{
    const char *function = NULL;

    return signer->route->kind->refusal(signer->route->state, &function) != CKR_OK;
}

static pc_status fail_length(const char *function, pc_error *err)
{
    (void)pc_fail(err, PC_E_TOKEN, "%s: the module returned CKR_OK and a signature of an impossible length", function);
    return pc_hint(err, PC_E_TOKEN, "this is a defect of the module: ask its vendor for a newer version");
}

pc_status pc_signer_fail(const pc_signer *signer, pc_error *err)
{
    const char *function = NULL;
    CK_RV rv = signer->route->kind->refusal(signer->route->state, &function);

    if (rv != CKR_OK) {
        ERR_clear_error();
        return rv == PC_RV_SIGNATURE_LENGTH ? fail_length(function, err) : pc_fail_ckr(err, rv, function);
    }
    return pc_fail_openssl(err, PC_E_CRYPTO, "the signature failed");
}
