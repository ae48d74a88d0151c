/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_LINT_H
#define PC_APP_LINT_H

#include <p11cert/issue.h>
#include <p11cert/policy.h>

#include "base/arena.h"
#include "signer/sign.h"

/** A certificate that is to be issued, with what is needed to check it. Borrowed. */
typedef struct pc_lint_order {
    const pc_certificate_profile *profile; /**< NULL: as requested, so without a role */
    X509 *issuer;                          /**< NULL: self-signed */
    STACK_OF(X509) *above;                 /**< certificates of the CAs above the issuer, as far as they are known */
    EVP_PKEY *throwaway;                   /**< rehearses it; NULL: one is made */
    int64_t now_sec;
    pc_arena *arena;                       /**< for the warnings */
    pc_text_list linters;                  /**< programs that check it too (linter.h); count 0: none */
    const pc_linter_run_result **ret_runs; /**< their output, in the arena; NULL: not required */
} pc_lint_order;

/**
 * Judge what a CA is about to sign by the policy "ca", before the token signs.
 * @param what          "certificate", "CRL"
 * @param ret_warnings problems that do not prevent signing, "CA-DAYS: ...", in the arena
 * @return PC_OK; PC_E_REFUSED (a rule of severity error is broken; each is a sentence of the error); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_lint_evidence(const pc_evidence *evidence, const char *what, pc_arena *arena,
                                         pc_text_list *ret_warnings, pc_error *err);

/** The same for a certificate that was rehearsed (pc_rehearse_certificate). @return also PC_E_INPUT. */
PC_MUST_CHECK pc_status pc_issue_lint(const pc_lint_order *order, X509 *rehearsed, pc_text_list *ret_warnings,
                                      pc_error *err);

#endif
