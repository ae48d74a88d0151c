/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ADCS_RELAY_H
#define TEST_ADCS_RELAY_H

/**
 * Passes bytes on between clients of a port of this machine and two servers: the first connection goes to the first
 * server, all others to the second. It keeps the first bytes that a client sends.
 */
typedef struct test_relay test_relay;

/** @param first, second  ends in ":PORT", on 127.0.0.1. The test ends here if it cannot be started. */
test_relay *relay_new(const char *first, const char *second);

int relay_port(const test_relay *relay);

/** Close the first connection when the client sends something on it again. */
void relay_drop_at_next_request(test_relay *relay);

/** How many connections there were. */
unsigned relay_connections(test_relay *relay);

/** The first bytes that a client sent, as text; borrowed. */
const char *relay_begin(test_relay *relay);

/** Closes all connections. */
void relay_free(test_relay *relay);

#endif
