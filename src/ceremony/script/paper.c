/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/paper.h"

#include <string.h>

#include "base/text.h"

#define DEVIATION_SHEETS    2u
#define DEVIATIONS_ON_SHEET 3u

/* Building stops at the first failure, which can only be lack of memory. */
typedef struct {
    pc_paper *paper;
    const pc_script *script;
    bool failed;
} writing;

static const char *safe(writing *writer, const char *text)
{
    const char *result = text ? pc_text_escape(writer->paper->arena, text, strlen(text)) : NULL;

    writer->failed = writer->failed || (text && !result);
    return result;
}

static const char *words(writing *writer, const char *format, ...) PC_PRINTF(2, 3);

static const char *words(writing *writer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = pc_arena_vformat(writer->paper->arena, format, args);

    va_end(args);
    writer->failed = writer->failed || !text;
    return text;
}

static void add_section(writing *writer, const char *title)
{
    pc_paper *paper = writer->paper;
    pc_paper_section *section = PC_PUSH(paper->arena, paper->sections, paper->section_count);

    writer->failed = writer->failed || !section;
    if (section) {
        section->title = title;
    }
}

static void add_block(writing *writer, const char *number, const char *heading, const char *text)
{
    pc_paper *paper = writer->paper;

    if (writer->failed) {
        return;
    }
    pc_paper_section *section = &paper->sections[paper->section_count - 1];
    pc_paper_block *block = PC_PUSH(paper->arena, section->blocks, section->block_count);

    writer->failed = !block;
    if (block) {
        *block = (pc_paper_block){ .number = number, .heading = heading, .text = text };
    }
}

/* A row of the last block. */
static void add_row(writing *writer, const char *name, const char *value)
{
    if (writer->failed) {
        return;
    }
    pc_paper_section *section = &writer->paper->sections[writer->paper->section_count - 1];
    pc_paper_block *block = &section->blocks[section->block_count - 1];
    pc_paper_row *row = PC_PUSH(writer->paper->arena, block->rows, block->row_count);

    writer->failed = !row;
    if (row) {
        *row = (pc_paper_row){ .name = name, .value = value };
    }
}

static void add_known(writing *writer, const char *name, const char *value)
{
    if (value) {
        add_row(writer, name, safe(writer, value));
    }
}

static const char *joined(writing *writer, const pc_script_texts *texts)
{
    const char *text = "";

    for (size_t i = 0; i < texts->count && text; i++) {
        text = words(writer, "%s%s%s", text, i ? ", " : "", texts->items[i]);
    }
    return text;
}

/* --- cover ---------------------------------------------------------------------------------------- */

static void write_cover(writing *writer)
{
    const pc_script *script = writer->script;

    add_section(writer, "The ceremony");
    add_block(writer, NULL, safe(writer, script->head.title), safe(writer, script->head.purpose));
    add_known(writer, "Identifier", script->head.id);
    add_known(writer, "Approved by", script->head.approval);
    add_known(writer, "Follows", script->head.follows);
    add_row(writer, "Script SHA-256", script->sha256);
    add_row(writer, "Date, time, zone", NULL);
    add_row(writer, "Place", NULL);
    add_row(writer, "Clock read from, offset", NULL);
    add_block(writer, NULL, "Roles", NULL);
    for (size_t i = 0; i < script->roles.count; i++) {
        const pc_script_role *role = &script->roles.items[i];

        add_row(writer, safe(writer, role->title ? role->title : role->name),
                words(writer, "%u needed", role->count ? role->count : 1));
    }
    add_block(writer, NULL, "Materials (tick when present)", NULL);
    for (size_t i = 0; i < script->materials.count; i++) {
        add_row(writer, "[  ]", safe(writer, script->materials.items[i]));
    }
    for (size_t i = 0; i < script->inputs.count; i++) {
        const pc_script_input *input = &script->inputs.items[i];

        add_row(writer, "[  ]", words(writer, "File %s", input->file));
        add_row(writer, "SHA-256", input->sha256);
    }
}

static void write_tokens(writing *writer)
{
    for (size_t i = 0; i < writer->script->tokens.count; i++) {
        const pc_script_token *token = &writer->script->tokens.items[i];

        add_block(writer, NULL, words(writer, "Token \"%s\"", safe(writer, token->role)), NULL);
        add_known(writer, "Label", token->label);
        add_known(writer, "Manufacturer", token->manufacturer);
        add_known(writer, "Model", token->model);
        add_known(writer, "Firmware", token->firmware);
        add_known(writer, "Serial number, expected", token->serial);
        if (token->keys.count > 0) {
            add_row(writer, "Keys on it", safe(writer, joined(writer, &token->keys)));
        }
        add_row(writer, "Serial number", NULL);
        add_row(writer, "Seal or bag, before", NULL);
        add_row(writer, "Seal or bag, after", NULL);
    }
}

/* --- steps ---------------------------------------------------------------------------------------- */

/* Values that are read from the screen and written down. */
static void write_blanks(writing *writer, const pc_script_step *step)
{
    switch ((pc_step_kind)step->kind) {
    case PC_STEP_CHECK_TOKEN:
    case PC_STEP_INIT:
        add_row(writer, "Serial number", NULL);
        break;
    case PC_STEP_KEYGEN:
        add_row(writer, "CKA_ID", NULL);
        add_row(writer, "Public key SHA-256", NULL);
        break;
    case PC_STEP_SELF_SIGN:
    case PC_STEP_ISSUE:
    case PC_STEP_CROSS:
        add_row(writer, "Serial number", NULL);
        add_row(writer, "File SHA-256", NULL);
        break;
    case PC_STEP_CRL:
        add_row(writer, "CRL number", NULL);
        add_row(writer, "File SHA-256", NULL);
        break;
    case PC_STEP_REQUEST:
    case PC_STEP_EXPORT_PUBLIC:
        add_row(writer, "File SHA-256", NULL);
        break;
    case PC_STEP_BREAK:
        add_row(writer, "Resumed at", NULL);
        break;
    case PC_STEP_CLOSE:
        add_row(writer, "Transcript head", NULL);
        break;
    default:
        break;
    }
}

/* A line for each person of each role that the step names. */
static void write_people(writing *writer, const pc_script_step *step)
{
    for (size_t i = 0; i < step->by.count; i++) {
        const pc_script_role *role = pc_script_find_role(writer->script, step->by.items[i]);
        unsigned count = role && role->count ? role->count : 1;
        const char *title = safe(writer, pc_script_role_title(writer->script, step->by.items[i]));

        for (unsigned j = 1; j <= count; j++) {
            add_row(writer, count > 1 ? words(writer, "%s %u", title, j) : title, NULL);
        }
    }
}

static void write_step(writing *writer, const pc_script_step *step)
{
    const char *does = pc_step_kinds[step->kind].does;

    add_block(writer, words(writer, "Step %zu", step->number), step->title ? safe(writer, step->title) : does,
              safe(writer, step->text));
    if (step->title) {
        add_row(writer, "Action", does);
    }
    add_known(writer, "Token", step->token);
    add_known(writer, "Copy on token", step->copy);
    add_known(writer, "Key", step->key);
    add_known(writer, "Type of key", step->type);
    add_known(writer, "Use of key", step->use);
    add_known(writer, "CA key", step->ca);
    add_known(writer, "Subject", step->subject);
    if (step->names.count > 0) {
        add_row(writer, "Names", safe(writer, joined(writer, &step->names)));
    }
    if (step->days) {
        add_row(writer, "Valid for", words(writer, "%u days", step->days));
    }
    add_known(writer, "Profile", step->profile);
    add_known(writer, "Request", step->request);
    add_known(writer, "Certificate", step->certificate);
    add_known(writer, "Issuer's certificate", step->issuer);
    add_known(writer, "What is revoked", step->revoked);
    add_known(writer, "Previous CRL", step->previous);
    if (step->chain.count > 0) {
        add_row(writer, "Chain", safe(writer, joined(writer, &step->chain)));
    }
    if (step->empty) {
        add_row(writer, "Must be", "empty");
    }
    if (step->keys.count > 0) {
        add_row(writer, "Keys on it", safe(writer, joined(writer, &step->keys)));
    }
    add_known(writer, "Output file", step->out);
    write_blanks(writer, step);
    write_people(writer, step);
}

/* --- the last pages ------------------------------------------------------------------------------- */

static void write_deviations(writing *writer)
{
    for (unsigned sheet = 1; sheet <= DEVIATION_SHEETS; sheet++) {
        add_section(writer, words(writer, "Deviations, sheet %u", sheet));
        for (unsigned i = 1; i <= DEVIATIONS_ON_SHEET; i++) {
            add_block(writer, NULL, words(writer, "Deviation %u", (sheet - 1) * DEVIATIONS_ON_SHEET + i), NULL);
            add_row(writer, "At step, time", NULL);
            add_row(writer, "What happened", NULL);
            add_row(writer, "", NULL);
            add_row(writer, "Why", NULL);
            add_row(writer, "What was done", NULL);
            add_row(writer, "", NULL);
            add_row(writer, "Agreed by (initials)", NULL);
        }
    }
}

static void write_sign_off(writing *writer)
{
    const pc_script *script = writer->script;

    add_section(writer, "Sign-off");
    add_block(writer, NULL, "The ceremony went as this script says, except for the deviations noted.", NULL);
    add_row(writer, "Deviations (number)", NULL);
    add_row(writer, "Transcript head", NULL);
    for (size_t i = 0; i < script->roles.count; i++) {
        const pc_script_role *role = &script->roles.items[i];
        const char *title = safe(writer, role->title ? role->title : role->name);

        for (unsigned j = 1; j <= (role->count ? role->count : 1); j++) {
            add_block(writer, NULL, role->count > 1 ? words(writer, "%s %u", title, j) : title, NULL);
            add_row(writer, "Name", NULL);
            add_row(writer, "Signature", NULL);
            add_row(writer, "Date, time, zone", NULL);
        }
    }
}

pc_status pc_paper_make(const pc_script *script, pc_paper *ret_paper, pc_error *err)
{
    writing writer = { .paper = ret_paper, .script = script };

    *ret_paper = (pc_paper){ .sha256 = script->sha256, .arena = script->arena };
    ret_paper->title = safe(&writer, script->head.title);
    ret_paper->id = safe(&writer, script->head.id);
    write_cover(&writer);
    write_tokens(&writer);
    add_section(&writer, "Steps");
    for (size_t i = 0; i < script->steps.count; i++) {
        write_step(&writer, &script->steps.items[i]);
    }
    write_deviations(&writer);
    write_sign_off(&writer);
    return writer.failed ? pc_fail_memory(err) : PC_OK;
}
