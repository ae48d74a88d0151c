/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as alternative names: "dns=a&ipaddress=…". A name that is accepted can be read again. */
#include <assert.h>
#include <string.h>

#include "inf/alt_name.h"
#include "inf/alt_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_again(const pc_alt_name *name)
{
    pc_arena *arena = pc_arena_new();
    pc_alt_name again = { .text = NULL };
    pc_status status =
        name->kind == PC_ALT_OTHER ? PC_OK : pc_alt_name_read(arena, name->kind, name->text, &again, NULL);

    assert(status == PC_OK);
    assert(name->kind == PC_ALT_OTHER || pc_alt_name_same(name, &again));
    assert(name->kind != PC_ALT_OTHER || name->form == PC_OTHER_UTF8 || name->bytes.data);
    pc_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_request *request = pc_request_new();
    const char *text = request ? pc_arena_text(request->arena, (const char *)bytes, len) : NULL;
    pc_span part = { .len = 0 };

    while (text && pc_alt_text_next(&text, &part)) {
        pc_error err = { 0 };
        pc_status status = pc_alt_text_add(request, part, &err);

        assert(status == PC_OK || (status == PC_E_INPUT && err.frame_count > 0));
    }
    for (size_t i = 0; request && i < request->alt_name_count; i++) {
        check_again(&request->alt_names[i]);
    }
    pc_request_free(request);
    return 0;
}
