/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a ceremony's file: refused with a reason, or checked; a file without findings becomes a paper script. */
#include <assert.h>
#include <string.h>

#include "ceremony/script/judge.h"
#include "ceremony/script/paper.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void print(const pc_script *script)
{
    pc_error err = { 0 };
    pc_paper paper;

    assert(pc_paper_make(script, &paper, &err) == PC_OK);
    const char *text = pc_paper_to_text(&paper);
    const char *html = pc_paper_to_html(&paper);

    assert(text && html && strstr(text, script->sha256) && !strchr(text, '\033') && strstr(html, "</html>"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    const pc_file_bytes source = { .name = "ceremony.yaml", .bytes = { bytes, len } };
    pc_script script;
    pc_script_findings findings;
    pc_error err = { 0 };

    if (arena) {
        pc_status status = pc_script_read(source, arena, &script, &findings, &err);

        assert(status == PC_OK || (status == PC_E_INPUT && err.frame_count > 0));
        if (status == PC_OK) {
            assert(pc_script_judge(&script, &findings, &err) == PC_OK);
        }
        if (status == PC_OK && findings.count == 0) {
            print(&script);
        }
    }
    pc_arena_free(arena);
    return 0;
}
