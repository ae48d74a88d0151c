/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/explain_json.h"

#include <string.h>

#include "cli/print/output.h"

static const char *const prefixes[] = {
    [PC_ALT_DNS] = "DNS:", [PC_ALT_IP] = "IP:",   [PC_ALT_EMAIL] = "email:",       [PC_ALT_UPN] = "UPN:",
    [PC_ALT_URI] = "URI:", [PC_ALT_RID] = "RID:", [PC_ALT_DIRECTORY] = "DirName:", [PC_ALT_GUID] = "GUID:",
};

/* As spelled in an INF file, and by `show`. */
static const char *const other_forms[] = {
    [PC_OTHER_UTF8] = "{utf8}",
    [PC_OTHER_OCTETS] = "{octet}{hex}",
    [PC_OTHER_DER] = "{hex}",
};

/* Hex of the bytes of an otherName, or its text. */
static char *other_value(const pc_alt_name *name)
{
    static const char digits[] = "0123456789abcdef";

    if (name->form == PC_OTHER_UTF8) {
        return strdup(name->text);
    }
    char *hex = malloc(name->bytes.len * 2 + 1);

    for (size_t i = 0; hex && i < name->bytes.len; i++) {
        hex[i * 2] = digits[name->bytes.data[i] >> 4];
        hex[i * 2 + 1] = digits[name->bytes.data[i] & 15];
    }
    if (hex) {
        hex[name->bytes.len * 2] = '\0';
    }
    return hex;
}

static json_t *alt_name_to_json(const pc_alt_name *name)
{
    if (name->kind != PC_ALT_OTHER) {
        return json_sprintf("%s%s", prefixes[name->kind], name->text);
    }
    PC_AUTO(free) char *value = other_value(name);

    return value ? json_sprintf("otherName:%s;%s%s", name->oid, other_forms[name->form], value) : NULL;
}

static json_t *alt_names_to_json(const pc_request *request)
{
    json_t *array = json_array();

    for (size_t i = 0; i < request->alt_name_count; i++) {
        (void)json_array_append_new(array, alt_name_to_json(&request->alt_names[i]));
    }
    return array;
}

static json_t *attributes_to_json(const pc_request *request)
{
    json_t *object = json_object();

    for (size_t i = 0; i < request->request_attribute_count; i++) {
        (void)json_object_set_new(object, request->request_attributes[i].name,
                                  pc_json_text(request->request_attributes[i].value));
    }
    return object;
}

static json_t *number_or_null(bool is_said, unsigned number)
{
    return is_said ? json_integer(number) : json_null();
}

static json_t *request_to_json(const pc_explanation *explanation)
{
    const pc_request *request = explanation->request;

    if (!request) {
        return json_null();
    }
    return json_pack("{s:o, s:b, s:{s:s, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o}", "subject",
                     request->subject_text[0] ? pc_json_text(request->subject_text) : json_null(), "exportable",
                     explanation->exportable == PC_WISH_YES, "key", "algorithm", explanation->key_algorithm, "bits",
                     number_or_null(explanation->key_bits != 0, explanation->key_bits), "spec",
                     number_or_null(request->has_key_spec, request->key_spec), "hash", pc_json_text(explanation->hash),
                     "request_type", pc_json_text(explanation->request_type), "key_usage",
                     pc_json_key_usage(request->has_key_usage, request->key_usage), "eku",
                     pc_json_texts(request->ekus, request->eku_count), "san", alt_names_to_json(request), "attributes",
                     attributes_to_json(request));
}

static json_t *directives_to_json(const pc_explanation *explanation)
{
    json_t *array = json_array();

    for (size_t i = 0; i < explanation->directive_count; i++) {
        const pc_directive *each = &explanation->directives[i];

        (void)json_array_append_new(array,
                                    json_pack("{s:i, s:o, s:o, s:o, s:s, s:o}", "line", (int)each->line, "section",
                                              pc_json_text(each->section), "key", pc_json_text(each->key), "value",
                                              pc_json_text(each->value), "effect", pc_effect_name(each->effect), "note",
                                              pc_json_text(each->note)));
    }
    return array;
}

json_t *pc_json_explanation(const pc_explanation *explanation)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "file", pc_json_text(explanation->inf->file), "encoding",
                     explanation->inf->encoding, "kind", pc_inf_kind_name(explanation->kind), "request",
                     request_to_json(explanation), "directives", directives_to_json(explanation), "findings",
                     pc_json_findings(&explanation->inf->findings));
}
