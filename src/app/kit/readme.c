/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/kit/kit.h"
#include "app/kit/template.h"
#include "base/text.h"

/* Notepad on a typical screen does not wrap lines of this length. */
enum { WIDTH = 118 };

static void put(FILE *out, const char *text)
{
    if (text) {
        (void)fwrite(text, 1, strlen(text), out);
    }
}

static void put_blanks(FILE *out, size_t count)
{
    while (count--) {
        (void)fputc(' ', out);
    }
}

/* A paragraph broken into lines; `first` begins it, and later lines are indented by its length. */
static void put_wrapped(FILE *out, const char *first, const char *text)
{
    size_t indent = strlen(first);
    size_t column = indent;

    put(out, first);
    while (*text) {
        size_t len = strcspn(text, " ");

        if (column > indent && column + 1 + len > WIDTH) {
            (void)fputc('\n', out);
            put_blanks(out, indent);
            column = indent;
        } else if (column > indent) {
            (void)fputc(' ', out);
            column++;
        }
        (void)fwrite(text, 1, len, out);
        column += len;
        text += len + (text[len] == ' ');
    }
    (void)fputc('\n', out);
}

static void problems_part(FILE *out, const pc_kit *kit)
{
    const pc_kit_result *result = kit->result;

    if (!result->problem_count) {
        return;
    }
    put(out, "WARNING: Operations Manager will not use this certificate as it is\n"
             "-------------------------------------------------------------------\n\n");
    for (size_t i = 0; i < result->problem_count; i++) {
        char first[64];

        (void)snprintf(first, sizeof first, "- %.32s: ", result->problems[i].rule);
        put_wrapped(out, first, result->problems[i].evidence);
    }
    put(out,
        "\nHave it issued again first. `p11cert check` on the computer that made this folder says what to change.\n\n");
}

static void put_file(FILE *out, const char *name, const char *what)
{
    char first[40];

    (void)snprintf(first, sizeof first, "%-20s", name);
    put_wrapped(out, first, what);
}

static void files_part(FILE *out, const pc_kit *kit)
{
    for (size_t i = 0; i < kit->result->file_count; i++) {
        put_file(out, kit->result->files[i].name, kit->result->files[i].what);
    }
    put_file(out, "README.txt", "this text");
    put_file(out, "SHA256SUMS", "SHA-256 of every other file");
}

static void options_part(FILE *out, const pc_kit *kit)
{
    for (size_t i = 0; i < kit->result->option_count; i++) {
        char first[32];

        (void)snprintf(first, sizeof first, "%zu. ", i + 1);
        put_wrapped(out, first, kit->result->options[i]);
    }
}

static void conflict_part(FILE *out, const pc_kit *kit)
{
    put_wrapped(out, "", kit->result->conflict ? kit->result->conflict : "");
}

static void put_issuer_line(FILE *out, const char *store, const char *file)
{
    put(out, "    certutil -f -addstore ");
    put(out, store);
    put(out, " ");
    put(out, file);
    put(out, "\n");
}

/* The root first: Windows needs it to verify what it issued. */
static void issuer_lines_part(FILE *out, const pc_kit *kit)
{
    int count = sk_X509_num(kit->certificates.issuers);

    for (int i = count - 1; i >= 0; i--) {
        put_issuer_line(out, kit->certificates.ends_in_root && i == count - 1 ? "root" : "ca", kit->issuer_files[i]);
    }
    if (count == 0 && kit->certificates.ends_in_root) {
        put_issuer_line(out, "root", "server.cer");
    }
}

static void missing_part(FILE *out, const pc_kit *kit)
{
    const char *missing = kit->result->missing;
    const char *text =
        missing ? pc_arena_format(
                      kit->arena,
                      "The certificate of the issuer \"%s\" is not in this folder. Get it from that CA and import it: "
                      "into \"Trusted Root "
                      "Certification Authorities\" of the local computer if it is a root, or else into \"Intermediate "
                      "Certification "
                      "Authorities\", with all certificates above it. Without them the certificate is not trusted.",
                      missing)
                : NULL;

    if (text) {
        put_wrapped(out, "- ", text);
    } else if (!missing && kit->result->chain_count == 0) {
        put_wrapped(out, "- ",
                    "The certificate is self-signed: no CA vouches for it. Where this text mentions the root, "
                    "it means server.cer.");
    }
}

typedef void (*part_writer)(FILE *out, const pc_kit *kit);

/* A part as text in the arena, NULL when out of memory. @param ends_line  whether the template has its own line end */
static const char *written(const pc_kit *kit, part_writer write, bool ends_line)
{
    PC_AUTO(free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        return NULL;
    }
    write(out, kit);
    if (fclose(out) != 0) {
        return NULL;
    }
    return pc_arena_text(kit->arena, text, ends_line && size ? size - 1 : size);
}

static const char *csp_option(const pc_kit *kit)
{
    /* If the CSP's name was given, install.ps1 contains it already. */
    return !kit->result->csp && kit->result->way == PC_KIT_HSM ? " -Csp \"VENDOR CSP\"" : "";
}

static void trap_part(FILE *out, const pc_kit *kit)
{
    put_wrapped(out, "",
                kit->order->legacy
                    ? "If Windows rejects the correct password, check the keyboard layout and that the whole password "
                      "was entered. This PFX "
                      "is protected in the old way (3DES, SHA-1), which every Windows version can read; for computers "
                      "newer than Windows Server "
                      "2016, a kit made without --legacy is better."
                    : "If Windows rejects the correct password: Windows Server 2016 and older cannot read this PFX "
                      "(AES-256), and report "
                      "that the password is wrong. For such a computer, have the kit made again with --legacy.");
}

pc_status pc_kit_readme(const pc_kit *kit, const char **ret_text, pc_error *err)
{
    static const char *const bodies[] = {
        [PC_KIT_PFX] = pc_kit_readme_pfx, [PC_KIT_HSM] = pc_kit_readme_hsm, [PC_KIT_HOST] = pc_kit_readme_host
    };
    const pc_kit_result *result = kit->result;
    const pc_kit_value values[] = {
        { "NAME", result->name },
        { "SUBJECT", result->subject },
        { "ISSUER", result->issuer },
        { "SERIAL", result->serial },
        { "THUMBPRINT", result->thumbprint },
        { "NOT_AFTER", pc_arena_text(kit->arena, result->not_after, strcspn(result->not_after, "T")) },
        { "PROBLEMS", written(kit, problems_part, false) },
        { "FILES", written(kit, files_part, true) },
        { "CONFLICT", written(kit, conflict_part, true) },
        { "OPTIONS", written(kit, options_part, true) },
        { "ISSUER_LINES", written(kit, issuer_lines_part, false) },
        { "MISSING", written(kit, missing_part, false) },
        { "REPAIR", result->repair ? result->repair : "" },
        { "CSP_OPTION", csp_option(kit) },
        { "WINDOWS_TRAP", written(kit, trap_part, true) },
    };
    const char *head = NULL;
    const char *body = NULL;
    const char *tail = NULL;

    for (size_t i = 0; i < PC_COUNT(values); i++) {
        if (!values[i].value) {
            return pc_fail_memory(err);
        }
    }
    PC_TRY(pc_kit_fill(kit->arena, pc_kit_readme_head, values, PC_COUNT(values), &head, err));
    PC_TRY(pc_kit_fill(kit->arena, bodies[result->way], values, PC_COUNT(values), &body, err));
    PC_TRY(pc_kit_fill(kit->arena, pc_kit_readme_tail, values, PC_COUNT(values), &tail, err));
    const char *text = pc_arena_format(kit->arena, "%s\n%s%s", head, body, tail);

    *ret_text = text ? pc_kit_windows_text(kit->arena, text) : NULL;
    return *ret_text ? PC_OK : pc_fail_memory(err);
}
