/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/copy.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_copy_result, pc_copy_result, pc_copy_result_free);
PC_AUTO_DEFINE(pc_copy_check_result, pc_copy_check_result, pc_copy_check_result_free);

typedef struct {
    pc_copy_order order;
    bool check;
} copy_options;

/* --- copy: text --- */

static void print_token(const char *before, const pc_token_info *info)
{
    (void)printf("%s token \"", before);
    pc_print_safe(stdout, info->label);
    (void)fputc('"', stdout);
}

static void print_key(const pc_copy_result *result)
{
    const bool was_there = result->key_state == PC_COPY_ALREADY;

    (void)printf("%s key \"%s\" %s", result->key_kind, result->to.key_label, was_there ? "already on" : "copied");
    if (!was_there) {
        print_token(" from", &result->from.info);
    }
    print_token(was_there ? "" : " to", &result->to.info);
    (void)printf(", CKA_ID %s\n    public key SHA-256 %s\n", result->to.key_id, result->spki_sha256);
    (void)printf("    %s\n", pc_exportable_words(result->exportable));
    if (result->mechanism) {
        (void)printf("    wrapped and unwrapped with %s\n", result->mechanism);
    }
    if (result->transport) {
        (void)printf("    one-time key:\n");
        pc_print_wrapped(stdout, 8, result->transport);
    }
    if (*result->unsupported_flags) {
        (void)printf("    the module does not accept these in its template: %s\n", result->unsupported_flags);
    }
    (void)printf("the copy signed a challenge, which verified with the public key of the original\n");
}

static void print_result(const pc_copy_result *result)
{
    static const char *const records[] = {
        [PC_COPY_WRITTEN] = "copied",
        [PC_COPY_ALREADY] = "already there",
        [PC_COPY_LEFT] = "not copied",
    };

    print_key(result);
    for (size_t i = 0; i < result->certificate_count; i++) {
        pc_print_bound(stdout, &result->certificates[i]);
    }
    if (result->issuer_count) {
        (void)printf("its issuers:\n");
    }
    for (size_t i = 0; i < result->issuer_count; i++) {
        pc_print_bound(stdout, &result->issuers[i]);
    }
    if (result->record != PC_COPY_NONE) {
        (void)printf("record of the pending request: %s\n", records[result->record]);
    }
    for (size_t i = 0; i < result->note_count; i++) {
        (void)printf("note:\n");
        pc_print_wrapped(stdout, 4, result->notes[i]);
    }
    (void)printf("%s\n", result->changed ? "the second token holds the key, and what belongs to it"
                                         : "the second token already had all of it: nothing was changed");
}

/* --- copy: JSON --- */

static json_t *side_to_json(const pc_copy_side *side)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "token", pc_json_text(side->info.label), "serial",
                     pc_json_text(side->info.serial), "key_label", pc_json_text(side->key_label), "key_id",
                     pc_json_text(side->key_id));
}

static json_t *bound_to_json(const pc_bound_certificate *items, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, pc_json_bound(&items[i]));
    }
    return list;
}

static json_t *result_to_json(const pc_copy_result *result)
{
    json_t *key =
        json_pack("{s:s, s:o, s:s, s:o, s:o}", "kind", result->key_kind, "spki_sha256",
                  pc_json_text(result->spki_sha256), "state", pc_copy_state_name(result->key_state), "exportable",
                  pc_json_fact(result->exportable), "unsupported_flags", pc_json_text(result->unsupported_flags));

    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "from", side_to_json(&result->from), "to",
                     side_to_json(&result->to), "changed", result->changed, "key", key, "mechanism",
                     pc_json_text(result->mechanism), "transport", pc_json_text(result->transport), "certificates",
                     bound_to_json(result->certificates, result->certificate_count), "issuers",
                     bound_to_json(result->issuers, result->issuer_count), "record", pc_copy_state_name(result->record),
                     "notes", pc_json_texts(result->notes, result->note_count));
}

/* --- copy --check --- */

static void print_compared(const pc_cli *cli, const pc_copied_key *key)
{
    static const struct {
        const char *word;
        pc_colour colour;
    } states[] = {
        [PC_COPIED_SAME] = { "SAME", PC_COLOUR_GOOD },
        [PC_COPIED_MISSING] = { "MISSING", PC_COLOUR_BAD },
        [PC_COPIED_DIFFERS] = { "DIFFERS", PC_COLOUR_BAD },
        [PC_COPIED_NOT_CHECKED] = { "NOT CHECKED", PC_COLOUR_WARNING },
    };

    pc_print_state(cli, stdout, states[key->state].colour, 0, states[key->state].word);
    (void)printf(": %s key \"%s\", CKA_ID %s\n", key->kind, key->label, *key->id ? key->id : "none");
    if (key->copy_label) {
        (void)printf("    on the second token: \"%s\", CKA_ID %s\n", key->copy_label,
                     *key->copy_id ? key->copy_id : "none");
        (void)printf("    signed and verified: %s\n", key->signed_by_original && key->signed_by_copy ? "both keys"
                                                      : key->signed_by_original ? "only the key on the first token"
                                                      : key->signed_by_copy     ? "only the key on the second token"
                                                                                : "neither key");
        (void)printf("    certificates on the first token: %zu\n", key->certificate_count);
    }
    for (size_t i = 0; i < key->reason_count; i++) {
        pc_print_wrapped(stdout, 4, key->reasons[i]);
    }
}

static void print_check(const pc_cli *cli, const pc_copy_check_result *result)
{
    print_token("keys of", &result->from);
    print_token(" compared with", &result->to);
    (void)fputc('\n', stdout);
    for (size_t i = 0; i < result->key_count; i++) {
        print_compared(cli, &result->keys[i]);
    }
    (void)printf("%zu same, %zu missing, %zu different, %zu not checked\n", result->counts[PC_COPIED_SAME],
                 result->counts[PC_COPIED_MISSING], result->counts[PC_COPIED_DIFFERS],
                 result->counts[PC_COPIED_NOT_CHECKED]);
}

static json_t *compared_to_json(const pc_copied_key *key)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:b, s:b, s:I, s:o}", "label", pc_json_text(key->label), "id",
                     pc_json_text(key->id), "kind", key->kind, "spki_sha256", pc_json_text(key->spki_sha256), "state",
                     pc_copied_state_name(key->state), "copy_label", pc_json_text(key->copy_label), "copy_id",
                     pc_json_text(key->copy_id), "signed_by_original", key->signed_by_original, "signed_by_copy",
                     key->signed_by_copy, "certificates", (json_int_t)key->certificate_count, "reasons",
                     pc_json_texts(key->reasons, key->reason_count));
}

static json_t *check_to_json(const pc_copy_check_result *result)
{
    json_t *keys = json_array();

    for (size_t i = 0; i < result->key_count; i++) {
        (void)json_array_append_new(keys, compared_to_json(&result->keys[i]));
    }
    return json_pack("{s:{s:o, s:o}, s:{s:o, s:o}, s:b, s:o}", "from", "token", pc_json_text(result->from.label),
                     "serial", pc_json_text(result->from.serial), "to", "token", pc_json_text(result->to.label),
                     "serial", pc_json_text(result->to.serial), "changed", 0, "keys", keys);
}

static pc_status run_check(pc_cli *cli, const pc_copy_order *order)
{
    PC_AUTO(pc_copy_check_result) pc_copy_check_result *result = NULL;

    PC_TRY(pc_copy_check_run(order, &cli->access, &result, &cli->err));
    cli->exit_code = result->counts[PC_COPIED_SAME] == result->key_count ? 0 : 1;
    if (cli->json) {
        return pc_print_json(cli, check_to_json(result));
    }
    print_check(cli, result);
    return PC_OK;
}

/* --- the run --- */

#define FIELD(field) offsetof(copy_options, order.field)

static const pc_option options_of_copy[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .required = true,
      .unless = "check",
      .help = "the key, by label or RFC 7512 URI",
      .details = "The private key, by label or RFC 7512 URI. With *--check* it may be left out: every private key\n"
                 "of the token is then compared." },
    { .name = "to",
      .kind = PC_OPTION_TOKEN,
      .offset = FIELD(to.token),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the second token, by label or RFC 7512 URI",
      .details = "The second token, by label or RFC 7512 URI." },
    { .name = "to-module",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(to.module),
      .arg = "PATH|NAME",
      .help = "PKCS#11 module of the second token, if it is a different one",
      .details = "The PKCS#11 module of the second token: a path or a name in the p11-kit registry. Default: the\n"
                 "module in the URI of *--to*, or else the module of the first token." },
    { .name = "to-module-init-args",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(to.init_args),
      .may_be_empty = true,
      .arg = "TEXT",
      .help = "text for C_Initialize of the second token's module, if it is a different one that requires it",
      .details = "Text passed to C_Initialize of the second token's module, if that is a different one and requires\n"
                 "it (NSS). A module that both tokens share has the text of *--module-init-args*." },
    { .name = "to-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(to.pin_source),
      .arg = "SOURCE",
      .help = "where to read the second token's PIN: " PC_SOURCES,
      .details = "Where to read the second token's user PIN; see _PIN SOURCES_ in *p11cert*(1). It has no\n"
                 "environment variable: the PIN of one token is never tried on another. Default: the _pin-source_\n"
                 "of the URI of *--to*, or else *prompt*." },
    { .name = "check",
      .asks = true,
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(copy_options, check),
      .help = "copy nothing: say for each key whether the second token has the same one",
      .details = "Copy nothing: compare the private keys of the token with the second one, and say for each whether\n"
                 "it is the same, missing or different. See *COMPARING*." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const copy_options *given = options;
    pc_copy_order order = given->order;
    PC_AUTO(pc_copy_result) pc_copy_result *result = NULL;
    const pc_token_access to = order.to;

    order.to = cli->access;
    order.to.token = to.token;
    order.to.module = to.module;
    order.to.init_args = to.init_args;
    order.to.pin_source = to.pin_source;
    order.to.pin = NULL;
    if (given->check) {
        return run_check(cli, &order);
    }
    PC_TRY(pc_copy_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, result_to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_copy = {
    .verb = "copy",
    .summary = "copy a key to a second token, or prove that a second token has the same keys",
    .details = "The first token wraps the key for the second one: the key is never in the clear outside the two. Its\n"
               "certificates and the record of a pending request are copied too. Nothing on the second token is\n"
               "replaced, and the copy must sign a challenge. A key that is not exportable cannot be copied; --check\n"
               "proves a vendor's clone.\n",
    .exits = "Exit code 1: with --check, a key is missing, is different, or could not be compared.\n",
    .examples = "p11cert copy --key server.contoso.com --token servers --to backup\n"
                "p11cert copy --check --token servers --to backup\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_copy,
    .options_size = sizeof(copy_options),
    .reports = true,
    .run = run,
};
