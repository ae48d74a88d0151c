/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <p11cert/show.h>

#include "cli/cli.h"
#include "cli/key_tree.h"
#include "cli/output.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);
PC_AUTO_DEFINE(pc_show_result, pc_show_result, pc_show_result_free);

static json_t *texts_to_json(const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array, pc_json_text(texts[i]));
    }
    return array;
}

static json_t *usage_to_json(const pc_evidence_subject *subject)
{
    if (!subject->has_key_usage) {
        return json_null();
    }
    json_t *array = json_array();

    for (unsigned bit = 1; bit <= PC_KU_DECIPHER_ONLY; bit <<= 1) {
        if ((subject->key_usage & bit) && pc_key_usage_name(bit)) {
            (void)json_array_append_new(array, pc_json_text(pc_key_usage_name(bit)));
        }
    }
    return array;
}

static json_t *item_to_json(const pc_shown *item)
{
    const pc_evidence_subject *subject = &item->subject;
    json_t *value = json_pack("{s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:s}", "kind",
                              item->is_request ? "request" : "certificate", "subject", pc_json_text(subject->subject),
                              "dns_names", texts_to_json(subject->dns_names, subject->dns_name_count), "key_algorithm",
                              pc_json_text(subject->key_algorithm), "key_bits", (int)subject->key_bits, "hash",
                              pc_json_text(subject->signature_digest), "key_usage", usage_to_json(subject), "eku",
                              texts_to_json(subject->ekus, subject->eku_count), "spki_sha256",
                              pc_json_text(item->spki_sha256), "issuer",
                              item->is_request ? json_null() : pc_json_text(item->certificate.issuer), "signature",
                              item->signature);

    return value;
}

static pc_status show_file(pc_cli *cli, const char *file)
{
    PC_AUTO(pc_show_result) pc_show_result *result = NULL;

    PC_TRY(pc_show_file(file, &result, &cli->err));
    if (cli->json) {
        json_t *items = json_array();

        for (size_t i = 0; i < result->count; i++) {
            (void)json_array_append_new(items, item_to_json(&result->items[i]));
        }
        return pc_print_json(cli, json_pack("{s:o}", "items", items));
    }
    for (size_t i = 0; i < result->count; i++) {
        (void)printf("%spublic key SHA-256: %s\nsignature: %s\n", result->items[i].text, result->items[i].spki_sha256,
                     result->items[i].signature);
    }
    return PC_OK;
}

static pc_status show_key(pc_cli *cli, const char *key)
{
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    pc_cli_token_from_key(cli, key);
    PC_TRY(pc_list_run(key, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_key_tree_to_json(result));
    }
    pc_key_tree_print(result, true);
    return PC_OK;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *key = NULL;
    struct poptOption options[] = {
        { "key", '\0', POPT_ARG_STRING, &key, 0, "a key on the token, instead of a file", "LABEL|URI" },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_show, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if ((words.count == 1) == (key != NULL)) {
        return pc_fail(&cli->err, PC_E_USAGE, "name a file, or a key with --key");
    }
    return key ? show_key(cli, key) : show_file(cli, words.words[0]);
}

const pc_command pc_cmd_show = {
    .verb = "show",
    .summary = "show a key with every attribute, a request or a certificate",
    .arguments = "[FILE]",
    .details = "    p11cert show server.req\n    p11cert show --key server.contoso.com\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
