/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_ONE_OBJECT_H
#define PC_CEREMONY_TRANSCRIPT_ONE_OBJECT_H

#include <stdbool.h>

#include <p11cert/bytes.h>

/** Whether the bytes are one SEQUENCE in DER (X.690 section 10.1) and nothing after it. Its contents are not read. */
bool pc_is_one_sequence(pc_bytes bytes);

/**
 * Whether a file of a ceremony holds one object, and nothing that another program could take for a second one: DER,
 * after which only zero bytes may follow (base/bytes.h), or PEM (RFC 7468) with one block, whose label belongs to the
 * type. There may be text around the block.
 * @param type  of the artefact: "certificate", "request", "crl", or "public-key", which is PEM; false for any other
 */
bool pc_is_one_object(pc_bytes bytes, const char *type);

#endif
