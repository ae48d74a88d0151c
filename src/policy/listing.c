/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/policy.h>

#include "policy/profile.h"

static const char *const waiver_state_names[] = {
    [PC_WAIVER_NONE] = "none",
    [PC_WAIVER_APPLIED] = "applied",
    [PC_WAIVER_EXPIRED] = "expired",
    [PC_WAIVER_UNNEEDED] = "unneeded",
};

const char *pc_waiver_state_name(pc_waiver_state state)
{
    return (size_t)state < PC_COUNT(waiver_state_names) ? waiver_state_names[state] : "none";
}

void pc_rule_listing_free(pc_rule_listing *listing)
{
    if (listing) {
        pc_arena_free(listing->arena);
    }
}

PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);

/* The listing lives in the arena that it owns. */
static pc_rule_listing *listing_new(size_t rule_count)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    if (!arena) {
        return NULL;
    }
    pc_rule_listing *listing = pc_arena_alloc(arena, sizeof *listing);
    pc_listed_rule *rules = pc_arena_alloc(arena, rule_count * sizeof *rules);

    if (!listing || !rules) {
        return NULL;
    }
    listing->rules = rules;
    listing->rule_count = rule_count;
    listing->arena = PC_TAKE(arena);
    return listing;
}

pc_status pc_policy_list(const char *policy, pc_rule_listing **ret_listing, pc_error *err)
{
    pc_profile profile = { 0 };

    PC_TRY(pc_profile_find(policy ? policy : "scom", &profile, err));
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = listing_new(profile.count);

    if (!listing) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < profile.count; i++) {
        const pc_rule *rule = pc_rule_find(profile.rules[i].id);
        const pc_rule_use use = { .policy = profile.name, .severity = profile.rules[i].severity,
                                  .requirement = profile.rules[i].requirement };
        pc_rule_use *kept = pc_arena_copy(listing->arena, &use, sizeof use);

        if (!kept) {
            return pc_fail_memory(err);
        }
        if (!rule) {
            return pc_fail(err, PC_E_INTERNAL, "policy \"%s\" names a rule that is not there: %s", profile.name,
                           profile.rules[i].id);
        }
        listing->rules[i] = (pc_listed_rule){ .id = rule->id, .title = rule->title, .uses = kept, .use_count = 1 };
    }
    *ret_listing = PC_TAKE(listing);
    return PC_OK;
}
