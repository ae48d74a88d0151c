/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/signer.h"

#include <openssl/err.h>
#include <string.h>

#include "pair/public_key.h"
#include "token/ckr.h"
#include "x509/openssl_error.h"

const pc_signer_kind *const pc_signer_kinds[] = {
    &pc_signer_engine,
    &pc_signer_native,
};
const size_t pc_signer_kind_count = PC_COUNT(pc_signer_kinds);

struct pc_signer {
    const pc_signer_kind *kind;
    void *state;
    EVP_PKEY *private_key;
    EVP_PKEY *public_key;
};

pc_status pc_signer_choose(const char *name, const pc_signer_kind **ret_kind, pc_error *err)
{
    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        if (!name || strcmp(name, pc_signer_kinds[i]->name) == 0) {
            *ret_kind = pc_signer_kinds[i];
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_USAGE, "there is no signer \"%s\"", name);
}

pc_status pc_signer_check(const char *name, pc_error *err)
{
    const pc_signer_kind *kind = NULL;

    PC_TRY(pc_signer_choose(name, &kind, err));
    return kind->load(err);
}

static pc_status check_key_type(const pc_signer_kind *kind, const pc_key *key, pc_error *err)
{
    char description[32];

    if (kind->supports(key->half.key_type)) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_INPUT, "the key \"%s\" is of type %s, and the signer \"%s\" signs with %s only",
                   key->label, pc_key_describe(key, description), kind->name, kind->signs);
}

pc_status pc_signer_open(const pc_token *token, const pc_key *key, pc_signer **ret_signer, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = calloc(1, sizeof *signer);

    if (!signer) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_signer_choose(token->signer, &signer->kind, err));
    PC_TRY(check_key_type(signer->kind, key, err));
    PC_TRY(pc_public_key_of(key, &signer->public_key, err));
    const pc_signer_order order = { .token = token, .key = key, .public_key = signer->public_key };

    PC_TRY(signer->kind->open(&order, &signer->state, &signer->private_key, err));
    *ret_signer = PC_TAKE(signer);
    return PC_OK;
}

void pc_signer_close(pc_signer *signer)
{
    if (!signer) {
        return;
    }
    EVP_PKEY_free(signer->private_key);
    EVP_PKEY_free(signer->public_key);
    if (signer->state) {
        signer->kind->close(signer->state);
    }
    free(signer);
}

EVP_PKEY *pc_signer_private(const pc_signer *signer)
{
    return signer->private_key;
}

EVP_PKEY *pc_signer_public(const pc_signer *signer)
{
    return signer->public_key;
}

pc_status pc_signer_fail(const pc_signer *signer, pc_error *err)
{
    const char *function = NULL;
    CK_RV rv = signer->kind->refusal(signer->state, &function);

    if (rv != CKR_OK) {
        ERR_clear_error();
        return pc_fail_ckr(err, rv, function);
    }
    return pc_fail_openssl(err, PC_E_CRYPTO, "the signature failed");
}
