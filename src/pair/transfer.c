/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/transfer.h"

#include <openssl/rand.h>

#include "pair/public_key.h"
#include "x509/openssl_error.h"

/* Way 1 of token/key_transfer.h: the token makes the key. */
static pc_status open_by_pair(const pc_token *token, pc_arena *arena, pc_transfer *transfer, bool *ret_other,
                              pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *pair = NULL;
    pc_public_half public_half;
    pc_transport_key key;

    PC_TRY(pc_transport_pair_new(&pair, err));
    PC_TRY(pc_public_key_attributes(pair, arena, &public_half, err));
    pc_status status = pc_transport_key_generate(token, &public_half, &key, err);

    *ret_other = key.try_another_way;
    PC_TRY(status);
    transfer->handle = key.handle;
    transfer->is_open = true;
    return pc_transport_key_open(pair, (pc_bytes){ key.wrapped, key.wrapped_len }, &transfer->key, err);
}

/* Way 2: we make it. */
static pc_status open_by_writing(const pc_token *token, pc_transfer *transfer, bool *ret_other, pc_error *err)
{
    pc_transport_key key;

    PC_TRY(pc_transport_key_new(&transfer->key, err));
    pc_status status = pc_transport_key_write(token, transfer->key, &key, err);

    *ret_other = key.try_another_way;
    PC_TRY(status);
    transfer->handle = key.handle;
    transfer->is_open = true;
    return PC_OK;
}

pc_status pc_transfer_open(const pc_token *token, pc_arena *arena, pc_transfer *ret_transfer, bool *ret_other,
                           pc_error *err)
{
    PC_AUTO_TRANSFER pc_transfer transfer = {
        .token = token,
        .arena = arena,
        .words = "AES-256 made on the token, handed over under a one-time RSA-2048 key (OAEP)",
    };
    bool other = false;

    PC_TRY(pc_secure_heap_start(err));
    pc_status status = open_by_pair(token, arena, &transfer, &other, err);

    if (status != PC_OK && other) {
        transfer.words = "AES-256 made by p11cert and written to the token";
        status = open_by_writing(token, &transfer, &other, err);
    }
    if (ret_other) {
        *ret_other = other;
    }
    if (status != PC_OK) {
        return pc_note(err, status,
                       "token \"%s\" and p11cert could not agree on a one-time key to move the private key under",
                       token->info.label);
    }
    *ret_transfer = transfer;
    transfer = (pc_transfer){ .token = NULL };
    return PC_OK;
}

void pc_transfer_close(pc_transfer *transfer)
{
    if (transfer->is_open) {
        pc_transport_key_destroy(transfer->token, transfer->handle);
    }
    pc_secret_free(transfer->key);
    *transfer = (pc_transfer){ .token = NULL };
}

pc_status pc_transfer_out(const pc_transfer *transfer, const pc_key *key, EVP_PKEY **ret_key,
                          const char **ret_mechanism, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *plain = NULL;
    PC_AUTO(EVP_PKEY) EVP_PKEY *out = NULL;
    pc_wrapped_key *wrapped = pc_arena_alloc(transfer->arena, sizeof *wrapped);

    if (!wrapped) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_key_wrap_out(transfer->token, transfer->handle, key, wrapped, err));
    PC_TRY(pc_key_unwrap(transfer->key, wrapped->has_iv ? wrapped->iv : NULL,
                         (pc_bytes){ wrapped->bytes, wrapped->len }, &plain, err));
    PC_TRY(pc_pkcs8_read(plain, &out, err));
    PC_TRY(pc_key_check_halves(out, err));
    *ret_key = PC_TAKE(out);
    *ret_mechanism = wrapped->mechanism;
    return PC_OK;
}

static pc_status wrap_for(const pc_transfer *transfer, pc_secret *plain, size_t way, pc_wrapped_key *wrapped,
                          pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *bytes = NULL;

    wrapped->transport = transfer->handle;
    wrapped->way = way;
    wrapped->mechanism = pc_unwrap_way(way, &wrapped->has_iv);
    if (wrapped->has_iv && RAND_bytes(wrapped->iv, sizeof wrapped->iv) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random bytes could be drawn");
    }
    PC_TRY(pc_key_wrap(transfer->key, wrapped->has_iv ? wrapped->iv : NULL, plain, &bytes, err));
    wrapped->len = pc_secret_len(bytes);
    for (size_t i = 0; i < wrapped->len; i++) {
        wrapped->bytes[i] = pc_secret_bytes(bytes)[i];
    }
    return PC_OK;
}

pc_status pc_transfer_in(const pc_transfer *transfer, const EVP_PKEY *key, const pc_key_plan *plan,
                         pc_imported *ret_imported, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *plain = NULL;
    pc_wrapped_key *wrapped = pc_arena_alloc(transfer->arena, sizeof *wrapped);
    pc_status status = PC_E_TOKEN;

    *ret_imported = (pc_imported){ .try_another_way = true };
    if (!wrapped) {
        ret_imported->try_another_way = false;
        return pc_fail_memory(err);
    }
    PC_TRY(pc_pkcs8_write(key, &plain, err));
    for (size_t way = 0; way < PC_UNWRAP_WAYS && status != PC_OK && ret_imported->try_another_way; way++) {
        ret_imported->try_another_way = false;
        PC_TRY(wrap_for(transfer, plain, way, wrapped, err));
        status = pc_key_unwrap_in(transfer->token, wrapped, plan, ret_imported, err);
    }
    return status;
}
