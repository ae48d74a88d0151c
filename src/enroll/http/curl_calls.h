/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_CURL_CALLS_H
#define PC_ENROLL_CURL_CALLS_H

#include <curl/curl.h>

#include "base/cleanup.h"

/**
 * The functions of libcurl that p11cert uses. libcurl loads 25 other libraries, so it is linked to a module of its own,
 * which is opened when a CA is talked to.
 */
typedef struct {
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_escape) *easy_escape;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_free) *free;
    __typeof__(curl_getdate) *getdate;
    __typeof__(curl_global_cleanup) *global_cleanup;
    __typeof__(curl_global_init_mem) *global_init_mem;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
    __typeof__(curl_url) *url;
    __typeof__(curl_url_cleanup) *url_cleanup;
    __typeof__(curl_url_get) *url_get;
    __typeof__(curl_url_set) *url_set;
    __typeof__(curl_version_info) *version_info;
} pc_curl_calls;

#define PC_CURL_MODULE   "p11cert-curl.so"
#define PC_CURL_FUNCTION "pc_curl_table"

/** Load libcurl, unless it is loaded. @return PC_OK; PC_E_CRYPTO as pc_own_module_open. */
PC_MUST_CHECK pc_status pc_curl_load(pc_error *err);

/** libcurl's functions. Only after pc_curl_load succeeded. */
const pc_curl_calls *pc_curl(void);

void pc_curl_free_text(char *text);
void pc_curl_free_url(CURLU *url);

PC_AUTO_DEFINE(curl_text, char, pc_curl_free_text);
PC_AUTO_DEFINE(curl_url, CURLU, pc_curl_free_url);

#endif
