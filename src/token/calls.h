/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_CALLS_H
#define PC_TOKEN_CALLS_H

#include <p11-kit/pkcs11.h>

#include <p11cert/error.h>

/**
 * The only way from p11cert to a module: a function list of ours that stands before the module's own.
 *
 * While a call runs that can change what the module stores, SIGINT, SIGTERM and SIGHUP are blocked in the calling
 * thread and wait until the call returns. SoftHSM 2.6 truncates a file before it writes it again, on each C_Login that
 * of the whole token: a process killed in between loses keys. SIGQUIT (Ctrl-\) is not blocked, in case a module hangs.
 * While the module is watched (p11cert/watch.h), they wait for every call, since the watch ends those that do not
 * return. Unwatched, a login without a PIN is not held: the token has a keypad (PKCS#11 v2.40 section 5.6), at which a
 * user may cancel.
 *
 * The list has the functions that p11cert uses; the others are NULL.
 */

#define PC_CALLS_MODULES 4u /**< modules that can be open at once: PKCS#11 functions have no context argument */

/**
 * The list for a module; the same one if the module is given again.
 * @param ret_calls  valid until it is released as often as it was taken
 * @return PC_OK; PC_E_INTERNAL (too many modules are open).
 */
PC_MUST_CHECK pc_status pc_calls_take(CK_FUNCTION_LIST *module, CK_FUNCTION_LIST **ret_calls, pc_error *err);

/**
 * Is the module open more than once in this process? It is initialised once for the whole process (PKCS#11 v2.40
 * section 5.4): only the last that closes it may finalise it.
 */
bool pc_calls_are_shared(const CK_FUNCTION_LIST *calls);

/** Accepts NULL. */
void pc_calls_release(const CK_FUNCTION_LIST *calls);

#endif
