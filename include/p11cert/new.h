/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_NEW_H
#define P11CERT_NEW_H

#include <p11cert/inf.h>
#include <p11cert/key.h>
#include <p11cert/request.h>
#include <p11cert/show.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert new`: create a key pair on the token and a certificate request from an INF file or flags. In two steps, so
 * that the plan can be shown before a key exists.
 */

typedef struct {
    pc_alt_name_kind kind;
    const char *text;
} pc_alt_name_flag;

/** What the user asks for. Texts are borrowed; NULL means not specified. */
typedef struct {
    const char *inf;                   /**< path of the INF; NULL: everything from flags */
    const char *subject;               /**< X.500 string; replaces the file's */
    const pc_alt_name_flag *alt_names; /**< added to the file's */
    size_t alt_name_count;
    const char *const *ekus;   /**< names ("serverAuth") or dotted OIDs, NULL-terminated; replace the file's */
    const char *key_usage;     /**< RFC 5280 names, comma-separated; replaces the file's */
    const char *digest;        /**< "sha256", "sha384", "sha512"; replaces the file's */
    const char *template_name; /**< certificate template, as an extension (1.3.6.1.4.1.311.20.2) */
    const char *host;          /**< DNS name that replaces the subject's CN and the file's DNS names */
    const char *key_type;      /**< "rsa-2048", …; replaces the file's */
    const char *label;         /**< for the key; else KeyContainer, else the CN */
    const char *id;            /**< CKA_ID of the new key in hexadecimal, 1 to 64 bytes; else 16 random bytes */
    const char *key;           /**< URI or label of an existing key; no key is made then */
    pc_wish exportable;        /**< --exportable, --non-exportable; if silent, the file decides */
    const char *out;           /**< path of the request; "-" for standard output */
    bool force;                /**< replace the output file */
    /**
     * Flags that this token is known to report incorrectly; a mismatch in them does not cause a new key to be
     * destroyed. Only "local" is supported (the token reports a key generated on it as not local). NULL-terminated;
     * NULL: none.
     */
    const char *const *tolerate;
    /**
     * Add what certreq reports about its machine, for CAs whose policy module requires it: OS version, client
     * information and, if the file names one known provider and its key spec, the provider. These values are not true
     * here, so they are only added on request.
     */
    bool windows_attributes;
} pc_new_order;

/** What will be done, before the token is accessed. */
typedef struct pc_new_plan {
    pc_request *request;
    pc_inf *inf;          /**< with its findings; NULL if all came from flags */
    bool exportable;      /**< whether a new key will be exportable */
    const char *because;  /**< what decided that */
    const char *conflict; /**< what the file requests and will not get, or the reverse; NULL if none */
    const char *options;  /**< options for resolving the conflict, one per line; NULL if none */
    const char *label;    /**< of the key; NULL if an existing key was named */
    unsigned tolerated;   /**< from order->tolerate, one bit per pc_key_flag */
    const struct pc_windows_claims *claims; /**< for windows_attributes; NULL if not requested */
    const pc_new_order *order;
    struct pc_arena *arena;
} pc_new_plan;

/**
 * Read the INF and the flags. Accesses no token and writes no file.
 * @param order  borrowed until pc_new_plan_free
 * @return PC_OK, with findings in ret_plan->inf; PC_E_USAGE; PC_E_INPUT, also for a finding of severity error;
 *         PC_E_NOT_FOUND, PC_E_IO (the file); PC_E_MEMORY. *ret_plan is set whenever the file could be parsed, so
 *         that its findings can be shown even if it is refused.
 */
PC_MUST_CHECK pc_status pc_new_prepare(const pc_new_order *order, pc_new_plan **ret_plan, pc_error *err);
void pc_new_plan_free(pc_new_plan *plan);

/** What pc_new_run would do, as far as that is known without the token. */
typedef struct pc_dry_run {
    const char *mechanism; /**< "CKM_RSA_PKCS_KEY_PAIR_GEN"; NULL if an existing key was named and none is made */
    pc_template_row *private_rows; /**< attributes of the private key, in the order of the template */
    size_t private_count;
    pc_template_row *public_rows;
    size_t public_count;
    const char *signature; /**< "sha256, PKCS#1 v1.5", "sha256, RSASSA-PSS", "sha256, ECDSA" */
    pc_shown request;      /**< with a placeholder for the key: spki_sha256 is NULL, the key identifier has no hex */
    struct pc_arena *arena;
} pc_dry_run;

/**
 * Determine the key template and request. Opens no module, token or file.
 * @param ret_dry_run  owned by the caller, pc_dry_run_free
 * @return PC_OK; PC_E_INPUT, PC_E_CRYPTO (the request cannot be built); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_new_dry_run(const pc_new_plan *plan, pc_dry_run **ret_dry_run, pc_error *err);

/** Frees everything. Accepts NULL. */
void pc_dry_run_free(pc_dry_run *dry_run);

typedef enum {
    PC_NEW_KEY_MADE,
    PC_NEW_KEY_RESUMED, /**< a key with that label and no certificate existed, from an earlier run */
    PC_NEW_KEY_NAMED,   /**< the order named it */
} pc_new_key_origin;

typedef struct pc_new_result {
    bool changed; /**< false: the key and the request in the output file were already as requested; nothing was done */
    pc_new_key_origin origin;
    pc_key key;
    char key_kind[32];
    const char *unsupported_flags; /**< flags that the token does not support; "" if none */
    const char *key_tolerated; /**< reported differently by the token and tolerated: "local is false"; "" if nothing */
    const char *proof;         /**< how the token refused to reveal the key; NULL if not tried */
    const char *token;         /**< label */
    const char *spki_sha256;   /**< hex of the digest of the public key, DER SubjectPublicKeyInfo */
    const char *conflict;      /**< between the file's request and the named key; NULL if none */
    const char *out;
    struct pc_arena *arena;
} pc_new_result;

/**
 * Find or make the key, sign the request with it (see pc_token_access.signer), verify it, write it.
 *
 * Can be run again after any interruption: a key with the label and no certificate is reused if it matches the request.
 * After a complete run it does nothing: an output file that contains the request that would be written now, for a key
 * as requested, is not a conflict. Any other existing output file is refused.
 *
 * @return PC_OK; PC_E_REFUSED (output exists; a key with that label has a certificate, or does not match the order);
 *         PC_E_AMBIGUOUS (several keys with the label); any error of opening the token, making a key and signing;
 *         PC_E_IO: the key then exists, and the same command resumes with it.
 */
PC_MUST_CHECK pc_status pc_new_run(const pc_new_plan *plan, const pc_token_access *access, pc_new_result **ret_result,
                                   pc_error *err);
void pc_new_result_free(pc_new_result *result);

#ifdef __cplusplus
}
#endif

#endif
