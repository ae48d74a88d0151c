/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a page of a CA. Issued is only what links to a certificate; what is said is safe to print. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool has_link(const uint8_t *bytes, size_t len)
{
    static const char link[] = "certnew.cer?ReqID=";
    bool found = false;

    for (size_t i = 0; i + strlen(link) <= len && !found; i++) {
        found = pc_text_equal_n((const char *)bytes + i, strlen(link), link);
    }
    return found;
}

static void check_outcome(pc_arena *arena, const uint8_t *bytes, size_t len)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_ISSUED };
    pc_status status = pc_certsrv_page_read(arena, bytes, len, &outcome, NULL);

    assert(status == PC_OK);
    assert(outcome.disposition != PC_CA_ISSUED || (outcome.request_id > 0 && has_link(bytes, len)));
    assert((outcome.disposition == PC_CA_UNKNOWN) == (outcome.page != NULL));
    assert(!outcome.page || (outcome.page == bytes && outcome.page_len == len));
    assert(!outcome.code || outcome.disposition == PC_CA_DENIED || outcome.disposition == PC_CA_ERROR);
    assert(!outcome.message || strlen(outcome.message) < PC_CA_MESSAGE);
    assert(!outcome.message || pc_text_is_utf8(outcome.message, strlen(outcome.message)));
    for (const char *at = outcome.message; at && *at; at++) {
        assert((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    uint8_t *page = malloc(len + 1); /* no NUL behind it, and never NULL */
    pc_ca_templates templates = { .items = NULL };
    unsigned long newest = 0;

    if (arena && page) {
        memcpy(page, bytes, len);
        uint8_t *exact = realloc(page, len ? len : 1);

        page = exact ? exact : page;
        check_outcome(arena, page, len);
        (void)pc_certsrv_file_kind(page, len);
        (void)pc_certsrv_page_renewals(page, len, &newest);
        (void)pc_certsrv_page_refuses_login(arena, page, len);
        pc_status status = pc_certsrv_page_templates(arena, page, len, &templates, NULL);

        assert(status == PC_OK && templates.count <= PC_CERTSRV_TEMPLATES);
    }
    free(page);
    pc_arena_free(arena);
    return 0;
}
