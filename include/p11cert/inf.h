/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_INF_H
#define P11CERT_INF_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>
#include <p11cert/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The INF language of certreq: the Windows setup-INF grammar, and the sections and keys that certreq reads. Source:
 * Microsoft's certreq page and "General syntax rules for INF files"; where real files differ, the behaviour of certreq.
 */

#define PC_INF_MAX_SIZE     ((size_t)4 * 1024 * 1024) /**< bytes; a larger file is refused */
#define PC_INF_MAX_LINE     4096u                     /**< characters of a line's key and value after replacement */
#define PC_INF_MAX_LINES    65536u /**< lines that are neither blank nor comments; a longer file is refused */
#define PC_INF_MAX_FINDINGS 1000u  /**< kept; the last hundred places are reserved for errors */

typedef enum {
    PC_SEVERITY_INFO,
    PC_SEVERITY_WARNING,
    PC_SEVERITY_ERROR,
} pc_severity;

/** "info", "warning", "error". */
const char *pc_severity_name(pc_severity severity);

typedef enum {
    PC_EDIT_NONE,    /**< only the author can decide: the fix is advice */
    PC_EDIT_REPLACE, /**< the lines become `text` */
    PC_EDIT_REMOVE,  /**< the lines are removed */
    PC_EDIT_MOVE,    /**< the lines are removed, and `text` is added at the end of [section], created if need be */
    PC_EDIT_ADD,     /**< `text` is added at the end of [section], created if need be */
} pc_edit_action;

/**
 * A fix as a program applies it. After it the finding is gone, there is no new one (unless the line could not be read
 * before), and the request is the same except for what the finding is about.
 */
typedef struct {
    pc_edit_action action;
    unsigned first_line; /**< 1-based lines of the file */
    unsigned last_line;
    const char *section;
    const char *text; /**< one or more lines, separated by LF */
} pc_edit;

/** Something that the author of the file should know, with the fix. */
typedef struct {
    const char *id;       /**< stable: "inf.unknown-key" */
    pc_severity severity; /**< error: `new` refuses the file */
    unsigned line;        /**< 1-based; 0 for the file as a whole */
    const char *message;  /**< what was found, and its effect */
    const char *fix;      /**< for people: the line to write instead, or what to do; NULL if there is nothing to do */
    pc_edit edit;
} pc_finding;

/**
 * Findings, sorted by line. If there are more than are kept, one with the id "inf.too-many" comes
 * last; it has the highest severity that was left out, so that an error is never lost.
 */
typedef struct {
    pc_finding *items;
    size_t count;
    size_t left_out;            /**< findings beyond those kept */
    pc_severity left_out_worst; /**< meaningful if left_out is not 0 */
} pc_findings;

/** One `key = value` line, or a line without '='. Texts are UTF-8. */
typedef struct {
    unsigned line;       /**< 1-based line of the file */
    unsigned last_line;  /**< the same, or that of the last line that a '\\' at the end joins to it */
    const char *section; /**< name as written at its first occurrence */
    const char *key;     /**< %strings% replaced; "" for a line without '=' */
    const char *value;   /**< unquoted, %strings% replaced, `_continue_` not yet joined */
    const char *comment; /**< text after ';', trimmed, or NULL */
    bool was_quoted;
    bool was_typographic; /**< the quotes were typographic ones, which certreq treats as part of the value */
    bool has_bare_comma;  /**< a comma outside quotes, which divides the value into fields for certreq */
    bool is_quote_open;   /**< a quote is not closed; the value ends at the end of the line */
} pc_inf_entry;

typedef struct pc_inf {
    const char *file;     /**< as given by the caller, for messages */
    const char *encoding; /**< "utf-8", "utf-8-bom", "utf-16le", "utf-16be", "windows-1252", "ascii" */
    pc_inf_entry *entries;
    size_t entry_count;
    const char **sections;   /**< without duplicates, in order of first appearance */
    unsigned *section_lines; /**< the line of each section's first header */
    size_t section_count;
    pc_findings findings; /**< what reading the grammar found */
    struct pc_arena *arena;
} pc_inf;

/**
 * Read INF text.
 *
 * @param bytes, len  the file's bytes; borrowed for the call
 * @param file        its name for messages; copied
 * @param ret_inf     owned by the caller, pc_inf_free
 * @return PC_OK; PC_E_INPUT if it is empty, over PC_INF_MAX_SIZE or PC_INF_MAX_LINES, holds NUL or other control
 *         characters (binary), or has no section at all; PC_E_MEMORY. What certreq would pass over is a finding,
 *         not a failure.
 */
PC_MUST_CHECK pc_status pc_inf_parse(const uint8_t *bytes, size_t len, const char *file, pc_inf **ret_inf,
                                     pc_error *err);

/** Frees everything. Accepts NULL. */ void pc_inf_free(pc_inf *inf);

/** Does the text look like an INF (a section header before anything else but comments)? Any bytes are allowed. */
bool pc_inf_recognise(const uint8_t *bytes, size_t len);

/**
 * Create the request that the file asks for.
 *
 * Findings are added to inf->findings, in line order. A finding of severity error means that the file cannot be
 * honoured: *ret_request is then still set as far as the file was understood, and the caller decides.
 *
 * @return PC_OK; PC_E_INPUT if the file has no [NewRequest] (the error says what it is instead); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_to_request(pc_inf *inf, pc_request **ret_request, pc_error *err);

/** The first finding of severity error, or NULL. */
const pc_finding *pc_inf_first_error(const pc_inf *inf);

#ifdef __cplusplus
}
#endif

#endif
