/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profiles/yaml.h"

#include <cyaml/cyaml.h>

#include "base/yaml.h"

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

pc_yaml_source pc_yaml_profile_source(pc_bytes bytes, const char *file)
{
    return (pc_yaml_source){
        .bytes = bytes,
        .file = file,
        .what = "a profile",
        .hint = "p11cert-policy(7), \"Your own profile\", shows the format",
        .max_size = PC_PROFILE_MAX_SIZE,
        .schema = &profile_schema,
    };
}

pc_status pc_yaml_profile_load(const pc_yaml_source *source, pc_yaml_profile **ret_profile, pc_error *err)
{
    void *data = NULL;

    PC_TRY(pc_yaml_load(source, &data, err));
    *ret_profile = data;
    return PC_OK;
}

void pc_yaml_profile_free(pc_yaml_profile *profile)
{
    pc_yaml_free(&profile_schema, profile);
}
