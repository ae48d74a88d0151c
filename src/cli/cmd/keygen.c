/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/keygen.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_keygen_made, pc_keygen_made, pc_keygen_made_free);

typedef struct {
    pc_keygen_order order;
    const char *use;
    pc_texts tolerate;
} keygen_options;

static void print_made(const pc_keygen_made *made)
{
    (void)fputs("key \"", stdout);
    pc_print_safe(stdout, made->key.label);
    (void)printf("\" (%s, %s, to %s) %s token \"", made->kind, pc_exportable_words(made->key.flags[PC_KEY_EXTRACTABLE]),
                 made->use == PC_KEY_USE_CA ? "sign" : pc_key_use_name(made->use),
                 made->changed ? "created on" : "is as requested on");
    pc_print_safe(stdout, made->token);
    (void)printf("\"\n    CKA_ID %s\n", made->id);
    if (made->proof) {
        (void)printf("    proof:   %s\n", made->proof);
    }
    if (*made->unsupported_flags) {
        (void)printf("    the token does not accept: %s\n", made->unsupported_flags);
    }
    if (*made->tolerated) {
        (void)printf("    the token reports: %s; tolerated as requested\n", made->tolerated);
    }
    if (made->spki_sha256) {
        (void)printf("    public key SHA-256: %s\n", made->spki_sha256);
    }
    if (!made->changed) {
        (void)fputs("nothing was changed\n", stdout);
    }
}

static json_t *to_json(const pc_keygen_made *made)
{
    return json_pack("{s:o, s:b, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "token", pc_json_text(made->token),
                     "changed", made->changed, "label", pc_json_text(made->key.label), "id", made->id, "kind",
                     made->kind, "use", pc_key_use_name(made->use), "spki_sha256", pc_json_text(made->spki_sha256),
                     "flags", pc_json_key_flags(&made->key), "proof", pc_json_text(made->proof), "unsupported_flags",
                     pc_json_text(made->unsupported_flags), "tolerated", pc_json_text(made->tolerated));
}

static const char *const key_types[] = { "rsa-2048", "rsa-3072", "rsa-4096",  "ec-p256",   "ec-p384",
                                         "ec-p521",  "ed25519",  "ml-dsa-44", "ml-dsa-65", "ml-dsa-87",
                                         "aes-128",  "aes-192",  "aes-256",   NULL };
static const char *const tolerable[] = { "local", NULL };
static const char *const uses[] = { "sign", "ca", "decrypt", "wrap", NULL };

#define FIELD(field) offsetof(keygen_options, field)

static const pc_option options_of_keygen[] = {
    { .name = "label",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.label),
      .arg = "LABEL",
      .required = true,
      .help = "label of the key",
      .details = "The label of the key." },
    { .name = "key-type",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(order.key_type),
      .arg = "TYPE",
      .choices = key_types,
      .required = true,
      .help = "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384, ec-p521, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87, "
              "aes-128, aes-192 or aes-256",
      .details = "*rsa-2048*, *rsa-3072*, *rsa-4096*, *ec-p256*, *ec-p384*, *ec-p521*, *ed25519*, *ml-dsa-44*,\n"
                 "*ml-dsa-65*, *ml-dsa-87*, *aes-128*, *aes-192* or *aes-256*." },
    { .name = "use",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(use),
      .arg = "USE",
      .choices = uses,
      .help = "the only thing that the key may do: sign, ca, decrypt or wrap",
      .details = "The only thing that the key may do: *sign* (the default for a key pair), *ca* (the same: a key\n"
                 "that _issue --self-signed_ takes), *decrypt* (the default for AES: decryption and encryption;\n"
                 "for EC: key agreement) or *wrap* (RSA and AES: wrapping and unwrapping of other keys)." },
    { .name = "exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.exportable),
      .help = "the key may leave the token, wrapped",
      .details = "The key may leave the token, wrapped. Without this option it never leaves the token." },
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.id),
      .arg = "HEX",
      .help = "CKA_ID of the key pair, in hexadecimal (default: 16 random bytes)",
      .details = "The CKA_ID of the key pair: 1 to 64 bytes in hexadecimal. Default: 16 random bytes. If the key is\n"
                 "there already, it must have this one." },
    { .name = "tolerate",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(tolerate),
      .arg = "FLAG",
      .offers = tolerable,
      .help = "accept a flag that the token is known to report wrongly for its keys; only local",
      .details = "As in *p11cert-new*(1). The only flag is _local_." },
    PC_OPTIONS_END,
};

static pc_status take_options(pc_cli *cli, const keygen_options *given, pc_keygen_order *ret_order)
{
    pc_keygen_order order = given->order;

    for (pc_key_use use = PC_KEY_USE_SIGN; given->use && use <= PC_KEY_USE_WRAP; use++) {
        order.use = strcmp(pc_key_use_name(use), given->use) == 0 ? use : order.use;
    }
    for (size_t i = 0; i < given->tolerate.count; i++) {
        if (strcmp(given->tolerate.items[i], "local") != 0) {
            return pc_fail(&cli->err, PC_E_USAGE, "only --tolerate local is supported");
        }
        order.tolerate_local = true;
    }
    *ret_order = order;
    return PC_OK;
}

static pc_status run(pc_cli *cli, const void *options)
{
    PC_AUTO(pc_keygen_made) pc_keygen_made *made = NULL;
    pc_keygen_order order;

    PC_TRY(take_options(cli, options, &order));
    PC_TRY(pc_keygen_run(&order, &cli->access, &made, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(made));
    }
    print_made(made);
    return PC_OK;
}

const pc_command pc_cmd_keygen = {
    .verb = "keygen",
    .summary = "create a key alone, for one use, and prove that it cannot leave the token",
    .details = "Every attribute of the key is stated and read back in a new session. If the command is run again and\n"
               "the key is as requested, it does nothing.\n",
    .examples = "p11cert keygen --label signing --key-type rsa-3072\n"
                "p11cert keygen --label backup --key-type aes-256 --use wrap\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_keygen,
    .options_size = sizeof(keygen_options),
    .reports = true,
    .run = run,
};
