/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/curl_calls.h"

#include "base/own_module.h"

/* Outlives a call, as libcurl itself does. */
static pc_own_module module = { .file = PC_CURL_MODULE,
                                .function = PC_CURL_FUNCTION,
                                .table_size = sizeof(pc_curl_calls),
                                .version = P11CERT_VERSION };

pc_status pc_curl_load(pc_error *err)
{
    return pc_own_module_open(&module, err);
}

const pc_curl_calls *pc_curl(void)
{
    return atomic_load(&module.table);
}

void pc_curl_free_text(char *text)
{
    pc_curl()->free(text);
}

void pc_curl_free_url(CURLU *url)
{
    pc_curl()->url_cleanup(url);
}
