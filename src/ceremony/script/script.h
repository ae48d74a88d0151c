/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_SCRIPT_H
#define PC_CEREMONY_SCRIPT_H

#include <stdbool.h>

#include "ceremony/script/fields.h"
#include "ceremony/script/step_kind.h"
#include "ceremony/transcript/digest.h"

/**
 * ceremony.yaml: everything that a ceremony will do, in one file that is reviewed and signed off in advance. It has no
 * expressions, no shell and no includes. The format is described in docs/ceremony.md.
 */

/** A participant. */
typedef struct {
    size_t line;
    const char *name;  /**< as used in `by` of a step */
    const char *title; /**< "Ceremony administrator"; NULL: the name */
    unsigned count;    /**< how many people; 0: not given, which means 1 */
} pc_script_role;

/** A token by its role in the ceremony; site.yaml says which one it is. */
typedef struct {
    size_t line;
    const char *role;
    const char *label;          /**< label of the token itself */
    const char *manufacturer;   /**< expected value; a '*' at the end matches anything; NULL: any */
    const char *model;          /**< the same */
    const char *firmware;       /**< "2.0"; the same */
    const char *serial;         /**< serial number; the same */
    pc_script_texts mechanisms; /**< "CKM_ECDSA", …, that it must offer */
    pc_script_texts keys;       /**< labels of keys that exist before the ceremony */
} pc_script_token;

/** An input file of the ceremony. */
typedef struct {
    size_t line;
    const char *file;   /**< its name in the folder of the script */
    const char *sha256; /**< hex; NULL: recorded when the file is read */
    const char *what;   /**< NULL if there is no text */
} pc_script_input;

/** A step. Which members it has depends on its kind (step_kind.h). */
typedef struct {
    size_t line;
    size_t number; /**< from 1 */
    unsigned kind; /**< pc_step_kind */
    const char *title;
    const char *text;
    pc_script_texts by; /**< roles that confirm it */
    bool unattended;    /**< `run --unattended` does it without asking */
    const char *token;  /**< a role */
    const char *key;    /**< a label */
    const char *type;   /**< "ec-p384" */
    const char *use;    /**< "sign", "ca", "decrypt", "wrap" */
    const char *subject;
    pc_script_texts names; /**< "dns:host.example" */
    unsigned days;         /**< 0: not given */
    const char *profile;
    const char *ca;
    const char *request;
    const char *certificate;
    const char *issuer; /**< file with the CA's certificate; NULL: the one on the token */
    pc_script_texts chain;
    const char *revoked;  /**< file that lists revoked certificates */
    const char *previous; /**< the previous CRL; NULL if there is none */
    const char *copy;     /**< the token with the copy: a role */
    bool empty;
    pc_script_texts keys;
    const char *out;
} pc_script_step;

typedef struct {
    size_t line;
    const char *id; /**< letters, digits, '.', '_' and '-' */
    const char *title;
    const char *purpose;
    const char *approval; /**< the document that approves it */
    const char *follows;  /**< an input: the transcript of the previous ceremony */
} pc_script_head;

#define PC_SCRIPT_LIST(type) \
    struct { \
        type *items; \
        size_t count; \
    }

typedef struct {
    size_t line;
    pc_script_head head;
    PC_SCRIPT_LIST(pc_script_role) roles;
    pc_script_texts materials;
    PC_SCRIPT_LIST(pc_script_token) tokens;
    PC_SCRIPT_LIST(pc_script_input) inputs;
    PC_SCRIPT_LIST(pc_script_step) steps;
    pc_script_texts outputs;     /**< files that leave the room; empty: all files that the steps write */
    const char *file;            /**< its path, for errors */
    pc_bytes bytes;              /**< as they were read */
    pc_sha256 digest;            /**< of the bytes */
    char sha256[PC_SHA256_TEXT]; /**< the same in hex */
    pc_arena *arena;
} pc_script;

#define PC_SCRIPT_MOST_BYTES ((size_t)256 * 1024)

/**
 * @param bytes         of the file; copied
 * @param ret_findings its mistakes, by line @return PC_OK, also with findings: then only the parts that were understood
 *         are filled in; PC_E_INPUT if it is not YAML, with file and line; PC_E_CRYPTO; PC_E_MEMORY. All memory is the
 *         arena's.
 */
PC_MUST_CHECK pc_status pc_script_read(pc_file_bytes source, pc_arena *arena, pc_script *ret_script,
                                       pc_script_findings *ret_findings, pc_error *err);

/** By name; NULL if there is none. */
const pc_script_role *pc_script_find_role(const pc_script *script, const char *name);
const pc_script_token *pc_script_find_token(const pc_script *script, const char *role);
const pc_script_input *pc_script_find_input(const pc_script *script, const char *file);

/** The step before `step` that makes this key on this token; NULL if none does. */
const pc_script_step *pc_script_find_keygen(const pc_script *script, const pc_script_step *step);

/** The title of a role or, without one, its name. */
const char *pc_script_role_title(const pc_script *script, const char *name);

bool pc_script_texts_have(const pc_script_texts *texts, const char *text);

#endif
