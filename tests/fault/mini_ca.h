/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_MINI_CA_H
#define TEST_FAULT_MINI_CA_H

/**
 * A CA that answers at once, on loopback and without TLS: the pages of tests/adcs, certificates by OpenSSL. Thousands
 * of runs share one. tests/adcs/with starts one that is real in all other respects.
 */

/** Start it; it ends with this process. Its addresses are the same from then on. */
void mini_ca_start(void);

/** End it. */
void mini_ca_stop(void);

/** "http://127.0.0.1:PORT/issue/certsrv", where certificates are issued at once. */
const char *mini_ca_issuing(void);

/** The same, where the first answer is that the request is pending; asked again, the certificate is issued. */
const char *mini_ca_pending(void);

#endif
