/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_LINE_H
#define PC_INF_INF_LINE_H

#include "base/text.h"

/** Cuts text into lines that end with CR, LF or CRLF; a '\' at the end joins the next line. */
typedef struct {
    pc_arena *arena; /**< for joined lines */
    const char *cursor;
    const char *end;
    unsigned next_line;
} pc_line_reader;

typedef struct {
    pc_span text;  /**< trimmed */
    unsigned line; /**< 1-based number of its first line */
    unsigned last_line;
} pc_logical_line;

/** The next line. @return PC_OK, PC_E_NOT_FOUND at the end of the text, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_line_read(pc_line_reader *reader, pc_logical_line *ret_line);

typedef enum {
    PC_TYPOGRAPHIC_NONE,
    PC_TYPOGRAPHIC_PAIR,  /**< around the value; taken as quotes */
    PC_TYPOGRAPHIC_STRAY, /**< at one end only, or with something after it */
} pc_typographic;

/** The next line as it stands in the file, trimmed, whether it ends in '\' or not. To be called before the end of the
 * text. */
pc_span pc_line_take_physical(pc_line_reader *reader);

/** The parts of an entry as written in the line, trimmed; all borrowed from it. */
typedef struct {
    pc_span key;
    pc_span value;   /**< still quoted, but without a typographic pair; the whole line where there is no '=' */
    pc_span comment; /**< after ';' */
    bool has_equals;
    bool has_comment;
    bool is_quote_open;
    pc_typographic typographic;
} pc_inf_line;

pc_inf_line pc_inf_line_split(pc_span text);

/** Is there a typographic double quote, of three bytes of UTF-8, at that place? */
bool pc_is_typographic(pc_span text, size_t place);

/** Is there a comma outside quotes? */
bool pc_inf_has_bare_comma(pc_span value);

/** Does the value begin with a double quote? */
bool pc_inf_is_quoted(pc_span value);

/**
 * Copy a value without its quotes; a doubled quote inside is one. A value that does not begin with
 * a quote is copied as it is. NULL when out of memory.
 */
char *pc_inf_unquote(pc_arena *arena, pc_span value);

#endif
