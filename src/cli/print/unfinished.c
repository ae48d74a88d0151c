/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/unfinished.h"

#include "cli/print/output.h"

void pc_print_unfinished(FILE *out, pc_unfinished_signatures unfinished)
{
    for (size_t i = 0; i < unfinished.count; i++) {
        const pc_unfinished_signature *one = &unfinished.items[i];

        if (one->crl_number) {
            (void)fprintf(out,
                          "warning: the issuance log does not record the outcome of CRL %s\n"
                          "    a run was interrupted while the token signed it; the next CRL replaces it\n",
                          one->crl_number);
            continue;
        }
        (void)fprintf(out, "warning: the issuance log does not record the outcome of serial %s, for ", one->serial);
        pc_print_safe(out, one->subject);
        (void)fprintf(out,
                      "\n    a run was interrupted while the token signed it; no certificate was written\n"
                      "    in case a signature exists, revoke it: p11cert revoke --serial %s\n",
                      one->serial);
    }
}

json_t *pc_unfinished_to_json(pc_unfinished_signatures unfinished)
{
    json_t *list = json_array();

    for (size_t i = 0; i < unfinished.count; i++) {
        const pc_unfinished_signature *one = &unfinished.items[i];

        (void)json_array_append_new(list,
                                    json_pack("{s:o, s:o, s:o}", "serial", pc_json_text(one->serial), "subject",
                                              pc_json_text(one->subject), "crl_number", pc_json_text(one->crl_number)));
    }
    return list;
}
