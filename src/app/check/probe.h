/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PROBE_H
#define PC_APP_PROBE_H

#include <p11cert/probe.h>

#include "base/arena.h"
#include "token/key_template.h"

/** The plan with which p11cert would make a key like this one, or an RSA-2048 key if it does not make that kind. */
void pc_probe_plan_of(const pc_key *key, pc_key_plan *ret_plan);

/**
 * Try on temporary session keys what their flags forbid, and report claim and result. A read-only session is enough.
 * @param plan for the kind of key in question; label, CKA_ID and subject are the probe's own
 * @param ret_probe  in the arena; its texts are safe to print
 * @return PC_OK whatever the result, also if no temporary key can be made; PC_E_TOKEN (no session); PC_E_CRYPTO (no
 *         random numbers); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_probe_run(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                     pc_probe *ret_probe, pc_error *err);

#endif
