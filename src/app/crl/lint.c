/* SPDX-License-Identifier: Apache-2.0 */
#include "app/crl/lint.h"

#include "app/issue/lint.h"

pc_status pc_crl_lint(const pc_crl_draft *draft, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_evidence evidence = { .now_sec = draft->now_sec, .crl = pc_x509_facts_of_crl(draft) };
    pc_text_list warnings; /* no rule of a CRL is one */

    return arena ? pc_lint_evidence(&evidence, "CRL", arena, &warnings, err) : pc_fail_memory(err);
}
