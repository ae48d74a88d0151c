/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/submitted.h"

#include <string.h>

#include "cli/print/colour.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"

/* --- text ------------------------------------------------------------------------------------ */

void pc_accepted_print(FILE *out, const pc_accept_result *accepted)
{
    (void)fputs("the key \"", out);
    pc_print_safe(out, accepted->key_label);
    (void)fputs("\" on token \"", out);
    pc_print_safe(out, accepted->token);
    (void)fprintf(out,
                  "\" signed a challenge, which verified with the certificate\n"
                  "bound to the key by CKA_ID %s: %s",
                  accepted->key_id,
                  accepted->certificates[0].state == PC_BOUND_ALREADY ? "already there" : "written and read back");
    if (accepted->certificate_count > 1) {
        (void)fprintf(out, ", with %zu issuer%s", accepted->certificate_count - 1,
                      accepted->certificate_count > 2 ? "s" : "");
    }
    (void)fputc('\n', out);
    if (accepted->other_count) {
        (void)fprintf(out, "note: %zu other certificate%s bound to the same key\n", accepted->other_count,
                      accepted->other_count > 1 ? "s are" : " is");
    }
}

static void print_issued(const pc_cli *cli, FILE *out, const pc_submitted *item)
{
    pc_print_state(cli, out, PC_COLOUR_GOOD, 0, "issued");
    (void)fprintf(out, ": request %s at %s\n    %s\n        issued by %s\n        serial %s, valid until %.10s\n",
                  item->record.request_id, item->record.ca, item->subject, item->issuer, item->serial, item->not_after);
    if (item->chain) {
        (void)fprintf(out, "chain verified: %s\n", item->chain);
    }
    if (item->warning) {
        pc_print_state(cli, out, PC_COLOUR_WARNING, 0, "warning");
        (void)fprintf(out, ": %s\n", item->warning);
    }
    for (size_t i = 0; i < item->departure_count; i++) {
        (void)fprintf(out, "not as requested: %s\n", item->departures[i]);
    }
    if (item->out) {
        (void)fputs("written: ", out);
        pc_print_safe(out, strcmp(item->out, "-") == 0 ? "standard output" : item->out);
        (void)fputc('\n', out);
    }
    if (item->accepted) {
        pc_accepted_print(out, item->accepted);
    } else if (item->out && strcmp(item->out, "-") != 0) {
        (void)fputs("not yet bound to its key: p11cert accept ", out);
        pc_print_safe(out, item->out);
        (void)fputc('\n', out);
    }
}

static void print_pending(const pc_cli *cli, FILE *out, const pc_submitted *item)
{
    pc_print_state(cli, out, PC_COLOUR_WARNING, 0, "pending");
    (void)fprintf(out, ": request %s at %s\n", item->record.request_id, item->record.ca);
    if (item->kept && strcmp(item->record.where, "token") == 0) {
        (void)fprintf(out, "    recorded on the token with the key \"%s\": `p11cert retrieve` works from any machine\n",
                      item->record.key_label);
    } else if (item->kept) {
        (void)fprintf(out,
                      "    this token does not support data objects: recorded in \"%s\", so `p11cert retrieve` works "
                      "only from this machine\n",
                      item->record.where);
    }
}

static void print_failed(const pc_cli *cli, FILE *out, const pc_submitted *item)
{
    PC_AUTO(free) char *problem = pc_with_options_named(item->problem);
    PC_AUTO(free) char *hint = pc_with_options_named(item->hint);

    pc_print_state(cli, out, PC_COLOUR_BAD, 0, "failed");
    (void)fprintf(out, ": request %s at %s: %s\n", *item->record.request_id ? item->record.request_id : "(no number)",
                  item->record.ca, problem ? problem : item->problem);
    if (hint) {
        (void)fprintf(out, "    %s\n", hint);
    }
}

void pc_submitted_print(const pc_cli *cli, FILE *out, const pc_submit_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        const pc_submitted *item = &result->items[i];

        if (item->disposition == PC_CA_ISSUED && item->out) {
            print_issued(cli, out, item);
        }
        if (item->status != PC_OK && result->count > 1) {
            print_failed(cli, out, item);
        } else if (item->status == PC_OK && item->disposition == PC_CA_PENDING) {
            print_pending(cli, out, item);
        }
    }
}

/* --- JSON ------------------------------------------------------------------------------------ */

json_t *pc_pending_to_json(const pc_pending *record)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
                     pc_pending_state_name(record->state), "protocol", pc_json_text(record->protocol), "ca",
                     pc_json_text(record->ca), "request_id",
                     *record->request_id ? pc_json_text(record->request_id) : json_null(), "submitted_at",
                     pc_json_text(record->submitted_at), "request_sha256", pc_json_text(record->request_sha256),
                     "spki_sha256", pc_json_text(record->spki_sha256), "key_label", pc_json_text(record->key_label),
                     "key_id", pc_json_text(record->key_id), "where", pc_json_text(record->where));
}

json_t *pc_accepted_to_json(const pc_accept_result *accepted)
{
    json_t *issuers = json_array();

    if (!accepted) {
        json_decref(issuers);
        return json_null();
    }
    for (size_t i = 1; i < accepted->certificate_count; i++) {
        (void)json_array_append_new(issuers, pc_json_bound(&accepted->certificates[i]));
    }
    return json_pack("{s:o, s:{s:o, s:o}, s:o, s:o, s:i}", "token", pc_json_text(accepted->token), "key", "label",
                     pc_json_text(accepted->key_label), "id", pc_json_text(accepted->key_id), "certificate",
                     pc_json_bound(&accepted->certificates[0]), "issuers", issuers, "other_certificates",
                     (int)accepted->other_count);
}

static json_t *issued_to_json(const pc_submitted *item)
{
    if (!item->serial) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "subject", pc_json_text(item->subject), "issuer",
                     pc_json_text(item->issuer), "serial", pc_json_text(item->serial), "not_after",
                     pc_json_text(item->not_after), "chain", pc_json_text(item->chain), "warning",
                     pc_json_text(item->warning), "departures", pc_json_texts(item->departures, item->departure_count),
                     "out", pc_json_text(item->out));
}

static json_t *code_to_json(const pc_submitted *item)
{
    char code[16];

    (void)snprintf(code, sizeof code, "0x%08lx", item->code);
    return item->code ? json_pack("{s:s, s:o}", "hresult", code, "name", pc_json_text(item->code_name)) : json_null();
}

/* Without a record, nothing is about to be sent, as its first state would say. */
static json_t *record_to_json(const pc_submitted *item)
{
    json_t *record = pc_pending_to_json(&item->record);

    if (record && !item->kept && item->record.state == PC_PENDING_SENDING) {
        (void)json_object_set_new(record, "state", json_null());
    }
    return record;
}

json_t *pc_submitted_item_to_json(const pc_submitted *item)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "disposition",
                     pc_ca_disposition_name(item->disposition), "status", pc_status_name(item->status), "problem",
                     pc_json_error_text(item->problem), "request", record_to_json(item), "kept", item->kept, "code",
                     code_to_json(item), "message", pc_json_text(item->message), "advice", pc_json_text(item->advice),
                     "page", pc_json_text(item->page), "certificate", issued_to_json(item), "accepted",
                     pc_accepted_to_json(item->accepted));
}

json_t *pc_submitted_to_json(const pc_submit_result *result)
{
    json_t *items = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(items, pc_submitted_item_to_json(&result->items[i]));
    }
    return items;
}

/* --- both ------------------------------------------------------------------------------------ */

bool pc_submitted_any_pending(const pc_submit_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        if (result->items[i].status == PC_OK && result->items[i].disposition == PC_CA_PENDING) {
            return true;
        }
    }
    return false;
}

pc_status pc_cli_submitted(pc_cli *cli, pc_status status, const pc_submit_result *result, const char *file)
{
    if (!cli->json) {
        if (result) {
            pc_submitted_print(cli, file && strcmp(file, "-") == 0 ? stderr : stdout, result);
        }
        return status;
    }
    if (status != PC_OK) {
        cli->requests = result ? pc_submitted_to_json(result) : NULL;
        return status;
    }
    return pc_print_json(cli, json_pack("{s:o}", "requests", pc_submitted_to_json(result)));
}
