/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/soap/soap.h"

#include <string.h>
#include <time.h>

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

/* SOAP Message Security 1.0 section 12. The prefix of such a QName may be any. */
static bool is_security_code(const char *subcode)
{
    static const char *const codes[] = { "InvalidSecurity", "FailedAuthentication", "InvalidSecurityToken",
                                         "SecurityTokenUnavailable", "MessageExpired" };
    const char *colon = strchr(subcode, ':');

    for (size_t i = 0; i < PC_COUNT(codes); i++) {
        if (strcmp(colon ? colon + 1 : subcode, codes[i]) == 0) {
            return true;
        }
    }
    return false;
}

pc_status pc_soap_refuse_login(const pc_soap_fault *fault, const char *server, pc_error *err)
{
    char now[PC_TIME_TEXT] = "";

    (void)pc_text_time((int64_t)time(NULL), now);
    (void)pc_fail(err, PC_E_AUTH, "%s refuses the login: %s", server,
                  *fault->reason ? fault->reason : "it gives no reason");
    return pc_hint(err, PC_E_AUTH,
                   "services with _UsernamePassword_ in their address take `auth` wsse, those with _Kerberos_ `auth` "
                   "ticket, those with _Certificate_ `client_key`; check user and password, and the clock of this "
                   "machine, which says %s: five minutes too many are refused",
                   now);
}

pc_status pc_soap_fault_read(pc_arena *arena, const pc_soap_answer *answer, pc_soap_fault *ret_fault, pc_error *err)
{
    bool is_old = strcmp((const char *)answer->fault->ns->href, PC_SOAP_OLD) == 0;
    const xmlNode *reason =
        is_old ? pc_xml_child(answer->fault, "", "faultstring")
               : pc_xml_child(pc_xml_child(answer->fault, PC_SOAP_ENVELOPE, "Reason"), PC_SOAP_ENVELOPE, "Text");
    const xmlNode *details =
        is_old ? pc_xml_child(answer->fault, "", "detail") : pc_xml_child(answer->fault, PC_SOAP_ENVELOPE, "Detail");
    const char *subcode =
        pc_xml_words(arena, pc_xml_child(pc_xml_child(pc_xml_child(answer->fault, PC_SOAP_ENVELOPE, "Code"),
                                                      PC_SOAP_ENVELOPE, "Subcode"),
                                         PC_SOAP_ENVELOPE, "Value"));
    const xmlNode *detail = pc_xml_child(details, ENROLLMENT, "CertificateEnrollmentWSDetail");
    pc_soap_fault fault = {
        .reason = pc_xml_words(arena, reason),
        .code = (unsigned long)(pc_xml_number(pc_xml_child(detail, ENROLLMENT, "ErrorCode"), 0) & 0xffffffff),
        .request_id = pc_xml_words(arena, pc_xml_child(detail, ENROLLMENT, "RequestID")),
        .invalid_request = pc_xml_bool(pc_xml_child(detail, ENROLLMENT, "InvalidRequest")),
    };

    if (!fault.reason || !fault.request_id || !subcode) {
        return pc_fail_memory(err);
    }
    fault.is_login_refused = is_security_code(subcode);
    *ret_fault = fault;
    return PC_OK;
}
