/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/policies.h"

#include <openssl/objects.h>
#include <string.h>

#include "x509/openssl_error.h"
#include "x509/windows.h"

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text > 0x7f) {
            return false;
        }
    }
    return true;
}

static bool set_url(POLICYQUALINFO *qualifier, const char *url)
{
    qualifier->d.cpsuri = ASN1_IA5STRING_new();
    return qualifier->d.cpsuri && is_ascii(url) && ASN1_STRING_set(qualifier->d.cpsuri, url, (int)strlen(url)) == 1;
}

static bool set_notice(POLICYQUALINFO *qualifier, const char *text)
{
    qualifier->d.usernotice = USERNOTICE_new();
    if (!qualifier->d.usernotice) {
        return false;
    }
    qualifier->d.usernotice->exptext = ASN1_UTF8STRING_new();
    return qualifier->d.usernotice->exptext && pc_utf8_string_set(qualifier->d.usernotice->exptext, text);
}

/* The type is set first: it determines which member of the union is freed. */
static pc_status add_qualifier(POLICYINFO *policy, int nid, const char *text, pc_error *err)
{
    PC_AUTO(POLICYQUALINFO) POLICYQUALINFO *qualifier = POLICYQUALINFO_new();

    if (!policy->qualifiers) {
        policy->qualifiers = sk_POLICYQUALINFO_new_null();
    }
    if (!qualifier || !policy->qualifiers) {
        return pc_fail_memory(err);
    }
    qualifier->pqualid = OBJ_nid2obj(nid);
    if (!(nid == NID_id_qt_cps ? set_url(qualifier, text) : set_notice(qualifier, text))) {
        return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" cannot be encoded in a policy statement", text);
    }
    if (sk_POLICYQUALINFO_push(policy->qualifiers, qualifier) <= 0) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(qualifier);
    return PC_OK;
}

static pc_status add_policy(CERTIFICATEPOLICIES *policies, const pc_policy_statement *from, pc_error *err)
{
    PC_AUTO(POLICYINFO) POLICYINFO *policy = POLICYINFO_new();

    if (!policy) {
        return pc_fail_memory(err);
    }
    policy->policyid = OBJ_txt2obj(from->oid, 1);
    if (!policy->policyid) {
        return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is not an object identifier", from->oid);
    }
    for (size_t i = 0; i < from->url_count; i++) {
        PC_TRY(add_qualifier(policy, NID_id_qt_cps, from->urls[i], err));
    }
    for (size_t i = 0; i < from->notice_count; i++) {
        PC_TRY(add_qualifier(policy, NID_id_qt_unotice, from->notices[i], err));
    }
    if (sk_POLICYINFO_push(policies, policy) <= 0) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(policy);
    return PC_OK;
}

static pc_status add_as(pc_extension_list *list, const char *oid, const pc_policy_statements *statements, pc_error *err)
{
    PC_AUTO(CERTIFICATEPOLICIES) CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!policies) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < statements->count; i++) {
        PC_TRY(add_policy(policies, &statements->items[i], err));
    }
    int len = i2d_CERTIFICATEPOLICIES(policies, &der);

    return pc_extension_add_der(list, &(pc_extension_der){ oid, statements->critical, der, len }, err);
}

pc_status pc_extension_add_policies(pc_extension_list *list, const pc_policy_statements *statements, pc_error *err)
{
    return add_as(list, "2.5.29.32", statements, err);
}

pc_status pc_extension_add_application_policies(pc_extension_list *list, const pc_policy_statements *statements,
                                                pc_error *err)
{
    return add_as(list, PC_OID_APPLICATION_POLICIES, statements, err);
}
