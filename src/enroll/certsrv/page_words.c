/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/page_words.h"

#include <string.h>

#include "enroll/certsrv/codes.h"
#include "enroll/certsrv/number.h"

#define FAILURE_BIT 0x80000000ul

static const char *const login_refusals[] = {
    "unauthorized: access is denied",
    "401 - unauthorized",
    "401.1 - unauthorized",
    "401.2 - unauthorized",
};

/* Quotation marks of English, German, French, Spanish, Chinese and Japanese: a mark may open in one language and close
 * in another. */
static const char *const quotation_marks[] = {
    "\"",       "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xc2\xab",
    "\xc2\xbb", "\xe3\x80\x8c", "\xe3\x80\x8d", "\xef\xbc\x82",
};

static size_t mark_len(const char *text, size_t len)
{
    for (size_t i = 0; i < PC_COUNT(quotation_marks); i++) {
        size_t mark = strlen(quotation_marks[i]);

        if (mark <= len && memcmp(text, quotation_marks[i], mark) == 0) {
            return mark;
        }
    }
    return 0;
}

static pc_span trim(pc_span span)
{
    static const char no_break_space[] = "\xc2\xa0";

    span = pc_span_trim(span);
    while (span.len >= 2 && memcmp(span.start, no_break_space, 2) == 0) {
        span = pc_span_trim((pc_span){ .start = span.start + 2, .len = span.len - 2 });
    }
    return span;
}

pc_span pc_page_quotation(pc_span text)
{
    size_t start = 0;
    size_t end = text.len;

    while (start < text.len && mark_len(text.start + start, text.len - start) == 0) {
        start++;
    }
    while (end > start && mark_len(text.start + end - 1, text.len - end + 1) == 0) {
        end--;
    }
    size_t opening = start < text.len ? mark_len(text.start + start, text.len - start) : 0;

    return opening && end > start + opening
               ? trim((pc_span){ .start = text.start + start + opening, .len = end - 1 - start - opening })
               : trim(text);
}

bool pc_page_find_code(const char *text, unsigned long *ret_code)
{
    for (const char *found = text; (found = strstr(found, "0x")) != NULL; found += 2) {
        char digits[11] = "";

        if (strspn(found + 2, "0123456789abcdefABCDEF") == 8) {
            memcpy(digits, found, 10);
            if (pc_text_to_number(digits, 0xffffffff, ret_code) && (*ret_code & FAILURE_BIT)) {
                return true;
            }
        }
    }
    return false;
}

bool pc_page_words_refuse_login(const char *text)
{
    for (size_t i = 0; i < PC_COUNT(login_refusals); i++) {
        if (pc_text_find(text, strlen(text), login_refusals[i])) {
            return true;
        }
    }
    return false;
}

static const char *find(const char *text, const char *words)
{
    return pc_text_find(text, strlen(text), words);
}

static unsigned long named_id(const char *text)
{
    static const char words[] = "request id is ";
    const char *found = find(text, words);
    unsigned long id = 0;

    return found && pc_number_read(pc_span_of(found + strlen(words)), &id) ? id : 0;
}

/* "The disposition message is "...".": up to the quotation mark that ends the sentence, else to the last one. */
static bool find_message(const char *text, pc_span *ret_message)
{
    static const char words[] = "disposition message is ";
    const char *found = find(text, words);

    if (!found) {
        return false;
    }
    const char *rest = found + strlen(words);
    const char *end = strstr(rest, "\".");

    *ret_message =
        pc_page_quotation(end ? (pc_span){ .start = rest, .len = (size_t)(end - rest) + 1 } : pc_span_of(rest));
    return true;
}

static pc_ca_disposition judge_message(const pc_page_words *words)
{
    static const char submission[] = "taken under submission";
    const pc_certsrv_code *known = pc_certsrv_code_find(words->code);
    pc_span message = words->message;

    if (pc_text_find(message.start, message.len, submission)) {
        return PC_CA_PENDING;
    }
    return (message.len >= 6 && pc_text_equal_n(message.start, 6, "denied")) ||
                   (known && known->disposition == PC_CA_DENIED)
               ? PC_CA_DENIED
               : PC_CA_ERROR;
}

void pc_page_words_read(const char *text, pc_page_words *ret_words)
{
    pc_page_words words = { .disposition = PC_CA_UNKNOWN, .request_id = named_id(text), .message = { .start = "" } };

    if (find_message(text, &words.message)) {
        (void)pc_page_find_code(text, &words.code);
        words.disposition = judge_message(&words);
    } else if (find(text, "taken under submission") ||
               (words.request_id && (find(text, "certificate pending") || find(text, "request is still pending")))) {
        words.disposition = PC_CA_PENDING;
    }
    words.code = words.disposition == PC_CA_PENDING ? 0 : words.code;
    *ret_words = words;
}
