/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_LINTS_AGAIN_H
#define PC_APP_CEREMONY_LINTS_AGAIN_H

#include "ceremony/transcript/judge.h"

/**
 * Judge the certificates and CRLs again by the policy "ca", as before they were signed, and compare with what was
 * recorded. What that policy calls an error fails; so does another result than the one that the same version of p11cert
 * recorded. Another version may have other rules: then a difference is a note.
 */
extern const pc_further_judge pc_ceremony_lints_again;

#endif
