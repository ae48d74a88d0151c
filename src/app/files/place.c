/* SPDX-License-Identifier: Apache-2.0 */
#include "app/files/place.h"

#include <string.h>

#include "app/files/document.h"
#include "x509/spki.h"

#define ASIDE_MAX 100u

const char *pc_place_beside(const char *path, const char *suffix, pc_arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t len = dot && dot > name ? (size_t)(dot - path) : strlen(path);

    return pc_arena_format(arena, "%.*s%s", (int)len, path, suffix);
}

/* Of any key, if the key is not known yet. */
static bool holds_certificate_of(const char *path, const char *spki_sha256)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(X509_stack) STACK_OF(X509) *certificates = NULL;
    const char *spki = NULL;

    if (!arena || pc_document_read_certificates(path, &certificates, NULL) != PC_OK) {
        return false;
    }
    if (!spki_sha256) {
        return true;
    }
    const EVP_PKEY *public_key = X509_get0_pubkey(sk_X509_value(certificates, 0));

    return public_key && pc_spki_sha256(public_key, arena, &spki, NULL) == PC_OK && strcmp(spki, spki_sha256) == 0;
}

pc_status pc_place_open(const char *path, bool force, const char *spki_sha256, pc_place *ret_place, pc_error *err)
{
    pc_place place = { .path = path };
    pc_status status = pc_output_open(path, force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &place.output, err);

    if (status == PC_E_REFUSED && holds_certificate_of(path, spki_sha256)) {
        place.is_there = true;
        status = PC_OK;
    }
    if (status == PC_OK) {
        *ret_place = place;
    }
    return status;
}

pc_status pc_place_refuse_existing(const pc_place *place, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    return place->is_there ? pc_output_open(place->path, PC_FILE_NEW, 0644, &output, err) : PC_OK;
}

/* An interrupted run may have received more of the chain, or less. If the existing content is the beginning of the new
 * text, nothing of it is lost. */
static pc_status complete(const pc_place *place, const char *text, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    PC_TRY(pc_output_open(place->path, PC_FILE_REPLACE, 0644, &output, err));
    return pc_output_commit(output, text, strlen(text), err);
}

static pc_status commit_over(const pc_place *place, const char *text, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };
    size_t len = strlen(text);

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, place->path, PC_X509_MAX_FILE, &bytes, err));
    if (memcmp(bytes.data, text, bytes.len < len ? bytes.len : len) != 0) {
        return pc_place_refuse_existing(place, err);
    }
    return bytes.len < len ? complete(place, text, err) : PC_OK;
}

pc_status pc_place_commit(pc_place *place, const char *text, pc_error *err)
{
    return place->is_there ? commit_over(place, text, err) : pc_output_commit(place->output, text, strlen(text), err);
}

void pc_place_clear(pc_place *place)
{
    pc_output_free(PC_TAKE(place->output));
}

pc_status pc_place_aside(const pc_file_bytes *content, const char *suffix, pc_arena *arena, const char **ret_path,
                         pc_error *err)
{
    const char *path = content->name;
    pc_status status = PC_E_REFUSED;

    for (unsigned i = 1; i <= ASIDE_MAX && status == PC_E_REFUSED; i++) {
        PC_AUTO(pc_output) pc_output *output = NULL;
        const char *name =
            i == 1 ? pc_arena_format(arena, "%s%s", path, suffix) : pc_arena_format(arena, "%s-%u%s", path, i, suffix);

        if (!name) {
            return pc_fail_memory(err);
        }
        status = pc_output_open(name, PC_FILE_NEW, 0600, &output, err);
        if (status == PC_OK) {
            status = pc_output_commit(output, content->bytes.data, content->bytes.len, err);
        }
        if (status == PC_OK) {
            *ret_path = name;
        }
    }
    return status;
}
