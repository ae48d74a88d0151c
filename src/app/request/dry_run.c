/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/request/new.h"
#include "base/text.h"
#include "x509/show/text.h"
#include "x509/csr.h"
#include "x509/facts.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/placeholder.h"
#include "x509/show/show.h"

#define OID_SUBJECT_KEY_ID "2.5.29.14"

void pc_dry_run_free(pc_dry_run *dry_run)
{
    if (dry_run) {
        pc_arena_free(dry_run->arena);
        free(dry_run);
    }
}

/* A template does not show whether its CKA_ID is random. */
static pc_status show_id(const pc_key_plan *plan, pc_template_row *rows, size_t count, pc_arena *arena, pc_error *err)
{
    for (size_t i = 0; plan->id_is_given && i < count; i++) {
        if (strcmp(rows[i].attribute, "CKA_ID") == 0) {
            rows[i].value = pc_text_hex(arena, pc_key_plan_id(plan), '\0');
            return rows[i].value ? PC_OK : pc_fail_memory(err);
        }
    }
    return PC_OK;
}

static pc_status show_template(const pc_new_plan *plan, pc_dry_run *dry_run, pc_error *err)
{
    pc_key_plan key_plan;
    pc_key_template template;

    PC_TRY(pc_new_plan_key(plan, dry_run->arena, &key_plan, err));
    pc_key_template_build(&key_plan, PC_RUNG_WHOLE, &template);
    dry_run->mechanism = pc_key_mechanism_name(template.mechanism.mechanism);
    dry_run->private_count = template.private_count;
    dry_run->public_count = template.public_count;
    PC_TRY(pc_key_template_rows(template.private_items, template.private_count, dry_run->arena, &dry_run->private_rows,
                                err));
    PC_TRY(
        pc_key_template_rows(template.public_items, template.public_count, dry_run->arena, &dry_run->public_rows, err));
    PC_TRY(show_id(&key_plan, dry_run->private_rows, dry_run->private_count, dry_run->arena, err));
    return show_id(&key_plan, dry_run->public_rows, dry_run->public_count, dry_run->arena, err);
}

static const char *signature_words(const pc_request *request, bool key_is_named, pc_arena *arena)
{
    if (!key_is_named && (request->key_kind == PC_KEY_ED25519 || pc_key_kind_is_ml_dsa(request->key_kind))) {
        return pc_arena_format(arena, "%s, without a digest", pc_key_kind_name(request->key_kind));
    }
    const char *how = request->pss                            ? "RSASSA-PSS"
                      : key_is_named                          ? "determined by the key"
                      : pc_key_kind_is_rsa(request->key_kind) ? "PKCS#1 v1.5"
                                                              : "ECDSA";

    return pc_arena_format(arena, "%s, %s", pc_digest_name(request->digest), how);
}

/* The one extension that depends on the key. */
static pc_status mask_key_id(pc_shown *shown, pc_arena *arena, pc_error *err)
{
    for (size_t i = 0; i < shown->extension_count; i++) {
        pc_shown_part *part = &shown->extensions[i];

        if (strcmp(part->oid, OID_SUBJECT_KEY_ID) == 0) {
            part->hex = "";
            part->fields = NULL;
            part->field_count = 0;
            pc_shown_field *field = PC_PUSH(arena, part->fields, part->field_count);

            if (!field) {
                return pc_fail_memory(err);
            }
            *field = (pc_shown_field){ .name = "", .value = "SHA-1 of the public key, once the key exists" };
        }
    }
    return PC_OK;
}

static pc_status write_text(const pc_new_plan *plan, X509_REQ *csr, pc_dry_run *dry_run, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    const char *subject = pc_x509_name_text(X509_REQ_get_subject_name(csr), dry_run->arena);
    const char *kind = pc_key_kind_name(plan->request->key_kind);
    const char *key = plan->order->key ? pc_arena_format(dry_run->arena, "of the key \"%s\"", plan->order->key)
                                       : pc_arena_format(dry_run->arena, "%s, to be made", kind);

    if (!out || !subject || !key ||
        BIO_printf(out, "Certificate Request, not signed:\n    Data:\n        Subject: %s\n        Public Key: %s\n",
                   subject, key) < 0 ||
        !pc_show_write_parts(out, &dry_run->request) ||
        BIO_printf(out, "    Signature: %s\n", dry_run->signature) < 0) {
        return pc_fail_memory(err);
    }
    return pc_show_take_text(out, dry_run->arena, &dry_run->request.text, err);
}

static pc_status show_request(const pc_new_plan *plan, pc_dry_run *dry_run, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;
    pc_shown *shown = &dry_run->request;

    shown->is_request = true;
    shown->signature = "not made";
    PC_TRY(pc_placeholder_key(plan->request->key_kind, &key, err));
    PC_TRY(pc_csr_build(plan->request, plan->claims, key, &csr, err));
    if (X509_REQ_set_pubkey(csr, key) != 1) { /* so that it can be read back */
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be built");
    }
    PC_TRY(pc_x509_facts_of_csr(csr, dry_run->arena, &shown->subject, err));
    PC_TRY(pc_csr_get_extensions(csr, &extensions, err));
    PC_TRY(pc_x509_show_attributes(csr, dry_run->arena, shown, err));
    PC_TRY(pc_x509_show_extensions(extensions, dry_run->arena, shown, err));
    PC_TRY(mask_key_id(shown, dry_run->arena, err));
    return write_text(plan, csr, dry_run, err);
}

pc_status pc_new_dry_run(const pc_new_plan *plan, pc_dry_run **ret_dry_run, pc_error *err)
{
    PC_AUTO(pc_dry_run) pc_dry_run *dry_run = calloc(1, sizeof *dry_run);

    if (!dry_run || !(dry_run->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    dry_run->signature = signature_words(plan->request, plan->order->key != NULL, dry_run->arena);
    if (!dry_run->signature) {
        return pc_fail_memory(err);
    }
    PC_TRY(plan->order->key ? PC_OK : show_template(plan, dry_run, err));
    PC_TRY(show_request(plan, dry_run, err));
    *ret_dry_run = PC_TAKE(dry_run);
    return PC_OK;
}
