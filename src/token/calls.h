/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_CALLS_H
#define PC_TOKEN_CALLS_H

#include <p11-kit/pkcs11.h>

#include <p11cert/error.h>

/**
 * The only way from p11cert to a module: a function list of ours in front of the module's own.
 *
 * While a call runs that can change what the module stores, SIGINT, SIGTERM and SIGHUP are blocked in the calling
 * thread and wait until the call returns. SoftHSM 2.6 truncates a file before it writes it again, and on each C_Login
 * the file of the whole token: if the process is killed in between, keys are lost. SIGQUIT (Ctrl-\) is not blocked, in
 * case a module hangs. While the module is watched (p11cert/watch.h), signals wait for every call, since the watch ends
 * calls that do not return. Without a watch, a login without a PIN does not hold them: the token then has a keypad
 * (PKCS#11 v2.40 section 5.6), and the user may want to cancel.
 *
 * The list has the functions that p11cert uses; the others are NULL.
 */

#define PC_CALLS_MODULES 4u /**< modules that can be open at once: PKCS#11 functions have no context argument */

/**
 * The list for a module; the same one if the module is given again.
 * @param ret_calls valid until it has been released as many times as it was taken
 * @return PC_OK; PC_E_INTERNAL (too many modules are open).
 */
PC_MUST_CHECK pc_status pc_calls_take(CK_FUNCTION_LIST *module, CK_FUNCTION_LIST **ret_calls, pc_error *err);

/**
 * Is the module open more than once in this process? It is initialised once for the whole process (PKCS#11 v2.40
 * section 5.4): only the last one to close it may finalise it.
 */
bool pc_calls_are_shared(const CK_FUNCTION_LIST *calls);

/** Accepts NULL. */
void pc_calls_release(const CK_FUNCTION_LIST *calls);

#endif
