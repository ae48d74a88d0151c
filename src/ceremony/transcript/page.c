/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/transcript/page_text.h"
#include "ceremony/transcript/page_tree.h"
#include "ceremony/transcript/summary.h"

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>";

static const char page_style[] =
    "</title>\n<style>\n"
    "@page{margin:15mm}\n"
    "body{font:15px/1.45 \"Liberation Sans\",Arial,sans-serif;color:#111;background:#fff;max-width:1100px;margin:0 "
    "auto;"
    "padding:1rem}\n"
    "h1{margin:.2rem 0}h2{margin:1.6rem 0 .5rem;border-bottom:2px solid #345;break-after:avoid}\n"
    ".m{display:inline-block;padding:.15rem .6rem;border:2px solid;font-weight:bold;letter-spacing:.05em}\n"
    ".m.r{color:#8a4b00}.m.p{color:#0b5c2b}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .5rem;"
    "border-bottom:1px solid #ccd;overflow-wrap:break-word}tr{break-inside:avoid}\n"
    "th,.t{white-space:nowrap}code,.d{font:13px/1.4 \"Liberation Mono\",monospace;overflow-wrap:anywhere}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .7rem;margin:0}dt{color:#456}dd{margin:0;"
    "overflow-wrap:anywhere;white-space:pre-wrap}\n"
    ".fail{color:#a00000;font-weight:bold}.pass{color:#0b5c2b}.note,.skip{color:#8a4b00}\n"
    ".deviation td,.abort td,.torn td{background:#fff4dc}\n"
    "svg{max-width:100%;height:auto;display:block}svg text{font:13px \"Liberation Sans\",Arial,sans-serif;fill:#111}\n"
    "svg .s{font-size:11px;fill:#456}svg rect{fill:#f4f7fa;stroke:#345}svg path{fill:none;stroke:#345}\n"
    "@media(max-width:600px){table,tbody,tr,td,th{display:block;border:0;padding:.05rem 0}tr{border-bottom:1px solid "
    "#ccd;"
    "padding:.5rem 0}thead{display:none}dl{grid-template-columns:1fr}dt{font-size:12px}}\n"
    "</style></head><body>\n";

static void write_judged(FILE *out, const pc_judged *judged)
{
    static const char *const classes[] = { [PC_JUDGED_PASS] = "pass",
                                           [PC_JUDGED_FAIL] = "fail",
                                           [PC_JUDGED_NOT_CHECKED] = "skip",
                                           [PC_JUDGED_NOTE] = "note" };

    pc_page_markup(out, "<tr><th class=\"");
    pc_page_markup(out, classes[judged->state]);
    pc_page_markup(out, "\">");
    pc_page_text(out, pc_judged_state_name(judged->state));
    pc_page_markup(out, "</th><td>");
    pc_page_text(out, judged->subject);
    pc_page_markup(out, "</td><td>");
    pc_page_text(out, judged->text);
    pc_page_markup(out, "</td></tr>\n");
}

static void write_verdict(FILE *out, const pc_ceremony_verify_result *verdict)
{
    pc_page_markup(out, "<h2>Verdict</h2>\n<p class=\"");
    pc_page_markup(out, verdict->is_verified ? "pass\">Verified as " : "fail\">Not verified");
    pc_page_text(out, verdict->is_verified ? verdict->mode : "");
    pc_page_markup(out,
                   ", by the p11cert that made this page. The page proves nothing by itself: verify the files.</p>\n"
                   "<table>\n");
    for (size_t i = 0; i < verdict->count; i++) {
        write_judged(out, &verdict->items[i]);
    }
    pc_page_markup(out, "</table>\n");
}

static void write_title(FILE *out, const pc_ceremony_verify_result *verdict)
{
    const bool is_production = strcmp(verdict->mode, "PRODUCTION") == 0;

    pc_page_markup(out, page_head);
    pc_page_text(out, verdict->title);
    pc_page_markup(out, page_style);
    pc_page_markup(out, "<h1>");
    pc_page_text(out, verdict->title);
    pc_page_markup(out, is_production ? "</h1>\n<p><span class=\"m p\">" : "</h1>\n<p><span class=\"m r\">");
    pc_page_text(out, verdict->mode);
    pc_page_markup(out, "</span></p>\n<dl><dt>head</dt><dd class=\"d\">");
    pc_page_text(out, verdict->head);
    pc_page_markup(out, "</dd><dt>in words</dt><dd class=\"d\">");
    pc_page_text(out, verdict->head_words);
    pc_page_markup(out, "</dd></dl>\n");
}

/* --- records --------------------------------------------------------------------------------- */

static void write_value(FILE *out, const json_t *value);

static void write_body(FILE *out, const json_t *body)
{
    const char *name = NULL;
    json_t *value = NULL;

    pc_page_markup(out, "<dl>");
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        pc_page_markup(out, "<dt>");
        pc_page_text(out, name);
        pc_page_markup(out, "</dt><dd>");
        write_value(out, value);
        pc_page_markup(out, "</dd>");
    }
    pc_page_markup(out, "</dl>");
}

/* An object becomes a nested list; the reader of the transcript limits the depth. */
static void write_value(FILE *out, const json_t *value)
{
    PC_AUTO(free) char *text = NULL;

    if (json_is_string(value)) {
        pc_page_text(out, json_string_value(value));
    } else if (json_object_size(value)) {
        write_body(out, value);
    } else if (json_object_size(json_array_get(value, 0))) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            write_value(out, json_array_get(value, i));
        }
    } else {
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        pc_page_markup(out, "<code>");
        pc_page_text(out, text ? text : "?");
        pc_page_markup(out, "</code>");
    }
}

static pc_status write_record(void *context, const pc_record *record, pc_error *err)
{
    FILE *out = context;
    char number[32] = "";

    (void)err;
    (void)snprintf(number, sizeof number, "%lld", (long long)record->seq);
    pc_page_markup(out, "<tr class=\"");
    pc_page_text(out, record->kind);
    pc_page_markup(out, "\"><td>");
    pc_page_text(out, number);
    pc_page_markup(out, "</td><td class=\"d t\">");
    pc_page_text(out, record->at);
    pc_page_markup(out, "</td><th>");
    pc_page_text(out, record->kind);
    pc_page_markup(out, "</th><td>");
    write_body(out, record->body);
    pc_page_markup(out, "</td></tr>\n");
    return PC_OK;
}

/* Who took part, and what was made: the same pass over the records, with others selected. */
typedef struct {
    FILE *out;
    const char *kind;
    const char *columns[4];
    size_t count; /* rows written */
} picked_table;

static void write_columns(const picked_table *table)
{
    pc_page_markup(table->out, "<table><thead><tr>");
    for (size_t i = 0; i < PC_COUNT(table->columns); i++) {
        pc_page_markup(table->out, "<th>");
        pc_page_markup(table->out, table->columns[i]);
        pc_page_markup(table->out, "</th>");
    }
    pc_page_markup(table->out, "</tr></thead><tbody>\n");
}

static pc_status write_picked(void *context, const pc_record *record, pc_error *err)
{
    picked_table *table = context;

    (void)err;
    if (strcmp(record->kind, table->kind) != 0) {
        return PC_OK;
    }
    if (table->count++ == 0) {
        write_columns(table);
    }
    pc_page_markup(table->out, "<tr>");
    for (size_t i = 0; i < PC_COUNT(table->columns); i++) {
        const json_t *value = json_object_get(record->body, table->columns[i]);

        pc_page_markup(table->out, i == 3 ? "<td class=\"d\">" : "<td>");
        if (value) {
            write_value(table->out, value);
        }
        pc_page_markup(table->out, "</td>");
    }
    pc_page_markup(table->out, "</tr>\n");
    return PC_OK;
}

static pc_status write_table(const pc_ceremony_source *source, const char *heading, picked_table *table, pc_error *err)
{
    pc_transcript_summary summary = { .title = NULL };

    pc_page_markup(table->out, "<h2>");
    pc_page_markup(table->out, heading);
    pc_page_markup(table->out, "</h2>\n");
    PC_TRY(pc_transcript_summarise(source, write_picked, table, &summary, err));
    pc_page_markup(table->out, table->count ? "</tbody></table>\n" : "<p>None.</p>\n");
    return PC_OK;
}

static pc_status write_records(FILE *out, const pc_ceremony_source *source, pc_error *err)
{
    pc_transcript_summary summary = { .title = NULL };

    pc_page_markup(out,
                   "<h2>All records</h2>\n<table><thead><tr><th>no.</th><th>time (UTC)</th><th>kind</th><th></th></tr>"
                   "</thead><tbody>\n");
    PC_TRY(pc_transcript_summarise(source, write_record, out, &summary, err));
    pc_page_markup(out, "</tbody></table>\n</body></html>\n");
    return PC_OK;
}

static pc_status write_page(FILE *out, const pc_ceremony_source *source, const pc_ceremony_verify_result *verdict,
                            pc_error *err)
{
    picked_table people = { out, "person", { "name", "role", "presence", "key" }, 0 };
    picked_table files = { out, "artefact", { "name", "type", "size", "sha256" }, 0 };
    picked_table deviations = { out, "deviation", { "reason", "by", "automatic", "step" }, 0 };

    write_title(out, verdict);
    write_verdict(out, verdict);
    PC_TRY(write_table(source, "People", &people, err));
    PC_TRY(pc_page_tree(out, source, err));
    PC_TRY(write_table(source, "Files", &files, err));
    PC_TRY(write_table(source, "Deviations", &deviations, err));
    return write_records(out, source, err);
}

/* The stream's buffer belongs to the caller only after the stream is closed. */
static pc_status write_closed(const pc_ceremony_source *source, const pc_ceremony_verify_result *verdict, char **html,
                              size_t *len, pc_error *err)
{
    PC_AUTO(file) FILE *out = open_memstream(html, len);

    if (!out) {
        return pc_fail_memory(err);
    }
    PC_TRY(write_page(out, source, verdict, err));
    return fflush(out) == 0 && !ferror(out) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_ceremony_page(const pc_ceremony_source *source, const pc_ceremony_verify_result *verdict, char **ret_html,
                           size_t *ret_len, pc_error *err)
{
    PC_AUTO(free) char *html = NULL;
    size_t len = 0;

    if (!verdict->head) {
        return pc_fail(err, PC_E_VERIFY, "the transcript in \"%s\" is not as it was written: there is nothing to show",
                       source->path);
    }
    PC_TRY(write_closed(source, verdict, &html, &len, err));
    *ret_len = len;
    *ret_html = PC_TAKE(html);
    return PC_OK;
}
