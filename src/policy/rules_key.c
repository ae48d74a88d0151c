/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"

#define LEAST_RSA_BITS 2048u

static bool is_rsa(const pc_evidence_subject *subject)
{
    return subject->key_algorithm && pc_text_equal(subject->key_algorithm, "RSA");
}

static void judge_private(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;
    const char *token = key->token ? pc_rule_text(on, "Token \"%s\"", key->token) : "The token";

    if (key->found_count == 1) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: found, and the only one that matches.", pc_rule_key_name(on));
        return;
    }
    if (key->found_count == 0) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s holds no private key that matches. Without it SCOM cannot use the "
                                         "certificate (events 20068, 20077).", token);
        pc_rule_remedy(on, "1. Look on the token that the request was made on: p11cert list\n"
                           "2. If the key is gone, make a new request; a certificate without its key is of no use.\n"
                           "3. On a Windows host that has the key: certutil -repairstore my SERIAL");
        return;
    }
    pc_rule_say(on, PC_VERDICT_FAIL, "%s holds %zu private keys that match; which one is meant cannot be told.", token,
                key->found_count);
    pc_rule_remedy(on, "Name one key by its id (--key \"pkcs11:id=...\"), or remove the copies that are not wanted. "
                       "p11cert list shows them.");
}

static void judge_algorithm(pc_rule_case *on)
{
    const pc_evidence_subject *subject = &on->evidence->subject;

    if (!subject->key_algorithm) {
        pc_rule_say(on, PC_VERDICT_NOT_CHECKED, "%s: the key's algorithm could not be read. Give one that says it.",
                    pc_rule_source(on));
        pc_rule_remedy(on, "Run the check again with the certificate or request as it came from its maker.");
    } else if (is_rsa(subject)) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: the key is RSA.", pc_rule_source(on));
    } else {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s: the key is %s. The legacy providers that SCOM relies on hold RSA keys.",
                    pc_rule_source(on), subject->key_algorithm);
        pc_rule_remedy(on, "Write KeyAlgorithm = RSA and KeyLength = 2048 in the INF file and make a new key and "
                           "request: p11cert new FILE --label NEW-LABEL");
    }
}

static void judge_length(pc_rule_case *on)
{
    const pc_evidence_subject *subject = &on->evidence->subject;
    unsigned bits = subject->key_bits;

    if (!is_rsa(subject) || bits == 0) {
        pc_rule_say(on, PC_VERDICT_NOT_CHECKED, "%s: no RSA key length could be read, and the requirement is one for "
                                                "RSA keys. See KEY-ALG.", pc_rule_source(on));
        pc_rule_remedy(on, "Mend KEY-ALG first, then run the check again with the new certificate or request.");
    } else if (bits < LEAST_RSA_BITS) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s: the RSA key has %u bits; at least %u are demanded.", pc_rule_source(on),
                    bits, LEAST_RSA_BITS);
        pc_rule_remedy(on, "Write KeyLength = 2048 or KeyLength = 4096 in the INF file and make a new key and "
                           "request: p11cert new FILE --label NEW-LABEL");
    } else {
        pc_rule_say(on, PC_VERDICT_PASS, "%s: the RSA key has %u bits.", pc_rule_source(on), bits);
    }
}

static const pc_rule rules[] = {
    { "KEY-PRIV", "The private key is there, once", PC_NEEDS_SEARCH, judge_private },
    { "KEY-ALG", "The key is RSA", PC_NEEDS_SUBJECT, judge_algorithm },
    { "KEY-LEN", "The key is long enough", PC_NEEDS_SUBJECT, judge_length },
};

const pc_rule_table pc_rules_key = { rules, PC_COUNT(rules) };
