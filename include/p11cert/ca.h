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

/** How to reach a CA through the web enrolment pages of AD CS (/certsrv), and what it answers. */

/** How to log in. */
typedef enum {
    PC_CA_LOGIN_TICKET, /**< Negotiate with the caller's Kerberos ticket (klist); tried without a login if there is none */
    PC_CA_LOGIN_BASIC, /**< user and password, over TLS only */
    PC_CA_LOGIN_NTLM,  /**< user and password, over TLS only */
    PC_CA_LOGIN_NONE,  /**< none, or by client certificate alone */
} pc_ca_login;

#define PC_CA_CONNECT_SEC 15u /**< defaults */
#define PC_CA_STALL_SEC   60u /**< a CA may think that long over a request */
#define PC_CA_TOTAL_SEC   300u

/**
 * Zero-initialise and fill in what is meant; texts are borrowed. TLS is 1.2 at the least and always verified: chain,
 * name and time, by `cacert` or else the system's roots, and by `pin_sha256` on top of that.
 */
typedef struct {
    const char *url; /**< "https://ca.contoso.com/certsrv"; a page or slash at its end is dropped */
    pc_ca_login login;
    const char *user;            /**< "CONTOSO\\alice", "alice@contoso.com"; BASIC and NTLM */
    const char *password_source; /**< as pc_pin_read takes it; NULL: prompt */
    const pc_secret *password;   /**< if it was read already: then no source is asked; NULL: it was not */
    const char *client_key;      /**< label or URI of a key on the token, whose certificate is shown; NULL: none */
    const char *cacert;          /**< PEM file with the only roots to be trusted; NULL: the system's */
    const char *pin_sha256; /**< SHA-256 of the server's public key (SubjectPublicKeyInfo, RFC 7469 section 2.4), hex or
                                      base64; several with commas between; NULL: any */
    const char *proxy;      /**< as curl takes it, without a password; NULL: https_proxy and no_proxy */
    unsigned connect_sec;   /**< 0: PC_CA_CONNECT_SEC */
    unsigned stall_sec;     /**< without a byte; 0: PC_CA_STALL_SEC */
    unsigned total_sec;     /**< for one page with its redirects; 0: PC_CA_TOTAL_SEC */
    bool insecure_http;     /**< let http:// pass, where anyone on the way can relay the login and change the pages */
    /** Told after each page: method, address, status, bytes and time, nothing that logs in; safe to print. NULL: nobody. */
    void (*told)(void *context, const char *words);
    void *told_context;
} pc_ca_access;

/** What became of a request, as far as the CA has said. */
typedef enum {
    PC_CA_UNKNOWN, /**< the page is not one that AD CS has; it is returned whole */
    PC_CA_ISSUED,
    PC_CA_PENDING, /**< an administrator has to approve it */
    PC_CA_DENIED,  /**< by policy, permissions or an administrator */
    PC_CA_ERROR,   /**< the CA could not process it */
    PC_CA_REVOKED, /**< issued while it was pending, and revoked since */
} pc_ca_disposition;

#define PC_CA_MESSAGE 2048u /**< bytes of a message, with its NUL */

/** Texts and page belong to whoever made the outcome. */
typedef struct {
    pc_ca_disposition disposition;
    unsigned long request_id; /**< AD CS counts from 1; 0 if it is not known */
    unsigned long code;       /**< HRESULT such as 0x80094800; 0 if there is none */
    const char *code_name;    /**< "CERTSRV_E_UNSUPPORTED_CERT_TYPE"; NULL if not known */
    const char *message;      /**< the CA's reason, escaped, cut at PC_CA_MESSAGE; NULL if it gives none */
    const char *advice;       /**< what to do about the code, a sentence; NULL if not known */
    const uint8_t *page;      /**< PC_CA_UNKNOWN: as received, to be kept for an administrator; else NULL */
    size_t page_len;
} pc_ca_outcome;

/** "issued", "pending", "denied", "error", "revoked" or "unknown". Never NULL. */
const char *pc_ca_disposition_name(pc_ca_disposition disposition);

#ifdef __cplusplus
}
#endif

#endif
