/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profiles/yaml.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define MOST_RULES 200
#define MOST_NAMES 20
#define NAME_LEN   64
#define TEXT_LEN   2000

static const cyaml_strval_t severities[] = {
    { "error", PC_YAML_ERROR },
    { "warning", PC_YAML_WARNING },
    { "info", PC_YAML_INFO },
    { "off", PC_YAML_OFF },
};

static const cyaml_schema_value_t algorithm_name = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, const char *, 1,
                                                                        NAME_LEN) };

#define NUMBER(key, member) CYAML_FIELD_UINT_PTR(key, CYAML_FLAG_OPTIONAL, pc_yaml_parameters, member)
#define NAMES(key, member) \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, pc_yaml_parameters, member, &algorithm_name, \
                         1, MOST_NAMES)
#define TEXT(key, flags, type, member, most) \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, most)

static const cyaml_schema_field_t parameter_fields[] = {
    NUMBER("minimum-rsa-bits", minimum_rsa_bits), NUMBER("minimum-ec-bits", minimum_ec_bits),
    NUMBER("minimum-exponent", minimum_exponent), NUMBER("expiry-days", expiry_days),
    NUMBER("maximum-days", maximum_days),         NAMES("allowed-algorithms", allowed),
    NAMES("forbidden-algorithms", forbidden),     CYAML_FIELD_END
};

static const cyaml_schema_field_t rule_fields[] = {
    TEXT("id", CYAML_FLAG_DEFAULT, pc_yaml_rule, id, NAME_LEN),
    CYAML_FIELD_ENUM_PTR("severity", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, pc_yaml_rule, severity, severities,
                         PC_COUNT(severities)),
    TEXT("requirement", CYAML_FLAG_OPTIONAL, pc_yaml_rule, requirement, TEXT_LEN),
    CYAML_FIELD_MAPPING_PTR("parameters", CYAML_FLAG_OPTIONAL, pc_yaml_rule, parameters, parameter_fields),
    CYAML_FIELD_END
};

static const cyaml_schema_field_t waiver_fields[] = {
    TEXT("rule", CYAML_FLAG_DEFAULT, pc_yaml_waiver, rule, NAME_LEN),
    TEXT("reason", CYAML_FLAG_DEFAULT, pc_yaml_waiver, reason, TEXT_LEN),
    TEXT("until", CYAML_FLAG_OPTIONAL, pc_yaml_waiver, until, NAME_LEN), CYAML_FIELD_END
};

static const cyaml_schema_value_t rule_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, pc_yaml_rule, rule_fields) };
static const cyaml_schema_value_t waiver_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, pc_yaml_waiver,
                                                                       waiver_fields) };

static const cyaml_schema_field_t profile_fields[] = {
    TEXT("name", CYAML_FLAG_DEFAULT, pc_yaml_profile, name, NAME_LEN),
    TEXT("title", CYAML_FLAG_OPTIONAL, pc_yaml_profile, title, TEXT_LEN),
    TEXT("base", CYAML_FLAG_OPTIONAL, pc_yaml_profile, base, NAME_LEN),
    CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, pc_yaml_profile, rules, &rule_entry, 0,
                         MOST_RULES),
    CYAML_FIELD_SEQUENCE("waivers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, pc_yaml_profile, waivers, &waiver_entry,
                         0, MOST_RULES),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t profile_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, pc_yaml_profile,
                                                                         profile_fields) };

/** The first complaint and the innermost place that libcyaml tells of. */
typedef struct {
    char what[160];
    size_t line; /* 0: unknown */
} complaint;

static size_t read_number(const char *digits)
{
    size_t number = 0;

    for (; *digits >= '0' && *digits <= '9' && number < 1000000; digits++) {
        number = number * 10 + (size_t)(*digits - '0');
    }
    return number;
}

/* "Load: Unexpected key: x", then "Load: Backtrace:" and "  in mapping field 'y' (line: 3, column: "
                                                          "5)", innermost first. */
PC_PRINTF(3, 0)
static void listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
    complaint *heard = context;
    char text[320];
    const char *line = NULL;

    if (level < CYAML_LOG_ERROR || vsnprintf(text, sizeof text, format, args) < 0) {
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    line = strstr(text, "(line: ");
    if (line) {
        heard->line = heard->line ? heard->line : read_number(line + strlen("(line: "));
    } else if (!*heard->what && !strstr(text, "Backtrace:")) {
        const char *words = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;

        (void)snprintf(heard->what, sizeof heard->what, "%.150s", words);
    }
}

static cyaml_config_t config_for(complaint *heard)
{
    return (cyaml_config_t){
        .log_fn = heard ? listen : NULL,
        .log_ctx = heard,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

/* libcyaml reads the first document and takes no notice of others. */
static size_t line_of_second_document(pc_bytes bytes)
{
    size_t line = 1;
    bool has_content = false;
    bool at_start = true;

    for (size_t i = 0; i < bytes.len; i++) {
        bool is_marker = at_start && bytes.len - i >= 3 && memcmp(bytes.data + i, "---", 3) == 0;

        if (is_marker && has_content) {
            return line;
        }
        has_content = has_content || is_marker ||
                      (at_start && bytes.data[i] != '#' && bytes.data[i] != '\n' && bytes.data[i] != '%');
        at_start = bytes.data[i] == '\n';
        line += at_start;
    }
    return 0;
}

static const struct {
    cyaml_err_t code;
    const char *sentence;
} sentences[] = {
    { CYAML_ERR_ALIAS, "YAML aliases are not accepted" },
    { CYAML_ERR_INVALID_KEY, "this key is unknown" },
    { CYAML_ERR_INVALID_VALUE, "this value is not valid here" },
    { CYAML_ERR_UNEXPECTED_EVENT, "this is not allowed here" },
    { CYAML_ERR_STRING_LENGTH_MIN, "this text is too short" },
    { CYAML_ERR_STRING_LENGTH_MAX, "this text is too long" },
    { CYAML_ERR_SEQUENCE_ENTRIES_MIN, "this list has too few entries" },
    { CYAML_ERR_SEQUENCE_ENTRIES_MAX, "this list has too many entries" },
    { CYAML_ERR_MAPPING_FIELD_MISSING, "a required key is missing" },
    { CYAML_ERR_LIBYAML_PARSER, "this is not valid YAML" },
};

static const char *sentence_of(cyaml_err_t code)
{
    for (size_t i = 0; i < PC_COUNT(sentences); i++) {
        if (sentences[i].code == code) {
            return sentences[i].sentence;
        }
    }
    return "this cannot be read";
}

/* libcyaml words its complaints differently from version to version, so they are only quoted. */
static pc_status damaged(const char *file, const complaint *heard, cyaml_err_t code, pc_error *err)
{
    const char *reason = *heard->what ? heard->what : cyaml_strerror(code);

    if (code == CYAML_ERR_OOM) {
        return pc_fail_memory(err);
    }
    if (heard->line) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\", near line %zu: %s (libcyaml: %s)", file, heard->line, sentence_of(code),
                      reason);
    } else {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\": %s (libcyaml: %s)", file, sentence_of(code), reason);
    }
    return pc_hint(err, PC_E_INPUT, "docs/policy-rules.md, \"A profile of your own\", shows the form");
}

pc_status pc_yaml_profile_load(pc_bytes bytes, const char *file, pc_yaml_profile **ret_profile, pc_error *err)
{
    complaint heard = { .line = 0 };
    const cyaml_config_t config = config_for(&heard);
    cyaml_data_t *data = NULL;
    size_t second = line_of_second_document(bytes);

    if (second) {
        return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: a second document begins; a profile is a single document",
                       file, second);
    }
    cyaml_err_t code = cyaml_load_data(bytes.data, bytes.len, &config, &profile_schema, &data, NULL);

    if (code != CYAML_OK) {
        return damaged(file, &heard, code, err);
    }
    if (!data) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is empty; a profile needs at least a name", file);
    }
    *ret_profile = data;
    return PC_OK;
}

void pc_yaml_profile_free(pc_yaml_profile *profile)
{
    const cyaml_config_t config = config_for(NULL);

    (void)cyaml_free(&config, &profile_schema, profile, 0);
}
