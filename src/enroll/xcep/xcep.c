/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/xcep/xcep.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <p11cert/request.h>
#include <string.h>

#include "base/text.h"
#include "enroll/base64.h"
#include "enroll/soap/xml.h"

#define XCEP "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy"

PC_AUTO_DEFINE(X509, X509, X509_free);
PC_AUTO_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
PC_AUTO_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING, ASN1_BIT_STRING_free);

/* The server hides templates made for later versions than these; 0 hides none. */
const char pc_xcep_get_policies[] =
    "<GetPolicies xmlns=\"" XCEP "\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">"
    "<client><lastUpdate i:nil=\"true\"/><preferredLanguage i:nil=\"true\"/></client>"
    "<requestFilter><policyOIDs i:nil=\"true\"/><clientVersion>0</clientVersion><serverVersion>0</serverVersion>"
    "</requestFilter></GetPolicies>";

typedef struct {
    int64_t id;
    const char *value;
    const char *name;
} oid;

typedef struct {
    int64_t id;
    pc_template_ca ca;
} referenced_ca;

/* The objects that an answer refers to. */
typedef struct {
    pc_arena *arena;
    pc_xcep_login login;
    oid *oids;
    size_t oid_count;
    referenced_ca *cas;
    size_t ca_count;
} answer;

static const xmlNode *child(const xmlNode *parent, const char *name)
{
    return pc_xml_child(parent, XCEP, name);
}

static uint32_t flags_of(const xmlNode *parent, const char *name)
{
    return (uint32_t)((uint64_t)pc_xml_number(child(parent, name), 0) & 0xffffffffu);
}

static unsigned count_of(const xmlNode *parent, const char *name)
{
    int64_t number = pc_xml_number(child(parent, name), 0);

    return number > 0 && number <= INT32_MAX ? (unsigned)number : 0;
}

static int64_t span_of(const xmlNode *parent, const char *name)
{
    int64_t number = pc_xml_number(child(parent, name), 0);

    return number > 0 ? number : 0;
}

static pc_status fail_too_many(pc_error *err)
{
    return pc_fail(err, PC_E_CA, "the enrolment policy has more entries than any directory");
}

/* --- OIDs -------------------------------------------------------------------------------------------------------- */

static pc_status read_oids(answer *got, const xmlNode *list, pc_error *err)
{
    for (const xmlNode *each = child(list, "oID"); each; each = pc_xml_next(each)) {
        oid *slot = PC_PUSH(got->arena, got->oids, got->oid_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = (oid){
            .id = pc_xml_number(child(each, "oIDReferenceID"), -1),
            .value = pc_xml_words(got->arena, child(each, "value")),
            .name = pc_xml_words(got->arena, child(each, "defaultName")),
        };
        if (!slot->value || !slot->name) {
            return pc_fail_memory(err);
        }
        if (got->oid_count > PC_XCEP_ITEMS_MAX) {
            return fail_too_many(err);
        }
    }
    return PC_OK;
}

/* References are keys, with gaps, not positions; 0 is a valid one. */
static const oid *oid_of(const answer *got, const xmlNode *reference)
{
    static const oid none = { .id = -1, .value = "", .name = "" };
    int64_t id = pc_xml_number(reference, -1);

    for (size_t i = 0; id >= 0 && i < got->oid_count; i++) {
        if (got->oids[i].id == id) {
            return &got->oids[i];
        }
    }
    return &none;
}

/* --- CAs --------------------------------------------------------------------------------------------------------- */

/* The last CN, as UTF-8; "" if there is none. NULL when out of memory. */
static const char *common_name(pc_arena *arena, const X509_NAME *name)
{
    unsigned char *text = NULL;
    int index = -1;

    for (int next = -1; (next = X509_NAME_get_index_by_NID(name, NID_commonName, next)) >= 0;) {
        index = next;
    }
    int len = index >= 0 ? ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))) : 0;
    const char *escaped = pc_text_escape(arena, len > 0 ? (const char *)text : "", len > 0 ? (size_t)len : 0);

    OPENSSL_free(text);
    return escaped;
}

/* A certificate that cannot be read has no name; the CA can still be asked. */
static const char *name_in(pc_arena *arena, const xmlNode *element)
{
    const char *text = pc_xml_text(arena, element);
    pc_bytes der = { .len = 0 };
    const char *name = "";

    if (!text) {
        return NULL;
    }
    if (pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)text, strlen(text) }, &der)) {
        const unsigned char *bytes = der.data;
        PC_AUTO(X509) X509 *certificate = d2i_X509(NULL, &bytes, (long)der.len);

        if (certificate) {
            name = common_name(arena, X509_get_subject_name(certificate));
        }
        ERR_clear_error();
    }
    return name;
}

/* For this login, and for more than renewals. */
static bool fits(const answer *got, const xmlNode *uri)
{
    int64_t login = pc_xml_number(child(uri, "clientAuthentication"), 0);

    return (!got->login || login == (int64_t)got->login) && !pc_xml_bool(child(uri, "renewalOnly"));
}

/* Behind those of the same or a lower number. */
static pc_status insert_url(const answer *got, const xmlNode *uri, int64_t *priorities, pc_template_ca *ca,
                            pc_error *err)
{
    const int64_t priority = pc_xml_number(child(uri, "priority"), INT64_MAX);
    const char *url = pc_xml_words(got->arena, child(uri, "uri"));
    const char **slot = url && *url ? PC_PUSH(got->arena, ca->urls, ca->url_count) : NULL;

    if (!slot) {
        return url && !*url ? PC_OK : pc_fail_memory(err);
    }
    size_t place = ca->url_count - 1;

    for (; place > 0 && priorities[place - 1] > priority; place--) {
        priorities[place] = priorities[place - 1];
        ca->urls[place] = ca->urls[place - 1];
    }
    priorities[place] = priority;
    ca->urls[place] = url;
    return PC_OK;
}

/* The lowest number first; an address without a number comes last. */
static pc_status read_urls(const answer *got, const xmlNode *uris, pc_template_ca *ca, pc_error *err)
{
    int64_t priorities[PC_XCEP_URLS_MAX];

    for (const xmlNode *each = child(uris, "cAURI"); each; each = pc_xml_next(each)) {
        if (!fits(got, each)) {
            continue;
        }
        if (ca->url_count == PC_XCEP_URLS_MAX) {
            return fail_too_many(err);
        }
        PC_TRY(insert_url(got, each, priorities, ca, err));
    }
    ca->url = ca->url_count ? ca->urls[0] : "";
    return PC_OK;
}

static pc_status read_cas(answer *got, const xmlNode *list, pc_error *err)
{
    for (const xmlNode *each = child(list, "cA"); each; each = pc_xml_next(each)) {
        referenced_ca *slot = PC_PUSH(got->arena, got->cas, got->ca_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = (referenced_ca){
            .id = pc_xml_number(child(each, "cAReferenceID"), -1),
            .ca = { .name = name_in(got->arena, child(each, "certificate")),
                    .enroll = pc_xml_bool(child(each, "enrollPermission")) },
        };
        if (!slot->ca.name) {
            return pc_fail_memory(err);
        }
        PC_TRY(read_urls(got, child(each, "uris"), &slot->ca, err));
        if (got->ca_count > PC_XCEP_ITEMS_MAX) {
            return fail_too_many(err);
        }
    }
    return PC_OK;
}

static pc_status add_cas(const answer *got, const xmlNode *references, pc_template *item, pc_error *err)
{
    for (const xmlNode *each = child(references, "cAReference"); each; each = pc_xml_next(each)) {
        int64_t id = pc_xml_number(each, -1);

        for (size_t i = 0; id >= 0 && i < got->ca_count; i++) {
            pc_template_ca *slot = got->cas[i].id == id ? PC_PUSH(got->arena, item->cas, item->ca_count) : item->cas;

            if (got->cas[i].id == id && !slot) {
                return pc_fail_memory(err);
            }
            if (got->cas[i].id == id) {
                *slot = got->cas[i].ca;
                break;
            }
        }
    }
    return PC_OK;
}

/* --- extensions -------------------------------------------------------------------------------------------------- */

static pc_status add_text(pc_arena *arena, const char *text, const char ***items, size_t *count, pc_error *err)
{
    const char **slot = text && *text ? PC_PUSH(arena, *items, *count) : NULL;

    if (!text || (*text && !slot)) {
        return pc_fail_memory(err);
    }
    if (slot) {
        *slot = text;
    }
    return PC_OK;
}

static pc_status read_usages(const answer *got, pc_bytes der, pc_template *item, pc_error *err)
{
    const unsigned char *bytes = der.data;
    PC_AUTO(EXTENDED_KEY_USAGE) EXTENDED_KEY_USAGE *usages = d2i_EXTENDED_KEY_USAGE(NULL, &bytes, (long)der.len);

    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        char dotted[128];

        (void)OBJ_obj2txt(dotted, sizeof dotted, sk_ASN1_OBJECT_value(usages, i), 1);
        PC_TRY(add_text(got->arena, pc_arena_string(got->arena, dotted), &item->usages, &item->usage_count, err));
    }
    return PC_OK;
}

static void read_key_usage(pc_bytes der, pc_template *item)
{
    const unsigned char *bytes = der.data;
    PC_AUTO(ASN1_BIT_STRING) ASN1_BIT_STRING *bits = d2i_ASN1_BIT_STRING(NULL, &bytes, (long)der.len);

    if (bits && ASN1_STRING_length(bits) > 0) {
        item->key_usage = ASN1_STRING_get0_data(bits)[0];
    }
}

static pc_status read_extensions(const answer *got, const xmlNode *list, pc_template *item, pc_error *err)
{
    for (const xmlNode *each = child(list, "extension"); each; each = pc_xml_next(each)) {
        const char *value = oid_of(got, child(each, "oIDReference"))->value;
        const char *text = pc_xml_text(got->arena, child(each, "value"));
        pc_bytes der = { .len = 0 };

        if (!text) {
            return pc_fail_memory(err);
        }
        if (!pc_base64_decode(got->arena, (pc_bytes){ (const uint8_t *)text, strlen(text) }, &der)) {
            continue;
        }
        if (strcmp(value, "2.5.29.37") == 0) {
            PC_TRY(read_usages(got, der, item, err));
        } else if (strcmp(value, "2.5.29.15") == 0) {
            read_key_usage(der, item);
        }
        ERR_clear_error();
    }
    return PC_OK;
}

/* --- templates --------------------------------------------------------------------------------------------------- */

static const char *algorithm_of(const answer *got, const xmlNode *key)
{
    static const struct {
        const char *value;
        const char *name;
    } rows[] = {
        { "1.2.840.113549.1.1.1", "RSA" },
        { "1.2.840.10045.3.1.7", "EC P-256" },
        { "1.3.132.0.34", "EC P-384" },
        { "1.3.132.0.35", "EC P-521" },
        { "2.16.840.1.101.3.4.3.17", "ML-DSA-44" }, /* NIST's, RFC 9881 section 2 */
        { "2.16.840.1.101.3.4.3.18", "ML-DSA-65" },
        { "2.16.840.1.101.3.4.3.19", "ML-DSA-87" },
    };
    const oid *found = oid_of(got, child(key, "algorithmOIDReference"));

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (strcmp(found->value, rows[i].value) == 0) {
            return rows[i].name;
        }
    }
    return *found->value ? found->value : "RSA";
}

static pc_status read_key(const answer *got, const xmlNode *key, pc_template *item, pc_error *err)
{
    const xmlNode *list = child(key, "cryptoProviders");

    item->key_bits = count_of(key, "minimalKeyLength");
    item->key_spec = count_of(key, "keySpec");
    item->key_algorithm = algorithm_of(got, key);
    for (const xmlNode *each = child(list, "provider"); each; each = pc_xml_next(each)) {
        PC_TRY(add_text(got->arena, pc_xml_words(got->arena, each), &item->providers, &item->provider_count, err));
    }
    return PC_OK;
}

static pc_status read_lists(const answer *got, const xmlNode *attributes, pc_template *item, pc_error *err)
{
    const xmlNode *superseded = child(attributes, "supersededPolicies");

    for (const xmlNode *each = child(superseded, "commonName"); each; each = pc_xml_next(each)) {
        PC_TRY(add_text(got->arena, pc_xml_words(got->arena, each), &item->superseded, &item->superseded_count, err));
    }
    PC_TRY(read_key(got, child(attributes, "privateKeyAttributes"), item, err));
    return read_extensions(got, child(attributes, "extensions"), item, err);
}

static pc_status read_template(const answer *got, const xmlNode *policy, pc_template *item, pc_error *err)
{
    const xmlNode *attributes = child(policy, "attributes");
    const xmlNode *validity = child(attributes, "certificateValidity");
    const xmlNode *permission = child(attributes, "permission");
    const xmlNode *revision = child(attributes, "revision");
    const oid *name = oid_of(got, child(policy, "policyOIDReference"));

    *item = (pc_template){
        .name = pc_xml_words(got->arena, child(attributes, "commonName")),
        .display = name->name,
        .oid = name->value,
        .schema = count_of(attributes, "policySchema"),
        .major_version = count_of(revision, "majorRevision"),
        .minor_version = count_of(revision, "minorRevision"),
        .enroll = pc_xml_bool(child(permission, "enroll")),
        .auto_enroll = pc_xml_bool(child(permission, "autoEnroll")),
        .private_key_flags = flags_of(attributes, "privateKeyFlags"),
        .subject_flags = flags_of(attributes, "subjectNameFlags"),
        .enrollment_flags = flags_of(attributes, "enrollmentFlags"),
        .general_flags = flags_of(attributes, "generalFlags"),
        .ra_signatures = count_of(child(attributes, "rARequirements"), "rASignatures"),
        .archival = pc_xml_has_value(child(attributes, "keyArchivalAttributes")),
        .validity_sec = span_of(validity, "validityPeriodSeconds"),
        .renewal_sec = span_of(validity, "renewalPeriodSeconds"),
    };
    if (!item->name) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_lists(got, attributes, item, err));
    return add_cas(got, child(policy, "cAs"), item, err);
}

static pc_status read_templates(const answer *got, const xmlNode *list, pc_xcep_policies *policies, pc_error *err)
{
    for (const xmlNode *each = child(list, "policy"); each; each = pc_xml_next(each)) {
        pc_template item;

        PC_TRY(read_template(got, each, &item, err));
        if (!*item.name) {
            continue; /* a request could not name it */
        }
        pc_template *slot = PC_PUSH(got->arena, policies->items, policies->count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = item;
        if (policies->count > PC_XCEP_TEMPLATES_MAX) {
            return fail_too_many(err);
        }
    }
    return PC_OK;
}

pc_status pc_xcep_read(pc_arena *arena, const xmlNode *response, pc_xcep_login login, pc_xcep_policies *ret_policies,
                       pc_error *err)
{
    answer got = { .arena = arena, .login = login };
    const xmlNode *policy_set = child(response, "response");
    bool is_response = response && response->ns && strcmp((const char *)response->ns->href, XCEP) == 0 &&
                       strcmp((const char *)response->name, "GetPoliciesResponse") == 0;

    if (!is_response || !policy_set) {
        return pc_fail(err, PC_E_CA, "the server's answer is not that of an enrolment policy service ([MS-XCEP])");
    }
    pc_xcep_policies policies = {
        .policy_id = pc_xml_words(arena, child(policy_set, "policyID")),
        .policy = pc_xml_words(arena, child(policy_set, "policyFriendlyName")),
        .is_unchanged = pc_xml_bool(child(policy_set, "policiesNotChanged")),
    };

    if (!policies.policy_id || !policies.policy) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_oids(&got, child(response, "oIDs"), err));
    PC_TRY(read_cas(&got, child(response, "cAs"), err));
    PC_TRY(read_templates(&got, child(policy_set, "policies"), &policies, err));
    *ret_policies = policies;
    return PC_OK;
}
