/* SPDX-License-Identifier: Apache-2.0 */
#include "token/proof.h"

#include "token/ckr.h"

static const char *name_of(CK_RV rv)
{
    const char *name = pc_ckr_name(rv);

    return rv == CKR_OK ? "no value returned" : name ? name : "a vendor-defined code";
}

static const char *outcome_of(pc_attempt attempt)
{
    return attempt == PC_ATTEMPT_REFUSED ? "was tried and refused" : "could not be tried";
}

pc_status pc_proof_words(const pc_key_proof *proof, const pc_key *key, pc_arena *arena, const char **ret_words,
                         pc_error *err)
{
    if (proof->read == PC_ATTEMPT_SUCCEEDED || proof->wrap == PC_ATTEMPT_SUCCEEDED) {
        (void)pc_fail(err, PC_E_VERIFY,
                      "the token revealed the private key \"%s\" when asked to %s, although its flags forbid that",
                      key->label, proof->read == PC_ATTEMPT_SUCCEEDED ? "show its value" : "wrap it");
        return pc_hint(err, PC_E_VERIFY,
                       "do not use this key as a non-exportable one; report the module to its vendor");
    }
    bool both = proof->read == PC_ATTEMPT_REFUSED && proof->wrap == PC_ATTEMPT_REFUSED;

    *ret_words =
        both ? pc_arena_format(arena,
                               "reading the private value was tried and refused (%s), and so was wrapping it (%s)",
                               name_of(proof->read_rv), name_of(proof->wrap_rv))
             : pc_arena_format(arena, "reading the private value %s (%s), wrapping it %s (%s)", outcome_of(proof->read),
                               name_of(proof->read_rv), outcome_of(proof->wrap), name_of(proof->wrap_rv));
    return *ret_words ? PC_OK : pc_fail_memory(err);
}

pc_status pc_proof_of_refusal(const pc_token *token, const pc_key *key, pc_arena *arena, const char **ret_words,
                              pc_error *err)
{
    pc_key_proof proof;

    PC_TRY(pc_key_try_extract(token, key, &proof, err));
    return pc_proof_words(&proof, key, arena, ret_words, err);
}
