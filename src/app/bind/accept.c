/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bind/accept.h"

#include "app/bind/bind.h"
#include "app/files/document.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "pair/key_of.h"
#include "base/text.h"
#include "signer/signer.h"
#include "token/certificate_object.h"
#include "token/key.h"
#include "x509/chain.h"
#include "x509/name.h"

void pc_accept_result_free(pc_accept_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

pc_accept_result *pc_accept_result_new(void)
{
    PC_AUTO(pc_accept_result) pc_accept_result *result = PC_RESULT_NEW(pc_accept_result);

    if (!result) {
        return NULL;
    }
    return PC_TAKE(result);
}

void pc_acceptance_clear(pc_acceptance *what)
{
    pc_auto_X509_stack(&what->issuers);
    pc_auto_X509_stack(&what->all);
    *what = (pc_acceptance){ .leaf = NULL };
}

/* Has it issued another certificate of the file? */
static bool is_issuer(const pc_acceptance *what, int place)
{
    X509 *each = sk_X509_value(what->all, place);
    bool issues = false;

    for (int i = 0; i < what->file_count && !issues; i++) {
        issues = i != place && X509_check_issued(each, sk_X509_value(what->all, i)) == X509_V_OK;
    }
    return issues;
}

/* The certificate that issued no other one in the file is the one to bind. If there are several, the token's keys
 * decide. */
static void guess_leaf(pc_acceptance *what)
{
    int count = 0;

    what->leaf = sk_X509_value(what->all, 0);
    for (int i = what->file_count; i-- > 0;) {
        if (!is_issuer(what, i)) {
            what->leaf = sk_X509_value(what->all, i);
            count++;
        }
    }
    what->is_certain = count == 1;
}

static pc_status read_certificates(const pc_accept_order *order, pc_acceptance *what, pc_error *err)
{
    PC_TRY(pc_document_read_certificates(order->certificate, &what->all, err));
    what->file_count = sk_X509_num(what->all);
    guess_leaf(what);
    for (size_t i = 0; i < order->chain_count; i++) {
        PC_AUTO(X509_stack) STACK_OF(X509) *more = NULL;

        PC_TRY(pc_document_read_certificates(order->chains[i], &more, err));
        while (sk_X509_num(more) > 0) {
            if (sk_X509_push(what->all, sk_X509_value(more, 0)) <= 0) {
                return pc_fail_memory(err);
            }
            (void)sk_X509_shift(more);
        }
    }
    return PC_OK;
}

/* Without issuers there is no chain to verify. With them it must be valid: a wrong one on the token misleads for years.
 */
static pc_status check_chain(X509 *leaf, STACK_OF(X509) *all, pc_arena *arena, pc_chain *ret_chain, pc_error *err)
{
    *ret_chain = (pc_chain){ .issuers = NULL };
    if (sk_X509_num(all) == 1) {
        ret_chain->issuers = sk_X509_new_null();
        return ret_chain->issuers ? PC_OK : pc_fail_memory(err);
    }
    const pc_chain_question question = { .leaf = leaf, .others = all, .rigour = PC_RIGOUR_TIMELESS };
    pc_status status = pc_chain_build(&question, arena, ret_chain, err);

    if (status == PC_E_VERIFY) {
        (void)pc_note(err, PC_E_INPUT, "the certificate does not chain up to the issuers given; nothing was written");
        return pc_hint(err, PC_E_INPUT, "give `chain` the certificates of the CA that issued it, or omit `chain`");
    }
    return status;
}

static pc_status take_chain(pc_acceptance *what, pc_accept_result *result, pc_error *err)
{
    pc_chain chain;
    pc_status status = check_chain(what->leaf, what->all, result->arena, &chain, err);

    pc_auto_X509_stack(&what->issuers);
    what->issuers = chain.issuers;
    result->chain = chain.words;
    return status;
}

static pc_status refuse_without_key(const pc_token *token, const pc_public_key_named *wanted, pc_error *err)
{
    if (wanted->among) {
        (void)pc_fail(err, PC_E_NOT_FOUND,
                      "no private key on token \"%s\" that \"%s\" names belongs to the certificate of %s; nothing was "
                      "written",
                      token->info.label, wanted->among->words, wanted->words);
        return pc_hint(err, PC_E_NOT_FOUND, "`p11cert list` shows the keys; without `key`, all are considered");
    }
    (void)pc_fail(err, PC_E_NOT_FOUND,
                  "no private key on token \"%s\" belongs to the certificate of %s; nothing was written",
                  token->info.label, wanted->words);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "check whether it is for another key, or the key is on another token; "
                   "`p11cert list` shows the keys that have no certificate yet");
}

static pc_status find_key(const pc_token *token, const pc_acceptance *what, pc_arena *arena, pc_found_key *ret_found,
                          pc_error *err)
{
    const char *subject = pc_x509_name_text(X509_get_subject_name(what->leaf), arena);
    EVP_PKEY *public_key = X509_get0_pubkey(what->leaf);

    if (!subject) {
        return pc_fail_memory(err);
    }
    if (!public_key) {
        return pc_fail(err, PC_E_INPUT, "the certificate's public key cannot be read");
    }
    const pc_public_key_named wanted = { .key = public_key, .words = subject, .among = what->among };

    ret_found->mark = pc_lock_mark_read(token, PC_CERTIFICATE_LOCK);
    pc_status status = pc_key_of_public_with_certificates(token, &wanted, arena, &ret_found->objects, err);

    if (status == PC_E_AMBIGUOUS) {
        return pc_hint(err, status,
                       "nothing was written. `p11cert accept CERTIFICATE --key 'pkcs11:id=%%01%%02…'` (two hex digits "
                       "after each %%) names one by its CKA_ID");
    }
    return status == PC_E_NOT_FOUND ? refuse_without_key(token, &wanted, err) : status;
}

/* The next of the file's certificates that belongs to a key of the token; those that issued others come last. */
static pc_status find_among_others(const pc_token *token, pc_acceptance *what, pc_arena *arena, pc_found_key *ret_found,
                                   pc_error *err)
{
    X509 *guess = what->leaf;
    pc_status status = PC_E_NOT_FOUND;

    for (int i = 0; i < 2 * what->file_count && status == PC_E_NOT_FOUND; i++) {
        int place = i % what->file_count;
        X509 *each = sk_X509_value(what->all, place);
        pc_error why = { .status = PC_OK };

        if (each == guess || is_issuer(what, place) != (i >= what->file_count)) {
            continue;
        }
        what->leaf = each;
        status = find_key(token, what, arena, ret_found, &why);
        what->leaf = status == PC_OK ? each : guess;
        if (status != PC_OK && status != PC_E_NOT_FOUND) {
            pc_error_pass(err, &why);
        }
    }
    return status;
}

static pc_status choose_leaf(const pc_token *token, pc_acceptance *what, pc_accept_result *result,
                             pc_found_key *ret_found, pc_error *err)
{
    X509 *guess = what->leaf;
    pc_error why = { .status = PC_OK };
    pc_status status = find_key(token, what, result->arena, ret_found, &why);

    if (status == PC_E_NOT_FOUND && what->file_count > 1) {
        status = find_among_others(token, what, result->arena, ret_found, &why);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
        return status;
    }
    return what->is_certain && what->leaf == guess ? PC_OK : take_chain(what, result, err);
}

static pc_status bind_all(const pc_token *token, const pc_found_key *found, const pc_acceptance *what,
                          pc_accept_result *result, pc_error *err)
{
    const pc_binding own = { .key = &found->objects.key, .certificate = what->leaf, .found = found };
    size_t count = (what->issuers ? (size_t)sk_X509_num(what->issuers) : 0) + 1;

    result->certificates = pc_arena_alloc(result->arena, count * sizeof *result->certificates);
    if (!result->certificates) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_bind_to_key(token, &own, result->arena, &result->certificates[0], err));
    for (size_t i = 1; i < count; i++) {
        PC_TRY(pc_bind_issuer(token, sk_X509_value(what->issuers, (int)i - 1), result->arena, &result->certificates[i],
                              err));
    }
    result->certificate_count = count;
    result->other_count = result->certificates[0].other_count;
    return PC_OK;
}

pc_status pc_accept_read(const pc_accept_order *order, pc_accept_result *result, pc_acceptance *ret_what, pc_error *err)
{
    PC_AUTO(pc_acceptance) pc_acceptance what = { .leaf = NULL };

    PC_TRY(read_certificates(order, &what, err));
    if (what.is_certain) {
        PC_TRY(take_chain(&what, result, err));
    }
    *ret_what = what;
    what = (pc_acceptance){ .leaf = NULL };
    return PC_OK;
}

pc_status pc_accept_bind(const pc_token *token, pc_acceptance *what, pc_accept_result *result, pc_error *err)
{
    pc_found_key found;

    PC_TRY(choose_leaf(token, what, result, &found, err));
    const pc_key *key = &found.objects.key;

    result->token = pc_arena_string(result->arena, token->info.label);
    result->key_label = key->label;
    result->key_id = pc_text_hex(result->arena, key->id, '\0');
    if (!result->token || !result->key_id) {
        return pc_fail_memory(err);
    }
    return bind_all(token, &found, what, result, err);
}

pc_status pc_accept_certificates_on(const pc_token *token, const pc_accept_certificates *certificates,
                                    pc_accept_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_accept_result) pc_accept_result *result = pc_accept_result_new();
    pc_acceptance what = { .leaf = certificates->leaf, .issuers = certificates->issuers, .is_certain = true };

    if (!result) {
        return pc_fail_memory(err);
    }
    result->chain = pc_arena_string(result->arena, certificates->chain);
    if (certificates->chain && !result->chain) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_accept_bind(token, &what, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_accept_run(const pc_accept_order *order, const pc_token_access *access, pc_accept_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_accept_result) pc_accept_result *result = pc_accept_result_new();
    PC_AUTO(pc_acceptance) pc_acceptance what = { .leaf = NULL };
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_key_selector among;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_accept_read(order, result, &what, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &token, err));
    if (order->key) {
        PC_TRY(pc_key_selector_parse(token, order->key, result->arena, &among, err));
        what.among = &among;
    }
    PC_TRY(pc_accept_bind(token, &what, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
