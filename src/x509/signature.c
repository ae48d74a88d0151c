/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/signature.h"

#include <openssl/err.h>
#include <openssl/objects.h>

/* RFC 4055 section 3.1: the defaults are SHA-1, MGF1 with SHA-1, and 20 bytes of salt. */
static int digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;

    if (!algorithm) {
        return NID_sha1;
    }
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return OBJ_obj2nid(oid);
}

static int mask_digest_of(const X509_ALGOR *generation)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;

    if (!generation) {
        return NID_sha1;
    }
    X509_ALGOR_get0(&oid, &type, &value, generation);
    if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE) {
        return NID_undef;
    }
    X509_ALGOR *inner = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
    int digest = inner ? digest_of(inner) : NID_undef;

    X509_ALGOR_free(inner);
    return digest;
}

static bool read_pss(int type, const void *value, pc_signature_scheme *ret_scheme)
{
    PC_AUTO(RSA_PSS_PARAMS)
    RSA_PSS_PARAMS *parameters =
        type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
    pc_signature_scheme scheme = { .pss = true, .salt_len = 20 };

    if (!parameters ||
        (parameters->saltLength && ASN1_INTEGER_get_int64(&scheme.salt_len, parameters->saltLength) != 1)) {
        return false;
    }
    scheme.digest = digest_of(parameters->hashAlgorithm);
    scheme.mask_digest = mask_digest_of(parameters->maskGenAlgorithm);
    *ret_scheme = scheme;
    return scheme.digest != NID_undef && scheme.mask_digest != NID_undef;
}

bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    pc_signature_scheme scheme = { .digest = NID_undef };
    bool known;

    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    (void)ERR_set_mark();
    if (OBJ_obj2nid(oid) == NID_rsassaPss) {
        known = read_pss(type, value, &scheme);
    } else {
        known = OBJ_find_sigid_algs(OBJ_obj2nid(oid), &scheme.digest, NULL) == 1;
    }
    (void)ERR_pop_to_mark();
    if (known) {
        *ret_scheme = scheme;
    }
    return known;
}
