/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/templates.h>

#include <p11cert/request.h>

#include <string.h>

#include "base/duration.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/ca_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_templates_result, pc_templates_result, pc_templates_result_free);

typedef struct {
    pc_templates_order order;
    pc_ca_given ca;
} templates_options;

#define FIELD(field) offsetof(templates_options, field)

/* --- text -------------------------------------------------------------------------------------------------------- */

static void print_span(const char *what, int64_t sec)
{
    int64_t days = sec / PC_SECONDS_PER_DAY;

    if (sec > 0) {
        (void)printf(", %s %lld day%s", what, (long long)days, days == 1 ? "" : "s");
    }
}

static void print_key(const pc_template *item)
{
    (void)printf("    key: %s", item->key_algorithm);
    if (item->key_bits && strcmp(item->key_algorithm, "RSA") == 0) { /* the others have their size in their name */
        (void)printf(", at least %u bits", item->key_bits);
    }
    (void)printf("; names from %s",
                 item->subject_flags & PC_TEMPLATE_SUBJECT_BY_ENROLLEE ? "the request" : "the directory");
    print_span("valid", item->validity_sec);
    print_span("renewal begins before expiry", item->renewal_sec);
    (void)fputc('\n', stdout);
}

static void print_list(const char *what, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s%s", i ? ", " : what, items[i]);
    }
    if (count) {
        (void)fputc('\n', stdout);
    }
}

static void print_cas(const pc_template *item)
{
    for (size_t i = 0; i < item->ca_count; i++) {
        const pc_template_ca *ca = &item->cas[i];

        (void)printf("    CA: %s%s%s%s\n", *ca->name ? ca->name : "(no name)", ca->enroll ? "" : ", not for this login",
                     *ca->url ? ", " : "", ca->url);
    }
}

static const pc_colour colours[] = {
    [PC_TEMPLATE_FITS] = PC_COLOUR_GOOD,
    [PC_TEMPLATE_NOTED] = PC_COLOUR_OTHER,
    [PC_TEMPLATE_REFUSED] = PC_COLOUR_BAD,
    [PC_TEMPLATE_UNKNOWN] = PC_COLOUR_FAINT,
};

static void print_template(const pc_cli *cli, const pc_template *item)
{
    pc_print_state(cli, stdout, colours[item->verdict], 8, pc_template_verdict_name(item->verdict));
    (void)printf(" %s", item->name);
    if (*item->display) {
        (void)printf(" (%s)", item->display);
    }
    (void)fputc('\n', stdout);
    if (item->verdict == PC_TEMPLATE_UNKNOWN) {
        return;
    }
    print_key(item);
    print_list("    usages: ", item->usages, item->usage_count);
    print_list("    replaces: ", item->superseded, item->superseded_count);
    print_cas(item);
    for (size_t i = 0; i < item->line_count; i++) {
        (void)printf("    ");
        pc_print_state(cli, stdout, colours[item->lines[i].verdict], 0,
                       pc_template_verdict_name(item->lines[i].verdict));
        (void)printf(":\n");
        pc_print_wrapped(stdout, 8, item->lines[i].words);
    }
}

static void print_result(const pc_cli *cli, const pc_templates_result *result)
{
    bool names_only = false;

    if (result->count == 0) {
        (void)printf("no template is offered to this login at %s\n", result->ca);
    }
    for (size_t i = 0; i < result->count; i++) {
        print_template(cli, &result->items[i]);
        names_only = names_only || result->items[i].verdict == PC_TEMPLATE_UNKNOWN;
    }
    if (names_only) {
        (void)printf(
            "These pages give names only; an enrolment policy service (…/service.svc/CEP) describes templates.\n");
    }
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *lines_to_json(const pc_template *item)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < item->line_count; i++) {
        (void)json_array_append_new(lines,
                                    json_pack("{s:s, s:o}", "verdict", pc_template_verdict_name(item->lines[i].verdict),
                                              "text", pc_json_text(item->lines[i].words)));
    }
    return lines;
}

static json_t *cas_to_json(const pc_template *item)
{
    json_t *cas = json_array();

    for (size_t i = 0; i < item->ca_count; i++) {
        (void)json_array_append_new(cas, json_pack("{s:o, s:b, s:o}", "name", pc_json_text(item->cas[i].name), "enroll",
                                                   item->cas[i].enroll, "url",
                                                   *item->cas[i].url ? pc_json_text(item->cas[i].url) : json_null()));
    }
    return cas;
}

static json_t *key_to_json(const pc_template *item)
{
    return json_pack("{s:o, s:i, s:i, s:o, s:b}", "algorithm", pc_json_text(item->key_algorithm), "least_bits",
                     (int)item->key_bits, "key_spec", (int)item->key_spec, "providers",
                     pc_json_texts(item->providers, item->provider_count), "exportable",
                     (item->private_key_flags & PC_TEMPLATE_KEY_EXPORTABLE) != 0);
}

static json_t *flags_to_json(const pc_template *item)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "private_key", (json_int_t)item->private_key_flags, "subject",
                     (json_int_t)item->subject_flags, "enrollment", (json_int_t)item->enrollment_flags, "general",
                     (json_int_t)item->general_flags);
}

static json_t *template_to_json(const pc_template *item)
{
    bool is_known = item->verdict != PC_TEMPLATE_UNKNOWN;

    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:i, s:s, s:b, s:b, s:o, s:b, s:i, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
                     "name", pc_json_text(item->name), "display", pc_json_text(item->display), "verdict",
                     pc_template_verdict_name(item->verdict), "lines", lines_to_json(item), "oid",
                     *item->oid ? pc_json_text(item->oid) : json_null(), "schema", (int)item->schema, "names_from",
                     !is_known                                               ? "unknown"
                     : item->subject_flags & PC_TEMPLATE_SUBJECT_BY_ENROLLEE ? "request"
                                                                             : "directory",
                     "enroll", item->enroll, "auto_enroll", item->auto_enroll, "key",
                     is_known ? key_to_json(item) : json_null(), "approval",
                     (item->enrollment_flags & PC_TEMPLATE_ENROLL_PENDING) != 0, "agent_signatures",
                     (int)item->ra_signatures, "validity_sec", (json_int_t)item->validity_sec, "renewal_sec",
                     (json_int_t)item->renewal_sec, "usages", pc_json_texts(item->usages, item->usage_count),
                     "key_usage", pc_json_key_usage(item->key_usage != 0, item->key_usage), "superseded",
                     pc_json_texts(item->superseded, item->superseded_count), "cas", cas_to_json(item), "flags",
                     flags_to_json(item));
}

static json_t *to_json(const pc_templates_result *result)
{
    json_t *items = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(items, template_to_json(&result->items[i]));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o}", "ca", pc_json_text(result->ca), "changed", result->changed,
                     "policy_id", *result->policy_id ? pc_json_text(result->policy_id) : json_null(), "policy",
                     *result->policy ? pc_json_text(result->policy) : json_null(), "templates", items);
}

/* --- the verb ---------------------------------------------------------------------------------------------------- */

static const pc_option options_of_templates[] = {
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(order.template_name),
      .arg = "NAME",
      .help = "only this template: its name or display name",
      .details = "Only this template: its name, or its display name. Exit code 4 if it is not offered to this login,\n"
                 "1 if it is and a key on a token cannot satisfy it." },
    { .name = "ca-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.ca_name),
      .arg = "NAME",
      .help = "only the templates of the CA with this CN",
      .details = "Only the templates that the CA with this common name offers." },
    { .name = "inf",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.inf),
      .arg = "FILE",
      .needs = { "template" },
      .help = "write an INF file that fits the template",
      .details = "Write an INF file that fits the template, for *p11cert-new*(1), *p11cert-enroll*(1) and _certreq_.\n"
                 "What the template decides is filled in; replace the subject, which is an example." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(order.force) },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

/* For a script that asks about a template before it makes a key. */
static void set_exit(pc_cli *cli, const pc_templates_order *order, const pc_templates_result *result)
{
    for (size_t i = 0; order->template_name && i < result->count; i++) {
        if (result->items[i].verdict == PC_TEMPLATE_REFUSED) {
            cli->exit_code = 1;
        }
    }
}

static pc_status run(pc_cli *cli, const void *options)
{
    const templates_options *given = options;
    PC_AUTO(pc_templates_result) pc_templates_result *result = NULL;
    pc_ca_access ca;
    pc_templates_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    order.ca = &ca;
    PC_TRY(pc_templates_run(&order, &cli->access, &result, &cli->err));
    set_exit(cli, &order, result);
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(cli, result);
    if (order.inf) {
        (void)fputs(result->changed ? "written: " : "already exists with this content: ", stdout);
        pc_print_safe(stdout, order.inf);
        (void)fputc('\n', stdout);
    }
    return PC_OK;
}

const pc_command pc_cmd_templates = {
    .verb = "templates",
    .summary = "list the templates that a CA offers, and whether a key on a token can satisfy them",
    .details = "The enrolment policy service of Windows (…/service.svc/CEP) describes its templates in full; the web\n"
               "enrolment pages give names only. Nothing is created or requested. The token is opened only for\n"
               "--client-key.\n",
    .exits = "Exit code 1: a key on a token cannot satisfy the template named with --template.\n",
    .examples = "p11cert templates --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n"
                "p11cert templates --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP \\\n"
                "    --template WebServer --inf server.inf\n",
    .requires = "ca",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_templates,
    .options_size = sizeof(templates_options),
    .run = run,
};
