/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/name_constraints.h"

#include <string.h>

#include "base/text.h"
#include "x509/alt_names.h"
#include "x509/openssl_error.h"

/* The address followed by a mask with `bits` leading ones. */
static ASN1_OCTET_STRING *with_prefix(const char *address, unsigned long bits)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *host = a2i_IPADDRESS(address);
    unsigned char both[32] = { 0 };
    int len = host ? ASN1_STRING_length(host) : 0;

    if (len == 0 || len > 16 || bits > (unsigned long)len * 8) {
        return NULL;
    }
    memcpy(both, ASN1_STRING_get0_data(host), (size_t)len);
    for (unsigned long bit = 0; bit < bits; bit++) {
        both[(unsigned long)len + bit / 8] |= (unsigned char)(0x80u >> bit % 8);
    }
    return ASN1_OCTET_STRING_set(host, both, 2 * len) == 1 ? PC_TAKE(host) : NULL;
}

static ASN1_OCTET_STRING *read_network(const char *text)
{
    const char *slash = strchr(text, '/');
    unsigned long bits = 0;
    char address[64];

    if (slash && !pc_text_to_number(slash + 1, 128, &bits)) {
        return a2i_IPADDRESS_NC(text);
    }
    size_t len = slash ? (size_t)(slash - text) : strlen(text);

    if (len >= sizeof address) {
        return NULL;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    if (!slash) {
        bits = strchr(text, ':') ? 128 : 32;
    }
    return with_prefix(address, bits);
}

static pc_status build_base(const pc_alt_name *from, GENERAL_NAME **ret_name, pc_error *err)
{
    if (from->kind != PC_ALT_IP) {
        return pc_x509_general_name_build(from, ret_name, err);
    }
    PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_OCTET_STRING *network = name ? read_network(from->text) : NULL;

    if (!network) {
        return pc_fail_openssl(err, PC_E_INPUT,
                               "\"%s\" is not a network such as 192.0.2.0/24 or "
                               "192.0.2.0/255.255.255.0",
                               from->text);
    }
    GENERAL_NAME_set0_value(name, GEN_IPADD, network);
    *ret_name = PC_TAKE(name);
    return PC_OK;
}

static pc_status add_subtrees(STACK_OF(GENERAL_SUBTREE) **list, const pc_alt_name *names, size_t count, pc_error *err)
{
    if (count && !(*list = sk_GENERAL_SUBTREE_new_null())) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        PC_AUTO(GENERAL_SUBTREE) GENERAL_SUBTREE *subtree = GENERAL_SUBTREE_new();
        GENERAL_NAME *base = NULL;

        if (!subtree) {
            return pc_fail_memory(err);
        }
        PC_TRY(build_base(&names[i], &base, err));
        GENERAL_NAME_free(subtree->base);
        subtree->base = base;
        if (sk_GENERAL_SUBTREE_push(*list, subtree) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(subtree);
    }
    return PC_OK;
}

pc_status pc_extension_add_name_constraints(pc_extension_list *list, const pc_name_constraints *constraints,
                                            pc_error *err)
{
    PC_AUTO(NAME_CONSTRAINTS) NAME_CONSTRAINTS *built = NAME_CONSTRAINTS_new();

    if (!built) {
        return pc_fail_memory(err);
    }
    PC_TRY(add_subtrees(&built->permittedSubtrees, constraints->permitted, constraints->permitted_count, err));
    PC_TRY(add_subtrees(&built->excludedSubtrees, constraints->excluded, constraints->excluded_count, err));
    if (!built->permittedSubtrees && !built->excludedSubtrees) {
        return pc_fail(err, PC_E_INPUT, "the name constraints neither permit nor exclude anything");
    }
    return pc_extension_add(list, NID_name_constraints, built, constraints->critical, err);
}

pc_status pc_name_constraints_violation(X509 *certificate, X509 *issuer, const char **ret_violation, pc_error *err)
{
    int found = 0;
    PC_AUTO(NAME_CONSTRAINTS)
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(issuer, NID_name_constraints, &found, NULL);

    *ret_violation = NULL;
    if (!constraints) {
        return found == -1 ? PC_OK : pc_fail_openssl(err, PC_E_INPUT, "the issuer's name constraints cannot be read");
    }
    int code = NAME_CONSTRAINTS_check(certificate, constraints);

    if (code == X509_V_OK && X509_check_ca(certificate) == 0) {
        code = NAME_CONSTRAINTS_check_CN(certificate, constraints);
    }
    if (code == X509_V_ERR_OUT_OF_MEM) {
        return pc_fail_memory(err);
    }
    if (code == X509_V_ERR_PERMITTED_VIOLATION || code == X509_V_ERR_EXCLUDED_VIOLATION) {
        *ret_violation = X509_verify_cert_error_string(code);
    }
    return PC_OK;
}
