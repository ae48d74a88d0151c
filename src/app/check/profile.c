/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/profile.h"

#include "base/encoding.h"
#include "base/file.h"
#include "policy/judge.h"
#include "policy/profiles/file.h"
#include "policy/waiver.h"

pc_status pc_profile_open(const char *policy, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    const pc_profile *built_in = pc_profile_find(policy ? policy : "scom");
    pc_bytes bytes = { .len = 0 };
    bool is_file = false;

    if (built_in) {
        *ret_profile = *built_in;
        return PC_OK;
    }
    PC_TRY(pc_path_exists(policy, &is_file, err));
    if (!is_file) {
        return pc_profile_not_found(policy, PC_E_USAGE, err);
    }
    PC_TRY(pc_file_read(arena, policy, PC_PROFILE_MAX_SIZE, &bytes, err));
    PC_TRY(pc_encoding_resolve_mark(arena, policy, &bytes, err));
    return pc_profile_read(bytes, policy, arena, ret_profile, err);
}

pc_status pc_profile_open_order(const pc_policy_order *order, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_profile_open(order->policy, arena, ret_profile, err));
    return pc_waivers_check(ret_profile, order->waivers, order->waiver_count, PC_E_USAGE, err);
}

pc_status pc_policy_check_order(const pc_policy_order *order, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_profile profile;

    return pc_profile_open_order(order, arena, &profile, err);
}

pc_status pc_policy_judge(const pc_policy_order *order, const pc_evidence *evidence, pc_report **ret_report,
                          pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_profile profile;

    PC_TRY(pc_profile_open_order(order, arena, &profile, err));
    return pc_profile_judge(&profile, order, evidence, ret_report, err);
}

pc_status pc_policy_list(const char *policy, pc_rule_listing **ret_listing, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_profile *one[1];
    pc_profile profile;
    size_t count = 0;
    const pc_profile *const *all = pc_profiles_built_in(&count);

    if (!policy) {
        return pc_profiles_list(all, count, ret_listing, err);
    }
    PC_TRY(pc_profile_open_order(&(pc_policy_order){ .policy = policy }, arena, &profile, err));
    one[0] = &profile;
    return pc_profiles_list(one, 1, ret_listing, err);
}
