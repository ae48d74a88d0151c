/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_KIT_H
#define P11CERT_KIT_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert kit`: the folder that the administrator of the Operations Manager (SCOM) computer needs: certificate or PFX,
 * issuers, the registry values, a script that installs and checks everything, and a README in plain language. Covers
 * MOMCertImport and the steps before and after it.
 */

typedef struct {
    const char *key;         /**< label or URI; NULL: the key is already on the Windows computer, no token is opened */
    const char *certificate; /**< path of the certificate if it is not on the token; required without a key */
    const char *const *chains; /**< paths of files with issuers, in addition to those on the token; may be empty */
    size_t chain_count;
    const char *out;               /**< the folder to create */
    const char *friendly_name;     /**< of the certificate in the PFX; NULL: that of inf, else its first CN */
    const char *inf;               /**< as in pc_export_order */
    const char *csp;               /**< legacy CSP of the HSM's vendor on the Windows computer; NULL: none known */
    const char *password_source;   /**< of the PFX, as in pc_export_order */
    const char *generate_password; /**< as in pc_export_order; must not be inside the folder */
    bool accept_weak_password;     /**< as in pc_export_order */
    bool legacy;                   /**< as in pc_export_order */
    bool is_step;                  /**< as in pc_export_order */
} pc_kit_order;

/** How the Windows computer gets the private key. */
typedef enum {
    PC_KIT_PFX,  /**< from server.pfx, moved once */
    PC_KIT_HSM,  /**< the key cannot leave its token: via its vendor's legacy CSP, or not at all (rule EXP-3) */
    PC_KIT_HOST, /**< it is already there: the request was made there */
} pc_kit_way;

/** "pfx", "hsm", "host". */
const char *pc_kit_way_name(pc_kit_way way);

/** A file of the kit. */
typedef struct {
    const char *name;
    const char *what;   /**< description for a newcomer */
    const char *sha256; /**< hex */
} pc_kit_file;

/** Why SCOM would reject the certificate, according to the policy "scom". */
typedef struct {
    const char *rule; /**< "EKU" */
    const char *evidence;
} pc_kit_problem;

/** Texts are safe to print, except paths, which are as given. */
typedef struct pc_kit_result {
    const char *out;
    bool changed; /**< false: the folder already existed, as ordered */
    pc_kit_way way;
    const char *token; /**< NULL for PC_KIT_HOST, like the next two */
    const char *key_label;
    const char *key_id; /**< hex */
    const char *name;   /**< the certificate's first CN: the computer's name; without a CN its subject */
    const char *subject;
    const char *issuer;
    const char *serial;     /**< hex, as Windows shows it */
    const char *thumbprint; /**< SHA-1 of the certificate, hex */
    const char *not_after;  /**< 2027-11-22T21:00:00Z */
    const char **chain;     /**< subjects of the issuers in the kit, nearest first */
    size_t chain_count;
    const char *missing; /**< subject of the first missing issuer; NULL if the chain ends in a root */
    const char *csp;     /**< as in the order */
    const char *repair;  /**< the command that binds the key on the Windows computer; NULL for PC_KIT_PFX */
    const char
        *conflict; /**< why the key cannot reach SCOM, and what the documentation says; PC_KIT_HSM only, else NULL */
    const char *const *options; /**< options for resolving it; PC_KIT_HSM only */
    size_t option_count;
    const char *protection;    /**< of the PFX; NULL if there is none */
    const char *password_file; /**< where its password was written; NULL if it was not generated here */
    pc_kit_problem *problems;
    size_t problem_count;
    pc_kit_file *files;
    size_t file_count;
    const char *sums_sha256; /**< of SHA256SUMS: to be compared over another channel */
    struct pc_arena *arena;
} pc_kit_result;

/**
 * Create the kit. The folder appears complete or not at all; an existing folder is never changed. One that contains
 * what would be written, with the PFX compared as in pc_export_run, is not an error.
 *
 * A key that cannot be extracted gives a kit without a PFX, which is not a failure: the result describes the conflict,
 * and no password is requested.
 *
 * @return PC_OK; PC_E_USAGE (neither key nor certificate; a password without a key; a CSP name with a quote or control
 *         character); PC_E_INPUT (a file contains no certificate, or the certificate of another key; the chain is
 *         invalid); PC_E_NOT_FOUND (no key; no certificate for it); PC_E_AMBIGUOUS (several keys); PC_E_REFUSED
 * (another folder exists; the password would be inside it); PC_E_IO; PC_E_MEMORY; any error of opening the token and
 *         pc_export_run. After a failure nothing is left; if the process was killed, the folder may remain under its
 *         temporary name.
 */
PC_MUST_CHECK pc_status pc_kit_run(const pc_kit_order *order, const pc_token_access *access, pc_kit_result **ret_result,
                                   pc_error *err);
void pc_kit_result_free(pc_kit_result *result);

#ifdef __cplusplus
}
#endif

#endif
