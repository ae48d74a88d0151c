/* SPDX-License-Identifier: Apache-2.0 */

/* The module that is linked to libcurl. It needs nothing of libp11cert. */
#include "base/own_module.h"
#include "enroll/http/curl_calls.h"

static const pc_curl_calls calls = {
    .easy_cleanup = curl_easy_cleanup,
    .easy_escape = curl_easy_escape,
    .easy_getinfo = curl_easy_getinfo,
    .easy_init = curl_easy_init,
    .easy_perform = curl_easy_perform,
    .easy_setopt = curl_easy_setopt,
    .easy_strerror = curl_easy_strerror,
    .free = curl_free,
    .getdate = curl_getdate,
    .global_cleanup = curl_global_cleanup,
    .global_init_mem = curl_global_init_mem,
    .slist_append = curl_slist_append,
    .slist_free_all = curl_slist_free_all,
    .url = curl_url,
    .url_cleanup = curl_url_cleanup,
    .url_get = curl_url_get,
    .url_set = curl_url_set,
    .version_info = curl_version_info,
};

pc_own_module_function pc_curl_table;

__attribute__((visibility("default"))) const void *pc_curl_table(size_t *ret_size, const char **ret_version)
{
    *ret_version = P11CERT_VERSION;
    *ret_size = sizeof calls;
    return &calls;
}
