/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/files/document.h"
#include "app/request/flags.h"
#include "app/request/new.h"
#include "base/text.h"
#include "inf/x500.h"
#include "pair/key_id.h"
#include "token/uri.h"
#include "x509/csr.h"
#include "x509/placeholder.h"

void pc_new_plan_free(pc_new_plan *plan)
{
    if (!plan) {
        return;
    }
    pc_request_free(plan->request);
    pc_inf_free(plan->inf);
    pc_arena_free(plan->arena);
    free(plan);
}

static pc_status read_file(pc_new_plan *plan, pc_error *err)
{
    PC_TRY(pc_document_read_inf(plan->order->inf, &plan->inf, err));
    PC_TRY(pc_inf_to_request(plan->inf, &plan->request, err));
    const pc_finding *refused = pc_inf_first_error(plan->inf);

    if (refused) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\", line %u: %s", plan->inf->file, refused->line, refused->message);
        (void)pc_note(err, PC_E_INPUT, "the file cannot be honoured as it is; nothing was done");
        return refused->fix ? pc_hint(err, PC_E_INPUT, "%s", refused->fix) : PC_E_INPUT;
    }
    return PC_OK;
}

/* The first CN names the host; the rest of the template's subject stays. */
static pc_status put_host_in_subject(pc_request *request, const char *host, pc_error *err)
{
    char subject[300];

    for (size_t i = 0; i < request->subject.count; i++) {
        for (size_t j = 0; j < request->subject.rdns[i].count; j++) {
            pc_name_attribute *each = &request->subject.rdns[i].attributes[j];

            if (strcmp(each->oid, PC_X500_OID_COMMON_NAME) == 0) {
                each->form = PC_VALUE_TEXT;
                each->text = pc_arena_string(request->arena, host);
                return each->text ? PC_OK : pc_fail_memory(err);
            }
        }
    }
    if (request->subject.count) {
        return PC_OK; /* the template has no CN; the host is in the alternative names */
    }
    (void)snprintf(subject, sizeof subject, "CN=%s", host);
    return pc_request_set_subject(request, subject, err);
}

/* The template's own DNS names belong to the machine it was written for. */
static pc_status put_host_in_names(pc_request *request, const char *host, pc_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < request->alt_name_count; i++) {
        if (request->alt_names[i].kind != PC_ALT_DNS) {
            request->alt_names[kept++] = request->alt_names[i];
        }
    }
    request->alt_name_count = kept;
    return pc_request_add_alt_name(request, PC_ALT_DNS, host, err);
}

static pc_status apply_flags(pc_new_plan *plan, pc_error *err)
{
    const pc_new_order *order = plan->order;

    if (order->host) {
        PC_TRY(put_host_in_subject(plan->request, order->host, err));
        PC_TRY(put_host_in_names(plan->request, order->host, err));
    }

    if (order->subject) {
        PC_TRY(pc_request_set_subject(plan->request, order->subject, err));
    }
    for (size_t i = 0; i < order->alt_name_count; i++) {
        PC_TRY(pc_request_add_alt_name(plan->request, order->alt_names[i].kind, order->alt_names[i].text, err));
    }
    if (order->key_type) {
        PC_TRY(pc_key_kind_from_name(order->key_type, &plan->request->key_kind, err));
    }
    if (plan->request->subject.count == 0 && plan->request->alt_name_count == 0) {
        (void)pc_fail(err, PC_E_USAGE,
                      "the request would identify no one: it has neither a subject nor an alternative name");
        return pc_hint(err, PC_E_USAGE, "give an INF file, or `subject` \"CN=server.contoso.com\"");
    }
    return PC_OK;
}

/* Only flags that a token can report wrongly without making the key less safe. */
static const pc_key_flag tolerable[] = { PC_KEY_LOCAL };

static pc_status tolerate(pc_new_plan *plan, const char *word, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(tolerable); i++) {
        if (strcmp(word, pc_key_flag_name(tolerable[i])) == 0) {
            plan->tolerated |= PC_KEY_FLAG_BIT(tolerable[i]);
            return PC_OK;
        }
    }
    (void)pc_fail(err, PC_E_USAGE, "\"%s\" cannot be tolerated", word);
    return pc_hint(err, PC_E_USAGE,
                   "only \"local\" can be tolerated, for a token that reports keys made on it as imported");
}

static pc_status choose_tolerated(pc_new_plan *plan, pc_error *err)
{
    for (const char *const *each = plan->order->tolerate; each && *each; each++) {
        PC_TRY(tolerate(plan, *each, err));
    }
    return PC_OK;
}

static pc_status choose_label(pc_new_plan *plan, pc_error *err)
{
    const pc_request *request = plan->request;

    if (plan->order->key) {
        return PC_OK;
    }
    plan->label = plan->order->label       ? plan->order->label
                  : request->key_container ? request->key_container
                                           : pc_request_common_name(request);
    for (size_t i = 0; i < request->alt_name_count && !plan->label; i++) {
        plan->label = request->alt_names[i].kind == PC_ALT_DNS ? request->alt_names[i].text : NULL;
    }
    if (!plan->label || !*plan->label) {
        return pc_fail(err, PC_E_USAGE, "there is neither a CN nor a DNS name to label the key with; give `label`");
    }
    return pc_label_check(plan->label, "key", err);
}

bool pc_new_file_wishes_exportable(const pc_exportable_wish *wish)
{
    return wish->exportable == PC_WISH_YES || (wish->exportable == PC_WISH_SILENT && wish->misspelt == PC_WISH_YES);
}

static const char *wish_words(const pc_exportable_wish *wish, bool has_file, pc_arena *arena)
{
    if (!has_file) {
        return pc_arena_string(arena, "nothing else was requested");
    }
    if (wish->exportable != PC_WISH_SILENT) {
        return pc_arena_format(arena, "`Exportable = %s` on line %u",
                               wish->exportable == PC_WISH_YES ? "TRUE" : "FALSE", wish->exportable_line);
    }
    if (wish->misspelt != PC_WISH_SILENT) {
        return pc_arena_format(arena, "`Key Exportable = %s` on line %u, which certreq does not know and ignores",
                               wish->misspelt == PC_WISH_YES ? "TRUE" : "FALSE", wish->misspelt_line);
    }
    return pc_arena_string(arena, "the file does not mention it, which certreq reads as FALSE");
}

/* The strict reading wins: if the file is unclear, the key cannot be exported, and can be replaced by a new one; the
 * opposite mistake, a key that has left the token, cannot be undone. */
static pc_status decide_exportable(pc_new_plan *plan, pc_error *err)
{
    const pc_exportable_wish *wish = &plan->request->wish;
    const char *words = wish_words(wish, plan->inf != NULL, plan->arena);

    if (!words) {
        return pc_fail_memory(err);
    }
    if (plan->order->exportable != PC_WISH_SILENT) {
        plan->exportable = plan->order->exportable == PC_WISH_YES;
        plan->because = plan->exportable ? "--exportable was given" : "--non-exportable was given";
    } else {
        plan->exportable = wish->exportable == PC_WISH_YES;
        plan->because = words;
    }
    if (plan->order->key || !plan->inf) {
        return PC_OK;
    }
    if (pc_new_file_wishes_exportable(wish) && !plan->exportable) {
        plan->conflict =
            pc_arena_format(plan->arena,
                            "the file requests an exportable key (%s), but the key will NOT be "
                            "exportable (%s)",
                            words, plan->order->exportable == PC_WISH_NO ? plan->because : "the safe reading");
        plan->options = pc_arena_string(
            plan->arena,
            "1. Keep it non-exportable (confirm with --non-exportable): the key can never leave the token. SCOM on "
            "Windows "
            "then cannot load it from the machine's store; `p11cert check --policy scom` explains what that means and "
            "what the options are\n"
            "2. Make it exportable: give --exportable (or write `Exportable = TRUE` in the file). The key can then be "
            "moved to the Windows host in a PFX, and can leave the token");
    } else if (!pc_new_file_wishes_exportable(wish) && wish->exportable == PC_WISH_NO && plan->exportable) {
        plan->conflict = pc_arena_format(plan->arena,
                                         "the file says that the key is not exportable (%s), but it will be "
                                         "exportable (--exportable was given)",
                                         words);
        plan->options = pc_arena_string(plan->arena, "omit --exportable to follow the file");
    }
    return !plan->conflict || plan->options ? PC_OK : pc_fail_memory(err);
}

/* A mistake is reported before anything is opened. */
static pc_status check_id(const pc_new_order *order, pc_error *err)
{
    pc_key_plan unused = { .label = NULL };

    return order->id ? pc_key_id_choose(order->id, &unused, err) : PC_OK;
}

/* With a placeholder key, anything that cannot be built or signed is detected now, before a key is made. */
static pc_status try_request(const pc_new_plan *plan, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    pc_key_kind kind = plan->request->key_kind;

    if (plan->request->pss && !plan->order->key && !pc_key_kind_is_rsa(kind)) {
        (void)pc_fail(err, PC_E_INPUT,
                      "AlternateSignatureAlgorithm requires an RSASSA-PSS signature, but the key is to be %s: "
                      "only RSA keys can make one",
                      pc_key_kind_name(kind));
        return pc_hint(err, PC_E_INPUT,
                       "write AlternateSignatureAlgorithm = FALSE, or request an RSA key (`key_type` rsa-2048)");
    }
    PC_TRY(pc_placeholder_key(kind, &key, err));
    return pc_csr_build(plan->request, plan->claims, key, &csr, err);
}

static pc_status prepare(pc_new_plan *plan, pc_error *err)
{
    plan->arena = pc_arena_new();
    if (!plan->arena) {
        return pc_fail_memory(err);
    }
    if (plan->order->inf) {
        PC_TRY(read_file(plan, err));
    } else {
        plan->request = pc_request_new();
    }
    if (!plan->request) {
        return pc_fail_memory(err);
    }
    PC_TRY(apply_flags(plan, err));
    PC_TRY(pc_new_apply_usage(plan->order, plan->request, err));
    PC_TRY(choose_label(plan, err));
    PC_TRY(choose_tolerated(plan, err));
    PC_TRY(check_id(plan->order, err));
    PC_TRY(plan->order->windows_attributes ? pc_new_choose_claims(plan, err) : PC_OK);
    PC_TRY(try_request(plan, err));
    return decide_exportable(plan, err);
}

pc_status pc_new_prepare(const pc_new_order *order, pc_new_plan **ret_plan, pc_error *err)
{
    pc_new_plan *plan = calloc(1, sizeof *plan);

    if (!plan) {
        return pc_fail_memory(err);
    }
    plan->order = order;
    pc_status status = prepare(plan, err);

    /* Returned on failure too: its findings say why. */
    *ret_plan = plan;
    return status;
}
