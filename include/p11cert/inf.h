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
 * The INF language of certreq: the Windows setup-INF grammar, and the sections and keys that
 * certreq reads. Source: Microsoft's certreq page and "General syntax rules for INF files"; where
 * real files differ from them, what certreq accepts.
 */

#define PC_INF_MAX_SIZE     ((size_t)4 * 1024 * 1024) /**< bytes; a larger file is refused */
#define PC_INF_MAX_LINE     4096u                     /**< characters of key and value of one line after replacement */
#define PC_INF_MAX_LINES    65536u                    /**< lines neither blank nor comment; a longer file is refused */
#define PC_INF_MAX_FINDINGS 1000u                     /**< kept; the last hundred places are for errors */

typedef enum {
    PC_SEVERITY_INFO,
    PC_SEVERITY_WARNING,
    PC_SEVERITY_ERROR,
} pc_severity;

/** "info", "warning", "error". */
const char *pc_severity_name(pc_severity severity);

/** Something the author of the file should know, with the mend. */
typedef struct {
    const char *id;       /**< stable: "inf.unknown-key" */
    pc_severity severity; /**< error: `new` refuses the file */
    unsigned line;        /**< 1-based; 0 for the file as a whole */
    const char *message;  /**< what is there and what comes of it */
    const char *fix;      /**< what to write instead, or NULL */
} pc_finding;

/**
 * Findings, sorted by line. Where more turned up than are kept, one with the id "inf.too-many" comes
 * last; it has the severity of the worst that was left out, so that an error is never lost.
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
    const char *section; /**< name as written at its first occurrence */
    const char *key;     /**< %strings% replaced; "" for a line without '=' */
    const char *value;   /**< unquoted, %strings% replaced, `_continue_` not yet joined */
    const char *comment; /**< text after ';', trimmed, or NULL */
    bool was_quoted;
    bool was_typographic; /**< the quotes were typographic ones, which certreq takes for part of the value */
    bool is_quote_open;   /**< a quote in the line is not closed; the value ends with the line */
} pc_inf_entry;

typedef struct pc_inf {
    const char *file;     /**< as given by the caller, for messages */
    const char *encoding; /**< "utf-8", "utf-8-bom", "utf-16le", "utf-16be", "windows-1252", "ascii" */
    pc_inf_entry *entries;
    size_t entry_count;
    const char **sections;   /**< each once, in order of first appearance */
    unsigned *section_lines; /**< the line of each one's first header */
    size_t section_count;
    pc_findings findings; /**< what reading the grammar turned up */
    struct pc_arena *arena;
} pc_inf;

/**
 * Read INF text.
 *
 * @param bytes, len  the file's bytes; borrowed for the call
 * @param file        its name for messages; copied
 * @param ret_inf     owned by the caller, pc_inf_free
 * @return PC_OK; PC_E_INPUT if it is empty, over PC_INF_MAX_SIZE or PC_INF_MAX_LINES, holds NUL or other control
 *         characters (binary), or has no section at all; PC_E_MEMORY. Oddities that certreq would swallow are findings,
 *         not failures.
 */
PC_MUST_CHECK pc_status pc_inf_parse(const uint8_t *bytes, size_t len, const char *file, pc_inf **ret_inf,
                                     pc_error *err);

/** Frees all. Accepts NULL. */
void pc_inf_free(pc_inf *inf);

/** Does the text look like an INF (a section header before anything else but comments)? Any bytes are allowed. */
bool pc_inf_recognise(const uint8_t *bytes, size_t len);

/**
 * Make the request that the file asks for.
 *
 * Findings are added to inf->findings, in the order of their lines. A finding of severity error
 * means that the file cannot be honoured: *ret_request is then still set as far as it was
 * understood, and the caller decides.
 *
 * @return PC_OK; PC_E_INPUT if the file has no [NewRequest] (with what it is instead); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_to_request(pc_inf *inf, pc_request **ret_request, pc_error *err);

/** The first finding of severity error, or NULL. */
const pc_finding *pc_inf_first_error(const pc_inf *inf);

#ifdef __cplusplus
}
#endif

#endif
