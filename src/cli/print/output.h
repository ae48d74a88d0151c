/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_OUTPUT_H
#define PC_CLI_OUTPUT_H

#include <jansson.h>

#include <p11cert/accept.h>
#include <p11cert/key.h>
#include <p11cert/list.h>

#include "cli/cli.h"

/** On standard error: a problem that does not prevent the work. */
void pc_print_warning(const char *text);

/** Print findings of an INF. */
void pc_print_findings(FILE *out, const char *file, const pc_findings *findings);

/** Print text that came from a token or a file, made safe for a terminal. */
void pc_print_safe(FILE *out, const char *text);

/** A line with a path, made safe for a terminal. */
void pc_print_path(FILE *out, const char *before, const char *path);

/** "written to FILE"; for "-", on standard error, because the file itself is on standard output. */
void pc_print_written(const char *path, bool changed);

/** Print text with `indent` blanks before each of its lines, long ones broken at the width of the terminal. */
void pc_print_wrapped(FILE *out, unsigned indent, const char *text);

/** The same if the first line continues from `column`, where the cursor is. */
void pc_print_after(FILE *out, unsigned column, unsigned indent, const char *text);

/** "2027-12-24 (397 days left)" or "(expired)", from a time in the library's form. */
void pc_print_expiry(const pc_cli *cli, FILE *out, const char *not_after, int64_t not_after_sec);

/** A certificate that was written to the token, or was already there: subject, serial number, expiry, CKA_ID and which
 * of the two it was.
 */
void pc_print_bound(FILE *out, const pc_bound_certificate *bound);

/**
 * Print a JSON value and release it. An object without a status gets one by the exit code set so far: "ok", "finding"
 * (1, which replaces another word) or "failed". @return PC_OK, PC_E_MEMORY (also for NULL).
 */
PC_MUST_CHECK pc_status pc_print_json(pc_cli *cli, json_t *value);

/** The same on one line, the last of JSON Lines. */
PC_MUST_CHECK pc_status pc_print_json_line(pc_cli *cli, json_t *value);

/** Write a JSON value and a line end. All JSON output of the program passes through this (base/outward.h). */
void pc_json_write(FILE *out, const json_t *value);

/** A JSON string; bytes that are not UTF-8 are shown as \xNN. NULL gives JSON's null. */
json_t *pc_json_text(const char *text);

/** An array of strings. */
json_t *pc_json_texts(const char *const *texts, size_t count);

/** Names of RFC 5280 in the order of their bits, or null without that extension. */
json_t *pc_json_key_usage(bool is_there, unsigned key_usage);

/** What CKA_EXTRACTABLE, as read back, says about a key; "EXPORTABLE" if it may leave the token. */
const char *pc_exportable_words(pc_fact extractable);

/** true, false, null. */
json_t *pc_json_fact(pc_fact fact);

/** { "token": true, … }: every flag of a key as the token reports it. */
json_t *pc_json_key_flags(const pc_key *key);

json_t *pc_json_findings(const pc_findings *findings);
json_t *pc_json_bound(const pc_bound_certificate *bound);

#endif
