/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_H
#define PC_APP_CEREMONY_H

#include <p11cert/ceremony.h>
#include <p11cert/crl.h>
#include <p11cert/issue.h>
#include <p11cert/key.h>
#include <p11cert/new.h>

#include "app/ceremony/pins.h"
#include "ceremony/script/site.h"
#include "ceremony/transcript/transcript.h"

/** A file of the ceremony's folder. */
typedef struct {
    const char *name;
    const char *type;
    int64_t size;                /**< bytes */
    char sha256[PC_SHA256_TEXT]; /**< hex */
} pc_ceremony_file;

/** A value that is drawn for a step. */
typedef struct {
    const char *purpose;
    size_t len;        /**< bytes */
    const char *value; /**< hex; of the time of issue as 2027-01-04T10:00:01Z */
} pc_ceremony_draw;

#define PC_DRAW_ID        "CKA_ID"
#define PC_DRAW_SERIAL    "serial number"
#define PC_DRAW_TIME      "time of issue"
#define PC_DRAW_CHALLENGE "challenge"
#define PC_SERIAL_LEN     ((size_t)16) /**< bytes */
#define PC_CHALLENGE_LEN  ((size_t)32) /**< bytes */

/** The state that the transcript of an interrupted run shows. */
typedef struct {
    size_t done;                            /**< steps that have ended */
    size_t begun;                           /**< the step that had begun but not ended; 0: none */
    int64_t intent;                         /**< number of the record of its open intent; 0: none */
    const char *id;                         /**< CKA_ID of its last intent, hex; NULL: none */
    bool has_intent;                        /**< it has had an intent, open or not: what it creates may exist */
    bool is_closed;                         /**< the transcript is closed: nothing is left to do */
    bool was_aborted;                       /**< closed before its last step */
    PC_SCRIPT_LIST(pc_ceremony_draw) draws; /**< of the step that had begun but not ended */
    PC_SCRIPT_LIST(pc_ceremony_file) files; /**< that were recorded; name and SHA-256 */
    size_t deviations;
    const char *last_time; /**< of the last record */
} pc_ceremony_progress;

/** A ceremony under way. Borrowed, except for what is in the arena. */
typedef struct {
    const pc_script *script;
    const pc_site *site;
    pc_ceremony_mode mode;
    const pc_token_access *access; /**< prompts, and settings that site.yaml does not contain */
    const char *folder;            /**< of the ceremony */
    const char *store;             /**< rehearsal: the folder of the SoftHSM tokens; NULL: there is none */
    const pc_ceremony_talk *talk;
    bool unattended;
    bool allow_softhsm;
    pc_transcript *transcript;
    pc_ceremony_progress progress;
    PC_SCRIPT_LIST(pc_site_person) people; /**< the people who are present */
    pc_ceremony_pins *pins;                /**< in the arena; cleared by the caller of pc_ceremony_prepare */
    pc_arena *arena;
} pc_ceremony;

/** As the site says, for a PIN that is not remembered. @return as pc_ceremony_access. */
PC_MUST_CHECK pc_status pc_ceremony_access_as_given(const pc_ceremony *ceremony, const char *role,
                                                    pc_token_access *ret_access, pc_error *err);

/** How to reach the token of a role; people enter its PIN once (pins.h). @return PC_OK; PC_E_INPUT (the site has no row
 * for it); PC_E_REFUSED (SoftHSM in production); PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_access(const pc_ceremony *ceremony, const char *role, pc_token_access *ret_access,
                                           pc_error *err);

/** Where the Security Officer's PIN of a role's token comes from; NULL: prompt. */
const char *pc_ceremony_so_pin_source(const pc_ceremony *ceremony, const char *role);

/** A file in the ceremony's folder. In the arena; NULL when out of memory. */
const char *pc_ceremony_path(const pc_ceremony *ceremony, const char *name);

/** Safe to print, in the arena; NULL for NULL and when out of memory. */
const char *pc_ceremony_safe(const pc_ceremony *ceremony, const char *text);

/** Report something to the people who are present: "public key SHA-256: …". Escaped. */
void pc_ceremony_report(const pc_ceremony *ceremony, const char *format, ...) PC_PRINTF(2, 3);

/**
 * Is an open token the one that the script expects, by its label and its model?
 * @return as pc_ceremony_compare_identity.
 */
PC_MUST_CHECK pc_status pc_ceremony_compare_token(const pc_ceremony *ceremony, const pc_script_token *expected,
                                                  const pc_token *token, pc_error *err);

/**
 * The same without the label, which a token gets when it is initialised: mechanisms and, except for the tokens that
 * replace others in a rehearsal, manufacturer, model, firmware and serial number.
 * @return PC_OK; PC_E_VERIFY; as pc_ceremony_compare_mechanisms.
 */
PC_MUST_CHECK pc_status pc_ceremony_compare_identity(const pc_ceremony *ceremony, const pc_script_token *expected,
                                                     const pc_token *token, pc_error *err);

/**
 * Does an open token offer the mechanisms that the script lists for it?
 * @return PC_OK; PC_E_VERIFY (the error names the first that is missing); PC_E_TOKEN (it does not report them);
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_compare_mechanisms(const pc_ceremony *ceremony, const pc_script_token *expected,
                                                       const pc_token *token, pc_error *err);

/**
 * Before a step uses a token, which is not open and may have to be initialised first: is it the one that the script
 * expects (pc_ceremony_compare_identity)? A script that expects nothing costs no call.
 * @return also as pc_token_open.
 */
PC_MUST_CHECK pc_status pc_ceremony_require_token(const pc_ceremony *ceremony, const pc_script_token *expected,
                                                  pc_error *err);

/** Before the ceremony begins: the same for all tokens that are present. @return as pc_ceremony_require_token. */
PC_MUST_CHECK pc_status pc_ceremony_look_ahead(const pc_ceremony *ceremony, pc_error *err);

/** Is a signal that ends the program waiting for a rehearsal to delete its tokens? (rehearse.c) */
bool pc_ceremony_is_to_end(void);

/** Does a step of the script create this token? */
bool pc_ceremony_has_init(const pc_script *script, const char *role);

/** --- records (record.c) --- */

/**
 * Before a call that changes something: a record on the disk. In a step that was interrupted, the open intent is used
 * again.
 * @param members  further members, an object whose reference is taken; NULL: out of memory
 */
PC_MUST_CHECK pc_status pc_ceremony_intent(pc_ceremony *ceremony, const pc_script_step *step, const char *call,
                                           json_t *members, pc_error *err);

/** After it. @param status  of the call, whose error is in err: a failure is recorded and returned. */
PC_MUST_CHECK pc_status pc_ceremony_outcome(pc_ceremony *ceremony, pc_status status, json_t *members, pc_error *err);

/**
 * Record a file of the folder with its size and digest, and report it. A file that an interrupted run recorded is not
 * recorded again.
 * @return PC_OK; PC_E_VERIFY (it is not the file that was recorded); as pc_part_open and pc_transcript_add.
 */
PC_MUST_CHECK pc_status pc_ceremony_artefact(const pc_ceremony *ceremony, const pc_script_step *step, const char *name,
                                             const char *type, pc_error *err);

/** The same for a file whose digest need not be read aloud. */
PC_MUST_CHECK pc_status pc_ceremony_artefact_quietly(const pc_ceremony *ceremony, const pc_script_step *step,
                                                     const char *name, const char *type, pc_error *err);

/** Record the attributes of a key as they were read back. */
PC_MUST_CHECK pc_status pc_ceremony_attributes(const pc_ceremony *ceremony, const pc_script_step *step,
                                               const char *token, const pc_key *key, pc_error *err);

#define PC_CEREMONY_ATTRIBUTE_SIZE 40u

/** "CKA_NEVER_EXTRACTABLE", as records name the attribute of a flag: in `name`, which is returned. */
const char *pc_ceremony_attribute_name(pc_key_flag flag, char name[static PC_CEREMONY_ATTRIBUTE_SIZE]);

/** "root/root": the role of a token and the label of a key on it, as records name keys. NULL when out of memory. */
const char *pc_ceremony_key_name(const pc_ceremony *ceremony, const char *token, const char *label);

/**
 * Draw random bytes for a step, and record them before they are used. An interrupted step gets the same bytes again.
 * @param draw purpose and len, at most 64 bytes, are given; its value is set, in the arena
 * @return PC_OK; PC_E_CRYPTO; as pc_transcript_add.
 */
PC_MUST_CHECK pc_status pc_ceremony_draw_bytes(const pc_ceremony *ceremony, const pc_script_step *step,
                                               pc_ceremony_draw *draw, pc_error *err);

/** The same for the current time, seconds since 1970-01-01 UTC. @return also PC_E_VERIFY. */
PC_MUST_CHECK pc_status pc_ceremony_draw_time(const pc_ceremony *ceremony, const pc_script_step *step, int64_t *ret_sec,
                                              pc_error *err);

/** Record that something was compared or verified successfully. */
PC_MUST_CHECK pc_status pc_ceremony_checked(const pc_ceremony *ceremony, const pc_script_step *step, const char *what,
                                            pc_error *err);

/** Record the lint: a throw-away key signed the certificate or CRL, and the policy "ca" evaluated it before the token
 * signed. */
PC_MUST_CHECK pc_status pc_ceremony_lint_passed(const pc_ceremony *ceremony, const pc_script_step *step,
                                                pc_text_list warnings, pc_error *err);

#define PC_CEREMONY_LINTER "p11cert " P11CERT_VERSION ", policy ca"

PC_MUST_CHECK pc_status pc_ceremony_deviation(pc_ceremony *ceremony, size_t step, const char *reason, const char *by,
                                              pc_error *err);

/** Read back what an earlier run recorded. @return PC_OK; PC_E_VERIFY; PC_E_REFUSED (for another script, site or mode);
 * PC_E_IO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_read_progress(pc_ceremony *ceremony, const char *path, pc_error *err);

/** --- the orders that a step carries out, in the arena, without its draws --- */

/** For a step self-sign, issue or cross. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_issue_order(const pc_ceremony *ceremony, const pc_script_step *step,
                                                pc_issue_order *ret_order, pc_error *err);
/** @return PC_OK; PC_E_INPUT (a name); PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_request_order(const pc_ceremony *ceremony, const pc_script_step *step,
                                                  pc_new_order *ret_order, pc_error *err);
/** @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_crl_order(const pc_ceremony *ceremony, const pc_script_step *step,
                                              pc_crl_order *ret_order, pc_error *err);
/** The text that the key of a step prove or copy-check signs. @param random  hex; NULL when out of memory */
const char *pc_ceremony_challenge(const pc_ceremony *ceremony, const pc_script_step *step, const char *random);

/** --- the actions of steps; the beginning is already in the transcript, the end is added afterwards --- */

typedef pc_status (*pc_step_act)(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);

PC_MUST_CHECK pc_status pc_step_check_token(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_init(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_keygen(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_self_sign(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_request(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_issue(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_cross(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_crl(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_accept(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_export_public(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_prove(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_copy_check(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_retire(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);
PC_MUST_CHECK pc_status pc_step_policy(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err);

/** --- the beginning --- */

#define PC_CEREMONY_MOST_INPUT ((size_t)16 * 1024 * 1024) /**< bytes of an input file */

/** Copy script, site and inputs; no output may exist yet. @return PC_OK; PC_E_REFUSED; PC_E_VERIFY (an input is not the
 * file that the script names); as pc_file_read and pc_output_commit. */
PC_MUST_CHECK pc_status pc_ceremony_fill_folder(const pc_ceremony *ceremony, pc_error *err);

/** Create the transcript. @param path of the transcript */
PC_MUST_CHECK pc_status pc_ceremony_begin(pc_ceremony *ceremony, const char *path, pc_error *err);

/** Open it again, and record that and where it was interrupted. */
PC_MUST_CHECK pc_status pc_ceremony_resume(pc_ceremony *ceremony, const char *path, pc_error *err);

/** --- the people present --- */

/** How the run continues. A pause and an abort are not failures. */
typedef enum { PC_COURSE_GO_ON, PC_COURSE_PAUSED, PC_COURSE_ABORTED } pc_ceremony_course;

/**
 * Ask one person. A deviation is recorded and the question asked again; a pause or an abort is recorded. @return PC_OK,
 * with an answer other than a deviation; as pc_ceremony_talk.ask.
 */
PC_MUST_CHECK pc_status pc_ceremony_ask(pc_ceremony *ceremony, const pc_script_step *step,
                                        const pc_ceremony_question *question, pc_ceremony_answer *ret_answer,
                                        pc_error *err);
pc_ceremony_course pc_ceremony_course_of(const pc_ceremony_answer *answer);

/** Record who is present in the roles that the step names. */
PC_MUST_CHECK pc_status pc_ceremony_take_names(pc_ceremony *ceremony, const pc_script_step *step,
                                               pc_ceremony_course *ret_course, pc_error *err);

/** Ask everybody of every role that the step names, and record the answers. */
PC_MUST_CHECK pc_status pc_ceremony_confirm(pc_ceremony *ceremony, const pc_script_step *step,
                                            pc_ceremony_course *ret_course, pc_error *err);

/** --- the whole (conduct.c) --- */

/**
 * Begin or resume in the folder, and take step after step until the end, a pause or an abort.
 * @return PC_OK; the status of the step that failed: the same run resumes with it.
 */
PC_MUST_CHECK pc_status pc_ceremony_conduct(pc_ceremony *ceremony, pc_ceremony_result *result, pc_error *err);

/** Read what both `rehearse` and `run` need first. @param ret_ceremony  script and site are in the result's arena */
PC_MUST_CHECK pc_status pc_ceremony_prepare(const pc_ceremony_order *order, pc_ceremony_mode mode, pc_arena *arena,
                                            pc_ceremony *ret_ceremony, pc_error *err);

#endif
