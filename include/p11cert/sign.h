/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SIGN_H
#define P11CERT_SIGN_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert sign`: sign files with a key on a token. `p11cert verify`: verify such signatures, without a token. */

typedef enum {
    PC_SIGN_CMS,    /**< RFC 5652, with the key's certificate and its issuers */
    PC_SIGN_RAW,    /**< the bare signature of the file's bytes */
    PC_SIGN_DIGEST, /**< the bare signature of a digest: the file contains it, in bytes or as hex */
} pc_sign_form;

/** "cms", "raw", "digest". */
const char *pc_sign_form_name(pc_sign_form form);

typedef struct {
    const char *key;          /**< label or URI */
    const char *const *files; /**< paths of regular files, of any size; each is read more than once */
    size_t file_count;
    const char *out; /**< for one file only; NULL: the file's name with .p7s, .p7m or .sig added */
    pc_sign_form form;
    bool detached;           /**< CMS only: the content stays outside */
    const char *hash;        /**< "sha256", "sha384", "sha512"; NULL: as strong as the key */
    bool pss;                /**< RSASSA-PSS, RSA keys only */
    const char *certificate; /**< path of the key's certificate if it is not on the token; else NULL */
    const char *const *chains;
    size_t chain_count;
    bool allow_expired;   /**< sign although the certificate is not valid now */
    bool allow_any_usage; /**< sign although the key usage of the certificate does not allow it */
    bool force;           /**< replace output files */
} pc_sign_order;

/** A file and its signature: paths, as given. */
typedef struct {
    const char *file;
    const char *out;
    bool changed; /**< written; else a signature of this file by this key was there */
} pc_sign_file;

/** Texts are safe to print, except paths, which are as given. */
typedef struct pc_sign_result {
    const char *token;
    const char *label;
    const char *id; /**< CKA_ID, hex */
    const char *kind;
    const char *spki_sha256;
    const char *subject;   /**< of the certificate; NULL if the key has none, like the next two */
    const char *serial;    /**< hex */
    const char *not_after; /**< 2027-11-22T21:00:00Z */
    const char *algorithm; /**< "RSASSA-PSS with SHA-256" */
    pc_sign_form form;
    bool detached;
    bool changed; /**< a file was written */
    pc_sign_file *files;
    size_t file_count;
    const char **notes;
    size_t note_count;
    struct pc_arena *arena;
} pc_sign_result;

/**
 * Sign files in one login. Every signature is verified, against the file as it is read a second time, before its file
 * appears. If the signature of a file exists and is as ordered, it is not changed, so that a run can be repeated and an
 * interrupted one resumed.
 *
 * CMS signatures contain the signing time, the signing certificate (RFC 5035), and the issuers up to the root, without
 * it.
 *
 * @return PC_OK; PC_E_USAGE (the order contradicts itself); PC_E_REFUSED (the certificate is not valid now, or its key
 * usage, or CKA_SIGN of the key, does not allow it; another file has the output's name); PC_E_NOT_FOUND (no key; no
 * certificate, for CMS); PC_E_AMBIGUOUS; PC_E_INPUT (a file that cannot be read twice, or no digest; PSS without RSA;
 * Ed25519 and a file over 16 MiB); PC_E_CRYPTO (Ed25519 in CMS before OpenSSL 3.5); PC_E_VERIFY (a signature does not
 * verify, or the file changed meanwhile); PC_E_TOKEN; PC_E_IO; PC_E_MEMORY; any error of opening the token. Files that
 * were signed before the failure stay.
 */
PC_MUST_CHECK pc_status pc_sign_run(const pc_sign_order *order, const pc_token_access *access,
                                    pc_sign_result **ret_result, pc_error *err);
void pc_sign_result_free(pc_sign_result *result);

typedef struct {
    const char *file;      /**< what was signed, or a CMS signature that contains it */
    const char *signature; /**< NULL: the file's name with .p7s or .sig; without that, for CMS, the file itself */
    pc_sign_form form;
    const char *hash;          /**< of a bare signature; NULL: as strong as the key */
    bool pss;                  /**< of a bare signature */
    const char *certificate;   /**< path: the only certificate that may have signed; needed for a bare signature */
    const char *const *trusts; /**< paths of files with roots that are trusted */
    size_t trust_count;
    const char *const *chains; /**< paths of files with issuers between signer and root */
    size_t chain_count;
    const char *out; /**< write the content of a CMS signature there; NULL: nowhere */
    bool force;
} pc_verify_order;

/** Texts are safe to print, except paths, which are as given; what the signature does not say is NULL. */
typedef struct pc_verify_result {
    const char *file;
    const char *signature; /**< the file with the signature; that with the content if it is inside */
    pc_sign_form form;
    bool detached;
    const char *subject; /**< of the signer's certificate */
    const char *serial;
    const char *not_after;
    const char *signing_time; /**< as the signer states it */
    const char *digest;       /**< "SHA256" */
    bool pss;
    bool chain_verified; /**< up to a trusted root */
    const char *out;
    struct pc_arena *arena;
    bool changed; /**< the content was written; false: `out` has it already, or nothing was to be written */
} pc_verify_result;

/**
 * Verify a signature with the certificate given, up to the roots given, or both. No token is needed.
 *
 * @return PC_OK if it is valid; PC_E_VERIFY if not, with the reason; PC_E_USAGE (neither certificate nor root; a bare
 * signature without certificate); PC_E_NOT_FOUND (a file); PC_E_INPUT (not a signature; a file that cannot be used);
 * PC_E_REFUSED (the output exists with other content); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_verify_run(const pc_verify_order *order, pc_verify_result **ret_result, pc_error *err);
void pc_verify_result_free(pc_verify_result *result);

#ifdef __cplusplus
}
#endif

#endif
