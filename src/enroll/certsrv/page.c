/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/page.h"

#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/codes.h"
#include "enroll/certsrv/html.h"

#define TEXT_MAX      ((size_t)256 * 1024) /* bytes of text looked at; a page of AD CS has a few thousand */
#define MESSAGE_REACH ((size_t)400)        /* bytes on either side of a code within which its sentence is looked for */
#define ID_REACH      32                   /* bytes between "ID" and its number */
#define FAILURE_BIT   0x80000000ul         /* of an HRESULT ([MS-ERREF] section 2.1) */

/* How much else a page must show before a phrase counts. */
typedef enum {
    ALONE,
    WITH_ID, /* the number of a request */
    ON_ADCS, /* that, and what shows the page to be one of AD CS */
} weight;

/* English as other clients know it; the rest are translations that a server may use. */
static const struct {
    const char *words;
    pc_ca_disposition disposition;
    weight weight;
} phrases[] = {
    { "taken under submission", PC_CA_PENDING, ALONE },
    { "certificate pending", PC_CA_PENDING, WITH_ID },
    { "request is still pending", PC_CA_PENDING, WITH_ID },
    { "steht aus", PC_CA_PENDING, ON_ADCS },
    { "steht noch aus", PC_CA_PENDING, ON_ADCS },
    { "\xe4\xbf\x9d\xe7\x95\x99", PC_CA_PENDING, ON_ADCS }, /* ja: horyuu */
    { "en attente", PC_CA_PENDING, ON_ADCS },
    { "pendiente", PC_CA_PENDING, ON_ADCS },
    { "in sospeso", PC_CA_PENDING, ON_ADCS },
    { "denied by policy module", PC_CA_DENIED, ALONE },
    { "disposition message is \"denied", PC_CA_DENIED, ALONE },
    { "denied", PC_CA_DENIED, ON_ADCS },
    { "verweigert", PC_CA_DENIED, ON_ADCS },
    { "\xe6\x8b\x92\xe5\x90\xa6", PC_CA_DENIED, ON_ADCS }, /* ja: kyohi */
    { "refus\xc3\xa9", PC_CA_DENIED, ON_ADCS },
    { "denegad", PC_CA_DENIED, ON_ADCS },
    { "negata", PC_CA_DENIED, ON_ADCS },
};

/* The address of the pages and the name of the product are the same in every language. */
static const char *const adcs_marks[] = { "\"/certsrv", "=/certsrv", "active directory", "certfnsh.asp" };

static const char *const login_refusals[] = {
    "unauthorized: access is denied",
    "401 - unauthorized",
    "401.1 - unauthorized",
    "401.2 - unauthorized",
};

static const char *const disposition_names[] = {
    [PC_CA_UNKNOWN] = "unknown", [PC_CA_ISSUED] = "issued", [PC_CA_PENDING] = "pending",
    [PC_CA_DENIED] = "denied",   [PC_CA_ERROR] = "error",
};

const char *pc_ca_disposition_name(pc_ca_disposition disposition)
{
    return (size_t)disposition < PC_COUNT(disposition_names) ? disposition_names[disposition] : "unknown";
}

/* A decimal number at `at`, of at most ten digits; returns what stands behind it, or NULL. */
static const char *read_number(const char *at, const char *end, unsigned long *ret_number)
{
    char digits[12] = "";
    size_t len = 0;

    while (at + len < end && pc_is_digit(at[len])) {
        if (len == 10) {
            return NULL;
        }
        digits[len] = at[len];
        len++;
    }
    return len > 0 && pc_text_to_number(digits, 0xffffffff, ret_number) ? at + len : NULL;
}

/* "certnew.cer?ReqID=12&" or "&amp;", wherever it stands. Two that differ are no answer. */
static unsigned long linked_id(const uint8_t *bytes, size_t len)
{
    static const char link[] = "certnew.cer?ReqID=";
    const char *end = (const char *)bytes + len;
    unsigned long only = 0;

    for (const char *at = (const char *)bytes; (at = pc_text_find(at, (size_t)(end - at), link)) != NULL;) {
        unsigned long id = 0;

        at += strlen(link);
        const char *behind = read_number(at, end, &id);

        if (!behind || behind == end || *behind != '&' || id == 0) {
            continue;
        }
        if (only && only != id) {
            return 0;
        }
        only = id;
    }
    return only;
}

/* The first "0x" with exactly eight hex digits that is a failure; NULL if there is none. */
static const char *find_code(const char *text, unsigned long *ret_code)
{
    for (const char *at = text; (at = strstr(at, "0x")) != NULL; at += 2) {
        char digits[11] = "";
        size_t count = strspn(at + 2, "0123456789abcdefABCDEF");

        if (count == 8) {
            memcpy(digits, at, 10);
            if (pc_text_to_number(digits, 0xffffffff, ret_code) && (*ret_code & FAILURE_BIT)) {
                return at;
            }
        }
    }
    return NULL;
}

/* The first digit within reach and in the same sentence, or NULL. */
static const char *digit_near(const char *at)
{
    for (const char *end = at + ID_REACH; at < end && *at && *at != '.' && *at != '"'; at++) {
        if (pc_is_digit(*at)) {
            return at;
        }
    }
    return NULL;
}

/* "Your Request Id is 12", "Anforderungs-ID ist 12", and so in Japanese: the number after the word ID; 0 if none. */
static unsigned long worded_id(const char *text)
{
    const char *end = text + strlen(text);

    for (const char *at = text; (at = pc_text_find(at, (size_t)(end - at), "id")) != NULL; at += 2) {
        unsigned long id = 0;

        if ((at > text && pc_is_alnum(at[-1])) || pc_is_alnum(at[2])) {
            continue;
        }
        const char *digit = digit_near(at + 2);

        if (digit && read_number(digit, end, &id) && id > 0) {
            return id;
        }
    }
    return 0;
}

/* Not within a character of UTF-8. */
static const char *step_back(const char *text, const char *at, size_t reach)
{
    const char *start = (size_t)(at - text) > reach ? at - reach : text;

    while (start < at && ((unsigned char)*start & 0xc0) == 0x80) {
        start++;
    }
    return start;
}

/* The CA quotes its message: what stands between the quotes round the code, else the text on either side of it. */
static pc_span sentence_at(const char *text, const char *at)
{
    const char *low = step_back(text, at, MESSAGE_REACH);
    size_t high_len = strlen(at) < MESSAGE_REACH ? strlen(at) : MESSAGE_REACH;
    const char *open = memrchr(low, '"', (size_t)(at - low));
    const char *close = memchr(at, '"', high_len);

    if (open && close) {
        return pc_span_trim((pc_span){ .at = open + 1, .len = (size_t)(close - open - 1) });
    }
    low = step_back(text, at, MESSAGE_REACH / 4);
    return pc_span_trim((pc_span){ .at = low, .len = (size_t)(at - low) + high_len / 2 });
}

static pc_status set_message(pc_arena *arena, const char *text, const char *at, pc_ca_outcome *outcome, pc_error *err)
{
    pc_span sentence = sentence_at(text, at);
    char *message = pc_arena_alloc(arena, PC_CA_MESSAGE);

    if (!message) {
        return pc_fail_memory(err);
    }
    pc_text_escape_into(sentence.at, sentence.len, message, PC_CA_MESSAGE);
    outcome->message = message;
    return PC_OK;
}

static weight weight_of(const uint8_t *bytes, size_t len, const pc_ca_outcome *outcome)
{
    for (size_t i = 0; outcome->request_id && i < PC_COUNT(adcs_marks); i++) {
        if (pc_text_find((const char *)bytes, len, adcs_marks[i])) {
            return ON_ADCS;
        }
    }
    return outcome->request_id ? WITH_ID : ALONE;
}

static const char *find_phrase(const char *text, weight reached, pc_ca_disposition *ret_disposition)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < PC_COUNT(phrases); i++) {
        const char *at = phrases[i].weight <= reached ? pc_text_find(text, len, phrases[i].words) : NULL;

        if (at) {
            *ret_disposition = phrases[i].disposition;
            return at;
        }
    }
    return NULL;
}

/* A code says what it is, or else the words beside it do; at the least it is an error. */
static void judge_code(const char *text, weight reached, pc_ca_outcome *outcome)
{
    const pc_certsrv_code *known = pc_certsrv_code_find(outcome->code);
    pc_ca_disposition worded = PC_CA_UNKNOWN;

    outcome->disposition = PC_CA_ERROR;
    if (known) {
        outcome->code_name = known->name;
        outcome->advice = known->advice;
    }
    if (known && known->disposition != PC_CA_UNKNOWN) {
        outcome->disposition = known->disposition;
    } else if (find_phrase(text, reached, &worded) && worded == PC_CA_DENIED) {
        outcome->disposition = PC_CA_DENIED;
    }
}

static pc_status read_words(pc_arena *arena, const uint8_t *bytes, size_t len, pc_ca_outcome *outcome, pc_error *err)
{
    const char *text = pc_html_text(arena, bytes, len, TEXT_MAX);
    unsigned long code = 0;

    if (!text) {
        return pc_fail_memory(err);
    }
    outcome->request_id = worded_id(text);
    weight reached = weight_of(bytes, len, outcome);
    const char *at = find_code(text, &code);

    if (at) {
        outcome->code = code;
        judge_code(text, reached, outcome);
        return set_message(arena, text, at, outcome, err);
    }
    at = find_phrase(text, reached, &outcome->disposition);
    return at ? set_message(arena, text, at, outcome, err) : PC_OK;
}

pc_status pc_certsrv_page_read(pc_arena *arena, const uint8_t *bytes, size_t len, pc_ca_outcome *ret_outcome,
                            pc_error *err)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_UNKNOWN };
    unsigned long linked = linked_id(bytes, len);

    if (linked) {
        outcome.disposition = PC_CA_ISSUED;
        outcome.request_id = linked;
    } else {
        PC_TRY(read_words(arena, bytes, len, &outcome, err));
    }
    if (outcome.disposition == PC_CA_UNKNOWN) {
        outcome.page = bytes;
        outcome.page_len = len;
    }
    *ret_outcome = outcome;
    return PC_OK;
}

bool pc_certsrv_page_refuses_login(pc_arena *arena, const uint8_t *bytes, size_t len)
{
    const char *text = pc_html_text(arena, bytes, len, TEXT_MAX);

    for (size_t i = 0; text && i < PC_COUNT(login_refusals); i++) {
        if (pc_text_find(text, strlen(text), login_refusals[i])) {
            return true;
        }
    }
    return false;
}

/* X.690 section 8.1.3: a definite length in one to four bytes. */
static pc_certsrv_file der_kind(const uint8_t *bytes, size_t len)
{
    size_t length_len = 0;
    size_t value_len = 0;

    if (len < 2 || bytes[0] != 0x30 || bytes[1] < 0x81 || bytes[1] > 0x84) {
        return PC_CERTSRV_FILE_NONE; /* what is shorter than 128 bytes is no certificate */
    }
    length_len = bytes[1] & 0x7f;
    if (len < 2 + length_len) {
        return PC_CERTSRV_FILE_CUT;
    }
    for (size_t i = 0; i < length_len; i++) {
        value_len = value_len << 8 | bytes[2 + i];
    }
    return len == 2 + length_len + value_len ? PC_CERTSRV_FILE_DER : PC_CERTSRV_FILE_CUT;
}

pc_certsrv_file pc_certsrv_file_kind(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    static const char begin[] = "-----BEGIN ";
    size_t blank = 0;

    while (blank < len && (pc_is_space(text[blank]) || text[blank] == '\r' || text[blank] == '\n')) {
        blank++;
    }
    if (len - blank < strlen(begin) || memcmp(text + blank, begin, strlen(begin)) != 0) {
        return der_kind(bytes, len);
    }
    return memmem(text + blank, len - blank, "-----END ", 9) ? PC_CERTSRV_FILE_PEM : PC_CERTSRV_FILE_CUT;
}

bool pc_certsrv_page_renewals(const uint8_t *bytes, size_t len, unsigned long *ret_newest)
{
    static const char name[] = "nRenewals";
    const char *end = (const char *)bytes + len;

    for (const char *at = (const char *)bytes; (at = pc_text_find(at, (size_t)(end - at), name)) != NULL;) {
        at += strlen(name);
        while (at < end && pc_is_space(*at)) {
            at++;
        }
        if (at == end || *at != '=') {
            continue;
        }
        for (at++; at < end && pc_is_space(*at);) {
            at++;
        }
        if (read_number(at, end, ret_newest)) {
            return true;
        }
    }
    return false;
}

/* "E;WebServer;1;1033;0;;Web Server": the second field is the name, the last what people see. */
static pc_status add_template(pc_arena *arena, pc_span value, pc_ca_templates *templates, pc_error *err)
{
    const char *plain = pc_html_unescape(arena, value);
    const char *start = plain ? strchr(plain, ';') : NULL;
    size_t len = start ? strcspn(start + 1, ";") : 0;

    if (!plain) {
        return pc_fail_memory(err);
    }
    if (len == 0 || templates->count >= PC_CERTSRV_TEMPLATES) {
        return PC_OK;
    }
    pc_ca_template *item = PC_PUSH(arena, templates->items, templates->count);
    const char *last = strrchr(start + 1, ';');

    if (item) {
        item->name = pc_text_escape(arena, start + 1, len);
        item->display = last ? pc_text_escape(arena, last + 1, strlen(last + 1)) : "";
    }
    return item && item->name && item->display ? PC_OK : pc_fail_memory(err);
}

pc_status pc_certsrv_page_templates(pc_arena *arena, const uint8_t *bytes, size_t len, pc_ca_templates *ret_templates,
                                 pc_error *err)
{
    pc_ca_templates templates = { .items = NULL };
    size_t offset = 0;
    pc_span attributes;
    pc_span value;

    while (!templates.is_form && pc_html_next_tag(bytes, len, "textarea", &offset, &attributes)) {
        templates.is_form = pc_html_attribute(attributes, "name", &value) && pc_span_equal(value, "CertRequest");
    }
    offset = 0;
    bool listed = false;

    while (!listed && pc_html_next_tag(bytes, len, "select", &offset, &attributes)) {
        listed = pc_html_attribute(attributes, "name", &value) && pc_span_equal(value, "lbCertTemplate");
    }
    size_t after = offset;
    size_t stop = len;

    if (listed && pc_html_next_tag(bytes, len, "/select", &after, &attributes)) {
        stop = after;
    }
    while (listed && pc_html_next_tag(bytes, stop, "option", &offset, &attributes)) {
        if (pc_html_attribute(attributes, "value", &value)) {
            PC_TRY(add_template(arena, value, &templates, err));
        }
    }
    *ret_templates = templates;
    return PC_OK;
}
