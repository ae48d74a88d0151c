/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/codes.h"
#include "enroll/certsrv/revocation.h"
#include "enroll/soap/soap.h"
#include "enroll/wstep/wstep.h"

#define ACTION PC_SOAP_MICROSOFT "enrollment/RST/wstep"

/* ".../Contoso CA_CES_Kerberos/service.svc/CES", ignoring case, as IIS does. */
static bool recognises(const char *path)
{
    return pc_address_ends_with(path, "/service.svc/ces");
}

/* --- faults ------------------------------------------------------------------------------------------------------ */

/* After a fault without a code, it is unknown whether the CA has the request. */
static pc_status fail_fault(const pc_soap_fault *fault, pc_error *err)
{
    (void)pc_fail(err, PC_E_CA, "the enrolment web service reports: %s", *fault->reason ? fault->reason : "nothing");
    return pc_hint(err, PC_E_CA, "the event log of its server has the details");
}

static pc_status read_fault(pc_arena *arena, const pc_soap_answer *answer, pc_ca_reply *reply, pc_error *err)
{
    pc_soap_fault fault;

    PC_TRY(pc_soap_fault_read(arena, answer, &fault, err));
    if (fault.is_login_refused) {
        return pc_soap_refuse_login(&fault, "the enrolment web service", err);
    }
    if (fault.code == 0) {
        return fail_fault(&fault, err);
    }
    const pc_certsrv_code *known = pc_certsrv_code_find(fault.code);

    reply->reference = strcmp(fault.request_id, "0") == 0 ? "" : fault.request_id;
    reply->outcome = (pc_ca_outcome){
        .disposition = fault.invalid_request ? PC_CA_DENIED
                       : known               ? known->disposition
                                             : PC_CA_ERROR,
        .code = fault.code,
        .code_name = known ? known->name : NULL,
        .message = *fault.reason ? fault.reason : NULL,
        .advice = known ? known->advice : NULL,
    };
    return PC_OK;
}

/* --- steps ------------------------------------------------------------------------------------------------------- */

static pc_status call(const pc_ca_connection *connection, pc_arena *arena, const char *body, pc_ca_reply *ret_reply,
                      pc_error *err)
{
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
    pc_ca_reply reply = { .reference = "", .state = "" };
    const pc_soap_request request = { .action = ACTION, .address = pc_wire_address(connection->wire), .body = body };

    PC_TRY(pc_soap_call(connection, arena, &request, &answer, err));
    PC_TRY(answer.fault ? read_fault(arena, &answer, &reply, err) : pc_wstep_read(arena, answer.body, &reply, err));
    *ret_reply = reply;
    return PC_OK;
}

static pc_status submit(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                        pc_ca_reply *ret_reply, pc_error *err)
{
    const char *body = NULL;

    PC_TRY(pc_wstep_submission(arena, submission, &body, err));
    pc_status status = call(connection, arena, body, ret_reply, err);

    return pc_ca_note_lost(connection->wire, status, err);
}

/* A login is never sent to an address on another host, or without TLS; in these cases the address that the user gave is
 * used. */
static bool is_followed(const pc_ca_connection *connection, const char *address)
{
    return *address && strcmp(address, pc_wire_address(connection->wire)) != 0 &&
           pc_address_check_redirect(pc_wire_address(connection->wire), address, NULL) == PC_OK;
}

/* The address in the answer to the submission, if there is one that may be used. */
static pc_status ask(const pc_ca_connection *connection, pc_arena *arena, const char *address, const char *body,
                     pc_ca_reply *ret_reply, pc_error *err)
{
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    pc_ca_connection other = *connection;

    if (!is_followed(connection, address)) {
        return call(connection, arena, body, ret_reply, err);
    }
    PC_TRY(pc_wire_open(connection->access, address, connection->credentials, &wire, err));
    other.wire = wire;
    return call(&other, arena, body, ret_reply, err);
}

static pc_status check(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_inquiry *inquiry,
                       pc_ca_reply *ret_reply, pc_error *err)
{
    const char *body = pc_wstep_query(arena, inquiry->reference);
    pc_ca_reply reply;

    if (!body) {
        return pc_fail_memory(err);
    }
    PC_TRY(ask(connection, arena, inquiry->state, body, &reply, err));
    if (*reply.reference && !pc_text_equal(reply.reference, inquiry->reference)) {
        reply = (pc_ca_reply){ .state = "" }; /* about another request */
    }
    reply.reference = inquiry->reference;
    *ret_reply = reply;
    return PC_OK;
}

const pc_ca_protocol pc_ca_ces = {
    .name = "ces",
    .server = "an enrolment web service",
    .capabilities = PC_CA_CAN_FIND_BY_REFERENCE | PC_CA_CAN_TAKE_TEMPLATE | PC_CA_CAN_TAKE_ATTRIBUTES |
                    PC_CA_CAN_TAKE_PKCS7 | PC_CA_CAN_TAKE_WSSE,
    .form = { .empty_path = "/service.svc/CES",
              .example = "https://ca.contoso.com/Contoso%20CA_CES_Kerberos/service.svc/CES" },
    .recognises = recognises,
    .submit = submit,
    .check = check,
    .describe_revocation = pc_certsrv_describe_revocation,
};
