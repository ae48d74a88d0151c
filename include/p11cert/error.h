/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ERROR_H
#define P11CERT_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Every function that can fail returns a pc_status and takes a pc_error last.
 *
 * A status tells what the *user* can do about the failure, so there are few; the table in docs/errors.md maps each to
 * an exit code of the program. The error is a chain of sentences: the innermost states what failed (with the raw code
 * of PKCS#11, OpenSSL or errno kept as a number); each outer layer may add one that states what it was trying to do, in
 * the user's terms.
 *
 * A text may name a member of the order that the caller gave, as one word in backquotes: "give `pin_source`", "use
 * `force` to replace this one". A program that has options of these names can show them in place of the members.
 */

#define PC_MUST_CHECK        __attribute__((warn_unused_result))
#define PC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum {
    PC_OK = 0,
    PC_E_USAGE,     /**< the arguments are wrong; nothing was changed */
    PC_E_INPUT,     /**< a file or value given cannot be used */
    PC_E_IO,        /**< a file cannot be read or written */
    PC_E_NOT_FOUND, /**< no such token, key, certificate, file */
    PC_E_AMBIGUOUS, /**< several matches where one is required */
    PC_E_AUTH,      /**< PIN or password wrong or missing, or login refused; at most one attempt was made */
    PC_E_LOCKED,    /**< PIN locked, or one wrong attempt away from being locked */
    PC_E_TOKEN,     /**< the module or token failed, or does not do what it reports */
    PC_E_CRYPTO,    /**< OpenSSL refused or failed */
    PC_E_VERIFY,    /**< a signature or read-back did not verify; the result was not written */
    PC_E_CA,        /**< the CA or the network failed or refused, or the CA's answer is unusable */
    PC_E_REFUSED,   /**< carrying out the order would violate a guarantee (overwrite, export, two keys with one name) */
    PC_E_MEMORY,    /**< out of memory, or of lockable memory */
    PC_E_INTERNAL,  /**< a bug in p11cert */
} pc_status;

/** Whose numbering pc_error.code follows. */
typedef enum {
    PC_ORIGIN_NONE,
    PC_ORIGIN_ERRNO,
    PC_ORIGIN_PKCS11,
    PC_ORIGIN_OPENSSL,
    PC_ORIGIN_CURL,    /**< CURLcode */
    PC_ORIGIN_HTTP,    /**< HTTP status */
    PC_ORIGIN_WINDOWS, /**< HRESULT of a CA, e.g. 0x80094800 */
} pc_error_origin;

#define PC_ERROR_FRAMES 6u
#define PC_ERROR_TEXT   640u

/**
 * The chain. Owned by the caller, usually on its stack; needs no freeing and never allocates, so that running out of
 * memory can still be reported. Zero-initialise it: `pc_error err = { 0 };`. Texts are safe to print: control
 * characters and broken UTF-8 from tokens and files are escaped.
 */
typedef struct {
    pc_status status;
    pc_error_origin origin;
    unsigned long code; /**< CK_RV, errno or another number, by origin */
    unsigned frame_count;
    char frames[PC_ERROR_FRAMES][PC_ERROR_TEXT]; /**< [0] is the innermost cause */
    char hint[PC_ERROR_TEXT];                    /**< what to do, or empty */
    bool resumes; /**< the hint says to run the same command again, which resumes where it stopped */
} pc_error;

/** Start a chain: clear err, record status and sentence. Returns status. err may be NULL. */
pc_status pc_fail(pc_error *err, pc_status status, const char *format, ...) PC_PRINTF(3, 4);

/** The same with the errno that caused it; its text is appended as ": No such file or directory". */
pc_status pc_fail_errno(pc_error *err, pc_status status, int error_number, const char *format, ...) PC_PRINTF(4, 5);

/** The same for a code from another library's numbering; the caller supplies the text. */
pc_status pc_fail_code(pc_error *err, pc_status status, pc_error_origin origin, unsigned long code, const char *format,
                       ...) PC_PRINTF(5, 6);

/** Out of memory, as PC_E_MEMORY. */
pc_status pc_fail_memory(pc_error *err);

/** Add an outer sentence to a failure. Returns status, so that callers can write `return pc_note(err, status, …)`. */
pc_status pc_note(pc_error *err, pc_status status, const char *format, ...) PC_PRINTF(3, 4);

/** Set the hint on what to do, replacing an earlier one. Returns status. */
pc_status pc_hint(pc_error *err, pc_status status, const char *format, ...) PC_PRINTF(3, 4);

/**
 * The same if the hint says to run the same command again: an outer layer, which knows that the command resumes where
 * it stopped, then need not repeat it.
 */
pc_status pc_hint_resume(pc_error *err, pc_status status, const char *format, ...) PC_PRINTF(3, 4);

/** The name of a status as in the docs and --json, e.g. "not-found". Never NULL. */
const char *pc_status_name(pc_status status);

/** The exit code of the program for a status, as documented in docs/errors.md. */
int pc_status_exit_code(pc_status status);

#ifdef __cplusplus
}
#endif

#endif
