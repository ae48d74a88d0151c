/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/cmc.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "x509/auto.h"

bool pc_cmc_recognise(pc_bytes der)
{
    const uint8_t *cursor = der.data;

    ERR_set_mark();
    PC_AUTO(CMS_ContentInfo)
    CMS_ContentInfo *cms = der.len <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &cursor, (long)der.len) : NULL;
    const ASN1_OBJECT *type = cms ? CMS_get0_eContentType(cms) : NULL;
    bool is_cmc = type && OBJ_obj2nid(type) == NID_id_cct_PKIData;

    ERR_pop_to_mark();
    return is_cmc;
}

pc_status pc_cmc_refuse(const char *file, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" is a CMC request (RFC 5272), as certreq creates it for RequestType=CMC",
                  file);
    return pc_hint(
        err, PC_E_INPUT,
        "p11cert reads PKCS#10 requests: create the request again with RequestType=PKCS10, or submit this one "
        "on Windows with certreq -submit");
}
