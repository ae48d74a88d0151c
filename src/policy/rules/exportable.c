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

static const char *key_facts(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;

    bool is_odd = extractable(key) == PC_FACT_TRUE && never_extractable(key) == PC_FACT_TRUE;

    return pc_rule_text(on, "%s: CKA_EXTRACTABLE %s, CKA_NEVER_EXTRACTABLE %s%s", pc_rule_key_name(on),
                        pc_rule_fact(extractable(key)), pc_rule_fact(never_extractable(key)),
                        is_odd ? " (the token contradicts itself: one of the two is wrong)" : "");
}

static void say_unknown(pc_rule_case *on)
{
    pc_rule_say(on, PC_VERDICT_NOT_CHECKED,
                "%s. The token does not say enough to judge by; log in to it to have this "
                "checked.",
                key_facts(on));
    pc_rule_remedy(on, "Run the check again with a PIN source, so that the token shows the attributes of the key.");
}

/* What the author of the file wants: the key that certreq reads, or else the misspelt one, whose meaning is plain. */
static pc_wish author_wish(const pc_exportable_wish *wish)
{
    return wish->exportable != PC_WISH_SILENT ? wish->exportable : wish->misspelt;
}

static const char *wish_line(pc_rule_case *on)
{
    const pc_exportable_wish *wish = &on->evidence->inf.wish;
    bool is_misspelt = wish->exportable == PC_WISH_SILENT;
    unsigned line = is_misspelt ? wish->misspelt_line : wish->exportable_line;

    if (author_wish(wish) == PC_WISH_SILENT) {
        return pc_rule_text(on, "%s: it says nothing of an exportable key, which means FALSE", pc_rule_inf(on));
    }
    return pc_rule_text(on, "%s, line %u: \"%s = %s\"", pc_rule_inf(on), line,
                        is_misspelt ? "Key Exportable" : "Exportable",
                        author_wish(wish) == PC_WISH_YES ? "TRUE" : "FALSE");
}

static void judge_file_against_key(pc_rule_case *on)
{
    if (author_wish(&on->evidence->inf.wish) != PC_WISH_YES) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. The file does not ask for an exportable key.", wish_line(on));
        return;
    }
    if (!pc_rule_has(on, PC_NEEDS_KEY)) {
        return;
    }
    key_state state = state_of(&on->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(on);
    } else if (state == KEY_MOVES) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. %s. The key is what the file asks for.", wish_line(on), key_facts(on));
    } else {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s. %s. The file asks for a key that can be exported; this one cannot, and "
                    "PKCS #11 allows no change of that.",
                    wish_line(on), key_facts(on));
        pc_rule_remedy(on,
                       "One of the two must give way; p11cert does not change a key to please a file.\n"
                       "1. If the key is right: write Exportable = FALSE in the file, and see EXP-3 for how the "
                       "SCOM host gets a key.\n"
                       "2. If the file is right: make a new key and request with p11cert new %s --exportable "
                       "--label NEW-LABEL, and have that request issued.",
                       pc_rule_word(on->evidence->inf.file, "FILE"));
    }
}

static void judge_spelling(pc_rule_case *on)
{
    const pc_exportable_wish *wish = &on->evidence->inf.wish;

    if (wish->misspelt == PC_WISH_SILENT) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. There is no line \"Key Exportable\".", wish_line(on));
        return;
    }
    const char *effect = wish->exportable == PC_WISH_YES ? "TRUE, by the line \"Exportable\"" : "FALSE";

    pc_rule_say(on, PC_VERDICT_FAIL,
                "%s, line %u: \"Key Exportable = %s\". certreq has no such key and ignores the "
                "line. On Windows the value in effect is %s.",
                pc_rule_inf(on), wish->misspelt_line, wish->misspelt == PC_WISH_YES ? "TRUE" : "FALSE", effect);
    if (wish->exportable != PC_WISH_SILENT) {
        pc_rule_remedy(on, "Delete line %u; line %u, \"Exportable\", is the one that counts.", wish->misspelt_line,
                       wish->exportable_line);
    } else {
        pc_rule_remedy(on,
                       "In line %u write Exportable = TRUE if the key must be moved to another machine, else "
                       "Exportable = FALSE.",
                       wish->misspelt_line);
    }
}

static void judge_reach(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;
    key_state state = state_of(key);

    if (on->evidence->pfx.present) {
        pc_windows_judge_reach(on);
        return;
    }
    if (!pc_rule_has(on, PC_NEEDS_KEY)) {
        return;
    }
    if (state == KEY_UNKNOWN) {
        say_unknown(on);
    } else if (state == KEY_STAYS) {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s. By that it cannot leave the token. SCOM loads the key from "
                    "LocalMachine\\My on the Windows host through a legacy CSP; a KSP is "
                    "not supported. This key cannot get there.",
                    key_facts(on));
        pc_rule_ways_out(on);
    } else if (key->flags[PC_KEY_WRAP_WITH_TRUSTED] == PC_FACT_TRUE && sensitive(key) != PC_FACT_FALSE) {
        pc_rule_say(on, PC_VERDICT_WARNING,
                    "%s, CKA_WRAP_WITH_TRUSTED true. It can leave only under a wrapping key "
                    "that the Security Officer has marked as trusted.",
                    key_facts(on));
        pc_rule_remedy(on, "Ask the Security Officer whether such a wrapping key exists. If not, make a new key with "
                           "p11cert new FILE --exportable --label NEW-LABEL.");
    } else {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. It can be moved to the SCOM host as PFX.", key_facts(on));
    }
}

static void judge_need(pc_rule_case *on)
{
    if (author_wish(&on->evidence->inf.wish) != PC_WISH_YES) {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. That is right for a key made on the machine that uses it.",
                    wish_line(on));
        return;
    }
    pc_rule_say(on, PC_VERDICT_NOT_CHECKED,
                "%s. Whether the key is made on the SCOM host itself cannot be seen from "
                "here; tell it by where the request is made. If it is, no export is "
                "needed.",
                wish_line(on));
    pc_rule_remedy(on, "If certreq makes the key on the SCOM host: write Exportable = FALSE. If the key is made on a "
                       "token and moved to the host: write Exportable = TRUE.");
}

static void judge_document(pc_rule_case *on)
{
    key_state state = state_of(&on->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(on);
    } else if (state == KEY_MOVES) {
        pc_rule_say(on, PC_VERDICT_PASS,
                    "%s. By the page of 28 January 2023 this is what is required. By its current "
                    "edition it is right only for a key made on one machine for another.",
                    key_facts(on));
    } else {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s. By the page of 28 January 2023 the key does not meet the requirement. By "
                    "its current edition it does, unless it was made on one machine for "
                    "another.",
                    key_facts(on));
        pc_rule_remedy(on, "The page gives no reason, and TLS server authentication works with a key that cannot be "
                           "exported. What an exportable key is needed for is the way to the host: see EXP-3.\n"
                           "1. If the key must be moved: make a new one, as EXP-3 says. It will meet this rule too.\n"
                           "2. If the key stays where it is used: waive EXP-5, with the current edition of the page as "
                           "the reason, or judge by --policy scom-current.");
    }
}

static void judge_history(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;

    if (on->evidence->pfx.present && on->evidence->pfx.has_key) {
        pc_rule_say(on, PC_VERDICT_FAIL, "%s: it is a copy of the key.", pc_rule_pfx(on));
        pc_rule_lock_up(on);
        return;
    }
    if (!pc_rule_has(on, PC_NEEDS_KEY)) {
        return;
    }
    if (extractable(key) == PC_FACT_TRUE) {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s, CKA_SENSITIVE %s. A copy may exist outside the token, or be made any "
                    "time; the token keeps no count%s.",
                    key_facts(on), pc_rule_fact(sensitive(key)),
                    sensitive(key) == PC_FACT_FALSE ? ", and whoever logs in can read the key in "
                                                      "clear"
                                                    : "");
        pc_rule_lock_up(on);
    } else if (extractable(key) == PC_FACT_UNKNOWN || never_extractable(key) == PC_FACT_UNKNOWN) {
        say_unknown(on);
    } else if (never_extractable(key) == PC_FACT_FALSE) {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s. The key cannot be taken out now, but it once could, or it came from "
                    "outside. A copy may exist.",
                    key_facts(on));
        pc_rule_remedy(on, "Find out where the key was made and who had it then. If nobody can say: make a new key "
                           "with p11cert new FILE --label NEW-LABEL, and have this certificate revoked.");
    } else {
        pc_rule_say(on, PC_VERDICT_PASS, "%s. By the token's word the key never left it.", key_facts(on));
    }
}

static void judge_current_document(pc_rule_case *on)
{
    key_state state = state_of(&on->evidence->key);

    if (state == KEY_UNKNOWN) {
        say_unknown(on);
    } else if (state == KEY_STAYS) {
        pc_rule_say(on, PC_VERDICT_PASS,
                    "%s. By the current edition of the page this is what is wanted of a key that "
                    "is made where it is used.",
                    key_facts(on));
    } else {
        pc_rule_say(on, PC_VERDICT_FAIL,
                    "%s. By the current edition of the page that is right only for a key that is "
                    "made on one machine for another. Whether this one is cannot be seen from "
                    "here.",
                    key_facts(on));
        pc_rule_remedy(on, "1. If the key is made here for a SCOM host elsewhere: waive EXP-7 with that as the reason, "
                           "move the key once, and lock it there as EXP-6 says.\n"
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
      .title = "The wish for an exportable key is spelt right",
      .needs = PC_NEEDS_INF,
      .judge = judge_spelling },
    { .id = "EXP-3", .title = "The key can reach the SCOM host", .judge = judge_reach },
    { .id = "EXP-4",
      .title = "A key made on the SCOM host needs no export",
      .needs = PC_NEEDS_INF,
      .judge = judge_need },
    { .id = "EXP-5",
      .title = "The key is exportable, as the page demands",
      .needs = PC_NEEDS_KEY,
      .judge = judge_document },
    { .id = "EXP-6", .title = "No copy of the key can be outside the token", .judge = judge_history },
    { .id = "EXP-7",
      .title = "The key is not exportable, as the current page wants",
      .needs = PC_NEEDS_KEY,
      .judge = judge_current_document },
};

const pc_rule_table pc_rules_exportable = { rules, PC_COUNT(rules) };
