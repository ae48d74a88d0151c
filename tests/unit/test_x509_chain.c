/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/chain.h"
#include "x509_made.h"

/* root <- middle <- leaf, an expired leaf of the same middle, and a root of another organisation with the name of
 * root. */
typedef struct {
    EVP_PKEY *keys[4];
    X509 *root, *middle, *leaf, *expired, *stranger;
} family;

static int make_family(void **state)
{
    static family made;

    for (size_t i = 0; i < PC_COUNT(made.keys); i++) {
        made.keys[i] = made_key();
    }
    made.root = made_certificate(&(made_plan){ "Root", made.keys[0], NULL, NULL, true, -1, 100 });
    made.middle = made_certificate(&(made_plan){ "Middle", made.keys[1], made.root, made.keys[0], true, -1, 90 });
    made.leaf = made_certificate(&(made_plan){ "leaf", made.keys[2], made.middle, made.keys[1], false, -1, 80 });
    made.expired = made_certificate(&(made_plan){ "old", made.keys[2], made.middle, made.keys[1], false, -20, -10 });
    made.stranger = made_certificate(&(made_plan){ "Root", made.keys[3], NULL, NULL, true, -1, 100 });
    *state = &made;
    return 0;
}

static int free_family(void **state)
{
    family *made = *state;

    for (size_t i = 0; i < PC_COUNT(made->keys); i++) {
        EVP_PKEY_free(made->keys[i]);
    }
    X509_free(made->root);
    X509_free(made->middle);
    X509_free(made->leaf);
    X509_free(made->expired);
    X509_free(made->stranger);
    return 0;
}

static void each_chain_is_judged_as_strictly_as_requested(void **state)
{
    const family *f = *state;
    const struct {
        const char *name;
        X509 *leaf;
        X509 *others[3];
        pc_chain_rigour rigour;
        pc_status expected;
        int issuers;
        const char *detail;
    } rows[] = {
        { "whole", f->leaf, { f->root, f->middle }, PC_RIGOUR_NOW, PC_OK, 2, "CN=leaf <- CN=Middle <- CN=Root" },
        { "any order, leaf among them", f->leaf, { f->middle, f->leaf, f->root }, PC_RIGOUR_NOW, PC_OK, 2, "CN=Root" },
        { "no root, strictly", f->leaf, { f->middle }, PC_RIGOUR_NOW, PC_E_VERIFY, 0, "issuer certificate" },
        { "no root, leniently", f->leaf, { f->middle }, PC_RIGOUR_TIMELESS, PC_OK, 1, "CN=leaf <- CN=Middle" },
        { "middle missing", f->leaf, { f->root }, PC_RIGOUR_TIMELESS, PC_E_VERIFY, 0, "at CN=leaf" },
        { "root of the same name, another key",
          f->leaf,
          { f->stranger, f->middle },
          PC_RIGOUR_NOW,
          PC_E_VERIFY,
          0,
          "signature" },
        { "expired leaf, strictly", f->expired, { f->root, f->middle }, PC_RIGOUR_NOW, PC_E_VERIFY, 0, "expired" },
        { "expired leaf, leniently", f->expired, { f->root, f->middle }, PC_RIGOUR_TIMELESS, PC_OK, 2, "CN=old" },
        { "one root of two with the same name",
          f->root,
          { f->stranger, f->root, f->middle },
          PC_RIGOUR_NOW,
          PC_OK,
          0,
          "CN=Root" },
        { "the other of them", f->stranger, { f->root, f->stranger }, PC_RIGOUR_NOW, PC_OK, 0, "CN=Root" },
        { "a root that is not among them",
          f->stranger,
          { f->root, f->middle },
          PC_RIGOUR_NOW,
          PC_E_VERIFY,
          0,
          "self-signed" },
        { "alone", f->leaf, { NULL }, PC_RIGOUR_TIMELESS, PC_E_VERIFY, 0, "at CN=leaf" },
    };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        STACK_OF(X509) *others = sk_X509_new_null();
        pc_chain built = { .issuers = NULL };

        for (size_t j = 0; j < PC_COUNT(rows[i].others) && rows[i].others[j]; j++) {
            assert_true(sk_X509_push(others, rows[i].others[j]) > 0);
        }
        const pc_chain_question question = { rows[i].leaf, others, rows[i].rigour };
        pc_status status = pc_chain_build(&question, arena, &built, NULL);
        PC_AUTO(X509_stack) STACK_OF(X509) *chain = built.issuers;
        const char *detail = built.words;

        if (status != rows[i].expected || !detail || !strstr(detail, rows[i].detail)) {
            fail_msg("%s: %s, \"%s\"", rows[i].name, pc_status_name(status), detail ? detail : "");
        }
        assert_int_equal(chain ? sk_X509_num(chain) : 0, rows[i].issuers);
        sk_X509_free(others);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_chain_is_judged_as_strictly_as_requested) };

    return cmocka_run_group_tests(tests, make_family, free_family);
}
