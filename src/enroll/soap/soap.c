/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/soap/soap.h"

#include <string.h>

#include "base/text.h"

#define ENROLLMENT PC_SOAP_MICROSOFT "enrollment"

void pc_soap_answer_clear(pc_soap_answer *answer)
{
    pc_libxml2_free_document(answer->document);
    *answer = (pc_soap_answer){ .document = NULL };
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static bool relates_to(const xmlNode *header, const char *message_id)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *related = arena ? pc_xml_words(arena, pc_xml_child(header, PC_SOAP_ADDRESS, "RelatesTo")) : NULL;

    return related && pc_text_equal(related, message_id);
}

static const xmlNode *first_element(const xmlNode *parent)
{
    const xmlNode *each = parent ? parent->children : NULL;

    while (each && each->type != XML_ELEMENT_NODE) {
        each = each->next;
    }
    return each;
}

static const xmlNode *body_of(const xmlNode *envelope, const char *space)
{
    bool is_envelope = envelope->ns && pc_text_equal((const char *)envelope->ns->href, space) &&
                       strcmp((const char *)envelope->name, "Envelope") == 0;

    return is_envelope ? pc_xml_child(envelope, space, "Body") : NULL;
}

pc_status pc_soap_read(pc_bytes text, const char *message_id, pc_soap_answer *ret_answer, pc_error *err)
{
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };

    PC_TRY(pc_xml_parse(text, &answer.document, err));
    const xmlNode *envelope = pc_libxml2()->root_element(answer.document);
    const xmlNode *body = body_of(envelope, PC_SOAP_ENVELOPE);

    answer.fault =
        pc_xml_child(body ? body : body_of(envelope, PC_SOAP_OLD), body ? PC_SOAP_ENVELOPE : PC_SOAP_OLD, "Fault");
    if (!body && !answer.fault) {
        return pc_fail(err, PC_E_CA, "the server's answer is not a SOAP 1.2 message");
    }
    answer.body = answer.fault ? NULL : first_element(body);
    /* A fault may be raised before the server has read the message. */
    if (!answer.fault && !relates_to(pc_xml_child(envelope, PC_SOAP_ENVELOPE, "Header"), message_id)) {
        return pc_fail(err, PC_E_CA, "the server's answer is to another message than the one that was sent");
    }
    *ret_answer = answer;
    answer = (pc_soap_answer){ .document = NULL };
    return PC_OK;
}

pc_status pc_soap_fault_read(pc_arena *arena, const pc_soap_answer *answer, pc_soap_fault *ret_fault, pc_error *err)
{
    bool is_old = strcmp((const char *)answer->fault->ns->href, PC_SOAP_OLD) == 0;
    const xmlNode *reason =
        is_old ? pc_xml_child(answer->fault, "", "faultstring")
               : pc_xml_child(pc_xml_child(answer->fault, PC_SOAP_ENVELOPE, "Reason"), PC_SOAP_ENVELOPE, "Text");
    const xmlNode *details =
        is_old ? pc_xml_child(answer->fault, "", "detail") : pc_xml_child(answer->fault, PC_SOAP_ENVELOPE, "Detail");
    const xmlNode *detail = pc_xml_child(details, ENROLLMENT, "CertificateEnrollmentWSDetail");
    pc_soap_fault fault = {
        .reason = pc_xml_words(arena, reason),
        .code = (unsigned long)(pc_xml_number(pc_xml_child(detail, ENROLLMENT, "ErrorCode"), 0) & 0xffffffff),
        .request_id = pc_xml_words(arena, pc_xml_child(detail, ENROLLMENT, "RequestID")),
        .invalid_request = pc_xml_bool(pc_xml_child(detail, ENROLLMENT, "InvalidRequest")),
    };

    if (!fault.reason || !fault.request_id) {
        return pc_fail_memory(err);
    }
    *ret_fault = fault;
    return PC_OK;
}
