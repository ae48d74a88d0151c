/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/error_text.h"
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

static json_t *limit_to_json(int64_t limit)
{
    return limit < 0 ? json_null() : json_integer((json_int_t)limit);
}

static json_t *size_to_json(const pc_listed_mechanism *mechanism, unsigned long size)
{
    return mechanism->unknown ? json_null() : json_integer((json_int_t)size);
}

static json_t *abilities_to_json(const pc_token_abilities *abilities)
{
    json_t *mechanisms = json_array();

    for (size_t i = 0; i < abilities->mechanism_count; i++) {
        const pc_listed_mechanism *each = &abilities->mechanisms[i];

        (void)json_array_append_new(mechanisms,
                                    json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "type", (json_int_t)each->type, "name",
                                              each->name, "min_size", size_to_json(each, each->min_size), "max_size",
                                              size_to_json(each, each->max_size), "uses",
                                              pc_json_text(each->unknown ? NULL : each->uses), "unknown",
                                              pc_json_text(each->unknown)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "flags", abilities->flags, "max_sessions",
                     limit_to_json(abilities->max_sessions), "max_rw_sessions",
                     limit_to_json(abilities->max_rw_sessions), "public_memory",
                     limit_to_json(abilities->public_memory), "free_public_memory",
                     limit_to_json(abilities->free_public_memory), "private_memory",
                     limit_to_json(abilities->private_memory), "free_private_memory",
                     limit_to_json(abilities->free_private_memory), "mechanisms", mechanisms, "notes",
                     pc_json_texts(abilities->notes, abilities->note_count));
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
            json_t *token = token_to_json(&module->tokens[j], module->uris[j]);

            if (module->abilities) {
                (void)json_object_set_new(token, "abilities", abilities_to_json(&module->abilities[j]));
            }
            (void)json_array_append_new(tokens, token);
        }
        (void)json_array_append_new(modules,
                                    json_pack("{s:o, s:o, s:o, s:o, s:i}", "module", pc_json_text(module->module),
                                              "problem", pc_json_error_text(module->problem), "hint",
                                              pc_json_error_text(module->hint), "tokens", tokens, "free_slots",
                                              (int)module->free_count));
    }
    return json_pack("{s:o}", "modules", modules);
}

static void print_limit(const char *title, int64_t limit)
{
    if (limit < 0) {
        (void)printf("        %s: unknown\n", title);
    } else if (limit == 0) {
        (void)printf("        %s: no limit\n", title);
    } else {
        (void)printf("        %s: %lld\n", title, (long long)limit);
    }
}

static void print_memory(const char *title, int64_t total, int64_t unused)
{
    if (total > 0 && unused >= 0) {
        (void)printf("        %s memory: %lld of %lld bytes free\n", title, (long long)unused, (long long)total);
    } else {
        (void)printf("        %s memory: unknown\n", title);
    }
}

static void print_abilities(const pc_token_abilities *abilities)
{
    (void)printf("        flags:\n");
    pc_print_wrapped(stdout, 12, *abilities->flags ? abilities->flags : "none");
    print_limit("sessions", abilities->max_sessions);
    print_limit("read-write sessions", abilities->max_rw_sessions);
    print_memory("public", abilities->public_memory, abilities->free_public_memory);
    print_memory("private", abilities->private_memory, abilities->free_private_memory);
    (void)printf("        mechanisms: %zu\n", abilities->mechanism_count);
    for (size_t i = 0; i < abilities->mechanism_count; i++) {
        const pc_listed_mechanism *each = &abilities->mechanisms[i];

        (void)printf("            %-26s", each->name);
        if (each->max_size) {
            (void)printf(" %lu-%lu", each->min_size, each->max_size);
        }
        (void)printf("%s%s\n", *each->uses || each->unknown ? " " : "", each->unknown ? each->unknown : each->uses);
    }
    for (size_t i = 0; i < abilities->note_count; i++) {
        (void)printf("        note:\n");
        pc_print_wrapped(stdout, 12, abilities->notes[i]);
    }
}

static void print_module(const pc_listed_module *module)
{
    PC_AUTO(free) char *problem = pc_with_options_named(module->problem);
    PC_AUTO(free) char *hint = pc_with_options_named(module->hint);

    pc_print_safe(stdout, module->module);
    (void)fputc('\n', stdout);
    if (problem) {
        (void)printf("    %s: %s\n", module->has_started ? "problem" : "does not start", problem);
    }
    if (hint) {
        (void)printf("        hint:\n");
        pc_print_wrapped(stdout, 12, hint);
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
        if (module->abilities) {
            print_abilities(&module->abilities[i]);
        }
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
    PC_TRY(cli->verbose ? pc_tokens_run_verbose(&cli->access, &result, &cli->err)
                        : pc_tokens_run(&cli->access, &result, &cli->err));
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
    .details =
        "Without --module, every module in the p11-kit registry is examined. There is no login.\n"
        "With --verbose, each token's flags, limits and mechanisms are printed too, and which of them may cause\n"
        "problems for p11cert.\n",
    .examples = "p11cert tokens -v --module /usr/lib/softhsm/libsofthsm2.so\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .run = run,
};
