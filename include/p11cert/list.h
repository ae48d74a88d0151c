/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_LIST_H
#define P11CERT_LIST_H

#include <p11cert/accept.h>
#include <p11cert/key.h>
#include <p11cert/pending.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert list`, `p11cert tokens`: the objects, and which of them belong together. */

/** A certificate on the token. Texts are safe to print. */
typedef struct {
    const char *label;
    const char *id;      /**< CKA_ID, hex */
    const char *subject; /**< "(unreadable)" if it cannot be parsed */
    const char *issuer;
    const char *serial;
    const char *not_after;  /**< 2027-11-22T21:00:00Z, or "(unreadable)" */
    int64_t not_before_sec; /**< 0 if unreadable, like the next */
    int64_t not_after_sec;
    bool is_ca;
    bool belongs; /**< it is the key's own: it has the public key of the key it is listed under, and is not a forged
                     root */
    bool current; /**< of the key's own, the one that every command uses: valid now, then issued last, then expires
                     last, then the higher serial number */
    const char *superseded_by; /**< label of the new key that `renew` made for it and that already has a certificate;
                                  NULL if there is none, or only one key was requested */
    const char **chain;        /**< subjects of its issuers as far as they are on the token, nearest first */
    size_t chain_count;
    bool chain_complete; /**< ends in a self-signed certificate */
} pc_listed_certificate;

/** A private key and what is bound to it. */
typedef struct {
    pc_key key;
    char kind[32];
    const char *id;          /**< CKA_ID, hex */
    const char *uri;         /**< RFC 7512, to be given to --key */
    const char *spki_sha256; /**< NULL if the public half is not shown or the engine cannot use it */
    pc_listed_certificate *certificates;
    size_t certificate_count;
} pc_listed_key;

/** An object that is neither a private key nor a certificate. */
typedef struct {
    const char *kind;  /**< "secret key, AES-256", "public key, RSA", "data, of APPLICATION"; not escaped */
    const char *label; /**< as on the token; "" if it has none */
    const char *id;    /**< CKA_ID, hex; "" if it has none */
    const char *uses;  /**< "encrypt, decrypt": the flags that are true, as the token reports them */
    pc_fact extractable;
} pc_listed_object;

typedef struct pc_list_result {
    pc_token_info token;
    pc_listed_key *keys;
    size_t key_count;
    pc_listed_certificate *others; /**< certificates without a key on this token, including the issuers' */
    size_t other_count;
    pc_listed_object *objects; /**< secret keys, public keys without a private key, data objects; of a named key that is
                                  no private key: those of that label */
    size_t object_count;
    pc_pending *pending; /**< requests pending at a CA; of the one key, if one was named */
    size_t pending_count;
    struct pc_arena *arena;
} pc_list_result;

/**
 * @param key  label or URI of the only key to look at, with what is bound to it; NULL: everything on the token
 * @return PC_OK; any error of opening the token; PC_E_NOT_FOUND, PC_E_AMBIGUOUS (the named key); PC_E_TOKEN;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_list_run(const char *key, const pc_token_access *access, pc_list_result **ret_result,
                                    pc_error *err);
void pc_list_result_free(pc_list_result *result);

/**
 * Keep only the certificates that expire at or before a time, and the keys that have such certificates. An unreadable
 * certificate is kept, since its expiry is unknown.
 * @param until_sec  seconds since 1970-01-01 UTC
 * @return the number of certificates kept.
 */
size_t pc_list_keep_ending(pc_list_result *result, int64_t until_sec);

/** A mechanism of a token, as it describes it. */
typedef struct {
    unsigned long type;     /**< CKM_* */
    const char *name;       /**< "CKM_RSA_PKCS"; a number in hex for one that p11cert does not know */
    unsigned long min_size; /**< of keys, in bits or bytes as the mechanism has it; 0 if it has none */
    unsigned long max_size;
    const char *uses;    /**< "sign, verify"; "" if there are none that p11cert knows */
    const char *unknown; /**< why the token gives no sizes and uses; NULL: it does */
} pc_listed_mechanism;

/** What a token says that it can do. Numbers: 0 means no limit, a negative number unknown. */
typedef struct {
    const char *flags; /**< in words: "login required, user PIN set" */
    int64_t max_sessions;
    int64_t max_rw_sessions;
    int64_t public_memory; /**< bytes, like the next three */
    int64_t free_public_memory;
    int64_t private_memory;
    int64_t free_private_memory;
    pc_listed_mechanism *mechanisms; /**< in the token's order */
    size_t mechanism_count;
    const char **notes; /**< likely problems, one sentence each */
    size_t note_count;
} pc_token_abilities;

/** A module and its tokens. */
typedef struct {
    const char *module;    /**< path, or name in the registry */
    const char *problem;   /**< why it cannot be loaded, or a slot of it cannot be read; NULL if there is none */
    bool has_started;      /**< with a problem: the module works, and a slot does not */
    const char *hint;      /**< what to do about that; NULL if unknown */
    pc_token_info *tokens; /**< initialised ones */
    const char **uris;     /**< for --token, one per token */
    pc_token_abilities *abilities; /**< one per token; NULL unless asked for */
    size_t token_count;
    size_t free_count; /**< slots with a token that can be initialised */
} pc_listed_module;

typedef struct pc_tokens_result {
    pc_listed_module *modules;
    size_t module_count;
    bool is_verbose; /**< the abilities are there */
    struct pc_arena *arena;
} pc_tokens_result;

/**
 * The tokens of one module, or of all modules in the p11-kit registry if access names none. Never logs in.
 * @return PC_OK, even if a module in the registry cannot be loaded; for a named module, any error of pc_token_open.
 */
PC_MUST_CHECK pc_status pc_tokens_run(const pc_token_access *access, pc_tokens_result **ret_result, pc_error *err);
/** The same with the abilities of each token: one call to it for each mechanism. @return as pc_tokens_run. */
PC_MUST_CHECK pc_status pc_tokens_run_verbose(const pc_token_access *access, pc_tokens_result **ret_result,
                                              pc_error *err);
void pc_tokens_result_free(pc_tokens_result *result);

/** A token among all, or a module that has a problem. Texts are not escaped. */
typedef struct {
    const char *module;
    const char *uri; /**< for --token; NULL for a module with a problem, like the label */
    const char *label;
    pc_list_result *list; /**< NULL if nothing of it can be read */
    bool is_logged_in;    /**< otherwise only what it shows without a login is in the list */
    const char *problem;  /**< NULL if there is none */
    const char *hint;
} pc_listed_token;

typedef struct pc_list_all_result {
    pc_listed_token *tokens;
    size_t token_count;
    pc_status failure; /**< of the first token or module with a problem; PC_OK if there is none */
    struct pc_arena *arena;
} pc_list_all_result;

/**
 * Every token of a module, or of all modules in the p11-kit registry if access names none. Logs in only if access has a
 * PIN source, and with the same PIN to each; after a token has refused it, it is not tried on another, so that a run
 * loses at most one attempt.
 * @return PC_OK, even if a token cannot be read; PC_E_USAGE if access names a token; for a named module, any error of
 *         opening it; any error of pc_pin_read; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_list_all_run(const pc_token_access *access, pc_list_all_result **ret_result, pc_error *err);
void pc_list_all_result_free(pc_list_all_result *result);

/** Labels or other names, for completion in a shell. */
typedef struct pc_labels_result {
    const char **labels; /**< sorted, each once, not escaped; none is empty */
    size_t count;
    struct pc_arena *arena;
} pc_labels_result;

/**
 * The labels of keys and certificates that a token shows without a login. Never logs in, and never asks for a PIN.
 * @return PC_OK, also if it shows none; any error of pc_token_open but those of a login; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_labels_run(const pc_token_access *access, pc_labels_result **ret_result, pc_error *err);

/**
 * The certificate templates of the certificates that a token shows without a login: the name of a template of version 1
 * (1.3.6.1.4.1.311.20.2), the OID of a later one (1.3.6.1.4.1.311.21.7), whose name a certificate does not contain. A
 * certificate that cannot be parsed adds none.
 * @return as pc_labels_run.
 */
PC_MUST_CHECK pc_status pc_template_names_run(const pc_token_access *access, pc_labels_result **ret_result,
                                              pc_error *err);
void pc_labels_result_free(pc_labels_result *result);

#ifdef __cplusplus
}
#endif

#endif
