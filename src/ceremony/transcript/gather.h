/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_GATHER_H
#define PC_CEREMONY_TRANSCRIPT_GATHER_H

#include "ceremony/transcript/head.h"
#include "ceremony/transcript/record.h"
#include "ceremony/transcript/verdict.h"

/** A file that the ceremony wrote or received, as recorded. Texts are in the arena, as everywhere here. */
typedef struct {
    const char *name;
    const char *type; /**< "certificate", "request", "crl", "public-key", or anything else, which is not parsed */
    const char *key;  /**< label of the key that it belongs to; NULL: not stated */
    int64_t seq;      /**< sequence number of its record */
    int64_t step;     /**< the step that made it; 0: not stated */
    uint64_t size;
    pc_sha256 sha256;
    bool is_input;  /**< an input, not made in the ceremony: member origin is "input" */
    bool is_linted; /**< a lint of it was recorded before it */
} pc_recorded_artefact;

/** Somebody who was present. */
typedef struct {
    const char *name;
    const char *role;
    const char *key; /**< identity of the key that the person signs with (sign_off.h); NULL: none is announced */
    bool is_present; /**< presence is "in" */
} pc_recorded_person;

/** A signature on a challenge that was kept: names of artefacts. */
typedef struct {
    int64_t step; /**< 0: not stated */
    const char *challenge;
    const char *signature;
    const char *public_key;
    const char *spki; /**< SHA-256 of the SubjectPublicKeyInfo, hex; NULL: not stated */
} pc_recorded_proof;

/** A token, as a step recorded it. */
typedef struct {
    int64_t step; /**< 0: not stated */
    const char *role;
    const char *label;
    const char *serial;
    const char *manufacturer; /**< of this and the next two: NULL if not stated */
    const char *model;
    const char *firmware;
} pc_recorded_token;

/** A step that was started. */
typedef struct {
    int64_t step;
    const char *kind;
    bool is_done;
    bool proves;          /**< a key signs a challenge in it: `prove`, `copy-check` */
    bool has_private_key; /**< attributes of a private key were recorded in it */
} pc_recorded_step;

/** The data from a transcript that later checks need; its size depends only on the number of artefacts, keys,
 * tokens and steps. */
typedef struct {
    const char *mode;
    const char *title;
    const char *script_file; /**< name of the ceremony file in the folder */
    pc_sha256 script;
    pc_sha256 site;
    pc_sha256 earlier;
    pc_recorded_artefact *artefacts;
    size_t artefact_count;
    json_t *keys;       /**< label: SHA-256 of the SubjectPublicKeyInfo in hex, of keys as read back from a token */
    json_t *attributes; /**< of private keys, by pc_gathered_draw_name of step and key; true if there are several */
    pc_recorded_person *persons;
    size_t person_count;
    json_t *confirms; /**< how often each name confirmed, by pc_gathered_draw_name of step and role */
    json_t *seated;   /**< by the same name, how many of the role were present by then */
    pc_recorded_token *tokens;
    size_t token_count;
    int64_t planned_count; /**< of the steps of the ceremony file; 0: not stated */
    pc_recorded_step *steps;
    size_t step_count;
    pc_recorded_proof *proofs;
    size_t proof_count;
    json_t *linted;   /**< the names for which lints were recorded, each with the body of the last record */
    json_t *draws;    /**< drawn values, by pc_gathered_draw_name; true if there are several */
    json_t *recorded; /**< the names of all artefacts, each with true */
    size_t deviation_count;
    size_t torn_count;
    size_t backward_count; /**< records whose wall clock is earlier than that of the previous one */
    char last_at[32];      /**< wall clock of the last record */
    const char *outcome;   /**< of `close`; NULL if there is none */
    pc_arena *arena;       /**< borrowed */
} pc_gathered;

/** @return PC_OK, to be cleared by the caller; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_gathered_start(pc_arena *arena, pc_gathered *ret_gathered, pc_error *err);
void pc_gathered_clear(pc_gathered *gathered);

PC_AUTO_DEFINE_VALUE(pc_gathered, pc_gathered, pc_gathered_clear);

/** Name of a step's draw for a purpose, or of its confirmations by a role, in the arena; NULL when out of memory. */
const char *pc_gathered_draw_name(pc_arena *arena, int64_t step, const char *purpose);

/**
 * Process the next record of a transcript that the reader has checked. Anything that must not occur becomes a failure
 * in the verdict: a private key that can be extracted, attributes other than expected, a lint or a check that failed, a
 * name that is used twice.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_gather(pc_gathered *gathered, const pc_record *record, pc_ceremony_verify_result *verdict,
                                  pc_error *err);

#endif
