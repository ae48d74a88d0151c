/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of the bundle: a file from the folder, or a text of ours. */
typedef struct {
    const char *name;
    const char *text; /* NULL: a file in the folder */
} entry;

typedef struct {
    const pc_ceremony_source *folder;
    entry *entries;
    size_t count;
    pc_arena *arena;
} plan;

static pc_status add_entry(plan *bundle, const char *name, const char *text, pc_error *err)
{
    entry *added = PC_PUSH(bundle->arena, bundle->entries, bundle->count);

    if (!added) {
        return pc_fail_memory(err);
    }
    *added = (entry){ name, text };
    return PC_OK;
}

static bool is_ours(const char *name)
{
    return strcmp(name, PC_MANIFEST_FILE) == 0 || strcmp(name, PC_VERIFIER_FILE) == 0 ||
           strcmp(name, PC_README_FILE) == 0 || strcmp(name, PC_HEAD_FILE) == 0;
}

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const entry *)left)->name, ((const entry *)right)->name);
}

static pc_status digest_entry(const plan *bundle, const entry *each, pc_sha256 *ret_digest, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    if (each->text) {
        return pc_sha256_of((pc_bytes){ (const uint8_t *)each->text, strlen(each->text) }, ret_digest, err);
    }
    PC_TRY(pc_ceremony_source_part(bundle->folder, each->name, &fd, &part, err));
    return pc_part_digest(&part, ret_digest, err);
}

/* As `sha256sum` writes it. The entries are already sorted. */
static pc_status manifest_of(const plan *bundle, const char **ret_text, pc_error *err)
{
    const char *text = "";

    for (size_t i = 0; text && i < bundle->count; i++) {
        char hex[PC_SHA256_TEXT] = "";
        pc_sha256 digest = { { 0 } };

        PC_TRY(digest_entry(bundle, &bundle->entries[i], &digest, err));
        pc_sha256_to_hex(&digest, hex);
        text = pc_arena_format(bundle->arena, "%s%s  %s\n", text, hex, bundle->entries[i].name);
    }
    *ret_text = text;
    return text ? PC_OK : pc_fail_memory(err);
}

static pc_status list_entries(plan *bundle, const char *head_text, pc_error *err)
{
    const char *manifest = NULL;

    for (size_t i = 0; i < bundle->folder->file_count; i++) {
        const char *name = bundle->folder->files[i].name;

        PC_TRY(is_ours(name) ? PC_OK : add_entry(bundle, name, NULL, err));
    }
    PC_TRY(add_entry(bundle, PC_HEAD_FILE, head_text, err));
    PC_TRY(add_entry(bundle, PC_VERIFIER_FILE, pc_ceremony_verify_sh, err));
    PC_TRY(add_entry(bundle, PC_README_FILE, pc_ceremony_readme, err));
    qsort(bundle->entries, bundle->count, sizeof *bundle->entries, compare_entries);
    PC_TRY(manifest_of(bundle, &manifest, err));
    PC_TRY(add_entry(bundle, PC_MANIFEST_FILE, manifest, err));
    qsort(bundle->entries, bundle->count, sizeof *bundle->entries, compare_entries);
    return PC_OK;
}

static pc_status write_header(FILE *out, const char *name, off_t len, pc_error *err)
{
    uint8_t header[PC_TAR_BLOCK];

    if (!pc_tar_header(name, len, header)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is too large for a bundle", name);
    }
    (void)fwrite(header, 1, sizeof header, out);
    return PC_OK;
}

static void write_zeros(FILE *out, size_t len)
{
    static const uint8_t zeros[2 * PC_TAR_BLOCK];

    (void)fwrite(zeros, 1, len, out);
}

static pc_status write_file(FILE *out, const plan *bundle, const char *name, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    uint8_t piece[16 * 1024];
    pc_part part = { .fd = -1 };
    size_t len = 0;

    PC_TRY(pc_ceremony_source_part(bundle->folder, name, &fd, &part, err));
    PC_TRY(write_header(out, name, part.len, err));
    for (off_t offset = 0; offset < part.len; offset += (off_t)len) {
        PC_TRY(pc_part_read(&part, offset, piece, sizeof piece, &len, err));
        (void)fwrite(piece, 1, len, out);
    }
    write_zeros(out, pc_tar_padding(part.len));
    return PC_OK;
}

static pc_status write_entry(FILE *out, const plan *bundle, const entry *each, pc_error *err)
{
    if (!each->text) {
        return write_file(out, bundle, each->name, err);
    }
    const size_t len = strlen(each->text);

    PC_TRY(write_header(out, each->name, (off_t)len, err));
    (void)fwrite(each->text, 1, len, out);
    write_zeros(out, pc_tar_padding((off_t)len));
    return PC_OK;
}

static pc_status write_all(const plan *bundle, char **ret_tar, size_t *ret_len, pc_error *err)
{
    PC_AUTO(file) FILE *out = open_memstream(ret_tar, ret_len);

    for (size_t i = 0; out && i < bundle->count; i++) {
        PC_TRY(write_entry(out, bundle, &bundle->entries[i], err));
    }
    if (!out) {
        return pc_fail_memory(err);
    }
    write_zeros(out, 2 * (size_t)PC_TAR_BLOCK);
    return fflush(out) == 0 && !ferror(out) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_ceremony_bundle_write(const pc_ceremony_source *folder, const char *head_text, char **ret_tar,
                                   size_t *ret_len, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(free) char *tar = NULL;
    plan bundle = { .folder = folder, .arena = arena };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(list_entries(&bundle, head_text, err));
    PC_TRY(write_all(&bundle, &tar, ret_len, err));
    *ret_tar = PC_TAKE(tar);
    return PC_OK;
}
