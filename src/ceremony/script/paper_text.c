/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/paper.h"

#include <string.h>

#define PAGE_LINES 60u
#define HEAD_LINES 3u /* title, line, blank */
#define FOOT_LINES 3u /* blank, digest, page */
#define BODY_LINES (PAGE_LINES - HEAD_LINES - FOOT_LINES)
#define WIDTH      78u
#define TEXT_FROM  9u  /* column of the text below "Step 7" */
#define VALUE_FROM 34u /* column of a row's value */

typedef struct {
    const char **items;
    size_t count;
} line_list;

typedef struct {
    const pc_paper *paper;
    line_list lines; /* of all pages, PAGE_LINES each, except for the digits of the number of pages */
    size_t used;     /* lines of the body of the current page */
    size_t pages;
    bool failed;
} layout;

static void push(layout *page, line_list *list, const char *text)
{
    const char **line = text ? PC_PUSH(page->paper->arena, list->items, list->count) : NULL;

    page->failed = page->failed || !line;
    if (line) {
        *line = text;
    }
}

static const char *blanks(layout *page, char fill, size_t len)
{
    char *text = pc_arena_alloc(page->paper->arena, len + 1);

    page->failed = page->failed || !text;
    if (text) {
        memset(text, fill, len);
    }
    return text;
}

/* Bytes of `text` that fit into `width` columns, ending before a blank if there is one. Columns are code points. */
static size_t fitting(const char *text, size_t width)
{
    size_t columns = 0;
    size_t last_blank = 0;
    size_t i = 0;

    for (; text[i] && text[i] != '\n'; i++) {
        bool starts_character = ((unsigned char)text[i] & 0xC0) != 0x80;

        if (starts_character && columns++ == width) {
            return last_blank ? last_blank : i;
        }
        last_blank = text[i] == ' ' ? i : last_blank;
    }
    return i;
}

/* `text` from column `from`, broken at blanks; the first line begins with `first`, padded. */
static void wrap(layout *page, line_list *list, const char *first, size_t from, const char *text)
{
    do {
        size_t len = fitting(text, WIDTH - from);

        push(page, list, pc_arena_format(page->paper->arena, "%-*s%.*s", (int)from, first, (int)len, text));
        first = "";
        text += len;
        text += *text == ' ' || *text == '\n';
    } while (*text && !page->failed);
}

static void end_page(layout *page)
{
    if (page->pages > 0) {
        for (; page->used < BODY_LINES && !page->failed; page->used++) {
            push(page, &page->lines, "");
        }
        push(page, &page->lines, "");
        push(page, &page->lines, pc_arena_format(page->paper->arena, "Script SHA-256 %s", page->paper->sha256));
        push(page, &page->lines, ""); /* filled in when the number of pages is known */
    }
}

static void begin_page(layout *page, const char *title)
{
    end_page(page);
    page->pages++;
    page->used = 0;
    push(page, &page->lines, pc_arena_format(page->paper->arena, "%s: %s", page->paper->id, title));
    push(page, &page->lines, blanks(page, '=', WIDTH));
    push(page, &page->lines, "");
}

static void lay_row(layout *page, line_list *list, const pc_paper_row *row)
{
    size_t from = row->name[0] == '[' ? TEXT_FROM + 6 : VALUE_FROM;
    const char *first = pc_arena_format(page->paper->arena, "%*s%s%s", (int)TEXT_FROM, "", row->name,
                                        *row->name && *row->name != '[' ? ":" : "");

    if (!first) {
        page->failed = true;
        return;
    }
    /* A name that is too long for its column gets its own line. */
    if (strlen(first) >= from) {
        push(page, list, first);
        first = "";
    }
    if (row->value) {
        wrap(page, list, first, from, row->value);
        return;
    }
    push(page, list, "");
    push(page, list, pc_arena_format(page->paper->arena, "%-*s%s", (int)from, first, blanks(page, '_', WIDTH - from)));
}

/* "Step 7   Generate a key pair            Initials ______  Time __:__" */
static void lay_heading(layout *page, line_list *list, const pc_paper_block *block)
{
    static const char boxes[] = "Initials [      ]  Time [  :  ]";

    if (!block->number) {
        wrap(page, list, "", 0, block->heading);
        return;
    }
    const char *first =
        pc_arena_format(page->paper->arena, "%-*s%*s%s", (int)TEXT_FROM, block->number,
                        (int)(WIDTH - (strlen(block->number) > TEXT_FROM ? strlen(block->number) : TEXT_FROM) -
                              (sizeof boxes - 1)),
                        "", boxes);

    push(page, list, first);
    wrap(page, list, "", TEXT_FROM, block->heading);
}

static void lay_block(layout *page, const pc_paper_block *block, const char *title)
{
    line_list list = { .count = 0 };

    lay_heading(page, &list, block);
    if (block->text) {
        wrap(page, &list, "", TEXT_FROM, block->text);
    }
    for (size_t i = 0; i < block->row_count && !page->failed; i++) {
        lay_row(page, &list, &block->rows[i]);
    }
    push(page, &list, "");
    if (page->used > 0 && page->used + list.count > BODY_LINES) {
        begin_page(page, title);
    }
    for (size_t i = 0; i < list.count && !page->failed; i++) {
        if (page->used == BODY_LINES) {
            begin_page(page, title);
        }
        push(page, &page->lines, list.items[i]);
        page->used++;
    }
}

static const char *line_at(layout *page, size_t number)
{
    size_t in_page = number % PAGE_LINES;

    if (in_page != PAGE_LINES - 1) {
        return page->lines.items[number];
    }
    return pc_arena_format(page->paper->arena, "%s, page %zu of %zu", page->paper->title, number / PAGE_LINES + 1,
                           page->pages);
}

static size_t size_of_all(const layout *page)
{
    size_t size = page->pages * (strlen(page->paper->title) + 64) + 1;

    for (size_t i = 0; i < page->lines.count; i++) {
        size += strlen(page->lines.items[i]) + 2;
    }
    return size;
}

static const char *join(layout *page)
{
    char *text = page->failed ? NULL : pc_arena_alloc(page->paper->arena, size_of_all(page));
    char *end = text;

    for (size_t i = 0; text && i < page->lines.count; i++) {
        const char *line = line_at(page, i);

        if (!line) {
            return NULL;
        }
        end = stpcpy(end, line);
        *end++ = '\n';
        if (i % PAGE_LINES == PAGE_LINES - 1 && i + 1 < page->lines.count) {
            *end++ = '\f';
        }
    }
    return text;
}

const char *pc_paper_to_text(const pc_paper *paper)
{
    layout page = { .paper = paper };

    for (size_t i = 0; i < paper->section_count; i++) {
        const pc_paper_section *section = &paper->sections[i];

        begin_page(&page, section->title);
        for (size_t j = 0; j < section->block_count && !page.failed; j++) {
            lay_block(&page, &section->blocks[j], section->title);
        }
    }
    end_page(&page);
    return join(&page);
}
