/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an INF file: whatever the result, explain and the request agree, and every text is valid text. */
#include <assert.h>
#include <string.h>

#include <p11cert/explain.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_text(const char *text)
{
    assert(text && pc_text_is_utf8(text, strlen(text)));
}

/* A program can apply it without looking any further. */
static void check_edit(const pc_finding *finding, size_t line_count)
{
    const pc_edit *edit = &finding->edit;
    bool adds = edit->action == PC_EDIT_MOVE || edit->action == PC_EDIT_ADD;

    assert(edit->action == PC_EDIT_NONE || finding->fix);
    if (edit->action != PC_EDIT_NONE && edit->action != PC_EDIT_ADD) {
        assert(edit->first_line >= 1 && edit->first_line <= edit->last_line && edit->last_line <= line_count);
    }
    if (adds || edit->action == PC_EDIT_REPLACE) {
        check_text(edit->text);
    }
    if (adds) {
        check_text(edit->section);
    }
}

static void check_findings(const pc_inf *inf, size_t line_count)
{
    unsigned line = 0;

    for (size_t i = 0; i < inf->findings.count; i++) {
        const pc_finding *each = &inf->findings.items[i];

        check_text(each->message);
        assert(each->line >= line || strcmp(each->id, "inf.too-many") == 0);
        line = each->line;
        if (each->fix) {
            check_text(each->fix);
        }
        check_edit(each, line_count);
    }
}

static void check_directives(const pc_explanation *explanation)
{
    assert(explanation->directive_count == explanation->inf->entry_count);
    for (size_t i = 0; i < explanation->directive_count; i++) {
        const pc_directive *each = &explanation->directives[i];

        check_text(each->key);
        check_text(each->value);
        check_text(each->note);
        assert(each->line >= 1 && each->line <= explanation->source_line_count);
    }
}

/* The properties that the request's builder relies on. */
static void check_request(const pc_request *request)
{
    check_text(request->subject_text);
    for (size_t i = 0; i < request->alt_name_count; i++) {
        assert(request->alt_names[i].text && (request->alt_names[i].kind != PC_ALT_OTHER || request->alt_names[i].oid));
    }
    for (size_t i = 0; i < request->eku_count; i++) {
        assert(pc_text_is_oid(request->ekus[i]));
    }
    for (size_t i = 0; i < request->raw_extension_count; i++) {
        assert(pc_text_is_oid(request->raw_extensions[i].oid));
    }
    for (size_t i = 0; i < request->policies.count; i++) {
        assert(request->policies.items[i].oid);
    }
    for (size_t i = 0; i < request->application_policies.count; i++) {
        assert(request->application_policies.items[i].oid);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_explanation *explanation = NULL;
    pc_error err = { 0 };

    (void)pc_inf_recognise(bytes, len);
    if (pc_inf_explain(bytes, len, "fuzz.inf", &explanation, &err) != PC_OK) {
        assert(err.frame_count > 0);
        return 0;
    }
    check_findings(explanation->inf, explanation->source_line_count);
    check_directives(explanation);
    assert((explanation->kind == PC_INF_REQUEST) == (explanation->request != NULL));
    if (explanation->request) {
        check_request(explanation->request);
    }
    pc_explanation_free(explanation);
    return 0;
}
