/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/template.h"

#include <openssl/objects.h>

#include "x509/openssl_error.h"
#include "x509/windows.h"

pc_status pc_extension_add_template_name(pc_extension_list *list, const char *name, pc_error *err)
{
    PC_AUTO(ASN1_STRING) ASN1_STRING *string = ASN1_BMPSTRING_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!string || !pc_bmp_string_set(string, name)) {
        return pc_fail_openssl(err, PC_E_INPUT, "the template name \"%s\" cannot be encoded", name);
    }
    int len = i2d_ASN1_BMPSTRING(string, &der);

    return pc_extension_add_der(list, &(pc_extension_der){ PC_OID_TEMPLATE_NAME, false, der, len }, err);
}

pc_status pc_extension_add_template_version(pc_extension_list *list, const pc_template_version *version, pc_error *err)
{
    PC_AUTO(PC_TEMPLATE_INFO) PC_TEMPLATE_INFO *info = PC_TEMPLATE_INFO_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!info) {
        return pc_fail_memory(err);
    }
    ASN1_OBJECT_free(info->id);
    info->id = OBJ_txt2obj(version->oid, 1);
    if (!info->id) {
        return pc_fail_openssl(err, PC_E_INPUT, "the template \"%s\" is not an object identifier", version->oid);
    }
    if (version->has_minor && !(info->minor = ASN1_INTEGER_new())) {
        return pc_fail_memory(err);
    }
    if (ASN1_INTEGER_set_uint64(info->major, version->major) != 1 ||
        (info->minor && ASN1_INTEGER_set_uint64(info->minor, version->minor) != 1)) {
        return pc_fail_memory(err);
    }
    int len = i2d_PC_TEMPLATE_INFO(info, &der);

    return pc_extension_add_der(list, &(pc_extension_der){ PC_OID_TEMPLATE_VERSION, false, der, len }, err);
}
