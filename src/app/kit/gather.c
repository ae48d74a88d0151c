/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/files/document.h"
#include "app/pfx/export.h"
#include "app/kit/kit.h"
#include "base/text.h"
#include "token/key.h"
#include "x509/chain.h"
#include "x509/name.h"
#include "x509/attempt.h"

void pc_kit_clear(pc_kit *kit)
{
    pc_token_close(kit->opened);
    pc_key_certificates_clear(&kit->certificates);
}

static pc_status find_key(pc_kit *kit, const pc_token_access *access, pc_error *err)
{
    pc_key_selector selector;
    pc_kit_result *result = kit->result;
    pc_key *key = &kit->key;

    if (!kit->token) {
        PC_TRY(pc_token_open(access, PC_TOKEN_READ, &kit->opened, err));
        kit->token = kit->opened;
    }
    PC_TRY(pc_key_selector_parse(kit->token, kit->order->key, kit->arena, &selector, err));
    PC_TRY(pc_key_find(kit->token, &selector, kit->arena, key, err));
    bool is_fixed = key->flags[PC_KEY_EXTRACTABLE] == PC_FACT_FALSE;
    bool stays = is_fixed || key->flags[PC_KEY_WRAP_WITH_TRUSTED] == PC_FACT_TRUE;

    kit->why_it_stays = is_fixed ? "cannot be extracted"
                                 : "leaves its token only under a wrapping key that the Security "
                                   "Officer has marked trusted";
    result->way = stays ? PC_KIT_HSM : PC_KIT_PFX;
    result->token = pc_text_escape(kit->arena, kit->token->info.label, strlen(kit->token->info.label));
    result->key_label = pc_text_escape(kit->arena, key->label, strlen(key->label));
    result->key_id = pc_text_hex(kit->arena, key->id, '\0');
    return result->token && result->key_label && result->key_id ? PC_OK : pc_fail_memory(err);
}

/* As in a PFX, whether there will be one or not. */
static pc_status gather_of_key(pc_kit *kit, const pc_token_access *access, pc_error *err)
{
    const pc_certificate_files files = { .certificate = kit->order->certificate,
                                         .chains = kit->order->chains,
                                         .chain_count = kit->order->chain_count };

    PC_TRY(find_key(kit, access, err));
    return pc_export_certificates(&files, kit->token, &kit->key, kit->arena, &kit->certificates, err);
}

static pc_status read_into(const char *file, STACK_OF(X509) *all, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *more = NULL;

    PC_TRY(pc_document_read_certificates(file, &more, err));
    while (sk_X509_num(more) > 0) {
        if (sk_X509_push(all, sk_X509_value(more, 0)) <= 0) {
            return pc_fail_memory(err);
        }
        (void)sk_X509_shift(more);
    }
    return PC_OK;
}

static pc_status read_files(pc_kit *kit, STACK_OF(X509) *pool, pc_error *err)
{
    PC_TRY(read_into(kit->order->certificate, pool, err));
    int leaf_index = 0;

    /* The other certificates in the file are issuers; if the file holds one certificate, that one is used, whatever it
     * is. */
    while (leaf_index < sk_X509_num(pool) && sk_X509_num(pool) > 1 &&
           X509_check_ca(sk_X509_value(pool, leaf_index)) != 0) {
        leaf_index++;
    }
    kit->certificates.leaf = sk_X509_delete(pool, leaf_index);
    if (!kit->certificates.leaf) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains only CA certificates", kit->order->certificate);
    }
    for (size_t i = 0; i < kit->order->chain_count; i++) {
        PC_TRY(read_into(kit->order->chains[i], pool, err));
    }
    return PC_OK;
}

static pc_status build_chain(pc_kit *kit, STACK_OF(X509) *pool, pc_error *err)
{
    bool is_root = pc_certificate_is_self_issued(kit->certificates.leaf);

    if (sk_X509_num(pool) == 0 || is_root) {
        kit->certificates.issuers = sk_X509_new_null();
        kit->certificates.ends_in_root = is_root;
        return kit->certificates.issuers ? PC_OK : pc_fail_memory(err);
    }
    const pc_chain_question question = { .leaf = kit->certificates.leaf, .others = pool, .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };
    pc_status status = pc_chain_build(&question, kit->arena, &chain, err);

    kit->certificates.issuers = chain.issuers;

    if (status == PC_E_VERIFY) {
        (void)pc_note(err, PC_E_INPUT, "the certificate does not chain up to the issuers given");
        return pc_hint(err, PC_E_INPUT, "give `chain` the certificates of the CA that issued it, or omit `chain`");
    }
    PC_TRY(status);
    int count = sk_X509_num(kit->certificates.issuers);

    kit->certificates.ends_in_root =
        count > 0 && X509_self_signed(sk_X509_value(kit->certificates.issuers, count - 1), 0) == 1;
    return PC_OK;
}

pc_status pc_kit_gather(pc_kit *kit, const pc_token_access *access, pc_error *err)
{
    if (kit->order->key) {
        return gather_of_key(kit, access, err);
    }
    PC_AUTO(X509_stack) STACK_OF(X509) *pool = sk_X509_new_null();

    if (!pool) {
        return pc_fail_memory(err);
    }
    kit->result->way = PC_KIT_HOST;
    PC_TRY(read_files(kit, pool, err));
    return build_chain(kit, pool, err);
}
