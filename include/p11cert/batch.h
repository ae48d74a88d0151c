/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_BATCH_H
#define P11CERT_BATCH_H

#include <p11cert/accept.h>
#include <p11cert/request.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert batch`: keys and requests of a whole fleet in one login, and the certificates that come back.
 *
 * The token is the database: a key of a host's label without a certificate is gone on with, a request that is there and
 * right is kept. So a run that was stopped, killed or failed half way is simply run again. What the manifest says is a
 * record, never the truth.
 */

#define PC_BATCH_MAX_JOBS 64u
#define PC_BATCH_MAX_ROW  ((size_t)64 * 1024) /**< bytes of one host in a list; a longer one is refused */
#define PC_BATCH_MANIFEST "manifest.jsonl"    /**< in the folder of the results; one JSON object a line, appended to */

/** What the user asks for. Borrowed texts; NULL or 0 where nothing was said. */
typedef struct {
    const char
        *source; /**< an INF as template for a list of hosts; or, without a list, a folder of INF files; NULL: flags */
    const char *hosts;    /**< a list: CSV with a header line or JSON Lines; "-" is standard input */
    const char *out;      /**< folder of the results; made if it is not there */
    const char *key_type; /**< as in pc_new_order */
    pc_wish exportable;
    const char *issue_with;     /**< label or URI of a CA's key on the same token: issue and bind too */
    const char *ca_certificate; /**< path; NULL: the one that is bound to the CA's key */
    unsigned days;              /**< of the certificates; 0: the default of `issue` */
    unsigned jobs;              /**< sessions that make keys at the same time; 0: what cores and token bear */
    unsigned shard;             /**< 1 to shard_count: only the hosts of this share; 0: all */
    unsigned shard_count;
    bool stop_at_failure; /**< end at the first host that fails */
} pc_batch_order;

/** What became of one host, or of one certificate that came back. */
typedef enum {
    PC_BATCH_MADE,    /**< a key was made and a request written */
    PC_BATCH_RESUMED, /**< the key was there from an earlier run; the request was written */
    PC_BATCH_KEPT,    /**< all was there and right */
    PC_BATCH_ISSUED,  /**< further a certificate was issued, bound and written */
    PC_BATCH_BOUND,   /**< `accept`: the certificate was written to the token */
    PC_BATCH_FAILED,
    PC_BATCH_OUTCOME_COUNT,
} pc_batch_outcome;

/** "made", "resumed", "kept", "issued", "bound", "failed". */
const char *pc_batch_outcome_name(pc_batch_outcome outcome);

/** A line of the manifest. Texts are borrowed for the call, not escaped; NULL where nothing is known. */
typedef struct {
    const char *host;
    const char *label;
    const char *id;          /**< CKA_ID, hex */
    const char *spki_sha256; /**< hex of the digest of the public key, DER SubjectPublicKeyInfo */
    const char *file;        /**< of the request, or of the certificate that came back */
    const char *certificate; /**< file of the certificate that was issued */
    const char *proof;       /**< how the token refused to give the key out */
    const char
        *half_id; /**< CKA_ID, hex, of a public key of the label without a private one: left by a run that was killed */
    const char *not_held; /**< flags of the key that the token does not take, comma-separated */
    const char *conflict; /**< what the template wishes and does not get */
    pc_batch_outcome outcome;
    const pc_error *err; /**< of a failure; else NULL */
    const char *json;    /**< the line as the manifest has it, without its end */
} pc_batch_line;

/** How far it is. */
typedef struct {
    size_t total; /**< hosts of this share; 0 if it is not known beforehand */
    size_t done;  /**< of whatever outcome */
    size_t counts[PC_BATCH_OUTCOME_COUNT];
    unsigned jobs;
} pc_batch_tally;

/** How the caller follows the work. Both are called from the calling thread, between items; either may be NULL. */
typedef struct {
    void (*on_line)(void *context, const pc_batch_line *line, const pc_batch_tally *tally);
    bool (*is_stopped)(void *context); /**< true: begin nothing more, finish what is begun */
    void *context;
} pc_batch_watch;

typedef struct {
    pc_batch_tally tally;
    bool was_stopped; /**< by the watch or at a failure: hosts are left */
    pc_status worst;  /**< of the first host that failed; PC_OK if none did */
} pc_batch_result;

/**
 * Make keys and requests for a fleet. Keys are made in several sessions at once, each read back in another one and
 * tried to be got out; one thread signs, verifies and writes. Memory does not grow with the number of hosts.
 *
 * A host that fails is a line of the manifest and stops no other, unless the token itself is lost.
 *
 * @param ret_result  set on failure too, as far as the work came
 * @return PC_OK, also with hosts that failed; PC_E_USAGE; PC_E_INPUT, PC_E_NOT_FOUND, PC_E_IO (template, list, folder; before
 *         any key is made where the list is a file); PC_E_REFUSED (another run is at work in the folder); what opening
 *         the token can give; PC_E_TOKEN (the token was lost on the way); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_batch_run(const pc_batch_order *order, const pc_token_access *access,
                                     const pc_batch_watch *watch, pc_batch_result *ret_result, pc_error *err);

/** Certificates that came back. */
typedef struct {
    const char *folder;        /**< every .cer, .crt, .pem, .der, .p7b and .p7c in it */
    const char *const *chains; /**< as in pc_accept_order */
    size_t chain_count;
    bool stop_at_failure;
} pc_batch_accept_order;

/** Bind a folder of certificates to their keys, as `accept` does one. @return as pc_batch_run. */
PC_MUST_CHECK pc_status pc_batch_accept(const pc_batch_accept_order *order, const pc_token_access *access,
                                        const pc_batch_watch *watch, pc_batch_result *ret_result, pc_error *err);

/**
 * The share of a host: the first eight bytes of the SHA-256 of its name in lower case, as a number with the highest
 * byte first, modulo `count`, plus one. So it is the same on every machine and in every version.
 */
unsigned pc_batch_shard_of(const char *host, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
