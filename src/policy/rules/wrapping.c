/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <string.h>

/* What the keys of a token can be made to do to one another (Clulow 2003; Tookan 2010). */

/** Labels in their order, each once, so that the report is the same whatever order the token has. */
typedef struct {
    const char **items;
    size_t count;
} labels;

static void add_label(pc_rule_case *rule_case, labels *sorted, const char *label)
{
    size_t index = 0;

    while (index < sorted->count && strcmp(sorted->items[index], label) < 0) {
        index++;
    }
    if (index < sorted->count && strcmp(sorted->items[index], label) == 0) {
        return;
    }
    if (!PC_PUSH(rule_case->arena, sorted->items, sorted->count)) {
        rule_case->out_of_memory = true;
        return;
    }
    memmove(sorted->items + index + 1, sorted->items + index, (sorted->count - 1 - index) * sizeof *sorted->items);
    sorted->items[index] = label;
}

static const char *listed(pc_rule_case *rule_case, const labels *all)
{
    const char *list = "";

    for (size_t i = 0; i < all->count; i++) {
        list = pc_rule_text(rule_case, "%s%s\"%s\"", list, i ? ", " : "", all->items[i]);
    }
    return list;
}

static const char *and_more(const pc_evidence_wrappers *all)
{
    return all->more ? " (there are more keys than were read)" : "";
}

/** Which of the wrapping keys have a property, and whether of one of them it is not known. */
typedef struct {
    labels labels;
    bool is_unsure;
} picked;

static pc_fact both(pc_fact a, pc_fact b)
{
    if (a == PC_FACT_FALSE || b == PC_FACT_FALSE) {
        return PC_FACT_FALSE;
    }
    return a == PC_FACT_TRUE && b == PC_FACT_TRUE ? PC_FACT_TRUE : PC_FACT_UNKNOWN;
}

static pc_fact negated(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? fact : fact == PC_FACT_TRUE ? PC_FACT_FALSE : PC_FACT_TRUE;
}

static pc_fact wraps_and_decrypts(const pc_evidence_wrapper *key)
{
    return both(key->wrap, key->decrypt);
}
static pc_fact unwraps_and_encrypts(const pc_evidence_wrapper *key)
{
    return both(key->unwrap, key->encrypt);
}
static pc_fact wraps_untrusted(const pc_evidence_wrapper *key)
{
    return both(key->wrap, negated(key->trusted));
}
static pc_fact wraps_anything(const pc_evidence_wrapper *key)
{
    return both(key->wrap, negated(key->wrap_template));
}

static picked pick(pc_rule_case *rule_case, pc_fact (*has)(const pc_evidence_wrapper *key))
{
    const pc_evidence_wrappers *all = &rule_case->evidence->wrappers;
    picked found = { .is_unsure = all->more };

    for (size_t i = 0; i < all->count; i++) {
        pc_fact fact = has(&all->items[i]);

        found.is_unsure = found.is_unsure || fact == PC_FACT_UNKNOWN;
        if (fact == PC_FACT_TRUE) {
            add_label(rule_case, &found.labels, all->items[i].label);
        }
    }
    return found;
}

static void say_unsure(pc_rule_case *rule_case)
{
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                "%s: the token does not show enough of the keys that wrap or unwrap%s.%s", pc_rule_key_name(rule_case),
                and_more(&rule_case->evidence->wrappers), pc_rule_login_hint(rule_case));
    pc_rule_remedy(rule_case, "Look at the wrapping keys with the module's own tool, or reduce their number.");
}

/* The pair itself: its public half wraps, its private half decrypts. */
static pc_fact pair_wraps_and_decrypts(const pc_evidence *evidence)
{
    return both(evidence->public_object.wrap, evidence->key.flags[PC_KEY_DECRYPT]);
}

static void judge_wrap_decrypt(pc_rule_case *rule_case)
{
    pc_fact pair = pair_wraps_and_decrypts(rule_case->evidence);
    picked found = pick(rule_case, wraps_and_decrypts);

    if (pair == PC_FACT_TRUE) {
        add_label(rule_case, &found.labels, rule_case->evidence->key.label ? rule_case->evidence->key.label : "");
    }
    if (found.labels.count) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: these keys may both wrap and decrypt: %s%s. A key wrapped under one of them can be read in "
                    "the clear by decrypting it with that same key.",
                    pc_rule_key_name(rule_case), listed(rule_case, &found.labels),
                    and_more(&rule_case->evidence->wrappers));
        pc_rule_remedy(rule_case,
                       "Remove one of the two uses from each of these keys (pkcs11-tool cannot; the module's own tool "
                       "may), or replace it. Mark keys that must not leave as CKA_EXTRACTABLE false.");
    } else if (pair == PC_FACT_UNKNOWN || found.is_unsure) {
        say_unsure(rule_case);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: no key that wraps may also decrypt; %zu were examined.",
                    pc_rule_key_name(rule_case), rule_case->evidence->wrappers.count);
    }
}

/* Of an RSA pair whoever has the public key encrypts, on the token or off it: CKA_UNWRAP alone is enough. */
static void judge_unwrap_encrypt(pc_rule_case *rule_case)
{
    pc_fact pair = rule_case->evidence->key.flags[PC_KEY_UNWRAP];
    picked found = pick(rule_case, unwraps_and_encrypts);

    if (pair == PC_FACT_TRUE) {
        add_label(rule_case, &found.labels, rule_case->evidence->key.label ? rule_case->evidence->key.label : "");
    }
    if (found.labels.count) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: data for these keys to unwrap can be encrypted by others: %s%s. A key of known value can thus "
                    "be brought into the token, and other keys wrapped under it.",
                    pc_rule_key_name(rule_case), listed(rule_case, &found.labels),
                    and_more(&rule_case->evidence->wrappers));
        pc_rule_remedy(rule_case,
                       "Make keys that unwrap without CKA_ENCRYPT, and signing or server keys without CKA_UNWRAP: "
                       "p11cert new never sets it.");
    } else if (pair == PC_FACT_UNKNOWN || found.is_unsure) {
        say_unsure(rule_case);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: no key that unwraps may also encrypt; %zu were examined.",
                    pc_rule_key_name(rule_case), rule_case->evidence->wrappers.count);
    }
}

static void judge_trusted(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    bool may_leave = key->flags[PC_KEY_EXTRACTABLE] != PC_FACT_FALSE;
    pc_fact only_trusted = key->flags[PC_KEY_WRAP_WITH_TRUSTED];
    picked untrusted = pick(rule_case, wraps_untrusted);

    if (rule_case->evidence->wrappers.user_sets_trusted == PC_FACT_TRUE) {
        /* Of a key that cannot be wrapped at all it says nothing; of the next one it does. */
        pc_rule_say(
            rule_case, may_leave ? PC_VERDICT_FAIL : PC_VERDICT_WARNING,
            "%s: on this token the user can set CKA_TRUSTED, which only the Security Officer should be able to do. "
            "CKA_WRAP_WITH_TRUSTED therefore protects nothing.",
            pc_rule_key_name(rule_case));
        pc_rule_remedy(rule_case,
                       "Do not rely on CKA_WRAP_WITH_TRUSTED here. Keys that must not leave need CKA_EXTRACTABLE "
                       "false.");
    } else if (!may_leave) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it cannot be wrapped at all, so no wrapping key need be trusted.",
                    pc_rule_key_name(rule_case));
    } else if (only_trusted == PC_FACT_UNKNOWN) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "%s: CKA_WRAP_WITH_TRUSTED unknown. The module does not report it, so "
                    "nothing is proved.%s",
                    pc_rule_key_name(rule_case), pc_rule_login_hint(rule_case));
        pc_rule_remedy(rule_case, "Ask the vendor whether the module keeps CKA_WRAP_WITH_TRUSTED. Until then assume "
                                  "that the key can leave under any wrapping key.");
    } else if (untrusted.labels.count) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: CKA_WRAP_WITH_TRUSTED %s, and these wrapping keys are not CKA_TRUSTED: "
                    "%s%s.",
                    pc_rule_key_name(rule_case), pc_rule_fact(only_trusted), listed(rule_case, &untrusted.labels),
                    and_more(&rule_case->evidence->wrappers));
        pc_rule_remedy(rule_case, "Have the Security Officer mark the intended wrapping keys as trusted (CKA_TRUSTED), "
                                  "and remove the others. Make keys that may leave with CKA_WRAP_WITH_TRUSTED true.");
    } else if (untrusted.is_unsure) {
        say_unsure(rule_case);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: every wrapping key is trusted; %zu were examined.",
                    pc_rule_key_name(rule_case), rule_case->evidence->wrappers.count);
    }
}

static void judge_template(pc_rule_case *rule_case)
{
    bool unwraps = rule_case->evidence->key.flags[PC_KEY_UNWRAP] == PC_FACT_TRUE;
    pc_fact unwrap_template = unwraps ? rule_case->evidence->limits.unwrap_template : PC_FACT_TRUE;
    picked found = pick(rule_case, wraps_anything);

    if (unwrap_template == PC_FACT_FALSE) {
        add_label(rule_case, &found.labels, rule_case->evidence->key.label ? rule_case->evidence->key.label : "");
    }
    if (found.labels.count) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: these keys wrap any key that may be wrapped, or unwrap keys with any attributes that are "
                    "requested: %s%s.",
                    pc_rule_key_name(rule_case), listed(rule_case, &found.labels),
                    and_more(&rule_case->evidence->wrappers));
        pc_rule_remedy(rule_case,
                       "Give wrapping keys a CKA_WRAP_TEMPLATE and unwrapping keys a CKA_UNWRAP_TEMPLATE when they "
                       "are made (PKCS#11 v2.40 section 4.10), with the module's own tool.");
    } else if (unwrap_template == PC_FACT_UNKNOWN || found.is_unsure) {
        say_unsure(rule_case);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: no key wraps or unwraps without a template; %zu were examined.",
                    pc_rule_key_name(rule_case), rule_case->evidence->wrappers.count);
    }
}

static const pc_rule rules[] = {
    { .id = "ATTR-WRAP-DECRYPT",
      .title = "No key both wraps and decrypts",
      .needs = PC_NEEDS_KEY | PC_NEEDS_WRAPPERS | PC_NEEDS_PUBLIC,
      .judge = judge_wrap_decrypt },
    { .id = "ATTR-UNWRAP-ENCRYPT",
      .title = "No key both unwraps and encrypts",
      .needs = PC_NEEDS_KEY | PC_NEEDS_WRAPPERS,
      .judge = judge_unwrap_encrypt },
    { .id = "ATTR-WRAP-TRUSTED",
      .title = "Keys may leave only under trusted wrapping keys",
      .needs = PC_NEEDS_KEY | PC_NEEDS_WRAPPERS,
      .judge = judge_trusted },
    { .id = "ATTR-WRAP-TEMPLATE",
      .title = "Wrapping keys have templates",
      .needs = PC_NEEDS_KEY | PC_NEEDS_WRAPPERS | PC_NEEDS_LIMITS,
      .judge = judge_template },
};

const pc_rule_table pc_rules_wrapping = { rules, PC_COUNT(rules) };
