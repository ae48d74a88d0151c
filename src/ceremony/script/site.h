/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_SITE_H
#define PC_CEREMONY_SITE_H

#include "ceremony/script/script.h"

/** site.yaml: which token each role of a ceremony refers to, in rehearsal and in production. It contains no PIN. */
typedef struct {
    size_t line;
    const char *token;         /**< a role of the script */
    const char *module;        /**< NULL: the default module */
    const char *init_args;     /**< for C_Initialize; NULL: none */
    const char *uri;           /**< RFC 7512; NULL: the label that the script gives */
    const char *pin_source;    /**< NULL: prompt */
    const char *so_pin_source; /**< the same */
} pc_site_token;

/** A participant who is known in advance. */
typedef struct {
    size_t line;
    const char *role;
    const char *name;
    const char *key; /**< identity of the key with which this person will sign the head: "spki-sha256:…" or "SHA256:…";
                        NULL: none */
} pc_site_person;

typedef struct {
    size_t line;
    const char *site; /**< a name for it */
    PC_SCRIPT_LIST(pc_site_token) production;
    PC_SCRIPT_LIST(pc_site_token) rehearsal;
    PC_SCRIPT_LIST(pc_site_person) people;
    const char *file;
    pc_bytes bytes;
    pc_sha256 digest;
} pc_site;

/** The site that a rehearsal without a site file uses, and stores as site.yaml in its folder. */
#define PC_SITE_OF_NOBODY "# A rehearsal on SoftHSM tokens that were made for it.\nsite: rehearsal\n"

/**
 * Read it, and compare it with the script: every row names a token or role of it, once.
 * @param findings its mistakes are added; they use the script's arena
 * @return PC_OK, also with findings; PC_E_INPUT; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_site_read(pc_file_bytes source, const pc_script *script, pc_site *ret_site,
                                     pc_script_findings *findings, pc_error *err);

/** The row of a token's role; NULL if there is none. */
const pc_site_token *pc_site_find(const pc_site *site, bool is_production, const char *role);

#endif
