/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a profile's file: read, or refused with a reason; what is read judges without evidence. */
#include <assert.h>

#include "policy/judge.h"
#include "policy/profiles/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_profile(const pc_profile *profile)
{
    const pc_evidence evidence = { .now_sec = 1700000000 };
    pc_report *report = NULL;
    pc_status status = pc_profile_judge(profile, &(pc_policy_order){ .waiver_count = 0 }, &evidence, &report, NULL);

    assert(profile->count > 0 && profile->name[0] && profile->title);
    assert(status == PC_OK && report->rule_count == profile->count);
    for (size_t i = 0; i < report->rule_count; i++) {
        assert(report->rules[i].requirement && report->rules[i].verdict == PC_VERDICT_NOT_CHECKED);
    }
    pc_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    pc_profile profile = { .count = 0 };
    pc_error err = { 0 };

    if (arena) {
        pc_status status = pc_profile_read((pc_bytes){ bytes, len }, "own.yaml", arena, &profile, &err);

        assert(status == PC_OK || (status == PC_E_INPUT && err.frame_count > 0));
        if (status == PC_OK) {
            check_profile(&profile);
        }
    }
    pc_arena_free(arena);
    return 0;
}
