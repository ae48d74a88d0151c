/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/pin.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/output.h"

typedef struct {
    bool is_so;
    bool is_reset;
    pc_pin_order order;
} pin_options;

static const struct {
    const char *name;
    const char *sentence;
} tasks[] = {
    [PC_PIN_USER] = { "user", "changed the user PIN" },
    [PC_PIN_SO] = { "so", "changed the Security Officer's PIN" },
    [PC_PIN_RESET] = { "reset", "as Security Officer, set a new user PIN" },
};

static const pc_option options_of_pin[] = {
    { .name = "so",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pin_options, is_so),
      .excludes = { "reset" },
      .help = "change the Security Officer's PIN" },
    { .name = "reset",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pin_options, is_reset),
      .help = "set a new user PIN as Security Officer",
      .details = "Set a new user PIN as Security Officer: the old one is forgotten, locked or was never set." },
    { .name = "so-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = offsetof(pin_options, order.so_pin_source),
      .arg = "SOURCE",
      .needs = { "so", "reset" },
      .help = "where to read the Security Officer's current PIN: " PC_SOURCES,
      .details = "Where to read the Security Officer's current PIN; see _PIN SOURCES_ in *p11cert*(1). It has no\n"
                 "environment variable.",
      .by_default = "prompt" },
    { .name = "new-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = offsetof(pin_options, order.new_pin_source),
      .arg = "SOURCE",
      .help = "where to read the new PIN (a prompt asks twice): " PC_SOURCES,
      .details = "Where to read the new PIN; see _PIN SOURCES_ in *p11cert*(1). *prompt* asks twice. It has no\n"
                 "environment variable.",
      .by_default = "prompt" },
    { .name = "allow-weak",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pin_options, order.allow_weak),
      .help = "accept a new PIN that is easy to guess",
      .details = "Accept a new PIN that consists of one repeated character, or of a run such as 1234 or dcba." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const pin_options *given = options;
    pc_pin_order order = given->order;
    pc_pin_changed changed;

    order.task = given->is_so ? PC_PIN_SO : given->is_reset ? PC_PIN_RESET : PC_PIN_USER;
    PC_TRY(pc_pin_run(&order, &cli->access, &changed, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:s, s:b, s:b}", "token", pc_json_text(changed.token.label), "pin",
                                            tasks[order.task].name, "changed", true, "proved", changed.is_proved));
    }
    (void)printf("%s of token \"", tasks[order.task].sentence);
    pc_print_safe(stdout, changed.token.label);
    (void)printf("\"%s\n", changed.is_proved ? "; a login with it succeeded" : ", on the token's own keypad");
    return PC_OK;
}

const pc_command pc_cmd_pin = {
    .verb = "pin",
    .summary = "change a token's user PIN or Security Officer's PIN",
    .details = "The current PIN is tried exactly once. The new one must have a length that the token allows; a login\n"
               "in a new session verifies it.\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_pin,
    .options_size = sizeof(pin_options),
    .reports = true,
    .run = run,
};
