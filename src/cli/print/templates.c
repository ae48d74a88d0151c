/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/templates.h"

#include <p11cert/request.h>

#include <string.h>

#include "base/duration.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"

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

void pc_templates_print(const pc_cli *cli, const pc_templates_result *result)
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

json_t *pc_templates_to_json(const pc_templates_result *result)
{
    json_t *items = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(items, template_to_json(&result->items[i]));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o}", "ca", pc_json_text(result->ca), "changed", result->changed,
                     "policy_id", *result->policy_id ? pc_json_text(result->policy_id) : json_null(), "policy",
                     *result->policy ? pc_json_text(result->policy) : json_null(), "templates", items);
}
