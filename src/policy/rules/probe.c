/* SPDX-License-Identifier: Apache-2.0 */
/* What a token did with temporary keys, compared with what it reports about them. */
#include "policy/rule.h"

#include "base/text.h"

static const pc_probe_attempt *find(const pc_probe *probe, const char *id)
{
    for (size_t i = 0; i < probe->attempt_count; i++) {
        if (pc_text_equal(probe->attempts[i].id, id)) {
            return &probe->attempts[i];
        }
    }
    return NULL;
}

/* Session objects that remain after the probe are reported with every result. */
static const char *left_behind(const pc_probe *probe)
{
    return probe->cleaned ? "" : " Whether every temporary object was removed could not be verified.";
}

/* "Read the private value" is printed as "to read the private value". */
static void say(pc_rule_case *rule_case, pc_verdict verdict, const pc_probe_attempt *attempt, const char *what)
{
    const pc_probe *probe = rule_case->evidence->probe;
    char first = attempt->title[0];

    pc_rule_say(rule_case, verdict, "Tried on a temporary %s key (%s), to %c%s: %s. %s.%s", probe->kind, attempt->claim,
                first >= 'A' && first <= 'Z' ? first - 'A' + 'a' : first, first ? attempt->title + 1 : "", what,
                attempt->answer, left_behind(probe));
}

static void say_done(pc_rule_case *rule_case, const pc_probe_attempt *attempt)
{
    if (!attempt->forbidden) {
        say(rule_case, PC_VERDICT_PASS, attempt, "done, and no flag forbids it");
    } else if (attempt->lie) {
        say(rule_case, PC_VERDICT_FAIL, attempt, "DONE, although its flags forbid it");
        pc_rule_remedy(
            rule_case,
            "Do not rely on this token to protect a key: it does not do what it reports. Make the key on another "
            "token, and inform the module's vendor. p11cert-token-families(7) names the modules known for this.");
    } else {
        say(rule_case, PC_VERDICT_WARNING, attempt,
            "reported as done, although its flags forbid it, but without effect");
        pc_rule_remedy(rule_case, "Anyone with the PIN can rewrite this flag, so do not rely on the flags of a key on "
                                  "this token. The test has shown that the key itself stays on the token.");
    }
}

/* False if there is nothing to evaluate, which has then been reported. */
static bool has_attempt(pc_rule_case *rule_case, const pc_probe_attempt *attempt)
{
    const pc_probe *probe = rule_case->evidence->probe;

    if (!probe->made) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "No temporary %s key could be created (%s), so nothing was tested.%s", probe->kind,
                    probe->not_made ? probe->not_made : "no reason given", left_behind(probe));
        pc_rule_remedy(rule_case, "Some tokens do not support session key pairs. What `p11cert new` proves with the "
                                  "real key does not depend on this.");
        return false;
    }
    if (!attempt) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "The temporary %s key had %s, so there was nothing to test.%s",
                    probe->kind, probe->exportable ? "been made exportable" : "this already", left_behind(probe));
        pc_rule_remedy(rule_case, "Nothing to do: the key is allowed to do this anyway.");
        return false;
    }
    if (attempt->deed == PC_DEED_NOT_TRIED) {
        say(rule_case, PC_VERDICT_NOT_CHECKED, attempt, "could not be tried, or failed without being refused");
        pc_rule_remedy(rule_case,
                       "A failure is not a refusal. If the token was busy or unreachable, run the check again.");
        return false;
    }
    return true;
}

static void judge(pc_rule_case *rule_case, const char *id)
{
    const pc_probe_attempt *attempt = find(rule_case->evidence->probe, id);

    if (!has_attempt(rule_case, attempt)) {
        return;
    }
    if (attempt->deed == PC_DEED_REFUSED) {
        say(rule_case, PC_VERDICT_PASS, attempt, "refused");
    } else {
        say_done(rule_case, attempt);
    }
}

static void judge_read(pc_rule_case *rule_case)
{
    judge(rule_case, "read");
}

static void judge_wrap(pc_rule_case *rule_case)
{
    judge(rule_case, "wrap");
}

static void judge_copy(pc_rule_case *rule_case)
{
    judge(rule_case, "copy-extractable");
}

static void judge_set_extractable(pc_rule_case *rule_case)
{
    judge(rule_case, "set-extractable");
}

static void judge_unset_sensitive(pc_rule_case *rule_case)
{
    judge(rule_case, "unset-sensitive");
}

/* Of two uses that could be added, the one that was. */
static const pc_probe_attempt *wider_use(const pc_probe *probe)
{
    const pc_probe_attempt *unwrap = find(probe, "set-unwrap");
    const pc_probe_attempt *decrypt = find(probe, "set-decrypt");

    return decrypt && decrypt->deed == PC_DEED_DONE && !(unwrap && unwrap->deed == PC_DEED_DONE) ? decrypt : unwrap;
}

/* A key with more permissions than stated opens ways that were not tested; that alone does not reveal it. */
static void judge_set_unwrap(pc_rule_case *rule_case)
{
    const pc_probe_attempt *attempt = wider_use(rule_case->evidence->probe);

    if (!has_attempt(rule_case, attempt)) {
        return;
    }
    if (attempt->deed == PC_DEED_REFUSED) {
        say(rule_case, PC_VERDICT_PASS, attempt, "refused");
        return;
    }
    say(rule_case, PC_VERDICT_WARNING, attempt,
        attempt->forbidden ? "DONE, although its flags forbid it" : "done, and no flag forbids it");
    pc_rule_remedy(rule_case,
                   "Anyone with the PIN can give such a key more uses than it was made for. Make keys that must not "
                   "change without --exportable; if the token does not honour CKA_MODIFIABLE false, guard the PIN.");
}

static const pc_rule rules[] = {
    { .id = "PROBE-READ", .title = "The private value cannot be read", .needs = PC_NEEDS_PROBE, .judge = judge_read },
    { .id = "PROBE-WRAP",
      .title = "A non-extractable key cannot be wrapped",
      .needs = PC_NEEDS_PROBE,
      .judge = judge_wrap },
    { .id = "PROBE-COPY", .title = "A copy cannot be made extractable", .needs = PC_NEEDS_PROBE, .judge = judge_copy },
    { .id = "PROBE-SET-EXTRACTABLE",
      .title = "A non-extractable key cannot be made extractable",
      .needs = PC_NEEDS_PROBE,
      .judge = judge_set_extractable },
    { .id = "PROBE-SET-SENSITIVE",
      .title = "A sensitive key cannot be made readable",
      .needs = PC_NEEDS_PROBE,
      .judge = judge_unset_sensitive },
    { .id = "PROBE-SET-UNWRAP",
      .title = "The uses of a key cannot be extended",
      .needs = PC_NEEDS_PROBE,
      .judge = judge_set_unwrap },
};

const pc_rule_table pc_rules_probe = { rules, PC_COUNT(rules) };
