/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_KIT_H
#define P11CERT_KIT_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert kit`: the folder that the administrator of the Operations Manager (SCOM) computer needs:
 * certificate or PFX, issuers, the registry values, a script that installs all and checks it, and a
 * README in plain words. MOMCertImport, and what comes before and after it.
 */

typedef struct {
    const char *key;         /**< label or URI; NULL: the key is on the Windows computer already, no token is opened */
    const char *certificate; /**< path of the certificate if it is not on the token; must be there without a key */
    const char *const *chains; /**< paths of files with issuers, beside those on the token; may be empty */
    size_t chain_count;
    const char *out;               /**< the folder to be made */
    const char *csp;               /**< legacy CSP of the HSM's vendor on the Windows computer; NULL: none known */
    const char *password_source;   /**< of the PFX, as in pc_export_order */
    const char *generate_password; /**< as in pc_export_order; must not lie in the folder */
    bool accept_weak_password;     /**< as in pc_export_order */
    bool legacy;                   /**< as in pc_export_order */
    bool is_renewal;               /**< as in pc_export_order */
} pc_kit_order;

/** How the Windows computer comes to the private key. */
typedef enum {
    PC_KIT_PFX,  /**< in server.pfx, moved once */
    PC_KIT_HSM,  /**< the key cannot leave its token: through a legacy CSP of its vendor, or not at all (rule EXP-3) */
    PC_KIT_HOST, /**< it is there already: the request was made there */
} pc_kit_way;

/** "pfx", "hsm", "host". */
const char *pc_kit_way_name(pc_kit_way way);

/** A file of the kit. */
typedef struct {
    const char *name;
    const char *what;   /**< for whom has never seen one */
    const char *sha256; /**< hex */
} pc_kit_file;

/** Why SCOM would not use the certificate, by the policy "scom". */
typedef struct {
    const char *rule; /**< "EKU" */
    const char *evidence;
} pc_kit_problem;

/** Texts safe to print. */
typedef struct pc_kit_result {
    const char *out;
    pc_kit_way way;
    const char *token; /**< this and the next two: NULL for PC_KIT_HOST */
    const char *key_label;
    const char *key_id; /**< hex */
    const char *name;   /**< the certificate's first CN: the computer's name; its subject if it has none */
    const char *subject;
    const char *issuer;
    const char *serial;     /**< hex, as Windows shows it */
    const char *thumbprint; /**< SHA-1 of the certificate, hex */
    const char *not_after;  /**< 2027-11-22T21:00:00Z */
    const char **chain;     /**< subjects of the issuers in the kit, nearest first */
    size_t chain_count;
    const char *missing; /**< subject of the issuer at which the chain breaks off; NULL if it ends in a root */
    const char *csp;     /**< as in the order */
    const char *repair;  /**< the line that binds the key on the Windows computer; NULL for PC_KIT_PFX */
    const char
        *conflict; /**< why the key cannot reach SCOM, and what the documentation says; NULL but for PC_KIT_HSM */
    const char *const *ways_out; /**< what can be done about that; as conflict */
    size_t way_out_count;
    const char *protection;    /**< of the PFX; NULL if there is none */
    const char *password_file; /**< where its password was written; NULL if it was not made here */
    pc_kit_problem *problems;
    size_t problem_count;
    pc_kit_file *files;
    size_t file_count;
    const char *sums_sha256; /**< of SHA256SUMS: what to compare by another road */
    struct pc_arena *arena;
} pc_kit_result;

/**
 * Make the kit. The folder appears whole or not at all; one that exists is never touched.
 *
 * A key that cannot be extracted gives a kit without PFX, which is no failure: the result says the conflict, and
 * no password is asked.
 *
 * @return PC_OK; PC_E_USAGE (neither key nor certificate; a password without a key; a CSP name with a quote or
 *         control character); PC_E_INPUT (a file holds no certificate, or the certificate of another key; the chain does not hold);
 *         PC_E_NOT_FOUND (no key; no certificate for it); PC_E_AMBIGUOUS (several keys);
 *         PC_E_REFUSED (the folder exists; the password would lie in it); PC_E_IO; PC_E_MEMORY; what opening the token and
 *         pc_export_run can give. After a failure nothing is left but, if the process was killed, the folder under its other name.
 */
PC_MUST_CHECK pc_status pc_kit_run(const pc_kit_order *order, const pc_token_access *access, pc_kit_result **ret_result,
                                   pc_error *err);
void pc_kit_result_free(pc_kit_result *result);

#ifdef __cplusplus
}
#endif

#endif
