/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/bundle.h"

#include <openssl/err.h>
#include <openssl/pem.h>

PC_AUTO_DEFINE(BIO, BIO, BIO_free_all);

void pc_certificates_free(STACK_OF(X509) *certificates)
{
    sk_X509_pop_free(certificates, X509_free);
}

static bool write_all(BIO *out, X509 *certificate, const STACK_OF(X509) *others)
{
    bool is_written = PEM_write_bio_X509(out, certificate) == 1;

    for (int i = 0; is_written && i < sk_X509_num(others); i++) {
        is_written = PEM_write_bio_X509(out, sk_X509_value(others, i)) == 1;
    }
    return is_written;
}

pc_status pc_bundle_write(pc_arena *arena, X509 *certificate, const STACK_OF(X509) *others, pc_bytes *ret_file,
                          pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (!out || !write_all(out, certificate, others)) {
        ERR_clear_error();
        return pc_fail_memory(err);
    }
    long len = BIO_get_mem_data(out, &text);

    *ret_file = (pc_bytes){ pc_arena_copy(arena, text, (size_t)len), (size_t)len };
    return ret_file->data ? PC_OK : pc_fail_memory(err);
}
