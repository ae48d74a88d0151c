/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outward.h"
#include "base/text.h"

static void a_pin_value_is_hidden_wherever_it_stands(void **state)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "pin-source=file:x", "pin-source=file:x" },
        { "pkcs11:token=a?pin-value=71936254", "pkcs11:token=a?pin-value=***" },
        { "pkcs11:token=a?PIN-Value=71936254&module-name=x", "pkcs11:token=a?PIN-Value=***&module-name=x" },
        { "\"pkcs11:?pin-value=1 2;3\" is refused", "\"pkcs11:?pin-value=***\" is refused" },
        { "pin-value=12", "pin-value=**" },
        { "pin-value=", "pin-value=" },
        { "pin-value=1111\npin-value=2222&pin-value=3333", "pin-value=***\npin-value=***&pin-value=***" },
        { "pin-value=***", "pin-value=***" },
        { "=-value=1", "=-value=1" },
        { "a=b&pin-value=x=1&c=d", "a=b&pin-value=***&c=d" },
        { "pin-value=pin-value=1", "pin-value=***" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char text[128];

        (void)snprintf(text, sizeof text, "%s", rows[i][0]);
        pc_outward_hide_pins(text);
        assert_string_equal(rows[i][1], text);
        pc_text_escape_into(rows[i][0], strcspn(rows[i][0], "\n"), text, sizeof text);
        assert_null(strstr(text, "71936254"));
    }
}

static void harmful_characters_are_written_as_json_has_them(void **state)
{
    static const char *const rows[][2] = {
        { "{\"a\": \"\xc3\xbc \xe6\x97\xa5\"}\n", "{\"a\": \"\xc3\xbc \xe6\x97\xa5\"}\n" },
        { "\"\xc2\x9b"
          "31m\"",
          "\"\\u009b31m\"" },
        { "\"\x7f\"", "\"\\u007f\"" },
        { "\"\xe2\x80\xae\"", "\"\\u202e\"" },
        { "\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\"" },
        { "\"x?pin-value=1234\", \"b\"", "\"x?pin-value=***\", \"b\"" },
        { "\"x?pin-value=1\\\"2\"", "\"x?pin-value=*\\\"2\"" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char *safe = pc_outward_json(rows[i][0]);

        assert_non_null(safe);
        assert_string_equal(rows[i][1], safe);
        free(safe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_value_is_hidden_wherever_it_stands),
        cmocka_unit_test(harmful_characters_are_written_as_json_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
