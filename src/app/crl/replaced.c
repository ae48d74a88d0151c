/* SPDX-License-Identifier: Apache-2.0 */
#include "app/crl/replaced.h"

#include "base/file.h"
#include "x509/crl.h"

/* @param ret_crl  NULL if the file is something else, or does not exist */
static pc_status read_crl(const pc_crl_replaced *replaced, pc_arena *arena, X509_CRL **ret_crl, pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *crl = NULL;
    pc_path_kind kind = PC_PATH_NOTHING;
    pc_error own = { .status = PC_OK };
    pc_bytes bytes;

    *ret_crl = NULL;
    PC_TRY(pc_path_look(replaced->file, &kind, err));
    if (kind != PC_PATH_FILE) {
        return PC_OK;
    }
    PC_TRY(pc_file_read(arena, replaced->file, PC_CRL_MOST_BYTES, &bytes, err));
    if (pc_crl_read(bytes, replaced->file, &crl, &own) == PC_OK &&
        pc_crl_verify(crl, replaced->issuer, &own) == PC_OK) {
        *ret_crl = PC_TAKE(crl);
    }
    return own.status == PC_E_MEMORY ? pc_fail_memory(err) : PC_OK;
}

/* By the numbers, if both have one. */
static bool is_later(const pc_crl_contents *left, const pc_crl_contents *right)
{
    return left->number && right->number ? BN_cmp(left->number, right->number) > 0
                                         : left->this_update_sec > right->this_update_sec;
}

static pc_status compare(const pc_crl_replaced *replaced, const pc_crl_contents *contents, pc_error *err)
{
    if (!replaced->previous) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" is a CRL of this CA, so the new one is not the first", replaced->file);
        return pc_hint(err, PC_E_REFUSED,
                       "leave out `first`, and the new CRL continues from that file; move it away if it was never "
                       "published");
    }
    if (is_later(contents, replaced->previous)) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" is a CRL of this CA that is later than the previous one",
                      replaced->file);
        return pc_hint(err, PC_E_REFUSED,
                       "leave out `previous`, and the new CRL continues from that file; move it away if it was never "
                       "published");
    }
    return PC_OK;
}

pc_status pc_crl_check_replaced(const pc_crl_replaced *replaced, pc_arena *arena, pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *crl = NULL;
    pc_crl_contents contents = { .number = NULL };

    PC_TRY(read_crl(replaced, arena, &crl, err));
    PC_TRY(crl ? pc_crl_read_contents(crl, arena, &contents, err) : PC_OK);
    pc_status status = crl ? compare(replaced, &contents, err) : PC_OK;

    BN_free(contents.number);
    return status;
}
