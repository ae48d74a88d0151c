/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_EXPLAIN_H
#define P11CERT_EXPLAIN_H

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
    const char *hash;          /**< "sha256", …, including refused ones; NULL if the file specifies none */
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

#ifdef __cplusplus
}
#endif

#endif
