/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROFILE_YAML_H
#define PC_POLICY_PROFILE_YAML_H

#include <stdint.h>

#include "base/yaml.h"
#include "policy/profile.h"

#define PC_PROFILE_MAX_SIZE ((size_t)64 * 1024) /**< bytes */

/** The contents of a profile's file, as libcyaml reads it; nothing is validated yet. NULL: not there. */
typedef struct {
    unsigned *minimum_rsa_bits;
    unsigned *minimum_ec_bits;
    unsigned *minimum_exponent;
    unsigned *expiry_days;
    unsigned *maximum_days;
    const char **allowed;
    unsigned allowed_count;
    const char **forbidden;
    unsigned forbidden_count;
} pc_yaml_parameters;

typedef enum {
    PC_YAML_ERROR,
    PC_YAML_WARNING,
    PC_YAML_INFO,
    PC_YAML_OFF,
} pc_yaml_severity;

typedef struct {
    const char *id;
    pc_yaml_severity *severity;
    const char *requirement;
    pc_yaml_parameters *parameters;
} pc_yaml_rule;

typedef struct {
    const char *rule;
    const char *reason;
    const char *until;
} pc_yaml_waiver;

typedef struct {
    const char *name;
    const char *title;
    const char *base;
    pc_yaml_rule *rules;
    unsigned rules_count;
    pc_yaml_waiver *waivers;
    unsigned waivers_count;
} pc_yaml_profile;

/** A profile's file, to be loaded; borrows both. */
pc_yaml_source pc_yaml_profile_source(pc_bytes bytes, const char *file);

/** @return PC_OK, then freed with pc_yaml_profile_free; as pc_yaml_load. */
PC_MUST_CHECK pc_status pc_yaml_profile_load(const pc_yaml_source *source, pc_yaml_profile **ret_profile,
                                             pc_error *err);
void pc_yaml_profile_free(pc_yaml_profile *profile);

PC_AUTO_DEFINE(pc_yaml_profile, pc_yaml_profile, pc_yaml_profile_free);

#endif
