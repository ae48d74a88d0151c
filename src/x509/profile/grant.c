/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/profile/grant.h"

#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/access.h"
#include "x509/extensions.h"
#include "x509/name.h"
#include "x509/name_constraints.h"
#include "x509/openssl_error.h"
#include "x509/policies.h"
#include "x509/windows.h"

#define CA_USAGE (PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN)

/** A grant under construction. */
typedef struct {
    const pc_certificate_profile *profile;
    const pc_applicant *applicant;
    pc_arena *arena;
    pc_grant *grant;
    unsigned allowed_usage;
    unsigned usage;       /* the one that is granted */
    pc_text_list ekus;    /* the same */
    GENERAL_NAMES *names; /* the same; owned */
    pc_error *err;
} granting;

static void granting_clear(granting *in)
{
    GENERAL_NAMES_free(in->names);
}
PC_AUTO_DEFINE_VALUE(granting, granting, granting_clear);

void pc_grant_clear(pc_grant *grant)
{
    X509_NAME_free(grant->subject);
    sk_X509_EXTENSION_pop_free(grant->extensions, X509_EXTENSION_free);
    grant->subject = NULL;
    grant->extensions = NULL;
}

/* More was requested than the profile grants. */
PC_PRINTF(2, 3)
static pc_status leave_out(granting *in, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *what = pc_arena_vformat(in->arena, format, args);
    va_end(args);
    if (!what) {
        return pc_fail_memory(in->err);
    }
    if (in->profile->excess == PC_EXCESS_REFUSE) {
        return pc_fail(in->err, PC_E_REFUSED, "the request asks for more than the profile \"%s\" allows: %s",
                       in->profile->name, what);
    }
    const char *before = in->grant->left_out;

    in->grant->left_out = pc_arena_format(in->arena, "%s%s%s", before, *before ? ", " : "", what);
    return in->grant->left_out ? PC_OK : pc_fail_memory(in->err);
}

static pc_status refuse_ca(const granting *in)
{
    (void)pc_fail(in->err, PC_E_REFUSED,
                  "the request asks for the rights of a CA, which the profile \"%s\" does not allow",
                  in->profile->name);
    return pc_hint(in->err, PC_E_REFUSED,
                   "if it is to be a CA, use `profile` issuing-ca or cross; otherwise ask for a request without them");
}

static pc_status nothing_left(const granting *in, const char *what)
{
    return pc_fail(in->err, PC_E_REFUSED, "nothing in the request's %s is allowed by the profile \"%s\"", what,
                   in->profile->name);
}

/* --- key usage --- */

static unsigned usage_bits(const ASN1_BIT_STRING *usage)
{
    unsigned bits = 0;

    for (int bit = 0; bit <= 8; bit++) {
        if (ASN1_BIT_STRING_get_bit(usage, bit)) {
            bits |= bit < 8 ? 0x80u >> bit : PC_KU_DECIPHER_ONLY;
        }
    }
    return bits;
}

static pc_status take_usage(granting *in, const void *value)
{
    unsigned asked = usage_bits(value);

    if ((asked & CA_USAGE) && !in->profile->basic_constraints.is_ca) {
        return refuse_ca(in);
    }
    for (unsigned bit = 0x8000; bit; bit >>= 1) {
        if (asked & bit & ~in->allowed_usage) {
            PC_TRY(leave_out(in, "key usage %s", pc_key_usage_name(bit)));
        }
    }
    if (!(in->profile->taken & PC_TAKE_KEY_USAGE)) {
        return PC_OK;
    }
    in->usage = asked & in->allowed_usage;
    return in->usage ? PC_OK : nothing_left(in, "key usage");
}

/* --- extended key usage --- */

static const char *find_text(pc_text_list list, const char *text)
{
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.items[i], text) == 0) {
            return list.items[i];
        }
    }
    return NULL;
}

static pc_status take_ekus(granting *in, const void *value)
{
    const EXTENDED_KEY_USAGE *asked = value;
    const pc_text_list allowed = in->profile->ekus;
    const char **given = pc_arena_alloc(in->arena, ((size_t)sk_ASN1_OBJECT_num(asked) + 1) * sizeof *given);
    size_t count = 0;

    if (!given) {
        return pc_fail_memory(in->err);
    }
    for (int i = 0; i < sk_ASN1_OBJECT_num(asked); i++) {
        char oid[80];
        char words[80];

        (void)OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(asked, i), 1);
        (void)OBJ_obj2txt(words, sizeof words, sk_ASN1_OBJECT_value(asked, i), 0);
        const char *found = find_text(allowed, oid);

        if (!found) {
            PC_TRY(leave_out(in, "extended key usage %s", words));
        } else if (!find_text((pc_text_list){ given, count }, found)) {
            given[count++] = found;
        }
    }
    if (!(in->profile->taken & PC_TAKE_EKU) || allowed.count == 0) {
        return PC_OK;
    }
    in->ekus = (pc_text_list){ given, count };
    return count ? PC_OK : nothing_left(in, "extended key usage");
}

/* --- alternative names --- */

static bool is_upn(const GENERAL_NAME *name)
{
    char oid[80];

    (void)OBJ_obj2txt(oid, sizeof oid, name->d.otherName->type_id, 1);
    return strcmp(oid, PC_OID_UPN) == 0;
}

static pc_alt_name_kind kind_of(const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
        return PC_ALT_DNS;
    case GEN_IPADD:
        return PC_ALT_IP;
    case GEN_EMAIL:
        return PC_ALT_EMAIL;
    case GEN_URI:
        return PC_ALT_URI;
    case GEN_RID:
        return PC_ALT_RID;
    case GEN_DIRNAME:
        return PC_ALT_DIRECTORY;
    default:
        return name->type == GEN_OTHERNAME && is_upn(name) ? PC_ALT_UPN : PC_ALT_OTHER;
    }
}

static const char *const kind_words[] = {
    [PC_ALT_DNS] = "DNS name",
    [PC_ALT_IP] = "IP address",
    [PC_ALT_EMAIL] = "mail address",
    [PC_ALT_UPN] = "UPN",
    [PC_ALT_URI] = "URI",
    [PC_ALT_RID] = "registered ID",
    [PC_ALT_DIRECTORY] = "directory name",
    [PC_ALT_OTHER] = "other name",
};

static pc_status leave_out_name(granting *in, const GENERAL_NAME *name)
{
    const char *words = kind_words[kind_of(name)];

    if (name->type != GEN_DNS && name->type != GEN_EMAIL && name->type != GEN_URI) {
        return leave_out(in, "alternative name (%s)", words);
    }
    const char *text = pc_text_escape(in->arena, (const char *)ASN1_STRING_get0_data(name->d.ia5),
                                      (size_t)ASN1_STRING_length(name->d.ia5));

    return text ? leave_out(in, "alternative name %s (%s)", text, words) : pc_fail_memory(in->err);
}

static pc_status take_names(granting *in, const void *value)
{
    const GENERAL_NAMES *asked = value;
    unsigned allowed = in->profile->taken & PC_TAKE_ALT_NAMES ? in->profile->alt_name_kinds : 0;

    in->names = GENERAL_NAMES_new();
    for (int i = 0; in->names && i < sk_GENERAL_NAME_num(asked); i++) {
        GENERAL_NAME *each = sk_GENERAL_NAME_value(asked, i);

        if (!(allowed & 1u << kind_of(each))) {
            PC_TRY(leave_out_name(in, each));
            continue;
        }
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *copy = GENERAL_NAME_dup(each);

        if (!copy || sk_GENERAL_NAME_push(in->names, copy) <= 0) {
            return pc_fail_memory(in->err);
        }
        (void)PC_TAKE(copy);
    }
    return in->names ? PC_OK : pc_fail_memory(in->err);
}

/* --- basic constraints --- */

static pc_status take_constraints(granting *in, const void *value)
{
    const BASIC_CONSTRAINTS *asked = value;
    pc_basic_constraints *given = &in->grant->basic_constraints;
    uint64_t length = 0;

    if (asked->ca && !given->is_ca) {
        return refuse_ca(in);
    }
    if (!asked->ca || !asked->pathlen) {
        return PC_OK;
    }
    if (ASN1_INTEGER_get_uint64(&length, asked->pathlen) != 1) {
        return pc_fail_openssl(in->err, PC_E_INPUT, "the request's path length cannot be read");
    }
    if (given->has_path_length && length > given->path_length) {
        return leave_out(in, "path length %llu", (unsigned long long)length);
    }
    if (in->profile->taken & PC_TAKE_PATH_LENGTH && length <= 255) {
        given->has_path_length = true;
        given->path_length = (unsigned)length;
    }
    return PC_OK;
}

/* --- the request --- */

typedef pc_status (*take_value)(granting *in, const void *value);

/** An extension that is compared with the profile. */
typedef struct {
    int nid;
    take_value take;
    const ASN1_ITEM *(*item)(void);
} known_extension;

static const known_extension known[] = {
    { NID_key_usage, take_usage, ASN1_BIT_STRING_it },
    { NID_ext_key_usage, take_ekus, EXTENDED_KEY_USAGE_it },
    { NID_subject_alt_name, take_names, GENERAL_NAMES_it },
    { NID_basic_constraints, take_constraints, BASIC_CONSTRAINTS_it },
};

static pc_status take_extension(granting *in, X509_EXTENSION *extension, const known_extension *kind)
{
    void *value = X509V3_EXT_d2i(extension);

    if (!value) {
        return pc_fail_openssl(in->err, PC_E_INPUT, "the request's %s cannot be read", OBJ_nid2ln(kind->nid));
    }
    pc_status status = kind->take(in, value);

    ASN1_item_free(value, kind->item());
    return status;
}

static pc_status take_other(granting *in, X509_EXTENSION *extension, int nid)
{
    char words[80];

    if (nid == NID_subject_key_identifier || nid == NID_authority_key_identifier) {
        return PC_OK; /* set by every issuer itself */
    }
    (void)OBJ_obj2txt(words, sizeof words, X509_EXTENSION_get_object(extension), 0);
    return leave_out(in, "%s", words);
}

static pc_status refuse_twice(const granting *in, int nid)
{
    return pc_fail(in->err, PC_E_INPUT, "the request has two extensions \"%s\"; which one to use is unknown",
                   OBJ_nid2ln(nid));
}

static pc_status take_asked(granting *in)
{
    const STACK_OF(X509_EXTENSION) *asked = in->applicant->asked;

    for (int i = 0; asked && i < sk_X509_EXTENSION_num(asked); i++) {
        X509_EXTENSION *each = sk_X509_EXTENSION_value(asked, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(each));
        const known_extension *kind = NULL;

        for (size_t k = 0; k < PC_COUNT(known); k++) {
            kind = known[k].nid == nid ? &known[k] : kind;
        }
        if (kind && X509v3_get_ext_by_NID(asked, nid, i) >= 0) {
            return refuse_twice(in, nid);
        }
        PC_TRY(kind ? take_extension(in, each, kind) : take_other(in, each, nid));
    }
    return PC_OK;
}

/* --- what is granted --- */

static pc_status give_names(granting *in, pc_extension_list *list)
{
    bool no_subject = X509_NAME_entry_count(in->grant->subject) == 0;

    /* RFC 5280 section 4.2.1.6: critical if nothing else names the subject. */
    return in->names && sk_GENERAL_NAME_num(in->names)
               ? pc_extension_add(list, NID_subject_alt_name, in->names, no_subject, in->err)
               : PC_OK;
}

static pc_status give_no_check(const granting *in, pc_extension_list *list)
{
    static const unsigned char null_value[] = { 0x05, 0x00 };
    const pc_extension_der no_check = { "1.3.6.1.5.5.7.48.1.5", false, null_value, sizeof null_value };

    return in->profile->ocsp_no_check ? pc_extension_add_der(list, &no_check, in->err) : PC_OK;
}

static pc_status give_key_id(const granting *in, pc_extension_list *list)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *id = NULL;

    if (!in->applicant->key_id) {
        return PC_OK;
    }
    id = ASN1_OCTET_STRING_dup(in->applicant->key_id);
    return id ? pc_extension_add(list, NID_subject_key_identifier, id, false, in->err) : pc_fail_memory(in->err);
}

static pc_status give_all(granting *in)
{
    const pc_certificate_profile *profile = in->profile;
    pc_extension_list *list = &in->grant->extensions;

    PC_TRY(give_key_id(in, list));
    if (in->usage) {
        PC_TRY(pc_extension_add_key_usage(list, in->usage, true, in->err));
    }
    if (in->ekus.count) {
        PC_TRY(pc_extension_add_eku(list, in->ekus.items, in->ekus.count, profile->eku_critical, in->err));
    }
    PC_TRY(give_names(in, list));
    if (profile->name_constraints.present) {
        PC_TRY(pc_extension_add_name_constraints(list, &profile->name_constraints, in->err));
    }
    if (profile->policies.count) {
        PC_TRY(pc_extension_add_policies(list, &profile->policies, in->err));
    }
    PC_TRY(pc_extension_add_places(list, &profile->places, in->err));
    return give_no_check(in, list);
}

static pc_status give_subject(granting *in)
{
    if (in->profile->subject.count) {
        return pc_x509_name_build(&in->profile->subject, &in->grant->subject, in->err);
    }
    in->grant->subject = X509_NAME_dup(in->applicant->subject);
    return in->grant->subject ? PC_OK : pc_fail_memory(in->err);
}

pc_status pc_profile_grant(const pc_certificate_profile *profile, const pc_applicant *applicant, pc_arena *arena,
                           pc_grant *ret_grant, pc_error *err)
{
    PC_AUTO(pc_grant) pc_grant grant = { .basic_constraints = profile->basic_constraints, .left_out = "" };
    PC_AUTO(granting)
    granting in = {
        .profile = profile,
        .applicant = applicant,
        .arena = arena,
        .grant = &grant,
        .allowed_usage =
            profile->key_usage | (EVP_PKEY_is_a(applicant->public_key, "RSA") ? profile->key_usage_rsa : 0),
        .ekus = profile->ekus,
        .err = err,
    };

    in.usage = in.allowed_usage;
    PC_TRY(give_subject(&in));
    PC_TRY(take_asked(&in));
    PC_TRY(give_all(&in));
    *ret_grant = grant;
    grant = (pc_grant){ .subject = NULL };
    return PC_OK;
}
