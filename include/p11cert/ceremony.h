/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_H
#define P11CERT_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert ceremony`: keys made before witnesses, by a script that was reviewed before. docs/ceremony.md describes the
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
 * Judge a script without a token: its form, its roles, that no name is used twice, and that no step requires what no
 * earlier step makes.
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
 * Write the paper of a ceremony: the steps with boxes for initials and time, blanks for what is read off the screen,
 * the list of materials, sheets for deviations and a page for signatures. The same script gives the same bytes.
 *
 * @return PC_OK; PC_E_INPUT, also for a script with findings: the error names the first; PC_E_REFUSED (the output
 *         exists); as pc_ceremony_lint_run.
 */
PC_MUST_CHECK pc_status pc_ceremony_print_run(const pc_ceremony_print_order *order, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
