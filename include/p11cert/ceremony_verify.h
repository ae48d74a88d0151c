/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_VERIFY_H
#define P11CERT_CEREMONY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a third party does after a key ceremony: verify its record, without a token or a network. The format
 * is described in docs/ceremony-transcript.md.
 */

typedef enum {
    PC_JUDGED_PASS,
    PC_JUDGED_FAIL,
    PC_JUDGED_NOT_CHECKED, /**< what it needs was not given */
    PC_JUDGED_NOTE,        /**< neither good nor bad: for a person to read */
} pc_judged_state;

/** "pass", "fail", "not checked", "note". Never NULL. */
const char *pc_judged_state_name(pc_judged_state state);

/** One item that was checked. Texts are safe to print. */
typedef struct {
    pc_judged_state state;
    const char *subject; /**< "chain", "artefact root.cer" */
    const char *text;
} pc_judged;

/** What is verified. Borrowed. */
typedef struct {
    const char *path;      /**< a transcript, a ceremony's folder, or a bundle */
    const char *rehearsal; /**< the folder or bundle of the rehearsal to compare with; NULL: none */
    bool is_rehearsal;     /**< a rehearsal is expected; otherwise one never verifies */
    const char *head; /**< the head as it was written down during the ceremony, in hex or in words; NULL: not known */
    const char *const *signers; /**< identities of keys that must have signed the head, as the result shows them */
    size_t signer_count;
} pc_ceremony_verify_order;

/** The result. */
typedef struct {
    const char *title;
    const char *mode; /**< "REHEARSAL" or "PRODUCTION"; NULL if there is no good header */
    int64_t line_count;
    const char *head;       /**< hex; NULL if the chain is broken */
    const char *head_words; /**< the same as words to be read aloud */
    pc_judged *items;
    size_t count;
    size_t fail_count;
    bool is_verified;       /**< nothing failed */
    struct pc_arena *arena; /**< owns all of it */
} pc_ceremony_verify_result;

/**
 * @param ret_result  freed with pc_ceremony_verify_result_free; set also if something failed
 * @return PC_OK, whatever the verdict; PC_E_NOT_FOUND; PC_E_USAGE (the head is not one); PC_E_IO; PC_E_CRYPTO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_verify_run(const pc_ceremony_verify_order *order,
                                               pc_ceremony_verify_result **ret_result, pc_error *err);

/** Accepts NULL. */
void pc_ceremony_verify_result_free(pc_ceremony_verify_result *result);

#ifdef __cplusplus
}
#endif

#endif
