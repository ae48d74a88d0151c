/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judge.h"

void pc_rule_listing_free(pc_rule_listing *listing)
{
    if (listing) {
        pc_arena_free(listing->arena);
    }
}

PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);

static pc_rule_listing *listing_new(void)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_rule_listing *listing = arena ? pc_arena_alloc(arena, sizeof *listing) : NULL;

    if (listing) {
        listing->arena = PC_TAKE(arena);
    }
    return listing;
}

/* The title has the numbers of the first profile that uses the rule. */
static pc_status add_use(pc_rule_listing *listing, const pc_rule *rule, const pc_profile *profile,
                         const pc_profile_rule *use, pc_error *err)
{
    pc_listed_rule *listed = &listing->rules[listing->rule_count - 1];
    pc_rule_case rule_case = {
        .rule = rule,
        .parameters = use->parameters ? use->parameters : &pc_rule_defaults,
        .arena = listing->arena,
    };
    pc_rule_use *uses = pc_arena_alloc(listing->arena, (listed->use_count + 1) * sizeof *uses);

    if (!uses) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < listed->use_count; i++) {
        uses[i] = listed->uses[i];
    }
    uses[listed->use_count++] = (pc_rule_use){
        .policy = pc_rule_safe(&rule_case, profile->name),
        .severity = use->severity,
        .requirement = pc_rule_safe(&rule_case, use->requirement),
    };
    listed->uses = uses;
    listed->title = listed->title ? listed->title : pc_rule_title(&rule_case);
    return rule_case.out_of_memory ? pc_fail_memory(err) : PC_OK;
}

static pc_status list_rule(pc_rule_listing *listing, const pc_rule *rule, const pc_profile *const *profiles,
                           size_t count, pc_error *err)
{
    bool is_listed = false;

    for (size_t i = 0; i < count; i++) {
        const pc_profile_rule *use = pc_profile_rule_find(profiles[i], rule->id);

        if (!use) {
            continue;
        }
        if (!is_listed) {
            pc_listed_rule *listed = PC_PUSH(listing->arena, listing->rules, listing->rule_count);

            if (!listed) {
                return pc_fail_memory(err);
            }
            listed->id = rule->id;
            is_listed = true;
        }
        PC_TRY(add_use(listing, rule, profiles[i], use, err));
    }
    return PC_OK;
}

pc_status pc_profiles_list(const pc_profile *const *profiles, size_t count, pc_rule_listing **ret_listing,
                           pc_error *err)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = listing_new();
    const pc_rule *rule = NULL;

    if (!listing) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; (rule = pc_rule_at(i)) != NULL; i++) {
        PC_TRY(list_rule(listing, rule, profiles, count, err));
    }
    *ret_listing = PC_TAKE(listing);
    return PC_OK;
}
