/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ACCESS_H
#define PC_X509_ACCESS_H

#include <p11cert/certificate_profile.h>

#include "x509/extensions.h"

/** Where relying parties find what they need to validate a certificate. URLs are borrowed, and ASCII. */

/**
 * CRL distribution points (RFC 5280 section 4.2.1.13): one point, whose names are locations of the same CRL.
 * @return PC_OK; PC_E_INPUT (the error names the URL); PC_E_MEMORY. The list is unchanged on failure.
 */
PC_MUST_CHECK pc_status pc_extension_add_crl_urls(pc_extension_list *list, pc_text_list urls, pc_error *err);

/** Authority information access (RFC 5280 section 4.2.2.1). @return as above. */
PC_MUST_CHECK pc_status pc_extension_add_access(pc_extension_list *list, pc_text_list ocsp_urls,
                                                pc_text_list issuer_urls, pc_error *err);

/** Both extensions, as far as there are URLs for them. @return as above. */
PC_MUST_CHECK pc_status pc_extension_add_places(pc_extension_list *list, const pc_certificate_places *places,
                                                pc_error *err);

/** A distribution point with these URLs, as in CDP and IDP; owned by the caller. @return as above. */
PC_MUST_CHECK pc_status pc_distribution_point_build(pc_text_list urls, DIST_POINT_NAME **ret_name, pc_error *err);

#endif
