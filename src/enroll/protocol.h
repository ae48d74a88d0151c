/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_PROTOCOL_H
#define PC_ENROLL_PROTOCOL_H

#include <p11cert/templates.h>

#include "enroll/http/address.h"
#include "enroll/http/wire.h"

/**
 * What a protocol of enrolment is: a row of the table in protocol.c. Each protocol has its own folder. To add one,
 * write its row, declare it here and list it in protocol.c. The use cases ask for capabilities and steps, never for a
 * protocol's name. Each step sends one request or a few and waits for the answers; whether and when to ask again is the
 * caller's decision. The CA's answers are passed on as bytes in the arena, to be parsed and checked like any file from
 * outside.
 */

typedef struct pc_ca_protocol pc_ca_protocol;

/** Where a CA is, and which protocol it uses. */
typedef struct {
    const pc_ca_protocol *protocol;
    const char *address; /**< as records keep it: as pc_address_of_ca returns it */
} pc_ca_target;

/** All borrowed for as long as the connection is open. */
typedef struct {
    const pc_ca_protocol *protocol;
    pc_wire *wire;
    const pc_ca_access *access;
    const pc_ca_credentials *credentials;
} pc_ca_connection;

/** A request to be submitted; borrowed. */
typedef struct {
    const char *request;                   /**< PKCS#10, PKCS#7 or CMC as PEM or bare base64, NUL-terminated */
    pc_bytes csr;                          /**< the PKCS#10, DER; in a PKCS#7 the inner one */
    const char *template_name;             /**< the template's name, not its display name; NULL: none */
    const char *const *request_attributes; /**< "Name:Value" each, e.g. "SAN:dns=a&dns=b" */
    size_t request_attribute_count;
    bool renews;    /**< a certificate of the same names is being renewed, and logs in */
    pc_bytes proof; /**< the result of `prove`; empty if there is none */
} pc_ca_submission;

/** A query about a pending request; borrowed. */
typedef struct {
    const char *reference; /**< of pc_ca_reply */
    const char *state;     /**< of pc_ca_reply */
    pc_bytes csr;          /**< DER; empty if it is not known */
} pc_ca_inquiry;

/** A certificate to be revoked; borrowed. */
typedef struct {
    X509 *certificate;
    int reason; /**< CRLReason, RFC 5280 section 5.3.1 */
} pc_ca_revocation;

/** What the CA says about a request. Texts and bytes are the arena's. */
typedef struct {
    pc_ca_outcome outcome;
    const char *reference; /**< names the request at the CA, 1 to PC_CA_REFERENCE_MAX printable characters; "": none */
    const char *state;     /**< to be kept and passed to `check` while pending, printable; "": none */
    unsigned retry_sec;    /**< the CA must not be asked again before this time; 0: it did not say */
    pc_bytes certificate;  /**< PC_CA_ISSUED: the certificate, alone or with others; empty: to be fetched */
} pc_ca_reply;

/** A file of a request, or the CA's answer instead. */
typedef struct {
    pc_ca_outcome outcome;
    pc_bytes file; /**< the arena's; set only if the outcome is PC_CA_ISSUED */
} pc_ca_issued;

typedef struct {
    unsigned long renewal; /**< 0 is the CA's first certificate */
    pc_bytes file;
} pc_ca_certificate;

typedef struct {
    pc_ca_certificate *items; /**< oldest first */
    size_t count;
    unsigned long newest; /**< number of the newest one, whether it is among the items or not */
} pc_ca_certificates;

typedef struct {
    unsigned long renewal; /**< of the CA's certificate whose key signs the CRL */
    bool is_delta;
} pc_ca_crl;

/** A template that the CA offers to this login. */
typedef struct {
    const char *name;    /**< the name used in a submission: "WebServer"; escaped */
    const char *display; /**< for people, in the language of the server; escaped, may be "" */
} pc_ca_template;

typedef struct {
    pc_ca_template *items;
    size_t count;
    bool is_form; /**< the page has the form for a request; on a stand-alone CA it lists no templates */
} pc_ca_templates;

#define PC_CA_REFERENCE_MAX 128u

/** What a protocol can do; the steps of other capabilities may be NULL. */
typedef enum {
    PC_CA_CAN_LIST_TEMPLATES = 1,    /**< get_templates */
    PC_CA_CAN_GIVE_CRL = 2,          /**< get_crl */
    PC_CA_CAN_NUMBER_ITS_CAS = 4,    /**< get_ca_certificates lists every renewal, with its number */
    PC_CA_CAN_FIND_BY_REFERENCE = 8, /**< a request that has no record can be queried by its reference alone */
    PC_CA_CAN_TAKE_TEMPLATE = 16,    /**< a submission may name a template */
    PC_CA_CAN_TAKE_ATTRIBUTES = 32,  /**< a submission may have request attributes */
    PC_CA_CAN_RENEW_BY_LOGIN = 64,   /**< the certificate being renewed logs in; `renews` marks the request */
    PC_CA_CAN_TAKE_PKCS7 = 128,      /**< a PKCS#7 signed by the old key is a renewal */
    PC_CA_CAN_TAKE_SECRET = 256,     /**< PC_CA_LOGIN_SECRET */
    PC_CA_LOGS_IN_BY_TLS = 512,      /**< a certificate logs in only through TLS, and must be one for TLS clients */
    PC_CA_CAN_TAKE_WSSE = 1024,      /**< PC_CA_LOGIN_WSSE */
} pc_ca_capability;

struct pc_ca_protocol {
    const char *name;   /**< for --protocol, and in records */
    const char *server; /**< the expected server, for sentences: "AD CS", "an EST server" */
    unsigned capabilities;
    pc_address_form form; /**< of addresses */

    /** Does a URL with this path belong to this protocol? */
    bool (*recognises)(const char *path);

    /**
     * Read what the CA requires of requests, before anything is signed; NULL: it cannot be known in advance.
     * @return PC_OK; PC_E_REFUSED (the request lacks it); as pc_wire_fetch.
     */
    pc_status (*check_request)(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                               pc_error *err);

    /**
     * Can this key log in? To be asked before a new key is made. NULL: whatever the signer can sign with.
     *
     * @param key  its public half is enough
     * @return PC_OK; PC_E_CRYPTO (the OpenSSL that runs cannot protect a message with such a key).
     */
    pc_status (*check_login_key)(EVP_PKEY *key, pc_error *err);

    /**
     * Sign what a new key must sign in addition to the request if it replaces the key that logs in: before the
     * connection is opened, since a process may have only one signer at a time. NULL: nothing.
     *
     * @param old        the certificate that is being renewed
     * @param key        the new key, for signing
     * @param ret_proof  the arena's, for the submission
     * @return PC_OK; PC_E_CRYPTO (the signature failed); PC_E_MEMORY.
     */
    pc_status (*prove)(const pc_ca_submission *submission, X509 *old, EVP_PKEY *key, pc_arena *arena,
                       pc_bytes *ret_proof, pc_error *err);

    /**
     * NULL: it takes no requests; then there is no `check` either.
     * @return PC_OK whatever the CA decided; PC_E_USAGE (it cannot be sent this way). A failure after which the CA may
     * still have the request says so, as does pc_wire_may_have_arrived.
     */
    pc_status (*submit)(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                        pc_ca_reply *ret_reply, pc_error *err);

    /** The state of a request. An answer about another one is PC_CA_UNKNOWN. @return PC_OK; PC_E_INPUT (the reference
     * is not one of this protocol, or a required part of the record is missing); as pc_wire_fetch. */
    pc_status (*check)(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_inquiry *inquiry,
                       pc_ca_reply *ret_reply, pc_error *err);

    /** The certificate of a request, if replies do not contain it; else NULL. @return PC_OK; PC_E_CA (cut short). */
    pc_status (*get_certificate)(const pc_ca_connection *connection, pc_arena *arena, const char *reference,
                                 pc_ca_issued *ret_issued, pc_error *err);

    /** Certificates that include the issuers of a request's certificate; NULL: replies contain them. As
     * get_certificate. */
    pc_status (*get_chain)(const pc_ca_connection *connection, pc_arena *arena, const char *reference,
                           pc_ca_issued *ret_issued, pc_error *err);

    /** The CA's own certificates. @return PC_OK; PC_E_CA. */
    pc_status (*get_ca_certificates)(const pc_ca_connection *connection, pc_arena *arena,
                                     pc_ca_certificates *ret_certificates, pc_error *err);

    /** The chain of the CA's certificate of a renewal. @return PC_OK; PC_E_CA. */
    pc_status (*get_ca_chain)(const pc_ca_connection *connection, pc_arena *arena, unsigned long renewal,
                              pc_bytes *ret_file, pc_error *err);

    pc_status (*get_crl)(const pc_ca_connection *connection, pc_arena *arena, pc_ca_crl crl, pc_bytes *ret_file,
                         pc_error *err);

    /**
     * The templates of the CA in full, evaluated; NULL: it gives only names, if anything.
     * @param result policy_id, policy and the items are set, in the arena
     * @return PC_OK; PC_E_CA; as pc_wire_fetch.
     */
    pc_status (*get_policies)(const pc_ca_connection *connection, pc_arena *arena, pc_templates_result *result,
                              pc_error *err);

    /**
     * Have a certificate revoked; NULL: the protocol cannot, and describe_revocation says what can.
     * @param ret_changed false: the CA says that it was already revoked
     * @return PC_OK; PC_E_USAGE (the login); PC_E_CA (the CA refuses); as pc_wire_fetch.
     */
    pc_status (*revoke)(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_revocation *revocation,
                        bool *ret_changed, pc_error *err);

    /** How to revoke at the CA itself, for a hint; for protocols without `revoke`. NULL when out of memory. */
    const char *(*describe_revocation)(pc_arena *arena, const char *serial, int reason);

    /** The templates that this login may request. @return PC_OK; PC_E_CA (another page). */
    pc_status (*get_templates)(const pc_ca_connection *connection, pc_arena *arena, pc_ca_templates *ret_templates,
                               pc_error *err);
};

extern const pc_ca_protocol pc_ca_certsrv; /**< the web enrolment pages of AD CS */
extern const pc_ca_protocol pc_ca_est;     /**< Enrollment over Secure Transport, RFC 7030 */
extern const pc_ca_protocol pc_ca_cmp;     /**< Certificate Management Protocol, RFC 4210 and RFC 6712 */
extern const pc_ca_protocol pc_ca_cep;     /**< the enrolment policy service of Windows, [MS-XCEP]; takes no requests */
extern const pc_ca_protocol pc_ca_ces;     /**< the enrolment web service of Windows, [MS-WSTEP] */

/** If the CA may have received the request of a failed submission, say so in the error. @return the status. */
pc_status pc_ca_note_lost(const pc_wire *wire, pc_status status, pc_error *err);

/** Does the protocol have this capability? */
bool pc_ca_can(const pc_ca_protocol *protocol, pc_ca_capability capability);

/** As the protocol's check_login_key; PC_OK if it has none. */
PC_MUST_CHECK pc_status pc_ca_check_login_key(const pc_ca_protocol *protocol, EVP_PKEY *key, pc_error *err);

/** The protocol of that name; a name of NULL means certsrv, since records of earlier versions do not name it. NULL if
 * there is none. */
const pc_ca_protocol *pc_ca_protocol_named(const char *name);

/**
 * The protocol and address of a CA, from what the user gave. A URL without a path is certsrv's, unless the access names
 * another protocol. Nothing is sent to find out.
 *
 * @param access only its url, protocol, login and insecure_http are used
 * @return PC_OK; PC_E_USAGE (no protocol has such a path, or that name; as pc_address_of_ca); PC_E_REFUSED (plain
 *         HTTP); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_target_of(pc_arena *arena, const pc_ca_access *access, pc_ca_target *ret_target,
                                        pc_error *err);

#endif
