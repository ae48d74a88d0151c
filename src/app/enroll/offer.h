/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ENROLL_OFFER_H
#define PC_APP_ENROLL_OFFER_H

#include <p11cert/new.h>

#include "app/ca/templates.h"
#include "base/arena.h"

/** The offer of an enrolment policy service for an enrolment, determined before a key is made. */

/** Borrowed. */
typedef struct {
    const pc_ca_access *ca;    /**< its url is the policy service's */
    const char *template_name; /**< name or display name; NULL: none was named */
    const char *ca_name;       /**< CN of the CA; NULL: any */
    const pc_token_access *access;
} pc_offer_order;

/** In the arena. */
typedef struct {
    const char *template_name; /**< as used in a request */
    const char **ca_urls; /**< of the CA's enrolment web service: one or more, in the order in which they are tried */
    size_t ca_url_count;
    const char *key_type; /**< "rsa-2048": the smallest key that satisfies the template */
    pc_template *item;
} pc_offer;

/**
 * Ask for the template and evaluate it, and choose the CA: the one that was named, else the only one on the host of the
 * policy service, or on the host of ces_host. A login never goes to another host, or over plain HTTP, because an answer
 * says so, and a password or a ticket not to another port either.
 *
 * @param token  open; logged in if there is a client key
 * @return PC_OK; PC_E_USAGE (no template was named; ces_host is not a host); PC_E_NOT_FOUND (it is not offered);
 * PC_E_AMBIGUOUS (several CAs); PC_E_REFUSED (a key on a token cannot satisfy it; the CA is where the login may not
 * go); as pc_templates_run.
 */
PC_MUST_CHECK pc_status pc_offer_find(const pc_token *token, const pc_offer_order *order, pc_arena *arena,
                                      pc_offer *ret_offer, pc_error *err);

/** Check that a key of this kind satisfies it. @return PC_OK; PC_E_REFUSED, with both values named. */
PC_MUST_CHECK pc_status pc_offer_check_key(const pc_offer *offer, pc_key_kind kind, pc_error *err);

#endif
