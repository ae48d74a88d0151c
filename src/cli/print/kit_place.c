/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/kit_place.h"

#include "cli/print/output.h"

void pc_print_kit_place(FILE *out, const pc_kit_result *kit)
{
    pc_print_safe(out, kit->out);
    (void)fprintf(out, "%s\n", kit->conflict ? " (the key cannot leave its token: see the options in README.txt)" : "");
}
