/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/held_certificates.h"

#include "x509/attempt.h"

pc_status pc_held_certificates_make(pc_certificate_objects all, pc_arena *arena, pc_held_certificates *ret_held,
                                    pc_error *err)
{
    const size_t size = (all.count + 1) * sizeof *ret_held->issuers;

    PC_TRY(pc_certificate_index_make(all, arena, &ret_held->index, err));
    ret_held->issuers = pc_arena_alloc(arena, size);
    return ret_held->issuers ? PC_OK : pc_fail_memory(err);
}

X509 *pc_held_certificates_issuer(const pc_held_certificates *held, const pc_certificate_object *issuer)
{
    X509 **slot = &held->issuers[issuer - held->index.by_subject.items];

    if (!*slot) {
        *slot = pc_certificate_parse(issuer->value);
    }
    return *slot && X509_up_ref(*slot) == 1 ? *slot : NULL;
}

void pc_held_certificates_clear(pc_held_certificates *held)
{
    for (size_t i = 0; held->issuers && i < held->index.by_subject.count; i++) {
        X509_free(held->issuers[i]);
    }
    held->issuers = NULL;
}
