/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_SECRET_AUTO_H
#define PC_BASE_SECRET_AUTO_H

#include <p11cert/secret.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(pc_secret, pc_secret, pc_secret_free);

#endif
