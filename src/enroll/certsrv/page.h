/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_PAGE_H
#define PC_ENROLL_PAGE_H

#include <p11cert/ca.h>

#include "base/arena.h"

/**
 * The answer in a page of AD CS. Its texts are in the language of the server; the ids of its elements, its links and
 * the numbers of dispositions are the same in every language, and only these are evaluated. A page without any of these
 * is not regarded as the CA's answer unless it has the English sentences that AD CS writes; gateways in front of it are
 * known to imitate them. Pure: any bytes of any length are allowed, in time that depends only on the length.
 */
typedef struct {
    const uint8_t *bytes; /**< borrowed */
    size_t len;
    unsigned long request_id; /**< the number that was asked about, which the page need not name; 0: a new request */
} pc_certsrv_page;

/**
 * The page that answers a submission, a query about a pending request, or a request for a file that does not exist.
 *
 * - Issued: the page links to the certificate of exactly one request.
 * - Pending, denied, revoked, error: an element id or disposition of AD CS says so.
 * - Denied in words only: only if the page has the number that was asked about or, for a new request, AD CS's sentence
 * about the disposition.
 * - Everything else, and an answer about another request, is PC_CA_UNKNOWN.
 *
 * @param ret_outcome  its texts are the arena's; its page is the one given if it is PC_CA_UNKNOWN
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certsrv_page_read(pc_arena *arena, const pc_certsrv_page *page, pc_ca_outcome *ret_outcome,
                                             pc_error *err);

/** Does the page say in words that the login was refused? Some gateways do, with status 200. Not when out of memory. */
bool pc_certsrv_page_refuses_login(pc_arena *arena, const uint8_t *bytes, size_t len);

#endif
