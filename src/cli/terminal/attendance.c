/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/attendance.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LINE_SIZE 500u

static pc_status no_terminal(pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "a prompt requires an answer, but there is no terminal");
    return pc_hint_resume(err, PC_E_REFUSED,
                          "run the same command at a terminal: it resumes with this step; with --unattended, only "
                          "steps that the script marks as unattended are carried out without asking");
}

/* Reads a line, without its line end and without blanks at both ends. @return false at the end of the input. */
static bool read_line(FILE *terminal, char line[static LINE_SIZE])
{
    if (!fgets(line, (int)LINE_SIZE, terminal)) {
        return false;
    }
    size_t len = strcspn(line, "\r\n");
    size_t start = strspn(line, " \t");

    while (len > start && pc_is_space(line[len - 1])) {
        len--;
    }
    line[len] = '\0';
    memmove(line, line + start, len - (start < len ? start : len) + 1);
    return true;
}

/* "d because": the rest of the line after the word; NULL if the line begins with another word. */
static const char *after_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(line, word, len) != 0 || (line[len] && !pc_is_space(line[len]))) {
        return NULL;
    }
    return line + len + strspn(line + len, " \t");
}

static bool take(pc_ceremony_answer *answer, pc_ceremony_answer_kind kind, const char *text)
{
    answer->kind = kind;
    (void)snprintf(answer->text, sizeof answer->text, "%s", text);
    return true;
}

/* @return false if it is not a valid answer. */
static bool understand(const char *line, const pc_ceremony_question *question, pc_ceremony_answer *ret_answer)
{
    const char *deviation = after_word(line, "d");
    const char *pause = after_word(line, "pause");
    const char *end = after_word(line, "abort");

    if (pause) {
        return take(ret_answer, PC_CEREMONY_PAUSE, *pause ? pause : "no reason given");
    }
    if (end) {
        return *end && take(ret_answer, PC_CEREMONY_ABORT, end);
    }
    if (deviation) {
        return *deviation && take(ret_answer, PC_CEREMONY_DEVIATION, deviation);
    }
    if (question->wants_name) {
        return (*line || question->name) && take(ret_answer, PC_CEREMONY_YES, *line ? line : question->name);
    }
    return (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0) && take(ret_answer, PC_CEREMONY_YES, "");
}

/* The record shows what was typed, so it must be what its readers see. Arrow keys send characters that are not seen. */
static bool is_plain(FILE *terminal, const char *line)
{
    const bool is_utf8 = pc_text_is_utf8(line, strlen(line));
    const uint32_t point = is_utf8 ? pc_text_find_harmful((pc_span){ line, strlen(line) }, "") : 0;

    if (!is_utf8) {
        (void)fprintf(terminal, "  The answer is not UTF-8; type it again.\n");
    } else if (point) {
        (void)fprintf(terminal, "  The answer has " PC_TEXT_HARMFUL "; type it again.\n", (unsigned)point);
    }
    return is_utf8 && !point;
}

static void print_question(FILE *terminal, const pc_ceremony_question *question)
{
    if (question->wants_name) {
        (void)fprintf(terminal, "  %s, your name%s%s%s: ", question->who, question->name ? " [" : "",
                      question->name ? question->name : "", question->name ? "]" : "");
    } else {
        (void)fprintf(terminal, "  %s%s%s%s: confirm? [y, d REASON, pause, abort REASON] ", question->who,
                      question->name ? " (" : "", question->name ? question->name : "", question->name ? ")" : "");
    }
    (void)fflush(terminal);
}

pc_status pc_attendance_ask(void *context, const pc_ceremony_question *question, pc_ceremony_answer *ret_answer,
                            pc_error *err)
{
    PC_AUTO(file) FILE *terminal = fopen("/dev/tty", "r+e");
    char line[LINE_SIZE];

    (void)context;
    if (!terminal) {
        return no_terminal(err);
    }
    do {
        print_question(terminal, question);
        if (!read_line(terminal, line)) {
            return no_terminal(err);
        }
        (void)fseek(terminal, 0, SEEK_CUR); /* C17 7.21.5.3: required between reading and writing a stream */
    } while (!is_plain(terminal, line) || !understand(line, question, ret_answer));
    return PC_OK;
}
