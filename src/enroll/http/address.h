/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADDRESS_H
#define PC_ENROLL_ADDRESS_H

#include <p11cert/ca.h>

#include "base/arena.h"

/** The form of a protocol's addresses. */
typedef struct {
    const char *empty_path;  /**< what an empty path becomes: "/certsrv" */
    const char *page_suffix; /**< a page whose name ends with this is removed from the path: ".asp"; NULL: none */
    const char *example;     /**< for a hint */
    bool allows_http;        /**< the messages themselves are protected, so that plain HTTP needs no permission */
    bool keeps_slash;        /**< messages are sent to the address itself, so that a slash at its end is part of it */
} pc_address_form;

/**
 * The address of a CA from the URL that the user gave: "https://ca/certsrv", without a slash at its end unless the form
 * keeps it.
 *
 * @param access only its url, login and insecure_http are used @return PC_OK; PC_E_USAGE (not a URL of http or https; a
 *         user, query or fragment in it); PC_E_REFUSED (http without insecure_http, unless the form allows it; BASIC or
 *         NTLM over http in any case); PC_E_MEMORY; as pc_curl_load.
 */
PC_MUST_CHECK pc_status pc_address_of_ca(pc_arena *arena, const pc_ca_access *access, const pc_address_form *form,
                                         const char **ret_address, pc_error *err);

/** Does a path end with this, ignoring case, as IIS does, and with or without a slash after it? */
bool pc_address_ends_with(const char *path, const char *end);

/** Does a path contain this folder ("/.well-known/est"), at its end or with more after it? */
bool pc_address_has_folder(const char *path, const char *folder);

/** The path of a URL; "" if it is not a URL or has none. @return PC_OK; PC_E_MEMORY; as pc_curl_load. */
PC_MUST_CHECK pc_status pc_address_path(pc_arena *arena, const char *url, const char **ret_path, pc_error *err);

/** Does the login send something that whoever receives it could use elsewhere: a password or a ticket? */
bool pc_address_sends_login(const pc_ca_access *access);

/**
 * Is the second address on the host of the first, over TLS, whatever its port? Not if one is no URL.
 * @return PC_OK; PC_E_MEMORY; as pc_curl_load.
 */
PC_MUST_CHECK pc_status pc_address_is_on_host(const char *first, const char *second, bool *ret_is_on_host,
                                              pc_error *err);

/**
 * May the login be sent to the second address because the server at the first one, or a record, names it? Only over TLS
 * to the same host; a password or a ticket only to the same port, too, where another service may listen. Also to the
 * host and port that the user named.
 * @param access  only its login and ces_host are used @return PC_OK; PC_E_MEMORY; as pc_curl_load.
 */
PC_MUST_CHECK pc_status pc_address_may_follow(const pc_ca_access *access, const char *first, const char *second,
                                              bool *ret_may, pc_error *err);

/** Check pc_ca_access's ces_host. @return PC_OK; PC_E_USAGE; PC_E_MEMORY; as pc_curl_load. */
PC_MUST_CHECK pc_status pc_address_check_host(const char *host, pc_error *err);

/**
 * Check that a redirect may be followed: only to the same host and port over TLS, or from http to https on the same
 * host.
 * @return PC_OK; PC_E_CA, which names both addresses; PC_E_MEMORY; as pc_curl_load.
 */
PC_MUST_CHECK pc_status pc_address_check_redirect(const char *source, const char *target, pc_error *err);

#endif
