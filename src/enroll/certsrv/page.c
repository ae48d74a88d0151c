/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/page.h"

#include <limits.h>
#include <string.h>

#include "enroll/certsrv/codes.h"
#include "enroll/certsrv/html.h"
#include "enroll/certsrv/number.h"
#include "enroll/certsrv/page_words.h"

#define NO_DISPOSITION ULONG_MAX
#define TWO_REQUESTS   ULONG_MAX

/* What is known about a page while it is read. */
typedef struct {
    pc_arena *arena;
    xmlDoc *page;
    unsigned long asked_id;
    pc_ca_outcome outcome;
} reading;

static const char *const disposition_names[] = {
    [PC_CA_UNKNOWN] = "unknown", [PC_CA_ISSUED] = "issued", [PC_CA_PENDING] = "pending",
    [PC_CA_DENIED] = "denied",   [PC_CA_ERROR] = "error",   [PC_CA_REVOKED] = "revoked",
};

const char *pc_ca_disposition_name(pc_ca_disposition disposition)
{
    return (size_t)disposition < PC_COUNT(disposition_names) ? disposition_names[disposition] : "unknown";
}

static const char *text_by_id(const reading *job, const char *id)
{
    return pc_html_text(job->arena, pc_html_by_id(job->page, id));
}

/* --- issued ---------------------------------------------------------------------------------- */

/* The number in "certnew.cer?ReqID=12&...", if a link or a quoted text starts with it, or after a slash. */
static unsigned long linked_id(const char *text, unsigned long before)
{
    static const char link[] = "certnew.cer?ReqID=";
    const char *end = text + strlen(text);
    unsigned long only = before;

    for (const char *found = text; (found = pc_text_find(found, (size_t)(end - found), link)) != NULL;) {
        bool starts = found == text || strchr("\"'/", found[-1]);
        unsigned long id = 0;

        found += strlen(link);
        size_t len = pc_number_read((pc_span){ .start = found, .len = (size_t)(end - found) }, &id);

        if (!starts || len == 0 || found[len] != '&' || id == 0) {
            continue;
        }
        if (only && only != id) {
            return TWO_REQUESTS;
        }
        only = id;
    }
    return only;
}

static unsigned long issued_id(const xmlDoc *page)
{
    unsigned long only = 0;

    for (const xmlNode *each = pc_html_first(page); each; each = pc_html_next(each)) {
        const char *link = pc_html_is(each, "a") ? pc_html_attribute(each, "href") : NULL;
        bool is_script = pc_html_is(each, "script") && each->children && each->children->content;

        if (only == TWO_REQUESTS) {
            return 0;
        }
        only = link ? linked_id(link, only) : is_script ? linked_id((const char *)each->children->content, only) : only;
    }
    return only == TWO_REQUESTS ? 0 : only;
}

/* --- by element ids -------------------------------------------------------------------------- */

/* certrspn.asp and certrsdn.asp. Windows Server 2003 gives neither number nor reason. */
static const struct {
    const char *id;
    pc_ca_disposition disposition;
} marks[] = {
    { "locInfoReqID", PC_CA_PENDING }, { "locInfoNewReq", PC_CA_PENDING },        { "locInfoChkPnd", PC_CA_PENDING },
    { "locIssRev", PC_CA_REVOKED },    { "locInfoReqIDandReason", PC_CA_DENIED }, { "locDenied", PC_CA_DENIED },
};

/* certrser.asp and certcarc.asp */
static const char *const error_marks[] = { "locDispLabel", "locReqFailed", "locChkPndFailed", "locErrorMsg" };

/* The form that takes a request off the browser's list: <Input Type=Hidden Name=ReqID Value="12">. */
static unsigned long hidden_id(const xmlDoc *page)
{
    unsigned long id = 0;

    for (const xmlNode *each = pc_html_first(page); each; each = pc_html_next(each)) {
        const char *name = pc_html_is(each, "input") ? pc_html_attribute(each, "name") : NULL;
        const char *value = name && pc_text_equal(name, "ReqID") ? pc_html_attribute(each, "value") : NULL;

        if (value && pc_number_read(pc_span_of(value), &id) == strlen(value) && id) {
            return id;
        }
    }
    return 0;
}

static pc_status set_message(reading *job, pc_span words, pc_error *err)
{
    char *message = words.len ? pc_arena_alloc(job->arena, PC_CA_MESSAGE) : NULL;

    if (words.len && !message) {
        return pc_fail_memory(err);
    }
    if (message) {
        pc_text_escape_into(words.start, words.len, message, PC_CA_MESSAGE);
    }
    job->outcome.message = message;
    return PC_OK;
}

static void set_code(reading *job, unsigned long code)
{
    const pc_certsrv_code *known = pc_certsrv_code_find(code);

    job->outcome.code = code;
    job->outcome.code_name = known ? known->name : NULL;
    job->outcome.advice = known ? known->advice : NULL;
}

/* "Your Request Id is 12. The disposition message is "...".": the number precedes the quotation. */
static pc_status read_refusal(reading *job, pc_error *err)
{
    const char *text = text_by_id(job, "locInfoReqIDandReason");
    unsigned long code = 0;

    if (!text) {
        return pc_fail_memory(err);
    }
    pc_span reason = pc_page_quotation(pc_span_of(text));
    size_t before = reason.len < strlen(text) ? (size_t)(reason.start - text) : strlen(text);

    job->outcome.request_id = pc_number_only((pc_span){ .start = text, .len = before });
    if (pc_page_find_code(text, &code)) {
        set_code(job, code);
    }
    return set_message(job, reason, err);
}

static pc_status read_mark(reading *job, pc_ca_disposition disposition, pc_error *err)
{
    const char *number = text_by_id(job, "locInfoReqID");

    job->outcome.disposition = disposition;
    if (!number) {
        return pc_fail_memory(err);
    }
    if (disposition != PC_CA_PENDING) {
        PC_TRY(read_refusal(job, err));
    } else {
        job->outcome.request_id = pc_number_only(pc_span_of(number));
    }
    if (job->outcome.request_id == 0) {
        job->outcome.request_id = hidden_id(job->page);
    }
    return PC_OK;
}

/* --- the page of an error -------------------------------------------------------------------- */

/* The text under a label: <DT ID=...>...</DT><DD>...</DD>. "" if there is none, or if it says that there is none.
 */
static const char *value_of_label(const reading *job, const char *label, const char *none)
{
    const xmlNode *term = pc_html_by_id(job->page, label);
    const xmlNode *value = term ? pc_html_sibling(term) : NULL;
    const xmlNode *inner = pc_html_is(value, "dd") ? pc_html_next(value) : NULL;
    const char *id = inner && inner->parent == value ? pc_html_attribute(inner, "id") : NULL;
    bool is_none = !pc_html_is(value, "dd") || (id && pc_text_equal(id, none));

    return pc_html_text(job->arena, is_none ? NULL : value);
}

/* CR_DISP of certcli.h, which the page writes in hexadecimal before a separator. */
static pc_status read_disposition(reading *job, unsigned long *ret_number, pc_error *err)
{
    const xmlNode *separator = pc_html_by_id(job->page, "locDispSpacer");
    const char *text = separator ? pc_html_text_before(job->arena, separator) : "";

    if (!text) {
        return pc_fail_memory(err);
    }
    if (!pc_text_to_number(text, 0xffffffff, ret_number)) {
        *ret_number = NO_DISPOSITION;
    }
    return PC_OK;
}

static pc_status read_labels(reading *job, pc_error *err)
{
    static const char *const sources[][2] = {
        { "locDispMsgLabel", "locDispMsgNone" },
        { "locResultLabel", "" },
        { "locComInfoLabel", "" },
        { "locLastStatLabel", "locLastStatNeverSet" },
    };

    for (size_t i = 0; i < PC_COUNT(sources); i++) {
        const char *text = value_of_label(job, sources[i][0], sources[i][1]);
        unsigned long code = 0;

        if (!text) {
            return pc_fail_memory(err);
        }
        if (!job->outcome.message) {
            PC_TRY(set_message(job, pc_span_of(text), err));
        }
        if (!job->outcome.code && pc_page_find_code(text, &code)) {
            set_code(job, code);
        }
    }
    return PC_OK;
}

/* Without a disposition, the call itself failed: that says something about a new request, but nothing about an existing
 * one. */
static pc_ca_disposition judge(const reading *job, unsigned long number)
{
    const pc_certsrv_code *known = pc_certsrv_code_find(job->outcome.code);

    switch (number) {
    case 2:
        return PC_CA_DENIED;
    case 5:
        return PC_CA_PENDING;
    case 6:
        return PC_CA_REVOKED;
    case NO_DISPOSITION:
        return known && known->disposition == PC_CA_DENIED && !job->asked_id ? PC_CA_DENIED : PC_CA_ERROR;
    default:
        return PC_CA_ERROR;
    }
}

static pc_status read_error_page(reading *job, pc_error *err)
{
    unsigned long number = NO_DISPOSITION;

    PC_TRY(read_disposition(job, &number, err));
    PC_TRY(read_labels(job, err));
    job->outcome.disposition = judge(job, number);
    job->outcome.request_id = hidden_id(job->page);
    if (job->outcome.disposition == PC_CA_PENDING) {
        set_code(job, 0);
    }
    return PC_OK;
}

/* --- the whole page ------------------------------------------------------------------------------- */

static pc_status read_words(reading *job, pc_error *err)
{
    const char *text = pc_html_text(job->arena, pc_html_first(job->page));
    pc_page_words words;

    if (!text) {
        return pc_fail_memory(err);
    }
    pc_page_words_read(text, &words);
    if (words.disposition == PC_CA_DENIED && job->asked_id && words.request_id != job->asked_id) {
        return PC_OK;
    }
    job->outcome.disposition = words.disposition;
    job->outcome.request_id = words.request_id;
    if (words.code) {
        set_code(job, words.code);
    }
    return set_message(job, words.message, err);
}

static pc_status read_page(reading *job, pc_error *err)
{
    job->outcome.request_id = issued_id(job->page);
    if (job->outcome.request_id) {
        job->outcome.disposition = PC_CA_ISSUED;
        return PC_OK;
    }
    for (size_t i = 0; i < PC_COUNT(marks); i++) {
        if (pc_html_by_id(job->page, marks[i].id)) {
            return read_mark(job, marks[i].disposition, err);
        }
    }
    for (size_t i = 0; i < PC_COUNT(error_marks); i++) {
        if (pc_html_by_id(job->page, error_marks[i])) {
            return read_error_page(job, err);
        }
    }
    return read_words(job, err);
}

pc_status pc_certsrv_page_read(pc_arena *arena, const pc_certsrv_page *page, pc_ca_outcome *ret_outcome, pc_error *err)
{
    PC_AUTO(xml_document) xmlDoc *parsed = NULL;

    PC_TRY(pc_html_parse(page->bytes, page->len, &parsed, err));
    reading job = { .arena = arena, .page = parsed, .asked_id = page->request_id };

    PC_TRY(read_page(&job, err));
    bool is_other = page->request_id && job.outcome.request_id && job.outcome.request_id != page->request_id;

    if (is_other || job.outcome.disposition == PC_CA_UNKNOWN) {
        job.outcome = (pc_ca_outcome){ .page = page->bytes, .page_len = page->len };
    }
    if (page->request_id) {
        job.outcome.request_id = page->request_id;
    }
    *ret_outcome = job.outcome;
    return PC_OK;
}

bool pc_certsrv_page_refuses_login(pc_arena *arena, const uint8_t *bytes, size_t len)
{
    PC_AUTO(xml_document) xmlDoc *page = NULL;

    if (pc_html_parse(bytes, len, &page, NULL) != PC_OK) {
        return false;
    }
    const char *text = pc_html_text(arena, pc_html_first(page));

    return text && pc_page_words_refuse_login(text);
}
