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

/* --- what a CA may certify ---------------------------------------------------------------------------- */

static bool has_dns_name(X509 *certificate)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool has = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        has = has || sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
    }
    return has;
}

/* "*.example.com" is not below the excluded "a.example.com", and yet names it: libcrypto compares only the text. */
static bool covers_excluded(X509 *certificate, const NAME_CONSTRAINTS *constraints)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, i)->base;
        const char *host = base->type == GEN_DNS ? (const char *)ASN1_STRING_get0_data(base->d.dNSName) : "";
        const size_t len = base->type == GEN_DNS ? (size_t)ASN1_STRING_length(base->d.dNSName) : 0;

        if (len && host[0] != '.' &&
            X509_check_host(certificate, host, len, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1) {
            return true;
        }
    }
    return false;
}

/* As X509_verify_cert judges the last certificate of a path; the common name of a CA is never the name of a host. */
static int check_names(X509 *certificate, NAME_CONSTRAINTS *constraints)
{
    (void)X509_check_purpose(certificate, -1, 0); /* parses the names, which the next call expects */
    int code = NAME_CONSTRAINTS_check(certificate, constraints);

    if (code == X509_V_OK && X509_check_ca(certificate) == 0 && !has_dns_name(certificate)) {
        code = NAME_CONSTRAINTS_check_CN(certificate, constraints);
    }
    return code == X509_V_OK && covers_excluded(certificate, constraints) ? X509_V_ERR_EXCLUDED_VIOLATION : code;
}

/* --- constraints below constraints ------------------------------------------------------------------- */

/* Names that a subtree permits, as the alternative names of a certificate: if one of them is refused, the subtree is
 * not within the issuer's. */
static bool add_text(GENERAL_NAMES *names, int type, const char *text)
{
    PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();

    if (!name || !value || ASN1_STRING_set(value, text, -1) != 1) {
        ASN1_IA5STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        return false;
    }
    (void)PC_TAKE(name);
    return true;
}

/* The first and the last address of a network: a network has no holes. */
static bool add_addresses(GENERAL_NAMES *names, const ASN1_OCTET_STRING *network)
{
    const unsigned char *both = ASN1_STRING_get0_data(network);
    const int len = ASN1_STRING_length(network) / 2;

    for (int last = 0; last < 2; last++) {
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        unsigned char address[16] = { 0 };

        for (int i = 0; i < len && i < (int)sizeof address; i++) {
            address[i] = (unsigned char)(last ? both[i] | (both[len + i] ^ 0xff) : both[i] & both[len + i]);
        }
        if (!name || !value || len > (int)sizeof address || ASN1_OCTET_STRING_set(value, address, len) != 1) {
            ASN1_OCTET_STRING_free(value);
            return false;
        }
        GENERAL_NAME_set0_value(name, GEN_IPADD, value);
        if (sk_GENERAL_NAME_push(names, name) <= 0) {
            return false;
        }
        (void)PC_TAKE(name);
    }
    return true;
}

static bool add_directory(GENERAL_NAMES *names, const GENERAL_NAME *base)
{
    PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_dup((GENERAL_NAME *)(uintptr_t)base);

    if (!name || sk_GENERAL_NAME_push(names, name) <= 0) {
        return false;
    }
    (void)PC_TAKE(name);
    return true;
}

/* "example.com" and ".example.com" have names below them; an empty base has all. */
static const char *text_below(const GENERAL_NAME *base, pc_arena *arena)
{
    const char *text =
        pc_arena_text(arena, (const char *)ASN1_STRING_get0_data(base->d.ia5), (size_t)ASN1_STRING_length(base->d.ia5));
    const char *host = !text || !*text ? "invalid" : text;
    const char *label = *host == '.' ? "x" : "";

    if (!text || base->type == GEN_DNS) {
        return text ? pc_arena_format(arena, "%s%s", label, host) : NULL;
    }
    return base->type == GEN_URI ? pc_arena_format(arena, "https://%s%s/", label, host)
                                 : pc_arena_format(arena, "%s%s%s", strchr(host, '@') ? "" : "x@", label, host);
}

/* Other kinds of names cannot be compared. */
static bool add_below(GENERAL_NAMES *names, const GENERAL_NAME *base, pc_arena *arena)
{
    const char *text = NULL;

    switch (base->type) {
    case GEN_DIRNAME:
        return add_directory(names, base);
    case GEN_IPADD:
        return add_addresses(names, base->d.iPAddress);
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        text = text_below(base, arena);
        return text && add_text(names, base->type, text);
    default:
        return true;
    }
}

/* The same certificate with other names. */
static X509 *with_names(const X509 *certificate, const GENERAL_NAMES *names)
{
    PC_AUTO(X509) X509 *copy = X509_dup((X509 *)(uintptr_t)certificate);
    PC_AUTO(X509_NAME) X509_NAME *nobody = X509_NAME_new();
    const int position = copy ? X509_get_ext_by_NID(copy, NID_subject_alt_name, -1) : -1;

    if (!copy || !nobody || X509_set_subject_name(copy, nobody) != 1) {
        return NULL;
    }
    X509_EXTENSION_free(position >= 0 ? X509_delete_ext(copy, position) : NULL);
    return X509_add1_ext_i2d(copy, NID_subject_alt_name, (void *)(uintptr_t)names, 0, X509V3_ADD_DEFAULT) == 1
               ? PC_TAKE(copy)
               : NULL;
}

static pc_status find_wider(X509 *certificate, NAME_CONSTRAINTS *limit, pc_arena *arena, int *ret_code, pc_error *err)
{
    PC_AUTO(NAME_CONSTRAINTS)
    NAME_CONSTRAINTS *own = X509_get_ext_d2i(certificate, NID_name_constraints, NULL, NULL);
    const int count = own ? sk_GENERAL_SUBTREE_num(own->permittedSubtrees) : 0;

    *ret_code = X509_V_OK;
    for (int i = 0; i < count && *ret_code == X509_V_OK; i++) {
        PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

        if (!names || !add_below(names, sk_GENERAL_SUBTREE_value(own->permittedSubtrees, i)->base, arena)) {
            return pc_fail_memory(err);
        }
        PC_AUTO(X509) X509 *named = sk_GENERAL_NAME_num(names) ? with_names(certificate, names) : NULL;

        if (sk_GENERAL_NAME_num(names) && !named) {
            return pc_fail_openssl(err, PC_E_CRYPTO, "the name constraints cannot be compared with the issuer's");
        }
        *ret_code = named ? check_names(named, limit) : X509_V_OK;
    }
    return PC_OK;
}

static pc_status compare(X509 *certificate, NAME_CONSTRAINTS *limit, pc_arena *arena, const char **ret_violation,
                         pc_error *err)
{
    const char *what = "its names";
    int code = check_names(certificate, limit);

    if (code == X509_V_OK) {
        what = "the names that its own name constraints permit";
        PC_TRY(find_wider(certificate, limit, arena, &code, err));
    }
    if (code == X509_V_ERR_OUT_OF_MEM) {
        return pc_fail_memory(err);
    }
    *ret_violation =
        code == X509_V_OK ? NULL : pc_arena_format(arena, "%s: %s", what, X509_verify_cert_error_string(code));
    return code == X509_V_OK || *ret_violation ? PC_OK : pc_fail_memory(err);
}

pc_status pc_name_constraints_violation(X509 *certificate, X509 *authority, pc_arena *arena, const char **ret_violation,
                                        pc_error *err)
{
    int found = 0;
    PC_AUTO(NAME_CONSTRAINTS)
    NAME_CONSTRAINTS *limit = X509_get_ext_d2i(authority, NID_name_constraints, &found, NULL);

    if (!limit && found != -1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the issuer's name constraints cannot be read");
    }
    const char *violation = NULL;

    PC_TRY(limit ? compare(certificate, limit, arena, &violation, err) : PC_OK);
    *ret_violation = violation;
    return PC_OK;
}
