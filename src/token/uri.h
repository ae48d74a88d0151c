/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_URI_H
#define PC_TOKEN_URI_H

#include <p11-kit/uri.h>

#include "base/cleanup.h"

/** The object that a bare word, given instead of a URI, is the label of. */
typedef enum {
    PC_URI_TOKEN,
    PC_URI_OBJECT,
} pc_uri_subject;

PC_AUTO_DEFINE(pc_uri, P11KitUri, p11_kit_uri_free);

/**
 * Parse an RFC 7512 URI, or take a bare word as a label.
 *
 * Refused: a pin-value (never repeated in the error), a slot number, and attributes that p11-kit does not know, since
 * according to RFC 7512 section 2.3 a URI with an unknown attribute matches nothing.
 *
 * @return PC_OK; PC_E_USAGE; PC_E_MEMORY. The caller frees it with p11_kit_uri_free.
 */
PC_MUST_CHECK pc_status pc_uri_parse(const char *text, pc_uri_subject subject, P11KitUri **ret_uri, pc_error *err);

/** Does the URI have any token attribute (label, manufacturer, model, serial)? */
bool pc_uri_names_token(P11KitUri *uri);

/** Does it name a token by its serial number and nothing else? */
bool pc_uri_is_serial_alone(P11KitUri *uri);

#endif
