/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/xcep/xcep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "enroll/soap/soap.h"
#include "enroll/wstep/wstep.h"

#define ID         "urn:uuid:11111111-2222-4333-8444-555555555555"
#define ENVELOPE   "<s:Envelope xmlns:s='" PC_SOAP_ENVELOPE "' xmlns:a='" PC_SOAP_ADDRESS "'>"
#define HEADER     "<s:Header><a:RelatesTo>" ID "</a:RelatesTo></s:Header>"
#define BODY(text) ENVELOPE HEADER "<s:Body>" text "</s:Body></s:Envelope>"
#define XCEP       "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy"
#define WSTEP      "http://schemas.microsoft.com/windows/pki/2009/01/enrollment"
#define TRUST      "http://docs.oasis-open.org/ws-sx/ws-trust/200512"

static pc_status read_soap(const char *text, pc_soap_answer *ret_answer)
{
    return pc_soap_read((pc_bytes){ (const uint8_t *)text, strlen(text) }, ID, ret_answer, NULL);
}

static const struct {
    const char *name;
    const char *text;
    pc_status status;
} envelopes[] = {
    { "an answer", BODY("<x xmlns='y'/>"), PC_OK },
    { "an empty body", BODY(""), PC_OK },
    { "other prefixes",
      "<Envelope xmlns='" PC_SOAP_ENVELOPE "'><Header><RelatesTo xmlns='" PC_SOAP_ADDRESS "'> " ID
      "\n</RelatesTo></Header><Body/></Envelope>",
      PC_OK },
    { "a fault that relates to nothing", ENVELOPE "<s:Body><s:Fault/></s:Body></s:Envelope>", PC_OK },
    { "to another message", ENVELOPE "<s:Header><a:RelatesTo>urn:uuid:0</a:RelatesTo></s:Header><s:Body/></s:Envelope>",
      PC_E_CA },
    { "to no message", ENVELOPE "<s:Body><x/></s:Body></s:Envelope>", PC_E_CA },
    { "SOAP 1.1", "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>", PC_E_CA },
    { "no namespace", "<Envelope><Body/></Envelope>", PC_E_CA },
    { "HTML", "<html><body>Welcome</body></html>", PC_E_CA },
    { "not XML", "Welcome", PC_E_CA },
    { "nothing", "", PC_E_CA },
    { "cut short", "<s:Envelope xmlns:s='" PC_SOAP_ENVELOPE "'><s:Body>", PC_E_CA },
    { "a DTD", "<!DOCTYPE s>" BODY(""), PC_E_CA },
    { "an entity", "<!DOCTYPE s [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" BODY("<x>&e;</x>"), PC_E_CA },
    { "many entities", "<!DOCTYPE s [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>" BODY("<x>&b;</x>"), PC_E_CA },
};

static void only_the_answer_to_the_message_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(envelopes); i++) {
        PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
        pc_status status = read_soap(envelopes[i].text, &answer);

        if (status != envelopes[i].status) {
            fail_msg("%s: %s", envelopes[i].name, pc_status_name(status));
        }
    }
}

static void a_fault_gives_reason_and_code(void **state)
{
    static const char text[] = BODY(
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>Denied\x01 &lt;by&gt; policy</s:Text>"
        "</s:Reason><s:Detail><CertificateEnrollmentWSDetail xmlns='" WSTEP "'><ErrorCode>-2146877422</ErrorCode>"
        "<InvalidRequest>true</InvalidRequest><RequestID>17</RequestID></CertificateEnrollmentWSDetail></s:Detail>"
        "</s:Fault>");
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_soap_fault fault;
    char clean[sizeof text];

    (void)state;
    (void)snprintf(clean, sizeof clean, "%s", text);
    *strchr(clean, '\x01') = ' ';
    assert_int_equal(read_soap(text, &answer), PC_E_CA); /* XML has no such character */
    assert_int_equal(read_soap(clean, &answer), PC_OK);
    assert_non_null(answer.fault);
    assert_int_equal(pc_soap_fault_read(arena, &answer, &fault, NULL), PC_OK);
    assert_string_equal(fault.reason, "Denied  <by> policy");
    assert_int_equal(fault.code, 0x80094012);
    assert_true(fault.invalid_request);
    assert_string_equal(fault.request_id, "17");
}

/* --- policies --- */

#define POLICIES(policies, cas, oids) RESPONSE_HEAD policies "</response>" cas oids RESPONSE_TAIL
#define CA_7 \
    "<cAs><cA><uris><cAURI><clientAuthentication>2</clientAuthentication><uri>https://b/</uri><priority>5</priority>" \
    "</cAURI><cAURI><clientAuthentication>2</clientAuthentication><uri>https://a/</uri><priority>1</priority></cAURI>" \
    "<cAURI><clientAuthentication>2</clientAuthentication><uri>https://r/</uri><priority>0</priority>" \
    "<renewalOnly>true</renewalOnly></cAURI><cAURI><clientAuthentication>4</clientAuthentication><uri>https://p/</" \
    "uri>" \
    "<priority i:nil='1'/></cAURI></uris><certificate>not base64</certificate><enrollPermission>1</enrollPermission>" \
    "<cAReferenceID>7</cAReferenceID></cA></cAs>"
#define OIDS \
    "<oIDs><oID><value>1.2.3</value><group>9</group><oIDReferenceID>0</oIDReferenceID><defaultName>Web Server" \
    "</defaultName></oID></oIDs>"
#define TEMPLATE_HEAD \
    "<policies><policy><policyOIDReference>0</policyOIDReference><cAs><cAReference>7</cAReference></cAs><attributes>" \
    "<commonName>Web</commonName><permission><enroll>true</enroll></permission><subjectNameFlags>1</subjectNameFlags>"
#define TEMPLATE_TAIL "</attributes></policy></policies>"
#define RESPONSE_HEAD \
    ENVELOPE HEADER "<s:Body><GetPoliciesResponse xmlns='" XCEP \
                    "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>" \
                    "<response><policyID>{1}</policyID>"
#define RESPONSE_TAIL "</GetPoliciesResponse></s:Body></s:Envelope>"
#define POLICIES_HEAD RESPONSE_HEAD TEMPLATE_HEAD
#define POLICIES_TAIL TEMPLATE_TAIL "</response>" CA_7 OIDS RESPONSE_TAIL

static pc_status read_policies(pc_arena *arena, const char *text, pc_xcep_login login, pc_xcep_policies *ret_policies)
{
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };

    assert_int_equal(read_soap(text, &answer), PC_OK);
    return pc_xcep_read(arena, answer.body, login, ret_policies, NULL);
}

static void references_are_keys_and_0_is_one(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_xcep_policies policies;

    (void)state;
    assert_int_equal(read_policies(arena, POLICIES(TEMPLATE_HEAD TEMPLATE_TAIL, CA_7, OIDS), PC_XCEP_KERBEROS,
                                   &policies),
                     PC_OK);
    assert_int_equal(policies.count, 1);
    assert_string_equal(policies.items[0].display, "Web Server");
    assert_string_equal(policies.items[0].oid, "1.2.3");
    assert_int_equal(policies.items[0].ca_count, 1);
    assert_string_equal(policies.items[0].cas[0].url, "https://a/"); /* the lowest priority that is not for renewals */
    assert_int_equal(policies.items[0].cas[0].url_count, 2);
    assert_string_equal(policies.items[0].cas[0].urls[0], "https://a/");
    assert_string_equal(policies.items[0].cas[0].urls[1], "https://b/");
    assert_string_equal(policies.items[0].key_algorithm, "RSA");
    assert_int_equal(read_policies(arena, POLICIES(TEMPLATE_HEAD TEMPLATE_TAIL, CA_7, OIDS), PC_XCEP_PASSWORD,
                                   &policies),
                     PC_OK);
    assert_string_equal(policies.items[0].cas[0].url, "https://p/");
    assert_int_equal(read_policies(arena, POLICIES(TEMPLATE_HEAD TEMPLATE_TAIL, CA_7, OIDS), PC_XCEP_CERTIFICATE,
                                   &policies),
                     PC_OK);
    assert_string_equal(policies.items[0].cas[0].url, "");
}

static void what_is_missing_is_empty(void **state)
{
    static const char *const texts[] = {
        POLICIES("<policies i:nil='true'/>", "<cAs i:nil='1'/>", "<oIDs i:nil='true'/>"),
        POLICIES("<policiesNotChanged>true</policiesNotChanged>", "", ""),
        POLICIES("<policies><policy/></policies>", "", ""),
        POLICIES("", "", ""),
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(texts); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_xcep_policies policies = { .count = 99 };

        assert_int_equal(read_policies(arena, texts[i], 0, &policies), PC_OK);
        assert_int_equal(policies.count, 0);
        assert_int_equal(policies.is_unchanged, i == 1);
    }
}

static const struct {
    const char *flags;
    pc_template_verdict verdict;
    const char *says;
} judgements[] = {
    { "", PC_TEMPLATE_FITS, NULL },
    { "<privateKeyFlags>16</privateKeyFlags>", PC_TEMPLATE_NOTED, "remains non-exportable" },
    { "<privateKeyFlags>1</privateKeyFlags>", PC_TEMPLATE_REFUSED, "archives the private key" },
    { "<privateKeyFlags>8192</privateKeyFlags>", PC_TEMPLATE_REFUSED, "in a TPM" },
    { "<privateKeyFlags>4096</privateKeyFlags>", PC_TEMPLATE_NOTED, "prefers a key in a TPM" },
    { "<privateKeyFlags>64</privateKeyFlags>", PC_TEMPLATE_WARNED, "RSASSA-PSS" },
    { "<privateKeyFlags>-2147483647</privateKeyFlags>", PC_TEMPLATE_REFUSED, "archives" }, /* the low 32 bits count */
    { "<enrollmentFlags>2</enrollmentFlags>", PC_TEMPLATE_NOTED, "approves each request" },
    { "<rARequirements><rASignatures>2</rASignatures></rARequirements>", PC_TEMPLATE_REFUSED, "2 signatures" },
    { "<privateKeyAttributes><cryptoProviders><provider>Microsoft Platform Crypto Provider</provider></cryptoProviders>"
      "</privateKeyAttributes>",
      PC_TEMPLATE_WARNED, "only the TPM's provider" },
};

static void flags_decide_what_a_token_key_can_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(judgements); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_xcep_policies policies;
        const char *text = pc_arena_format(arena, "%s%s%s", POLICIES_HEAD, judgements[i].flags, POLICIES_TAIL);

        assert_int_equal(read_policies(arena, text, 0, &policies), PC_OK);
        assert_int_equal(policies.count, 1);
        assert_int_equal(pc_template_judge(arena, &policies.items[0], NULL), PC_OK);
        const pc_template *judged = &policies.items[0];
        bool says = !judgements[i].says;

        for (size_t j = 0; j < judged->line_count; j++) {
            says = says || strstr(judged->lines[j].words, judgements[i].says);
        }
        if (judged->verdict != judgements[i].verdict || !says) {
            fail_msg("%s: %s", judgements[i].flags, pc_template_verdict_name(judged->verdict));
        }
    }
}

/* --- enrolment --- */

#define RESPONSES(text) \
    BODY("<RequestSecurityTokenResponseCollection xmlns='" TRUST "'>" text "</" \
         "RequestSecurityTokenResponseCollection>")
#define RESPONSE(text) "<RequestSecurityTokenResponse>" text "</RequestSecurityTokenResponse>"
#define NUMBER(text)   "<RequestID xmlns='" WSTEP "'>" text "</RequestID>"
#define PENDING \
    "<RequestedSecurityToken><SecurityTokenReference xmlns='" PC_SOAP_SECURITY "'/></RequestedSecurityToken>"

static const struct {
    const char *name;
    const char *text;
    pc_status status;
    pc_ca_disposition disposition;
    const char *reference;
} answers[] = {
    { "pending", RESPONSES(RESPONSE(PENDING NUMBER("17"))), PC_OK, PC_CA_PENDING, "17" },
    { "pending without a number", RESPONSES(RESPONSE(PENDING NUMBER("0"))), PC_OK, PC_CA_PENDING, "" },
    { "words alone",
      RESPONSES(RESPONSE("<DispositionMessage xmlns='" WSTEP "'>Issued</DispositionMessage>" NUMBER("17"))), PC_OK,
      PC_CA_UNKNOWN, "17" },
    { "two answers", RESPONSES(RESPONSE(PENDING NUMBER("17")) RESPONSE(PENDING NUMBER("18"))), PC_OK, PC_CA_UNKNOWN,
      "17" },
    { "none", RESPONSES(""), PC_OK, PC_CA_UNKNOWN, "" },
    { "not a certificate",
      RESPONSES(RESPONSE("<RequestedSecurityToken><BinarySecurityToken xmlns='" PC_SOAP_SECURITY
                         "'>MAA=</BinarySecurityToken></RequestedSecurityToken>" NUMBER("17"))),
      PC_E_CA, PC_CA_UNKNOWN, "" },
};

static void structure_decides_and_not_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(answers); i++) {
        PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_ca_reply reply = { .reference = "" };

        assert_int_equal(read_soap(answers[i].text, &answer), PC_OK);
        pc_status status = pc_wstep_read(arena, answer.body, &reply, NULL);

        if (status != answers[i].status || reply.outcome.disposition != answers[i].disposition ||
            strcmp(reply.reference, answers[i].reference) != 0) {
            fail_msg("%s: %s, %s", answers[i].name, pc_status_name(status), reply.reference);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_answer_to_the_message_is_read), cmocka_unit_test(a_fault_gives_reason_and_code),
        cmocka_unit_test(references_are_keys_and_0_is_one),       cmocka_unit_test(what_is_missing_is_empty),
        cmocka_unit_test(flags_decide_what_a_token_key_can_be),   cmocka_unit_test(structure_decides_and_not_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
