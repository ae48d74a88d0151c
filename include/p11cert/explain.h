/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_EXPLAIN_H
#define P11CERT_EXPLAIN_H

#include <p11cert/bytes.h>
#include <p11cert/inf.h>
#include <p11cert/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert explain`: what each line of an INF file does here, how Windows reads it, and what is wrong. */

typedef enum {
    PC_EFFECT_HONOURED, /**< done as certreq does it */
    PC_EFFECT_MAPPED,   /**< implemented differently: a PKCS#11 attribute, a label */
    PC_EFFECT_IGNORED,  /**< has no effect on a request made here; the note says why */
    PC_EFFECT_REFUSED,  /**< `new` refuses the file because of it */
} pc_effect;

/** "honoured", "mapped", "ignored", "refused". */
const char *pc_effect_name(pc_effect effect);

typedef struct {
    unsigned line;
    const char *section;
    const char *key;
    const char *value; /**< as the file's author means it: unquoted, strings replaced */
    pc_effect effect;
    const char *note; /**< what it becomes, or why not */
} pc_directive;

typedef enum {
    PC_INF_REQUEST,
    PC_INF_CA_POLICY,
    PC_INF_NONE,
} pc_inf_kind;

/** "request", "ca-policy", "none". */
const char *pc_inf_kind_name(pc_inf_kind kind);

typedef struct pc_explanation {
    pc_inf *inf; /**< the file, with all findings */
    pc_inf_kind kind;
    pc_request *request;       /**< NULL unless kind is PC_INF_REQUEST */
    pc_wish exportable;        /**< how certreq would read the file: never silent */
    const char *request_type;  /**< "PKCS10", "PKCS7", "CMC", "Cert", "SCEP", or NULL */
    unsigned key_bits;         /**< as specified in the file; 0 if not */
    const char *key_algorithm; /**< as specified in the file; "RSA" if not */
    const char *hash;          /**< "sha256", "NoHash", …, including refused ones; NULL if the file specifies none */
    const char **source_lines; /**< the file's own lines, UTF-8, without line endings */
    size_t source_line_count;
    pc_directive *directives; /**< one per entry, in file order */
    size_t directive_count;
    struct pc_arena *arena;
} pc_explanation;

/**
 * @param bytes, len, file  as for pc_inf_parse
 * @return PC_OK for any text that parses, whatever its findings; any error of pc_inf_parse. Owned: pc_explanation_free.
 */
PC_MUST_CHECK pc_status pc_inf_explain(const uint8_t *bytes, size_t len, const char *file,
                                       pc_explanation **ret_explanation, pc_error *err);

/** pc_inf_explain for a file. @return likewise, or PC_E_NOT_FOUND, PC_E_IO; a file over PC_INF_MAX_SIZE is not read. */
PC_MUST_CHECK pc_status pc_explain_file(const char *file, pc_explanation **ret_explanation, pc_error *err);

/** Frees all. Accepts NULL. */
void pc_explanation_free(pc_explanation *explanation);

/** A corrected INF file, or one for a host. */
typedef struct pc_inf_fixed {
    const char *text;   /**< UTF-8 */
    pc_bytes bytes;     /**< as it is to be written: ASCII, else UTF-16LE; line endings as in the file */
    const char **fixed; /**< what was changed, one sentence each, not escaped, like the next */
    size_t fixed_count;
    const char **left; /**< findings that only the author of the file can resolve */
    size_t left_count;
    bool is_accepted; /**< `new` accepts it as it is now */
    struct pc_arena *arena;
} pc_inf_fixed;

/**
 * Apply the fixes of all warnings and errors of a file for which a program can (pc_finding.edit), one after the other.
 * Order, comments and all other lines stay as they are.
 * @return as pc_explain_file.
 */
PC_MUST_CHECK pc_status pc_explain_fix(const char *file, pc_inf_fixed **ret_fixed, pc_error *err);

/**
 * A file that has no findings, for a host.
 * @param profile  "scom"
 * @return PC_OK; PC_E_USAGE (another profile; not a host name); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_explain_write(const char *profile, const char *fqdn, pc_inf_fixed **ret_written,
                                         pc_error *err);
void pc_inf_fixed_free(pc_inf_fixed *fixed);

typedef enum {
    PC_TERM_EVENT,   /**< of Operations Manager: "20071" */
    PC_TERM_CA_CODE, /**< an HRESULT of AD CS: "0x80094800" */
    PC_TERM_RULE,    /**< of a policy: "EXP-3" */
    PC_TERM_FINDING, /**< in an INF file: "inf.unknown-key" */
} pc_term_kind;

/** "event", "ca-code", "rule", "finding". */
const char *pc_term_kind_name(pc_term_kind kind);

/** What a word of a log, a CA or a report means. Safe to print. */
typedef struct pc_term {
    pc_term_kind kind;
    const char *name;
    const char *title;
    const char *meaning;    /**< of a rule: the requirement, and its source */
    const char *remedy;     /**< what to do */
    const char *severities; /**< of a rule, in each profile; of a finding; else NULL */
    const char *evidence;   /**< what a rule needs; else NULL */
    const char *rules; /**< for an event: the rules that detect its cause in advance, separated by spaces; or NULL */
    struct pc_arena *arena;
} pc_term;

/** Whether a word has the form of a term. */
bool pc_term_recognise(const char *word);

/** @return PC_OK; PC_E_NOT_FOUND if it is not known; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_explain_term(const char *word, pc_term **ret_term, pc_error *err);
void pc_term_free(pc_term *term);

#ifdef __cplusplus
}
#endif

#endif
