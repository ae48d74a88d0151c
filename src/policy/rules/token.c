/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <string.h>

#include "base/text.h"
#include "policy/weak_mechanisms.h"

/* What makers and their tools call a token that nobody has named; compared by how a label begins. */
static const char *const default_labels[] = {
    "SoftHSM",
    "IBM OS PKCS#11",
    "NSS Certificate DB",
    "NSS Generic Crypto",
    "OpenSC Card",
    "SmartCard-HSM",
    "YubiHSM",
    "UserPIN",
    "My token",
    "Token 1",
};

static const char *token_name(pc_rule_case *rule_case)
{
    return pc_rule_text(rule_case, "Token \"%s\"",
                        rule_case->evidence->token.label ? rule_case->evidence->token.label : "");
}

static void judge_login(pc_rule_case *rule_case)
{
    if (rule_case->evidence->token.login_required) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s requires a login (CKF_LOGIN_REQUIRED).", token_name(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s requires no login (CKF_LOGIN_REQUIRED is not set): anyone who can reach it can use its keys.",
                token_name(rule_case));
    pc_rule_remedy(rule_case, "Configure the token with its own tool so that private keys require a login; then make "
                              "new keys with CKA_PRIVATE true.");
}

static void judge_pins(pc_rule_case *rule_case)
{
    const pc_evidence_token *token = &rule_case->evidence->token;
    const char *faults =
        pc_rule_text(rule_case, "%s%s%s", token->user_pin_set ? "" : " The user PIN is not set.",
                     token->user_pin_to_be_changed ? " The user PIN must be changed." : "",
                     token->so_pin_to_be_changed ? " The Security Officer's PIN must be changed." : "");

    if (!*faults) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: the user PIN is set, and no PIN is marked for change. No token reports whether a PIN is easy "
                    "to guess.",
                    token_name(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s:%s", token_name(rule_case), faults);
    pc_rule_remedy(rule_case,
                   "Set new PINs: the Security Officer resets the user PIN with p11cert pin --reset; then each owner "
                   "changes their own, the user with p11cert pin, the Security Officer with p11cert pin --so.");
}

static void judge_label(pc_rule_case *rule_case)
{
    const char *label = rule_case->evidence->token.label ? rule_case->evidence->token.label : "";
    bool is_default = pc_span_trim(pc_span_of(label)).len == 0;

    for (size_t i = 0; i < PC_COUNT(default_labels) && !is_default; i++) {
        is_default = pc_text_starts(label, default_labels[i]);
    }
    if (!is_default) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it has a label of its own.", token_name(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: it has no label, or a manufacturer's default. Several tokens may have the same one, and a command "
                "meant for one may reach another.",
                token_name(rule_case));
    pc_rule_remedy(rule_case,
                   "Give each token a distinct label when it is initialised: p11cert init LABEL. A token in use "
                   "keeps its label; name it by its serial number as well: --token 'pkcs11:token=...;serial=...'");
}

static bool is_offered(const pc_evidence_mechanisms *all, const pc_weak_mechanism *weak)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].mechanism == weak->mechanism && pc_weak_mechanism_is_offered(weak, all->items[i].flags)) {
            return true;
        }
    }
    return false;
}

/* Rows with the same reason are adjacent, so that each reason is printed once. */
static const char *offered_mechanisms(pc_rule_case *rule_case)
{
    const char *list = "";
    const char *why = NULL;

    for (size_t i = 0; i < pc_weak_mechanism_count; i++) {
        const pc_weak_mechanism *weak = &pc_weak_mechanisms[i];

        if (!is_offered(&rule_case->evidence->mechanisms, weak)) {
            continue;
        }
        if (weak->why == why) {
            list = pc_rule_text(rule_case, "%s, %s", list, weak->name);
        } else {
            list = pc_rule_text(rule_case, "%s%s%s: %s", list, *list ? "; " : "", weak->why, weak->name);
        }
        why = weak->why;
    }
    return list;
}

static void judge_mechanisms(pc_rule_case *rule_case)
{
    const char *list = offered_mechanisms(rule_case);

    if (!*list) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s offers none of the mechanisms that are known to be weak.",
                    token_name(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s offers mechanisms that weaken keys: %s.", token_name(rule_case), list);
    pc_rule_remedy(rule_case, "Disable them if the module's configuration allows it (slots.mechanisms in SoftHSM's "
                              "configuration; the policy of a hardware module). Otherwise restrict keys with "
                              "CKA_ALLOWED_MECHANISMS, and give no key a use that it does not need.");
}

static const pc_rule rules[] = {
    { .id = "TOKEN-LOGIN", .title = "The token requires a login", .needs = PC_NEEDS_TOKEN, .judge = judge_login },
    { .id = "TOKEN-PIN",
      .title = "The PINs are set, and are not the manufacturer's",
      .needs = PC_NEEDS_TOKEN,
      .judge = judge_pins },
    { .id = "TOKEN-LABEL", .title = "The token has a label of its own", .needs = PC_NEEDS_TOKEN, .judge = judge_label },
    { .id = "MECH-WEAK",
      .title = "The token offers no weak mechanism",
      .needs = PC_NEEDS_TOKEN | PC_NEEDS_MECHANISMS,
      .judge = judge_mechanisms },
};

const pc_rule_table pc_rules_token = { rules, PC_COUNT(rules) };
