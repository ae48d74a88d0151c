/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/evidence_template.h"

#include "app/ca/template_key.h"
#include "app/ca/templates.h"
#include "base/text.h"

pc_status pc_check_read_template(const pc_check_order *order, pc_check_template **ret_answer, pc_error *err)
{
    const pc_templates_order question = { .ca = order->ca, .template_name = order->template_name };

    if (order->ca->client_key) {
        (void)pc_fail(err, PC_E_USAGE, "a check reads the template without a client certificate");
        return pc_hint(err, PC_E_USAGE, "`p11cert templates` takes `client_key`");
    }
    pc_status status = pc_templates_run(&question, NULL, ret_answer, err);

    return status == PC_OK ? PC_OK : pc_note(err, status, "the template could not be read, and nothing was checked");
}

void pc_check_template_free(pc_check_template *answer)
{
    pc_templates_result_free(answer);
}

/* The sentences of that verdict. NULL: there are none, or out of memory. */
static const char *lines_of(const pc_template *item, pc_template_verdict verdict, pc_arena *arena)
{
    const char *joined = NULL;

    for (size_t i = 0; i < item->line_count; i++) {
        if (item->lines[i].verdict == verdict) {
            joined = joined ? pc_arena_format(arena, "%s; %s", joined, item->lines[i].words)
                            : pc_arena_string(arena, item->lines[i].words);
        }
    }
    return joined;
}

static const char *key_words(const char *algorithm, unsigned bits, pc_arena *arena)
{
    return !algorithm ? NULL
           : bits     ? pc_arena_format(arena, "%s with %u bits", algorithm, bits)
                      : pc_arena_string(arena, algorithm);
}

static const char *required_words(const pc_template *item, pc_arena *arena)
{
    return pc_text_equal(item->key_algorithm, "RSA") && item->key_bits
               ? pc_arena_format(arena, "RSA with at least %u bits", item->key_bits)
               : pc_arena_string(arena, item->key_algorithm);
}

pc_status pc_evidence_of_template(const pc_check_template *answer, pc_arena *arena, pc_evidence *evidence,
                                  pc_error *err)
{
    const pc_template *item = answer && answer->count ? &answer->items[0] : NULL;
    const bool is_on_token = evidence->key.found_count > 0 && evidence->key.algorithm;
    const char *algorithm = is_on_token                 ? evidence->key.algorithm
                            : evidence->subject.present ? evidence->subject.key_algorithm
                                                        : NULL;
    const unsigned bits = is_on_token ? evidence->key.bits : evidence->subject.key_bits;

    if (!item) {
        return PC_OK;
    }
    evidence->ca_template = (pc_evidence_template){
        .read = true,
        .name = item->name,
        .named_only = item->verdict == PC_TEMPLATE_UNKNOWN,
        .refused = lines_of(item, PC_TEMPLATE_REFUSED, arena),
        .warned = lines_of(item, PC_TEMPLATE_WARNED, arena),
        .key_required = required_words(item, arena),
        .key = key_words(algorithm, bits, arena),
        .takes_key = pc_template_takes_described(item, algorithm, bits),
        .permits_export = (item->private_key_flags & PC_TEMPLATE_KEY_EXPORTABLE) != 0,
    };
    const pc_evidence_template *made = &evidence->ca_template;
    const bool is_complete = made->key_required && (made->key || !algorithm) &&
                             (made->refused || item->verdict != PC_TEMPLATE_REFUSED) &&
                             (made->warned || item->verdict != PC_TEMPLATE_WARNED);

    return is_complete ? PC_OK : pc_fail_memory(err);
}
