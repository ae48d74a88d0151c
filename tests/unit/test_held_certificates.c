/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/check/held_certificates.h"
#include "base/arena.h"
#include "x509_made.h"

static pc_bytes subject = { (const unsigned char *)"subject", 7 };
static pc_bytes other = { (const unsigned char *)"other", 5 };

static void an_issuer_is_parsed_once(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = made_key();
    PC_AUTO(X509)
    X509 *made = made_certificate(&(made_plan){ .name = "CA", .key = key, .is_ca = true, .until_days = 1 });
    PC_AUTO(pc_held_certificates) pc_held_certificates held = { .issuers = NULL };
    unsigned char *der = NULL;
    size_t len = made_der(made, &der);
    pc_certificate_object objects[] = {
        { .subject = subject, .value = { der, len } },
        { .subject = other, .value = { (const unsigned char *)"\x30\x00", 2 } },
    };

    (void)state;
    assert_non_null(arena);
    assert_int_equal(pc_held_certificates_make((pc_certificate_objects){ objects, 2 }, arena, &held, NULL), PC_OK);
    pc_certificate_objects found = pc_certificate_index_of_subject(&held.index, subject);

    assert_int_equal(found.count, 1);
    PC_AUTO(X509) X509 *first = pc_held_certificates_issuer(&held, found.items);
    PC_AUTO(X509) X509 *second = pc_held_certificates_issuer(&held, found.items);

    assert_int_equal(X509_cmp(first, made), 0);
    assert_ptr_equal(first, second);
    found = pc_certificate_index_of_subject(&held.index, other);
    assert_int_equal(found.count, 1);
    assert_null(pc_held_certificates_issuer(&held, found.items));
    OPENSSL_free(der);
    pc_held_certificates_clear(&held);
    assert_int_equal(X509_cmp(first, made), 0); /* the caller's own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_issuer_is_parsed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
