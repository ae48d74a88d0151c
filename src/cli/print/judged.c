/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/judged.h"

#include <string.h>

#include "cli/print/colour.h"
#include "cli/print/output.h"

static void print_judged(const pc_cli *cli, const pc_judged *judged)
{
    static const struct {
        const char *word;
        pc_colour colour;
    } marks[] = { [PC_JUDGED_PASS] = { "pass", PC_COLOUR_GOOD },
                  [PC_JUDGED_FAIL] = { "FAIL", PC_COLOUR_BAD },
                  [PC_JUDGED_NOT_CHECKED] = { "----", PC_COLOUR_FAINT },
                  [PC_JUDGED_NOTE] = { "note", PC_COLOUR_OTHER } };

    pc_print_state(cli, stdout, marks[judged->state].colour, 0, marks[judged->state].word);
    (void)printf("  %s: %s\n", judged->subject, judged->text);
}

void pc_judged_print(const pc_cli *cli, const pc_ceremony_verify_result *result, const char *done)
{
    for (size_t i = 0; i < result->count; i++) {
        print_judged(cli, &result->items[i]);
    }
    if (result->head) {
        (void)printf("\n");
        pc_print_safe(stdout, result->title);
        (void)printf("\nhead:  %s\nwords: %s\n", result->head, result->head_words);
    }
    if (result->is_verified) {
        pc_print_state(cli, stdout, PC_COLOUR_GOOD, 0, done);
        (void)printf(" as %s\n", result->mode);
        return;
    }
    char words[32] = "NOT ";

    for (size_t len = strlen(words); *done && len + 1 < sizeof words; done++) {
        words[len++] = (char)(*done - 'a' + 'A');
    }
    pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, words);
    (void)printf(": %zu failure%s\n", result->fail_count, result->fail_count == 1 ? "" : "s");
}

json_t *pc_judged_to_json(const pc_ceremony_verify_result *result)
{
    json_t *items = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(items,
                                    json_pack("{s:s, s:o, s:o}", "result", pc_judged_state_name(result->items[i].state),
                                              "subject", pc_json_text(result->items[i].subject), "text",
                                              pc_json_text(result->items[i].text)));
    }
    return json_pack("{s:b, s:o, s:o, s:I, s:o, s:o, s:I, s:o}", "verified", result->is_verified, "title",
                     pc_json_text(result->title), "mode", pc_json_text(result->mode), "lines",
                     (json_int_t)result->line_count, "head", pc_json_text(result->head), "words",
                     pc_json_text(result->head_words), "failures", (json_int_t)result->fail_count, "judged", items);
}
