/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/chain.h"

#include <openssl/err.h>

#include "x509/name.h"
#include "x509/openssl_error.h"

static bool is_self_signed(X509 *certificate)
{
    return X509_self_signed(certificate, 0) == 1;
}

static bool is_issued_by_any(X509 *certificate, STACK_OF(X509) *others)
{
    for (int i = 0; i < sk_X509_num(others); i++) {
        X509 *each = sk_X509_value(others, i);

        if (X509_cmp(each, certificate) != 0 && X509_check_issued(each, certificate) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

/* Where a chain may end: in a self-signed certificate and, if it may be incomplete, in one whose issuer was not given.
 * Nowhere else, since the chain would stop there although it continues. */
static bool is_anchor(X509 *certificate, X509 *leaf, STACK_OF(X509) *others, pc_chain_rigour rigour)
{
    if (is_self_signed(leaf)) {
        return X509_cmp(certificate, leaf) ==
               0; /* a renewed root has the same name as the old one, and often nothing else distinguishes them */
    }
    if (is_self_signed(certificate)) {
        return true;
    }
    return rigour == PC_RIGOUR_TIMELESS && X509_cmp(certificate, leaf) != 0 && !is_issued_by_any(certificate, others);
}

static pc_status fill_store(X509_STORE *store, X509 *leaf, STACK_OF(X509) *others, pc_chain_rigour rigour,
                            pc_error *err)
{
    for (int i = 0; i < sk_X509_num(others); i++) {
        X509 *each = sk_X509_value(others, i);

        if (is_anchor(each, leaf, others, rigour) && X509_STORE_add_cert(store, each) != 1) {
            return pc_fail_memory(err);
        }
    }
    unsigned long flags = X509_V_FLAG_CHECK_SS_SIGNATURE;

    flags |= rigour == PC_RIGOUR_TIMELESS ? X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN : 0;

    return X509_STORE_set_flags(store, flags) == 1 ? PC_OK : pc_fail_memory(err);
}

static const char *chain_words(STACK_OF(X509) *chain, pc_arena *arena)
{
    const char *words = "";

    for (int i = 0; i < sk_X509_num(chain) && words; i++) {
        const char *name = pc_x509_name_text(X509_get_subject_name(sk_X509_value(chain, i)), arena);

        words = name ? pc_arena_format(arena, "%s%s%s", words, i ? " <- " : "", name) : NULL;
    }
    return words;
}

static pc_status report_broken(X509_STORE_CTX *context, pc_arena *arena, const char **ret_detail, pc_error *err)
{
    int code = X509_STORE_CTX_get_error(context);
    X509 *position = X509_STORE_CTX_get_current_cert(context);
    const char *name = position ? pc_x509_name_text(X509_get_subject_name(position), arena) : "(none)";
    const char *detail = pc_arena_format(arena, "%s, at %s", X509_verify_cert_error_string(code), name ? name : "?");

    ERR_clear_error();
    if (!detail) {
        return pc_fail_memory(err);
    }
    *ret_detail = detail;
    return pc_fail(err, PC_E_VERIFY, "the chain is invalid: %s", detail);
}

/* Without the leaf: only the certificates to be stored in addition to it. */
static pc_status without_leaf(STACK_OF(X509) *chain, STACK_OF(X509) **ret_chain, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = sk_X509_new_null();

    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *each = sk_X509_value(chain, i);

        if (!issuers || X509_up_ref(each) != 1) {
            return pc_fail_memory(err);
        }
        if (sk_X509_push(issuers, each) <= 0) {
            X509_free(each);
            return pc_fail_memory(err);
        }
    }
    if (!issuers) {
        return pc_fail_memory(err);
    }
    *ret_chain = PC_TAKE(issuers);
    return PC_OK;
}

pc_status pc_chain_build(const pc_chain_question *question, pc_arena *arena, pc_chain *ret_chain, pc_error *err)
{
    PC_AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();
    PC_AUTO(X509_STORE_CTX) X509_STORE_CTX *context = X509_STORE_CTX_new();

    if (!store || !context) {
        return pc_fail_memory(err);
    }
    PC_TRY(fill_store(store, question->leaf, question->others, question->rigour, err));
    if (X509_STORE_CTX_init(context, store, question->leaf, question->others) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the chain cannot be checked");
    }
    if (X509_verify_cert(context) != 1) {
        return report_broken(context, arena, &ret_chain->words, err);
    }
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    const char *words = chain_words(chain, arena);

    if (!words) {
        return pc_fail_memory(err);
    }
    PC_TRY(without_leaf(chain, &ret_chain->issuers, err));
    ret_chain->words = words;
    return PC_OK;
}
