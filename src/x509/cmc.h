/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CMC_H
#define PC_X509_CMC_H

#include <stdbool.h>

#include <p11cert/bytes.h>
#include <p11cert/error.h>

/**
 * Is it a CMC full request: a signed message (CMS) whose content is PKIData? certreq creates one for RequestType=CMC.
 * Source: RFC 5272 section 3.2.
 */
bool pc_cmc_recognise(pc_bytes der);

/** Report that a file is a CMC request, which p11cert does not read, with what to do. @return PC_E_INPUT. */
pc_status pc_cmc_refuse(const char *file, pc_error *err);

#endif
