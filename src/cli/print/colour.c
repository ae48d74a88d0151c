/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/colour.h"

#include <string.h>

#define PLAIN "\033[0m"

static const char *const starts[] = {
    [PC_COLOUR_NONE] = "",          [PC_COLOUR_GOOD] = "\033[32m",
    [PC_COLOUR_BAD] = "\033[1;31m", [PC_COLOUR_WARNING] = "\033[33m",
    [PC_COLOUR_OTHER] = "\033[36m", [PC_COLOUR_FAINT] = "\033[2m",
};

void pc_print_word(FILE *out, bool is_coloured, pc_colour colour, int width, const char *word)
{
    const char *start = is_coloured ? starts[colour] : "";
    const int len = (int)strlen(word);

    (void)fprintf(out, "%s%s%s%*s", start, word, *start ? PLAIN : "", len < width ? width - len : 0, "");
}

/* Standard error may lead elsewhere than the terminal whose abilities are known. */
void pc_print_state(const pc_cli *cli, FILE *out, pc_colour colour, int width, const char *word)
{
    pc_print_word(out, cli->colour && out == stdout, colour, width, word);
}
