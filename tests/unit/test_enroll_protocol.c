/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *url;
    const char *protocol; /* NULL: by the path */
    const char *expected; /* NULL: refused */
    const char *address;
} rows[] = {
    { "https://ca.contoso.com", NULL, "certsrv", "https://ca.contoso.com/certsrv" },
    { "https://ca.contoso.com/", NULL, "certsrv", "https://ca.contoso.com/certsrv" },
    { "https://ca.contoso.com/CertSrv/", NULL, "certsrv", "https://ca.contoso.com/CertSrv" },
    { "https://ca.contoso.com/pki/certsrv/certrqxt.asp", NULL, "certsrv", "https://ca.contoso.com/pki/certsrv" },
    { "https://ca.contoso.com/.well-known/est", NULL, "est", "https://ca.contoso.com/.well-known/est" },
    { "https://ca.contoso.com/.well-known/est/servers/", NULL, "est",
      "https://ca.contoso.com/.well-known/est/servers" },
    { "https://ca.contoso.com/.well-known/estuary", NULL, NULL, NULL },
    { "https://ca.contoso.com/certsrvice", NULL, NULL, NULL },
    { "https://ca.contoso.com/pki", NULL, NULL, NULL },
    { "https://ca.contoso.com/pki", "certsrv", "certsrv", "https://ca.contoso.com/pki" },
    { "https://ca.contoso.com/pki", "est", "est", "https://ca.contoso.com/pki" },
    { "https://ca.contoso.com", "est", "est", "https://ca.contoso.com/.well-known/est" },
    { "https://ca.contoso.com/pkix/", "cmp", "cmp", "https://ca.contoso.com/pkix/" }, /* as openssl cmp serves it */
    { "https://ca.contoso.com/.well-known/cmp", NULL, "cmp", "https://ca.contoso.com/.well-known/cmp" },
    { "https://ca.contoso.com/.well-known/cmp/p/servers/", NULL, "cmp",
      "https://ca.contoso.com/.well-known/cmp/p/servers/" },
    { "https://ca.contoso.com/", "cmp", "cmp", "https://ca.contoso.com/.well-known/cmp" },
    { "https://ca.contoso.com/Contoso%20CA_CES_Kerberos/Service.svc/CES/", NULL, "ces",
      "https://ca.contoso.com/Contoso%20CA_CES_Kerberos/Service.svc/CES" },
    { "https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP", NULL, "cep",
      "https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP" },
    { "https://ca.contoso.com/service.svc/CESX", NULL, NULL, NULL },
    { "https://ca.contoso.com", "scep", NULL, NULL },
    { "nonsense", "est", NULL, NULL },
    { NULL, NULL, NULL, NULL },
};

static void path_or_name_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const pc_ca_access access = { .url = rows[i].url, .protocol = rows[i].protocol };
        pc_ca_target target = { .protocol = NULL };
        pc_status status = pc_ca_target_of(arena, &access, &target, NULL);
        bool is_expected = rows[i].expected ? status == PC_OK && strcmp(target.protocol->name, rows[i].expected) == 0 &&
                                                  strcmp(target.address, rows[i].address) == 0
                                            : status == PC_E_USAGE;

        if (!is_expected) {
            fail_msg("%s, %s: %s, %s", rows[i].url, rows[i].protocol, pc_status_name(status),
                     target.protocol ? target.address : "");
        }
    }
}

/* Records of earlier versions name no protocol. */
static void without_a_name_it_is_certsrv(void **state)
{
    (void)state;
    assert_ptr_equal(pc_ca_protocol_named(NULL), &pc_ca_certsrv);
    assert_ptr_equal(pc_ca_protocol_named("certsrv"), &pc_ca_certsrv);
    assert_null(pc_ca_protocol_named(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_or_name_decides),
        cmocka_unit_test(without_a_name_it_is_certsrv),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
