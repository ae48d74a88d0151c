/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_show.h>

#include "app/ceremony/judge_again.h"
#include "base/file.h"
#include "ceremony/transcript/judge.h"
#include "ceremony/transcript/page.h"

static pc_status make_page(const pc_ceremony_show_order *order, pc_arena *arena, char **ret_html, size_t *ret_len,
                           pc_error *err)
{
    const pc_ceremony_verify_order judged = { .path = order->path, .is_rehearsal = order->is_rehearsal };
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    pc_ceremony_verify_result verdict = { .arena = arena };

    PC_TRY(pc_ceremony_source_open(order->path, &source, err));
    PC_TRY(pc_ceremony_judge(&judged, &pc_ceremony_judge_again, &verdict, err));
    return pc_ceremony_page(&source, &verdict, ret_html, ret_len, err);
}

pc_status pc_ceremony_show_run(const pc_ceremony_show_order *order, bool *ret_changed, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(free) char *html = NULL;
    pc_error own = { .status = PC_OK };
    size_t len = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_output_open(order->out, PC_FILE_SAME, 0644, &output, err));
    PC_TRY(make_page(order, arena, &html, &len, err ? err : &own));
    PC_TRY(pc_output_commit(output, html, len, err));
    *ret_changed = !pc_output_is_unchanged(output);
    return PC_OK;
}
