/* SPDX-License-Identifier: Apache-2.0 */
/* A CRL that is about to be issued. Each judge names the first thing that is wrong, or nothing. */
#include "policy/rule.h"

#include <string.h>

typedef const char *(*find_fault)(pc_rule_case *rule_case);

/** A rule of this family: the function that finds what is wrong, the text if nothing is, and the remedy. */
typedef struct {
    find_fault find;
    const char *good;
    const char *remedy;
} crl_rule;

static void judge(pc_rule_case *rule_case)
{
    const crl_rule *rule = rule_case->rule->data;
    const char *fault = rule->find(rule_case);
    const char *text = fault ? fault : rule->good;

    pc_rule_say(rule_case, fault ? PC_VERDICT_FAIL : PC_VERDICT_PASS, "%s.", text);
    if (fault) {
        pc_rule_remedy(rule_case, "%s", rule->remedy);
    }
}

static const pc_evidence_crl *crl_of(const pc_rule_case *rule_case)
{
    return &rule_case->evidence->crl;
}

static const char *fault_of_version(pc_rule_case *rule_case)
{
    return crl_of(rule_case)->is_version_2 ? NULL : "It is not version 2";
}

static const char *fault_of_algorithm(pc_rule_case *rule_case)
{
    const char *digest = crl_of(rule_case)->digest;

    return digest && (strcmp(digest, "SHA1") == 0 || strcmp(digest, "MD5") == 0)
               ? pc_rule_text(rule_case, "Its signature uses %s", digest)
               : NULL;
}

static const char *fault_of_issuer(pc_rule_case *rule_case)
{
    if (!crl_of(rule_case)->has_issuer) {
        return "Its issuer has no name";
    }
    return crl_of(rule_case)->issuer_name_same
               ? NULL
               : "Its issuer is not, byte for byte, the subject of the CA's certificate";
}

static const char *fault_of_right(pc_rule_case *rule_case)
{
    return crl_of(rule_case)->issuer_may_sign ? NULL : "The CA's certificate does not allow cRLSign";
}

static const char *fault_of_this_update(pc_rule_case *rule_case)
{
    const pc_evidence_crl *crl = crl_of(rule_case);

    if (!crl->this_in_form) {
        return "Its thisUpdate cannot be read, or is not in the form for its year";
    }
    if (crl->this_update_sec > rule_case->evidence->now_sec) {
        return "Its thisUpdate is in the future";
    }
    return crl->this_update_sec < crl->previous_sec ? "Its thisUpdate is before that of the previous CRL" : NULL;
}

static const char *fault_of_next_update(pc_rule_case *rule_case)
{
    const pc_evidence_crl *crl = crl_of(rule_case);

    if (!crl->has_next) {
        return "It has no nextUpdate";
    }
    if (!crl->next_in_form) {
        return "Its nextUpdate cannot be read, or is not in the form for its year";
    }
    return crl->this_in_form && crl->next_update_sec > crl->this_update_sec ? NULL
                                                                            : "Its nextUpdate is not after thisUpdate";
}

static const char *fault_of_entries(pc_rule_case *rule_case)
{
    const pc_evidence_crl *crl = crl_of(rule_case);

    if (!crl->dates_in_form) {
        return "The date of a revocation cannot be read, or is not in the form for its year";
    }
    if (!crl->reasons_in_form) {
        return "The reason of a revocation cannot be read, is critical, or is unspecified, which must be left out";
    }
    if (!crl->reasons_fit) {
        return "The reason of a revocation is one that a complete CRL may not have";
    }
    return crl->serials_ascend ? NULL : "A serial number is listed twice, or out of order";
}

static const char *fault_of_key_id(pc_rule_case *rule_case)
{
    if (!crl_of(rule_case)->key_id_in_form) {
        return "It does not have exactly one authority key identifier that is not critical";
    }
    return crl_of(rule_case)->key_id_chains ? NULL
                                            : "Its authority key identifier is not the CA's subject key identifier";
}

static const char *fault_of_number(pc_rule_case *rule_case)
{
    const pc_evidence_crl *crl = crl_of(rule_case);

    if (!crl->has_number) {
        return "It does not have exactly one CRL number that can be read";
    }
    if (!crl->number_in_form) {
        return "Its CRL number is critical, negative or longer than 20 octets";
    }
    return crl->number_grows ? NULL : "Its CRL number is not above that of the previous CRL";
}

static const char *fault_of_completeness(pc_rule_case *rule_case)
{
    return crl_of(rule_case)->is_delta ? "It is marked as a delta CRL" : NULL;
}

static const char *fault_of_point(pc_rule_case *rule_case)
{
    return crl_of(rule_case)->point_in_form ? NULL
                                            : "Its issuing distribution point is not critical, or there are several";
}

#define RULE(name, fault, words, help) \
    static const crl_rule name = { .find = (fault), .good = (words), .remedy = (help) }

#define NOT_OURS "p11cert sets this itself: report a bug in p11cert."

RULE(version, fault_of_version, "It is version 2", NOT_OURS);
RULE(algorithm, fault_of_algorithm, "Its signature uses a digest that is not broken",
     "Leave the digest to p11cert, or name sha256, sha384 or sha512.");
RULE(issuer, fault_of_issuer, "Its issuer is the subject of the CA's certificate",
     "Name the CA's own certificate, which has a subject, with --ca-cert.");
RULE(right, fault_of_right, "The CA's certificate allows cRLSign",
     "Use a CA whose certificate has the key usage cRLSign.");
RULE(this_update, fault_of_this_update, "Its thisUpdate is in order", "Correct the clock of this machine.");
RULE(next_update, fault_of_next_update, "Its nextUpdate is after thisUpdate", "Choose another --next-update.");
RULE(entries, fault_of_entries, "Its entries are in order", "Correct the list of revoked certificates.");
RULE(key_id, fault_of_key_id, "Its key identifier is the CA's", "Name the CA's own certificate with --ca-cert.");
RULE(number, fault_of_number, "Its number is above that of the previous CRL",
     "Name the latest CRL of the CA with --previous.");
RULE(complete, fault_of_completeness, "It is a complete CRL", NOT_OURS);
RULE(point, fault_of_point, "Its issuing distribution point is in order", NOT_OURS);

#define CRL_RULE(rule) .needs = PC_NEEDS_CRL, .judge = judge, .data = &(rule)

static const pc_rule rows[] = {
    { .id = "CRL-VERSION", .title = "The CRL is version 2", CRL_RULE(version) },
    { .id = "CRL-ALGORITHM", .title = "The digest of the CRL is not broken", CRL_RULE(algorithm) },
    { .id = "CRL-ISSUER", .title = "The issuer of the CRL is the subject of its CA", CRL_RULE(issuer) },
    { .id = "CRL-RIGHT", .title = "The CA may sign CRLs", CRL_RULE(right) },
    { .id = "CRL-THIS", .title = "The CRL is dated correctly", CRL_RULE(this_update) },
    { .id = "CRL-NEXT", .title = "The CRL says when the next one is due", CRL_RULE(next_update) },
    { .id = "CRL-ENTRIES", .title = "The revocations are in order", CRL_RULE(entries) },
    { .id = "CRL-KEYID", .title = "The CRL names the CA's key", CRL_RULE(key_id) },
    { .id = "CRL-NUMBER", .title = "The CRL number increases", CRL_RULE(number) },
    { .id = "CRL-COMPLETE", .title = "The CRL is complete", CRL_RULE(complete) },
    { .id = "CRL-POINT", .title = "The distribution point is critical", CRL_RULE(point) },
};

const pc_rule_table pc_rules_crl = { rows, PC_COUNT(rows) };
