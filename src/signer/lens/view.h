/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_LENS_VIEW_H
#define PC_SIGNER_LENS_VIEW_H

#include "signer/kind.h"

/** One key as the lens shows it, for signers that see the token only through the lens (lens.h). One at a time. */
typedef struct pc_lens_view pc_lens_view;

#define PC_LENS_FILE "p11cert-lens.so" /**< the lens as a module of its own (base/own_module.h) */

/**
 * Point the lens at a key.
 * @param ret_uri  the RFC 7512 URI with which the key is to be requested from the lens
 * @return PC_OK; PC_E_INPUT (a public half that cannot be described); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_lens_view_open(const pc_signer_order *order, char ret_uri[static 64],
                                          pc_lens_view **ret_view, pc_error *err);

/** Accepts NULL. Close the view before the token. */
void pc_lens_view_close(pc_lens_view *view);

PC_AUTO_DEFINE(pc_lens_view, pc_lens_view, pc_lens_view_close);

/** The same two functions for a row of the table of signers, whose state is a view. */
void pc_lens_close_state(void *state);
CK_RV pc_lens_refusal(const void *state, const char **ret_function);

#endif
