/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_KIT_REGISTRY_H
#define PC_APP_KIT_REGISTRY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

/**
 * The registry values by which Operations Manager finds its certificate, as a file for regedit or `reg import`:
 * ChannelCertificateSerialNumber (REG_BINARY, the serial number's bytes, last byte first) and
 * ChannelCertificateHash (REG_SZ). UTF-16LE with byte order mark, CR LF, long values broken where regedit breaks them.
 *
 * @param serial      big-endian, without sign octet, at least one byte
 * @param thumbprint  SHA-1 of the certificate, in hex
 * @return PC_OK, with the bytes in the arena; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_kit_registry(pc_arena *arena, pc_bytes serial, const char *thumbprint, pc_bytes *ret_bytes,
                                        pc_error *err);

#endif
