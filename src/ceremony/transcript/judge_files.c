/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge_files.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/transcript/bundle.h"
#include "ceremony/transcript/earlier.h"

static pc_status digest_file(const pc_ceremony_source *source, const char *name, pc_sha256 *ret_digest,
                             uint64_t *ret_size, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    PC_TRY(pc_ceremony_source_part(source, name, &fd, &part, err));
    *ret_size = (uint64_t)part.len;
    return pc_part_digest(&part, ret_digest, err);
}

typedef struct {
    const pc_ceremony_source *source;
    const pc_gathered *gathered;
    pc_ceremony_verify_result *verdict;
} judgement;

static pc_status judge_script(const judgement *judge, pc_error *err)
{
    const char *name = judge->gathered->script_file;
    pc_sha256 digest = { { 0 } };
    uint64_t size = 0;
    pc_status status = digest_file(judge->source, name, &digest, &size, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(judge->verdict, status, "script", err);
    }
    if (!pc_sha256_equal(&digest, &judge->gathered->script)) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "script",
                              "\"%s\" is not the file that was carried out: its SHA-256 is another", name);
    }
    return pc_verdict_add(judge->verdict, PC_JUDGED_PASS, err, "script", "\"%s\" is the file that was carried out",
                          name);
}

static pc_status judge_artefact(const judgement *judge, const pc_recorded_artefact *artefact, pc_error *err)
{
    pc_sha256 digest = { { 0 } };
    uint64_t size = 0;
    pc_status status = digest_file(judge->source, artefact->name, &digest, &size, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(judge->verdict, status, artefact->name, err);
    }
    if (size != artefact->size || !pc_sha256_equal(&digest, &artefact->sha256)) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name,
                              "it is not the file that record %lld describes: size or SHA-256 is another",
                              (long long)artefact->seq);
    }
    return PC_OK;
}

static bool is_signature(const char *name)
{
    const char *file = name + strlen(PC_SIGNATURES);
    const size_t len = strlen(name);

    return strncmp(name, PC_SIGNATURES, strlen(PC_SIGNATURES)) == 0 && !strchr(file, '/') && len > 4 &&
           (strcmp(name + len - 4, ".p7s") == 0 || strcmp(name + len - 4, ".sig") == 0);
}

static bool is_expected(const judgement *judge, const char *name)
{
    static const char *const always[] = { PC_TRANSCRIPT_FILE, PC_HEAD_FILE, PC_MANIFEST_FILE, PC_VERIFIER_FILE,
                                          PC_README_FILE };

    for (size_t i = 0; i < PC_COUNT(always); i++) {
        if (strcmp(name, always[i]) == 0) {
            return true;
        }
    }
    return strcmp(name, judge->gathered->script_file) == 0 || json_object_get(judge->gathered->recorded, name) ||
           is_signature(name);
}

static pc_status judge_surplus(const judgement *judge, pc_error *err)
{
    for (size_t i = 0; i < judge->source->file_count; i++) {
        const char *name = judge->source->files[i].name;

        if (!is_expected(judge, name)) {
            PC_TRY(pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, name, "the transcript does not list this file"));
        }
    }
    return PC_OK;
}

pc_status pc_manifest_text(const pc_ceremony_source *source, pc_arena *arena, const char **ret_text, pc_error *err)
{
    PC_AUTO(free) char *text = NULL;
    size_t text_len = 0;
    PC_AUTO(file) FILE *out = open_memstream(&text, &text_len);

    for (size_t i = 0; out && i < source->file_count; i++) {
        const char *name = source->files[i].name;
        char hex[PC_SHA256_TEXT] = "";
        pc_sha256 digest = { { 0 } };
        uint64_t size = 0;

        if (strcmp(name, PC_MANIFEST_FILE) == 0) {
            continue;
        }
        PC_TRY(digest_file(source, name, &digest, &size, err));
        pc_sha256_to_hex(&digest, hex);
        (void)fwrite(hex, 1, sizeof hex - 1, out);
        (void)fwrite("  ", 1, 2, out);
        (void)fwrite(name, 1, strlen(name), out);
        (void)fwrite("\n", 1, 1, out);
    }
    if (!out || fflush(out) != 0) {
        return pc_fail_memory(err);
    }
    *ret_text = pc_arena_text(arena, text, text_len);
    return *ret_text ? PC_OK : pc_fail_memory(err);
}

static pc_status compare_manifest(const judgement *judge, bool *ret_same, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *expected = NULL;
    pc_part part = { .fd = -1 };
    pc_bytes text = { NULL, 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_manifest_text(judge->source, arena, &expected, err));
    PC_TRY(pc_ceremony_source_part(judge->source, PC_MANIFEST_FILE, &fd, &part, err));
    PC_TRY(pc_part_read_all(&part, (size_t)16 * 1024 * 1024, arena, &text, err));
    *ret_same = text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
    return PC_OK;
}

static pc_status judge_manifest(const judgement *judge, pc_error *err)
{
    bool is_same = false;

    if (judge->source->kind == PC_SOURCE_FOLDER && !pc_ceremony_source_has(judge->source, PC_MANIFEST_FILE)) {
        return PC_OK;
    }
    pc_status status = compare_manifest(judge, &is_same, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(judge->verdict, status, "manifest", err);
    }
    return is_same ? pc_verdict_add(judge->verdict, PC_JUDGED_PASS, err, "manifest", "lists each file with its SHA-256")
                   : pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "manifest",
                                    "does not list exactly the existing files, with their SHA-256");
}

/* The header was written first, and says which site file was used. */
static pc_status judge_site(const judgement *judge, pc_error *err)
{
    for (size_t i = 0; i < judge->gathered->artefact_count; i++) {
        const pc_recorded_artefact *artefact = &judge->gathered->artefacts[i];

        if (strcmp(artefact->type, "site") == 0 && !pc_sha256_equal(&artefact->sha256, &judge->gathered->site)) {
            PC_TRY(pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name,
                                  "it is not the site file that line 1 names: its SHA-256 is another"));
        }
    }
    return PC_OK;
}

/* Who has only the bundle reads the one and runs the other. Another version of p11cert may have others. */
static const struct {
    const char *name;
    const char *text;
    const char *otherwise;
} own_texts[] = {
    { PC_VERIFIER_FILE, pc_ceremony_verify_sh,
      "not the second verifier of this version of p11cert: do not run it unless you trust it" },
    { PC_README_FILE, pc_ceremony_readme,
      "not the README of this version of p11cert: do not do what it says unless you trust it" },
};

static pc_status judge_own_text(const judgement *judge, size_t number, pc_error *err)
{
    const char *name = own_texts[number].name;
    const char *text = own_texts[number].text;
    pc_sha256 own = { { 0 } };
    pc_sha256 digest = { { 0 } };
    uint64_t size = 0;

    if (!pc_ceremony_source_has(judge->source, name)) {
        return PC_OK;
    }
    pc_status status = digest_file(judge->source, name, &digest, &size, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(judge->verdict, status, name, err);
    }
    PC_TRY(pc_sha256_of((pc_bytes){ (const uint8_t *)text, strlen(text) }, &own, err));
    return pc_sha256_equal(&own, &digest)
               ? PC_OK
               : pc_verdict_add(judge->verdict, PC_JUDGED_NOTE, err, name, "%s", own_texts[number].otherwise);
}

static pc_status judge_own_texts(const judgement *judge, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(own_texts); i++) {
        PC_TRY(judge_own_text(judge, i, err));
    }
    return PC_OK;
}

pc_status pc_judge_files(const pc_ceremony_source *source, const pc_gathered *gathered,
                         pc_ceremony_verify_result *verdict, pc_error *err)
{
    const judgement judge = { source, gathered, verdict };
    const size_t failures = verdict->fail_count;

    PC_TRY(judge_script(&judge, err));
    for (size_t i = 0; i < gathered->artefact_count; i++) {
        PC_TRY(judge_artefact(&judge, &gathered->artefacts[i], err));
    }
    PC_TRY(judge_surplus(&judge, err));
    PC_TRY(judge_site(&judge, err));
    PC_TRY(judge_own_texts(&judge, err));
    PC_TRY(pc_judge_earlier(source, gathered, verdict, err));
    PC_TRY(judge_manifest(&judge, err));
    return verdict->fail_count == failures
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "files", "%zu artefact%s as recorded, and no other files",
                                gathered->artefact_count, gathered->artefact_count == 1 ? "" : "s")
               : PC_OK;
}
