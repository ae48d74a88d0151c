/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/waiver.h"

#include <string.h>

#include "base/text.h"

#define DAY_SEC ((int64_t)24 * 60 * 60)

static const char *const state_names[] = {
    [PC_WAIVER_NONE] = "none",
    [PC_WAIVER_APPLIED] = "applied",
    [PC_WAIVER_EXPIRED] = "expired",
    [PC_WAIVER_UNNEEDED] = "unneeded",
};

const char *pc_waiver_state_name(pc_waiver_state state)
{
    return (size_t)state < PC_COUNT(state_names) ? state_names[state] : "none";
}

/* Exactly `len` digits. */
static bool read_digits(const char *text, size_t len, int64_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < len; i++) {
        if (!pc_is_digit(text[i])) {
            return false;
        }
        *ret_number = *ret_number * 10 + (text[i] - '0');
    }
    return true;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t days = day - 1;

    for (int64_t each = 1970; each < year; each++) {
        days += is_leap(each) ? 366 : 365;
    }
    for (int64_t each = 1; each < month; each++) {
        days += days_in(year, each);
    }
    return days;
}

bool pc_day_parse(const char *text, int64_t *ret_sec)
{
    int64_t year, month, day;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !read_digits(text, 4, &year) ||
        !read_digits(text + 5, 2, &month) || !read_digits(text + 8, 2, &day)) {
        return false;
    }
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
        return false;
    }
    *ret_sec = days_since_1970(year, month, day) * DAY_SEC;
    return true;
}

static pc_status unknown_rule(const pc_profile *profile, const char *id, pc_status status, pc_error *err)
{
    const char *nearest = pc_rule_nearest(id);

    if (pc_rule_find(id)) {
        return pc_hint(err,
                       pc_fail(err, status, "policy \"%s\" does not contain the rule %s: there is nothing to waive",
                               profile->name, id),
                       "`p11cert check --list-rules` shows which rules each policy has");
    }
    return pc_hint(err, pc_fail(err, status, "there is no rule \"%s\" that could be waived", id), "%s%s%s",
                   nearest ? "did you mean " : "p11cert-policy(7) lists the rules", nearest ? nearest : "",
                   nearest ? "?" : "");
}

static bool is_blank(const char *text)
{
    return !text || pc_span_trim(pc_span_of(text)).len == 0;
}

static pc_status check_one(const pc_profile *profile, const pc_waiver *waiver, pc_status status, pc_error *err)
{
    int64_t until_sec;

    if (!waiver->rule || !pc_profile_rule_find(profile, waiver->rule)) {
        return unknown_rule(profile, waiver->rule ? waiver->rule : "", status, err);
    }
    if (is_blank(waiver->reason)) {
        return pc_hint(err, pc_fail(err, status, "the waiver for %s has no reason", waiver->rule),
                       "a waiver is printed in every report: say in one sentence why the finding is accepted");
    }
    if (waiver->until && !pc_day_parse(waiver->until, &until_sec)) {
        return pc_hint(err,
                       pc_fail(err, status, "the waiver for %s ends at \"%s\", which is not a date", waiver->rule,
                               waiver->until),
                       "write the last day on which it applies as YEAR-MONTH-DAY: 2027-06-30");
    }
    return PC_OK;
}

pc_status pc_waivers_check(const pc_profile *profile, const pc_waiver *waivers, size_t count, pc_status status,
                           pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        PC_TRY(check_one(profile, &waivers[i], status, err));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(waivers[i].rule, waivers[j].rule) == 0) {
                return pc_fail(err, status, "there are two waivers for %s; give one", waivers[i].rule);
            }
        }
    }
    return PC_OK;
}

static const pc_waiver *find_in(const pc_waiver *waivers, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(waivers[i].rule, id) == 0) {
            return &waivers[i];
        }
    }
    return NULL;
}

const pc_waiver *pc_waiver_find(const pc_waivers *waivers, const char *id)
{
    const pc_waiver *found = find_in(waivers->first, waivers->first_count, id);

    return found ? found : find_in(waivers->second, waivers->second_count, id);
}

/* The last day counts whole. */
static bool has_ended(const pc_waiver *waiver, int64_t now_sec)
{
    int64_t until_sec;

    return waiver->until && pc_day_parse(waiver->until, &until_sec) && now_sec >= until_sec + DAY_SEC;
}

void pc_waiver_apply(pc_rule_case *rule_case, const pc_waiver *waiver, bool is_finding)
{
    pc_rule_result *result = rule_case->result;

    result->without_waiver = result->verdict;
    if (!waiver) {
        return;
    }
    result->waiver_reason = pc_rule_safe(rule_case, waiver->reason);
    result->waiver_until = waiver->until ? pc_rule_safe(rule_case, waiver->until) : NULL;
    if (!is_finding) {
        result->waiver = PC_WAIVER_UNNEEDED;
    } else if (has_ended(waiver, rule_case->evidence->now_sec)) {
        result->waiver = PC_WAIVER_EXPIRED;
        result->evidence =
            pc_rule_text(rule_case, "%s The waiver for this ended on %s.", result->evidence, result->waiver_until);
    } else {
        result->waiver = PC_WAIVER_APPLIED;
        result->verdict = PC_VERDICT_WAIVED;
    }
}
