/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TOKEN_H
#define P11CERT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>
#include <p11cert/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Access to a token: which module, which token in it, and where its PIN comes from.
 */

/** The contents of CK_TOKEN_INFO (PKCS#11 v2.40 section 3.2), padding removed, UTF-8, not escaped. */
typedef struct {
    char label[33];
    char manufacturer[33];
    char model[17];
    char serial[17];
    unsigned long slot;  /**< for reports only: slot numbers change and are never used as addresses */
    unsigned long flags; /**< CKF_* */
    unsigned long min_pin_len;
    unsigned long max_pin_len;
} pc_token_info;

/**
 * The kind of secret requested: errors use its noun and name the option that supplies it. Code that supplies secrets
 * decides by this kind, never by the wording of a prompt.
 */
typedef enum {
    PC_SECRET_USER_PIN,      /**< of a token, to log in, or a new one: --pin-source */
    PC_SECRET_SO_PIN,        /**< the Security Officer's: --so-pin-source */
    PC_SECRET_CA_PASSWORD,   /**< of a user at the CA: --password-source */
    PC_SECRET_FILE_PASSWORD, /**< of a PFX: --password-source */
    PC_SECRET_KIT_PASSWORD,  /**< of the PFX in the kit of `renew` or `enroll`: --kit-password-source */
    PC_SECRET_NEW_PIN,       /**< of either role, which replaces the one in use: --new-pin-source */
    PC_SECRET_SHARE,         /**< one of several shares of a PIN, never the PIN: the source "shares" */
} pc_secret_kind;

/**
 * Asks the user for a PIN or a password.
 *
 * @param context  as given in pc_token_access
 * @param kind     which secret
 * @param what     what to ask for: "PIN of token \"servers\""; safe to print
 * @param secret   to be filled in, with its length set
 * @return PC_OK; PC_E_AUTH if no prompt is possible. If it sets no hint, the caller's hint names the option that
 *         supplies the secret.
 */
typedef pc_status (*pc_pin_prompt)(void *context, pc_secret_kind kind, const char *what, pc_secret *secret,
                                   pc_error *err);

/** Texts are borrowed; nothing is opened before it is needed. */
typedef struct {
    const char *module;     /**< path of a PKCS#11 module, or name in the p11-kit registry; NULL: SoftHSM 2 */
    const char *init_args;  /**< string passed to C_Initialize in pReserved (NSS requires one); NULL for none */
    const char *token;      /**< RFC 7512 URI, or a token's label; NULL if the module has only one token */
    const char *pin_source; /**< as for pc_pin_read; NULL: the URI's pin-source, else prompt */
    const pc_secret *pin;   /**< the user PIN if already read: the source is then ignored; NULL: not read yet */
    int64_t call_limit_sec; /**< for the program's pc_watch (watch.h), in seconds; 0: the default. Not used by
                               pc_token_open */
    pc_pin_prompt prompt;
    void *prompt_context;
    void (*warn)(const char *text); /**< what does not stop the work, safe to print; NULL: nothing is reported */
    const char *signer; /**< how OpenSSL signs with its keys: "engine", "native", "provider"; NULL: the default of this
                           build. It must outlive the token */
    bool module_may_be_open; /**< by this process, for another token: it then keeps its init arguments and its
                                configuration. Else that is an error */
} pc_token_access;

typedef enum {
    PC_TOKEN_PUBLIC, /**< no login */
    PC_TOKEN_READ,   /**< logged in, read-only session */
    PC_TOKEN_WRITE,  /**< logged in, read-write session */
} pc_token_mode;

/** An open session on one token. */
typedef struct pc_token pc_token;

/**
 * Load the module, find the requested token, open a session and log in.
 *
 * C_Login is called at most once: a wrong PIN is not tried again. If the PIN is locked, or one wrong attempt away from
 * locking and not entered at a prompt, no login is attempted. If this process is already logged in to the token, that
 * is not an error.
 *
 * @return PC_OK; PC_E_USAGE (a pin-value or slot number in the URI, a serial alone); PC_E_INPUT (not a module, not a
 *         URI); PC_E_REFUSED (others can write the module or access the PIN file); PC_E_NOT_FOUND; PC_E_AMBIGUOUS (the
 *         error lists the tokens); PC_E_AUTH; PC_E_LOCKED; PC_E_TOKEN; PC_E_MEMORY; any error of pc_pin_read. Nothing
 * stays open on failure.
 */
PC_MUST_CHECK pc_status pc_token_open(const pc_token_access *access, pc_token_mode mode, pc_token **ret_token,
                                      pc_error *err);

/** Closes the session and the module, wipes the PIN. Accepts NULL. */
void pc_token_close(pc_token *token);

/** Borrowed until pc_token_close. */
const pc_token_info *pc_token_get_info(const pc_token *token);

/**
 * Read a token's user PIN from a source: `file:PATH` (a file that only its owner can read), `fd:N`,
 * `env:NAME` (removed from the environment when read), `credential:NAME` (a file in $CREDENTIALS_DIRECTORY,
 * systemd.exec(5)), `|PROGRAM ARGUMENT...` (its standard output; RFC 7512 section 2.4; run without a shell), `prompt`,
 * `pinentry[:PATH]` and `askpass[:PATH]` (a window of another program; askpass without a path: that in $SSH_ASKPASS),
 * `shares` (prompts for the shares of a PIN that pc_ceremony_shares_run split, one after another). One trailing newline
 * is ignored.
 *
 * @param access  its prompt is used; that may be NULL if no prompt is possible
 * @param what    see pc_pin_prompt
 * @return PC_OK; PC_E_USAGE (unknown kind of source); PC_E_REFUSED (others can read the file or change the program);
 * PC_E_NOT_FOUND (no such file, program or credential); PC_E_AUTH (empty, unset, cancelled, no prompt possible, a
 * program that failed); PC_E_INPUT (over 1023 bytes; a second line, a zero byte or a
 * byte order mark); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pin_read(const char *source, const pc_token_access *access, const char *what,
                                    pc_secret **ret_pin, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
