/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions that are given as DER, where their content is one that the request has words for. */
#include <arpa/inet.h>
#include <string.h>

#include "inf/inf_extension.h"
#include "inf/request_parts.h"

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"

pc_status pc_inf_read_usage_der(pc_inf_job *job, const pc_inf_entry *entry, pc_der der)
{
    pc_der bits = { .at = NULL };

    if (!pc_der_take_tag(&der, PC_DER_BIT_STRING, &bits) || bits.len < 2 || bits.len > 3 || bits.at[0] > 7) {
        return PC_E_INPUT;
    }
    unsigned usage = bits.at[1] | (bits.len == 3 ? (unsigned)bits.at[2] << 8 : 0);

    if (usage & ~(unsigned)PC_KU_ALL) {
        return PC_E_INPUT;
    }
    job->usage_in_extensions = entry;
    job->extension_usage = usage;
    return PC_OK;
}

pc_status pc_inf_read_constraints_der(pc_inf_job *job, const pc_inf_entry *entry, pc_der der)
{
    pc_basic_constraints constraints = { .present = true };
    pc_der content = { .at = NULL };
    pc_der field = { .at = NULL };

    (void)entry;
    if (!pc_der_take_tag(&der, PC_DER_SEQUENCE, &content)) {
        return PC_E_INPUT;
    }
    if (pc_der_take_tag(&content, PC_DER_BOOLEAN, &field)) {
        constraints.is_ca = field.len == 1 && field.at[0] != 0;
    }
    if (pc_der_take_tag(&content, PC_DER_INTEGER, &field)) {
        constraints.has_path_length = pc_der_to_number(field, &constraints.path_length);
        if (!constraints.has_path_length || !constraints.is_ca) {
            return PC_E_INPUT;
        }
    }
    if (content.len) {
        return PC_E_INPUT;
    }
    constraints.critical = job->request->basic_constraints.critical;
    job->request->basic_constraints = constraints;
    return PC_OK;
}

pc_status pc_inf_read_eku_der(pc_inf_job *job, const pc_inf_entry *entry, pc_der der)
{
    pc_request *request = job->request;
    size_t before = request->eku_count;
    pc_der content = { .at = NULL };
    pc_der field = { .at = NULL };
    const char *oid = NULL;
    pc_status status = pc_der_take_tag(&der, PC_DER_SEQUENCE, &content) && content.len ? PC_OK : PC_E_INPUT;

    while (status == PC_OK && content.len) {
        status =
            pc_der_take_tag(&content, PC_DER_OID, &field) ? pc_der_to_oid(request->arena, field, &oid) : PC_E_INPUT;
        if (status == PC_OK) {
            status = pc_request_add_eku(request, oid, NULL);
        }
    }
    if (status != PC_OK) {
        request->eku_count = before;
        return status;
    }
    job->eku_in_extensions = entry;
    return PC_OK;
}

static pc_status read_text(pc_request *request, pc_alt_name_kind kind, pc_der content)
{
    const char *text = pc_arena_text(request->arena, (const char *)content.at, content.len);

    if (!text) {
        return PC_E_MEMORY;
    }
    return strlen(text) == content.len ? pc_request_add_alt_name(request, kind, text, NULL) : PC_E_INPUT;
}

static pc_status read_address(pc_request *request, pc_der content)
{
    char text[INET6_ADDRSTRLEN];
    bool is_known = content.len == 4 || content.len == 16;

    if (!is_known || !inet_ntop(content.len == 4 ? AF_INET : AF_INET6, content.at, text, sizeof text)) {
        return PC_E_INPUT;
    }
    return pc_request_add_alt_name(request, PC_ALT_IP, text, NULL);
}

static pc_status read_registered(pc_request *request, pc_der content)
{
    const char *oid = NULL;

    PC_TRY(pc_der_to_oid(request->arena, content, &oid));
    return pc_request_add_alt_name(request, PC_ALT_RID, oid, NULL);
}

/* otherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY }, the SEQUENCE tagged away. */
static pc_status read_other(pc_request *request, pc_der content)
{
    pc_alt_name name = { .kind = PC_ALT_OTHER, .form = PC_OTHER_DER };
    pc_der oid = { .at = NULL };
    pc_der value = { .at = NULL };
    pc_der text = { .at = NULL };

    if (!pc_der_take_tag(&content, PC_DER_OID, &oid) || !pc_der_take_tag(&content, 0xa0, &value) || content.len) {
        return PC_E_INPUT;
    }
    PC_TRY(pc_der_to_oid(request->arena, oid, &name.oid));
    pc_der rest = value;

    if (strcmp(name.oid, OID_UPN) == 0 && pc_der_take_tag(&rest, PC_DER_UTF8_STRING, &text) && rest.len == 0) {
        return read_text(request, PC_ALT_UPN, text);
    }
    name.bytes = pc_arena_copy(request->arena, value.at, value.len);
    name.bytes_len = value.len;
    if (!name.bytes) {
        return PC_E_MEMORY;
    }
    return pc_der_is_one(value) ? pc_request_push_alt_name(request, &name, NULL) : PC_E_INPUT;
}

/* A directory name may hold strings of types that a text has no words for, so it is left as it is encoded. */
static pc_status read_general_name(pc_request *request, const pc_der_item *item)
{
    switch (item->tag) {
    case 0xa0:
        return read_other(request, item->content);
    case 0x81:
        return read_text(request, PC_ALT_EMAIL, item->content);
    case 0x82:
        return read_text(request, PC_ALT_DNS, item->content);
    case 0x86:
        return read_text(request, PC_ALT_URI, item->content);
    case 0x87:
        return read_address(request, item->content);
    case 0x88:
        return read_registered(request, item->content);
    default:
        return PC_E_INPUT;
    }
}

pc_status pc_inf_read_alt_der(pc_inf_job *job, const pc_inf_entry *entry, pc_der der)
{
    pc_request *request = job->request;
    size_t before = request->alt_name_count;
    pc_der content = { .at = NULL };
    pc_der_item item = { .tag = 0 };
    pc_status status = pc_der_take_tag(&der, PC_DER_SEQUENCE, &content) && content.len ? PC_OK : PC_E_INPUT;

    (void)entry;
    while (status == PC_OK && content.len) {
        status = pc_der_take(&content, &item) ? read_general_name(request, &item) : PC_E_INPUT;
    }
    if (status != PC_OK) {
        request->alt_name_count = before;
    }
    return status;
}
