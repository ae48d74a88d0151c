/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/key_tree.h"

#include <time.h>

#include "cli/print/colour.h"
#include "cli/print/output.h"
#include "cli/print/submitted.h"

static void print_usage(const pc_key *key)
{
    const char *before = "";

    for (unsigned i = PC_KEY_SIGN; i < PC_KEY_FLAG_COUNT; i++) {
        if (key->flags[i] == PC_FACT_TRUE) {
            (void)printf("%s%s", before, pc_key_flag_name((pc_key_flag)i));
            before = ", ";
        }
    }
    (void)fputs(*before ? "" : "nothing", stdout);
}

/* An assessment of what the token reports: a flag that is not shown proves nothing. */
static const char *exportable_words(const pc_key *key)
{
    const pc_fact extractable = key->flags[PC_KEY_EXTRACTABLE];

    if (extractable != PC_FACT_FALSE || key->flags[PC_KEY_SENSITIVE] == PC_FACT_UNKNOWN) {
        return pc_exportable_words(extractable == PC_FACT_TRUE ? extractable : PC_FACT_UNKNOWN);
    }
    if (key->flags[PC_KEY_SENSITIVE] == PC_FACT_FALSE) {
        return "READABLE IN THE CLEAR (not sensitive)";
    }
    return key->flags[PC_KEY_NEVER_EXTRACTABLE] == PC_FACT_FALSE ? "not exportable now, but it was once"
                                                                 : pc_exportable_words(extractable);
}

static void print_chain(const pc_listed_certificate *certificate)
{
    for (size_t i = 0; i < certificate->chain_count; i++) {
        (void)printf("        issued by %s\n", certificate->chain[i]);
    }
    if (certificate->chain_count == 0 && !certificate->chain_complete) {
        (void)printf("        issued by %s (not on this token)\n", certificate->issuer);
    }
}

bool pc_listed_is_readable(const pc_listed_certificate *certificate)
{
    return *certificate->not_after != '('; /* (unreadable) */
}

pc_fact pc_listed_belongs(const pc_listed_key *key, const pc_listed_certificate *certificate)
{
    if (certificate->belongs) {
        return PC_FACT_TRUE;
    }
    return key->spki_sha256 && pc_listed_is_readable(certificate) ? PC_FACT_FALSE : PC_FACT_UNKNOWN;
}

/* `alone`: the only one of its key, or without a key, so that "current" need not be printed. */
static void print_readable(const pc_cli *cli, const pc_listed_certificate *certificate, bool alone)
{
    (void)printf("    certificate %s\n        serial %s, valid until ", certificate->subject, certificate->serial);
    pc_print_expiry(cli, stdout, certificate->not_after, certificate->not_after_sec);
    (void)fputs(alone || !certificate->belongs ? "\n"
                : certificate->current         ? ", CURRENT\n"
                                               : ", not current\n",
                stdout);
    if (certificate->superseded_by) {
        (void)fputs("        superseded by the key \"", stdout);
        pc_print_safe(stdout, certificate->superseded_by);
        (void)fputs("\"\n", stdout);
    }
    print_chain(certificate);
}

static void print_unreadable(const pc_cli *cli, const pc_listed_certificate *certificate)
{
    (void)printf("    certificate object \"%s\"", certificate->label);
    if (*certificate->id) {
        (void)printf(", CKA_ID %s", certificate->id);
    }
    (void)fputs("\n        ", stdout);
    pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "UNREADABLE");
    (void)printf(": the token shows no certificate in it\n");
}

static void print_certificate(const pc_cli *cli, const pc_listed_certificate *certificate, bool alone)
{
    if (pc_listed_is_readable(certificate)) {
        print_readable(cli, certificate, alone);
    } else {
        print_unreadable(cli, certificate);
    }
}

static void print_own_certificate(const pc_cli *cli, const pc_listed_key *key, const pc_listed_certificate *certificate)
{
    const pc_fact belongs = pc_listed_belongs(key, certificate);

    print_certificate(cli, certificate, key->certificate_count == 1);
    if (belongs == PC_FACT_FALSE) {
        (void)printf("        ");
        pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "WRONG");
        (void)printf(": it has the key's CKA_ID but a different public key\n");
    } else if (belongs == PC_FACT_UNKNOWN && pc_listed_is_readable(certificate)) {
        (void)printf("        not known whether it is the key's: the token does not show the key's public half\n");
    }
}

static void print_flags(const pc_key *key)
{
    static const char *const words[] = { "not reported", "false", "true" };

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        (void)printf("        %-20s %s\n", pc_key_flag_name((pc_key_flag)i), words[key->flags[i]]);
    }
}

static void print_key(const pc_cli *cli, const pc_listed_key *listed, bool every_flag)
{
    (void)fputs("key \"", stdout);
    pc_print_safe(stdout, listed->key.label);
    (void)printf("\"  %s, %s\n    may: ", listed->kind, exportable_words(&listed->key));
    print_usage(&listed->key);
    (void)printf("\n    CKA_ID %s\n", *listed->id ? listed->id : "(none)");
    if (every_flag) {
        (void)printf("    --key '%s'\n    as the token reports it:\n", listed->uri);
        print_flags(&listed->key);
        (void)printf("    public key SHA-256: %s\n", listed->spki_sha256 ? listed->spki_sha256 : "not available");
    }
    for (size_t i = 0; i < listed->certificate_count; i++) {
        print_own_certificate(cli, listed, &listed->certificates[i]);
    }
    if (listed->certificate_count == 0) {
        (void)printf("    no certificate yet\n");
    }
}

static void print_pending(const pc_cli *cli, const pc_list_result *result)
{
    if (result->pending_count) {
        (void)printf("\nrequests to a CA\n");
    }
    for (size_t i = 0; i < result->pending_count; i++) {
        const pc_pending *each = &result->pending[i];

        if (each->state == PC_PENDING_TAKEN) {
            (void)printf("    request %s for \"%s\" at %s, submitted %s\n", each->request_id, each->key_label, each->ca,
                         each->submitted_at);
        } else if (each->state == PC_PENDING_DENIED) {
            (void)printf("    request %s for \"%s\" at %s, submitted %s: ",
                         *each->request_id ? each->request_id : "(no number)", each->key_label, each->ca,
                         each->submitted_at);
            pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "denied");
            (void)fputc('\n', stdout);
        } else {
            (void)printf("    a request for \"%s\" was about to be sent to %s at %s; whether it arrived is unknown\n",
                         each->key_label, each->ca, each->submitted_at);
        }
        if (each->handle == 0) {
            (void)printf("        recorded in \"%s\", not on the token\n", each->where);
        }
    }
}

static void print_objects(const pc_list_result *result)
{
    static const char *const extractable[] = {
        [PC_FACT_UNKNOWN] = "", [PC_FACT_FALSE] = ", not exportable", [PC_FACT_TRUE] = ", EXPORTABLE"
    };

    if (result->object_count) {
        (void)printf("\nother objects\n");
    }
    for (size_t i = 0; i < result->object_count; i++) {
        const pc_listed_object *each = &result->objects[i];

        (void)fputs("    \"", stdout);
        pc_print_safe(stdout, each->label);
        (void)fputs("\"  ", stdout);
        pc_print_safe(stdout, each->kind);
        (void)printf("%s\n", extractable[each->extractable]);
        if (*each->uses) {
            (void)printf("        may: %s\n", each->uses);
        }
        if (*each->id) {
            (void)printf("        CKA_ID %s\n", each->id);
        }
    }
}

void pc_key_tree_print(const pc_cli *cli, const pc_list_result *result, bool every_flag)
{
    (void)fputs("token \"", stdout);
    pc_print_safe(stdout, result->token.label);
    (void)printf("\"\n");
    for (size_t i = 0; i < result->key_count; i++) {
        (void)fputc('\n', stdout);
        print_key(cli, &result->keys[i], every_flag);
    }
    if (result->other_count) {
        (void)printf("\ncertificates without a key on this token\n");
    }
    for (size_t i = 0; i < result->other_count; i++) {
        print_certificate(cli, &result->others[i], true);
    }
    print_objects(result);
    print_pending(cli, result);
    if (result->key_count == 0 && result->other_count == 0 && result->object_count == 0) {
        (void)printf("    empty\n");
    }
}

/* A statement about what could not be read is neither true nor false. */
static json_t *boolean_if(bool is_known, bool value)
{
    return is_known ? json_boolean(value) : json_null();
}

/* `key`: the one that it is listed under, or NULL. */
static json_t *certificate_to_json(const pc_listed_key *key, const pc_listed_certificate *certificate)
{
    const bool is_readable = pc_listed_is_readable(certificate);
    const bool is_expired = certificate->not_after_sec <= (int64_t)time(NULL);
    const pc_fact belongs = key ? pc_listed_belongs(key, certificate) : PC_FACT_UNKNOWN;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "label",
                     pc_json_text(certificate->label), "id", pc_json_text(certificate->id), "subject",
                     pc_json_text(certificate->subject), "issuer", pc_json_text(certificate->issuer), "serial",
                     pc_json_text(certificate->serial), "not_after", pc_json_text(certificate->not_after), "expired",
                     boolean_if(is_readable, is_expired), "ca", boolean_if(is_readable, certificate->is_ca), "belongs",
                     pc_json_fact(belongs), "chain", pc_json_texts(certificate->chain, certificate->chain_count),
                     "chain_complete", boolean_if(is_readable, certificate->chain_complete), "current",
                     boolean_if(belongs != PC_FACT_UNKNOWN, certificate->current), "superseded_by",
                     pc_json_text(certificate->superseded_by));
}

static json_t *certificates_to_json(const pc_listed_key *key, const pc_listed_certificate *certificates, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array, certificate_to_json(key, &certificates[i]));
    }
    return array;
}

static json_t *objects_to_json(const pc_list_result *result)
{
    json_t *array = json_array();

    for (size_t i = 0; i < result->object_count; i++) {
        const pc_listed_object *each = &result->objects[i];

        (void)json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o}", "kind", pc_json_text(each->kind),
                                                     "label", pc_json_text(each->label), "id", pc_json_text(each->id),
                                                     "uses", pc_json_text(each->uses), "extractable",
                                                     pc_json_fact(each->extractable)));
    }
    return array;
}

json_t *pc_key_tree_to_json(const pc_list_result *result)
{
    json_t *keys = json_array();

    for (size_t i = 0; i < result->key_count; i++) {
        const pc_listed_key *each = &result->keys[i];

        (void)json_array_append_new(
            keys, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "label", pc_json_text(each->key.label), "kind",
                            each->kind, "id", pc_json_text(each->id), "uri", pc_json_text(each->uri), "spki_sha256",
                            pc_json_text(each->spki_sha256), "flags", pc_json_key_flags(&each->key), "certificates",
                            certificates_to_json(each, each->certificates, each->certificate_count)));
    }
    json_t *pending = json_array();

    for (size_t i = 0; i < result->pending_count; i++) {
        (void)json_array_append_new(pending, pc_pending_to_json(&result->pending[i]));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "token", pc_json_text(result->token.label), "keys", keys,
                     "other_certificates", certificates_to_json(NULL, result->others, result->other_count),
                     "other_objects", objects_to_json(result), "pending", pending);
}
