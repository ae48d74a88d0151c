/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/keys_again.h"

#include "app/request/keygen_plan.h"
#include "token/key.h"

static const pc_key_flag uses[] = { PC_KEY_SIGN, PC_KEY_SIGN_RECOVER, PC_KEY_DECRYPT, PC_KEY_UNWRAP, PC_KEY_DERIVE };

/* A key that a step made, and what is known of one use of it. */
typedef struct {
    const pc_script_step *step;
    pc_key_use planned;
    const char *attribute; /* "CKA_SIGN" */
    pc_key_flag flag;
    pc_fact ordered;
    pc_fact found;
} key_use;

/* Where the judgement of all keys goes. */
typedef struct {
    pc_ceremony_verify_result *verdict;
    size_t steps;      /* that generate a key */
    size_t as_ordered; /* of those: the token showed each use, as ordered */
} judging;

static pc_fact fact_of(const json_t *value)
{
    return json_is_true(value) ? PC_FACT_TRUE : json_is_false(value) ? PC_FACT_FALSE : PC_FACT_UNKNOWN;
}

static pc_status judge_use(const key_use *use, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const bool is_unordered = use->ordered == PC_FACT_FALSE && !pc_key_flag_is_stated(use->flag, PC_RUNG_BARE);
    const pc_judged_state judged = use->found == PC_FACT_UNKNOWN || is_unordered ? PC_JUDGED_NOTE : PC_JUDGED_FAIL;

    if (use->found == use->ordered) {
        return PC_OK;
    }
    return pc_verdict_add(verdict, judged, err, "keys",
                          "step %zu, line %zu: the key \"%s\" is ordered for the use %s, so %s should be %s; the token "
                          "%s",
                          use->step->number, use->step->line, use->step->key, pc_key_use_name(use->planned),
                          use->attribute, use->ordered == PC_FACT_TRUE ? "true" : "false",
                          use->found == PC_FACT_UNKNOWN ? "did not show it"
                          : use->found == PC_FACT_TRUE  ? "showed true"
                                                        : "showed false");
}

static pc_status judge_values(judging *judge, const pc_script_step *step, const json_t *values, pc_error *err)
{
    pc_keygen_order order = { .label = step->key, .key_type = step->type };
    pc_fact ordered[PC_KEY_FLAG_COUNT];
    bool as_ordered = true;
    pc_key_plan plan;

    PC_TRY(pc_keygen_use(step->use, &order.use, err));
    PC_TRY(pc_keygen_plan(&order, &plan, err));
    pc_key_plan_expect(&plan, ordered);
    for (size_t i = 0; i < PC_COUNT(uses); i++) {
        char name[PC_CEREMONY_ATTRIBUTE_SIZE];
        const char *attribute = pc_ceremony_attribute_name(uses[i], name);
        const key_use use = { step,    order.use,        attribute,
                              uses[i], ordered[uses[i]], fact_of(json_object_get(values, attribute)) };

        PC_TRY(judge_use(&use, judge->verdict, err));
        as_ordered = as_ordered && use.found == use.ordered;
    }
    judge->as_ordered += as_ordered;
    return PC_OK;
}

/* A step without attributes of a private key has been reported. */
static pc_status judge_step(const pc_ceremony_material *material, const pc_script_step *step, judging *judge,
                            pc_error *err)
{
    const char *name = pc_gathered_draw_name(material->arena, (int64_t)step->number,
                                             pc_ceremony_key_name(&material->ceremony, step->token, step->key));
    const json_t *values = name ? json_object_get(material->gathered->attributes, name) : NULL;

    if (!name) {
        return pc_fail_memory(err);
    }
    if (json_is_true(values)) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "keys",
                              "step %zu, line %zu: the attributes of the key \"%s\" are recorded twice, and differ",
                              step->number, step->line, step->key);
    }
    pc_status status = json_is_object(values) ? judge_values(judge, step, values, err) : PC_OK;

    return status == PC_OK ? PC_OK : pc_verdict_add_error(judge->verdict, status, "keys", err);
}

pc_status pc_ceremony_keys_again(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict,
                                 pc_error *err)
{
    judging judge = { .verdict = verdict };

    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        if (step->kind == PC_STEP_KEYGEN) {
            PC_TRY(judge_step(material, step, &judge, err));
            judge.steps++;
        }
    }
    return judge.steps && judge.as_ordered == judge.steps
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "keys",
                                "%zu generated, each for the use that the ceremony file orders", judge.steps)
               : PC_OK;
}
