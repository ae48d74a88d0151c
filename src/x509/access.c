/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/access.h"

#include "x509/alt_names.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(DIST_POINT, DIST_POINT, DIST_POINT_free);
PC_AUTO_DEFINE(DIST_POINT_NAME, DIST_POINT_NAME, DIST_POINT_NAME_free);
PC_AUTO_DEFINE(ACCESS_DESCRIPTION, ACCESS_DESCRIPTION, ACCESS_DESCRIPTION_free);
PC_AUTO_DEFINE(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free);

static pc_status build_url(const char *url, GENERAL_NAME **ret_name, pc_error *err)
{
    const pc_alt_name name = { .kind = PC_ALT_URI, .text = url };

    return pc_x509_general_name_build(&name, ret_name, err);
}

pc_status pc_distribution_point_build(pc_text_list urls, DIST_POINT_NAME **ret_name, pc_error *err)
{
    PC_AUTO(DIST_POINT_NAME) DIST_POINT_NAME *name = DIST_POINT_NAME_new();
    GENERAL_NAMES *full = name ? GENERAL_NAMES_new() : NULL;

    if (!full) {
        return pc_fail_memory(err);
    }
    name->type = 0; /* fullName */
    name->name.fullname = full;
    for (size_t i = 0; i < urls.count; i++) {
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *each = NULL;

        PC_TRY(build_url(urls.items[i], &each, err));
        if (sk_GENERAL_NAME_push(full, each) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(each);
    }
    *ret_name = PC_TAKE(name);
    return PC_OK;
}

pc_status pc_extension_add_crl_urls(pc_extension_list *list, pc_text_list urls, pc_error *err)
{
    PC_AUTO(CRL_DIST_POINTS) CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    PC_AUTO(DIST_POINT) DIST_POINT *point = DIST_POINT_new();

    if (!points || !point) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_distribution_point_build(urls, &point->distpoint, err));
    if (sk_DIST_POINT_push(points, point) <= 0) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(point);
    return pc_extension_add(list, NID_crl_distribution_points, points, false, err);
}

static pc_status push_access(AUTHORITY_INFO_ACCESS *access, int method, const char *url, pc_error *err)
{
    PC_AUTO(ACCESS_DESCRIPTION) ACCESS_DESCRIPTION *description = ACCESS_DESCRIPTION_new();
    GENERAL_NAME *location = NULL;

    if (!description) {
        return pc_fail_memory(err);
    }
    PC_TRY(build_url(url, &location, err));
    GENERAL_NAME_free(description->location);
    description->location = location;
    ASN1_OBJECT_free(description->method);
    description->method = OBJ_nid2obj(method);
    if (sk_ACCESS_DESCRIPTION_push(access, description) <= 0) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(description);
    return PC_OK;
}

pc_status pc_extension_add_access(pc_extension_list *list, pc_text_list ocsp_urls, pc_text_list issuer_urls,
                                  pc_error *err)
{
    PC_AUTO(AUTHORITY_INFO_ACCESS) AUTHORITY_INFO_ACCESS *access = AUTHORITY_INFO_ACCESS_new();

    if (!access) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < ocsp_urls.count; i++) {
        PC_TRY(push_access(access, NID_ad_OCSP, ocsp_urls.items[i], err));
    }
    for (size_t i = 0; i < issuer_urls.count; i++) {
        PC_TRY(push_access(access, NID_ad_ca_issuers, issuer_urls.items[i], err));
    }
    return pc_extension_add(list, NID_info_access, access, false, err);
}

pc_status pc_extension_add_places(pc_extension_list *list, const pc_certificate_places *places, pc_error *err)
{
    if (places->crl_urls.count) {
        PC_TRY(pc_extension_add_crl_urls(list, places->crl_urls, err));
    }
    return places->ocsp_urls.count || places->issuer_urls.count
               ? pc_extension_add_access(list, places->ocsp_urls, places->issuer_urls, err)
               : PC_OK;
}
