/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_bool.h"

#include "base/text.h"
#include "inf/inf_report.h"

static const struct {
    const char *text;
    bool value;
} booleans[] = {
    { "TRUE", true }, { "FALSE", false }, { "yes", true }, { "no", false }, { "1", true }, { "0", false },
};

bool pc_inf_to_bool(const char *text, bool *ret_value)
{
    for (size_t i = 0; i < PC_COUNT(booleans); i++) {
        if (pc_text_equal(text, booleans[i].text)) {
            *ret_value = booleans[i].value;
            return true;
        }
    }
    return false;
}

pc_status pc_inf_read_wish(pc_inf_job *job, const pc_inf_entry *entry, pc_wish *wish)
{
    bool value = false;

    if (!pc_inf_to_bool(entry->value, &value)) {
        return pc_inf_bad_value(job, entry, "it is neither TRUE nor FALSE", "write TRUE or FALSE");
    }
    *wish = value ? PC_WISH_YES : PC_WISH_NO;
    return PC_OK;
}

pc_status pc_inf_read_flag(pc_inf_job *job, const pc_inf_entry *entry, bool *flag)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    *flag = wish == PC_WISH_YES;
    return PC_OK;
}
