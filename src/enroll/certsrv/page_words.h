/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_PAGE_WORDS_H
#define PC_ENROLL_PAGE_WORDS_H

#include <p11cert/ca.h>

#include "base/text.h"

/**
 * Words of AD CS's pages. They count only where a page has no element ids of AD CS, as the pages of gateways that
 * imitate it in English; translations are not searched for, since every translated page has the ids.
 */
typedef struct {
    pc_ca_disposition disposition; /**< PC_CA_UNKNOWN: no sentence of AD CS */
    unsigned long request_id;      /**< "Your Request Id is 12"; 0 if it is not there */
    unsigned long code;            /**< 0 if there is none */
    pc_span message;               /**< empty if there is none */
} pc_page_words;

void pc_page_words_read(const char *text, pc_page_words *ret_words);

/** Does the text refuse the login in the words of IIS? */
bool pc_page_words_refuse_login(const char *text);

/** The text between the first and the last quotation mark; all of it if there are not two. Trimmed. */
pc_span pc_page_quotation(pc_span text);

/** The first "0x" with exactly eight hexadecimal digits that is a failure ([MS-ERREF] section 2.1). */
bool pc_page_find_code(const char *text, unsigned long *ret_code);

#endif
