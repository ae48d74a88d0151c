/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/pfx/export.h"
#include "app/kit/kit.h"
#include "app/kit/registry.h"
#include "base/file.h"
#include "base/text.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(pc_export_result, pc_export_result, pc_export_result_free);

#define LARGEST_PFX ((size_t)4 * 1024 * 1024)

static pc_status sha256(const void *bytes, size_t len, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (EVP_Digest(bytes, len, digest, &digest_len, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a SHA-256 cannot be computed");
    }
    *ret_hex = pc_text_hex(arena, (pc_bytes){ digest, digest_len }, '\0');
    return *ret_hex ? PC_OK : pc_fail_memory(err);
}

static pc_status list_file(pc_kit *kit, const char *name, const char *what, const void *bytes, size_t len,
                           pc_error *err)
{
    pc_kit_file *slot = PC_PUSH(kit->arena, kit->result->files, kit->result->file_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = (pc_kit_file){ .name = name, .what = what };
    return sha256(bytes, len, kit->arena, &slot->sha256, err);
}

static pc_status write_file(pc_kit *kit, const pc_folder *folder, const pc_kit_file *file, const void *bytes,
                            size_t len, pc_error *err)
{
    PC_TRY(pc_folder_write(folder, file->name, bytes, len, err));
    return list_file(kit, file->name, file->what, bytes, len, err);
}

static pc_status write_certificate(pc_kit *kit, const pc_folder *folder, X509 *certificate, const pc_kit_file *file,
                                   pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the certificate for %s cannot be encoded", file->name);
    }
    return write_file(kit, folder, file, der, (size_t)len, err);
}

pc_status pc_kit_write_certificates(pc_kit *kit, const pc_folder *folder, pc_error *err)
{
    const pc_kit_file own = { .name = "server.cer", .what = "the certificate, without its private key" };

    PC_TRY(write_certificate(kit, folder, kit->leaf, &own, err));
    for (int i = 0; i < sk_X509_num(kit->issuers); i++) {
        bool is_root = kit->ends_in_root && i == sk_X509_num(kit->issuers) - 1;
        const pc_kit_file file = {
            .name = kit->issuer_files[i],
            .what = pc_arena_format(kit->arena, "%s: %s", is_root ? "the root CA" : "an intermediate CA",
                                    kit->result->chain[i]),
        };

        if (!file.what) {
            return pc_fail_memory(err);
        }
        PC_TRY(write_certificate(kit, folder, sk_X509_value(kit->issuers, i), &file, err));
    }
    return PC_OK;
}

static const char **issuer_paths(const pc_kit *kit, const pc_folder *folder)
{
    size_t count = kit->result->chain_count;
    const char **paths = pc_arena_alloc(kit->arena, (count + 1) * sizeof *paths);

    for (size_t i = 0; paths && i < count; i++) {
        paths[i] = pc_folder_path(folder, kit->issuer_files[i], kit->arena);
        if (!paths[i]) {
            return NULL;
        }
    }
    return paths;
}

/* The certificate and issuers are those that were written just now, so that all of the kit speaks of one certificate. */
pc_status pc_kit_write_pfx(pc_kit *kit, const pc_folder *folder, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_export_result) pc_export_result *exported = NULL;
    const pc_export_order order = {
        .key = kit->order->key,
        .out = pc_folder_path(folder, "server.pfx", kit->arena),
        .certificate = pc_folder_path(folder, "server.cer", kit->arena),
        .chains = issuer_paths(kit, folder),
        .chain_count = kit->result->chain_count,
        .friendly_name = kit->result->name,
        .password_source = kit->order->password_source,
        .generate_password = kit->order->generate_password,
        .accept_weak_password = kit->order->accept_weak_password,
        .legacy = kit->order->legacy,
        .is_renewal = kit->order->is_renewal,
    };
    pc_bytes bytes = { .len = 0 };

    if (!order.out || !order.certificate || !order.chains) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_export_run_on(&order, access, kit->token, &exported, err));
    kit->result->protection = pc_arena_string(kit->arena, exported->protection);
    kit->result->password_file = pc_arena_string(kit->arena, exported->password_file);
    if (!kit->result->protection || (exported->password_file && !kit->result->password_file)) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(kit->arena, order.out, LARGEST_PFX, &bytes, err));
    return list_file(kit, "server.pfx", "the certificate with its private key and issuers, protected by a password",
                     bytes.data, bytes.len, err);
}

static pc_status write_sums(pc_kit *kit, const pc_folder *folder, pc_error *err)
{
    pc_kit_result *result = kit->result;
    const char *text = "";

    for (size_t i = 0; i < result->file_count && text; i++) {
        text = pc_arena_format(kit->arena, "%s%s  %s\n", text, result->files[i].sha256, result->files[i].name);
    }
    if (!text) {
        return pc_fail_memory(err);
    }
    const pc_kit_file file = { .name = "SHA256SUMS", .what = "SHA-256 of every other file" };

    PC_TRY(write_file(kit, folder, &file, text, strlen(text), err));
    result->sums_sha256 = result->files[result->file_count - 1].sha256;
    return PC_OK;
}

pc_status pc_kit_write_texts(pc_kit *kit, const pc_folder *folder, pc_error *err)
{
    const pc_kit_file registry = { .name = "import.reg",
                                   .what = "the two registry values by which Operations Manager "
                                           "finds the certificate; install.ps1 writes them too" };
    const pc_kit_file script = { .name = "install.ps1", .what = "installs everything and checks it" };
    const pc_kit_file readme = { .name = "README.txt", .what = "what to do with all this" };
    pc_bytes bytes = { .len = 0 };
    const char *text = NULL;

    PC_TRY(pc_kit_registry(kit->arena, kit->serial, kit->result->thumbprint, &bytes, err));
    PC_TRY(write_file(kit, folder, &registry, bytes.data, bytes.len, err));
    PC_TRY(pc_kit_script(kit, &text, err));
    PC_TRY(write_file(kit, folder, &script, text, strlen(text), err));
    PC_TRY(pc_kit_readme(kit, &text, err));
    PC_TRY(write_file(kit, folder, &readme, text, strlen(text), err));
    return write_sums(kit, folder, err);
}
