/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_relay.h"
#include "base/kept_error.h"

/** The one-time keys of a relay; all of them are session objects. */
typedef struct {
    const pc_key_relay *relay;
    pc_transport_pair pair;      /* on the target */
    pc_transport_key source_key; /* on the source */
    CK_OBJECT_HANDLE target_key; /* the same key, on the target */
    bool has_source_key;
    bool has_target_key;
} relay_keys;

static void relay_keys_clear(relay_keys *joined)
{
    if (joined->has_target_key) {
        pc_transport_key_destroy(joined->relay->target, joined->target_key);
    }
    if (joined->has_source_key) {
        pc_transport_key_destroy(joined->relay->source, joined->source_key.handle);
    }
    pc_transport_pair_destroy(joined->relay->target, &joined->pair);
}
PC_AUTO_DEFINE_VALUE(relay_keys, relay_keys, relay_keys_clear);

static pc_status note_unable(const pc_token *token, const char *what, pc_status status, pc_error *err)
{
    return status == PC_OK ? PC_OK : pc_note(err, status, "token \"%s\" could not %s", token->info.label, what);
}

static pc_status join(relay_keys *joined, pc_arena *arena, pc_error *err)
{
    const pc_key_relay *relay = joined->relay;
    pc_status status = pc_transport_pair_generate(relay->target, arena, &joined->pair, err);

    PC_TRY(note_unable(relay->target, "generate a one-time RSA key", status, err));
    status = pc_transport_key_generate(relay->source, &joined->pair.half, &joined->source_key, err);
    joined->has_source_key = status == PC_OK;
    PC_TRY(note_unable(relay->source, "wrap a one-time key for the other token", status, err));
    status = pc_transport_key_unwrap(relay->target, &joined->pair, &joined->source_key, &joined->target_key, err);
    joined->has_target_key = status == PC_OK;
    return note_unable(relay->target, "unwrap the one-time key of the other token", status, err);
}

/** Ways to wrap on the source and to unwrap on the target (pc_unwrap_way). */
typedef struct {
    unsigned source;
    unsigned target;
} way_pair;

/* RFC 5649 has two names: CKM_AES_KEY_WRAP_KWP since PKCS#11 v3.0, and CKM_AES_KEY_WRAP_PAD in older modules, such as
 * SoftHSM 2. By the latter, newer modules such as NSS mean another format: then the integrity check of what is
 * unwrapped fails, which SoftHSM 2 reports with a code that allows no other attempt, so KWP is tried under both names
 * first. */
static const way_pair way_pairs[] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 0 }, { 2, 2 } };

/* One method at a time, on both tokens: the target need not support what the source supports. */
static pc_status carry(const relay_keys *joined, const pc_key_plan *plan, const way_pair *ways, pc_wrapped_key *wrapped,
                       pc_imported *ret_imported, bool *ret_other, pc_error *err)
{
    const pc_key_relay *relay = joined->relay;

    wrapped->way = ways->source;
    wrapped->transport = joined->source_key.handle;
    pc_status status = pc_key_wrap_out_by(relay->source, relay->key, wrapped, ret_other, err);

    PC_TRY(note_unable(relay->source, "wrap the private key", status, err));
    wrapped->way = ways->target;
    wrapped->transport = joined->target_key;
    status = pc_key_unwrap_in(relay->target, wrapped, plan, ret_imported, err);
    *ret_other = ret_imported->try_another_way;
    return note_unable(relay->target, "unwrap the private key", status, err);
}

/** The error of a failed relay: the target's first failure says more than that the source lacks another method. */
typedef struct {
    pc_status status;
    pc_error error;
    bool is_of_target;
} relay_failure;

static pc_status try_ways(const relay_keys *joined, const pc_key_plan *plan, pc_wrapped_key *wrapped,
                          pc_imported *ret_imported, relay_failure *failure)
{
    pc_status status = PC_E_TOKEN;
    bool other = true;

    for (size_t i = 0; i < PC_COUNT(way_pairs) && status != PC_OK && other; i++) {
        pc_error err = { .status = PC_OK };

        *ret_imported = (pc_imported){ .handle = 0 };
        status = carry(joined, plan, &way_pairs[i], wrapped, ret_imported, &other, &err);
        if (!failure->is_of_target) {
            *failure = (relay_failure){ .status = status, .error = err, .is_of_target = ret_imported->mechanism };
        }
    }
    return status;
}

/* Families differ in the mechanisms that they wrap with: if what the tokens report shows that no way was possible, the
 * error says so. A token that reports nothing is left to the code of the call. */
static void explain_ways(const pc_key_relay *relay, pc_arena *arena, pc_error *failure)
{
    const char *wraps = NULL;
    const char *unwraps = NULL;
    unsigned source_mask = 0;
    unsigned target_mask = 0;
    bool is_known = pc_transfer_ways(relay->source, CKF_WRAP, arena, &wraps, &source_mask, NULL) == PC_OK &&
                    pc_transfer_ways(relay->target, CKF_UNWRAP, arena, &unwraps, &target_mask, NULL) == PC_OK;

    bool is_possible = false;

    for (size_t i = 0; i < PC_COUNT(way_pairs); i++) {
        is_possible =
            is_possible || (source_mask & 1u << way_pairs[i].source && target_mask & 1u << way_pairs[i].target);
    }
    if (is_known && !is_possible) {
        (void)pc_note(failure, failure->status,
                      "the tokens have no mechanism in common for a private key: \"%s\" wraps with %s, \"%s\" unwraps "
                      "with %s",
                      relay->source->info.label, wraps, relay->target->info.label, unwraps);
    }
}

pc_status pc_key_relay_run(const pc_key_relay *relay, const pc_key_plan *plan, pc_arena *arena,
                           pc_imported *ret_imported, pc_error *err)
{
    PC_AUTO(relay_keys) relay_keys joined = { .relay = relay };
    pc_wrapped_key *wrapped = pc_arena_alloc(arena, sizeof *wrapped);
    relay_failure failure = { .status = PC_OK };

    if (!wrapped) {
        return pc_fail_memory(err);
    }
    PC_TRY(join(&joined, arena, err));
    if (try_ways(&joined, plan, wrapped, ret_imported, &failure) == PC_OK) {
        return PC_OK;
    }
    if (pc_transfer_may_go_otherwise((CK_RV)failure.error.code)) {
        explain_ways(relay, arena, &failure.error);
    }
    pc_error_pass(err, &failure.error);
    return failure.status;
}
