/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_SECRET_AUTO_H
#define PC_BASE_SECRET_AUTO_H

#include <stdbool.h>

#include <p11cert/secret.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(pc_secret, pc_secret, pc_secret_free);

/** A copy with the same bytes and size. @return as pc_secret_new. */
PC_MUST_CHECK pc_status pc_secret_copy(const pc_secret *secret, pc_secret **ret_copy, pc_error *err);

/** Do they hold the same bytes? The time taken depends only on the length. */
bool pc_secret_equal(const pc_secret *a, const pc_secret *b);

#endif
