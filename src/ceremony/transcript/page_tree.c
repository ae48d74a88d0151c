/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/page_tree.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "base/text.h"
#include "ceremony/transcript/page_text.h"
#include "ceremony/transcript/summary.h"
#include "x509/auto.h"
#include "x509/name.h"
#include "x509/read.h"
#include "x509/words.h"

/* In the drawing's units. */
#define ROW    58
#define HEIGHT 46
#define INDENT 34
#define WIDTH  420

typedef struct {
    const pc_ceremony_source *source;
    STACK_OF(X509) *certificates;
    const char **names; /* names of their files */
    size_t name_count;
    bool *is_drawn;
    FILE *out;
    int rows;
} drawing;

static pc_status read_certificate(const drawing *tree, const char *name, pc_x509_content *ret_content, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_source_part(tree->source, name, &fd, &part, err));
    PC_TRY(pc_part_read_all(&part, PC_X509_MAX_FILE, tree->source->arena, &bytes, err));
    return pc_x509_read(bytes, name, ret_content, err);
}

static pc_status collect(void *context, const pc_record *record, pc_error *err)
{
    drawing *tree = context;
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    const char *name = pc_record_text(record, "name");

    if (strcmp(record->kind, "artefact") != 0 || strcmp(pc_record_text(record, "type"), "certificate") != 0 ||
        read_certificate(tree, name, &content, NULL) != PC_OK || sk_X509_num(content.certificates) != 1) {
        return PC_OK;
    }
    const char **place = PC_PUSH(tree->source->arena, tree->names, tree->name_count);

    if (!place || !(*place = pc_arena_string(tree->source->arena, name)) ||
        !X509_add_cert(tree->certificates, sk_X509_value(content.certificates, 0), X509_ADD_FLAG_UP_REF)) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

static bool has_issued(X509 *issuer, X509 *subject)
{
    return X509_check_issued(issuer, subject) == X509_V_OK && X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
}

/* A line of a box holds a limited number of characters; the whole text is its title. */
#define SHOWN 54

static void write_line(FILE *out, const char *class_name, int x, int y, const char *text)
{
    char start[96] = "";
    char shown[SHOWN * 4 + 8] = "";
    size_t len = 0;
    size_t taken = 0;

    for (int i = 0; i < SHOWN && text[len]; i++, len += taken) {
        taken = 1;
        (void)pc_text_decode(text + len, strlen(text + len), &taken);
    }
    (void)snprintf(shown, sizeof shown, "%.*s%s", (int)len, text, text[len] ? "..." : "");
    (void)snprintf(start, sizeof start, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class_name, x, y);
    pc_page_markup(out, start);
    pc_page_text(out, shown);
    pc_page_markup(out, "</text>");
}

static void write_shape(FILE *out, int x, int y, int depth)
{
    char shape[200] = "";

    (void)snprintf(shape, sizeof shape, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>", x, y, WIDTH,
                   HEIGHT);
    pc_page_markup(out, shape);
    if (depth) {
        (void)snprintf(shape, sizeof shape, "<path d=\"M%d %dH%d\"/>", x - INDENT / 2, y + HEIGHT / 2, x);
        pc_page_markup(out, shape);
    }
}

static pc_status write_box(const drawing *tree, int number, int depth, pc_error *err)
{
    X509 *certificate = sk_X509_value(tree->certificates, number);
    pc_arena *arena = tree->source->arena;
    const int x = depth * INDENT + 1;
    const int y = tree->rows * ROW + 1;
    const char *subject = pc_x509_name_text(X509_get_subject_name(certificate), arena);
    const char *from = pc_time_words(X509_get0_notBefore(certificate), arena);
    const char *until = pc_time_words(X509_get0_notAfter(certificate), arena);
    const char *below =
        from && until ? pc_arena_format(arena, "%s: %.10s to %.10s", tree->names[number], from, until) : NULL;

    if (!subject || !below) {
        return pc_fail_memory(err);
    }
    pc_page_markup(tree->out, "<g><title>");
    pc_page_text(tree->out, subject);
    pc_page_markup(tree->out, "</title>");
    write_shape(tree->out, x, y, depth);
    write_line(tree->out, "n", x + 10, y + 20, subject);
    write_line(tree->out, "s", x + 10, y + 37, below);
    pc_page_markup(tree->out, "</g>\n");
    return PC_OK;
}

/* From below the issuer's box to the last of those below it. */
static void write_trunk(const drawing *tree, int depth, int own_row, int last_row)
{
    char path[120] = "";
    const int x = depth * INDENT + 1 + INDENT / 2;

    (void)snprintf(path, sizeof path, "<path d=\"M%d %dV%d\"/>\n", x, own_row * ROW + 1 + HEIGHT,
                   last_row * ROW + 1 + HEIGHT / 2);
    pc_page_markup(tree->out, path);
}

#define DEPTH_MOST 12

/* NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MOST deep */
static pc_status draw(drawing *tree, int number, int depth, pc_error *err)
{
    X509 *certificate = sk_X509_value(tree->certificates, number);
    const int own_row = tree->rows;
    int last_row = own_row;

    tree->is_drawn[number] = true;
    PC_TRY(write_box(tree, number, depth, err));
    tree->rows++;
    for (int i = 0; i < sk_X509_num(tree->certificates) && depth < DEPTH_MOST; i++) {
        if (!tree->is_drawn[i] && has_issued(certificate, sk_X509_value(tree->certificates, i))) {
            last_row = tree->rows;
            PC_TRY(draw(tree, i, depth + 1, err));
        }
    }
    if (last_row > own_row) {
        write_trunk(tree, depth, own_row, last_row);
    }
    return PC_OK;
}

static bool has_issuer(const drawing *tree, int number)
{
    X509 *certificate = sk_X509_value(tree->certificates, number);

    for (int i = 0; i < sk_X509_num(tree->certificates); i++) {
        if (i != number && has_issued(sk_X509_value(tree->certificates, i), certificate)) {
            return true;
        }
    }
    return false;
}

static pc_status draw_all(drawing *tree, pc_error *err)
{
    const int count = sk_X509_num(tree->certificates);

    for (int pass = 0; pass < 2; pass++) { /* in the second pass, certificates that issued one another in a circle */
        for (int i = 0; i < count; i++) {
            if (!tree->is_drawn[i] && (pass == 1 || !has_issuer(tree, i))) {
                PC_TRY(draw(tree, i, 0, err));
            }
        }
    }
    return PC_OK;
}

static pc_status draw_svg(drawing *tree, pc_error *err)
{
    const int count = sk_X509_num(tree->certificates);
    const int width = WIDTH + DEPTH_MOST / 3 * INDENT;
    char start[160] = "";

    tree->is_drawn = pc_arena_alloc(tree->source->arena, (size_t)count * sizeof *tree->is_drawn);
    if (!tree->is_drawn) {
        return pc_fail_memory(err);
    }
    (void)snprintf(start, sizeof start,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\">\n",
                   width, count * ROW, width);
    pc_page_markup(tree->out, "<h2>Certificates</h2>\n");
    pc_page_markup(tree->out, start);
    PC_TRY(draw_all(tree, err));
    pc_page_markup(tree->out, "</svg>\n");
    return PC_OK;
}

pc_status pc_page_tree(FILE *out, const pc_ceremony_source *source, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *certificates = sk_X509_new_null();
    drawing tree = { .source = source, .certificates = certificates, .out = out };
    pc_transcript_summary summary = { .title = NULL };

    if (!certificates) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_transcript_summarise(source, collect, &tree, &summary, err));
    return sk_X509_num(certificates) ? draw_svg(&tree, err) : PC_OK;
}
