/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_KIT_H
#define PC_APP_KIT_H

#include <p11cert/kit.h>

#include "app/pfx/export.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/folder.h"
#include "token/session.h"
#include "x509/auto.h"

/** A kit under construction. Texts are in the result's arena. */
typedef struct {
    const pc_kit_order *order;
    pc_kit_result *result;    /**< borrowed; filled step by step */
    pc_arena *arena;          /**< the result's */
    const pc_token *token;    /**< NULL for PC_KIT_HOST */
    pc_token *opened;         /**< the same, if it was opened for this kit; kept open until the kit is done */
    pc_key key;               /**< in the arena; not set for PC_KIT_HOST */
    const char *why_it_stays; /**< of a key for PC_KIT_HSM, for "the key …" */
    pc_key_certificates certificates;
    pc_bytes serial;           /**< big-endian, without sign octet */
    bool is_there;             /**< the folder already exists: what is written is only compared with it */
    const char **issuer_files; /**< their names in the kit, as many as there are issuers */
} pc_kit;

void pc_kit_clear(pc_kit *kit);

/**
 * As pc_kit_run, on a token that the caller has open, logged in, and closes.
 * @param token   NULL: it is opened by `access` if the order names a key, and closed
 * @param access  prompts for the password of the PFX
 */
PC_MUST_CHECK pc_status pc_kit_on(const pc_token *token, const pc_kit_order *order, const pc_token_access *access,
                                  pc_kit_result **ret_result, pc_error *err);

/**
 * For a verb that makes a kit as its last step: before its first one, is the place of the folder free?
 * @return PC_OK; PC_E_REFUSED (something is there); PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_kit_check_place(const char *folder, pc_error *err);

PC_AUTO_DEFINE_VALUE(pc_kit, pc_kit, pc_kit_clear);

/**
 * Find key, certificate and issuers, and decide how the key gets to the Windows computer. Nothing is written.
 * @return as pc_kit_run.
 */
PC_MUST_CHECK pc_status pc_kit_gather(pc_kit *kit, const pc_token_access *access, pc_error *err);

/** Describe the certificate in the result: names, numbers, chain, and problems that SCOM would have with it. */
PC_MUST_CHECK pc_status pc_kit_describe(pc_kit *kit, pc_error *err);

/** Describe the conflict of a key that cannot leave its token, the options, and the line that binds a key. */
PC_MUST_CHECK pc_status pc_kit_describe_way(pc_kit *kit, pc_error *err);

/** install.ps1 and README.txt, as they are written to disk. In the arena. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_kit_script(const pc_kit *kit, const char **ret_text, pc_error *err);
PC_MUST_CHECK pc_status pc_kit_readme(const pc_kit *kit, const char **ret_text, pc_error *err);

/**
 * Write every file except the PFX, which exists already if the kit has one; SHA256SUMS comes last.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_kit_write_certificates(pc_kit *kit, const pc_folder *folder, pc_error *err);
PC_MUST_CHECK pc_status pc_kit_write_pfx(pc_kit *kit, const pc_folder *folder, const pc_token_access *access,
                                         pc_error *err);
PC_MUST_CHECK pc_status pc_kit_write_texts(pc_kit *kit, const pc_folder *folder, pc_error *err);

#endif
