/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/host_name.h"
#include "base/result.h"
#include "base/text.h"

PC_AUTO_DEFINE(pc_explanation, pc_explanation, pc_explanation_free);
PC_AUTO_DEFINE(pc_inf_fixed, pc_inf_fixed, pc_inf_fixed_free);

#define EDITS_MOST 300u /* in one file; for each, the file is read again */

void pc_inf_fixed_free(pc_inf_fixed *fixed)
{
    pc_arena_free(fixed ? fixed->arena : NULL);
}

/* --- one edit --- */

/* A growing text in an arena. */
typedef struct {
    char *text;
    size_t len;
} builder;

static void put_line(builder *out, const char *line)
{
    const size_t len = strlen(line);

    memcpy(out->text + out->len, line, len);
    out->text[out->len + len] = '\n';
    out->len += len + 1;
    out->text[out->len] = '\0';
}

static bool is_header(const char *line, const char *section)
{
    const size_t len = strlen(section);

    line += strspn(line, " \t");
    return line[0] == '[' && strlen(line) >= len + 2 && pc_text_equal_n(line + 1, len, section) && line[len + 1] == ']';
}

/* The line after a section; blank lines and comments at its end belong to the next one. SIZE_MAX if there is none. */
static size_t end_of_section(const pc_explanation *explanation, const char *section)
{
    size_t end = SIZE_MAX;
    bool is_inside = false;

    for (size_t i = 0; i < explanation->source_line_count; i++) {
        const char *line = explanation->source_lines[i];
        const char first = line[strspn(line, " \t")];

        is_inside = first == '[' ? is_header(line, section) : is_inside;
        if (is_inside && first != '\0' && first != ';') {
            end = i + 1;
        }
    }
    return end;
}

/* The comment after ';' in a line stays, unless the new line has its own comment. */
static const char *comment_of(const pc_explanation *explanation, const pc_edit *edit)
{
    const pc_inf *inf = explanation->inf;

    if (edit->first_line != edit->last_line || strpbrk(edit->text, "\n;")) {
        return NULL;
    }
    for (size_t i = 0; i < inf->entry_count; i++) {
        if (inf->entries[i].line == edit->first_line) {
            return inf->entries[i].comment;
        }
    }
    return NULL;
}

static const char *replacement(const pc_explanation *explanation, const pc_edit *edit, pc_arena *arena)
{
    const char *comment = comment_of(explanation, edit);

    return comment && *comment ? pc_arena_format(arena, "%s ; %s", edit->text, comment) : edit->text;
}

static size_t length_of(const pc_explanation *explanation)
{
    size_t len = 0;

    for (size_t i = 0; i < explanation->source_line_count; i++) {
        len += strlen(explanation->source_lines[i]) + 1;
    }
    return len;
}

static pc_status apply(const pc_explanation *explanation, const pc_edit *edit, pc_arena *arena, builder *ret_out,
                       pc_error *err)
{
    const bool inserts = edit->action == PC_EDIT_MOVE || edit->action == PC_EDIT_ADD;
    const size_t place = inserts ? end_of_section(explanation, edit->section) : SIZE_MAX;
    const char *text = edit->action == PC_EDIT_REMOVE ? "" : replacement(explanation, edit, arena);
    const size_t room = text ? length_of(explanation) + strlen(text) + (inserts ? strlen(edit->section) : 0) + 16 : 0;
    builder out = { .text = text ? pc_arena_alloc(arena, room) : NULL };

    if (!out.text) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i <= explanation->source_line_count; i++) {
        const bool is_edited = edit->action != PC_EDIT_ADD && i + 1 >= edit->first_line && i + 1 <= edit->last_line;

        if (i == place || (is_edited && edit->action == PC_EDIT_REPLACE && i + 1 == edit->first_line)) {
            put_line(&out, text);
        }
        if (i < explanation->source_line_count && !is_edited) {
            put_line(&out, explanation->source_lines[i]);
        }
    }
    if (inserts && place == SIZE_MAX) {
        const char *header = pc_arena_format(arena, "[%s]", edit->section);

        if (!header) {
            return pc_fail_memory(err);
        }
        put_line(&out, header);
        put_line(&out, text);
    }
    *ret_out = out;
    return PC_OK;
}

/* --- all edits --- */

static bool is_wrong(const pc_finding *finding)
{
    return finding->severity != PC_SEVERITY_INFO;
}

static const pc_finding *find_edit(const pc_explanation *explanation)
{
    const pc_findings *findings = &explanation->inf->findings;

    for (size_t i = 0; i < findings->count; i++) {
        if (is_wrong(&findings->items[i]) && findings->items[i].edit.action != PC_EDIT_NONE) {
            return &findings->items[i];
        }
    }
    return NULL;
}

static pc_status note_fixed(const pc_finding *finding, pc_inf_fixed *fixed, pc_error *err)
{
    const char **slot = PC_PUSH(fixed->arena, fixed->fixed, fixed->fixed_count);

    if (!slot || !(*slot = pc_arena_format(fixed->arena, "line %u [%s]: %s", finding->line, finding->id,
                                           finding->fix ? finding->fix : "removed"))) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

static pc_status note_left(const pc_explanation *explanation, pc_inf_fixed *fixed, pc_error *err)
{
    const pc_findings *findings = &explanation->inf->findings;

    for (size_t i = 0; i < findings->count; i++) {
        if (!is_wrong(&findings->items[i])) {
            continue;
        }
        const char **slot = PC_PUSH(fixed->arena, fixed->left, fixed->left_count);

        if (!slot || !(*slot = pc_arena_format(fixed->arena, "line %u [%s]: %s", findings->items[i].line,
                                               findings->items[i].id, findings->items[i].message))) {
            return pc_fail_memory(err);
        }
    }
    fixed->is_accepted = !pc_inf_first_error(explanation->inf);
    return PC_OK;
}

/* Each edit removes its finding and makes no other; the file is read again after each. */
static pc_status fix_text(const char *file, builder text, pc_inf_fixed *fixed, pc_error *err)
{
    for (unsigned i = 0;; i++) {
        PC_AUTO(pc_explanation) pc_explanation *explanation = NULL;

        PC_TRY(pc_inf_explain((const uint8_t *)text.text, text.len, file, &explanation, err));
        const pc_finding *finding = i < EDITS_MOST ? find_edit(explanation) : NULL;

        if (!finding) {
            fixed->text = text.text;
            return note_left(explanation, fixed, err);
        }
        PC_TRY(note_fixed(finding, fixed, err));
        PC_TRY(apply(explanation, &finding->edit, fixed->arena, &text, err));
    }
}

/* ASCII stays ASCII. certreq reads other characters reliably only in UTF-16. */
static pc_status encode(pc_inf_fixed *fixed, bool has_crlf, pc_error *err)
{
    const size_t len = strlen(fixed->text);
    char *out = pc_arena_alloc(fixed->arena, 2 * len + 1);
    size_t put = 0;
    bool is_ascii = true;

    if (!out) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < len; i++) {
        if (fixed->text[i] == '\r' && fixed->text[i + 1] == '\n') {
            continue; /* for a file without edits */
        }
        if (fixed->text[i] == '\n' && has_crlf) {
            out[put++] = '\r';
        }
        out[put++] = fixed->text[i];
        is_ascii = is_ascii && (unsigned char)fixed->text[i] < 0x80;
    }
    out[put] = '\0';
    fixed->bytes = (pc_bytes){ (const uint8_t *)out, put };
    return is_ascii ? PC_OK : pc_encoding_to_utf16le(fixed->arena, out, &fixed->bytes, err);
}

pc_status pc_explain_fix(const char *file, pc_inf_fixed **ret_fixed, pc_error *err)
{
    PC_AUTO(pc_inf_fixed) pc_inf_fixed *fixed = PC_RESULT_NEW(pc_inf_fixed);
    pc_bytes bytes = { .len = 0 };
    pc_decoded decoded = { .text = NULL };

    if (!fixed) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(fixed->arena, file, PC_INF_MAX_SIZE, &bytes, err));
    pc_status status = pc_encoding_decode(fixed->arena, bytes.data, bytes.len, &decoded, err);

    if (status != PC_OK) {
        return pc_note(err, status, "cannot read \"%s\"", file);
    }
    char *text = pc_arena_text(fixed->arena, decoded.text, decoded.len);

    if (!text) {
        return pc_fail_memory(err);
    }
    PC_TRY(fix_text(file, (builder){ text, decoded.len }, fixed, err));
    PC_TRY(encode(fixed, strstr(decoded.text, "\r\n") != NULL, err));
    *ret_fixed = PC_TAKE(fixed);
    return PC_OK;
}

/* --- a file for a host --- */

static const char scom_inf[] =
    "; Certificate request for Operations Manager (SCOM), for `p11cert new` and `certreq -new -machine`.\n"
    "; `p11cert explain` says what each line does.\n"
    "\n"
    "[Version]\n"
    "Signature = \"$Windows NT$\"\n"
    "\n"
    "[NewRequest]\n"
    "Subject = \"CN=%s\" ; the name of the computer in DNS\n"
    "FriendlyName = \"%s\"\n"
    "Exportable = TRUE ; to move the key to the computer once; FALSE if it is created there, or must stay in an HSM\n"
    "KeyAlgorithm = RSA ; Operations Manager takes no other\n"
    "KeyLength = 2048 ; or 4096\n"
    "HashAlgorithm = SHA256\n"
    "KeySpec = 1 ; AT_KEYEXCHANGE\n"
    "KeyUsage = 0xa0 ; digitalSignature, keyEncipherment\n"
    "MachineKeySet = TRUE\n"
    "ProviderName = \"Microsoft RSA SChannel Cryptographic Provider\" ; a KSP is not supported\n"
    "ProviderType = 12\n"
    "RequestType = PKCS10\n"
    "\n"
    "[EnhancedKeyUsageExtension]\n"
    "OID = 1.3.6.1.5.5.7.3.1 ; server authentication\n"
    "OID = 1.3.6.1.5.5.7.3.2 ; client authentication\n"
    "\n"
    "[Extensions]\n"
    "2.5.29.17 = \"{text}\" ; the subject alternative name: the same name first\n"
    "_continue_ = \"dns=%s\"\n"
    "\n"
    "; With an Enterprise CA, remove the semicolons and give the template's name, not its display name:\n"
    "; [RequestAttributes]\n"
    "; CertificateTemplate = \"OperationsManager\"\n";

pc_status pc_explain_write(const char *profile, const char *fqdn, pc_inf_fixed **ret_written, pc_error *err)
{
    PC_AUTO(pc_inf_fixed) pc_inf_fixed *written = PC_RESULT_NEW(pc_inf_fixed);

    if (!written) {
        return pc_fail_memory(err);
    }
    if (strcmp(profile, "scom") != 0) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" is not a kind of INF file that can be written: only scom is", profile);
    }
    if (!pc_is_host_name(fqdn, PC_HOST_NAME_WINDOWS)) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" is not the name of a computer in DNS", fqdn);
    }
    written->text = pc_arena_format(written->arena, scom_inf, fqdn, fqdn, fqdn);
    if (!written->text) {
        return pc_fail_memory(err);
    }
    PC_TRY(encode(written, true, err));
    written->is_accepted = true;
    *ret_written = PC_TAKE(written);
    return PC_OK;
}
