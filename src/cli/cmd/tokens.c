/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_tokens_result, pc_tokens_result, pc_tokens_result_free);

/* CK_UNAVAILABLE_INFORMATION, as some tokens report. */
static bool is_length_known(unsigned long len)
{
    return len != ~0ul;
}

static json_t *length_to_json(unsigned long len)
{
    return is_length_known(len) ? json_integer((json_int_t)len) : json_null();
}

static json_t *token_to_json(const pc_token_info *token, const char *uri)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "label", pc_json_text(token->label), "manufacturer",
                     pc_json_text(token->manufacturer), "model", pc_json_text(token->model), "serial",
                     pc_json_text(token->serial), "uri", pc_json_text(uri), "min_pin_len",
                     length_to_json(token->min_pin_len), "max_pin_len", length_to_json(token->max_pin_len));
}

static json_t *to_json(const pc_tokens_result *result)
{
    json_t *modules = json_array();

    for (size_t i = 0; i < result->module_count; i++) {
        const pc_listed_module *module = &result->modules[i];
        json_t *tokens = json_array();

        for (size_t j = 0; j < module->token_count; j++) {
            (void)json_array_append_new(tokens, token_to_json(&module->tokens[j], module->uris[j]));
        }
        (void)json_array_append_new(modules,
                                    json_pack("{s:o, s:o, s:o, s:o, s:i}", "module", pc_json_text(module->module),
                                              "problem", pc_json_text(module->problem), "hint",
                                              pc_json_text(module->hint), "tokens", tokens, "free_slots",
                                              (int)module->free_count));
    }
    return json_pack("{s:o}", "modules", modules);
}

static void print_module(const pc_listed_module *module)
{
    pc_print_safe(stdout, module->module);
    (void)fputc('\n', stdout);
    if (module->problem) {
        (void)printf("    %s: %s\n", module->has_started ? "problem" : "does not start", module->problem);
    }
    if (module->hint) {
        (void)printf("        hint:\n");
        pc_print_wrapped(stdout, 12, module->hint);
    }
    for (size_t i = 0; i < module->token_count; i++) {
        const pc_token_info *token = &module->tokens[i];

        (void)fputs("    ", stdout);
        pc_print_safe(stdout, token->label);
        (void)printf("\n        --token '%s'\n        ", module->uris[i]);
        pc_print_safe(stdout, token->manufacturer);
        (void)fputs(", model ", stdout);
        pc_print_safe(stdout, token->model);
        if (is_length_known(token->min_pin_len) && is_length_known(token->max_pin_len)) {
            (void)printf("; PIN of %lu to %lu bytes", token->min_pin_len, token->max_pin_len);
        }
        (void)fputc('\n', stdout);
    }
    if (module->token_count == 0 && !module->problem) {
        (void)printf("    no token\n");
    }
    if (module->free_count) {
        (void)printf("    %zu free slot%s: `p11cert init LABEL` makes a token\n", module->free_count,
                     module->free_count > 1 ? "s" : "");
    }
}

static pc_status run(pc_cli *cli, const void *options)
{
    PC_AUTO(pc_tokens_result) pc_tokens_result *result = NULL;

    (void)options;
    PC_TRY(pc_tokens_run(&cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    for (size_t i = 0; i < result->module_count; i++) {
        print_module(&result->modules[i]);
    }
    return PC_OK;
}

const pc_command pc_cmd_tokens = {
    .verb = "tokens",
    .summary = "list the PKCS#11 modules and their tokens",
    .details = "Without --module, every module in the p11-kit registry is examined. There is no login.\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .run = run,
};
