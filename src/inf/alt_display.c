/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_display.h"

#include <string.h>

#include "base/cleanup.h"
#include "inf/alt_name.h"
#include "inf/alt_text.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

#define REWORDS_MOST 1000u /* in one value, so that a flood costs little */
#define WORD_MOST    32u

/* Without blanks and hyphens. The first of each kind is also certreq's own, which is not to be replaced before '='. */
static const struct {
    const char *word;
    pc_alt_name_kind kind;
} words[] = {
    { "dns", PC_ALT_DNS },
    { "dnsname", PC_ALT_DNS },
    { "ipaddress", PC_ALT_IP },
    { "ip", PC_ALT_IP },
    { "email", PC_ALT_EMAIL },
    { "rfc822name", PC_ALT_EMAIL },
    { "rfc822", PC_ALT_EMAIL },
    { "upn", PC_ALT_UPN },
    { "principalname", PC_ALT_UPN },
    { "userprincipalname", PC_ALT_UPN },
    { "url", PC_ALT_URI },
    { "uri", PC_ALT_URI },
    { "uniformresourceidentifier", PC_ALT_URI },
    { "registeredid", PC_ALT_RID },
    { "rid", PC_ALT_RID },
    { "directoryname", PC_ALT_DIRECTORY },
    { "directoryaddress", PC_ALT_DIRECTORY },
    { "dirname", PC_ALT_DIRECTORY },
    { "guid", PC_ALT_GUID },
    { "dsobjectguid", PC_ALT_GUID },
};

/* The words before '=' or ':', without what separates them. @return their length in the text; 0 if there are none. */
static size_t read_word(pc_span text, char out[static WORD_MOST])
{
    size_t put = 0;

    for (size_t i = 0; i < text.len && put + 1 < WORD_MOST; i++) {
        const char c = text.start[i];

        if (c == '=' || c == ':') {
            out[put] = '\0';
            return put ? i : 0;
        }
        if (pc_is_alnum(c)) {
            out[put++] = c;
        } else if (!pc_is_space(c) && c != '-') {
            break;
        }
    }
    return 0;
}

/* The kind that one of the words means. @return the length of it in the text with '=' or ':'; 0: none. */
static size_t match_word(pc_span text, pc_alt_name_kind *ret_kind)
{
    char word[WORD_MOST];
    const size_t len = read_word(text, word);

    for (size_t i = 0; len && i < PC_COUNT(words); i++) {
        if (pc_text_equal(word, words[i].word)) {
            *ret_kind = words[i].kind;
            return len + 1;
        }
    }
    return 0;
}

/* The kind that a name begins with, in any words. OpenSSL displays "othername: UPN::user@domain". */
static size_t match(pc_span text, pc_alt_name_kind *ret_kind)
{
    char word[WORD_MOST];
    const size_t len = read_word(text, word);

    if (len == 0 || !pc_text_equal(word, "othername")) {
        return match_word(text, ret_kind);
    }
    const pc_span rest = { .start = text.start + len + 1, .len = text.len - len - 1 };
    size_t more = match_word(rest, ret_kind);

    more += more && more < rest.len && rest.start[more - 1] == ':' && rest.start[more] == ':';
    return more && *ret_kind == PC_ALT_UPN ? len + 1 + more : 0;
}

static bool is_of_certreq(pc_span matched, pc_alt_name_kind kind)
{
    const pc_span word = pc_span_trim((pc_span){ .start = matched.start, .len = matched.len - 1 });

    return matched.start[matched.len - 1] == '=' && pc_span_equal(word, pc_alt_name_key(kind));
}

bool pc_alt_display_kind(pc_span part, pc_alt_name_kind *ret_kind, size_t *ret_len)
{
    pc_alt_name_kind kind = PC_ALT_DNS;
    const size_t len = match(part, &kind);

    if (len == 0 || is_of_certreq((pc_span){ .start = part.start, .len = len }, kind)) {
        return false;
    }
    *ret_kind = kind;
    *ret_len = len;
    return true;
}

/* A search in one value. */
typedef struct {
    const char *text;
    pc_arena *arena;
    pc_rewording rewording;
} search;

static pc_status push(search *job, pc_span from, const char *text, pc_error *err)
{
    pc_reword *slot = text ? PC_PUSH(job->arena, job->rewording.items, job->rewording.count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = (pc_reword){ .offset = (size_t)(from.start - job->text), .len = from.len, .text = text };
    return PC_OK;
}

static pc_status push_word(search *job, pc_span matched, pc_alt_name_kind kind, pc_error *err)
{
    return is_of_certreq(matched, kind)
               ? PC_OK
               : push(job, matched, pc_arena_format(job->arena, "%s=", pc_alt_name_key(kind)), err);
}

/* The names behind commas in a part. A directory name has commas of its own. */
static pc_status search_commas(search *job, pc_span part, pc_error *err)
{
    const char *end = part.start + part.len;

    for (const char *comma = part.start; job->rewording.count <= REWORDS_MOST; comma++) {
        comma = memchr(comma, ',', (size_t)(end - comma));
        if (!comma) {
            break;
        }
        const pc_span rest = pc_span_trim((pc_span){ .start = comma + 1, .len = (size_t)(end - comma) - 1 });
        pc_alt_name_kind kind = PC_ALT_DNS;
        const size_t len = match(rest, &kind);

        if (len) {
            PC_TRY(push(job, (pc_span){ .start = comma, .len = (size_t)(rest.start - comma) }, "&", err));
            PC_TRY(push_word(job, (pc_span){ .start = rest.start, .len = len }, kind, err));
            comma = rest.start + len - 1;
        }
    }
    return PC_OK;
}

static pc_status search_part(search *job, pc_span part, pc_error *err)
{
    pc_alt_name_kind kind = PC_ALT_DNS;
    const size_t len = match(part, &kind);

    if (len == 0) {
        return PC_OK;
    }
    PC_TRY(push_word(job, (pc_span){ .start = part.start, .len = len }, kind, err));
    return kind == PC_ALT_DIRECTORY
               ? PC_OK
               : search_commas(job, (pc_span){ .start = part.start + len, .len = part.len - len }, err);
}

const char *pc_rewording_apply(const pc_rewording *rewording, const char *text, pc_arena *arena)
{
    size_t size = strlen(text) + 1;

    for (size_t i = 0; i < rewording->count; i++) {
        size += strlen(rewording->items[i].text);
    }
    char *out = pc_arena_alloc(arena, size);
    char *end = out;
    const char *from = text;

    for (size_t i = 0; out && i < rewording->count; i++) {
        const pc_reword *each = &rewording->items[i];

        end = mempcpy(end, from, (size_t)(text + each->offset - from));
        end = stpcpy(end, each->text);
        from = text + each->offset + each->len;
    }
    if (out) {
        (void)stpcpy(end, from);
    }
    return out;
}

static pc_status reads(const char *text, bool *ret_reads, pc_error *err)
{
    PC_AUTO(pc_request) pc_request *unused = pc_request_new();
    pc_span part = { .len = 0 };

    *ret_reads = false;
    if (!unused) {
        return pc_fail_memory(err);
    }
    while (pc_alt_text_next(&text, &part)) {
        pc_error why = { .status = PC_OK };
        const pc_status status = pc_alt_text_add(unused, part, &why);

        if (status == PC_E_INPUT) {
            return PC_OK;
        }
        PC_TRY(status == PC_OK ? status : pc_fail_memory(err));
    }
    *ret_reads = true;
    return PC_OK;
}

pc_status pc_alt_display_reword(const char *text, pc_arena *arena, pc_rewording *ret_rewording, pc_error *err)
{
    search job = { .text = text, .arena = arena };
    const char *rest = text;
    pc_span part = { .len = 0 };
    bool can_be_read = false;

    *ret_rewording = (pc_rewording){ .count = 0 };
    while (pc_alt_text_next(&rest, &part) && job.rewording.count <= REWORDS_MOST) {
        PC_TRY(search_part(&job, part, err));
    }
    if (job.rewording.count == 0 || job.rewording.count > REWORDS_MOST) {
        return PC_OK;
    }
    const char *readable = pc_rewording_apply(&job.rewording, text, arena);

    PC_TRY(readable ? reads(readable, &can_be_read, err) : pc_fail_memory(err));
    if (can_be_read) {
        *ret_rewording = job.rewording;
    }
    return PC_OK;
}
