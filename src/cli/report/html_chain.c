/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/html_chain.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/*
 * Vertical lengths, and horizontal ones in the boxes, are pixels; on the time line, horizontal ones are fractions of
 * its width. So the letters have the same size on every screen, and nothing extends beyond the edge of a phone's
 * screen.
 */
#define LINE_COLUMNS 40
#define LINE_HEIGHT  20
#define LINES_MOST   4
#define ARROW_HEIGHT 34
#define BOX_PADDING  8
#define TIME_HEIGHT  56

/* --- words --- */

static const char *const state_words[] = {
    [PC_CHAIN_NOT_GIVEN] = "No root certificate was given: whether the chain is valid is unknown.",
    [PC_CHAIN_VALID] = "The chain is valid, up to a root that was given.",
    [PC_CHAIN_INVALID] = "The chain is not valid.",
};

/* "2027-11-22"; a year outside the calendar's range is shown as a number of seconds. */
static const char *day_of(int64_t sec, char out[static PC_TIME_TEXT])
{
    if (pc_text_time(sec, out)) {
        out[strcspn(out, "T")] = '\0';
    } else {
        (void)snprintf(out, PC_TIME_TEXT, "%lld s", (long long)sec);
    }
    return out;
}

static const char *state_of(const pc_report *report, const pc_report_link *link)
{
    return report->judged_sec < link->not_before_sec  ? "not valid yet"
           : report->judged_sec > link->not_after_sec ? "expired"
                                                      : "valid";
}

static bool is_valid(const pc_report *report, const pc_report_link *link)
{
    return report->judged_sec >= link->not_before_sec && report->judged_sec <= link->not_after_sec;
}

static void write_period(pc_xml *xml, const pc_report *report, const pc_report_link *link)
{
    char first[PC_TIME_TEXT];
    char last[PC_TIME_TEXT];

    pc_xml_format(xml, "%s to %s, %s", day_of(link->not_before_sec, first), day_of(link->not_after_sec, last),
                  state_of(report, link));
}

/* Characters of three or more bytes may be two columns wide. */
static size_t columns_of(unsigned char byte)
{
    return (byte & 0xc0u) == 0x80u ? 0 : byte >= 0xe0u ? 2 : 1;
}

/* The bytes of the text that fit a line: up to its last comma, else to its last blank, if it does not fit as a whole.
 */
static size_t line_len(const char *text)
{
    size_t columns = 0;
    size_t comma = 0;
    size_t blank = 0;

    for (size_t i = 0; text[i]; i++) {
        columns += columns_of((unsigned char)text[i]);
        if (columns > LINE_COLUMNS) {
            return comma ? comma : blank ? blank : i;
        }
        if (text[i] == ' ') {
            blank = i + 1;
            comma = i && text[i - 1] == ',' ? blank : comma;
        }
    }
    return strlen(text);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text && count < LINES_MOST; count++) {
        text += line_len(text);
    }
    return count;
}

/* --- shapes --- */

static void write_length(pc_xml *xml, const char *name, size_t pixels)
{
    pc_xml_number(xml, name, pixels);
}

/* Thousandths of the width. */
static void write_share(pc_xml *xml, const char *name, size_t share)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%zu.%zu%%", share / 10, share % 10);
    pc_xml_attribute(xml, name, text);
}

static void start_drawing(pc_xml *xml, const char *class_name, size_t height)
{
    pc_xml_start(xml, "svg");
    pc_xml_attribute(xml, "class", class_name);
    pc_xml_attribute(xml, "role", "img");
    pc_xml_attribute(xml, "width", "100%");
    write_length(xml, "height", height);
}

static void start_text(pc_xml *xml, size_t x, size_t y)
{
    pc_xml_start(xml, "text");
    write_length(xml, "x", x);
    write_length(xml, "y", y);
}

/* --- the chain --- */

static const char *role_of(const pc_report *report, size_t index)
{
    const pc_report_link *link = &report->chain[index];

    return index == 0          ? link->self_signed ? "certificate, self-signed" : "certificate"
           : link->self_signed ? "root"
                               : "issuer";
}

static size_t box_height(const pc_report_link *link)
{
    return (count_lines(link->subject) + 1) * LINE_HEIGHT + 2 * BOX_PADDING;
}

static size_t chain_height(const pc_report *report)
{
    size_t height = report->chain[report->chain_count - 1].self_signed ? 2 : ARROW_HEIGHT;

    for (size_t i = 0; i < report->chain_count; i++) {
        height += box_height(&report->chain[i]) + (i ? ARROW_HEIGHT : 0);
    }
    return height + 2;
}

static void write_chain_title(pc_xml *xml, const pc_report *report)
{
    pc_xml_start(xml, "title");
    pc_xml_text(xml, "The chain, from the certificate up: ");
    for (size_t i = 0; i < report->chain_count; i++) {
        pc_xml_format(xml, "%s%s (%s)", i ? ", issued by " : "", report->chain[i].subject, role_of(report, i));
    }
    if (!report->chain[report->chain_count - 1].self_signed) {
        pc_xml_text(xml, ", issued by a certificate that was not given");
    }
    pc_xml_text(xml, ".");
    pc_xml_end(xml);
}

static void write_subject(pc_xml *xml, const char *subject, size_t y)
{
    for (size_t i = 0; *subject && i < LINES_MOST; i++) {
        size_t len = line_len(subject);
        bool is_cut = i == LINES_MOST - 1 && subject[len];

        start_text(xml, BOX_PADDING + 4, y + i * LINE_HEIGHT);
        pc_xml_format(xml, "%.*s%s", (int)len, subject, is_cut ? "…" : "");
        pc_xml_end(xml);
        subject += len;
    }
}

static void write_box(pc_xml *xml, const pc_report *report, size_t index, size_t y)
{
    const pc_report_link *link = &report->chain[index];

    pc_xml_start(xml, "rect");
    pc_xml_attribute(xml, "class", is_valid(report, link) ? "box" : "box over");
    pc_xml_attribute(xml, "x", "1");
    write_length(xml, "y", y);
    pc_xml_attribute(xml, "width", "99%");
    write_length(xml, "height", box_height(link));
    pc_xml_attribute(xml, "rx", "4");
    pc_xml_end(xml);
    pc_xml_start(xml, "text");
    pc_xml_attribute(xml, "class", "role");
    write_length(xml, "x", BOX_PADDING + 4);
    write_length(xml, "y", y + BOX_PADDING + 14);
    pc_xml_text(xml, role_of(report, index));
    pc_xml_end(xml);
    write_subject(xml, link->subject, y + BOX_PADDING + 14 + LINE_HEIGHT);
}

/* From the issuer down to the certificate that it issued. */
static void write_arrow(pc_xml *xml, size_t y, bool is_given)
{
    char points[64];
    const size_t tip = y + ARROW_HEIGHT - 2;

    pc_xml_start(xml, "line");
    pc_xml_attribute(xml, "class", is_given ? "arrow" : "arrow unknown");
    pc_xml_attribute(xml, "x1", "24");
    pc_xml_attribute(xml, "x2", "24");
    write_length(xml, "y1", y);
    write_length(xml, "y2", tip - 8);
    pc_xml_end(xml);
    (void)snprintf(points, sizeof points, "M19 %zu L29 %zu L24 %zu Z", tip - 8, tip - 8, tip);
    pc_xml_start(xml, "path");
    pc_xml_attribute(xml, "d", points);
    pc_xml_end(xml);
    pc_xml_start(xml, "text");
    pc_xml_attribute(xml, "class", "role");
    pc_xml_attribute(xml, "x", "38");
    write_length(xml, "y", y + 22);
    pc_xml_text(xml, is_given ? "issued" : "issued by a certificate that was not given");
    pc_xml_end(xml);
}

static void write_drawing(pc_xml *xml, const pc_report *report)
{
    const bool has_root = report->chain[report->chain_count - 1].self_signed;
    size_t y = 1;

    start_drawing(xml, "chain", chain_height(report));
    write_chain_title(xml, report);
    if (!has_root) {
        write_arrow(xml, y, false);
        y += ARROW_HEIGHT;
    }
    for (size_t i = report->chain_count; i-- > 0;) {
        write_box(xml, report, i, y);
        y += box_height(&report->chain[i]);
        if (i) {
            write_arrow(xml, y, true);
            y += ARROW_HEIGHT;
        }
    }
    pc_xml_end(xml);
}

/* --- the time line --- */

typedef struct {
    int64_t first_sec;
    int64_t last_sec;
} span;

/* All validity periods, and the current time. */
static span span_of(const pc_report *report)
{
    span all = { report->judged_sec, report->judged_sec };

    for (size_t i = 0; i < report->chain_count; i++) {
        const pc_report_link *link = &report->chain[i];

        all.first_sec = link->not_before_sec < all.first_sec ? link->not_before_sec : all.first_sec;
        all.last_sec = link->not_after_sec > all.last_sec ? link->not_after_sec : all.last_sec;
    }
    return all;
}

/* Thousandths from the left; 10,000 years in seconds are far below the limit up to which a double is exact. */
static size_t place_in(const span *all, int64_t sec)
{
    double whole = (double)all->last_sec - (double)all->first_sec;
    double part = whole > 0 ? ((double)sec - (double)all->first_sec) / whole * 1000.0 : 0;

    return part < 0 ? 0 : part > 1000 ? 1000 : (size_t)part;
}

static void write_time_title(pc_xml *xml, const pc_report *report)
{
    char day[PC_TIME_TEXT];

    pc_xml_start(xml, "title");
    pc_xml_format(xml, "Validity in time, checked on %s: ", day_of(report->judged_sec, day));
    for (size_t i = 0; i < report->chain_count; i++) {
        pc_xml_format(xml, "%s%s ", i ? "; " : "", report->chain[i].subject);
        write_period(xml, report, &report->chain[i]);
    }
    pc_xml_text(xml, ".");
    pc_xml_end(xml);
}

/* The time of the check: across each bar, but not across the words. */
static void write_mark(pc_xml *xml, size_t place, size_t y)
{
    pc_xml_start(xml, "line");
    pc_xml_attribute(xml, "class", "now");
    write_share(xml, "x1", place);
    write_share(xml, "x2", place);
    write_length(xml, "y1", y - 4);
    write_length(xml, "y2", y + 16);
    pc_xml_end(xml);
}

static void write_bar(pc_xml *xml, const pc_report *report, const span *all, const pc_report_link *link, size_t y)
{
    size_t left = place_in(all, link->not_before_sec);
    size_t right = place_in(all, link->not_after_sec);
    const size_t least = 5; /* so that a single day in a root's thirty years is visible */

    right = right < left + least ? left + least : right;
    pc_xml_start(xml, "rect");
    pc_xml_attribute(xml, "class", is_valid(report, link) ? "time" : "time over");
    write_share(xml, "x", right > 1000 ? 1000 - least : left);
    write_share(xml, "width", right > 1000 ? least : right - left);
    write_length(xml, "y", y);
    pc_xml_attribute(xml, "height", "12");
    pc_xml_end(xml);
    write_mark(xml, place_in(all, report->judged_sec), y);
}

/* The common name, if there is one: long subjects of one company all begin in the same way. */
static const char *short_subject(const char *subject)
{
    const char *name = subject;

    for (const char *found = strstr(subject, ", CN="); found; found = strstr(found + 1, ", CN=")) {
        name = found + strlen(", ");
    }
    return name;
}

static void write_validity(pc_xml *xml, const pc_report *report, const span *all, size_t index, size_t y)
{
    const pc_report_link *link = &report->chain[index];
    const char *subject = short_subject(link->subject);
    const size_t len = line_len(subject);

    start_text(xml, 0, y + 14);
    pc_xml_format(xml, "%.*s%s", (int)len, subject, subject[len] ? "…" : "");
    pc_xml_end(xml);
    pc_xml_start(xml, "text");
    pc_xml_attribute(xml, "class", "role");
    pc_xml_attribute(xml, "x", "0");
    write_length(xml, "y", y + 31);
    write_period(xml, report, link);
    pc_xml_end(xml);
    write_bar(xml, report, all, link, y + 37);
}

/* Below the last mark; it begins or ends at the mark if, centred, it would extend beyond the edge. */
static void write_now(pc_xml *xml, size_t place, size_t height, const char *day)
{
    pc_xml_start(xml, "text");
    pc_xml_attribute(xml, "class", "role");
    write_share(xml, "x", place);
    write_length(xml, "y", height - 4);
    pc_xml_attribute(xml, "text-anchor", place < 200 ? "start" : place > 800 ? "end" : "middle");
    pc_xml_format(xml, "checked on %s", day);
    pc_xml_end(xml);
}

static void write_times(pc_xml *xml, const pc_report *report)
{
    const span all = span_of(report);
    const size_t height = report->chain_count * TIME_HEIGHT + 24;
    char day[PC_TIME_TEXT];

    start_drawing(xml, "times", height);
    write_time_title(xml, report);
    for (size_t i = 0; i < report->chain_count; i++) {
        write_validity(xml, report, &all, report->chain_count - 1 - i, i * TIME_HEIGHT);
    }
    write_now(xml, place_in(&all, report->judged_sec), height, day_of(report->judged_sec, day));
    pc_xml_end(xml);
}

void pc_html_write_chain(pc_xml *xml, const pc_report *report)
{
    if (report->chain_count == 0) {
        return;
    }
    pc_xml_element(xml, "h2", NULL, "The chain and its validity");
    pc_xml_element(xml, "p", NULL, state_words[report->chain_state]);
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", "drawings");
    write_drawing(xml, report);
    write_times(xml, report);
    pc_xml_end(xml);
}
