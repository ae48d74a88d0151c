/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_START_H
#define PC_SIGNER_START_H

#include "signer/signer.h"
#include "x509/signature.h"

/** Begin a signature in this form with the signer's key. @return PC_OK; as pc_sign_csr. */
PC_MUST_CHECK pc_status pc_sign_start(const pc_signer *signer, pc_signature_form form, EVP_MD_CTX **ret_context,
                                      pc_error *err);

/** Does the algorithm next to a signature name this form, as used with the signer's key? */
bool pc_sign_names_form(const pc_signer *signer, const X509_ALGOR *algorithm, pc_signature_form form);

#endif
