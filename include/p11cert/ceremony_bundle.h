/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_BUNDLE_H
#define P11CERT_CEREMONY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is done with a finished ceremony: its head is signed, and its folder becomes one file. No token is used. */

/** Borrowed. */
typedef struct {
    const char *folder;
    const char *signature; /**< a signature of head.txt to be added: CMS in DER, or SSH; NULL: none */
    const char *name;      /**< how to name it in signatures/, without an ending; NULL without a signature */
} pc_ceremony_sign_off_order;

/** Texts are safe to print. */
typedef struct {
    const char *title;
    const char *mode;
    int64_t line_count;
    const char *head;      /**< hex */
    const char *words;     /**< the same as words to be read aloud */
    const char *head_text; /**< contents of head.txt */
    const char *head_file; /**< path of it */
    const char *identity;  /**< of the key that made the signature; NULL without one */
    const char *added;     /**< path of the signature that was added; NULL: none was */
    struct pc_arena *arena;
    bool changed; /**< head.txt or the signature was written; false: both were there */
} pc_ceremony_sign_off_result;

/**
 * Write head.txt, which is what people sign, if it does not exist, and add a signature of it after the signature has
 * been verified.
 * @return PC_OK; PC_E_USAGE (the name is not one for a file); PC_E_NOT_FOUND; PC_E_VERIFY (the transcript or the
 *         signature is bad, head.txt is of another transcript); PC_E_REFUSED (the transcript is not closed, the
 *         signature is a file in the folder, or there is a signature of this name); PC_E_INPUT; PC_E_IO; PC_E_CRYPTO;
 * PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_sign_off_run(const pc_ceremony_sign_off_order *order,
                                                 pc_ceremony_sign_off_result **ret_result, pc_error *err);
void pc_ceremony_sign_off_result_free(pc_ceremony_sign_off_result *result);

/** What is bundled. Borrowed. */
typedef struct {
    const char *folder;
    const char *out;            /**< path of the file */
    const char *const *signers; /**< identities of keys that must have signed the head, as for pc_ceremony_verify_run:
                                     keys that the transcript does not name */
    size_t signer_count;
} pc_ceremony_bundle_order;

/**
 * Write a ceremony's folder as a bundle: a tar of which two from the same files are equal byte for byte. The folder is
 * verified before; what does not verify is not bundled.
 * @param ret_changed  false: the file exists with this content, and was left unchanged
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_VERIFY (the error has the first failure); PC_E_REFUSED (the file exists with
 *         other content);
 *         PC_E_INPUT; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_bundle_run(const pc_ceremony_bundle_order *order, bool *ret_changed, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
