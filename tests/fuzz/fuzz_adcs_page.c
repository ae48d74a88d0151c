/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a page of a CA. Only a page that links to a certificate counts as issued; messages are safe to print. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/file_kind.h"
#include "enroll/certsrv/listing.h"
#include "enroll/certsrv/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* An answer about a request other than the one asked about is never accepted. */
static void check_outcome(pc_arena *arena, const pc_certsrv_page *page)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_ISSUED };
    pc_status status = pc_certsrv_page_read(arena, page, &outcome, NULL);

    assert(status == PC_OK);
    assert(outcome.disposition != PC_CA_ISSUED || outcome.request_id > 0);
    assert(!page->request_id || outcome.request_id == page->request_id);
    assert((outcome.disposition == PC_CA_UNKNOWN) == (outcome.page != NULL));
    assert(!outcome.page || (outcome.page == page->bytes && outcome.page_len == page->len));
    assert(!outcome.code || outcome.disposition == PC_CA_DENIED || outcome.disposition == PC_CA_ERROR ||
           outcome.disposition == PC_CA_REVOKED);
    assert(!outcome.message || strlen(outcome.message) < PC_CA_MESSAGE);
    assert(!outcome.message || pc_text_is_utf8(outcome.message, strlen(outcome.message)));
    for (const char *rest = outcome.message; rest && *rest; rest++) {
        assert((unsigned char)*rest >= 0x20 && *rest != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    uint8_t *page = malloc(len + 1); /* not NUL-terminated, and never NULL */
    pc_ca_templates templates = { .items = NULL };
    unsigned long newest = 0;

    if (arena && page) {
        memcpy(page, bytes, len);
        uint8_t *exact = realloc(page, len ? len : 1);

        page = exact ? exact : page;
        check_outcome(arena, &(pc_certsrv_page){ .bytes = page, .len = len });
        check_outcome(arena, &(pc_certsrv_page){ .bytes = page, .len = len, .request_id = 42 });
        (void)pc_certsrv_file_kind(page, len);
        (void)pc_certsrv_renewals(page, len, &newest);
        (void)pc_certsrv_page_refuses_login(arena, page, len);
        pc_status status = pc_certsrv_templates(arena, page, len, &templates, NULL);

        assert(status == PC_OK && templates.count <= PC_CERTSRV_TEMPLATES);
    }
    free(page);
    pc_arena_free(arena);
    return 0;
}
