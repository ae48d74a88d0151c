/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/retire.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"
#include "cli/terminal/confirm.h"

PC_AUTO_DEFINE(pc_retire_result, pc_retire_result, pc_retire_result_free);

typedef struct {
    pc_retire_order order;
    bool yes;
} retire_options;

/* --- text --- */

static void print_object(const pc_cli *cli, FILE *out, const pc_retire_object *object)
{
    static const struct {
        const char *word;
        pc_colour colour;
    } states[] = {
        [PC_RETIRE_PLANNED] = { "to go", PC_COLOUR_WARNING },
        [PC_RETIRE_GONE] = { "gone", PC_COLOUR_GOOD },
        [PC_RETIRE_KEPT] = { "stays", PC_COLOUR_OTHER },
        [PC_RETIRE_REMAINS] = { "REMAINS", PC_COLOUR_BAD },
    };

    (void)fputs("  ", out);
    pc_print_state(cli, out, states[object->state].colour, 8, states[object->state].word);
    (void)fprintf(out, " %s \"%s\"", pc_retire_class_name(object->object_class), object->label);
    if (object->subject) {
        (void)fprintf(out, ": %s\n           serial number %s, %s %s%s", object->subject, object->serial,
                      object->is_valid ? "valid until" : "not valid now, expires", object->not_after,
                      object->is_current ? ", the current one" : "");
    }
    (void)fputc('\n', out);
    if (object->note) {
        pc_print_wrapped(out, 11, object->note);
    }
}

static void print_plan(const pc_cli *cli, FILE *out, const pc_retire_result *result)
{
    (void)fprintf(out, "key \"%s\" (%s%sCKA_ID %s) on token \"", result->label, result->kind, *result->kind ? ", " : "",
                  *result->id ? result->id : "none");
    pc_print_safe(out, result->token.label);
    (void)fputs("\"\n", out);
    for (size_t i = 0; i < result->object_count; i++) {
        print_object(cli, out, &result->objects[i]);
    }
    for (size_t i = 0; i < result->dependent_count; i++) {
        (void)fputs("  ", out);
        pc_print_state(cli, out, PC_COLOUR_WARNING, 0, "NOTE");
        (void)fputc('\n', out);
        pc_print_wrapped(out, 11, result->dependents[i].text);
    }
}

/* --- JSON --- */

/* null: a certificate that cannot be read. */
static json_t *validity_to_json(const pc_retire_object *object)
{
    return object->object_class == PC_RETIRE_CERTIFICATE && !object->subject ? json_null()
                                                                             : json_boolean(object->is_valid);
}

static json_t *objects_to_json(const pc_retire_result *result)
{
    json_t *objects = json_array();

    for (size_t i = 0; i < result->object_count; i++) {
        const pc_retire_object *each = &result->objects[i];

        (void)json_array_append_new(objects,
                                    json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "class",
                                              pc_retire_class_name(each->object_class), "state",
                                              pc_retire_state_name(each->state), "label", pc_json_text(each->label),
                                              "id", pc_json_text(each->id), "subject", pc_json_text(each->subject),
                                              "serial", pc_json_text(each->serial), "not_after",
                                              pc_json_text(each->not_after), "current", each->is_current, "valid",
                                              validity_to_json(each), "note", pc_json_text(each->note)));
    }
    return objects;
}

static json_t *to_json(const pc_retire_result *result)
{
    json_t *dependents = json_array();

    for (size_t i = 0; i < result->dependent_count; i++) {
        (void)json_array_append_new(dependents, json_pack("{s:s, s:o}", "kind", result->dependents[i].kind, "text",
                                                          pc_json_text(result->dependents[i].text)));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "token", pc_json_text(result->token.label),
                     "changed", result->is_done, "retired_at", pc_json_text(result->retired_at), "label",
                     pc_json_text(result->label), "id", pc_json_text(result->id), "kind", result->kind, "spki_sha256",
                     pc_json_text(result->spki_sha256), "objects", objects_to_json(result), "dependents", dependents);
}

/* --- the run --- */

static pc_status ask(void *context, const pc_retire_result *plan, pc_error *err)
{
    const pc_cli *cli = context;

    print_plan(cli, cli->errors ? cli->errors : stderr, plan); /* a part of the question, also with --quiet */
    return *plan->label ? pc_confirm_word("type the label of the key to destroy the objects listed", plan->label, err)
                        : pc_confirm_word("type the CKA_ID of the key to destroy the objects listed", plan->id, err);
}

#define FIELD(field) offsetof(retire_options, order.field)

static const pc_option options_of_retire[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the key, by label or RFC 7512 URI",
      .details = "The private or secret key, by label or RFC 7512 URI." },
    { .name = "yes",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(retire_options, yes),
      .excludes = { "dry-run" },
      .help = "do not ask for the key's label at the terminal",
      .details = "Do not ask for the key's label at the terminal. Required with *--json* and where there is no\n"
                 "terminal." },
    { .name = "dry-run",
      .asks = true,
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(dry_run),
      .help = "show what would be destroyed, and what depends on it",
      .details = "Show what would be destroyed and what depends on it, and end." },
    { .name = "keep-certificate",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(keep_certificate),
      .help = "leave the key's certificates on the token",
      .details =
          "Leave the key's certificates on the token: for example that of a CA, because the certificates that it\n"
          "issued are still verified with it." },
    { .name = "allow-valid",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(allow_valid),
      .help = "retire a key that has a certificate that is valid now",
      .details =
          "Retire a key that has a certificate that is valid now. The certificate is not revoked: only its CA can do\n"
          "that." },
    { .name = "record",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(record),
      .arg = "FILE",
      .excludes = { "dry-run" },
      .help = "append what was destroyed to this file, as JSON Lines",
      .details = "Append to this file, as JSON Lines: one line with event _begun_ before anything is destroyed, and\n"
                 "one with _done_ or _failed_ at the end. The file is created if it does not exist. If it cannot be\n"
                 "written, nothing is destroyed. If there is no such key, and the file shows that an earlier run "
                 "retired it on\n"
                 "this token, nothing is done, and the exit code is 0." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const retire_options *given = options;
    pc_retire_order order = given->order;
    PC_AUTO(pc_retire_result) pc_retire_result *result = NULL;

    if (cli->json && !given->yes && !order.dry_run) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "with --json, there is no prompt for the confirmation");
        return pc_hint(&cli->err, PC_E_USAGE, "--dry-run shows what would be done, and --yes does it without asking");
    }
    order.confirm = given->yes ? NULL : ask;
    order.confirm_context = cli;
    PC_TRY(pc_retire_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_plan(cli, stdout, result);
    if (result->retired_at) {
        (void)printf("is not there: an earlier run retired it at %s, according to the record ", result->retired_at);
        pc_print_path(stdout, "", order.record);
    }
    (void)fputs(result->is_done ? "destroyed, and not found in a new session\n" : "nothing was destroyed\n", stdout);
    return PC_OK;
}

const pc_command pc_cmd_retire = {
    .verb = "retire",
    .summary = "destroy a key and what belongs to it, and prove that it is gone",
    .details =
        "Shows the key, its public key, its certificates, its pending request and the record of its CA, and what\n"
        "depends on them, asks for the key's label, and destroys them. This cannot be undone.\n",
    .examples = "p11cert retire --key old.contoso.com --dry-run\n"
                "p11cert retire --key old.contoso.com --record retired.jsonl\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_retire,
    .options_size = sizeof(retire_options),
    .reports = true,
    .run = run,
};
