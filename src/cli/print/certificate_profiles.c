/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/certificate_profiles.h"

#include <string.h>

#include "base/duration.h"
#include "base/text.h"
#include "cli/print/output.h"

/* The names of the bits that are set, in their order. */
static const char *const taken_names[] = { "subject", "alt-names", "key-usage", "extended-key-usage", "path-length" };

static const struct {
    pc_alt_name_kind kind;
    const char *name;
} kind_names[] = {
    { PC_ALT_DNS, "dns" }, { PC_ALT_IP, "ip" },   { PC_ALT_EMAIL, "email" },
    { PC_ALT_UPN, "upn" }, { PC_ALT_URI, "uri" }, { PC_ALT_DIRECTORY, "directory" },
};

static const struct {
    const char *oid;
    const char *name;
} eku_names[] = {
    { PC_OID_SERVER_AUTH, "serverAuth" },           { PC_OID_CLIENT_AUTH, "clientAuth" },
    { "1.3.6.1.5.5.7.3.3", "codeSigning" },         { "1.3.6.1.5.5.7.3.4", "emailProtection" },
    { "1.3.6.1.5.5.7.3.8", "timeStamping" },        { "1.3.6.1.5.5.7.3.9", "OCSPSigning" },
    { "1.3.6.1.4.1.311.20.2.2", "smartcardLogon" },
};

static const char *eku_name(const char *oid)
{
    for (size_t i = 0; i < PC_COUNT(eku_names); i++) {
        if (strcmp(eku_names[i].oid, oid) == 0) {
            return eku_names[i].name;
        }
    }
    return oid;
}

static json_t *names_of_taken(unsigned taken)
{
    json_t *names = json_array();

    for (size_t i = 0; i < PC_COUNT(taken_names); i++) {
        if (taken & 1u << i) {
            (void)json_array_append_new(names, json_string(taken_names[i]));
        }
    }
    return names;
}

static json_t *names_of_kinds(unsigned kinds)
{
    json_t *names = json_array();

    for (size_t i = 0; i < PC_COUNT(kind_names); i++) {
        if (kinds & 1u << kind_names[i].kind) {
            (void)json_array_append_new(names, json_string(kind_names[i].name));
        }
    }
    return names;
}

static json_t *names_of_ekus(pc_text_list ekus)
{
    json_t *names = json_array();

    for (size_t i = 0; i < ekus.count; i++) {
        (void)json_array_append_new(names, pc_json_text(eku_name(ekus.items[i])));
    }
    return names;
}

static json_t *time_or_null(int64_t sec)
{
    char text[PC_TIME_TEXT];

    return sec && pc_text_time(sec, text) ? json_string(text) : json_null();
}

static json_t *profile_to_json(const pc_certificate_profile *profile)
{
    const pc_basic_constraints *constraints = &profile->basic_constraints;
    const pc_certificate_span *span = &profile->validity;
    json_t *json = json_object();

    (void)json_object_set_new(json, "name", pc_json_text(profile->name));
    (void)json_object_set_new(json, "title", pc_json_text(profile->title));
    (void)json_object_set_new(json, "source", pc_json_text(profile->source));
    (void)json_object_set_new(json, "file", pc_json_text(profile->file));
    (void)json_object_set_new(json, "role", json_string(pc_certificate_role_name(profile->role)));
    (void)json_object_set_new(json, "ca", json_boolean(constraints->is_ca));
    (void)json_object_set_new(json, "path_length",
                              constraints->has_path_length ? json_integer((json_int_t)constraints->path_length)
                                                           : json_null());
    (void)json_object_set_new(json, "key_usage", pc_json_key_usage(true, profile->key_usage));
    (void)json_object_set_new(json, "key_usage_rsa", pc_json_key_usage(true, profile->key_usage_rsa));
    (void)json_object_set_new(json, "extended_key_usage", names_of_ekus(profile->ekus));
    (void)json_object_set_new(json, "validity_seconds",
                              span->span_sec ? json_integer((json_int_t)span->span_sec) : json_null());
    (void)json_object_set_new(json, "not_before", time_or_null(span->not_before_sec));
    (void)json_object_set_new(json, "not_after", time_or_null(span->not_after_sec));
    (void)json_object_set_new(json, "alt_names", names_of_kinds(profile->alt_name_kinds));
    (void)json_object_set_new(json, "from_request", names_of_taken(profile->taken));
    (void)json_object_set_new(json, "crl_urls",
                              pc_json_texts(profile->places.crl_urls.items, profile->places.crl_urls.count));
    (void)json_object_set_new(json, "ocsp_urls",
                              pc_json_texts(profile->places.ocsp_urls.items, profile->places.ocsp_urls.count));
    (void)json_object_set_new(json, "issuer_urls",
                              pc_json_texts(profile->places.issuer_urls.items, profile->places.issuer_urls.count));
    (void)json_object_set_new(json, "digest",
                              profile->has_digest ? json_string(pc_digest_name(profile->digest)) : json_null());
    (void)json_object_set_new(json, "pss", json_boolean(profile->pss));
    (void)json_object_set_new(json, "excess", json_string(profile->excess == PC_EXCESS_REFUSE ? "refuse" : "reduce"));
    return json;
}

json_t *pc_certificate_profiles_to_json(const pc_certificate_profile *profiles, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, profile_to_json(&profiles[i]));
    }
    return json_pack("{s:o}", "profiles", list);
}

/* --- as text --- */

#define LABEL_WIDTH 18u

static void print_row(FILE *out, const char *label, const char *text)
{
    (void)fprintf(out, "    %-*s", (int)LABEL_WIDTH - 4, label);
    pc_print_after(out, LABEL_WIDTH, LABEL_WIDTH, text);
}

/* Names, joined by commas; "nothing" if there are none. Releases them. */
static void print_names(FILE *out, const char *label, json_t *names)
{
    char text[512] = "";
    size_t used = 0;
    size_t i = 0;
    json_t *each = NULL;

    json_array_foreach(names, i, each)
    {
        int len = snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", json_string_value(each));

        used += len > 0 && (size_t)len < sizeof text - used ? (size_t)len : 0;
    }
    print_row(out, label, used ? text : "nothing");
    json_decref(names);
}

static void print_authority(FILE *out, const pc_basic_constraints *constraints)
{
    char text[64] = "no";

    if (constraints->is_ca && constraints->has_path_length) {
        (void)snprintf(text, sizeof text, "yes, path length %u", constraints->path_length);
    } else if (constraints->is_ca) {
        (void)snprintf(text, sizeof text, "yes, any path length");
    }
    print_row(out, "CA:", text);
}

static void print_validity(FILE *out, const pc_certificate_span *span)
{
    char text[2 * PC_TIME_TEXT + 8];
    char from[PC_TIME_TEXT] = "?";
    char until[PC_TIME_TEXT] = "?";

    if (span->span_sec) {
        (void)snprintf(text, sizeof text, "%lld days", (long long)(span->span_sec / PC_SECONDS_PER_DAY));
    } else {
        (void)pc_text_time(span->not_before_sec, from);
        (void)pc_text_time(span->not_after_sec, until);
        (void)snprintf(text, sizeof text, "%s to %s", from, until);
    }
    print_row(out, "valid:", text);
}

static void print_places(FILE *out, const pc_certificate_places *places)
{
    const struct {
        const char *label;
        const pc_text_list *urls;
    } rows[] = { { "CRL:", &places->crl_urls }, { "OCSP:", &places->ocsp_urls }, { "issuer:", &places->issuer_urls } };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (rows[i].urls->count) {
            print_names(out, rows[i].label, pc_json_texts(rows[i].urls->items, rows[i].urls->count));
        }
    }
}

static void print_profile(FILE *out, const pc_certificate_profile *profile)
{
    pc_print_safe(out, profile->name);
    (void)fputs(": ", out);
    pc_print_safe(out, profile->title);
    (void)fputc('\n', out);
    print_authority(out, &profile->basic_constraints);
    print_names(out, "key usage:", pc_json_key_usage(true, profile->key_usage));
    if (profile->key_usage_rsa) {
        print_names(out, "  RSA also:", pc_json_key_usage(true, profile->key_usage_rsa));
    }
    print_names(out, "EKU:", names_of_ekus(profile->ekus));
    print_names(out, "names:", names_of_kinds(profile->alt_name_kinds));
    print_validity(out, &profile->validity);
    print_places(out, &profile->places);
    print_names(out, "from request:", names_of_taken(profile->taken));
    print_row(out, "surplus:", profile->excess == PC_EXCESS_REFUSE ? "refused" : "left out, and reported");
    print_row(out, "source:", profile->source);
}

void pc_certificate_profiles_print(FILE *out, const pc_certificate_profile *profiles, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i ? "\n" : "", out);
        print_profile(out, &profiles[i]);
    }
}
