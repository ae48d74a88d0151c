/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_KIT_PLACE_H
#define PC_CLI_KIT_PLACE_H

#include <stdio.h>

#include <p11cert/kit.h>

/** Ends a line with the folder of a kit, and whether the key cannot leave its token. */
void pc_print_kit_place(FILE *out, const pc_kit_result *kit);

#endif
