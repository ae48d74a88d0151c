/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_SHOW_H
#define P11CERT_CEREMONY_SHOW_H

#include <stdbool.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is shown. Borrowed. */
typedef struct {
    const char *path;  /**< a transcript, a ceremony's folder, or a bundle */
    const char *out;   /**< path of the page, "-" for standard output */
    bool is_rehearsal; /**< as in pc_ceremony_verify_order */
} pc_ceremony_show_order;

/**
 * Write a ceremony as one HTML page, with the verdict of pc_ceremony_verify_run on it. It loads and runs nothing.
 * @param ret_changed  false: the file exists with this content, and was left unchanged
 * @return PC_OK, whatever the verdict; PC_E_VERIFY (the chain is broken, so that there is nothing to show);
 * PC_E_NOT_FOUND; PC_E_REFUSED (the file exists with other content); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_show_run(const pc_ceremony_show_order *order, bool *ret_changed, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
