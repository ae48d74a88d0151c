/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_CMP_SERVER_H
#define P11CERT_TESTS_CMP_SERVER_H

/**
 * A CMP server (RFC 4210, RFC 6712) over OpenSSL's server API, on loopback and without TLS, as CMP servers often are.
 * The path is /MOOD/.well-known/cmp; README.md lists the moods. One process with everything in memory, as a CA has it.
 */

/** @param folder  with issuing.pem, issuing.key and root.pem; "ADCS_DIR/ca" */
void cmp_server_start(const char *folder);
void cmp_server_stop(void);

/** "http://127.0.0.1:PORT", the same after a restart. */
const char *cmp_server_address(void);

#define CMP_REFERENCE "servers-17"
#define CMP_SECRET    "canary-secret-7731"

#endif
