/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/material.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/ceremony/script_file.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "x509/read.h"

/* Signatures on the head are in a separate folder, and nothing here needs them. */
static bool is_needed(const char *name)
{
    return !strchr(name, '/') && strcmp(name, PC_TRANSCRIPT_FILE) != 0;
}

static const char *path_of(const pc_ceremony_material *material, const char *name)
{
    return pc_ceremony_path(&material->ceremony, name);
}

static void remove_files(const pc_ceremony_material *material)
{
    for (size_t i = 0; i < material->source->file_count; i++) {
        const char *name = material->source->files[i].name;
        const char *path = is_needed(name) ? path_of(material, name) : NULL;

        if (path) {
            (void)unlink(path);
        }
    }
    (void)rmdir(material->ceremony.folder);
}

void pc_ceremony_material_clear(pc_ceremony_material *material)
{
    if (material->is_temporary) {
        remove_files(material);
    }
    pc_x509_stack_free(material->certificates);
    pc_arena_free(material->arena);
    *material = (pc_ceremony_material){ .arena = NULL };
}

static pc_status make_folder(pc_ceremony_material *material, pc_error *err)
{
    const char *parent = getenv("TMPDIR");
    char *path = pc_arena_format(material->arena, "%s/p11cert-ceremony-XXXXXX", parent && *parent ? parent : "/tmp");

    if (!path) {
        return pc_fail_memory(err);
    }
    if (!mkdtemp(path)) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot create the temporary folder \"%s\"", path);
    }
    material->ceremony.folder = path;
    material->is_temporary = true;
    return PC_OK;
}

static pc_status copy_out(const pc_ceremony_material *material, const char *name, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *path = path_of(material, name);
    pc_bytes bytes = { NULL, 0 };

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_material_read(material, name, &bytes, err));
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0600, &output, err));
    return pc_output_commit(output, bytes.data, bytes.len, err);
}

static pc_status take_files(pc_ceremony_material *material, pc_error *err)
{
    if (material->source->kind == PC_SOURCE_FOLDER) {
        material->ceremony.folder = material->source->path;
        return PC_OK;
    }
    PC_TRY(make_folder(material, err));
    for (size_t i = 0; i < material->source->file_count; i++) {
        const char *name = material->source->files[i].name;

        PC_TRY(is_needed(name) ? copy_out(material, name, err) : PC_OK);
    }
    return PC_OK;
}

static pc_status read_script(pc_ceremony_material *material, pc_error *err)
{
    const char *path = path_of(material, material->gathered->script_file);

    if (!path) {
        return pc_fail_memory(err);
    }
    return pc_script_file_read(path, material->arena, &material->script, err);
}

static pc_status read_certificate(const pc_ceremony_material *material, const char *name, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;

    PC_TRY(pc_ceremony_material_certificate(material, name, &certificate, err));
    return X509_add_cert(material->certificates, certificate, X509_ADD_FLAG_UP_REF) == 1 ? PC_OK : pc_fail_memory(err);
}

/* The contents of a file were checked with the files; a failure to examine it was not reported there. */
static bool is_judged(pc_status status)
{
    return status == PC_E_INPUT || status == PC_E_NOT_FOUND || status == PC_E_VERIFY;
}

static pc_status read_certificates(pc_ceremony_material *material, pc_error *err)
{
    for (size_t i = 0; i < material->gathered->artefact_count; i++) {
        const pc_recorded_artefact *artefact = &material->gathered->artefacts[i];
        pc_error own = { .status = PC_OK };
        pc_status status =
            strcmp(artefact->type, "certificate") == 0 ? read_certificate(material, artefact->name, &own) : PC_OK;

        if (status != PC_OK && !is_judged(status)) {
            pc_error_pass(err, &own);
            return status;
        }
    }
    return PC_OK;
}

pc_status pc_ceremony_material_open(const pc_ceremony_source *source, const pc_gathered *gathered,
                                    pc_ceremony_material *ret_material, pc_error *err)
{
    *ret_material = (pc_ceremony_material){
        .source = source, .gathered = gathered, .certificates = sk_X509_new_null(), .arena = pc_arena_new()
    };
    if (!ret_material->arena || !ret_material->certificates) {
        return pc_fail_memory(err);
    }
    ret_material->ceremony = (pc_ceremony){
        .script = &ret_material->script,
        .mode = strcmp(gathered->mode, "REHEARSAL") == 0 ? PC_CEREMONY_REHEARSAL : PC_CEREMONY_PRODUCTION,
        .arena = ret_material->arena,
    };
    PC_TRY(take_files(ret_material, err));
    PC_TRY(read_script(ret_material, err));
    return read_certificates(ret_material, err);
}

const pc_recorded_artefact *pc_ceremony_material_artefact(const pc_ceremony_material *material, const char *name)
{
    for (size_t i = 0; i < material->gathered->artefact_count; i++) {
        if (strcmp(material->gathered->artefacts[i].name, name) == 0) {
            return &material->gathered->artefacts[i];
        }
    }
    return NULL;
}

pc_status pc_ceremony_material_read(const pc_ceremony_material *material, const char *name, pc_bytes *ret_bytes,
                                    pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    PC_TRY(pc_ceremony_source_part(material->source, name, &fd, &part, err));
    return pc_part_read_all(&part, PC_CEREMONY_MOST_INPUT, material->arena, ret_bytes, err);
}

pc_status pc_ceremony_material_certificate(const pc_ceremony_material *material, const char *name,
                                           X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(material, name, &bytes, err));
    PC_TRY(pc_x509_read(bytes, name, &content, err));
    if (sk_X509_num(content.certificates) != 1) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not one certificate", name);
    }
    *ret_certificate = sk_X509_shift(content.certificates);
    return PC_OK;
}
