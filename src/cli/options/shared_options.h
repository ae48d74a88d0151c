/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_SHARED_OPTIONS_H
#define PC_CLI_SHARED_OPTIONS_H

#include <p11cert/inf.h>
#include <p11cert/issue.h>
#include <p11cert/sign.h>

#include "cli/cli.h"

/** Options that several verbs have, each defined once: rows for groups, and the struct that each group fills. */

/** --force: fills a bool. */
extern const pc_option pc_options_force[];

/** --chain: fills a pc_texts. */
extern const pc_option pc_options_chain[];

/** --exportable and --non-exportable, for new keys. */
extern const pc_option pc_options_exportable[];

typedef struct {
    bool exportable;
    bool non_exportable;
} pc_exportable_given;

/** PC_WISH_SILENT if neither is given. */
pc_wish pc_exportable_take(const pc_exportable_given *given);

/** --key-type, for new keys: fills a text. */
extern const pc_option pc_options_key_type[];

/** The values of --key-type, for completion. */
extern const char *const pc_key_type_names[];

/** --inf, which says what the certificate is called on Windows, as --friendly-name does: fills a text. */
extern const pc_option pc_options_name_from_inf[];

/** --kit-password-source, for verbs with --kit: fills a text. */
extern const pc_option pc_options_kit_password[];

/** The password and the protection of a PFX to be written. */
extern const pc_option pc_options_new_pfx[];

typedef struct {
    const char *password_source;
    const char *generate_password;
    bool accept_weak_password;
    bool legacy;
} pc_new_pfx_given;

/** --profile, --linter, --issuance-log and --allow-known-key: how a CA issues. */
extern const pc_option pc_options_issuing[];

typedef struct {
    const char *profile;
    pc_texts linters;
    const char *issuance_log;
    bool known_key;
} pc_issuing_given;

/** --issue-with, with the options that say how that CA's key is reached and how it issues. */
extern const pc_option pc_options_local_ca[];

typedef struct {
    const char *issue_with;
    const char *issue_token;
    const char *issue_pin_source;
    const char *ca_certificate;
    unsigned days;
    pc_issuing_given issuing;
} pc_local_ca_given;

/**
 * Convert them. Borrows the texts of `given`. If --issue-token names the CA's token, a URI of --issue-with does not
 * name the hosts'.
 * @param ret_access  how the CA's token is opened; its token is NULL if it is that of the hosts
 */
void pc_local_ca_take(pc_cli *cli, const pc_local_ca_given *given, pc_issue_order *ret_order,
                      pc_token_access *ret_access);

/** --cms, --raw, --digest, --hash and --pss: the kind of signature. */
extern const pc_option pc_options_sign_form[];

typedef struct {
    bool cms;
    bool raw;
    bool digest;
    const char *hash;
    bool pss;
} pc_sign_form_given;

pc_sign_form pc_sign_form_take(const pc_sign_form_given *given);

/** --keep-going and --stop-at-failure, for verbs that process many items. */
extern const pc_option pc_options_many[];

typedef struct {
    bool keep_going;
    bool stop_at_failure;
} pc_many_given;

#endif
