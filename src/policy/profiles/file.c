/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profiles/file.h"

#include <string.h>

#include "base/text.h"
#include "policy/profiles/yaml.h"
#include "policy/waiver.h"

/** The reading of one file. */
typedef struct {
    pc_yaml_source source;
    pc_arena *arena;
    pc_error *err;
} reading;

static const char *const key_algorithms[] = { "RSA", "EC", "ED25519", "ED448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };

static bool is_key_algorithm(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(key_algorithms); i++) {
        if (pc_text_equal(name, key_algorithms[i])) {
            return true;
        }
    }
    return false;
}

/* By the value that is wrong. */
static const char *place(const reading *in, const char *value)
{
    return pc_yaml_place(&in->source, value, in->arena);
}

static pc_status unknown_rule(const reading *in, const char *id)
{
    const char *nearest = pc_rule_nearest(id);

    (void)pc_fail(in->err, PC_E_INPUT, "%s: there is no rule \"%s\"", place(in, id), id);
    return nearest ? pc_hint(in->err, PC_E_INPUT, "did you mean %s?", nearest)
                   : pc_hint(in->err, PC_E_INPUT, "p11cert-policy(7) lists the rules");
}

static pc_status copy_text(const reading *in, const char *text, const char **ret_text)
{
    *ret_text = text ? pc_arena_string(in->arena, text) : NULL;
    return text && !*ret_text ? pc_fail_memory(in->err) : PC_OK;
}

static pc_status copy_names(const reading *in, const char *const *names, unsigned count, const char *const **ret_names)
{
    const char **copies = pc_arena_alloc(in->arena, ((size_t)count + 1) * sizeof *copies);

    if (!copies) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < count; i++) {
        if (!is_key_algorithm(names[i])) {
            return pc_hint(in->err,
                           pc_fail(in->err, PC_E_INPUT,
                                   "%s: there is no key algorithm "
                                   "\"%s\"",
                                   place(in, names[i]), names[i]),
                           "key algorithms are RSA, EC, ED25519, ED448, ML-DSA-44, ML-DSA-65, ML-DSA-87");
        }
        PC_TRY(copy_text(in, names[i], &copies[i]));
    }
    *ret_names = copies;
    return PC_OK;
}

/** A number that a rule uses, as given in a file. */
typedef struct {
    const char *name;
    const unsigned *given; /* NULL: not at all */
    unsigned most;
} given_number;

static pc_status take_number(const reading *in, const pc_yaml_rule *rule, given_number number, unsigned *value)
{
    if (!number.given) {
        return PC_OK;
    }
    if (*number.given > number.most) {
        return pc_fail(in->err, PC_E_INPUT, "%s: %s of %s is %u; the maximum is %u", place(in, number.name),
                       number.name, rule->id, *number.given, number.most);
    }
    *value = *number.given;
    return PC_OK;
}

static unsigned given_parameters(const pc_yaml_parameters *given)
{
    return (given->minimum_rsa_bits ? PC_TAKES_RSA_BITS : 0u) | (given->minimum_ec_bits ? PC_TAKES_EC_BITS : 0u) |
           (given->minimum_exponent ? PC_TAKES_EXPONENT : 0u) | (given->expiry_days ? PC_TAKES_EXPIRY_DAYS : 0u) |
           (given->maximum_days ? PC_TAKES_MAXIMUM_DAYS : 0u) |
           (given->allowed || given->forbidden ? PC_TAKES_ALGORITHMS : 0u);
}

/* "minimum-rsa-bits", ...: what a rule takes, for the error. */
static const char *parameters_taken(unsigned takes)
{
    static const char *const names[] = {
        [PC_TAKES_NOTHING] = "no parameters",
        [PC_TAKES_RSA_BITS] = "minimum-rsa-bits",
        [PC_TAKES_EXPIRY_DAYS] = "expiry-days",
        [PC_TAKES_MAXIMUM_DAYS] = "maximum-days",
        [PC_TAKES_ALGORITHMS] = "allowed-algorithms and forbidden-algorithms",
        [PC_TAKES_RSA_BITS | PC_TAKES_EC_BITS | PC_TAKES_EXPONENT] = "minimum-rsa-bits, minimum-ec-bits and "
                                                                     "minimum-exponent",
    };

    return takes < PC_COUNT(names) && names[takes] ? names[takes] : "other parameters";
}

static pc_status take_parameters(const reading *in, const pc_yaml_rule *yaml, unsigned takes,
                                 const pc_rule_parameters *before, const pc_rule_parameters **ret_parameters)
{
    const pc_yaml_parameters *given = yaml->parameters;
    pc_rule_parameters *numbers = pc_arena_copy(in->arena, before ? before : &pc_rule_defaults, sizeof *numbers);

    if (!numbers) {
        return pc_fail_memory(in->err);
    }
    if (given_parameters(given) & ~takes) {
        return pc_fail(in->err, PC_E_INPUT, "%s: the rule %s takes %s", place(in, yaml->id), yaml->id,
                       parameters_taken(takes));
    }
    PC_TRY(take_number(in, yaml, (given_number){ "minimum-rsa-bits", given->minimum_rsa_bits, 16384 },
                       &numbers->minimum_rsa_bits));
    PC_TRY(take_number(in, yaml, (given_number){ "minimum-ec-bits", given->minimum_ec_bits, 521 },
                       &numbers->minimum_ec_bits));
    PC_TRY(take_number(in, yaml, (given_number){ "minimum-exponent", given->minimum_exponent, 0x7fffffff },
                       &numbers->minimum_exponent));
    PC_TRY(take_number(in, yaml, (given_number){ "expiry-days", given->expiry_days, 36500 }, &numbers->expiry_days));
    PC_TRY(take_number(in, yaml, (given_number){ "maximum-days", given->maximum_days, 36500 }, &numbers->maximum_days));
    /* Who says what is allowed or forbidden says all of it. */
    if (given->allowed || given->forbidden) {
        PC_TRY(copy_names(in, given->allowed, given->allowed_count, &numbers->allowed));
        PC_TRY(copy_names(in, given->forbidden, given->forbidden_count, &numbers->forbidden));
        numbers->allowed_count = given->allowed_count;
        numbers->forbidden_count = given->forbidden_count;
    }
    *ret_parameters = numbers;
    return PC_OK;
}

static pc_severity severity_of(pc_yaml_severity severity)
{
    if (severity == PC_YAML_ERROR) {
        return PC_SEVERITY_ERROR;
    }
    return severity == PC_YAML_WARNING ? PC_SEVERITY_WARNING : PC_SEVERITY_INFO;
}

/* One rule of the file, applied over the base's rule. */
static pc_status take_rule(const reading *in, const pc_yaml_rule *yaml, const char *policy, pc_profile_rule *rule)
{
    const pc_rule *known = pc_rule_find(yaml->id);
    bool is_new = !rule->id;

    if (!known) {
        return unknown_rule(in, yaml->id);
    }
    if (is_new && !yaml->severity) {
        return pc_hint(in->err,
                       pc_fail(in->err, PC_E_INPUT,
                               "%s: the rule %s has no severity, and no base gives it "
                               "one",
                               place(in, yaml->id), yaml->id),
                       "write severity: error, warning or info");
    }
    rule->id = known->id;
    rule->severity = yaml->severity ? severity_of(*yaml->severity) : rule->severity;
    if (yaml->requirement) {
        PC_TRY(copy_text(in, yaml->requirement, &rule->requirement));
    } else if (is_new) {
        rule->requirement = pc_arena_format(in->arena, "Required by the profile \"%s\" (%s)", policy, in->source.file);
    }
    if (!rule->requirement) {
        return pc_fail_memory(in->err);
    }
    return yaml->parameters ? take_parameters(in, yaml, known->takes, rule->parameters, &rule->parameters) : PC_OK;
}

static size_t position(const pc_profile_rule *rules, size_t count, const char *id)
{
    size_t index = 0;

    while (index < count && strcmp(rules[index].id, id) != 0) {
        index++;
    }
    return index;
}

static pc_status check_named_once(const reading *in, const pc_yaml_profile *yaml)
{
    for (unsigned i = 0; i < yaml->rules_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(yaml->rules[i].id, yaml->rules[j].id) == 0) {
                return pc_fail(in->err, PC_E_INPUT, "\"%s\": the rule %s is named twice", in->source.file,
                               yaml->rules[i].id);
            }
        }
    }
    return PC_OK;
}

static pc_status take_rules(const reading *in, const pc_yaml_profile *yaml, const pc_profile *base, pc_profile *profile)
{
    size_t count = base ? base->count : 0;
    pc_profile_rule *rules = pc_arena_alloc(in->arena, (count + yaml->rules_count + 1) * sizeof *rules);

    if (!rules) {
        return pc_fail_memory(in->err);
    }
    PC_TRY(check_named_once(in, yaml));
    if (base) {
        memcpy(rules, base->rules, count * sizeof *rules);
    }
    for (unsigned i = 0; i < yaml->rules_count; i++) {
        const pc_yaml_rule *each = &yaml->rules[i];
        size_t index = position(rules, count, each->id);

        if (each->severity && *each->severity == PC_YAML_OFF) {
            if (!pc_rule_find(each->id)) {
                return unknown_rule(in, each->id);
            }
            if (index < count) {
                memmove(&rules[index], &rules[index + 1], (count - index - 1) * sizeof *rules);
                count--;
            }
            continue;
        }
        if (index == count) {
            rules[count] = (pc_profile_rule){ .id = NULL };
        }
        PC_TRY(take_rule(in, each, profile->name, &rules[index]));
        count += index == count;
    }
    profile->rules = rules;
    profile->count = count;
    return PC_OK;
}

static pc_status take_waivers(const reading *in, const pc_yaml_profile *yaml, pc_profile *profile)
{
    pc_waiver *waivers = pc_arena_alloc(in->arena, ((size_t)yaml->waivers_count + 1) * sizeof *waivers);

    if (!waivers) {
        return pc_fail_memory(in->err);
    }
    for (unsigned i = 0; i < yaml->waivers_count; i++) {
        PC_TRY(copy_text(in, yaml->waivers[i].rule, &waivers[i].rule));
        PC_TRY(copy_text(in, yaml->waivers[i].reason, &waivers[i].reason));
        PC_TRY(copy_text(in, yaml->waivers[i].until, &waivers[i].until));
    }
    profile->waivers = waivers;
    profile->waiver_count = yaml->waivers_count;
    pc_status status = pc_waivers_check(profile, waivers, profile->waiver_count, PC_E_INPUT, in->err);

    return status == PC_OK ? status : pc_note(in->err, status, "the waivers in \"%s\" cannot be used", in->source.file);
}

static pc_status find_base(const reading *in, const char *name, const pc_profile **ret_base)
{
    const pc_profile *base = name ? pc_profile_find(name) : NULL;

    if (name && !base) {
        return pc_note(in->err, pc_profile_not_found(name, PC_E_INPUT, in->err), "%s: \"base\" names a built-in policy",
                       place(in, name));
    }
    *ret_base = base;
    return PC_OK;
}

static pc_status name_profile(const reading *in, const pc_yaml_profile *yaml, pc_profile *profile)
{
    if (pc_profile_find(yaml->name)) {
        return pc_fail(in->err, PC_E_INPUT,
                       "%s: \"%s\" is the name of a built-in policy; give the profile another name",
                       place(in, yaml->name), yaml->name);
    }
    profile->file = in->source.file;
    PC_TRY(copy_text(in, yaml->name, &profile->name));
    return copy_text(in, yaml->title ? yaml->title : yaml->name, &profile->title);
}

pc_status pc_profile_read(pc_bytes bytes, const char *file, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    const reading in = { .source = pc_yaml_profile_source(bytes, file), .arena = arena, .err = err };
    PC_AUTO(pc_yaml_profile) pc_yaml_profile *yaml = NULL;
    const pc_profile *base = NULL;
    pc_profile profile = { .name = NULL };

    PC_TRY(pc_yaml_profile_load(&in.source, &yaml, err));
    PC_TRY(name_profile(&in, yaml, &profile));
    PC_TRY(find_base(&in, yaml->base, &base));
    PC_TRY(take_rules(&in, yaml, base, &profile));
    PC_TRY(take_waivers(&in, yaml, &profile));
    if (profile.count == 0) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has no rules: name some, or a base", file);
    }
    *ret_profile = profile;
    return PC_OK;
}
