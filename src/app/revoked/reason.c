/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/crl.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/cleanup.h"

static const struct {
    pc_revocation_reason reason;
    const char *name;
} reasons[] = {
    { PC_REASON_UNSPECIFIED, "unspecified" },
    { PC_REASON_KEY_COMPROMISE, "keyCompromise" },
    { PC_REASON_CA_COMPROMISE, "cACompromise" },
    { PC_REASON_AFFILIATION_CHANGED, "affiliationChanged" },
    { PC_REASON_SUPERSEDED, "superseded" },
    { PC_REASON_CESSATION_OF_OPERATION, "cessationOfOperation" },
    { PC_REASON_CERTIFICATE_HOLD, "certificateHold" },
    { PC_REASON_REMOVE_FROM_CRL, "removeFromCRL" },
    { PC_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
    { PC_REASON_AA_COMPROMISE, "aACompromise" },
};

const char *pc_revocation_reason_name(pc_revocation_reason reason)
{
    for (size_t i = 0; i < PC_COUNT(reasons); i++) {
        if (reasons[i].reason == reason) {
            return reasons[i].name;
        }
    }
    return NULL;
}

pc_status pc_revocation_reason_from_name(const char *name, pc_revocation_reason *ret_reason, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(name);

    for (size_t i = 0; i < PC_COUNT(reasons); i++) {
        if (pc_text_equal(reasons[i].name, name)) {
            *ret_reason = reasons[i].reason;
            return PC_OK;
        }
        pc_nearest_offer(&nearest, reasons[i].name);
    }
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" is not a reason for a revocation", name);
    return nearest.best
               ? pc_hint(err, PC_E_INPUT, "did you mean %s?", nearest.best)
               : pc_hint(err, PC_E_INPUT,
                         "reasons are unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, "
                         "cessationOfOperation, certificateHold, removeFromCRL, privilegeWithdrawn and aACompromise");
}
