/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/outward.h"
#include "base/text.h"
#include "cli/print/output.h"

#define EXIT_FINDING 1

void pc_json_write(FILE *out, const json_t *value)
{
    PC_AUTO(free) char *text = json_dumps(value, JSON_INDENT(2));
    PC_AUTO(free) char *safe = text ? pc_outward_json(text) : NULL;

    (void)fputs(safe ? safe : "{ \"status\": \"memory\" }", out);
    (void)fputc('\n', out);
}

/* docs/errors.md; a command that failed has its status there instead (pc_print_error). */
static const char *outcome_word(int exit_code)
{
    return exit_code == 0 ? "ok" : exit_code == EXIT_FINDING ? "finding" : "failed";
}

static void add_status(const pc_cli *cli, json_t *value)
{
    bool has_own = json_object_get(value, "status") && cli->exit_code != EXIT_FINDING;

    if (json_is_object(value) && !has_own) {
        (void)json_object_set_new(value, "status", json_string(outcome_word(cli->exit_code)));
    }
}

pc_status pc_print_json_line(pc_cli *cli, json_t *value)
{
    if (!value) {
        return pc_fail_memory(&cli->err);
    }
    add_status(cli, value);
    PC_AUTO(free) char *plain = json_dumps(value, JSON_COMPACT);
    PC_AUTO(free) char *text = plain ? pc_outward_json(plain) : NULL;

    json_decref(value);
    if (!text) {
        return pc_fail_memory(&cli->err);
    }
    (void)puts(text);
    return PC_OK;
}

pc_status pc_print_json(pc_cli *cli, json_t *value)
{
    if (!value) {
        return pc_fail_memory(&cli->err);
    }
    add_status(cli, value);
    pc_json_write(stdout, value);
    json_decref(value);
    return PC_OK;
}

json_t *pc_json_text(const char *text)
{
    if (!text) {
        return json_null();
    }
    json_t *plain = json_string(text);

    if (plain) {
        return plain;
    }
    /* jansson takes UTF-8 only. */
    size_t size = strlen(text) * 4 + 1;
    PC_AUTO(free) char *safe = malloc(size);

    if (!safe) {
        return NULL;
    }
    pc_text_escape_into(text, strlen(text), safe, size);
    return json_string(safe);
}

json_t *pc_json_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array, pc_json_text(texts[i]));
    }
    return array;
}

json_t *pc_json_key_usage(bool is_there, unsigned key_usage)
{
    if (!is_there) {
        return json_null();
    }
    json_t *array = json_array();

    /* As RFC 5280 numbers them: digitalSignature is bit 0, decipherOnly bit 8. */
    for (unsigned bit = 0; bit <= 8; bit++) {
        unsigned mask = bit < 8 ? 0x80u >> bit : (unsigned)PC_KU_DECIPHER_ONLY;

        if (key_usage & mask) {
            (void)json_array_append_new(array, pc_json_text(pc_key_usage_name(mask)));
        }
    }
    return array;
}

json_t *pc_json_fact(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? json_null() : json_boolean(fact == PC_FACT_TRUE);
}

json_t *pc_json_key_flags(const pc_key *key)
{
    json_t *flags = json_object();

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        (void)json_object_set_new(flags, pc_key_flag_name((pc_key_flag)i), pc_json_fact(key->flags[i]));
    }
    return flags;
}

json_t *pc_json_findings(const pc_findings *findings)
{
    json_t *array = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const pc_finding *each = &findings->items[i];

        (void)json_array_append_new(array,
                                    json_pack("{s:s, s:s, s:i, s:o, s:o}", "id", each->id, "severity",
                                              pc_severity_name(each->severity), "line", (int)each->line, "message",
                                              pc_json_text(each->message), "fix", pc_json_text(each->fix)));
    }
    return array;
}

json_t *pc_json_bound(const pc_bound_certificate *bound)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "subject", pc_json_text(bound->subject), "issuer",
                     pc_json_text(bound->issuer), "serial", pc_json_text(bound->serial), "not_after",
                     pc_json_text(bound->not_after), "id", pc_json_text(bound->id), "state",
                     bound->state == PC_BOUND_ALREADY ? "already" : "written");
}
