/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/wstep/wstep.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "enroll/base64.h"
#include "enroll/bundle.h"
#include "enroll/soap/soap.h"

#define TRUST      "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
#define ENROLLMENT PC_SOAP_MICROSOFT "enrollment"
#define CONTEXT    "http://schemas.xmlsoap.org/ws/2006/12/authorization"
#define X509V3     "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"

/* With a lower-case "b", unlike in WS-Security: the service refuses any other spelling. */
#define ENCODING PC_SOAP_SECURITY "#base64binary"

#define URI_MAX 1024u

PC_AUTO_DEFINE(BIO, BIO, BIO_free_all);
PC_AUTO_DEFINE(X509, X509, X509_free);
PC_AUTO_DEFINE(CMS_ContentInfo, CMS_ContentInfo, CMS_ContentInfo_free);

/* --- requests ---------------------------------------------------------------------------------------------------- */

/* The DER of the PEM block with the request: the PKCS#10 itself, or the PKCS#7 around it. */
static pc_status read_token(pc_arena *arena, const char *text, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(text, -1);
    char *label = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;

    if (!in) {
        return pc_fail_memory(err);
    }
    if (PEM_read_bio(in, &label, &header, &der, &len) != 1) {
        ERR_clear_error();
        return pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)text, strlen(text) }, ret_der)
                   ? PC_OK
                   : pc_fail(err, PC_E_INPUT, "the request is neither PEM nor base64");
    }
    pc_status status = pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, ret_der, err);

    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)len);
    return status;
}

static const char *context_item(pc_arena *arena, const char *before, const char *name, const char *value)
{
    const char *quoted_name = pc_xml_quote(arena, name);
    const char *quoted_value = pc_xml_quote(arena, value);

    return before && quoted_name && quoted_value
               ? pc_arena_format(arena, "%s<ContextItem Name=\"%s\"><Value>%s</Value></ContextItem>", before,
                                 quoted_name, quoted_value)
               : NULL;
}

/* In a PKCS#7, the template is inside the signature. */
static const char *context_of(pc_arena *arena, const pc_ca_submission *submission, bool is_pkcs7)
{
    const char *items = "";

    if (submission->template_name && !is_pkcs7) {
        items = context_item(arena, items, "CertificateTemplate", submission->template_name);
    }
    for (size_t i = 0; items && i < submission->request_attribute_count; i++) {
        const char *attribute = submission->request_attributes[i];
        const char *colon = strchr(attribute, ':');
        const char *name = pc_arena_text(arena, attribute, colon ? (size_t)(colon - attribute) : strlen(attribute));

        items = name ? context_item(arena, items, name, colon ? colon + 1 : "") : NULL;
    }
    return !items || !*items
               ? items
               : pc_arena_format(arena, "<AdditionalContext xmlns=\"" CONTEXT "\">%s</AdditionalContext>", items);
}

pc_status pc_wstep_submission(pc_arena *arena, const pc_ca_submission *submission, const char **ret_body, pc_error *err)
{
    pc_bytes token;

    PC_TRY(read_token(arena, submission->request, &token, err));
    bool is_pkcs7 = !pc_bytes_equal(token, submission->csr);
    const char *base64 = pc_base64_encode(arena, token);
    const char *context = context_of(arena, submission, is_pkcs7);

    *ret_body = base64 && context
                    ? pc_arena_format(arena,
                                      "<RequestSecurityToken PreferredLanguage=\"en-US\" xmlns=\"" TRUST "\">"
                                      "<TokenType>" X509V3 "</TokenType><RequestType>" TRUST "/Issue</RequestType>"
                                      "<BinarySecurityToken ValueType=\"%s\" EncodingType=\"" ENCODING
                                      "\" xmlns=\"" PC_SOAP_SECURITY "\">%s</BinarySecurityToken>%s"
                                      "</RequestSecurityToken>",
                                      is_pkcs7 ? PC_SOAP_SECURITY "#PKCS7" : ENROLLMENT "#PKCS10", base64, context)
                    : NULL;
    return *ret_body ? PC_OK : pc_fail_memory(err);
}

const char *pc_wstep_query(pc_arena *arena, const char *request_id)
{
    const char *quoted = pc_xml_quote(arena, request_id);

    return quoted ? pc_arena_format(arena,
                                    "<RequestSecurityToken PreferredLanguage=\"en-US\" xmlns=\"" TRUST "\">"
                                    "<TokenType>" X509V3 "</TokenType><RequestType>" ENROLLMENT
                                    "/QueryTokenStatus</RequestType><RequestID xmlns=\"" ENROLLMENT
                                    "\">%s</RequestID></RequestSecurityToken>",
                                    quoted)
                  : NULL;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static const xmlNode *security_child(const xmlNode *parent, const char *name)
{
    return pc_xml_child(parent, PC_SOAP_SECURITY, name);
}

/* @return false if it is missing or not base64, or when out of memory */
static bool read_der(pc_arena *arena, const xmlNode *token, pc_bytes *ret_der)
{
    const char *text = token ? pc_xml_text(arena, token) : NULL;

    return text && pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)text, strlen(text) }, ret_der);
}

/* The certificates of the CMC full response; the issued certificate is useful without them. */
static STACK_OF(X509) *read_others(pc_arena *arena, const xmlNode *response)
{
    pc_bytes der = { .len = 0 };

    if (!read_der(arena, security_child(response, "BinarySecurityToken"), &der)) {
        return NULL;
    }
    const unsigned char *bytes = der.data;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &bytes, (long)der.len);
    STACK_OF(X509) *others = cms ? CMS_get1_certs(cms) : NULL;

    ERR_clear_error();
    return others;
}

static pc_status read_issued(pc_arena *arena, const xmlNode *response, const xmlNode *token, pc_ca_reply *reply,
                             pc_error *err)
{
    pc_bytes der = { .len = 0 };
    bool is_read = read_der(arena, token, &der);
    const unsigned char *bytes = der.data;
    PC_AUTO(X509) X509 *certificate = is_read ? d2i_X509(NULL, &bytes, (long)der.len) : NULL;
    PC_AUTO(certificates) STACK_OF(X509) *others = read_others(arena, response);

    ERR_clear_error();
    if (!certificate) {
        return pc_fail(err, PC_E_CA, "the data that the CA sent as the certificate cannot be read");
    }
    reply->outcome.disposition = PC_CA_ISSUED;
    return pc_bundle_write(arena, certificate, others, &reply->certificate, err);
}

/* "0" and nil mean none. */
static const char *read_id(pc_arena *arena, const xmlNode *response)
{
    const char *id = pc_xml_words(arena, pc_xml_child(response, ENROLLMENT, "RequestID"));

    return !id || strcmp(id, "0") != 0 ? id : "";
}

/* The address for queries. One that is too long is left out: the address that the user gave can be used as well. */
static const char *read_reference(pc_arena *arena, const xmlNode *reference)
{
    PC_AUTO(xml_text)
    xmlChar *uri = reference ? pc_libxml2()->attribute(reference, (const xmlChar *)"URI") : NULL;

    return uri && strlen((const char *)uri) <= URI_MAX
               ? pc_text_escape(arena, (const char *)uri, strlen((const char *)uri))
               : "";
}

pc_status pc_wstep_read(pc_arena *arena, const xmlNode *collection, pc_ca_reply *ret_reply, pc_error *err)
{
    const xmlNode *response = pc_xml_child(collection, TRUST, "RequestSecurityTokenResponse");
    const xmlNode *requested = pc_xml_child(response, TRUST, "RequestedSecurityToken");
    const xmlNode *token = security_child(requested, "BinarySecurityToken");
    const xmlNode *pending = security_child(requested, "SecurityTokenReference");
    const char *message = pc_xml_words(arena, pc_xml_child(response, ENROLLMENT, "DispositionMessage"));
    pc_ca_reply reply = { .reference = read_id(arena, response), .state = "" };
    bool is_single = response && !pc_xml_next(response);

    if (!message || !reply.reference) {
        return pc_fail_memory(err);
    }
    if (is_single && pc_xml_has_value(token)) {
        PC_TRY(read_issued(arena, response, token, &reply, err));
    } else if (is_single && pending) {
        reply.outcome.disposition = PC_CA_PENDING;
        reply.state = read_reference(arena, security_child(pending, "Reference"));
    }
    if (!reply.state) {
        return pc_fail_memory(err);
    }
    reply.outcome.message = *message ? message : NULL;
    *ret_reply = reply;
    return PC_OK;
}
