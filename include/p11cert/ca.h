/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CA_H
#define P11CERT_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>
#include <p11cert/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How to reach a CA that enrols over HTTP, and its answers. */

/** How to log in. */
typedef enum {
    PC_CA_LOGIN_TICKET, /**< Negotiate with the caller's Kerberos ticket (klist); without one, requests carry no login
                         */
    PC_CA_LOGIN_BASIC,  /**< user and password, over TLS only */
    PC_CA_LOGIN_NTLM,   /**< user and password, over TLS only */
    PC_CA_LOGIN_NONE,   /**< none, or a client certificate only */
    PC_CA_LOGIN_SECRET, /**< CMP: messages are protected by a secret that CA and user share; `user` is its reference */
    PC_CA_LOGIN_WSSE,   /**< user and password in the message (WS-Security), over TLS only; the services of Windows */
} pc_ca_login;

#define PC_CA_CONNECT_SEC 15u /**< defaults */
#define PC_CA_STALL_SEC   60u /**< a CA may take this long to process a request */
#define PC_CA_TOTAL_SEC   300u

/**
 * Zero-initialise and set the required fields; texts are borrowed. TLS is at least version 1.2 and always verified:
 * chain, name and validity period, against `cacert` or else the system's roots, and additionally against `pin_sha256`.
 */
typedef struct {
    const char *url;      /**< "https://ca.contoso.com/certsrv"; a trailing page name or slash is removed */
    const char *protocol; /**< "certsrv", "est", "cmp", "cep" or "ces"; NULL: recognised by the path of the URL */
    pc_ca_login login;
    const char *user;            /**< "CONTOSO\\alice", "alice@contoso.com"; BASIC, NTLM, SECRET and WSSE */
    const char *password_source; /**< as for pc_pin_read; NULL: prompt */
    const pc_secret *password;   /**< already read: the source is then ignored; NULL: not read yet */
    const char *client_key;      /**< label or URI of a key on the token for TLS client authentication; NULL: none */
    const char *cacert;          /**< PEM file with the only trusted roots; NULL: the system's */
    const char *pin_sha256; /**< SHA-256 of the server's public key (SubjectPublicKeyInfo, RFC 7469 section 2.4), hex or
                                      base64; several separated by commas; NULL: any */
    const char *proxy;      /**< in curl's syntax, without a password; NULL: https_proxy and no_proxy */
    unsigned connect_sec;   /**< 0: PC_CA_CONNECT_SEC */
    unsigned stall_sec;     /**< without receiving a byte; 0: PC_CA_STALL_SEC */
    unsigned total_sec;     /**< for one page with its redirects; 0: PC_CA_TOTAL_SEC */
    bool insecure_http; /**< allow http://, where anyone on the network path can relay the login and change the pages */
    /**
     * Called after each page with method, address, status, size and time, without credentials; safe to print. May be
     * NULL.
     */
    void (*log)(void *context, const char *words);
    void *log_context;
    /**
     * Further addresses of the same CA, of the same protocol: each is tried if there was no connection to `url` and
     * those before it, so that nothing can have arrived there. A pending request is asked for where it was submitted
     * first.
     */
    const char *const *spare_urls;
    size_t spare_url_count;
    /**
     * "ces.contoso.com" or "ces.contoso.com:8443": the login may also be sent there, over TLS, if the policy service
     * at `url` names an enrolment service on it. The port is 443 unless it is given. NULL: only to the host of `url`.
     */
    const char *ces_host;
} pc_ca_access;

/** The status of a request as reported by the CA. */
typedef enum {
    PC_CA_UNKNOWN, /**< not a known AD CS page; it is returned in full */
    PC_CA_ISSUED,
    PC_CA_PENDING, /**< an administrator has to approve it */
    PC_CA_DENIED,  /**< by policy, permissions or an administrator */
    PC_CA_ERROR,   /**< the CA could not process it */
    PC_CA_REVOKED, /**< issued while pending, and since revoked */
} pc_ca_disposition;

#define PC_CA_MESSAGE 2048u /**< bytes of a message, with its NUL */

/** Texts and page are owned by the function that returned the outcome. */
typedef struct {
    pc_ca_disposition disposition;
    unsigned long request_id; /**< AD CS counts from 1; 0 if unknown, or if the CA names requests otherwise */
    unsigned long code;       /**< HRESULT such as 0x80094800; 0 if there is none */
    const char *code_name;    /**< "CERTSRV_E_UNSUPPORTED_CERT_TYPE"; NULL if unknown */
    const char *message;      /**< the CA's reason, escaped, truncated to PC_CA_MESSAGE; NULL if none */
    const char *advice;       /**< what to do about the code, one sentence; NULL if unknown */
    const uint8_t *page;      /**< PC_CA_UNKNOWN: as received, to be saved for an administrator; else NULL */
    size_t page_len;
} pc_ca_outcome;

/** "issued", "pending", "denied", "error", "revoked" or "unknown". Never NULL. */
const char *pc_ca_disposition_name(pc_ca_disposition disposition);

#ifdef __cplusplus
}
#endif

#endif
