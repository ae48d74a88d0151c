/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/pfx/export.h"
#include "app/kit/kit.h"
#include "app/kit/registry.h"
#include "base/file.h"
#include "base/text.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

PC_AUTO_DEFINE(pc_export_result, pc_export_result, pc_export_result_free);

static pc_status list_file(pc_kit *kit, const pc_kit_file *file, pc_error *err)
{
    pc_kit_file *slot = PC_PUSH(kit->arena, kit->result->files, kit->result->file_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = *file;
    return PC_OK;
}

static pc_status write_file(pc_kit *kit, const pc_folder *folder, const pc_kit_file *file, pc_bytes bytes,
                            pc_error *err)
{
    pc_kit_file written = *file;

    PC_TRY(pc_folder_write(folder, file->name, bytes.data, bytes.len, err));
    PC_TRY(pc_sha256_words(bytes, kit->arena, &written.sha256, err));
    return list_file(kit, &written, err);
}

static pc_status write_certificate(pc_kit *kit, const pc_folder *folder, X509 *certificate, const pc_kit_file *file,
                                   pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the certificate for %s cannot be encoded", file->name);
    }
    return write_file(kit, folder, file, (pc_bytes){ der, (size_t)len }, err);
}

pc_status pc_kit_write_certificates(pc_kit *kit, const pc_folder *folder, pc_error *err)
{
    const pc_kit_file own = { .name = "server.cer", .what = "the certificate, without its private key" };

    PC_TRY(write_certificate(kit, folder, kit->certificates.leaf, &own, err));
    for (int i = 0; i < sk_X509_num(kit->certificates.issuers); i++) {
        bool is_root = kit->certificates.ends_in_root && i == sk_X509_num(kit->certificates.issuers) - 1;
        const pc_kit_file file = {
            .name = kit->issuer_files[i],
            .what = pc_arena_format(kit->arena, "%s: %s", is_root ? "the root CA" : "an intermediate CA",
                                    kit->result->chain[i]),
        };

        if (!file.what) {
            return pc_fail_memory(err);
        }
        PC_TRY(write_certificate(kit, folder, sk_X509_value(kit->certificates.issuers, i), &file, err));
    }
    return PC_OK;
}

/* Nothing is written to an existing kit. */
static pc_status check_pfx_is_there(const char *path, pc_error *err)
{
    bool is_there = false;

    PC_TRY(pc_path_exists(path, &is_there, err));
    if (is_there) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "the kit exists, but its file \"%s\" does not", path);
    return pc_hint(err, PC_E_REFUSED, "name a folder with `out` that does not exist");
}

/* Made from the same key, certificate and issuers as the other files. Its hash is that of the bytes that were written;
 * export has read them back by then. */
pc_status pc_kit_write_pfx(pc_kit *kit, const pc_folder *folder, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_export_result) pc_export_result *exported = NULL;
    const pc_export_subject subject = { .key = &kit->key, .certificates = &kit->certificates };
    const pc_export_order order = {
        .out = kit->is_there ? pc_arena_format(kit->arena, "%s/server.pfx", kit->order->out)
                             : pc_folder_path(folder, "server.pfx", kit->arena),
        .friendly_name = kit->order->friendly_name || kit->order->inf ? kit->order->friendly_name : kit->result->name,
        .inf = kit->order->inf,
        .password_source = kit->order->password_source,
        .generate_password = kit->order->generate_password,
        .accept_weak_password = kit->order->accept_weak_password,
        .legacy = kit->order->legacy,
        .is_step = kit->order->is_step,
    };

    if (!order.out) {
        return pc_fail_memory(err);
    }
    PC_TRY(kit->is_there ? check_pfx_is_there(order.out, err) : PC_OK);
    PC_TRY(pc_export_on(kit->token, &order, &subject, access, &exported, err));
    kit->result->protection = pc_arena_string(kit->arena, exported->protection);
    kit->result->password_file = pc_arena_string(kit->arena, exported->password_file);
    const pc_kit_file file = {
        .name = "server.pfx",
        .what = "the certificate with its private key and issuers, protected by a password",
        .sha256 = pc_arena_string(kit->arena, exported->sha256),
    };

    if (!kit->result->protection || (exported->password_file && !kit->result->password_file) || !file.sha256) {
        return pc_fail_memory(err);
    }
    return list_file(kit, &file, err);
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

    PC_TRY(write_file(kit, folder, &file, pc_bytes_of_text(text), err));
    result->sums_sha256 = result->files[result->file_count - 1].sha256;
    return PC_OK;
}

pc_status pc_kit_write_texts(pc_kit *kit, const pc_folder *folder, pc_error *err)
{
    const pc_kit_file registry = { .name = "import.reg",
                                   .what = "the two registry values by which Operations Manager "
                                           "finds the certificate; install.ps1 writes them as well" };
    const pc_kit_file script = { .name = "install.ps1", .what = "installs everything and checks it" };
    const pc_kit_file readme = { .name = "README.txt", .what = "what to do with all this" };
    pc_bytes bytes = { .len = 0 };
    const char *text = NULL;

    PC_TRY(pc_kit_registry(kit->arena, kit->serial, kit->result->thumbprint, &bytes, err));
    PC_TRY(write_file(kit, folder, &registry, bytes, err));
    PC_TRY(pc_kit_script(kit, &text, err));
    PC_TRY(write_file(kit, folder, &script, pc_bytes_of_text(text), err));
    PC_TRY(pc_kit_readme(kit, &text, err));
    PC_TRY(write_file(kit, folder, &readme, pc_bytes_of_text(text), err));
    return write_sums(kit, folder, err);
}
