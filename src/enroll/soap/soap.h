/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_SOAP_H
#define PC_ENROLL_SOAP_H

#include "enroll/protocol.h"
#include "enroll/soap/xml.h"

/**
 * SOAP 1.2 messages as the enrolment services of Windows exchange them ([MS-XCEP], [MS-WSTEP], WS-Addressing 1.0).
 * Gateways and other services may answer with a fault of SOAP 1.1 (its section 4.4; SOAP 1.2 part 1, appendix A).
 */

#define PC_SOAP_ENVELOPE  "http://www.w3.org/2003/05/soap-envelope"
#define PC_SOAP_OLD       "http://schemas.xmlsoap.org/soap/envelope/" /* SOAP 1.1 */
#define PC_SOAP_ADDRESS   "http://www.w3.org/2005/08/addressing"
#define PC_SOAP_SECURITY  "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define PC_SOAP_MICROSOFT "http://schemas.microsoft.com/windows/pki/2009/01/"

/** A request. Borrowed. */
typedef struct {
    const char *action;
    const char *address; /**< the address to which it is posted */
    const char *body;    /**< XML, the content of soap:Body */
} pc_soap_request;

/** An answer. */
typedef struct {
    xmlDoc *document;
    const xmlNode *body;  /**< the first element in soap:Body; NULL if it is a fault, or empty */
    const xmlNode *fault; /**< soap:Fault, also of SOAP 1.1; NULL if there is none */
} pc_soap_answer;

void pc_soap_answer_clear(pc_soap_answer *answer);

PC_AUTO_DEFINE_VALUE(pc_soap_answer, pc_soap_answer, pc_soap_answer_clear);

/** The text of a fault: Reason, and the code of its detail. Texts are the arena's. */
typedef struct {
    const char *reason;     /**< "" if it gives none */
    unsigned long code;     /**< HRESULT of CertificateEnrollmentWSDetail; 0: none */
    const char *request_id; /**< "" if it gives none */
    bool invalid_request;   /**< the CA denied the request, and says so */
    bool is_login_refused;  /**< by WS-Security, before the service read the message */
} pc_soap_fault;

/**
 * Read an envelope. Pure: any bytes are allowed.
 *
 * @param message_id  the MessageID of the request, which the answer must name in RelatesTo
 * @return PC_OK, also for a fault; PC_E_CA (not SOAP, or the answer to another message); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_soap_read(pc_bytes text, const char *message_id, pc_soap_answer *ret_answer, pc_error *err);

/** @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_soap_fault_read(pc_arena *arena, const pc_soap_answer *answer, pc_soap_fault *ret_fault,
                                           pc_error *err);

/** Report a fault that refuses the login. @param server  "an enrolment web service" @return PC_E_AUTH. */
pc_status pc_soap_refuse_login(const pc_soap_fault *fault, const char *server, pc_error *err);

/**
 * Post a request to the connection's address and read the answer, whatever its HTTP status. With the login WSSE the
 * request has the user and password in a UsernameToken, and no other login.
 * @return as pc_wire_fetch and pc_soap_read.
 */
PC_MUST_CHECK pc_status pc_soap_call(const pc_ca_connection *connection, pc_arena *arena,
                                     const pc_soap_request *request, pc_soap_answer *ret_answer, pc_error *err);

#endif
