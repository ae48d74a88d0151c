/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/output.h"

#include <string.h>
#include <time.h>

#include "base/outward.h"
#include "base/text.h"
#include "cli/print/colour.h"
#include "cli/print/width.h"

static void print_safe_part(FILE *out, const char *text, size_t len)
{
    while (len) {
        char safe[1024];
        size_t part = len < sizeof safe / 4 - 1 ? len : sizeof safe / 4 - 1;

        /* Not in the middle of a character. */
        while (part < len && part > 1 && ((unsigned char)text[part] & 0xc0) == 0x80) {
            part--;
        }
        pc_text_escape_into(text, part, safe, sizeof safe);
        (void)fputs(safe, out);
        text += part;
        len -= part;
    }
}

/* Done before the text is printed in parts, in which a PIN would not be recognised. @return owned by the caller,
 * free. */
static char *without_pins(const char *text)
{
    char *copy = strdup(text);

    if (copy) {
        pc_outward_hide_pins(copy);
    }
    return copy;
}

void pc_print_safe(FILE *out, const char *text)
{
    PC_AUTO(free) char *copy = without_pins(text);

    print_safe_part(out, copy ? copy : "(out of memory)", strlen(copy ? copy : "(out of memory)"));
}

void pc_print_path(FILE *out, const char *before, const char *path)
{
    (void)fputs(before, out);
    pc_print_safe(out, path);
    (void)fputc('\n', out);
}

void pc_print_written(const char *path, bool changed)
{
    const bool is_standard = strcmp(path, "-") == 0;

    pc_print_path(is_standard ? stderr : stdout, changed ? "written to " : "already exists with this content: ",
                  is_standard ? "standard output" : path);
}

void pc_print_warning(const char *text)
{
    (void)fputs("p11cert: warning: ", stderr);
    pc_print_safe(stderr, text);
    (void)fputc('\n', stderr);
}

/* The part of a line that fits: up to a blank if there is one, else a whole word, however long. */
static size_t fitting(const char *line, size_t len, size_t room)
{
    size_t most = pc_width_fitting(line, len, room);

    if (most == len) {
        return len;
    }
    for (size_t take = most; take > 0; take--) {
        if (line[take] == ' ') {
            return take;
        }
    }
    const char *blank = memchr(line, ' ', len);

    return blank ? (size_t)(blank - line) : len;
}

/* The cursor is already in `column`. */
static void print_line(FILE *out, unsigned column, unsigned indent, const char *line, size_t len)
{
    const unsigned width = pc_width_of_stream(out);

    for (unsigned start = column;; start = indent) {
        size_t take = fitting(line, len, width > start ? width - start : 1);

        print_safe_part(out, line, take);
        (void)fputc('\n', out);
        while (take < len && line[take] == ' ') {
            take++;
        }
        line += take;
        len -= take;
        if (len == 0) {
            return;
        }
        (void)fprintf(out, "%*s", (int)indent, "");
    }
}

void pc_print_after(FILE *out, unsigned column, unsigned indent, const char *given)
{
    PC_AUTO(free) char *copy = without_pins(given);
    const char *text = copy ? copy : "(out of memory)";

    for (;;) {
        size_t len = strcspn(text, "\n");

        print_line(out, column, indent, text, len);
        if (text[len] == '\0' || text[len + 1] == '\0') {
            return;
        }
        text += len + 1;
        (void)fprintf(out, "%*s", (int)indent, "");
        column = indent;
    }
}

void pc_print_wrapped(FILE *out, unsigned indent, const char *text)
{
    (void)fprintf(out, "%*s", (int)indent, "");
    pc_print_after(out, indent, indent, text);
}

void pc_print_expiry(const pc_cli *cli, FILE *out, const char *not_after, int64_t not_after_sec)
{
    int64_t left = (not_after_sec - (int64_t)time(NULL)) / 86400;

    if (*not_after == '(') { /* (unreadable) */
        (void)fputs(not_after, out);
        return;
    }
    (void)fprintf(out, "%.10s ", not_after);
    if (not_after_sec <= (int64_t)time(NULL)) {
        pc_print_state(cli, out, PC_COLOUR_BAD, 0, "(EXPIRED)");
    } else {
        (void)fprintf(out, "(%lld day%s left)", (long long)left, left == 1 ? "" : "s");
    }
}

void pc_print_findings(FILE *out, const char *file, const pc_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const pc_finding *each = &findings->items[i];

        pc_print_safe(out, file);
        if (each->line) {
            (void)fprintf(out, ":%u", each->line);
        }
        (void)fprintf(out, ": %s [%s]\n", pc_severity_name(each->severity), each->id);
        pc_print_wrapped(out, 4, each->message);
        if (each->fix) {
            (void)fputs("    fix: ", out);
            pc_print_safe(out, each->fix);
            (void)fputc('\n', out);
        }
    }
}

const char *pc_exportable_words(pc_fact extractable)
{
    static const char *const words[] = { [PC_FACT_UNKNOWN] = "exportable or not: the token does not say",
                                         [PC_FACT_FALSE] = "not exportable",
                                         [PC_FACT_TRUE] = "EXPORTABLE" };

    return words[extractable];
}

void pc_print_bound(FILE *out, const pc_bound_certificate *bound)
{
    (void)fprintf(out, "    %s\n        serial %s, valid until %.10s\n        CKA_ID %s: %s\n", bound->subject,
                  bound->serial, bound->not_after, *bound->id ? bound->id : "(none)",
                  bound->state == PC_BOUND_ALREADY ? "already there" : "written and read back");
}
