/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "policy/windows_import.h"

/* Whether the key can be moved, as far as the token says. */
typedef enum {
    KEY_UNKNOWN,
    KEY_STAYS,
    KEY_MOVES,
} key_state;

static pc_fact extractable(const pc_evidence_key *key)
{
    return key->flags[PC_KEY_EXTRACTABLE];
}

static pc_fact never_extractable(const pc_evidence_key *key)
{
    return key->flags[PC_KEY_NEVER_EXTRACTABLE];
}

static pc_fact sensitive(const pc_evidence_key *key)
{
    return key->flags[PC_KEY_SENSITIVE];
}

static key_state state_of(const pc_evidence_key *key)
{
    if (extractable(key) == PC_FACT_FALSE || never_extractable(key) == PC_FACT_TRUE) {
        return KEY_STAYS;
    }
    return extractable(key) == PC_FACT_TRUE ? KEY_MOVES : KEY_UNKNOWN;
}

static const char *key_facts(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;

    bool is_odd = extractable(key) == PC_FACT_TRUE && never_extractable(key) == PC_FACT_TRUE;

    return pc_rule_text(rule_case, "%s: CKA_EXTRACTABLE %s, CKA_NEVER_EXTRACTABLE %s%s", pc_rule_key_name(rule_case),
                        pc_rule_fact(extractable(key)), pc_rule_fact(never_extractable(key)),
                        is_odd ? " (the token contradicts itself: one of the two is wrong)" : "");
}

static void say_unknown(pc_rule_case *rule_case)
{
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s. The token does not report enough to decide.%s",
                key_facts(rule_case), pc_rule_login_hint(rule_case));
    pc_rule_remedy(
        rule_case, "%s",
        rule_case->evidence->key.logged_in
            ? "Try an export of the key with the module's own tool. Until it has failed, assume that the key "
              "can leave the token."
            : "Run the check again with a PIN source, so that the token shows the attributes of the key.");
}

/* What the author of the file requests: the key that certreq reads, or else the misspelt one, whose meaning is plain.
 */
static pc_wish author_wish(const pc_exportable_wish *wish)
{
    return wish->exportable != PC_WISH_SILENT ? wish->exportable : wish->misspelt;
}

static const char *wish_line(pc_rule_case *rule_case)
{
    const pc_exportable_wish *wish = &rule_case->evidence->inf.wish;
    bool is_misspelt = wish->exportable == PC_WISH_SILENT;
    unsigned line = is_misspelt ? wish->misspelt_line : wish->exportable_line;

    if (author_wish(wish) == PC_WISH_SILENT) {
        return pc_rule_text(rule_case, "%s: it does not mention an exportable key, which means FALSE",
                            pc_rule_inf(rule_case));
    }
    return pc_rule_text(rule_case, "%s, line %u: \"%s = %s\"", pc_rule_inf(rule_case), line,
                        is_misspelt ? "Key Exportable" : "Exportable",
                        author_wish(wish) == PC_WISH_YES ? "TRUE" : "FALSE");
}

static void judge_file_against_key(pc_rule_case *rule_case)
{
    if (author_wish(&rule_case->evidence->inf.wish) != PC_WISH_YES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. The file does not ask for an exportable key.",
                    wish_line(rule_case));
        return;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_KEY)) {
        return;
    }
    key_state state = state_of(&rule_case->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(rule_case);
    } else if (state == KEY_MOVES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. %s. The key is what the file asks for.", wish_line(rule_case),
                    key_facts(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s. %s. The file asks for a key that can be exported; this one cannot, and PKCS#11 does not allow "
                    "that to change.",
                    wish_line(rule_case), key_facts(rule_case));
        pc_rule_remedy(rule_case,
                       "The two contradict each other; p11cert does not change a key to match a file.\n"
                       "1. If the key is right: write Exportable = FALSE in the file, and see EXP-3 for how the "
                       "SCOM host gets a key.\n"
                       "2. If the file is right: make a new key and request with p11cert new %s --exportable "
                       "--label NEW-LABEL, and have that request issued.",
                       pc_rule_word(rule_case->evidence->inf.file, "FILE"));
    }
}

static void judge_spelling(pc_rule_case *rule_case)
{
    const pc_exportable_wish *wish = &rule_case->evidence->inf.wish;

    if (wish->misspelt == PC_WISH_SILENT) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. There is no line \"Key Exportable\".", wish_line(rule_case));
        return;
    }
    const char *effect = wish->exportable == PC_WISH_YES ? "TRUE, because of the line \"Exportable\"" : "FALSE";

    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s, line %u: \"Key Exportable = %s\". certreq has no such key and ignores the "
                "line. On Windows the value in effect is %s.",
                pc_rule_inf(rule_case), wish->misspelt_line, wish->misspelt == PC_WISH_YES ? "TRUE" : "FALSE", effect);
    if (wish->exportable != PC_WISH_SILENT) {
        pc_rule_remedy(rule_case, "Delete line %u; line %u, \"Exportable\", is the one that takes effect.",
                       wish->misspelt_line, wish->exportable_line);
    } else {
        pc_rule_remedy(rule_case,
                       "In line %u write Exportable = TRUE if the key must be moved to another machine, otherwise "
                       "Exportable = FALSE.",
                       wish->misspelt_line);
    }
}

static void judge_reach(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    key_state state = state_of(key);

    if (rule_case->evidence->pfx.present) {
        pc_windows_judge_reach(rule_case);
        return;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_KEY)) {
        return;
    }
    if (state == KEY_UNKNOWN) {
        say_unknown(rule_case);
    } else if (state == KEY_STAYS) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s. It therefore cannot leave the token. SCOM loads the key from "
                    "LocalMachine\\My on the Windows host through a legacy CSP; a KSP is "
                    "not supported. This key cannot get there.",
                    key_facts(rule_case));
        pc_rule_key_options(rule_case);
    } else if (key->flags[PC_KEY_WRAP_WITH_TRUSTED] == PC_FACT_TRUE && sensitive(key) != PC_FACT_FALSE) {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s, CKA_WRAP_WITH_TRUSTED true. It can leave only under a wrapping key "
                    "that the Security Officer has marked as trusted.",
                    key_facts(rule_case));
        pc_rule_remedy(rule_case,
                       "Ask the Security Officer whether such a wrapping key exists. If not, make a new key with "
                       "p11cert new FILE --exportable --label NEW-LABEL.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. It can be moved to the SCOM host as a PFX.", key_facts(rule_case));
    }
}

static void judge_need(pc_rule_case *rule_case)
{
    if (author_wish(&rule_case->evidence->inf.wish) != PC_WISH_YES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. That is correct for a key made on the machine that uses it.",
                    wish_line(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                "%s. Whether the key is made on the SCOM host itself cannot be seen from "
                "here; it depends on where the request is made. If it is, no export is "
                "needed.",
                wish_line(rule_case));
    pc_rule_remedy(rule_case,
                   "If certreq makes the key on the SCOM host: write Exportable = FALSE. If the key is made on a "
                   "token and moved to the host: write Exportable = TRUE.");
}

static void judge_document(pc_rule_case *rule_case)
{
    key_state state = state_of(&rule_case->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(rule_case);
    } else if (state == KEY_MOVES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s. The page of 28 January 2023 requires this. According to its current "
                    "edition it is correct only for a key made on one machine for another.",
                    key_facts(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s. The key does not meet the requirement of the page of 28 January 2023. According to "
                    "its current edition it does, unless it was made on one machine for "
                    "another.",
                    key_facts(rule_case));
        pc_rule_remedy(rule_case,
                       "The page gives no reason, and TLS server authentication works with a key that cannot be "
                       "exported. An exportable key is needed only to move it to the host: see EXP-3.\n"
                       "1. If the key must be moved: make a new one, as EXP-3 describes. It will meet this rule too.\n"
                       "2. If the key stays where it is used: waive EXP-5, with the current edition of the page as "
                       "the reason, or check with --policy scom-current.");
    }
}

static void judge_history(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;

    if (rule_case->evidence->pfx.present && rule_case->evidence->pfx.has_key) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: it is a copy of the key.", pc_rule_pfx(rule_case));
        pc_rule_lock_up(rule_case);
        return;
    }
    if (!pc_rule_has(rule_case, PC_NEEDS_KEY)) {
        return;
    }
    if (extractable(key) == PC_FACT_TRUE) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s, CKA_SENSITIVE %s. A copy may exist outside the token, or be made at any "
                    "time; the token does not record exports%s.",
                    key_facts(rule_case), pc_rule_fact(sensitive(key)),
                    sensitive(key) == PC_FACT_FALSE ? ", and anyone who logs in can read the key in the clear" : "");
        pc_rule_lock_up(rule_case);
    } else if (extractable(key) == PC_FACT_UNKNOWN || never_extractable(key) == PC_FACT_UNKNOWN) {
        say_unknown(rule_case);
    } else if (never_extractable(key) == PC_FACT_FALSE) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s. The key cannot be extracted now, but once could be, or it was "
                    "imported. A copy may exist.",
                    key_facts(rule_case));
        pc_rule_remedy(rule_case,
                       "Find out where the key was made and who had access to it. If nobody knows: make a new key "
                       "with p11cert new FILE --label NEW-LABEL, and have this certificate revoked.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s. According to the token, the key never left it.",
                    key_facts(rule_case));
    }
}

static void judge_current_document(pc_rule_case *rule_case)
{
    key_state state = state_of(&rule_case->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(rule_case);
    } else if (state == KEY_STAYS) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s. The current edition of the page requires this of a key that "
                    "is made where it is used.",
                    key_facts(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s. According to the current edition of the page this is correct only for a key that is "
                    "made on one machine for another. Whether this one is cannot be seen from "
                    "here.",
                    key_facts(rule_case));
        pc_rule_remedy(rule_case,
                       "1. If the key is made here for a SCOM host elsewhere: waive EXP-7 with that as the reason, "
                       "move the key once, and lock it there as EXP-6 describes.\n"
                       "2. If it is used where it is: make a new key with p11cert new FILE --label NEW-LABEL, "
                       "which is not exportable, and have its request issued.");
    }
}

static const pc_rule rules[] = {
    { .id = "EXP-1",
      .title = "The key is as exportable as the file asks",
      .needs = PC_NEEDS_INF,
      .judge = judge_file_against_key },
    { .id = "EXP-2",
      .title = "The setting for an exportable key is spelt correctly",
      .needs = PC_NEEDS_INF,
      .judge = judge_spelling },
    { .id = "EXP-3", .title = "The key can reach the SCOM host", .judge = judge_reach },
    { .id = "EXP-4",
      .title = "A key made on the SCOM host needs no export",
      .needs = PC_NEEDS_INF,
      .judge = judge_need },
    { .id = "EXP-5",
      .title = "The key is exportable, as the page requires",
      .needs = PC_NEEDS_KEY,
      .judge = judge_document },
    { .id = "EXP-6", .title = "No copy of the key can exist outside the token", .judge = judge_history },
    { .id = "EXP-7",
      .title = "The key is not exportable, as the current page requires",
      .needs = PC_NEEDS_KEY,
      .judge = judge_current_document },
};

const pc_rule_table pc_rules_exportable = { rules, PC_COUNT(rules) };
