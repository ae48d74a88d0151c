/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_OBJECTS_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_OBJECTS_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/**
 * Check the artefacts: certificates, requests, CRLs and public keys can be read; each has the public key that was read
 * back from the token for its key; requests are signed by it; each certificate has a chain of the ceremony's
 * certificates up to a self-signed one, valid at the start of its validity period; each CRL is signed by one of them;
 * each certificate that was made was linted before it was signed, if the transcript has lints at all.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_objects(const pc_ceremony_source *source, const pc_gathered *gathered,
                                         pc_ceremony_verify_result *verdict, pc_error *err);

#endif
