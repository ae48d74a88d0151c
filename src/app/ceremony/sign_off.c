/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_bundle.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "ceremony/transcript/sign_off.h"
#include "ceremony/transcript/summary.h"

#define SIGNATURE_MOST ((size_t)1024 * 1024)

void pc_ceremony_sign_off_result_free(pc_ceremony_sign_off_result *result)
{
    if (result) {
        pc_arena_free(result->arena);
    }
}

PC_AUTO_DEFINE(pc_ceremony_sign_off_result, pc_ceremony_sign_off_result, pc_ceremony_sign_off_result_free);

static pc_status describe(const pc_transcript_summary *summary, const char *folder, pc_ceremony_sign_off_result *result,
                          pc_error *err)
{
    char hex[PC_SHA256_TEXT] = "";
    char words[PC_WORDS_TEXT] = "";
    char text[PC_HEAD_TEXT] = "";

    pc_sha256_to_hex(&summary->head.digest, hex);
    pc_digest_to_words(&summary->head.digest, words);
    pc_head_to_text(&summary->head, text);
    result->title = pc_text_escape(result->arena, summary->title, strlen(summary->title));
    result->mode = pc_arena_string(result->arena, summary->head.mode);
    result->line_count = summary->head.count;
    result->head = pc_arena_string(result->arena, hex);
    result->words = pc_arena_string(result->arena, words);
    result->head_text = pc_arena_string(result->arena, text);
    result->head_file = pc_arena_format(result->arena, "%s/%s", folder, PC_HEAD_FILE);
    return result->title && result->mode && result->head && result->words && result->head_text && result->head_file
               ? PC_OK
               : pc_fail_memory(err);
}

static pc_status read_transcript(const char *folder, pc_ceremony_sign_off_result *result, pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    pc_transcript_summary summary = { .title = NULL };

    PC_TRY(pc_ceremony_source_open(folder, &source, err));
    if (source.kind != PC_SOURCE_FOLDER) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a folder", folder);
    }
    PC_TRY(pc_transcript_summarise(&source, NULL, NULL, &summary, err));
    if (!summary.is_closed) {
        return pc_fail(err, PC_E_REFUSED, "the transcript in \"%s\" is not closed, so its head is not final", folder);
    }
    return describe(&summary, folder, result, err);
}

static pc_status write_file(pc_ceremony_sign_off_result *result, const char *path, pc_bytes content, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    PC_TRY(pc_output_open(path, PC_FILE_SAME, 0644, &output, err));
    PC_TRY(pc_output_commit(output, content.data, content.len, err));
    result->changed = result->changed || !pc_output_is_unchanged(output);
    return PC_OK;
}

static pc_status settle_head_file(pc_ceremony_sign_off_result *result, pc_error *err)
{
    const pc_bytes text = { (const uint8_t *)result->head_text, strlen(result->head_text) };
    pc_bytes there = { NULL, 0 };
    pc_status status = pc_file_read(result->arena, result->head_file, PC_HEAD_TEXT, &there, err);

    if (status == PC_E_NOT_FOUND) {
        return write_file(result, result->head_file, text, err);
    }
    PC_TRY(status);
    return there.len == text.len && memcmp(there.data, text.data, text.len) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "\"%s\" is the head of another transcript", result->head_file);
}

/* The file's content says what it is: an SSH signature is text. */
static const char *ending_of(pc_bytes signature)
{
    static const char ssh[] = "-----BEGIN SSH SIGNATURE-----";

    return signature.len > strlen(ssh) && memcmp(signature.data, ssh, strlen(ssh)) == 0 ? "sig" : "p7s";
}

static pc_status make_signature_folder(const char *folder, pc_arena *arena, pc_error *err)
{
    const char *path = pc_arena_format(arena, "%s/%s", folder, PC_SIGNATURES);

    if (!path) {
        return pc_fail_memory(err);
    }
    return mkdir(path, 0755) == 0 || errno == EEXIST ? PC_OK
                                                     : pc_fail_errno(err, PC_E_IO, errno, "cannot create \"%s\"", path);
}

/* ssh-keygen writes head.txt.sig beside head.txt. */
static pc_status check_place(const pc_ceremony_sign_off_order *order, pc_error *err)
{
    PC_AUTO(free) char *file = realpath(order->signature, NULL);
    PC_AUTO(free) char *folder = realpath(order->folder, NULL);
    const char *slash = file ? strrchr(file, '/') : NULL;

    if (!slash || !folder || strlen(folder) != (size_t)(slash - file) || strncmp(file, folder, strlen(folder)) != 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" is in the ceremony's folder, which would not verify with it",
                  order->signature);
    return pc_hint(err, PC_E_REFUSED, "move the file elsewhere, and run the command again: a copy is added");
}

static pc_status add_signature(const pc_ceremony_sign_off_order *order, pc_ceremony_sign_off_result *result,
                               pc_error *err)
{
    const pc_bytes text = { (const uint8_t *)result->head_text, strlen(result->head_text) };
    pc_bytes signature = { NULL, 0 };

    PC_TRY(pc_file_read(result->arena, order->signature, SIGNATURE_MOST, &signature, err));
    const char *name = pc_arena_format(result->arena, "%s%s.%s", PC_SIGNATURES, order->name, ending_of(signature));

    if (!name) {
        return pc_fail_memory(err);
    }
    if (!pc_ceremony_name_is_valid(name) || strchr(order->name, '/')) {
        return pc_fail(err, PC_E_USAGE,
                       "\"%s\" cannot be the name of a signature: use letters, digits, '.', '_' and '-'", order->name);
    }
    PC_TRY(pc_sign_off_verify(&(pc_sign_off){ name, signature }, text, result->arena, &result->identity, err));
    PC_TRY(make_signature_folder(order->folder, result->arena, err));
    result->added = pc_arena_format(result->arena, "%s/%s", order->folder, name);
    return result->added ? write_file(result, result->added, signature, err) : pc_fail_memory(err);
}

pc_status pc_ceremony_sign_off_run(const pc_ceremony_sign_off_order *order, pc_ceremony_sign_off_result **ret_result,
                                   pc_error *err)
{
    PC_AUTO(pc_ceremony_sign_off_result)
    pc_ceremony_sign_off_result *result = PC_RESULT_NEW(pc_ceremony_sign_off_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    if (!order->signature != !order->name) {
        return pc_fail(err, PC_E_USAGE, "a signature to be added and its name must be given together");
    }
    PC_TRY(read_transcript(order->folder, result, err));
    PC_TRY(settle_head_file(result, err));
    PC_TRY(order->signature ? check_place(order, err) : PC_OK);
    PC_TRY(order->signature ? add_signature(order, result, err) : PC_OK);
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
