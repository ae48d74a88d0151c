/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/paper.h"

#include <string.h>

/*
 * A self-contained page: no script, no font, no picture. Boxes and lines are borders, since browsers omit backgrounds
 * when they print. A line to write on is 8 mm high, so that three deviations fit on a sheet. The margins fit both A4
 * and Letter; the digest of the script and "page n of m" are in the margin of every page (CSS Paged Media Module Level
 * 3, margin boxes), and the digest once more at the end of each section for browsers without margin boxes.
 */
static const char style[] =
    "@page{margin:18mm 16mm 22mm}\n"
    "body{font:10.5pt/1.35 \"Liberation Sans\",Arial,sans-serif;color:#000;max-width:178mm;margin:0 auto}\n"
    "h1{font-size:17pt;margin:0 0 2mm}\n"
    "h2{font-size:13pt;margin:0 0 4mm;border-bottom:1pt solid #000}\n"
    "section{break-before:page}\n"
    "section:first-of-type{break-before:auto}\n"
    "article{break-inside:avoid;border:.6pt solid #777;padding:2.5mm 3mm;margin:0 0 3.5mm}\n"
    "h3{font-size:11pt;margin:0}\n"
    "header{display:flex;justify-content:space-between;align-items:center}\n"
    ".n{font-weight:bold;white-space:nowrap;margin-right:4mm}\n"
    ".h{flex:1}\n"
    ".b{white-space:nowrap;font-size:8.5pt}\n"
    ".b i{display:inline-block;border:.6pt solid #000;width:17mm;height:8mm;vertical-align:middle;margin:0 2mm 0 1mm}\n"
    "p{margin:1.5mm 0;white-space:pre-line}\n"
    "table{border-collapse:collapse;width:100%;margin-top:1mm}\n"
    "th{font-weight:normal;text-align:left;width:40mm;vertical-align:top;padding:.6mm 2mm .6mm 0;color:#333}\n"
    "td{overflow-wrap:anywhere;padding:.6mm 0;vertical-align:top}\n"
    ".w{vertical-align:bottom}\n"
    "td.w{height:6.4mm;border-bottom:.6pt solid #000}\n"
    "footer{font:8pt monospace;overflow-wrap:anywhere;margin-top:3mm}\n"
    "@media screen{body{padding:8mm}}\n"
    "@media print{footer{display:none}}\n";

typedef struct {
    pc_arena *arena;
    char *text;
    size_t len;
    size_t size;
    bool failed;
} page;

static void append(page *out, const char *text, size_t len)
{
    if (!out->failed && out->len + len + 1 > out->size) {
        size_t size = 2 * (out->len + len) + 4096;
        char *grown = pc_arena_alloc(out->arena, size);

        out->failed = !grown;
        if (grown) {
            memcpy(grown, out->text ? out->text : "", out->len);
            out->text = grown;
            out->size = size;
        }
    }
    if (!out->failed) {
        memcpy(out->text + out->len, text, len);
        out->len += len;
        out->text[out->len] = '\0';
    }
}

static void markup(page *out, const char *text)
{
    append(out, text, strlen(text));
}

/* Text for content and for quoted attributes. */
static void content(page *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            markup(out, "&amp;");
            break;
        case '<':
            markup(out, "&lt;");
            break;
        case '>':
            markup(out, "&gt;");
            break;
        case '"':
            markup(out, "&quot;");
            break;
        default:
            append(out, text, 1);
        }
    }
}

/* In a CSS string, only these two characters end the string or are special (CSS Syntax Module Level 3); "<" could end
 * the element. */
static void css_string(page *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\"\\<", *text)) {
            char escape[8] = "\\5c ";

            escape[1] = *text == '"' ? '2' : *text == '<' ? '3' : '5';
            escape[2] = *text == '"' ? '2' : 'c';
            markup(out, escape);
        } else {
            append(out, text, 1);
        }
    }
}

static void write_head(page *out, const pc_paper *paper)
{
    markup(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    content(out, paper->title);
    markup(out, "</title>\n<style>\n");
    markup(out, style);
    markup(out, "@page{@bottom-left{font:7pt monospace;content:\"Script SHA-256 ");
    markup(out, paper->sha256);
    markup(out, "\"}@bottom-right{font:8pt sans-serif;content:counter(page) \" of \" counter(pages)}"
                "@top-left{font:8pt sans-serif;content:\"");
    css_string(out, paper->title);
    markup(out, "\"}}\n</style>\n</head>\n<body>\n");
}

static void write_row(page *out, const pc_paper_row *row)
{
    markup(out, row->value ? "<tr><th>" : "<tr><th class=\"w\">");
    content(out, row->name);
    markup(out, row->value ? "</th><td>" : "</th><td class=\"w\">");
    content(out, row->value ? row->value : "");
    markup(out, "</td></tr>\n");
}

static void write_block(page *out, const pc_paper_block *block)
{
    markup(out, "<article>\n<header>");
    if (block->number) {
        markup(out, "<span class=\"n\">");
        content(out, block->number);
        markup(out, "</span>");
    }
    markup(out, "<h3 class=\"h\">");
    content(out, block->heading);
    markup(out, "</h3>");
    if (block->number) {
        markup(out, "<span class=\"b\">Initials<i></i>Time<i></i></span>");
    }
    markup(out, "</header>\n");
    if (block->text) {
        markup(out, "<p>");
        content(out, block->text);
        markup(out, "</p>\n");
    }
    markup(out, block->row_count ? "<table>\n" : "");
    for (size_t i = 0; i < block->row_count; i++) {
        write_row(out, &block->rows[i]);
    }
    markup(out, block->row_count ? "</table>\n</article>\n" : "</article>\n");
}

static void write_section(page *out, const pc_paper *paper, const pc_paper_section *section)
{
    markup(out, "<section>\n<h2>");
    content(out, section->title);
    markup(out, "</h2>\n");
    for (size_t i = 0; i < section->block_count; i++) {
        write_block(out, &section->blocks[i]);
    }
    markup(out, "<footer>Script SHA-256 ");
    markup(out, paper->sha256);
    markup(out, "</footer>\n</section>\n");
}

const char *pc_paper_to_html(const pc_paper *paper)
{
    page out = { .arena = paper->arena };

    write_head(&out, paper);
    for (size_t i = 0; i < paper->section_count; i++) {
        write_section(&out, paper, &paper->sections[i]);
    }
    markup(&out, "</body>\n</html>\n");
    return out.failed ? NULL : out.text;
}
