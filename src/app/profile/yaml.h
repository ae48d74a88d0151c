/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PROFILE_YAML_H
#define PC_APP_PROFILE_YAML_H

#include <p11cert/certificate_profile.h>

#include "base/yaml.h"

/** The contents of a certificate profile's file, as libcyaml reads it; nothing is validated yet. NULL: not there. */
typedef struct {
    const char *oid;
    const char **cps;
    unsigned cps_count;
    const char **notices;
    unsigned notices_count;
} pc_yaml_certificate_policy;

typedef struct {
    const char **permitted;
    unsigned permitted_count;
    const char **excluded;
    unsigned excluded_count;
} pc_yaml_name_constraints;

typedef struct {
    const char *name;
    const char *base;
    const char *title;
    const char *source;
    const char *subject;
    const char **key_usage;
    unsigned key_usage_count;
    const char **ekus;
    unsigned ekus_count;
    bool *eku_critical;
    const char *path_length;
    const char *validity;
    const char *not_before;
    const char *not_after;
    const char **crl_urls;
    unsigned crl_urls_count;
    const char **ocsp_urls;
    unsigned ocsp_urls_count;
    const char **issuer_urls;
    unsigned issuer_urls_count;
    pc_yaml_certificate_policy *policies;
    unsigned policies_count;
    pc_yaml_name_constraints *name_constraints;
    pc_digest *digest;
    bool *pss;
    const char **taken;
    unsigned taken_count;
    const char **alt_names;
    unsigned alt_names_count;
    pc_excess *excess;
} pc_yaml_certificate_profile;

/** A certificate profile's file, to be loaded; borrows both. */
pc_yaml_source pc_yaml_certificate_profile_source(pc_bytes bytes, const char *file);

/** @return PC_OK, then freed with pc_yaml_certificate_profile_free; as pc_yaml_load. */
PC_MUST_CHECK pc_status pc_yaml_certificate_profile_load(const pc_yaml_source *source,
                                                         pc_yaml_certificate_profile **ret_profile, pc_error *err);
void pc_yaml_certificate_profile_free(pc_yaml_certificate_profile *profile);

PC_AUTO_DEFINE(pc_yaml_certificate_profile, pc_yaml_certificate_profile, pc_yaml_certificate_profile_free);

#endif
