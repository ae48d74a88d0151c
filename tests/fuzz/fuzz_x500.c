/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an X.500 string. The first byte chooses the flags. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "inf/x500.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const separators[] = { ",;", ",", ";", "" };

static void check_name(const pc_name *name)
{
    for (size_t i = 0; i < name->count; i++) {
        assert(name->rdns[i].count > 0);
        for (size_t j = 0; j < name->rdns[i].count; j++) {
            const pc_name_attribute *each = &name->rdns[i].attributes[j];

            assert(pc_text_is_oid(each->oid) && each->text[0]);
            assert(each->form == PC_VALUE_DER || pc_text_is_utf8(each->text, strlen(each->text)));
            assert(each->form == PC_VALUE_TEXT || strlen(each->text) % 2 == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    char *text = len && arena ? pc_arena_text(arena, (const char *)bytes + 1, len - 1) : NULL;
    pc_name name = { 0 };
    pc_error err = { 0 };

    if (text) {
        const pc_x500_options options = {
            .separators = separators[bytes[0] & 3],
            .plus = !(bytes[0] & 4),
            .no_quoting = bytes[0] & 8,
            .reverse = bytes[0] & 16,
        };
        pc_status status = pc_x500_parse(arena, text, &options, &name, &err);

        assert(status == PC_OK || (status == PC_E_INPUT && err.frame_count > 0));
        check_name(&name);
    }
    pc_arena_free(arena);
    return 0;
}
