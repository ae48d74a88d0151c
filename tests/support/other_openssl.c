/* SPDX-License-Identifier: Apache-2.0 */
/* To be preloaded (LD_PRELOAD): makes libcurl report a version of OpenSSL other than the one that p11cert is built
 * with. */
#include <curl/curl.h>
#include <dlfcn.h>

curl_version_info_data *curl_version_info(CURLversion age)
{
    static curl_version_info_data answer;
    /* p11cert loads libcurl late, and not for every library: RTLD_NEXT would not find it. */
    void *libcurl = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
    union {
        void *symbol;
        curl_version_info_data *(*function)(CURLversion age);
    } entry = { .symbol = dlsym(libcurl, "curl_version_info") };

    answer = *entry.function(age);
    answer.ssl_version = "OpenSSL/99.1.2";
    return &answer;
}
