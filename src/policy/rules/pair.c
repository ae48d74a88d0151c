/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

/* Key, public key and certificate belong together by CKA_ID: programs use nothing else to match them. */

static void judge_unique(pc_rule_case *rule_case)
{
    const pc_evidence_same_id *same = &rule_case->evidence->same_id;

    if (same->has_id && same->count == 1) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: no other private key has its CKA_ID.",
                    pc_rule_key_name(rule_case));
        return;
    }
    if (!same->has_id) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: it has no CKA_ID, so nothing can be paired with "
                    "it.",
                    pc_rule_key_name(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %zu private keys have its CKA_ID. Programs that pair by CKA_ID may sign with one and present "
                    "the other's certificate.",
                    pc_rule_key_name(rule_case), same->count);
    }
    pc_rule_remedy(rule_case,
                   "Give each key its own CKA_ID, if the module allows that: pkcs11-tool --module MODULE --login "
                   "--set-id NEW-ID --type privkey --label LABEL. Do the same for its public key and its certificate.");
}

static const struct {
    pc_verdict verdict;
    const char *words;
    const char *remedy;
} halves[] = {
    [PC_HALF_MISSING] = { PC_VERDICT_FAIL,
                          "no public key object has its CKA_ID; programs that look for one do not "
                          "find the key",
                          "Write the public key of the certificate or request to the token, with the key's CKA_ID "
                          "(pkcs11-tool --write-object PUBLIC.der --type pubkey --id ID)." },
    [PC_HALF_SAME] = { PC_VERDICT_PASS, "its public key object has the same CKA_ID and the same value", NULL },
    [PC_HALF_OTHER] = { PC_VERDICT_FAIL,
                        "the public key object with its CKA_ID has another value: a request made from it would name a "
                        "key that is not on the token",
                        "Find out which of the two is the right one, and remove the other or give it another CKA_ID." },
    [PC_HALF_SEVERAL] = { PC_VERDICT_FAIL, "several public key objects have its CKA_ID",
                          "Keep the one that belongs to the key; give the others different CKA_IDs." },
    [PC_HALF_UNCLEAR] = { PC_VERDICT_NOT_CHECKED,
                          "the token does not show enough of the pair to compare its halves. "
                          "Give the certificate or request to have them compared",
                          "Compare them with a signature: make one with the key, verify it with the public key "
                          "object." },
};

static void judge_public(pc_rule_case *rule_case)
{
    pc_half_match half = rule_case->evidence->public_object.half;

    pc_rule_say(rule_case, halves[half].verdict, "%s: %s.", pc_rule_key_name(rule_case), halves[half].words);
    if (halves[half].remedy) {
        pc_rule_remedy(rule_case, "%s", halves[half].remedy);
    }
}

/* What is wrong with one certificate object, and how bad; NULL if nothing is. */
static const char *fault_of(const pc_evidence_token_certificate *certificate, pc_verdict *ret_verdict)
{
    bool is_owner = certificate->category == PC_CATEGORY_TOKEN_USER || certificate->category == PC_CATEGORY_UNSPECIFIED;
    bool is_authority =
        certificate->category == PC_CATEGORY_AUTHORITY || certificate->category == PC_CATEGORY_UNSPECIFIED;

    *ret_verdict = PC_VERDICT_FAIL;
    if (certificate->same_key == PC_FACT_FALSE) {
        return "has the key's CKA_ID, but is for another key";
    }
    if (!certificate->same_id) {
        return "is for the key, but has another CKA_ID";
    }
    *ret_verdict = PC_VERDICT_WARNING;
    if (certificate->trusted == PC_FACT_TRUE) {
        return "is marked as CKA_TRUSTED, which is for roots that the Security Officer vouches for";
    }
    if (certificate->is_authority ? !is_authority : !is_owner) {
        return certificate->is_authority
                   ? "is a CA certificate, but CKA_CERTIFICATE_CATEGORY says that it is not"
                   : "is not a CA certificate, but CKA_CERTIFICATE_CATEGORY does not say that it is the token user's";
    }
    return NULL;
}

static void judge_certificates(pc_rule_case *rule_case)
{
    const pc_evidence_certificates *all = &rule_case->evidence->certificates;
    pc_verdict worst = PC_VERDICT_PASS;
    size_t unread = 0;
    const char *faults = "";

    for (size_t i = 0; i < all->count; i++) {
        pc_verdict verdict;
        const char *fault = fault_of(&all->items[i], &verdict);

        unread += all->items[i].same_key == PC_FACT_UNKNOWN;
        if (fault) {
            faults = pc_rule_text(rule_case, "%s Certificate \"%s\" %s.", faults, all->items[i].label, fault);
            worst = worst == PC_VERDICT_FAIL ? worst : verdict;
        }
    }
    if (worst != PC_VERDICT_PASS) {
        pc_rule_say(rule_case, worst, "%s:%s", pc_rule_key_name(rule_case), faults);
        pc_rule_remedy(
            rule_case,
            "Remove the objects that do not belong to the key, and bind the certificate of the key again: p11cert "
            "accept "
            "CERTIFICATE. It verifies with a signature that the two belong together, and sets CKA_ID and category.");
    } else if (all->count == 0 || unread) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: %s. Give the certificate to the token with p11cert accept.",
                    pc_rule_key_name(rule_case),
                    unread ? "a certificate with its CKA_ID, or the key's public half, cannot be "
                             "read"
                           : "no certificate on the token has its CKA_ID");
        pc_rule_remedy(rule_case, "Bind the certificate when it has been issued: p11cert accept CERTIFICATE");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: %zu certificate%s with its CKA_ID, each for this "
                    "key.",
                    pc_rule_key_name(rule_case), all->count, all->count == 1 ? "" : "s");
    }
}

static const pc_rule rules[] = {
    { .id = "ID-UNIQUE",
      .title = "No other key has the CKA_ID",
      .needs = PC_NEEDS_KEY | PC_NEEDS_SAME_ID,
      .judge = judge_unique },
    { .id = "PUB-MATCH",
      .title = "The public key object belongs to the key",
      .needs = PC_NEEDS_KEY | PC_NEEDS_PUBLIC,
      .judge = judge_public },
    { .id = "CERT-MATCH",
      .title = "The certificates on the token belong to the key",
      .needs = PC_NEEDS_KEY | PC_NEEDS_CERTIFICATES,
      .judge = judge_certificates },
};

const pc_rule_table pc_rules_pair = { rules, PC_COUNT(rules) };
