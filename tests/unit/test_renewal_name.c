/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "pair/successor.h"

static void a_successor_is_named_after_label_and_serial_number(void **state)
{
    static const struct {
        const char *label, *serial, *expected;
    } rows[] = {
        { "server", "1f00aabbccdd1a2b3c4d", "server renews 1a2b3c4d" },
        { "server renews 1a2b3c4d", "1f00000000005e6f7a8b", "server renews 5e6f7a8b" },
        { "server renews 1A2B3C4D", "5e6f7a8b", "server renews 1A2B3C4D renews 5e6f7a8b" },
        { "server renews 1a2b3c", "5e6f7a8b", "server renews 1a2b3c renews 5e6f7a8b" },
        { " renews 1a2b3c4d", "5e6f7a8b", " renews 1a2b3c4d renews 5e6f7a8b" },
        { "server", "7f", "server renews 7f" },
        { "", "5e6f7a8b", " renews 5e6f7a8b" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

        assert_string_equal(rows[i].expected, pc_renewal_label(rows[i].label, rows[i].serial, arena));
    }
}

static void a_file_name_cannot_lead_to_another_folder(void **state)
{
    static const struct {
        const char *label, *expected;
    } rows[] = {
        { "server.contoso.com", "server.contoso.com-renews-5e6f7a8b" },
        { "../../etc/passwd", "_.-..-etc-passwd-renews-5e6f7a8b" },
        { "-rf", "_rf-renews-5e6f7a8b" },
        { "\x1b[31mred\n", "_-31mred--renews-5e6f7a8b" },
        { "m\xc3\xbcnchen", "m--nchen-renews-5e6f7a8b" },
        { "", "_renews-5e6f7a8b" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *name = pc_renewal_file_name(rows[i].label, "005e6f7a8b", arena);

        assert_string_equal(rows[i].expected, name);
        assert_null(strchr(name, '/'));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_successor_is_named_after_label_and_serial_number),
        cmocka_unit_test(a_file_name_cannot_lead_to_another_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
