/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/json.h"

#include "cli/print/output.h"

static json_t *waiver_to_json(const pc_rule_result *rule)
{
    if (rule->waiver == PC_WAIVER_NONE) {
        return json_null();
    }
    return json_pack("{s:s, s:o, s:o, s:s}", "state", pc_waiver_state_name(rule->waiver), "reason",
                     pc_json_text(rule->waiver_reason), "until", pc_json_text(rule->waiver_until), "verdict_without",
                     pc_verdict_name(rule->without_waiver));
}

static json_t *rule_to_json(const pc_rule_result *rule)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "id", pc_json_text(rule->id), "title",
                     pc_json_text(rule->title), "severity", pc_severity_name(rule->severity), "verdict",
                     pc_verdict_name(rule->verdict), "requirement", pc_json_text(rule->requirement), "evidence",
                     pc_json_text(rule->evidence), "remedy", pc_json_text(rule->remedy), "waiver",
                     waiver_to_json(rule));
}

static json_t *rules_to_json(const pc_report *report)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < report->rule_count; i++) {
        (void)json_array_append_new(rules, rule_to_json(&report->rules[i]));
    }
    return rules;
}

static json_t *items_to_json(const pc_report *report)
{
    json_t *items = json_array();

    for (size_t i = 0; i < report->item_count; i++) {
        (void)json_array_append_new(items, json_pack("{s:o, s:o}", "name", pc_json_text(report->items[i].name), "value",
                                                     pc_json_text(report->items[i].value)));
    }
    return items;
}

static json_t *counts_to_json(const pc_report *const *reports, size_t count)
{
    json_t *counts = json_object();

    for (size_t i = 0; i <= PC_VERDICT_WAIVED; i++) {
        size_t sum = 0;

        for (size_t j = 0; j < count; j++) {
            sum += reports[j]->verdict_counts[i];
        }
        (void)json_object_set_new(counts, pc_verdict_name((pc_verdict)i), json_integer((json_int_t)sum));
    }
    return counts;
}

json_t *pc_report_to_json(const pc_report *report)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o}", "name", pc_json_text(report->name),
                     "policy", pc_json_text(report->policy), "policy_title", pc_json_text(report->policy_title),
                     "policy_file", pc_json_text(report->policy_file), "judged_at", pc_json_text(report->judged_at),
                     "items", items_to_json(report), "counts", counts_to_json(&report, 1), "failed",
                     (int)pc_report_failed(report), "nothing_checked", (int)pc_report_judged_nothing(report),
                     "lacks_certificate", (int)report->lacks_certificate, "rules", rules_to_json(report));
}

static json_t *files_to_json(const pc_check_result *result)
{
    json_t *files = json_array();

    for (size_t i = 0; i < result->file_count; i++) {
        (void)json_array_append_new(files, json_pack("{s:o, s:s}", "file", pc_json_text(result->files[i].file), "use",
                                                     pc_file_use_name(result->files[i].use)));
    }
    return files;
}

static json_t *reports_to_json(const pc_check_result *result)
{
    json_t *reports = json_array();

    for (size_t i = 0; i < result->report_count; i++) {
        (void)json_array_append_new(reports, pc_report_to_json(result->reports[i]));
    }
    return reports;
}

json_t *pc_check_to_json(const pc_check_result *result)
{
    json_t *value = result->report_count == 1
                        ? pc_report_to_json(result->reports[0])
                        : json_pack("{s:o, s:o}", "counts",
                                    counts_to_json((const pc_report *const *)result->reports, result->report_count),
                                    "reports", reports_to_json(result));

    if (value) {
        (void)json_object_set_new(value, "failed", json_boolean(pc_check_failed(result)));
        (void)json_object_set_new(value, "files", files_to_json(result));
    }
    return value;
}
