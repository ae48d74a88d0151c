/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_H
#define PC_ENROLL_WIRE_H

#include <openssl/x509.h>
#include <p11cert/bytes.h>
#include <p11cert/ca.h>
#include <p11cert/secret.h>

#include "base/arena.h"

#define PC_WIRE_BODY_MAX   ((size_t)4 * 1024 * 1024) /**< bytes of one answer */
#define PC_WIRE_HEADER_MAX ((size_t)256 * 1024)      /**< bytes of all headers of one answer, with the login's */
#define PC_WIRE_HEADERS    1000u                     /**< of one answer; libcurl's own limits are higher than both */
#define PC_WIRE_REDIRECTS  5u

/** The credentials of a login, read by the code that owns the prompt and the token; all borrowed until pc_wire_close.
 */
typedef struct {
    pc_secret *password;     /**< password of access->user; NULL: none */
    X509 *certificate;       /**< presented to the server if it asks for one; NULL: none */
    STACK_OF(X509) *issuers; /**< issuers of that certificate, sent along, nearest first; NULL: none */
    EVP_PKEY *private_key;   /**< private key of that certificate, for example pc_signer_private() */
} pc_ca_credentials;

/** One server, one connection as long as it lasts (NTLM and Negotiate authenticate a connection). */
typedef struct pc_wire pc_wire;

/**
 * Prepare; nothing is sent yet.
 *
 * Passwords pass through libcurl's memory, which is wiped as it is freed: libcurl is initialised here with an
 * allocator that does so, unless the process initialised it before.
 *
 * @param access, credentials borrowed until pc_wire_close; the url of the access is not used
 * @param address              of the pages, from pc_address_of_ca; copied
 * @return PC_OK; PC_E_USAGE (unusable pin, proxy or user); PC_E_NOT_FOUND and PC_E_IO (cacert); PC_E_INPUT (password
 * with a NUL); PC_E_CRYPTO (also for a certificate that this libcurl cannot present: tls_library.h); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_wire_open(const pc_ca_access *access, const char *address,
                                     const pc_ca_credentials *credentials, pc_wire **ret_wire, pc_error *err);

/** Check what pc_wire_open checks about an access, except its login. @return as pc_wire_open. */
PC_MUST_CHECK pc_status pc_wire_check(const pc_ca_access *access, pc_error *err);

/** Accepts NULL. */
void pc_wire_close(pc_wire *wire);

PC_AUTO_DEFINE(pc_wire, pc_wire, pc_wire_close);

typedef struct {
    const char *page; /**< below the address, with its query: "certnew.cer?ReqID=1&Enc=bin"; "": the address itself */
    const char *form; /**< posted, application/x-www-form-urlencoded; NULL: none */
    pc_bytes body;    /**< posted as body_type, if that is set and there is no form */
    const char *body_type; /**< media type, such as "application/pkcs10"; NULL: GET, unless there is a form */
    bool any_status;       /**< an answer with any status except 401 is left for the caller to judge */
    bool of_iis;           /**< the server is IIS: what its errors without a body mean is known */
} pc_wire_request;

typedef struct {
    const uint8_t *bytes; /**< in the arena, followed by a NUL that is not counted */
    size_t len;
    const char *content_type; /**< "" if none was given; as received, to be escaped */
    long status;              /**< 200 unless any_status was set */
    unsigned retry_sec; /**< Retry-After, as a delay even if a date was given (RFC 9110 section 10.2.3); 0: none */
} pc_wire_answer;

/**
 * Fetch one page: status 200 with a complete body. The login is tried once; a redirect is followed only to the same
 * host over TLS, and with a posted body only for 307 and 308 (RFC 9110 section 15.4).
 *
 * @return PC_OK; PC_E_AUTH (401; not retried); PC_E_CA (network, TLS, timeout, too large, another status unless
 * any_status is set, a redirect that is not followed); PC_E_INPUT (cacert); PC_E_CRYPTO (client certificate and key);
 * PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_wire_fetch(pc_wire *wire, pc_arena *arena, const pc_wire_request *request,
                                      pc_wire_answer *ret_answer, pc_error *err);

/** What was passed to pc_wire_open. */
const char *pc_wire_address(const pc_wire *wire);

/** After a pc_wire_fetch that failed: may the server have received the request? */
bool pc_wire_may_have_arrived(const pc_wire *wire);

/** After a pc_wire_fetch that failed: was there no connection to the server, or to the proxy? */
bool pc_wire_never_connected(const pc_error *failure);

/** Report an answer with a status that its protocol does not provide for. @return PC_E_CA. */
pc_status pc_wire_refuse_status(const pc_wire *wire, const pc_wire_answer *answer, pc_error *err);

#endif
