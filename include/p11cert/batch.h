/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_BATCH_H
#define P11CERT_BATCH_H

#include <p11cert/accept.h>
#include <p11cert/certificate_profile.h>
#include <p11cert/issuance_log.h>
#include <p11cert/request.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert batch`: keys and requests for many hosts in one login, and the certificates issued for them.
 *
 * The token is the database: a key with the host's label and no certificate is reused, and an existing request that is
 * correct is kept. To resume a run that was stopped, killed or failed, run it again. The manifest is only a log; it is
 * never used as the source of the current state.
 */

#define PC_BATCH_MAX_JOBS 64u
#define PC_BATCH_MAX_ROW  ((size_t)64 * 1024) /**< bytes of one host's row in a list; a longer row is refused */
#define PC_BATCH_MANIFEST "manifest.jsonl"    /**< in the output folder; one JSON object per line, appended to */

/** What the user asks for. Texts are borrowed; NULL or 0 means not specified. */
typedef struct {
    const char *source;   /**< an INF as the template for a list of hosts; or, without a list, a folder of INF files;
                             NULL: flags */
    const char *hosts;    /**< a list: CSV with a header line or JSON Lines; "-" is standard input */
    const char *out;      /**< output folder; created if it does not exist */
    const char *key_type; /**< as in pc_new_order */
    pc_wish exportable;
    const char *issue_with;             /**< label or URI of a CA's key: issue and bind too */
    const pc_token_access *issue_token; /**< how the CA's token is opened; NULL: the key is on the hosts' token. Without
                                           a module, theirs is used */
    const char *ca_certificate;         /**< path; NULL: the one that is bound to the CA's key */
    unsigned days;                      /**< of the certificates; 0: the default of `issue` */
    const char *profile;                /**< as in pc_issue_order, and for hosts, not CAs */
    const char *issuance_log;           /**< as in pc_issue_order; NULL: none is kept */
    bool known_key;                     /**< as in pc_issue_order */
    pc_text_list linters;               /**< as in pc_issue_order */
    unsigned jobs;  /**< sessions that generate keys in parallel; 0: the number of cores, and more as long as
                       that is faster and the token allows them */
    unsigned shard; /**< 1 to shard_count: only the hosts of this shard; 0: all */
    unsigned shard_count;
    bool stop_at_failure; /**< end at the first host that fails */
} pc_batch_order;

/** The outcome for one host, or for one returned certificate. */
typedef enum {
    PC_BATCH_MADE,    /**< a key was generated and a request written */
    PC_BATCH_RESUMED, /**< the key existed from an earlier run; the request was written */
    PC_BATCH_KEPT,    /**< everything existed and was correct */
    PC_BATCH_ISSUED,  /**< in addition, a certificate was issued, bound and written */
    PC_BATCH_BOUND,   /**< `accept`: the certificate was written to the token */
    PC_BATCH_FAILED,
    PC_BATCH_OUTCOME_COUNT,
} pc_batch_outcome;

/** "made", "resumed", "kept", "issued", "bound", "failed". */
const char *pc_batch_outcome_name(pc_batch_outcome outcome);

/** A line of the manifest. Texts are borrowed for the call and not escaped; NULL where unknown. */
typedef struct {
    const char *host;
    const char *label;
    const char *id;          /**< CKA_ID, hex */
    const char *spki_sha256; /**< hex of the digest of the public key, DER SubjectPublicKeyInfo */
    const char *file;        /**< of the request, or of the returned certificate */
    const char *certificate; /**< file of the certificate that was issued */
    const char *proof;       /**< how the token refused to reveal the key */
    const char
        *half_id; /**< CKA_ID, hex, of a public key with the label but no private key: left behind by a killed run */
    const char *unsupported_flags; /**< flags of the key that the token does not support, comma-separated */
    const char *conflict;          /**< what the template requests and does not get */
    const char *left_out;          /**< what the request asks for and the certificate does not have, comma-separated */
    pc_text_list warnings;         /**< of the policy "ca", about the certificate */
    pc_batch_outcome outcome;
    const pc_error *err; /**< on failure; else NULL */
    const char *json;    /**< the line as written to the manifest, without its newline */
} pc_batch_line;

/** Progress of a run. */
typedef struct {
    size_t total; /**< hosts of this shard; 0 if not known in advance */
    size_t done;  /**< regardless of outcome */
    size_t counts[PC_BATCH_OUTCOME_COUNT];
    unsigned jobs;
} pc_batch_tally;

/** Progress callbacks. All are called on the caller's thread, between items; each may be NULL. */
typedef struct {
    /** Before the first item: signatures that the issuance log announces without recording the outcome. */
    void (*on_unfinished)(void *context, const pc_unfinished_signatures *unfinished);
    void (*on_line)(void *context, const pc_batch_line *line, const pc_batch_tally *tally);
    bool (*is_stopped)(void *context); /**< true: start nothing new, finish what has been started */
    void *context;
} pc_batch_watch;

typedef struct {
    pc_batch_tally tally;
    bool was_stopped; /**< by the callback or by a failure: some hosts were not processed */
    pc_status worst;  /**< of the first host that failed; PC_OK if none did */
} pc_batch_result;

/**
 * Generate keys and requests for many hosts. Several sessions generate keys in parallel. Each key is read back in
 * another session, where an attempt is made to extract it. One thread signs, verifies and writes. Memory use does not
 * grow with the number of hosts.
 *
 * A host that fails gets a line in the manifest and does not stop the others, unless the token itself is lost.
 *
 * @param ret_result  set on failure too, with the progress made so far
 * @return PC_OK, even if some hosts failed; PC_E_USAGE; PC_E_INPUT, PC_E_NOT_FOUND, PC_E_IO (template, list, folder;
 *         before any key is generated if the list is a file); PC_E_REFUSED (another run is using the folder); any error
 *         of opening the token; PC_E_TOKEN (the token was lost during the run); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_batch_run(const pc_batch_order *order, const pc_token_access *access,
                                     const pc_batch_watch *watch, pc_batch_result *ret_result, pc_error *err);

/** Certificates returned by the CA. */
typedef struct {
    const char *folder;        /**< every .cer, .crt, .pem, .der, .p7b and .p7c in it */
    const char *const *chains; /**< as in pc_accept_order */
    size_t chain_count;
    bool stop_at_failure;
} pc_batch_accept_order;

/** Bind each certificate in a folder to its key, as `accept` does for one. @return as pc_batch_run. */
PC_MUST_CHECK pc_status pc_batch_accept(const pc_batch_accept_order *order, const pc_token_access *access,
                                        const pc_batch_watch *watch, pc_batch_result *ret_result, pc_error *err);

/**
 * The shard of a host: the first eight bytes of the SHA-256 of its lower-case name, as a big-endian number, modulo
 * `count`, plus one. It is therefore the same on every machine and in every version.
 */
unsigned pc_batch_shard_of(const char *host, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
