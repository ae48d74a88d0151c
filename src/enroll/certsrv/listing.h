/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_LISTING_H
#define PC_ENROLL_LISTING_H

#include <stdint.h>

#include <p11cert/error.h>

#include "base/arena.h"

/** What the pages of AD CS offer, apart from answers to a request. Any bytes of any length are allowed. */

/** certcarc.asp: the number of the CA's newest certificate ("var nRenewals=2;"). @return false if the page has none. */
bool pc_certsrv_renewals(const uint8_t *bytes, size_t len, unsigned long *ret_newest);

#define PC_CERTSRV_TEMPLATES 1000u /**< of one page; further ones are ignored */

typedef struct {
    const char *name;    /**< what a submission names; escaped */
    const char *display; /**< the name for people, in the language of the server; escaped, may be "" */
} pc_ca_template;

typedef struct {
    pc_ca_template *items;
    size_t count;
    bool is_form; /**< the page has the form for a request; on a stand-alone CA the form lists no templates */
} pc_ca_templates;

/** certrqxt.asp: the templates that this account may request. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certsrv_templates(pc_arena *arena, const uint8_t *bytes, size_t len,
                                             pc_ca_templates *ret_templates, pc_error *err);

#endif
