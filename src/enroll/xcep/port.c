/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/revocation.h"
#include "enroll/soap/soap.h"
#include "enroll/xcep/xcep.h"

#define ACTION PC_SOAP_MICROSOFT "enrollmentpolicy/IPolicy/GetPolicies"

/* ".../ADPolicyProvider_CEP_Kerberos/service.svc/CEP", ignoring case, as IIS does. */
static bool recognises(const char *path)
{
    return pc_address_ends_with(path, "/service.svc/cep");
}

static pc_xcep_login login_of(const pc_ca_connection *connection)
{
    switch (connection->access->login) {
    case PC_CA_LOGIN_TICKET:
        return PC_XCEP_KERBEROS;
    case PC_CA_LOGIN_BASIC:
    case PC_CA_LOGIN_NTLM:
    case PC_CA_LOGIN_WSSE:
        return PC_XCEP_PASSWORD;
    case PC_CA_LOGIN_NONE:
    case PC_CA_LOGIN_SECRET:
    default:
        return connection->credentials->certificate ? PC_XCEP_CERTIFICATE : PC_XCEP_ANONYMOUS;
    }
}

static pc_status fail_fault(pc_arena *arena, const pc_soap_answer *answer, pc_error *err)
{
    pc_soap_fault fault;

    PC_TRY(pc_soap_fault_read(arena, answer, &fault, err));
    if (fault.is_login_refused) {
        return pc_soap_refuse_login(&fault, "the enrolment policy service", err);
    }
    (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_WINDOWS, fault.code,
                       "the enrolment policy service refuses the request: %s",
                       *fault.reason ? fault.reason : "it gives no reason");
    return pc_hint(err, PC_E_CA,
                   "check the login: services with _UsernamePassword_ in their address take `auth` wsse, those with "
                   "_Kerberos_ `auth` ticket, those with _Certificate_ `client_key`");
}

static pc_status get_policies(const pc_ca_connection *connection, pc_arena *arena, pc_templates_result *result,
                              pc_error *err)
{
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
    const pc_soap_request request = {
        .action = ACTION,
        .address = pc_wire_address(connection->wire),
        .body = pc_xcep_get_policies,
    };
    pc_xcep_policies policies;

    PC_TRY(pc_soap_call(connection, arena, &request, &answer, err));
    if (answer.fault) {
        return fail_fault(arena, &answer, err);
    }
    PC_TRY(pc_xcep_read(arena, answer.body, login_of(connection), &policies, err));
    for (size_t i = 0; i < policies.count; i++) {
        PC_TRY(pc_template_judge(arena, &policies.items[i], err));
    }
    result->policy_id = policies.policy_id;
    result->policy = policies.policy;
    result->items = policies.items;
    result->count = policies.count;
    return PC_OK;
}

const pc_ca_protocol pc_ca_cep = {
    .name = "cep",
    .server = "an enrolment policy service",
    .capabilities = PC_CA_CAN_TAKE_WSSE,
    .form = { .empty_path = "/ADPolicyProvider_CEP_Kerberos/service.svc/CEP",
              .example = "https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP" },
    .recognises = recognises,
    .get_policies = get_policies,
    .describe_revocation = pc_certsrv_describe_revocation,
};
