/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policy/windows_import.h"

/** The key that is judged, as its certificate or request shows it, else as the token does. */
typedef struct {
    const char *source; /* to begin a sentence */
    const char *algorithm;
    unsigned bits;
} judged_key;

/* @return false if nothing shows a key; the result then says so. */
static bool find_key(pc_rule_case *rule_case, judged_key *ret_key)
{
    const pc_evidence *evidence = rule_case->evidence;

    if (!evidence->subject.present && evidence->key.token_searched && evidence->key.found_count == 1) {
        *ret_key = (judged_key){ pc_rule_key_name(rule_case), evidence->key.algorithm, evidence->key.bits };
        return true;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_SUBJECT)) {
        return false;
    }
    *ret_key = (judged_key){ pc_rule_source(rule_case), evidence->subject.key_algorithm, evidence->subject.key_bits };
    return true;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (pc_text_equal(names[i], name)) {
            return true;
        }
    }
    return false;
}

static void judge_private(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    const char *token = key->token ? pc_rule_text(rule_case, "Token \"%s\"", key->token) : "The token";

    if (rule_case->evidence->pfx.present) {
        pc_windows_judge_private(rule_case);
        return;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_SEARCH)) {
        return;
    }
    if (key->found_count == 1) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: found, and the only one that matches.",
                    pc_rule_key_name(rule_case));
        return;
    }
    if (key->found_count == 0) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s holds no private key that matches. Without it SCOM cannot use the "
                    "certificate (events 20068, 20077).",
                    token);
        pc_rule_remedy(rule_case, "1. Look on the token that the request was made on: p11cert list\n2. If the key is "
                                  "gone, make a new request; a certificate is useless without its key.\n3. On a "
                                  "Windows host that has the key: certutil -repairstore my SERIAL");
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s holds %zu private keys that match; p11cert cannot tell which one is meant.", token,
                key->found_count);
    pc_rule_remedy(
        rule_case,
        "Name one key by its id (--key \"pkcs11:id=...\"), or remove the unwanted copies. p11cert list shows them.");
}

static bool is_allowed(const pc_rule_parameters *parameters, const char *algorithm)
{
    return (parameters->allowed_count == 0 || is_among(parameters->allowed, parameters->allowed_count, algorithm)) &&
           !is_among(parameters->forbidden, parameters->forbidden_count, algorithm);
}

static void judge_algorithm(pc_rule_case *rule_case)
{
    judged_key key;

    if (!find_key(rule_case, &key)) {
        return;
    }
    if (!key.algorithm) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: the key's algorithm cannot be read.", key.source);
        pc_rule_remedy(rule_case, "Run the check again with the certificate or request in its original form.");
    } else if (is_allowed(rule_case->parameters, key.algorithm)) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: the key is %s.", key.source, key.algorithm);
    } else if (rule_case->parameters == &pc_rule_defaults) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: the key is %s. The legacy providers that SCOM relies on hold RSA keys.", key.source,
                    key.algorithm);
        pc_rule_remedy(rule_case,
                       "Write KeyAlgorithm = RSA and KeyLength = 2048 in the INF file and make a new key and "
                       "request: p11cert new FILE --label NEW-LABEL");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: the key is %s; the policy requires %s.", key.source, key.algorithm,
                    pc_rule_algorithms(rule_case));
        pc_rule_remedy(
            rule_case,
            "Make a key with an algorithm that the policy allows, and a request: p11cert new FILE --label NEW-LABEL");
    }
}

static void judge_length(pc_rule_case *rule_case)
{
    unsigned least = rule_case->parameters->minimum_rsa_bits;
    judged_key key;

    if (!find_key(rule_case, &key)) {
        return;
    }
    if (!key.algorithm || !pc_text_equal(key.algorithm, "RSA") || key.bits == 0) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: no RSA key length can be read, and the requirement is for RSA keys. See KEY-ALG.", key.source);
        pc_rule_remedy(rule_case, "Fix KEY-ALG first, then run the check again with the new certificate or request.");
    } else if (key.bits < least) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: the RSA key has %u bits; at least %u are required.", key.source,
                    key.bits, least);
        pc_rule_remedy(rule_case,
                       "Write a KeyLength of %u or more in the INF file and make a new key and request: p11cert "
                       "new FILE --label NEW-LABEL",
                       least);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: the RSA key has %u bits; at least %u are required.", key.source,
                    key.bits, least);
    }
}

static const char *exponent_words(pc_rule_case *rule_case)
{
    uint64_t exponent = rule_case->evidence->key.exponent;

    return exponent == UINT64_MAX ? "over 64 bits"
           : exponent == 0        ? "not shown"
                                  : pc_rule_text(rule_case, "%" PRIu64, exponent);
}

static void judge_rsa_strength(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    const pc_rule_parameters *parameters = rule_case->parameters;
    const char *facts = pc_rule_text(rule_case, "%s: RSA, %u bits (at least %u), public exponent %s (at least %u)",
                                     pc_rule_key_name(rule_case), key->bits, parameters->minimum_rsa_bits,
                                     exponent_words(rule_case), parameters->minimum_exponent);

    if ((key->bits && key->bits < parameters->minimum_rsa_bits) ||
        (key->exponent && key->exponent < parameters->minimum_exponent)) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s. That is too weak.", facts);
        pc_rule_remedy(rule_case, "Make a new key with p11cert new FILE --key-type rsa-2048 or longer (its exponent is "
                                  "65537), and have its request issued.");
    } else if (!key->bits || !key->exponent) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s. The token does not show both.", facts);
        pc_rule_remedy(rule_case,
                       "Run the check again with the certificate of the key, or read its modulus with the module's "
                       "own tool.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s.", facts);
    }
}

static void judge_strength(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    unsigned least = rule_case->parameters->minimum_ec_bits;

    if (key->algorithm && pc_text_equal(key->algorithm, "RSA")) {
        judge_rsa_strength(rule_case);
    } else if (!key->algorithm || !key->bits) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: the token does not show what kind of key it is, or how long.", pc_rule_key_name(rule_case));
        pc_rule_remedy(rule_case, "See PUB-MATCH: the public key object shows it.");
    } else if (strncmp(key->algorithm, "ML-DSA-", 7) == 0) { /* its size says nothing of its strength */
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s, as strong as FIPS 204 has it.", pc_rule_key_name(rule_case),
                    key->algorithm);
    } else if (key->bits < least) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: %s of %u bits; at least %u are required.",
                    pc_rule_key_name(rule_case), key->algorithm, key->bits, least);
        pc_rule_remedy(rule_case,
                       "Make a new key with p11cert new FILE --key-type ec-p256, and have its request issued.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: %s of %u bits; at least %u are required.",
                    pc_rule_key_name(rule_case), key->algorithm, key->bits, least);
    }
}

static const pc_rule rules[] = {
    { .id = "KEY-PRIV", .title = "There is exactly one private key", .judge = judge_private },
    { .id = "KEY-ALG", .title = "The key is {algorithms}", .judge = judge_algorithm, .takes = PC_TAKES_ALGORITHMS },
    { .id = "KEY-LEN",
      .title = "The key has {rsa-bits} bits or more",
      .judge = judge_length,
      .takes = PC_TAKES_RSA_BITS },
    { .id = "KEY-STRENGTH",
      .title = "The key is strong (RSA: {rsa-bits} bits or more)",
      .needs = PC_NEEDS_KEY,
      .judge = judge_strength,
      .takes = PC_TAKES_RSA_BITS | PC_TAKES_EC_BITS | PC_TAKES_EXPONENT },
};

const pc_rule_table pc_rules_key = { rules, PC_COUNT(rules) };
