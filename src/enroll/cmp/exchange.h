/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_CMP_EXCHANGE_H
#define PC_ENROLL_CMP_EXCHANGE_H

#include <openssl/cmp.h>

#include "enroll/protocol.h"

/**
 * One transaction with a CMP server (RFC 4210, RFC 6712). OpenSSL makes, protects and checks the messages; they are
 * transferred by http/wire.h.
 */

/** The server's last answers, kept for another process. Both are empty if there was none. */
typedef struct {
    pc_bytes waiting; /**< the answer that says that it is waiting: ip, cp or kup, DER */
    pc_bytes poll;    /**< the last pollRep, DER */
} pc_cmp_answers;

/** Free bytes that OpenSSL encoded. Accepts NULL. */
void pc_cmp_bytes_free(unsigned char *bytes);

PC_AUTO_DEFINE(openssl_bytes, unsigned char, pc_cmp_bytes_free);

/** Bodies of messages: RFC 4210 section 5.1.2. OpenSSL 3.0 has no public names for them. */
enum {
    PC_CMP_IP = 1,
    PC_CMP_CP = 3,
    PC_CMP_KUP = 8,
    PC_CMP_POLL_REP = 26,
};

typedef struct {
    const pc_ca_connection *connection;
    pc_arena *arena;
    pc_cmp_answers stored; /**< answers to an earlier process, used instead of the server's to the first two messages */
    unsigned replayed;
    pc_cmp_answers received;
    pc_status status; /**< status of a transfer that failed; PC_OK if none did */
    pc_error *err;    /**< the error of that transfer */
    int last_body;    /**< the last message that the server sent, RFC 4210 section 5.1.2; -1 if none */
    OSSL_CMP_CTX *context;
} pc_cmp_exchange;

/**
 * A context with this login: the secret, or the certificate and key of the connection; and with the roots that a signed
 * answer is checked against.
 *
 * @param exchange  its connection, arena and err are set; must not move until it is cleared
 * @return PC_OK; PC_E_INPUT (cacert); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_cmp_exchange_open(pc_cmp_exchange *exchange, pc_error *err);

void pc_cmp_exchange_clear(pc_cmp_exchange *exchange);

PC_AUTO_DEFINE_VALUE(pc_cmp_exchange, pc_cmp_exchange, pc_cmp_exchange_clear);

/** The two answers as one text for a record, and back. NULL when out of memory; false if it is not such a text. */
const char *pc_cmp_answers_to_text(pc_arena *arena, const pc_cmp_answers *answers);
bool pc_cmp_answers_from_text(pc_arena *arena, const char *text, pc_cmp_answers *ret_answers);

/** The transactionID of a message, hex; NULL if it is not a CMP message or has none. */
const char *pc_cmp_transaction_of(pc_arena *arena, pc_bytes message);

#endif
