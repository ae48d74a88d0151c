/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of the enrolment services of Windows. Only an answer with a certificate counts as issued;
 * texts are safe to print. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "enroll/soap/soap.h"
#include "enroll/wstep/wstep.h"
#include "enroll/xcep/xcep.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_text(const char *text)
{
    assert(text && pc_text_is_utf8(text, strlen(text)));
    for (const char *each = text; *each; each++) {
        assert((unsigned char)*each >= 0x20 && *each != 0x7f);
    }
}

static void check_policies(pc_arena *arena, const xmlNode *body)
{
    pc_xcep_policies policies;

    if (pc_xcep_read(arena, body, 0, &policies, NULL) != PC_OK) {
        return;
    }
    for (size_t i = 0; i < policies.count; i++) {
        assert(pc_template_judge(arena, &policies.items[i], NULL) == PC_OK);
        check_text(policies.items[i].name);
        check_text(policies.items[i].display);
        for (size_t j = 0; j < policies.items[i].ca_count; j++) {
            check_text(policies.items[i].cas[j].url);
        }
    }
}

static void check_reply(pc_arena *arena, const xmlNode *body)
{
    pc_ca_reply reply;

    if (pc_wstep_read(arena, body, &reply, NULL) == PC_OK) {
        check_text(reply.reference);
        assert((reply.outcome.disposition == PC_CA_ISSUED) == (reply.certificate.len > 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char id[] = "urn:uuid:11111111-2222-4333-8444-555555555555";
    PC_AUTO(pc_soap_answer) pc_soap_answer answer = { .document = NULL };
    pc_arena *arena = pc_arena_new();
    pc_soap_fault fault;

    if (arena && pc_soap_read((pc_bytes){ bytes, len }, id, &answer, NULL) == PC_OK) {
        if (answer.fault) {
            assert(pc_soap_fault_read(arena, &answer, &fault, NULL) == PC_OK);
            check_text(fault.reason);
        }
        check_policies(arena, answer.body);
        check_reply(arena, answer.body);
    }
    pc_arena_free(arena);
    return 0;
}
