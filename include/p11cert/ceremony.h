/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_H
#define P11CERT_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>

#include <p11cert/error.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert ceremony`: keys created before witnesses, following a reviewed script. docs/ceremony.md describes the
 * script's format.
 */

/** What is wrong with a script. */
typedef struct {
    size_t line;         /**< of the file, from 1; 0: of the file as a whole */
    const char *message; /**< safe to print */
} pc_ceremony_finding;

typedef struct pc_ceremony_lint {
    const char *file;
    const char *id;    /**< of the ceremony, safe to print; NULL if the file does not say it */
    const char *title; /**< the same */
    char sha256[65];   /**< of the file, hex */
    size_t step_count;
    const pc_ceremony_finding *findings; /**< by line; empty if the script can be carried out */
    size_t finding_count;
    struct pc_arena *arena;
} pc_ceremony_lint;

/**
 * Check a script without a token: its form, its roles, that no name is used twice, and that an earlier step creates
 * what a step requires.
 *
 * @return PC_OK, also with findings; PC_E_INPUT (not YAML, or over 256 KiB); PC_E_NOT_FOUND; PC_E_IO; PC_E_CRYPTO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_lint_run(const char *file, pc_ceremony_lint **ret_lint, pc_error *err);
void pc_ceremony_lint_free(pc_ceremony_lint *lint);

typedef struct {
    const char *file; /**< the script */
    bool html;        /**< a page for a browser to print; else text with form feeds */
    const char *out;  /**< path; "-": standard output */
} pc_ceremony_print_order;

/**
 * Write the paper script of a ceremony: the steps with boxes for initials and time, blanks for values to be copied from
 * the screen, the list of materials, sheets for deviations and a page for signatures. The same script gives the same
 * bytes.
 *
 * @param ret_changed  false: the output exists with this content, and was left unchanged
 * @return PC_OK; PC_E_INPUT, also for a script with findings: the error names the first; PC_E_REFUSED (the output
 *         exists with other content); as pc_ceremony_lint_run.
 */
PC_MUST_CHECK pc_status pc_ceremony_print_run(const pc_ceremony_print_order *order, bool *ret_changed, pc_error *err);

/* --- rehearse, run --------------------------------------------------------------------------- */

/** A step as those present see it. Texts are safe to print. */
typedef struct {
    size_t number;
    size_t count;             /**< of all steps */
    const char *kind;         /**< "keygen" */
    const char *does;         /**< "Generate a key pair" */
    const char *title;        /**< NULL: as `does` */
    const char *text;         /**< NULL: nothing more to say */
    const char *const *facts; /**< "Key: root", NULL-terminated */
} pc_ceremony_step;

typedef enum {
    PC_CEREMONY_YES,
    PC_CEREMONY_DEVIATION, /**< something is not as written; `text` is the reason. The question is asked again */
    PC_CEREMONY_PAUSE,     /**< stop here; the same command resumes */
    PC_CEREMONY_ABORT,     /**< end the ceremony for good; `text` is the reason */
} pc_ceremony_answer_kind;

typedef struct {
    pc_ceremony_answer_kind kind;
    char text[512]; /**< UTF-8; the name, if the question asks for one */
} pc_ceremony_answer;

typedef struct {
    const char *who;  /**< title of the role that is asked, safe to print */
    const char *name; /**< who that is, safe to print; NULL: not known */
    bool wants_name;  /**< who is present in this role */
} pc_ceremony_question;

/** How to talk to those present. */
typedef struct {
    void *context;
    void (*show)(void *context, const pc_ceremony_step *step);
    void (*tell)(void *context, const char *text); /**< what was found or made; safe to print */
    /** @return PC_OK; PC_E_REFUSED if nobody can be asked. NULL: everything is confirmed (rehearse). */
    pc_status (*ask)(void *context, const pc_ceremony_question *question, pc_ceremony_answer *ret_answer,
                     pc_error *err);
} pc_ceremony_talk;

typedef struct {
    const char *script; /**< path of the ceremony file */
    const char *site;   /**< path of the site file; NULL only in a rehearsal, on SoftHSM tokens created for it */
    const char *out;    /**< the ceremony's folder: made, or that of the run to be resumed */
    const char *tokens; /**< rehearsal: folder of SoftHSM tokens, which are kept: those of an earlier rehearsal, or new
                           ones if it does not exist; NULL: they are removed afterwards */
    bool unattended;    /**< carry out steps that the script marks as unattended without asking */
    bool allow_softhsm; /**< in production */
    const pc_token_access *access; /**< the prompts; module, token and PIN come from the site file */
    const pc_ceremony_talk *talk;
} pc_ceremony_order;

typedef enum {
    PC_CEREMONY_FINISHED,
    PC_CEREMONY_PAUSED,
    PC_CEREMONY_ABORTED,
} pc_ceremony_state;

/** "finished", "paused", "aborted". */
const char *pc_ceremony_state_name(pc_ceremony_state state);

typedef struct pc_ceremony_result {
    pc_ceremony_state state;
    bool changed; /**< false: the ceremony had already ended, and nothing was done */
    bool was_resumed;
    const char *title; /**< safe to print */
    const char *out;
    size_t step_count;
    size_t done_count;
    size_t deviation_count;
    char script_sha256[65];
    char head[65]; /**< SHA-256 of the last line of the transcript */
    struct pc_arena *arena;
} pc_ceremony_result;

/**
 * Carry out the script on private SoftHSM tokens, which are removed afterwards, or on the rehearsal tokens of the site
 * file. The transcript says REHEARSAL. Everything is confirmed without asking.
 *
 * @return PC_OK; PC_E_INPUT (the script or the site has findings); PC_E_REFUSED (the folder exists); the status of the
 *         step that failed; as pc_sandbox_make.
 */
PC_MUST_CHECK pc_status pc_ceremony_rehearse(const pc_ceremony_order *order, pc_ceremony_result **ret_result,
                                             pc_error *err);

/**
 * Carry out the script on the production tokens. Before each call that changes a token an intent is on the disk. If the
 * folder has a transcript of the same script and site, resume it: what the token has is not created again, and a
 * deviation is recorded. A finished ceremony is not changed.
 *
 * @return PC_OK, also paused or aborted; PC_E_VERIFY (the transcript was changed); PC_E_REFUSED (the folder is another
 *         ceremony's, an output exists, a key has the label, a module is SoftHSM); as pc_ceremony_rehearse.
 */
PC_MUST_CHECK pc_status pc_ceremony_run(const pc_ceremony_order *order, pc_ceremony_result **ret_result, pc_error *err);
void pc_ceremony_result_free(pc_ceremony_result *result);

/* --- plan ------------------------------------------------------------------------------------ */

/** What a step would do. Texts are safe to print. */
typedef struct {
    size_t number;
    const char *kind;
    const char *text;    /**< "Generate a key pair: key \"root\" on token \"root\"" */
    const char *calls;   /**< that would change a token: "C_GenerateKeyPair"; NULL: none */
    const char *problem; /**< why it would fail; NULL: nothing known */
} pc_ceremony_planned;

/** A token that the script uses. */
typedef struct {
    const char *role;
    const char *label;
    const char *state;   /**< "there, serial number 0123", "to be initialised" */
    const char *problem; /**< NULL: none */
} pc_ceremony_planned_token;

typedef struct pc_ceremony_plan {
    const char *title;
    char script_sha256[65];
    const pc_ceremony_planned_token *tokens;
    size_t token_count;
    const pc_ceremony_planned *steps;
    size_t step_count;
    size_t problem_count;
    struct pc_arena *arena;
} pc_ceremony_plan;

/**
 * Examine the production tokens, and say what a run would do. Opens each token once in a read-only session, with a
 * login, and makes no call that changes one. Writes no file.
 * @param order  `out` may be NULL, and is only read; `talk` is not used
 * @return PC_OK, also with problems; PC_E_INPUT; PC_E_REFUSED (SoftHSM); PC_E_AUTH, PC_E_LOCKED; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_plan_run(const pc_ceremony_order *order, pc_ceremony_plan **ret_plan,
                                             pc_error *err);
void pc_ceremony_plan_free(pc_ceremony_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
