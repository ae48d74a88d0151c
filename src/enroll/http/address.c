/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/address.h"

#include <string.h>

#include "base/text.h"
#include "enroll/http/curl_calls.h"

/* libcurl is loaded. NULL: not a URL. */
static CURLU *parse(const char *text)
{
    PC_AUTO(curl_url) CURLU *url = pc_curl()->url();

    if (!url || pc_curl()->url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return NULL;
    }
    return PC_TAKE(url);
}

/* A part, in the arena; "" if it is missing, NULL when out of memory. */
static const char *part_of(pc_arena *arena, CURLU *url, CURLUPart part, unsigned flags)
{
    PC_AUTO(curl_text) char *text = NULL;
    CURLUcode code = pc_curl()->url_get(url, part, &text, flags);

    return code == CURLUE_OUT_OF_MEMORY ? NULL : pc_arena_string(arena, code == CURLUE_OK ? text : "");
}

static bool has(CURLU *url, CURLUPart part)
{
    PC_AUTO(curl_text) char *text = NULL;

    return pc_curl()->url_get(url, part, &text, 0) == CURLUE_OK;
}

static pc_status hint_address(const pc_address_form *form, pc_error *err)
{
    return pc_hint(err, PC_E_USAGE, "give the address where it enrolls, for example %s", form->example);
}

/* The private key of a certificate, and the secret of CMP, stay here. */
bool pc_address_sends_login(const pc_ca_access *access)
{
    return access->login != PC_CA_LOGIN_NONE && access->login != PC_CA_LOGIN_SECRET;
}

static pc_status check_scheme(const pc_ca_access *access, const pc_address_form *form, const char *scheme,
                              pc_error *err)
{
    if (pc_text_equal(scheme, "https")) {
        return PC_OK;
    }
    if (!pc_text_equal(scheme, "http")) {
        (void)pc_fail(err, PC_E_USAGE, "the address of a CA starts with https://, not %s://", scheme);
        return hint_address(form, err);
    }
    if (access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM || access->login == PC_CA_LOGIN_WSSE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "a password is not sent over plain HTTP, where anyone on the network path can read it");
        return pc_hint(err, PC_E_REFUSED, "use the https address of the CA");
    }
    if (form->allows_http && pc_address_sends_login(access)) {
        (void)pc_fail(err, PC_E_REFUSED, "a Kerberos ticket is not presented over plain HTTP, where it can be relayed");
        return pc_hint(err, PC_E_REFUSED,
                       "this protocol protects its messages itself: choose `auth` secret, or `auth` none with "
                       "`client_key`; or use an https address");
    }
    if (!access->insecure_http && !form->allows_http) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "plain HTTP is refused: anyone on the network path can relay the login to the CA and "
                      "get a certificate in your name, or change the answers");
        return pc_hint(err, PC_E_REFUSED,
                       "use the https address of the CA; a CA without one is vulnerable (ESC8) and should be fixed");
    }
    return PC_OK;
}

/* "/certsrv/" and "/certsrv/certrqxt.asp" both mean "/certsrv". */
static const char *folder_of(pc_arena *arena, const pc_address_form *form, const char *path)
{
    size_t len = strlen(path);
    size_t suffix_len = form->page_suffix ? strlen(form->page_suffix) : 0;
    const char *slash = strrchr(path, '/');
    bool is_page = slash && suffix_len && len > suffix_len && pc_text_equal(path + len - suffix_len, form->page_suffix);

    len = is_page ? (size_t)(slash - path) : len;
    if (len > 0 && path[len - 1] == '/' && (len == 1 || !form->keeps_slash)) {
        len--;
    }
    return len > 0 ? pc_arena_text(arena, path, len) : form->empty_path;
}

bool pc_address_ends_with(const char *path, const char *end)
{
    size_t len = strlen(path);

    len -= len > 0 && path[len - 1] == '/';
    return len >= strlen(end) && pc_text_equal_n(path + len - strlen(end), strlen(end), end);
}

bool pc_address_has_folder(const char *path, const char *folder)
{
    const char *found = strstr(path, folder);
    char after = found ? found[strlen(folder)] : 'x';

    return after == '\0' || after == '/';
}

pc_status pc_address_path(pc_arena *arena, const char *url, const char **ret_path, pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    PC_AUTO(curl_url) CURLU *parsed = url ? parse(url) : NULL;
    const char *path = parsed ? part_of(arena, parsed, CURLUPART_PATH, 0) : "";

    if (!path) {
        return pc_fail_memory(err);
    }
    *ret_path = strcmp(path, "/") == 0 ? "" : path;
    return PC_OK;
}

pc_status pc_address_of_ca(pc_arena *arena, const pc_ca_access *access, const pc_address_form *form,
                           const char **ret_address, pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    PC_AUTO(curl_url) CURLU *url = access->url ? parse(access->url) : NULL;

    if (!url) {
        (void)pc_fail(err, PC_E_USAGE, "the address of the CA is not a URL");
        return hint_address(form, err);
    }
    if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD)) {
        return pc_fail(err, PC_E_USAGE,
                       "the address of the CA contains a user name or password, which do not belong there");
    }
    if (has(url, CURLUPART_QUERY) || has(url, CURLUPART_FRAGMENT)) {
        return pc_fail(err, PC_E_USAGE,
                       "the address of the CA contains a query or fragment: give only the path of its pages");
    }
    const char *scheme = part_of(arena, url, CURLUPART_SCHEME, 0);
    const char *path = part_of(arena, url, CURLUPART_PATH, 0);

    if (!scheme || !path) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_scheme(access, form, scheme, err));
    path = folder_of(arena, form, path);
    if (!path || pc_curl()->url_set(url, CURLUPART_PATH, path, 0) != CURLUE_OK) {
        return pc_fail_memory(err);
    }
    *ret_address = part_of(arena, url, CURLUPART_URL, 0);
    return *ret_address ? PC_OK : pc_fail_memory(err);
}

static pc_status is_same_place(pc_arena *arena, CURLU *source, CURLU *target, bool *ret_same, pc_error *err)
{
    const char *parts[2][3];

    for (size_t i = 0; i < 2; i++) {
        CURLU *url = i == 0 ? source : target;

        parts[i][0] = part_of(arena, url, CURLUPART_SCHEME, 0);
        parts[i][1] = part_of(arena, url, CURLUPART_HOST, 0);
        parts[i][2] = part_of(arena, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
        if (!parts[i][0] || !parts[i][1] || !parts[i][2]) {
            return pc_fail_memory(err);
        }
    }
    *ret_same = pc_text_equal(parts[1][0], "https") && pc_text_equal(parts[0][1], parts[1][1]) &&
                (pc_text_equal(parts[0][0], "http") || pc_text_equal(parts[0][2], parts[1][2]));
    return PC_OK;
}

static pc_status is_on_host(pc_arena *arena, CURLU *known, CURLU *other, bool *ret_is_on_host, pc_error *err)
{
    const char *scheme = part_of(arena, other, CURLUPART_SCHEME, 0);
    const char *hosts[2] = { part_of(arena, known, CURLUPART_HOST, 0), part_of(arena, other, CURLUPART_HOST, 0) };

    if (!scheme || !hosts[0] || !hosts[1]) {
        return pc_fail_memory(err);
    }
    *ret_is_on_host = pc_text_equal(scheme, "https") && pc_text_equal(hosts[0], hosts[1]);
    return PC_OK;
}

/** Sets *ret_is_near on success. */
typedef pc_status (*nearness)(pc_arena *arena, CURLU *known, CURLU *other, bool *ret_is_near, pc_error *err);

static pc_status judge(const char *first, const char *second, nearness is_near, bool *ret_is_near, pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(curl_url) CURLU *known = parse(first);
    PC_AUTO(curl_url) CURLU *other = parse(second);

    *ret_is_near = false;
    if (!arena) {
        return pc_fail_memory(err);
    }
    return known && other ? is_near(arena, known, other, ret_is_near, err) : PC_OK;
}

pc_status pc_address_is_on_host(const char *first, const char *second, bool *ret_is_on_host, pc_error *err)
{
    return judge(first, second, is_on_host, ret_is_on_host, err);
}

pc_status pc_address_may_follow(const pc_ca_access *access, const char *first, const char *second, bool *ret_may,
                                pc_error *err)
{
    PC_TRY(judge(first, second, pc_address_sends_login(access) ? is_same_place : is_on_host, ret_may, err));
    if (*ret_may || !access->ces_host) {
        return PC_OK;
    }
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *named = arena ? pc_arena_format(arena, "https://%s/", access->ces_host) : NULL;

    return named ? judge(named, second, is_same_place, ret_may, err) : pc_fail_memory(err);
}

pc_status pc_address_check_host(const char *host, pc_error *err)
{
    PC_TRY(pc_curl_load(err));
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *text = arena ? pc_arena_format(arena, "https://%s", host) : NULL;

    if (!text) {
        return pc_fail_memory(err);
    }
    PC_AUTO(curl_url) CURLU *url = parse(text);

    if (url && !has(url, CURLUPART_USER) && !has(url, CURLUPART_PASSWORD) && !strpbrk(host, "/?#")) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_USAGE, "\"%s\" is not a host name, or a host name with a port", host);
}

pc_status pc_address_check_redirect(const char *source, const char *target, pc_error *err)
{
    bool same = false;

    PC_TRY(judge(source, target, is_same_place, &same, err));
    if (same) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_CA,
                  "\"%s\" redirects to \"%s\", which is not the same host over TLS; nothing was sent there", source,
                  target);
    return pc_hint(err, PC_E_CA, "if that is the CA, use that address");
}
