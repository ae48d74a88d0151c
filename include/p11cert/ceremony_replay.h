/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CEREMONY_REPLAY_H
#define P11CERT_CEREMONY_REPLAY_H

#include <p11cert/ceremony_verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Make again what a ceremony made, without a token: from its script, its public keys and what the transcript says that
 * was drawn (serial numbers, times of issue, challenges). The part that was signed of every certificate, request and
 * CRL, and every challenge, must come out byte for byte; where the signature scheme is deterministic (RSA PKCS#1 v1.5,
 * Ed25519), a signature that verifies makes the whole DER the only one there is.
 *
 * Transcript and files are compared with what was recorded. Who signed the head, and whether the ceremony ended, is for
 * pc_ceremony_verify_run to judge.
 *
 * @param path        the ceremony's folder, or its bundle
 * @param ret_result  freed with pc_ceremony_verify_result_free; set also if something failed
 * @return PC_OK, whatever the verdict; PC_E_NOT_FOUND; PC_E_USAGE (a transcript alone was given); PC_E_IO; PC_E_CRYPTO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_replay_run(const char *path, pc_ceremony_verify_result **ret_result, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
