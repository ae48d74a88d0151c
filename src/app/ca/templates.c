/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/templates.h"

#include <string.h>

#include "app/ca/session.h"
#include "app/ca/template_inf.h"
#include "app/ca/template_key.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"

void pc_templates_result_free(pc_templates_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

/* --- querying
 * ------------------------------------------------------------------------------------------------------ */

/* For a CA that returns only names. */
static pc_status take_names(const pc_ca_connection *connection, pc_templates_result *result, pc_error *err)
{
    pc_ca_templates given;

    PC_TRY(connection->protocol->get_templates(connection, result->arena, &given, err));
    for (size_t i = 0; i < given.count; i++) {
        pc_template *item = PC_PUSH(result->arena, result->items, result->count);

        if (!item) {
            return pc_fail_memory(err);
        }
        *item = (pc_template){
            .name = given.items[i].name,
            .display = given.items[i].display,
            .oid = "",
            .key_algorithm = "",
            .enroll = true,
            .verdict = PC_TEMPLATE_UNKNOWN,
        };
    }
    return PC_OK;
}

static pc_status ask(pc_ca_session *session, const pc_ca_target *target, pc_templates_result *result, pc_error *err)
{
    const pc_ca_connection *connection = NULL;

    PC_TRY(pc_ca_session_connect(session, target, &connection, err));
    return target->protocol->get_policies ? target->protocol->get_policies(connection, result->arena, result, err)
                                          : take_names(connection, result, err);
}

/* --- choosing ---------------------------------------------------------------------------------------------------- */

static bool has_ca(const pc_template *item, const char *name)
{
    for (size_t i = 0; i < item->ca_count; i++) {
        if (pc_text_equal(item->cas[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* A template is known by two names; people see the display name. */
static bool is_wanted(const pc_templates_order *order, const pc_template *item)
{
    bool is_named = !order->template_name || pc_text_equal(order->template_name, item->name) ||
                    pc_text_equal(order->template_name, item->display);

    return is_named && (!order->ca_name || has_ca(item, order->ca_name));
}

static pc_status choose(const pc_templates_order *order, pc_templates_result *result, pc_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < result->count; i++) {
        if (is_wanted(order, &result->items[i])) {
            result->items[count++] = result->items[i];
        }
    }
    bool is_missing = count == 0 && (order->template_name || order->ca_name);

    result->count = count;
    if (!is_missing) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_NOT_FOUND, "no template%s%s%s%s%s%s is offered to this login",
                  order->template_name ? " \"" : "", order->template_name ? order->template_name : "",
                  order->template_name ? "\"" : "", order->ca_name ? " of the CA \"" : "",
                  order->ca_name ? order->ca_name : "", order->ca_name ? "\"" : "");
    return pc_hint(err, PC_E_NOT_FOUND,
                   "`p11cert templates` without `template` lists those that are; a template that is "
                   "missing is not published, or the login lacks the permission to read it");
}

static pc_status check_protocol(const pc_ca_protocol *protocol, pc_error *err)
{
    if (protocol->get_policies || pc_ca_can(protocol, PC_CA_CAN_LIST_TEMPLATES)) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no templates", protocol->name);
}

pc_status pc_templates_on(const pc_token *token, const pc_templates_order *order, const pc_token_access *access,
                          pc_templates_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_templates_result) pc_templates_result *result = PC_RESULT_NEW(pc_templates_result);
    PC_AUTO(pc_ca_session) pc_ca_session *session = NULL;
    pc_ca_target target;

    if (!result) {
        return pc_fail_memory(err);
    }
    result->policy_id = "";
    result->policy = "";
    PC_TRY(pc_ca_access_check(order->ca, result->arena, &target, err));
    PC_TRY(check_protocol(target.protocol, err));
    result->ca = target.address;
    PC_TRY(pc_ca_session_open(order->ca, access, token, &session, err));
    PC_TRY(ask(session, &target, result, err));
    PC_TRY(choose(order, result, err));
    for (size_t i = 0; order->request && i < result->count; i++) {
        PC_TRY(pc_template_compare(result->arena, &result->items[i], order->request, err));
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

/* Opened before the CA is queried, so that a file that cannot be written is detected first. */
static pc_status open_inf(const pc_templates_order *order, pc_output **ret_output, pc_error *err)
{
    if (!order->inf) {
        return PC_OK;
    }
    if (!order->template_name) {
        return pc_fail(err, PC_E_USAGE, "name the template for which to write the INF file");
    }
    return pc_output_open(order->inf, order->force ? PC_FILE_REPLACE : PC_FILE_SAME, 0644, ret_output, err);
}

static pc_status write_inf(const pc_templates_result *result, pc_output *output, pc_error *err)
{
    if (result->items[0].verdict == PC_TEMPLATE_UNKNOWN) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" gives names only, from which no INF file can be written", result->ca);
    }
    const char *text = pc_template_to_inf(result->arena, &result->items[0], result->ca);

    return text ? pc_output_commit(output, text, strlen(text), err) : pc_fail_memory(err);
}

static pc_status ask_and_write(const pc_templates_order *order, const pc_token *token, const pc_token_access *access,
                               pc_templates_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_templates_result) pc_templates_result *result = NULL;

    PC_TRY(open_inf(order, &output, err));
    PC_TRY(pc_templates_on(token, order, access, &result, err));
    if (output) {
        PC_TRY(write_inf(result, output, err));
        result->changed = !pc_output_is_unchanged(output);
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_templates_run(const pc_templates_order *order, const pc_token_access *access,
                           pc_templates_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_ca_target target;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ca_access_check(order->ca, arena, &target, err));
    PC_TRY(check_protocol(target.protocol, err));
    if (order->ca->client_key) {
        PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    }
    return ask_and_write(order, token, access, ret_result, err);
}
