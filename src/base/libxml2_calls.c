/* SPDX-License-Identifier: Apache-2.0 */
#include "base/libxml2_calls.h"

#include "base/own_module.h"

/* Outlives a call, as libxml2 itself does. */
static pc_own_module module = { .file = PC_LIBXML2_MODULE,
                                .function = PC_LIBXML2_FUNCTION,
                                .table_size = sizeof(pc_libxml2_calls),
                                .version = P11CERT_VERSION };

pc_status pc_libxml2_load(pc_error *err)
{
    return pc_own_module_open(&module, err);
}

const pc_libxml2_calls *pc_libxml2(void)
{
    return atomic_load(&module.table);
}

void pc_libxml2_free_document(xmlDoc *document)
{
    if (document) {
        pc_libxml2()->free_document(document);
    }
}

void pc_libxml2_free_text(xmlChar *text)
{
    pc_libxml2()->free_text(text);
}
