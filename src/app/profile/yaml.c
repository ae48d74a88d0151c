/* SPDX-License-Identifier: Apache-2.0 */
#include "app/profile/yaml.h"

#include <cyaml/cyaml.h>

#include "app/profile/profile.h"

#define MOST_NAMES 200
#define NAME_LEN   64
#define TEXT_LEN   2000

static const cyaml_strval_t digests[] = {
    { "sha256", PC_DIGEST_SHA256 },
    { "sha384", PC_DIGEST_SHA384 },
    { "sha512", PC_DIGEST_SHA512 },
};

static const cyaml_strval_t excesses[] = {
    { "reduce", PC_EXCESS_REDUCE },
    { "refuse", PC_EXCESS_REFUSE },
};

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, const char *, 1, TEXT_LEN) };

#define OPTIONAL_TEXT(key, type, member, most) \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, most)
#define REQUIRED_TEXT(key, type, member, most) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, most)
#define TEXTS(key, type, member) \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, &text_entry, 1, MOST_NAMES)
#define FLAG(key, member) CYAML_FIELD_BOOL_PTR(key, CYAML_FLAG_OPTIONAL, pc_yaml_certificate_profile, member)
#define ENUM(key, member, values) \
    CYAML_FIELD_ENUM_PTR(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, pc_yaml_certificate_profile, member, values, \
                         PC_COUNT(values))

static const cyaml_schema_field_t policy_fields[] = { REQUIRED_TEXT("oid", pc_yaml_certificate_policy, oid, NAME_LEN),
                                                      TEXTS("cps", pc_yaml_certificate_policy, cps),
                                                      TEXTS("notices", pc_yaml_certificate_policy, notices),
                                                      CYAML_FIELD_END };

static const cyaml_schema_value_t policy_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, pc_yaml_certificate_policy,
                                                                       policy_fields) };

static const cyaml_schema_field_t constraint_fields[] = { TEXTS("permitted", pc_yaml_name_constraints, permitted),
                                                          TEXTS("excluded", pc_yaml_name_constraints, excluded),
                                                          CYAML_FIELD_END };

#define OWN pc_yaml_certificate_profile

static const cyaml_schema_field_t profile_fields[] = {
    REQUIRED_TEXT("name", OWN, name, NAME_LEN),
    REQUIRED_TEXT("base", OWN, base, NAME_LEN),
    OPTIONAL_TEXT("title", OWN, title, TEXT_LEN),
    OPTIONAL_TEXT("source", OWN, source, TEXT_LEN),
    OPTIONAL_TEXT("subject", OWN, subject, TEXT_LEN),
    TEXTS("key-usage", OWN, key_usage),
    TEXTS("extended-key-usage", OWN, ekus),
    FLAG("extended-key-usage-critical", eku_critical),
    OPTIONAL_TEXT("path-length", OWN, path_length, NAME_LEN),
    OPTIONAL_TEXT("validity", OWN, validity, NAME_LEN),
    OPTIONAL_TEXT("not-before", OWN, not_before, NAME_LEN),
    OPTIONAL_TEXT("not-after", OWN, not_after, NAME_LEN),
    TEXTS("crl-urls", OWN, crl_urls),
    TEXTS("ocsp-urls", OWN, ocsp_urls),
    TEXTS("issuer-urls", OWN, issuer_urls),
    CYAML_FIELD_SEQUENCE("policies", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, OWN, policies, &policy_entry, 1,
                         MOST_NAMES),
    CYAML_FIELD_MAPPING_PTR("name-constraints", CYAML_FLAG_OPTIONAL, OWN, name_constraints, constraint_fields),
    ENUM("digest", digest, digests),
    FLAG("pss", pss),
    TEXTS("from-request", OWN, taken),
    TEXTS("alt-names", OWN, alt_names),
    ENUM("excess", excess, excesses),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t profile_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, OWN, profile_fields) };

pc_yaml_source pc_yaml_certificate_profile_source(pc_bytes bytes, const char *file)
{
    return (pc_yaml_source){
        .bytes = bytes,
        .file = file,
        .what = "a certificate profile",
        .hint = "p11cert-ca(7), \"Your own profile\", shows the format",
        .max_size = PC_CERTIFICATE_PROFILE_MAX_SIZE,
        .schema = &profile_schema,
    };
}

pc_status pc_yaml_certificate_profile_load(const pc_yaml_source *source, pc_yaml_certificate_profile **ret_profile,
                                           pc_error *err)
{
    void *data = NULL;

    PC_TRY(pc_yaml_load(source, &data, err));
    *ret_profile = data;
    return PC_OK;
}

void pc_yaml_certificate_profile_free(pc_yaml_certificate_profile *profile)
{
    pc_yaml_free(&profile_schema, profile);
}
