/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/repair.h>
#include <string.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_repair_result, pc_repair_result, pc_repair_result_free);

static const struct {
    const char *word;
    pc_colour colour;
} states[] = {
    [PC_REPAIR_NOTE] = { "note", PC_COLOUR_FAINT },
    [PC_REPAIR_PLANNED] = { "to fix", PC_COLOUR_WARNING },
    [PC_REPAIR_DONE] = { "fixed", PC_COLOUR_GOOD },
    [PC_REPAIR_REFUSED] = { "REFUSED", PC_COLOUR_BAD },
};

/* An empty object has no label or CKA_ID to show. */
static void print_object(const pc_repair_finding *finding)
{
    if (finding->object_class == PC_REPAIR_OBJECT) {
        (void)printf("%s  [%s]\n", pc_repair_class_name(finding->object_class), finding->id);
        return;
    }
    (void)printf("%s \"%s\"  [%s]\n", pc_repair_class_name(finding->object_class), finding->label, finding->id);
    (void)printf("         CKA_ID %s", *finding->object_id ? finding->object_id : "(none)");
    if (finding->state != PC_REPAIR_NOTE) {
        (void)printf(", public key SHA-256 %s", finding->spki_sha256 ? finding->spki_sha256 : "unknown");
    }
    (void)fputc('\n', stdout);
}

static void print_finding(const pc_cli *cli, const pc_repair_finding *finding)
{
    pc_print_state(cli, stdout, states[finding->state].colour, 8, states[finding->state].word);
    (void)fputc(' ', stdout);
    print_object(finding);
    pc_print_wrapped(stdout, 9, finding->message);
    if (finding->attribute) {
        (void)printf("         %s: %s -> %s\n", finding->attribute, finding->old_value, finding->new_value);
    }
    if (finding->remedy) {
        pc_print_wrapped(stdout, 13, finding->remedy);
    }
}

/* Windows keeps its own pairing of certificate and key, by the serial number. */
static void print_windows(const pc_repair_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        const pc_repair_finding *each = &result->findings[i];

        if (each->serial && each->state == PC_REPAIR_DONE && strcmp(each->id, "repair.wrong-id") == 0) {
            (void)printf("on a Windows machine that uses this key: certutil -repairstore my %s\n", each->serial);
        }
    }
}

static void print_result(const pc_cli *cli, const pc_repair_result *result, bool apply)
{
    static const pc_repair_state order[] = { PC_REPAIR_REFUSED, PC_REPAIR_PLANNED, PC_REPAIR_DONE, PC_REPAIR_NOTE };

    (void)printf("token \"%s\": %zu private key%s, %zu proved by a signature\n", result->token, result->key_count,
                 result->key_count == 1 ? "" : "s", result->proof_count);
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        for (size_t j = 0; j < result->finding_count; j++) {
            if (result->findings[j].state == order[i]) {
                print_finding(cli, &result->findings[j]);
            }
        }
    }
    if (apply) {
        (void)printf("\n%zu fixed and read back, %zu refused\n", result->counts[PC_REPAIR_DONE],
                     result->counts[PC_REPAIR_REFUSED]);
        print_windows(result);
    } else {
        (void)printf("\n%zu to fix, %zu refused%s\n", result->counts[PC_REPAIR_PLANNED],
                     result->counts[PC_REPAIR_REFUSED],
                     result->counts[PC_REPAIR_PLANNED] ? "; nothing was written: use --apply to write it"
                                                       : "; nothing was written");
    }
}

static json_t *to_json(const pc_repair_result *result)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < result->finding_count; i++) {
        const pc_repair_finding *each = &result->findings[i];

        (void)json_array_append_new(
            findings, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", each->id, "state",
                                pc_repair_state_name(each->state), "class", pc_repair_class_name(each->object_class),
                                "label", pc_json_text(each->label), "object_id", pc_json_text(each->object_id),
                                "spki_sha256", pc_json_text(each->spki_sha256), "serial", pc_json_text(each->serial),
                                "message", pc_json_text(each->message), "attribute", pc_json_text(each->attribute),
                                "old", pc_json_text(each->old_value), "new", pc_json_text(each->new_value), "remedy",
                                pc_json_text(each->remedy)));
    }
    return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "token", pc_json_text(result->token), "changed",
                     result->counts[PC_REPAIR_DONE] > 0, "keys", (json_int_t)result->key_count, "proved",
                     (json_int_t)result->proof_count, "planned", (json_int_t)result->counts[PC_REPAIR_PLANNED], "done",
                     (json_int_t)result->counts[PC_REPAIR_DONE], "refused",
                     (json_int_t)result->counts[PC_REPAIR_REFUSED], "findings", findings);
}

/* Without --apply, every problem is a finding; with it, only those that the token refused to change. */
static int exit_code_of(const pc_repair_result *result, bool apply)
{
    if (apply) {
        return result->counts[PC_REPAIR_REFUSED] ? pc_status_exit_code(PC_E_REFUSED) : 0;
    }
    return result->counts[PC_REPAIR_PLANNED] || result->counts[PC_REPAIR_REFUSED] ? 1 : 0;
}

#define FIELD(field) offsetof(pc_repair_order, field)

static const pc_option options_of_repair[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .excludes = { "cert" },
      .help = "check only this private key and the objects that belong to it",
      .details = "Check only this private key and the objects that belong to it." },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(certificate),
      .arg = "FILE",
      .help = "check only objects with the public key of the certificate in this file",
      .details = "Check only objects with the public key of the certificate in this file (PEM, DER or PKCS#7).\n"
                 "The certificate itself is not written to the token; *p11cert-accept*(1) does that." },
    { .name = "apply",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(apply),
      .help = "make the changes shown; without it, nothing is written",
      .details = "Make the changes shown. Without it, nothing is written." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const pc_repair_order *order = options;
    PC_AUTO(pc_repair_result) pc_repair_result *result = NULL;

    PC_TRY(pc_repair_run(order, &cli->access, &result, &cli->err));
    cli->exit_code = exit_code_of(result, order->apply);
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(cli, result, order->apply);
    return PC_OK;
}

static const char *const forms[] = { "[--key LABEL|URI|--cert FILE] [--apply] [OPTION...]", NULL };

const pc_command pc_cmd_repair = {
    .verb = "repair",
    .summary = "fix how keys and certificates on a token are paired",
    .details = "Matches private keys, public keys and certificates by their public value, proved by a signature,\n"
               "and shows which CKA_ID, label, subject or public key object is missing or wrong. With --apply, the\n"
               "changes are written and read back. The private key's CKA_ID is authoritative. Nothing is removed\n"
               "except empty objects and keys without key material, which remain if a program is killed while\n"
               "the token creates an object.\n",
    .exits = "Exit code 1: there is something to fix, and nothing was written; 8: with --apply, something must not\n"
             "or cannot be fixed.\n",
    .examples = "p11cert repair --token servers\n"
                "p11cert repair --token servers --apply\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_repair,
    .options_size = sizeof(pc_repair_order),
    .run = run,
};
