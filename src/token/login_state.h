/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LOGIN_STATE_H
#define PC_TOKEN_LOGIN_STATE_H

#include "token/objects.h"

/**
 * For a search that found nothing: in a session without a login private objects are not there (PKCS#11 v2.40 section
 * 2.4), and that must not pass for a token that has none. Asks the module once, while the token is open, whether the
 * session is logged in.
 * @return PC_OK, also for a search for objects that are public; PC_E_AUTH (C_Login returned CKR_OK or
 *         CKR_USER_ALREADY_LOGGED_IN, and the session is not logged in); PC_E_TOKEN (the module did not answer: it is
 *         asked again after the next such search).
 */
PC_MUST_CHECK pc_status pc_login_check(const pc_token *token, const pc_template *search, pc_error *err);

#endif
