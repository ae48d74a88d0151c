/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a profile from the texts of a file, starting from the profile that it is based on. */
#include <string.h>

#include "app/profile/profile.h"
#include "app/profile/yaml.h"
#include "base/duration.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/result.h"
#include "base/text.h"
#include "inf/alt_name.h"
#include "inf/x500.h"

/** A file being read. */
typedef struct {
    pc_yaml_source source;
    const pc_yaml_certificate_profile *yaml;
    pc_certificate_profile *profile;
    pc_error *err;
} reading;

/** A word in a file, and the bit or value that it represents. */
typedef struct {
    const char *word;
    unsigned bit;
} named_bit;

/** Texts in a file, with the key to which they belong. */
typedef struct {
    const char *key;
    const char *const *items;
    unsigned count;
} given_texts;

static const named_bit usages[] = {
    { "digitalSignature", PC_KU_DIGITAL_SIGNATURE },
    { "nonRepudiation", PC_KU_NON_REPUDIATION },
    { "keyEncipherment", PC_KU_KEY_ENCIPHERMENT },
    { "dataEncipherment", PC_KU_DATA_ENCIPHERMENT },
    { "keyAgreement", PC_KU_KEY_AGREEMENT },
    { "keyCertSign", PC_KU_KEY_CERT_SIGN },
    { "cRLSign", PC_KU_CRL_SIGN },
    { "encipherOnly", PC_KU_ENCIPHER_ONLY },
    { "decipherOnly", PC_KU_DECIPHER_ONLY },
};

static const named_bit takes[] = {
    { "subject", PC_TAKE_SUBJECT },        { "alt-names", PC_TAKE_ALT_NAMES },     { "key-usage", PC_TAKE_KEY_USAGE },
    { "extended-key-usage", PC_TAKE_EKU }, { "path-length", PC_TAKE_PATH_LENGTH }, { "nothing", 0 },
};

static const named_bit alt_name_kinds[] = {
    { "dns", PC_ALT_DNS }, { "ip", PC_ALT_IP },   { "email", PC_ALT_EMAIL },
    { "upn", PC_ALT_UPN }, { "uri", PC_ALT_URI }, { "directory", PC_ALT_DIRECTORY },
};

static const struct {
    const char *word;
    const char *oid;
} eku_names[] = {
    { "serverAuth", PC_OID_SERVER_AUTH },           { "clientAuth", PC_OID_CLIENT_AUTH },
    { "codeSigning", "1.3.6.1.5.5.7.3.3" },         { "emailProtection", "1.3.6.1.5.5.7.3.4" },
    { "timeStamping", PC_OID_TIME_STAMPING },       { "OCSPSigning", PC_OID_OCSP_SIGNING },
    { "smartcardLogon", "1.3.6.1.4.1.311.20.2.2" },
};

#define WORDS_OF(table) (table), PC_COUNT(table)

static const char *place(const reading *in, const char *value)
{
    return pc_yaml_place(&in->source, value, in->profile->arena);
}

static pc_status copy_text(const reading *in, const char *text, const char **ret_text)
{
    const char *copy = pc_arena_string(in->profile->arena, text);

    if (!copy) {
        return pc_fail_memory(in->err);
    }
    *ret_text = copy;
    return PC_OK;
}

static pc_status unknown_word(const reading *in, const char *key, const char *word, const char *nearest)
{
    (void)pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is not known under %s", place(in, word), word, key);
    return nearest ? pc_hint(in->err, PC_E_INPUT, "did you mean %s?", nearest)
                   : pc_hint(in->err, PC_E_INPUT, "%s", in->source.hint);
}

static pc_status find_bit(const reading *in, const named_bit *table, size_t count, given_texts given, unsigned *ret_bit)
{
    pc_nearest nearest = pc_nearest_to(given.items[0]);

    for (size_t i = 0; i < count; i++) {
        if (pc_text_equal(table[i].word, given.items[0])) {
            *ret_bit = table[i].bit;
            return PC_OK;
        }
        pc_nearest_offer(&nearest, table[i].word);
    }
    return unknown_word(in, given.key, given.items[0], nearest.best);
}

/* All words of a list as one set of bits. */
static pc_status take_bits(const reading *in, const named_bit *table, size_t count, given_texts given,
                           unsigned *ret_bits)
{
    unsigned bits = 0;

    if (!given.items) {
        return PC_OK;
    }
    for (unsigned i = 0; i < given.count; i++) {
        unsigned bit = 0;

        PC_TRY(find_bit(in, table, count, (given_texts){ given.key, &given.items[i], 1 }, &bit));
        bits |= bit;
    }
    *ret_bits = bits;
    return PC_OK;
}

static pc_status take_alt_names(const reading *in)
{
    const given_texts given = { "alt-names", in->yaml->alt_names, in->yaml->alt_names_count };

    if (!given.items) {
        return PC_OK;
    }
    in->profile->alt_name_kinds = 0;
    for (unsigned i = 0; i < given.count; i++) {
        unsigned kind = 0;

        PC_TRY(find_bit(in, WORDS_OF(alt_name_kinds), (given_texts){ given.key, &given.items[i], 1 }, &kind));
        in->profile->alt_name_kinds |= 1u << kind;
    }
    return PC_OK;
}

static pc_status find_eku(const reading *in, const char *word, const char **ret_oid)
{
    pc_nearest nearest = pc_nearest_to(word);

    if (pc_text_is_oid(word)) {
        return copy_text(in, word, ret_oid);
    }
    for (size_t i = 0; i < PC_COUNT(eku_names); i++) {
        if (pc_text_equal(eku_names[i].word, word)) {
            *ret_oid = eku_names[i].oid;
            return PC_OK;
        }
        pc_nearest_offer(&nearest, eku_names[i].word);
    }
    return unknown_word(in, "extended-key-usage", word, nearest.best);
}

static pc_status take_ekus(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    const char **oids = pc_arena_alloc(in->profile->arena, ((size_t)yaml->ekus_count + 1) * sizeof *oids);

    if (!oids) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < yaml->ekus_count; i++) {
        PC_TRY(find_eku(in, yaml->ekus[i], &oids[i]));
    }
    if (yaml->ekus) {
        in->profile->ekus = (pc_text_list){ oids, yaml->ekus_count };
    }
    if (yaml->eku_critical) {
        in->profile->eku_critical = *yaml->eku_critical;
    }
    return PC_OK;
}

/* http, https, ldap or ldaps: relying parties do not use others (RFC 5280 section 4.2.1.13). */
static pc_status check_url(const reading *in, const char *key, const char *url)
{
    static const char *const schemes[] = { "http://", "https://", "ldap://", "ldaps://" };
    pc_alt_name name;
    pc_status status = pc_alt_name_read(in->profile->arena, PC_ALT_URI, url, &name, in->err);
    bool is_known = false;

    if (status != PC_OK) {
        return pc_note(in->err, status, "%s: %s cannot be used", place(in, url), key);
    }
    for (size_t i = 0; i < PC_COUNT(schemes); i++) {
        is_known = is_known || pc_text_starts(url, schemes[i]);
    }
    return is_known ? PC_OK
                    : pc_fail(in->err, PC_E_INPUT, "%s: %s takes http, https and ldap URLs, not \"%s\"", place(in, url),
                              key, url);
}

static pc_status copy_urls(const reading *in, given_texts given, const char ***ret_urls)
{
    const char **urls = pc_arena_alloc(in->profile->arena, ((size_t)given.count + 1) * sizeof *urls);

    if (!urls) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < given.count; i++) {
        PC_TRY(check_url(in, given.key, given.items[i]));
        PC_TRY(copy_text(in, given.items[i], &urls[i]));
    }
    *ret_urls = urls;
    return PC_OK;
}

static pc_status take_urls(const reading *in, given_texts given, pc_text_list *list)
{
    const char **urls = NULL;

    if (!given.items) {
        return PC_OK;
    }
    PC_TRY(copy_urls(in, given, &urls));
    *list = (pc_text_list){ urls, given.count };
    return PC_OK;
}

static pc_status take_all_urls(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_certificate_profile *profile = in->profile;

    PC_TRY(take_urls(in, (given_texts){ "crl-urls", yaml->crl_urls, yaml->crl_urls_count }, &profile->places.crl_urls));
    PC_TRY(take_urls(in, (given_texts){ "ocsp-urls", yaml->ocsp_urls, yaml->ocsp_urls_count },
                     &profile->places.ocsp_urls));
    return take_urls(in, (given_texts){ "issuer-urls", yaml->issuer_urls, yaml->issuer_urls_count },
                     &profile->places.issuer_urls);
}

static pc_status take_policy(const reading *in, const pc_yaml_certificate_policy *yaml, pc_policy_statement *policy)
{
    if (!pc_text_is_oid(yaml->oid)) {
        return pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is not an object identifier", place(in, yaml->oid), yaml->oid);
    }
    PC_TRY(copy_text(in, yaml->oid, &policy->oid));
    PC_TRY(copy_urls(in, (given_texts){ "cps", yaml->cps, yaml->cps_count }, &policy->urls));
    policy->url_count = yaml->cps_count;
    policy->notices = pc_arena_alloc(in->profile->arena, ((size_t)yaml->notices_count + 1) * sizeof *policy->notices);
    policy->notice_count = yaml->notices_count;
    if (!policy->notices) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < yaml->notices_count; i++) {
        PC_TRY(copy_text(in, yaml->notices[i], &policy->notices[i]));
    }
    return PC_OK;
}

static pc_status take_policies(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_policy_statement *items = pc_arena_alloc(in->profile->arena, ((size_t)yaml->policies_count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < yaml->policies_count; i++) {
        PC_TRY(take_policy(in, &yaml->policies[i], &items[i]));
    }
    if (yaml->policies) {
        in->profile->policies = (pc_policy_statements){ .items = items, .count = yaml->policies_count };
    }
    return PC_OK;
}

/* "dns:example.com": RFC 5280 section 4.2.1.10 defines a form for each kind, which the encoder checks. */
static pc_status take_constraint(const reading *in, const char *text, pc_alt_name *name)
{
    const char *colon = strchr(text, ':');
    const char *word = colon ? pc_arena_text(in->profile->arena, text, (size_t)(colon - text)) : text;
    unsigned kind = 0;

    if (!word) {
        return pc_fail_memory(in->err);
    }
    PC_TRY(find_bit(in, WORDS_OF(alt_name_kinds), (given_texts){ "name-constraints", &word, 1 }, &kind));
    if (!colon || !colon[1]) {
        return pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is a kind without a name; write %s:NAME", place(in, text), text,
                       word);
    }
    name->kind = (pc_alt_name_kind)kind;
    PC_TRY(copy_text(in, colon + 1, &name->text));
    return name->kind == PC_ALT_DIRECTORY
               ? pc_x500_parse(in->profile->arena, name->text, &pc_x500_default, &name->directory, in->err)
               : PC_OK;
}

static pc_status take_subtrees(const reading *in, given_texts given, pc_alt_name **ret_names, size_t *ret_count)
{
    pc_alt_name *names = pc_arena_alloc(in->profile->arena, ((size_t)given.count + 1) * sizeof *names);

    if (!names) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < given.count; i++) {
        PC_TRY(take_constraint(in, given.items[i], &names[i]));
    }
    *ret_names = names;
    *ret_count = given.count;
    return PC_OK;
}

static pc_status take_name_constraints(const reading *in)
{
    const pc_yaml_name_constraints *yaml = in->yaml->name_constraints;
    pc_name_constraints *constraints = &in->profile->name_constraints;

    if (!yaml) {
        return PC_OK;
    }
    if (!in->profile->basic_constraints.is_ca) {
        return pc_fail(in->err, PC_E_INPUT, "%s: only a CA certificate has name constraints",
                       place(in, "name-constraints"));
    }
    PC_TRY(take_subtrees(in, (given_texts){ "permitted", yaml->permitted, yaml->permitted_count },
                         &constraints->permitted, &constraints->permitted_count));
    PC_TRY(take_subtrees(in, (given_texts){ "excluded", yaml->excluded, yaml->excluded_count }, &constraints->excluded,
                         &constraints->excluded_count));
    constraints->present = constraints->critical = true; /* RFC 5280 section 4.2.1.10 */
    return PC_OK;
}

static pc_status take_path_length(const reading *in)
{
    const char *text = in->yaml->path_length;
    pc_basic_constraints *constraints = &in->profile->basic_constraints;
    unsigned long length = 0;

    if (!text) {
        return PC_OK;
    }
    if (!constraints->is_ca) {
        return pc_fail(in->err, PC_E_INPUT, "%s: only a CA certificate has a path length", place(in, "path-length"));
    }
    constraints->has_path_length = !pc_text_equal(text, "none");
    if (constraints->has_path_length && !pc_text_to_number(text, 255, &length)) {
        return pc_fail(in->err, PC_E_INPUT, "%s: the path length \"%s\" is neither a number from 0 to 255 nor none",
                       place(in, "path-length"), text);
    }
    constraints->path_length = (unsigned)length;
    return PC_OK;
}

static pc_status read_time(const reading *in, const char *text, int64_t *ret_sec)
{
    if (pc_text_to_time(text, ret_sec)) {
        return PC_OK;
    }
    return pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is not a time such as 2027-01-31T12:00:00Z or 2027-01-31",
                   place(in, text), text);
}

static pc_status take_span(const reading *in, const char *text)
{
    pc_duration duration = { .number = 0 };

    if (!pc_duration_parse(text, &duration) || !duration.unit_sec || !duration.number) {
        return pc_fail(in->err, PC_E_INPUT, "%s: the validity \"%s\" is not a duration such as 90d or 10y",
                       place(in, text), text);
    }
    in->profile->validity = (pc_certificate_span){ .span_sec = duration.number * duration.unit_sec };
    return PC_OK;
}

static pc_status take_validity(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_certificate_span span = { .span_sec = 0 };

    if (yaml->validity && (yaml->not_before || yaml->not_after)) {
        return pc_fail(in->err, PC_E_INPUT, "%s: validity and absolute dates exclude each other",
                       place(in, "validity"));
    }
    if (yaml->validity) {
        return take_span(in, yaml->validity);
    }
    if (!yaml->not_before && !yaml->not_after) {
        return PC_OK;
    }
    if (!yaml->not_before || !yaml->not_after) {
        return pc_fail(in->err, PC_E_INPUT, "\"%s\": not-before and not-after must be given together", in->source.file);
    }
    PC_TRY(read_time(in, yaml->not_before, &span.not_before_sec));
    PC_TRY(read_time(in, yaml->not_after, &span.not_after_sec));
    if (span.not_after_sec <= span.not_before_sec) {
        return pc_fail(in->err, PC_E_INPUT, "%s: not-after is not later than not-before", place(in, "not-after"));
    }
    in->profile->validity = span;
    return PC_OK;
}

static pc_status take_names(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_certificate_profile *profile = in->profile;

    if (pc_certificate_profile_find(yaml->name)) {
        return pc_fail(in->err, PC_E_INPUT,
                       "%s: \"%s\" is the name of a built-in profile; give the profile another name",
                       place(in, yaml->name), yaml->name);
    }
    PC_TRY(copy_text(in, yaml->name, &profile->name));
    PC_TRY(copy_text(in, in->source.file, &profile->file));
    if (yaml->title) {
        PC_TRY(copy_text(in, yaml->title, &profile->title));
    }
    if (yaml->source) {
        PC_TRY(copy_text(in, yaml->source, &profile->source));
    }
    return yaml->subject ? pc_x500_parse(profile->arena, yaml->subject, &pc_x500_default, &profile->subject, in->err)
                         : PC_OK;
}

static pc_status take_usage(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_certificate_profile *profile = in->profile;

    if (yaml->key_usage) {
        profile->key_usage_rsa = 0;
    }
    PC_TRY(take_bits(in, WORDS_OF(usages), (given_texts){ "key-usage", yaml->key_usage, yaml->key_usage_count },
                     &profile->key_usage));
    PC_TRY(take_bits(in, WORDS_OF(takes), (given_texts){ "from-request", yaml->taken, yaml->taken_count },
                     &profile->taken));
    PC_TRY(take_ekus(in));
    return take_alt_names(in);
}

static pc_status take_rest(const reading *in)
{
    const pc_yaml_certificate_profile *yaml = in->yaml;
    pc_certificate_profile *profile = in->profile;

    profile->has_digest = yaml->digest != NULL;
    profile->digest = yaml->digest ? *yaml->digest : profile->digest;
    profile->pss = yaml->pss && *yaml->pss;
    profile->excess = yaml->excess ? *yaml->excess : profile->excess;
    if (profile->subject.count == 0 && !(profile->taken & PC_TAKE_SUBJECT)) {
        return pc_fail(in->err, PC_E_INPUT, "\"%s\": the subject is neither given nor taken from the request",
                       in->source.file);
    }
    return PC_OK;
}

static pc_status find_base(const reading *in, const pc_certificate_profile **ret_base)
{
    const char *name = in->yaml->base;
    const pc_certificate_profile *base = pc_certificate_profile_find(name);

    if (!base) {
        return pc_note(in->err, pc_certificate_profile_not_found(name, PC_E_INPUT, in->err),
                       "%s: \"base\" names a built-in profile", place(in, name));
    }
    *ret_base = base;
    return PC_OK;
}

static pc_status take_all(const reading *in)
{
    const pc_certificate_profile *base = NULL;
    struct pc_arena *arena = in->profile->arena;

    PC_TRY(find_base(in, &base));
    *in->profile = *base;
    in->profile->arena = arena;
    PC_TRY(take_names(in));
    PC_TRY(take_usage(in));
    PC_TRY(take_path_length(in));
    PC_TRY(take_validity(in));
    PC_TRY(take_all_urls(in));
    PC_TRY(take_policies(in));
    PC_TRY(take_name_constraints(in));
    return take_rest(in);
}

pc_status pc_certificate_profile_read(pc_bytes bytes, const char *file, pc_certificate_profile **ret_profile,
                                      pc_error *err)
{
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = PC_RESULT_NEW(pc_certificate_profile);
    PC_AUTO(pc_yaml_certificate_profile) pc_yaml_certificate_profile *yaml = NULL;
    reading in = { .source = pc_yaml_certificate_profile_source(bytes, file), .profile = profile, .err = err };

    if (!profile) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_yaml_certificate_profile_load(&in.source, &yaml, err));
    in.yaml = yaml;
    PC_TRY(take_all(&in));
    *ret_profile = PC_TAKE(profile);
    return PC_OK;
}

static pc_status copy_built_in(const pc_certificate_profile *built_in, pc_certificate_profile **ret_profile,
                               pc_error *err)
{
    pc_certificate_profile *profile = PC_RESULT_NEW(pc_certificate_profile);

    if (!profile) {
        return pc_fail_memory(err);
    }
    struct pc_arena *arena = profile->arena;

    *profile = *built_in;
    profile->arena = arena;
    *ret_profile = profile;
    return PC_OK;
}

pc_status pc_certificate_profile_open(const char *name_or_file, pc_certificate_profile **ret_profile, pc_error *err)
{
    const pc_certificate_profile *built_in = pc_certificate_profile_find(name_or_file);
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };
    bool is_file = false;

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (built_in) {
        return copy_built_in(built_in, ret_profile, err);
    }
    PC_TRY(pc_path_exists(name_or_file, &is_file, err));
    if (!is_file) {
        return pc_certificate_profile_not_found(name_or_file, PC_E_USAGE, err);
    }
    PC_TRY(pc_file_read(arena, name_or_file, PC_CERTIFICATE_PROFILE_MAX_SIZE, &bytes, err));
    PC_TRY(pc_encoding_resolve_mark(arena, name_or_file, &bytes, err));
    return pc_certificate_profile_read(bytes, name_or_file, ret_profile, err);
}

void pc_certificate_profile_free(pc_certificate_profile *profile)
{
    pc_arena_free(profile ? profile->arena : NULL);
}
