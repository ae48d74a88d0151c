/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_MATERIAL_H
#define PC_APP_CEREMONY_MATERIAL_H

#include "app/ceremony/ceremony.h"
#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"
#include "x509/auto.h"

/** The files of a ceremony, for code that reads files by their paths: the folder itself, or the files of a bundle in a
 * temporary folder. */
typedef struct {
    const pc_ceremony_source *source; /**< borrowed, like the next */
    const pc_gathered *gathered;
    pc_script script;
    pc_ceremony ceremony;         /**< script, mode, folder and arena, which the functions that make orders need */
    STACK_OF(X509) *certificates; /**< of all artefacts that are certificates */
    bool is_temporary;
    pc_arena *arena; /**< owned */
} pc_ceremony_material;

/**
 * @param ret_material to be cleared by the caller, also after a failure
 * @return PC_OK; PC_E_INPUT (the ceremony file cannot be read, or has findings); as reading the files; PC_E_IO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_material_open(const pc_ceremony_source *source, const pc_gathered *gathered,
                                                  pc_ceremony_material *ret_material, pc_error *err);
void pc_ceremony_material_clear(pc_ceremony_material *material);
PC_AUTO_DEFINE_VALUE(pc_ceremony_material, pc_ceremony_material, pc_ceremony_material_clear);

/** The record of a file; NULL if there is none. */
const pc_recorded_artefact *pc_ceremony_material_artefact(const pc_ceremony_material *material, const char *name);

/** The single certificate in a file, owned by the caller. @return PC_OK; PC_E_VERIFY (it is not one certificate); as
 * reading it. */
PC_MUST_CHECK pc_status pc_ceremony_material_certificate(const pc_ceremony_material *material, const char *name,
                                                         X509 **ret_certificate, pc_error *err);

/** All of a file, in the material's arena. @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT; PC_E_IO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_material_read(const pc_ceremony_material *material, const char *name,
                                                  pc_bytes *ret_bytes, pc_error *err);

#endif
