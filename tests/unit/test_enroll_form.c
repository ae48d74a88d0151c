/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_a_form_would_change_is_encoded(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_form_field fields[] = {
        { "Mode", "newreq" },
        { "CertRequest", "a+b/c==\r\n" },
        { "CertAttrib", "SAN:dns=a&dns=b%\xc3\xa4 ~" },
        { "ThumbPrint", "" },
    };

    (void)state;
    assert_string_equal(pc_form_encode(arena, fields, PC_COUNT(fields)),
                        "Mode=newreq&CertRequest=a%2Bb%2Fc%3D%3D%0D%0A&CertAttrib=SAN%3Adns%3Da%26dns%3Db%25%C3%A4%20%7E"
                        "&ThumbPrint=");
    assert_string_equal(pc_form_encode(arena, fields, 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_form_would_change_is_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
