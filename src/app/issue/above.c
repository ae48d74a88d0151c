/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/above.h"

#include "pair/own_certificate.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/name.h"

#define MOST_LEVELS 16

static bool has_issued(X509 *issuer, X509 *subject)
{
    return issuer && X509_check_issued(issuer, subject) == X509_V_OK &&
           pc_certificate_signature_holds(subject, X509_get0_pubkey(issuer));
}

/* @param ret_issuer  the only one on the token, to be freed by the caller; NULL: there is none, or several */
static pc_status find_issuer(const pc_token *token, X509 *subject, pc_arena *arena, X509 **ret_issuer, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates parsed = { .items = NULL };
    pc_certificate_objects found = { .items = NULL };
    pc_bytes name = { NULL, 0 };
    X509 *issuer = NULL;
    int count = 0;

    PC_TRY(pc_x509_name_der(X509_get_issuer_name(subject), arena, &name, err));
    PC_TRY(pc_certificate_find_by_subject(token, name, arena, &found, err));
    PC_TRY(pc_token_certificates_parse(found.items, found.count, arena, &parsed, err));
    for (size_t i = 0; i < parsed.count; i++) {
        if (has_issued(parsed.items[i].certificate, subject)) {
            count += !issuer || X509_cmp(issuer, parsed.items[i].certificate) != 0;
            issuer = parsed.items[i].certificate;
        }
    }
    *ret_issuer = count == 1 ? issuer : NULL;
    return count != 1 || X509_up_ref(issuer) == 1 ? PC_OK : pc_fail_memory(err);
}

pc_status pc_issuer_find_above(const pc_token *token, X509 *ca, pc_arena *arena, STACK_OF(X509) *above, pc_error *err)
{
    for (X509 *each = ca; each && !pc_certificate_is_self_issued(each) && sk_X509_num(above) < MOST_LEVELS;) {
        PC_AUTO(X509) X509 *issuer = NULL;

        PC_TRY(find_issuer(token, each, arena, &issuer, err));
        if (issuer && sk_X509_push(above, issuer) <= 0) {
            return pc_fail_memory(err);
        }
        each = PC_TAKE(issuer);
    }
    return PC_OK;
}
