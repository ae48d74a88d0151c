/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_CLI_REPORT_SAMPLE_H
#define P11CERT_TESTS_CLI_REPORT_SAMPLE_H

#include <p11cert/check.h>

#include "base/cleanup.h"

/*
 * Reports made by hand: each verdict, each state of a waiver, texts that look like markup, and the minimum that a
 * report can contain.
 */

/* Markup, quotes, a control character, a direction override, a byte that is not UTF-8, and U+FFFF. */
#define HOSTILE \
    "\"><script>document.title='owned'</script><img src=\"http://probe.invalid/x.png\" onerror=alert(1)> &amp; ]]> " \
    "bell\a esc\033[31m bidi\xe2\x80\xae latin1\xe9 none\xef\xbf\xbf end"

static inline size_t sample_count(const pc_report *report, pc_verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < report->rule_count; i++) {
        count += report->rules[i].verdict == verdict;
    }
    return count;
}

static inline void sample_tally(pc_report *report)
{
    for (unsigned i = 0; i <= PC_VERDICT_WAIVED; i++) {
        report->verdict_counts[i] = sample_count(report, (pc_verdict)i);
    }
}

/* @return owned by the caller, free; a result's reports are not const. */
static inline pc_report *sample_copy(const pc_report *report)
{
    pc_report *copy = malloc(sizeof *copy);

    assert_non_null(copy);
    *copy = *report;
    return copy;
}

#define SAMPLE_YEAR ((int64_t)365 * 24 * 3600)
#define SAMPLE_NOW  ((int64_t)1795395600) /* 2026-11-23T01:00:00Z */

/* A certificate that has expired, a subject of markup, one that is too long for a line, and no root. */
static inline void sample_chain(pc_report *report)
{
    static pc_report_link chain[] = {
        { "CN=server.contoso.com", SAMPLE_NOW - 2 * SAMPLE_YEAR, SAMPLE_NOW - SAMPLE_YEAR, false },
        { HOSTILE, SAMPLE_NOW - 3 * SAMPLE_YEAR, SAMPLE_NOW + 2 * SAMPLE_YEAR, false },
        { "CN=Contoso Policy CA of the Whole Enterprise, OU=Department of Certificates, O=Contoso Limited, L=Redmond, "
          "ST=Washington, C=US, DC=a, DC=rather, DC=long, DC=domain, DC=name, DC=example, DC=com",
          SAMPLE_NOW + SAMPLE_YEAR, SAMPLE_NOW + 17 * SAMPLE_YEAR, false },
    };

    report->judged_sec = SAMPLE_NOW;
    report->chain = chain;
    report->chain_count = PC_COUNT(chain);
    report->chain_state = PC_CHAIN_INVALID;
}

static inline pc_report sample_report(void)
{
    static pc_report_item items[] = {
        { "certificate", "CN=server.contoso.com, serial 1f00000008, from server.cer" },
        { "key", "server, RSA-2048" },
        { "token", "servers" },
        { "names", HOSTILE },
    };
    static pc_rule_result rules[] = {
        { .id = "SUBJ-CN",
          .title = "A common name is the server's name",
          .severity = PC_SEVERITY_ERROR,
          .verdict = PC_VERDICT_PASS,
          .requirement = "The FQDN, or how the system shows in DNS.",
          .evidence = "Certificate \"server.cer\": a CN equals the server's name." },
        { .id = "SAN-FIRST",
          .title = "The first DNS name is the server's name",
          .severity = PC_SEVERITY_ERROR,
          .verdict = PC_VERDICT_FAIL,
          .requirement = "Not on the page; the checker script.",
          .evidence = HOSTILE,
          .remedy = "Have it issued again:\n  [Extensions]\n  2.5.29.17 = \"{text}dns=server.contoso.com\"\n" HOSTILE,
          .waiver = PC_WAIVER_EXPIRED,
          .without_waiver = PC_VERDICT_FAIL,
          .waiver_until = "2025-01-31",
          .waiver_reason = "until the renewal in January" },
        { .id = "EXPIRY",
          .title = "The certificate stays valid for 30 days",
          .severity = PC_SEVERITY_WARNING,
          .verdict = PC_VERDICT_WARNING,
          .requirement = "SCOM alerts near expiration.",
          .evidence = "12 days left.",
          .remedy = "Renew it." },
        { .id = "EXP-5",
          .title = "The key is exportable, as the page requires",
          .severity = PC_SEVERITY_ERROR,
          .verdict = PC_VERDICT_WAIVED,
          .requirement = "\"Key Exportable=TRUE\"",
          .evidence = "CKA_EXTRACTABLE false.",
          .remedy = "1. Make a new one.\n2. Or put an exception on record.",
          .waiver = PC_WAIVER_APPLIED,
          .without_waiver = PC_VERDICT_FAIL,
          .waiver_reason = "The key stays in the HSM: <b>decision</b> 2026/14.",
          .waiver_until = "2027-06-30" },
        { .id = "EXP-6",
          .title = "No copy of the key can exist outside the token",
          .severity = PC_SEVERITY_WARNING,
          .verdict = PC_VERDICT_PASS,
          .requirement = "PKCS#11.",
          .evidence = "CKA_NEVER_EXTRACTABLE true.",
          .waiver = PC_WAIVER_UNNEEDED,
          .without_waiver = PC_VERDICT_PASS,
          .waiver_reason = "was made elsewhere" },
        { .id = "CHAIN",
          .title = "The chain ends in a trusted root",
          .severity = PC_SEVERITY_ERROR,
          .verdict = PC_VERDICT_NOT_CHECKED,
          .requirement = "A copy of the root.",
          .evidence = "No root certificate was given." },
    };
    pc_report report = {
        .policy = "scom",
        .policy_title = "Microsoft's page of 28 January 2023",
        .policy_file = "own <policy>.yaml",
        .judged_at = "2026-11-23T01:00:00Z",
        .items = items,
        .item_count = PC_COUNT(items),
        .rules = rules,
        .rule_count = PC_COUNT(rules),
    };

    sample_tally(&report);
    return report;
}

/* One rule without evidence, and no optional parts. */
static inline pc_report least_report(void)
{
    static pc_rule_result rules[] = {
        { .id = "CHAIN",
          .title = "The chain ends in a trusted root",
          .severity = PC_SEVERITY_ERROR,
          .verdict = PC_VERDICT_NOT_CHECKED,
          .requirement = "A copy of the root.",
          .evidence = "" },
    };
    pc_report report = { .policy = "scom", .rules = rules, .rule_count = PC_COUNT(rules) };

    sample_tally(&report);
    return report;
}

#endif
