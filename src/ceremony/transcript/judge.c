/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge.h"

#include <string.h>

#include "base/text.h"
#include "ceremony/transcript/judge_files.h"
#include "ceremony/transcript/judge_objects.h"
#include "ceremony/transcript/judge_proofs.h"
#include "ceremony/transcript/judge_signatures.h"
#include "ceremony/transcript/judge_steps.h"
#include "ceremony/transcript/reader.h"

/* The result of reading a transcript. */
typedef struct {
    pc_gathered gathered;
    pc_sha256 head;
    pc_transcript_order order;
} outcome;

static void clear_outcome(outcome *left)
{
    pc_gathered_clear(&left->gathered);
}

PC_AUTO_DEFINE_VALUE(outcome, outcome, clear_outcome);

static pc_status read_records(pc_transcript_reader *reader, outcome *left, pc_ceremony_verify_result *verdict,
                              pc_error *err)
{
    pc_status status = PC_OK;

    for (bool more = true; more && status == PC_OK;) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        status = pc_transcript_reader_next(reader, &record, &more, err);
        if (status == PC_OK && more) {
            status = pc_gather(&left->gathered, &record, verdict, err);
        }
    }
    left->head = pc_transcript_reader_head(reader);
    left->order = pc_transcript_reader_order(reader);
    return status;
}

/* @param ret_is_whole false if the chain is broken, which the verdict then says */
static pc_status read_transcript(const pc_ceremony_source *source, outcome *left, pc_ceremony_verify_result *verdict,
                                 bool *ret_is_whole, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    pc_part part = { .fd = -1 };
    pc_status status = pc_ceremony_source_part(source, PC_TRANSCRIPT_FILE, &fd, &part, err);

    if (status == PC_OK) {
        PC_TRY(pc_transcript_reader_open(&part, PC_TORN_REFUSED, &reader, err));
        status = read_records(reader, left, verdict, err);
    }
    *ret_is_whole = status == PC_OK && left->order.count > 0;
    if (status != PC_OK) {
        return pc_verdict_add_error(verdict, status, "chain", err);
    }
    return *ret_is_whole
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "chain",
                                "%lld lines, each as it was written and in its place", (long long)left->order.count)
               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "chain", "the transcript is empty");
}

static pc_status judge_mode(const pc_ceremony_verify_order *order, const pc_gathered *gathered,
                            pc_ceremony_verify_result *verdict, pc_error *err)
{
    const char *expected = order->is_rehearsal ? "REHEARSAL" : "PRODUCTION";

    if (strcmp(gathered->mode, expected) == 0) {
        return pc_verdict_add(verdict, PC_JUDGED_PASS, err, "mode", "%s", gathered->mode);
    }
    return order->is_rehearsal
               ? pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "mode",
                                "the transcript is not of a rehearsal: leave out --mode rehearsal")
               : pc_verdict_add(
                     verdict, PC_JUDGED_FAIL, err, "mode",
                     "the transcript records a rehearsal, which says nothing about keys in use (--mode rehearsal "
                     "verifies it as one)");
}

static pc_status judge_end(const outcome *left, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const pc_gathered *gathered = &left->gathered;

    if (!left->order.is_closed) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "end",
                              "line %lld is the last one and does not close the transcript: its end is missing",
                              (long long)left->order.count);
    }
    if (strcmp(gathered->outcome, "complete") != 0) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "end", "the ceremony was not completed: %s",
                              gathered->outcome);
    }
    for (size_t i = 0; i < gathered->step_count; i++) {
        if (!gathered->steps[i].is_done) {
            PC_TRY(pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "end", "step %lld was begun but not completed",
                                  (long long)gathered->steps[i].step));
        }
    }
    if (gathered->planned_count && (size_t)gathered->planned_count != gathered->step_count) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "end",
                              "the ceremony has %lld steps, but only %zu were begun",
                              (long long)gathered->planned_count, gathered->step_count);
    }
    return pc_verdict_add(verdict, PC_JUDGED_PASS, err, "end", "closed as complete, %zu steps", gathered->step_count);
}

static pc_status note_events(const pc_gathered *gathered, pc_ceremony_verify_result *verdict, pc_error *err)
{
    if (gathered->deviation_count) {
        PC_TRY(pc_verdict_add(verdict, PC_JUDGED_NOTE, err, "deviations", "%zu recorded: read them",
                              gathered->deviation_count));
    }
    if (gathered->torn_count) {
        PC_TRY(pc_verdict_add(verdict, PC_JUDGED_NOTE, err, "interruptions",
                              "%zu line%s cut off by a crash and recorded as such", gathered->torn_count,
                              gathered->torn_count == 1 ? " was" : "s were"));
    }
    return gathered->backward_count ? pc_verdict_add(verdict, PC_JUDGED_NOTE, err, "clock", "set back %zu time%s",
                                                     gathered->backward_count, gathered->backward_count == 1 ? "" : "s")
                                    : PC_OK;
}

/* As people type it: capitals do not count, nor what is between the words. verify.sh takes the same. */
static bool read_head(const char *given, pc_sha256 *ret_head)
{
    char plain[PC_WORDS_TEXT + 1];
    size_t len = 0;

    for (; *given; given++) {
        const bool is_between = strchr(" \t\n-", *given) != NULL;

        if (is_between && (len == 0 || plain[len - 1] == ' ')) {
            continue;
        }
        if (len + 1 == sizeof plain) {
            return false;
        }
        plain[len++] = is_between ? ' ' : pc_to_lower(*given);
    }
    len -= len > 0 && plain[len - 1] == ' ';
    plain[len] = '\0';
    return pc_sha256_from_hex(plain, ret_head) || pc_digest_from_words(plain, ret_head);
}

static pc_status judge_known_head(const pc_ceremony_verify_order *order, const pc_sha256 *head,
                                  pc_ceremony_verify_result *verdict, pc_error *err)
{
    pc_sha256 known = { { 0 } };

    if (!order->head) {
        return PC_OK;
    }
    if (!read_head(order->head, &known)) {
        return pc_fail(err, PC_E_USAGE, "the head \"%s\" is neither 64 hex digits nor 16 words", order->head);
    }
    return pc_sha256_equal(&known, head)
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "head", "as it was written down")
               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "head",
                                "not the one that was written down: the transcript is another");
}

static pc_status describe(const outcome *left, pc_ceremony_verify_result *verdict, pc_error *err)
{
    char hex[PC_SHA256_TEXT] = "";
    char words[PC_WORDS_TEXT] = "";

    pc_sha256_to_hex(&left->head, hex);
    pc_digest_to_words(&left->head, words);
    verdict->title = pc_arena_string(verdict->arena, left->gathered.title);
    verdict->mode = pc_arena_string(verdict->arena, left->gathered.mode);
    verdict->line_count = left->order.count;
    verdict->head = pc_arena_string(verdict->arena, hex);
    verdict->head_words = pc_arena_string(verdict->arena, words);
    return verdict->title && verdict->mode && verdict->head && verdict->head_words ? PC_OK : pc_fail_memory(err);
}

/* The same file was carried out to its end, on other tokens: only what was drawn and who was there may differ. */
static pc_status compare_rehearsal(const char *path, const outcome *left, const pc_gathered *production,
                                   pc_ceremony_verify_result *verdict, pc_error *err)
{
    const pc_gathered *rehearsed = &left->gathered;

    if (strcmp(rehearsed->mode, "REHEARSAL") != 0) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "mode", "\"%s\" is not a rehearsal", path);
    }
    if (!pc_sha256_equal(&rehearsed->script, &production->script)) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "script", "another ceremony file was rehearsed");
    }
    PC_TRY(pc_judge_steps(rehearsed, verdict, err));
    return judge_end(left, verdict, err);
}

/* Its failures have the subject "rehearsal", since "chain" and "end" are those of the production. */
static pc_status judge_rehearsal(const char *path, const pc_gathered *production, pc_ceremony_verify_result *verdict,
                                 pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    PC_AUTO(outcome) outcome left = { .order = { 0 } };
    pc_ceremony_verify_result own = { .arena = verdict->arena };
    bool is_whole = false;

    PC_TRY(pc_ceremony_source_open(path, &source, err));
    PC_TRY(pc_gathered_start(verdict->arena, &left.gathered, err));
    PC_TRY(read_transcript(&source, &left, &own, &is_whole, err));
    PC_TRY(is_whole ? compare_rehearsal(path, &left, production, &own, err) : PC_OK);
    for (size_t i = 0; i < own.count; i++) {
        const pc_judged *item = &own.items[i];

        PC_TRY(item->state == PC_JUDGED_FAIL
                   ? pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "rehearsal", "%s: %s", item->subject, item->text)
                   : PC_OK);
    }
    return own.fail_count ? PC_OK
                          : pc_verdict_add(verdict, PC_JUDGED_PASS, err, "rehearsal",
                                           "the same ceremony file was rehearsed to its end");
}

static pc_status judge_parts(const pc_ceremony_verify_order *order, const pc_ceremony_source *source,
                             const outcome *left, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const pc_head head = { left->gathered.mode, left->order.count, left->head };
    const pc_sign_off_duty duty = { &head, order->signers, order->signer_count };

    if (source->kind == PC_SOURCE_TRANSCRIPT) {
        return pc_verdict_add(verdict, PC_JUDGED_NOT_CHECKED, err, "files, certificates, signatures",
                              "the transcript alone was given, not the folder or the bundle");
    }
    PC_TRY(pc_judge_files(source, &left->gathered, verdict, err));
    PC_TRY(pc_judge_objects(source, &left->gathered, verdict, err));
    PC_TRY(pc_judge_proofs(source, &left->gathered, verdict, err));
    return pc_judge_signatures(source, &left->gathered, &duty, verdict, err);
}

static pc_status judge_whole(const pc_ceremony_verify_order *order, const pc_ceremony_source *source,
                             const outcome *left, pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_TRY(describe(left, verdict, err));
    PC_TRY(judge_mode(order, &left->gathered, verdict, err));
    PC_TRY(judge_end(left, verdict, err));
    PC_TRY(pc_judge_steps(&left->gathered, verdict, err));
    PC_TRY(judge_known_head(order, &left->head, verdict, err));
    PC_TRY(judge_parts(order, source, left, verdict, err));
    PC_TRY(order->rehearsal ? judge_rehearsal(order->rehearsal, &left->gathered, verdict, err) : PC_OK);
    return note_events(&left->gathered, verdict, err);
}

/* @param ret_is_whole  false if the chain is broken or the files are not those of a ceremony: the verdict then says so
 */
static pc_status open_and_read(const char *path, pc_ceremony_source *source, outcome *left,
                               pc_ceremony_verify_result *verdict, bool *ret_is_whole, pc_error *err)
{
    pc_status status = pc_ceremony_source_open(path, source, err);

    if (status != PC_OK) {
        return status == PC_E_VERIFY ? pc_verdict_add_error(verdict, status, "files", err) : status;
    }
    PC_TRY(pc_gathered_start(verdict->arena, &left->gathered, err));
    return read_transcript(source, left, verdict, ret_is_whole, err);
}

pc_status pc_ceremony_judge(const pc_ceremony_verify_order *order, const pc_further_judge *further,
                            pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    PC_AUTO(outcome) outcome left = { .order = { 0 } };
    bool is_whole = false;

    PC_TRY(open_and_read(order->path, &source, &left, verdict, &is_whole, err));
    PC_TRY(is_whole ? judge_whole(order, &source, &left, verdict, err) : PC_OK);
    if (is_whole && further && source.kind != PC_SOURCE_TRANSCRIPT) {
        PC_TRY(further->judge(further->context, &source, &left.gathered, verdict, err));
    }
    verdict->is_verified = verdict->fail_count == 0;
    return PC_OK;
}

pc_status pc_ceremony_judge_only(const char *path, const pc_further_judge *judge, pc_ceremony_verify_result *verdict,
                                 pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    PC_AUTO(outcome) outcome left = { .order = { 0 } };
    bool is_whole = false;

    PC_TRY(open_and_read(path, &source, &left, verdict, &is_whole, err));
    if (is_whole) {
        PC_TRY(describe(&left, verdict, err));
        PC_TRY(judge->judge(judge->context, &source, &left.gathered, verdict, err));
    }
    verdict->is_verified = verdict->fail_count == 0;
    return PC_OK;
}
