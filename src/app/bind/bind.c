/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bind/bind.h"

#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/text.h"
#include "signer/sign.h"
#include "token/certificate_object.h"
#include "token/lock.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

static pc_status copy_der(unsigned char *der, int len, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    ret_bytes->data = len > 0 ? pc_arena_copy(arena, der, (size_t)len) : NULL;
    ret_bytes->len = len > 0 ? (size_t)len : 0;
    return ret_bytes->data ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be encoded");
}

/* The attributes that PKCS#11 requires in addition to the certificate itself, each as in the certificate. */
static pc_status describe_object(X509 *certificate, pc_arena *arena, pc_certificate_object *object, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *value = NULL;
    PC_AUTO(openssl_bytes) unsigned char *serial = NULL;
    int value_len = i2d_X509(certificate, &value);
    int serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);

    PC_TRY(copy_der(value, value_len, arena, &object->value, err));
    PC_TRY(copy_der(serial, serial_len, arena, &object->serial, err));
    PC_TRY(pc_x509_name_der(X509_get_subject_name(certificate), arena, &object->subject, err));
    return pc_x509_name_der(X509_get_issuer_name(certificate), arena, &object->issuer, err);
}

/* But for its CKA_ID, which may be another one on the token. */
static pc_status describe_bound(X509 *certificate, pc_arena *arena, pc_bound_certificate *ret_bound, pc_error *err)
{
    pc_bound_certificate bound = {
        .subject = pc_x509_name_text(X509_get_subject_name(certificate), arena),
        .issuer = pc_x509_name_text(X509_get_issuer_name(certificate), arena),
        .serial = pc_serial_words(certificate, arena),
        .not_after = pc_time_words(X509_get0_notAfter(certificate), arena),
    };

    if (!bound.subject || !bound.issuer || !bound.serial || !bound.not_after) {
        return pc_fail_memory(err);
    }
    *ret_bound = bound;
    return PC_OK;
}

static bool has_value(const pc_certificate_object *held, const pc_certificate_object *wanted)
{
    return pc_bytes_equal(held->value, wanted->value);
}

/** What the token already holds for a certificate that is to be written. */
typedef struct {
    const pc_certificate_object *there; /* NULL: the certificate is not on the token */
    size_t other_count;                 /* certificates bound to the same key, which were renewed */
} presence;

/** What is to be written, if it is missing. */
typedef struct {
    const pc_certificate_object *object;
    const pc_found_key *found; /* NULL: no earlier search */
    const pc_token_lock *lock;
    bool any_id; /* an issuer's: one that is there serves, whatever its CKA_ID */
} placement;

/* Under the lock, the handles of an earlier search serve if nobody has written since; else the token is searched. */
static pc_status certificates_of_key(const pc_token *token, const placement *place, pc_arena *arena,
                                     pc_certificate_objects *ret_found, pc_error *err)
{
    const pc_found_key *found = place->found;

    if (found && found->objects.has_certificates && pc_lock_mark_is_current(place->lock, &found->mark) &&
        pc_certificate_read_found(token, &found->objects, arena, ret_found, NULL) == PC_OK) {
        return PC_OK;
    }
    return pc_certificate_find_by_id(token, place->object->id, arena, ret_found, err);
}

static pc_status look_at_key(const pc_token *token, const placement *place, pc_arena *arena, presence *ret_presence,
                             pc_error *err)
{
    const pc_certificate_object *wanted = place->object;
    presence held = { .there = NULL };
    pc_certificate_objects found;

    PC_TRY(certificates_of_key(token, place, arena, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        held.there = has_value(&found.items[i], wanted) ? &found.items[i] : held.there;
    }
    held.other_count = found.count - (held.there != NULL);
    *ret_presence = held;
    return PC_OK;
}

/* That of an issuer is left unchanged, whatever its CKA_ID. Of several, the one with the CKA_ID that it would get. */
static pc_status look_everywhere(const pc_token *token, const placement *place, pc_arena *arena, presence *ret_presence,
                                 pc_error *err)
{
    presence held = { .there = NULL };
    pc_certificate_objects found;

    PC_TRY(pc_certificate_find_same(token, place->object->value, arena, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        bool is_first = !held.there;

        held.there = is_first || pc_bytes_equal(found.items[i].id, place->object->id) ? &found.items[i] : held.there;
    }
    *ret_presence = held;
    return PC_OK;
}

static pc_status write_if_missing(const pc_token *token, placement place, pc_arena *arena, pc_bound_certificate *bound,
                                  pc_error *err)
{
    presence held;

    PC_TOKEN_LOCKED(token, PC_CERTIFICATE_LOCK);
    place.lock = &pc_scope_lock;
    PC_TRY(place.any_id ? look_everywhere(token, &place, arena, &held, err)
                        : look_at_key(token, &place, arena, &held, err));
    if (!held.there) {
        pc_lock_mark_change(place.lock);
        PC_TRY(pc_certificate_write(token, place.object, arena, err));
    }
    bound->state = held.there ? PC_BOUND_ALREADY : PC_BOUND_WRITTEN;
    bound->other_count = held.other_count;
    bound->id = pc_text_hex(arena, (held.there ? held.there : place.object)->id, '\0');
    return bound->id ? PC_OK : pc_fail_memory(err);
}

static pc_status prove(const pc_token *token, const pc_key *key, X509 *certificate, pc_error *err)
{
    EVP_PKEY *public_key = X509_get0_pubkey(certificate);

    if (!public_key) {
        return pc_fail_openssl(err, PC_E_INPUT, "the certificate's public key cannot be read");
    }
    pc_status status = pc_key_proves(token, key, public_key, err);

    if (status == PC_OK) {
        return PC_OK;
    }
    (void)pc_note(err, status, "the key \"%s\" did not prove that the certificate belongs to it; nothing was written",
                  key->label);
    /* The key was found through a public key object, to which anybody can give another key's CKA_ID. */
    return status == PC_E_VERIFY
               ? pc_hint(err, status,
                         "a public key object may have the CKA_ID of another key: `p11cert repair` shows such objects, "
                         "and with `apply` gives each a CKA_ID of its own")
               : status;
}

pc_status pc_bind_to_key(const pc_token *token, const pc_binding *binding, pc_arena *arena,
                         pc_bound_certificate *ret_bound, pc_error *err)
{
    const pc_key *key = binding->key;
    pc_certificate_object object = { .label = key->label, .id = key->id, .is_authority = binding->is_authority };

    if (key->id.len == 0) {
        (void)pc_fail(err, PC_E_REFUSED, "the key \"%s\" has no CKA_ID, so no certificate can be bound to it",
                      key->label);
        return pc_hint(err, PC_E_REFUSED,
                       "`p11cert repair` shows what is missing, and `p11cert repair --apply` gives the key a CKA_ID");
    }
    PC_TRY(prove(token, key, binding->certificate, err));
    PC_TRY(describe_object(binding->certificate, arena, &object, err));
    PC_TRY(describe_bound(binding->certificate, arena, ret_bound, err));
    return write_if_missing(token, (placement){ .object = &object, .found = binding->found }, arena, ret_bound, err);
}

/* RFC 5280 section 4.2.1.2: the issuer's own key identifier, or, without one, the digest from which it would be
 * derived. */
static pc_status issuer_id(X509 *certificate, pc_arena *arena, pc_certificate_object *object, pc_error *err)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (id) {
        object->id.data = pc_arena_copy(arena, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
        object->id.len = (size_t)ASN1_STRING_length(id);
    } else if (X509_pubkey_digest(certificate, EVP_sha1(), digest, &len) == 1) {
        object->id.data = pc_arena_copy(arena, digest, len);
        object->id.len = len;
    }
    return object->id.data ? PC_OK : pc_fail_memory(err);
}

static pc_status issuer_label(X509 *certificate, pc_arena *arena, const char **ret_label, pc_error *err)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    const char *name = NULL;

    PC_TRY(pc_first_common_name(subject, arena, &name, err));
    *ret_label = name ? pc_text_escape(arena, name, strlen(name)) : pc_x509_name_text(subject, arena);
    return *ret_label ? PC_OK : pc_fail_memory(err);
}

pc_status pc_bind_issuer(const pc_token *token, X509 *certificate, pc_arena *arena, pc_bound_certificate *ret_bound,
                         pc_error *err)
{
    pc_certificate_object object = { .is_authority = true };

    PC_TRY(issuer_label(certificate, arena, &object.label, err));
    PC_TRY(issuer_id(certificate, arena, &object, err));
    PC_TRY(describe_object(certificate, arena, &object, err));
    PC_TRY(describe_bound(certificate, arena, ret_bound, err));
    return write_if_missing(token, (placement){ .object = &object, .any_id = true }, arena, ret_bound, err);
}
