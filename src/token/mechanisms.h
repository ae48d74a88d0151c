/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_MECHANISMS_H
#define PC_TOKEN_MECHANISMS_H

#include "token/session.h"

/** The mechanisms of a token as it lists and describes them (PKCS#11 v2.40 section 5.5). */

/** Whose mechanisms: no session is required. */
typedef struct {
    CK_FUNCTION_LIST *functions;
    CK_SLOT_ID slot;
} pc_mechanism_source;

static inline pc_mechanism_source pc_mechanisms_of(const pc_token *token)
{
    return (pc_mechanism_source){ token->functions, token->slot };
}

/** The CKM_* of a token. */
typedef struct {
    unsigned long *items;
    size_t count;
    bool read; /**< false: the module does not report them */
} pc_mechanisms;

#define PC_MECHANISMS_MOST 4096u

/**
 * The list as the module returns it. If it grows while it is asked for, the module is asked again.
 * @param room  for `most` mechanisms
 * @param ret_count  0 on failure
 * @return as C_GetMechanismList; CKR_FUNCTION_FAILED if the module returned CKR_OK and left out some of those that it
 *         counted.
 */
CK_RV pc_mechanisms_list(pc_mechanism_source source, CK_MECHANISM_TYPE *room, CK_ULONG most, CK_ULONG *ret_count);

/** The list, without flags. One call. @return PC_OK; PC_E_MEMORY. In the arena. */
PC_MUST_CHECK pc_status pc_mechanisms_read(pc_mechanism_source source, pc_arena *arena, pc_mechanisms *ret_mechanisms,
                                           pc_error *err);

/** What a token says about one mechanism. One call. @return PC_OK; PC_E_TOKEN if it gives no information. */
PC_MUST_CHECK pc_status pc_mechanism_describe(pc_mechanism_source source, unsigned long mechanism,
                                              CK_MECHANISM_INFO *ret_info, pc_error *err);

/** CKF_* of a mechanism; 0 if the token does not have it. One call. @return PC_OK; PC_E_TOKEN: not known. */
PC_MUST_CHECK pc_status pc_mechanism_flags(const pc_token *token, unsigned long mechanism, unsigned long *ret_flags,
                                           pc_error *err);

#endif
