/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADCS_PAGE_H
#define PC_ENROLL_ADCS_PAGE_H

#include <p11cert/ca.h>

#include "base/arena.h"

/**
 * What the pages of AD CS say. They come in the language of the server, so links and codes are looked at before words.
 * Pure: any bytes of any length are allowed, in time that grows with the length alone.
 */

/**
 * The page that answers a submission, a look at a pending request, or a request for a file that is not there. Issued is
 * only what links to exactly one certificate; denied or an error what shows a code; pending, or denied without a code,
 * what says so in words that are known. Anything else is PC_CA_UNKNOWN.
 *
 * @param bytes, len   borrowed; ret_outcome->page points at them if it is PC_CA_UNKNOWN
 * @param ret_outcome  its texts are the arena's
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certsrv_page_read(pc_arena *arena, const uint8_t *bytes, size_t len, pc_ca_outcome *ret_outcome,
                                          pc_error *err);

/** Does the page say in words that the login was refused? Some gateways do, under status 200. */
bool pc_certsrv_page_refuses_login(pc_arena *arena, const uint8_t *bytes, size_t len);

/** What a body is that should be a certificate, a PKCS#7 or a CRL. */
typedef enum {
    PC_CERTSRV_FILE_NONE, /**< a page, or anything else */
    PC_CERTSRV_FILE_DER,  /**< an ASN.1 SEQUENCE and nothing behind it */
    PC_CERTSRV_FILE_PEM,  /**< armour from BEGIN to END */
    PC_CERTSRV_FILE_CUT,  /**< began as one of these and ends too early, or goes on behind it */
} pc_certsrv_file;

pc_certsrv_file pc_certsrv_file_kind(const uint8_t *bytes, size_t len);

/** certcarc.asp: the number of the CA's newest certificate ("var nRenewals=2;"). @return false if the page has none. */
bool pc_certsrv_page_renewals(const uint8_t *bytes, size_t len, unsigned long *ret_newest);

#define PC_CERTSRV_TEMPLATES 1000u /**< of one page; more are left out */

typedef struct {
    const char *name;    /**< what a submission names; escaped */
    const char *display; /**< what people see; escaped, may be "" */
} pc_ca_template;

typedef struct {
    pc_ca_template *items;
    size_t count;
    bool is_form; /**< the page has the form for a request; a stand-alone CA's has no templates */
} pc_ca_templates;

/** certrqxt.asp: the templates that this account may ask for. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certsrv_page_templates(pc_arena *arena, const uint8_t *bytes, size_t len,
                                               pc_ca_templates *ret_templates, pc_error *err);

#endif
