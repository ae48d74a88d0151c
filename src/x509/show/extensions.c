/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/show/show.h"
#include "x509/show/fields.h"
#include "x509/windows.h"

typedef pc_status (*decoder)(const pc_show *show, const ASN1_OCTET_STRING *der);

static pc_status show_names(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *names = pc_show_unpack(der, ASN1_ITEM_rptr(GENERAL_NAMES));

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        PC_TRY(pc_show_general_name(show, "", sk_GENERAL_NAME_value(names, i)));
    }
    return names ? PC_OK : PC_E_INPUT;
}

static pc_status show_subtrees(const pc_show *show, const char *prefix, const STACK_OF(GENERAL_SUBTREE) *subtrees)
{
    for (int i = 0; subtrees && i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
        PC_TRY(pc_show_general_name(show, prefix, sk_GENERAL_SUBTREE_value(subtrees, i)->base));
    }
    return PC_OK;
}

static pc_status show_constraints(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(NAME_CONSTRAINTS) NAME_CONSTRAINTS *both = pc_show_unpack(der, ASN1_ITEM_rptr(NAME_CONSTRAINTS));

    if (!both) {
        return PC_E_INPUT;
    }
    PC_TRY(show_subtrees(show, "permitted ", both->permittedSubtrees));
    return show_subtrees(show, "excluded ", both->excludedSubtrees);
}

static pc_status show_qualifier(const pc_show *show, const POLICYQUALINFO *qualifier)
{
    switch (OBJ_obj2nid(qualifier->pqualid)) {
    case NID_id_qt_cps:
        return pc_show_string(show, "CPS", qualifier->d.cpsuri);
    case NID_id_qt_unotice:
        if (qualifier->d.usernotice->noticeref) {
            PC_TRY(pc_show_string(show, "notice of", qualifier->d.usernotice->noticeref->organization));
        }
        return qualifier->d.usernotice->exptext ? pc_show_string(show, "notice", qualifier->d.usernotice->exptext)
                                                : PC_OK;
    default:
        return pc_show_oid(show, "qualifier", qualifier->pqualid);
    }
}

static pc_status show_policies(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(CERTIFICATEPOLICIES)
    CERTIFICATEPOLICIES *policies = pc_show_unpack(der, ASN1_ITEM_rptr(CERTIFICATEPOLICIES));

    for (int i = 0; policies && i < sk_POLICYINFO_num(policies); i++) {
        const POLICYINFO *policy = sk_POLICYINFO_value(policies, i);

        PC_TRY(pc_show_oid(show, "policy", policy->policyid));
        for (int j = 0; policy->qualifiers && j < sk_POLICYQUALINFO_num(policy->qualifiers); j++) {
            PC_TRY(show_qualifier(show, sk_POLICYQUALINFO_value(policy->qualifiers, j)));
        }
    }
    return policies ? PC_OK : PC_E_INPUT;
}

static pc_status show_template_name(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(ASN1_STRING) ASN1_STRING *name = pc_show_unpack(der, ASN1_ITEM_rptr(DIRECTORYSTRING));

    return name ? pc_show_string(show, "template", name) : PC_E_INPUT;
}

static pc_status show_template_version(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(PC_TEMPLATE_INFO) PC_TEMPLATE_INFO *info = pc_show_unpack(der, ASN1_ITEM_rptr(PC_TEMPLATE_INFO));

    if (!info) {
        return PC_E_INPUT;
    }
    PC_TRY(pc_show_oid(show, "template", info->id));
    PC_TRY(pc_show_integer(show, "major version", info->major));
    return info->minor ? pc_show_integer(show, "minor version", info->minor) : PC_OK;
}

static pc_status show_eku(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(EXTENDED_KEY_USAGE) EXTENDED_KEY_USAGE *usage = pc_show_unpack(der, ASN1_ITEM_rptr(EXTENDED_KEY_USAGE));

    for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++) {
        PC_TRY(pc_show_oid(show, "usage", sk_ASN1_OBJECT_value(usage, i)));
    }
    return usage ? PC_OK : PC_E_INPUT;
}

static pc_status show_smime(const pc_show *show, const ASN1_OCTET_STRING *der)
{
    PC_AUTO(X509_ALGOR_stack) X509_ALGORS *all = pc_show_unpack(der, ASN1_ITEM_rptr(X509_ALGORS));

    for (int i = 0; all && i < sk_X509_ALGOR_num(all); i++) {
        const ASN1_OBJECT *oid = NULL;
        const void *value = NULL;
        int type = V_ASN1_UNDEF;

        X509_ALGOR_get0(&oid, &type, &value, sk_X509_ALGOR_value(all, i));
        PC_TRY(pc_show_oid(show, "capability", oid));
        if (type == V_ASN1_INTEGER) {
            PC_TRY(pc_show_integer(show, "key bits", value));
        }
    }
    return all ? PC_OK : PC_E_INPUT;
}

static const struct {
    const char *oid;
    decoder decode;
} decoders[] = {
    { "2.5.29.17", show_names },
    { "2.5.29.18", show_names },
    { "2.5.29.30", show_constraints },
    { "2.5.29.32", show_policies },
    { "2.5.29.37", show_eku },
    { PC_OID_APPLICATION_POLICIES, show_policies },
    { PC_OID_TEMPLATE_NAME, show_template_name },
    { PC_OID_TEMPLATE_VERSION, show_template_version },
    { PC_OID_SMIME_CAPABILITIES, show_smime },
    { PC_OID_SID, show_names },
};

static pc_status show_as_openssl(const pc_show *show, X509_EXTENSION *extension)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());

    if (!out) {
        return PC_E_MEMORY;
    }
    return X509V3_EXT_print(out, extension, X509V3_EXT_DEFAULT, 0) == 1 ? pc_show_lines(show, out) : PC_E_INPUT;
}

static pc_status decode(const pc_show *show, X509_EXTENSION *extension)
{
    for (size_t i = 0; i < PC_COUNT(decoders); i++) {
        if (strcmp(show->part->oid, decoders[i].oid) == 0) {
            return decoders[i].decode(show, X509_EXTENSION_get_data(extension));
        }
    }
    return show_as_openssl(show, extension);
}

static pc_status show_one(X509_EXTENSION *extension, pc_arena *arena, pc_shown_part *part)
{
    const ASN1_OCTET_STRING *der = X509_EXTENSION_get_data(extension);
    const pc_show show = { .arena = arena, .part = part };

    PC_TRY(pc_show_identity(&show, X509_EXTENSION_get_object(extension)));
    part->critical = X509_EXTENSION_get_critical(extension) == 1;
    part->hex = pc_text_hex(arena, (pc_bytes){ ASN1_STRING_get0_data(der), (size_t)ASN1_STRING_length(der) }, '\0');
    if (!part->hex) {
        return PC_E_MEMORY;
    }
    return pc_show_finish(&show, decode(&show, extension));
}

pc_status pc_x509_show_extensions(const STACK_OF(X509_EXTENSION) *extensions, pc_arena *arena, pc_shown *shown,
                                  pc_error *err)
{
    for (int i = 0; extensions && i < sk_X509_EXTENSION_num(extensions); i++) {
        pc_shown_part *part = PC_PUSH(arena, shown->extensions, shown->extension_count);

        if (!part || show_one(sk_X509_EXTENSION_value(extensions, i), arena, part) != PC_OK) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}
