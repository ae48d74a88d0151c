/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#define ACCESS(field) offsetof(pc_token_access, field)

const pc_option pc_options_token[] = {
    { .name = "module",
      .kind = PC_OPTION_FILE,
      .offset = ACCESS(module),
      .arg = "PATH|NAME",
      .environment = "P11CERT_MODULE",
      .help = "PKCS#11 module: a path, or a name in the p11-kit registry" },
    { .name = "module-init-args",
      .kind = PC_OPTION_TEXT,
      .offset = ACCESS(init_args),
      .arg = "TEXT",
      .environment = "P11CERT_MODULE_INIT_ARGS",
      .help = "text for C_Initialize, for modules that want one" },
    { .name = "token",
      .kind = PC_OPTION_TEXT,
      .offset = ACCESS(token),
      .arg = "LABEL|URI",
      .environment = "P11CERT_TOKEN",
      .help = "the token: its label or an RFC 7512 URI" },
    { .name = "pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = ACCESS(pin_source),
      .arg = "SOURCE",
      .environment = "P11CERT_PIN_SOURCE",
      .help = "where the PIN comes from: prompt, file:PATH, fd:N, env:NAME" },
    PC_OPTIONS_END,
};

const pc_option pc_options_always[] = {
    { .name = PC_OPTION_JSON,
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, json),
      .help = "print the result as JSON" },
    { .name = "help",
      .letter = 'h',
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, help),
      .help = "show this help" },
    PC_OPTIONS_END,
};
