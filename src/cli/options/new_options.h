/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_NEW_OPTIONS_H
#define PC_CLI_NEW_OPTIONS_H

#include <p11cert/new.h>

#include "cli/cli.h"

/** The options that say what key and request are to be, the same for every verb that makes them. */

enum { PC_NEW_NAME_KINDS = 4, PC_NEW_NAMES_MOST = 200 };

/** What was given; zero-initialise. The texts belong to popt and are freed with the verb's own. */
typedef struct {
    char *subject;
    char *key_type;
    char *label;
    char **names[PC_NEW_NAME_KINDS]; /**< as popt collects them, a kind each */
    char **tolerate;
    int exportable;
    int non_exportable;
    int windows;
    pc_alt_name_flag flags[PC_NEW_NAMES_MOST]; /**< of the names, set by pc_new_options_take */
} pc_new_given;

/** Rows for a verb's table, bound to a pc_new_given. */
#define PC_NEW_KEY_OPTIONS(given) \
    { "exportable", '\0', POPT_ARG_NONE, &(given).exportable, 0, "the key may leave the token, wrapped", NULL }, \
        { "non-exportable", '\0', POPT_ARG_NONE, &(given).non_exportable, 0, "the key never leaves the token", NULL }, \
        { "label", '\0', POPT_ARG_STRING, &(given).label, 0, "label of the new key (else KeyContainer, else the CN)", \
          "LABEL" }, \
    { \
        "tolerate", '\0', POPT_ARG_ARGV, &(given).tolerate, 0, \
            "the token is known to report this of its keys wrongly; only local (may be repeated)", "FLAG" \
    }

#define PC_NEW_REQUEST_OPTIONS(given) \
    { "key-type", \
      '\0', \
      POPT_ARG_STRING, \
      &(given).key_type, \
      0, \
      "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384 or ec-p521; replaces the file's", \
      "TYPE" }, \
        { "subject", \
          '\0', \
          POPT_ARG_STRING, \
          &(given).subject, \
          0, \
          "X.500 name, such as \"CN=a,O=b\"; replaces the file's", \
          "NAME" }, \
        { "dns", '\0', POPT_ARG_ARGV, &(given).names[0], 0, "add a DNS name (may be repeated)", "NAME" }, \
        { "ip", '\0', POPT_ARG_ARGV, &(given).names[1], 0, "add an IP address (may be repeated)", "ADDRESS" }, \
        { "email", '\0', POPT_ARG_ARGV, &(given).names[2], 0, "add a mail address (may be repeated)", "ADDRESS" }, \
    { \
        "upn", '\0', POPT_ARG_ARGV, &(given).names[3], 0, "add a user principal name (may be repeated)", "NAME" \
    }

#define PC_NEW_WINDOWS_OPTION(given) \
    { \
        "windows-attributes", '\0', POPT_ARG_NONE, &(given).windows, 0, \
            "say of Windows what certreq would, see below", NULL \
    }

/**
 * What was given, as the library wants it; inf, key, out and force are left unset. Borrows `given`.
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_new_options_take(pc_cli *cli, pc_new_given *given, pc_new_order *ret_order);

#endif
